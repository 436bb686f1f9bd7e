use isocial_model::{
    Instant,
    connector::{Answer, Budget, Header, Job, Method, Place, PlanNode, QueryPlan, Response},
    contract::Contract,
    post::{AgeSignal, Attribute, Visibility},
    receipt::{CallLine, Line},
};

use super::*;
use crate::{
    DoorError, Stopped,
    fixtures::{NOW, contract, door, post, spec},
};

const INPUT: [&str; 7] = [
    "query.terms",
    "job.config",
    "job.state",
    "job.cursor",
    "job.budget",
    "job.now",
    "recheck.refs",
];

fn contracts(input: &[&str]) -> Vec<Contract> {
    [
        "next",
        "respond",
        "check",
        "checked",
        "ask",
        "judge",
        "open",
        "frames",
        "challenge",
        "receive",
    ]
    .map(|function| contract(function, &["collection"], input))
    .into()
}

fn connector() -> Door {
    door("acme/sample", Kind::Connector, contracts(&INPUT))
}

fn job() -> Job {
    Job {
        plan: QueryPlan {
            nodes: vec![PlanNode::Word("canary".into())],
        },
        config: r#"{"instance":"canary"}"#.into(),
        state: Some(b"canary".to_vec()),
        budget: Budget {
            items: 50,
            requests: 4,
        },
        now: NOW,
        since: Some(Instant(1)),
    }
}

fn next() -> ConnectorCall {
    ConnectorCall::Next {
        job: job(),
        place: Place::Cursor(Some(b"canary".to_vec())),
    }
}

fn line(receipt: &Receipt) -> &CallLine {
    let Line::Call(line) = &receipt.line else {
        panic!("no call line")
    };
    line
}

fn admit(
    call: ConnectorCall,
    answer: ConnectorAnswer,
) -> (Result<AdmittedConnector, Rejection>, Receipt) {
    let door = connector();
    let (_, open) = door.project_connector(call).unwrap();
    door.admit_connector(Untrusted::from_guest(answer, 77), open)
}

fn page(changes: Vec<Change>) -> Page {
    Page {
        changes,
        cursor: None,
        tasks: vec![],
        state: None,
        next: ComeBack::Scheduled,
        seen: None,
        rejected: 3,
    }
}

fn admit_page(page: Page) -> (AdmittedPage, Receipt) {
    let (admitted, receipt) = admit(next(), ConnectorAnswer::Outcome(Outcome::Page(page)));
    let AdmittedConnector::Page(page) = admitted.unwrap() else {
        panic!("no page")
    };
    (page, receipt)
}

fn upsert(change: impl Fn(&mut Post)) -> Change {
    let mut post = post("1", "Lumen is fine");
    change(&mut post);
    Change::Upsert(Box::new(post))
}

#[test]
fn hp_01_what_the_contract_does_not_name_is_blank() {
    let door = door("acme/sample", Kind::Connector, contracts(&[]));
    let (passed, open) = door.project_connector(next()).unwrap();
    assert!(!format!("{:?}", passed.into_guest()).contains("canary"));
    let receipt = door.fail(Stopped::Time, open);
    assert!(line(&receipt).fields.is_empty());
    let (passed, open) = connector().project_connector(next()).unwrap();
    assert_eq!(*passed.get(), next());
    drop(open);
}

#[test]
fn bounds_of_a_call_are_kept() {
    let door = connector();
    let with = |change: &dyn Fn(&mut Job)| {
        let mut job = job();
        change(&mut job);
        door.project_connector(ConnectorCall::Check { job })
            .map(|(_, open)| drop(open))
    };
    assert!(with(&|_| ()).is_ok());
    assert!(matches!(
        with(&|job| job.config = "x".repeat(16 * 1024 + 1)),
        Err(ProjectError::TooMuch {
            what: "job.config",
            ..
        })
    ));
    assert!(matches!(
        with(&|job| job.state = Some(vec![0; 4097])),
        Err(ProjectError::TooMuch {
            what: "job.state",
            ..
        })
    ));
    assert!(matches!(
        with(&|job| job.plan.nodes = vec![PlanNode::All(vec![0])]),
        Err(ProjectError::Invalid { .. })
    ));
    assert!(matches!(
        with(&|job| job.plan.nodes = vec![PlanNode::Word("a".into()); 4097]),
        Err(ProjectError::TooMuch { .. })
    ));
    let place = Place::Cursor(Some(vec![0; 4097]));
    assert!(matches!(
        door.project_connector(ConnectorCall::Next { job: job(), place }),
        Err(ProjectError::TooMuch { what: "cursor", .. })
    ));
    let ask = ConnectorCall::Ask {
        job: job(),
        refs: vec!["r".into(); 251],
    };
    assert!(matches!(
        door.project_connector(ask),
        Err(ProjectError::TooMuch { what: "refs", .. })
    ));
}

#[test]
fn hp_26_a_connector_sees_no_cookie() {
    let header = |name: &str| Header {
        name: name.into(),
        value: "canary".into(),
    };
    let response = Response {
        status: 200,
        headers: vec![header("set-cookie"), header("etag"), header("server")],
        body: vec![],
    };
    let call = ConnectorCall::Respond {
        job: job(),
        place: Place::Cursor(None),
        scratch: vec![],
        answers: vec![Answer::Response(response)],
    };
    let (passed, open) = connector().project_connector(call).unwrap();
    let ConnectorCall::Respond { answers, .. } = passed.into_guest() else {
        panic!("another call")
    };
    let Answer::Response(response) = &answers[0] else {
        panic!("no response")
    };
    assert_eq!(response.headers, [header("etag")]);
    drop(open);
}

#[test]
fn a_good_page_passes_with_its_counts() {
    let (page, receipt) = admit_page(page(vec![
        upsert(|_| ()),
        Change::Other(Attribute {
            key: "x".into(),
            value: "y".into(),
        }),
    ]));
    assert_eq!((page.changes.len(), page.rejected), (1, 3));
    let AdmittedChange::Upsert(admitted) = &page.changes[0] else {
        panic!("no upsert")
    };
    assert_eq!(admitted.label().network.as_deref(), Some("sample"));
    assert_eq!(
        *admitted.open(isocial_model::Opening::Gate),
        post("1", "Lumen is fine")
    );
    let line = line(&receipt);
    assert_eq!(
        (
            line.items_out,
            line.bytes_out,
            line.dropped["unknown-change"]
        ),
        (1, 77, 1)
    );
}

#[test]
fn hp_36_41_posts_that_may_not_be_kept_are_not_and_their_copies_go() {
    let (page, receipt) = admit_page(page(vec![
        upsert(|p| p.visibility = Visibility::Private),
        upsert(|p| p.visibility = Visibility::Unlisted),
        upsert(|p| p.visibility = Visibility::Unknown),
        upsert(|p| p.age_signal = AgeSignal::Minor),
        upsert(|p| p.age_signal = AgeSignal::Unknown),
        upsert(|p| p.age_signal = AgeSignal::NotPublished),
        upsert(|_| ()),
    ]));
    let kinds: Vec<_> = page
        .changes
        .iter()
        .map(|change| match change {
            AdmittedChange::Upsert(_) => "upsert",
            AdmittedChange::Hide(_) => "hide",
            AdmittedChange::Delete(_) => "delete",
            _ => "other",
        })
        .collect();
    assert_eq!(
        kinds,
        [
            "hide", "hide", "hide", "delete", "delete", "delete", "upsert"
        ]
    );
    let dropped = &line(&receipt).dropped;
    assert_eq!(
        (
            dropped["not-public"],
            dropped["age-flagged"],
            dropped["age-unknown"]
        ),
        (3, 1, 2)
    );
}

#[test]
fn hp_37_another_networks_ids_are_dropped_in_every_change() {
    let key = |network: &str, id: &str| PostKey {
        network: network.into(),
        native_id: id.into(),
    };
    let foreign = || key("mastodon", "1");
    let (page, receipt) = admit_page(page(vec![
        upsert(|p| p.network = "mastodon".into()),
        Change::Delete(foreign()),
        Change::Hide(foreign()),
        Change::Restore(foreign()),
        Change::Author {
            network: "mastodon".into(),
            author: "1".into(),
            state: AuthorState::Gone,
        },
        Change::Strip {
            key: foreign(),
            fields: vec![],
        },
        Change::Replaced {
            old: foreign(),
            new_id: "2".into(),
        },
        Change::Engagement {
            key: foreign(),
            counts: Engagement::default(),
        },
        Change::Delete(key("sample", "")),
        Change::Delete(key("sample", "a\u{202E}b")),
        Change::Replaced {
            old: key("sample", "1"),
            new_id: "a\0".into(),
        },
        Change::Strip {
            key: key("sample", "1"),
            fields: vec!["text".into(), "made-up".into()],
        },
    ]));
    assert_eq!(page.changes.len(), 1);
    assert!(
        matches!(&page.changes[0], AdmittedChange::Strip { fields, .. } if *fields == ["text"])
    );
    let dropped = &line(&receipt).dropped;
    assert_eq!(
        (
            dropped["foreign-network"],
            dropped["bad-id"],
            dropped["unknown-field"]
        ),
        (8, 3, 1)
    );
}

#[test]
fn hp_14_42_texts_are_neutralised_ids_refused_and_dates_clamped() {
    let (page, receipt) = admit_page(page(vec![upsert(|p| {
        p.text = Some("a\0b\u{1b}[31m\u{202E}c\r\nd".into());
        p.title = Some("one\r\ntwo".into());
        p.created = Some(NOW.plus_ms(1));
        p.edited = Some(Instant(i64::MAX));
        p.url = Some("javascript:alert(1)".into());
        p.thread = Some("a\nb".into());
        p.language = Some("vi\u{202E}".into());
        p.rating = Some(f32::NAN);
        p.country = Some("vn".into());
        p.hashtags = (0..70).map(|n| format!("#t{n}")).collect();
        p.links = vec!["https://ok.example/".into(), "data:x".into()];
        p.attributes = vec![
            Attribute {
                key: "made-up".into(),
                value: "x".into(),
            },
            Attribute {
                key: "store".into(),
                value: "a\nb".into(),
            },
        ];
    })]));
    let AdmittedChange::Upsert(post) = &page.changes[0] else {
        panic!("no upsert")
    };
    let post = post.open(isocial_model::Opening::Gate);
    assert_eq!(post.text.as_deref(), Some("ab[31mc\nd"));
    assert_eq!(post.title.as_deref(), Some("one  two"));
    assert_eq!((post.created, post.edited), (Some(NOW), Some(NOW)));
    assert_eq!(
        (
            &post.url,
            &post.thread,
            &post.language,
            post.rating,
            &post.country
        ),
        (&None, &None, &None, None, &None)
    );
    assert_eq!(
        (
            post.hashtags.len(),
            post.hashtags[0].as_str(),
            post.links.len()
        ),
        (64, "t0", 1)
    );
    assert_eq!(
        post.attributes,
        [Attribute {
            key: "store".into(),
            value: "a b".into()
        }]
    );
    assert_eq!(line(&receipt).dropped["future-clamped"], 2);
}

#[test]
fn long_texts_are_cut_at_a_character() {
    let (page, _) = admit_page(page(vec![upsert(|p| p.text = Some("ấ".repeat(30_000)))]));
    let AdmittedChange::Upsert(post) = &page.changes[0] else {
        panic!("no upsert")
    };
    let text = post
        .open(isocial_model::Opening::Gate)
        .text
        .clone()
        .unwrap();
    assert!(text.len() <= 64 * 1024 && text.len() > 64 * 1024 - 4);
}

#[test]
fn what_the_contract_does_not_write_is_dropped_before_anything_sees_it() {
    let mut spec = spec("acme/sample", Kind::Connector, contracts(&INPUT));
    for contract in &mut spec.contracts {
        contract.output = ["post.text", "post.created"]
            .map(|f| (f.to_owned(), "string".to_owned()))
            .into();
    }
    let door = Door::new(spec).unwrap();
    let (_, open) = door.project_connector(next()).unwrap();
    let answer = ConnectorAnswer::Outcome(Outcome::Page(page(vec![upsert(|_| ())])));
    let (admitted, receipt) = door.admit_connector(Untrusted::from_guest(answer, 1), open);
    let AdmittedConnector::Page(page) = admitted.unwrap() else {
        panic!("no page")
    };
    let AdmittedChange::Upsert(post) = &page.changes[0] else {
        panic!("no upsert")
    };
    let post = post.open(isocial_model::Opening::Gate);
    assert!(
        post.author.is_none()
            && post.url.is_none()
            && post.engagement.is_none()
            && post.text.is_some()
            && post.created.is_some()
    );
    assert!(line(&receipt).dropped["not-kept"] > 5);
}

#[test]
fn structurally_bad_answers_are_rejected_whole() {
    let request = |url: &str| Request {
        method: Method::Get,
        url: url.into(),
        headers: vec![],
        body: None,
        credential: None,
    };
    let task = |key: &str, size| TaskItem {
        key: key.into(),
        payload: vec![0; size],
        due: None,
    };
    let outcome = |page| ConnectorAnswer::Outcome(Outcome::Page(page));
    let again = |count, scratch| {
        ConnectorAnswer::Outcome(Outcome::Again {
            requests: vec![request("https://a.example/"); count],
            scratch: vec![0; scratch],
        })
    };
    let empty = || page(vec![]);
    for (rule, answer) in [
        ("changes", outcome(page(vec![upsert(|_| ()); 251]))),
        (
            "tasks",
            outcome(Page {
                tasks: vec![task("a", 0); 251],
                ..empty()
            }),
        ),
        (
            "task-key",
            outcome(Page {
                tasks: vec![task("", 0)],
                ..empty()
            }),
        ),
        (
            "task-key",
            outcome(Page {
                tasks: vec![task("a\0", 0)],
                ..empty()
            }),
        ),
        (
            "task-payload",
            outcome(Page {
                tasks: vec![task("a", 1025)],
                ..empty()
            }),
        ),
        (
            "cursor",
            outcome(Page {
                cursor: Some(vec![0; 4097]),
                ..empty()
            }),
        ),
        (
            "state",
            outcome(Page {
                state: Some(vec![0; 4097]),
                ..empty()
            }),
        ),
        ("requests", again(0, 0)),
        ("requests", again(5, 0)), // the budget is 4
        ("scratch", again(1, 64 * 1024 + 1)),
        ("shape", ConnectorAnswer::Page(empty())),
        ("shape", ConnectorAnswer::Text("x".into())),
    ] {
        let (admitted, receipt) = admit(next(), answer);
        assert_eq!(admitted.unwrap_err().name(), rule);
        assert_eq!(line(&receipt).verdict, Verdict::Rejected(rule.into()));
    }
    let check = ConnectorCall::Check { job: job() };
    for (rule, bad) in [
        ("url", request(&"x".repeat(4097))),
        (
            "headers",
            Request {
                headers: vec![
                    Header {
                        name: "a".into(),
                        value: String::new()
                    };
                    33
                ],
                ..request("https://a.example/")
            },
        ),
        (
            "header-value",
            Request {
                headers: vec![Header {
                    name: "a".into(),
                    value: "x".repeat(4097),
                }],
                ..request("https://a.example/")
            },
        ),
        (
            "body",
            Request {
                body: Some(vec![0; 256 * 1024 + 1]),
                ..request("https://a.example/")
            },
        ),
        (
            "credential",
            Request {
                credential: Some("x".repeat(65)),
                ..request("https://a.example/")
            },
        ),
    ] {
        assert_eq!(
            admit(check.clone(), ConnectorAnswer::Requests(vec![bad]))
                .0
                .unwrap_err()
                .name(),
            rule
        );
    }
    let judge = ConnectorCall::Judge {
        job: job(),
        refs: vec!["a".into(), "b".into()],
        answers: vec![],
    };
    assert_eq!(
        admit(judge, ConnectorAnswer::Verdicts(vec![RecheckVerdict::Gone]))
            .0
            .unwrap_err()
            .name(),
        "verdicts"
    );
}

#[test]
fn recheck_never_takes_failure_for_deletion() {
    let judge = ConnectorCall::Judge {
        job: job(),
        refs: ["a", "b", "c", "d"].map(Into::into).into(),
        answers: vec![],
    };
    let changed = |change: &dyn Fn(&mut Post)| {
        let mut post = post("1", "x");
        change(&mut post);
        RecheckVerdict::Changed(Box::new(post))
    };
    let (admitted, _) = admit(
        judge,
        ConnectorAnswer::Verdicts(vec![
            RecheckVerdict::Unknown,
            changed(&|p| p.native_id = String::new()),
            changed(&|p| p.visibility = Visibility::Private),
            changed(&|_| ()),
        ]),
    );
    let Ok(AdmittedConnector::Verdicts(verdicts)) = admitted else {
        panic!("no verdicts")
    };
    assert!(matches!(
        verdicts[..],
        [
            AdmittedVerdict::Unknown,
            AdmittedVerdict::Unknown,
            AdmittedVerdict::NotKept("not-public"),
            AdmittedVerdict::Changed(_)
        ]
    ));
}

#[test]
fn a_fault_is_the_connectors_own_word() {
    let (admitted, receipt) = admit(
        next(),
        ConnectorAnswer::Fault(Fault::Other {
            code: "x\ny".into(),
            message: "z".repeat(300),
        }),
    );
    let Ok(AdmittedConnector::Fault(Fault::Other { code, message })) = admitted else {
        panic!("no fault")
    };
    assert_eq!((code.as_str(), message.len()), ("x y", 256));
    assert_eq!(line(&receipt).verdict, Verdict::Fault("other".into()));
}

#[test]
fn a_door_that_cannot_be_is_not_built() {
    let mut without = spec("acme/sample", Kind::Connector, contracts(&INPUT));
    without.network = None;
    assert!(matches!(Door::new(without), Err(DoorError::NoNetwork(_))));
    let twice = spec(
        "acme/sample",
        Kind::Connector,
        vec![
            contract("next", &["collection"], &[]),
            contract("next", &["collection"], &[]),
        ],
    );
    assert!(matches!(Door::new(twice), Err(DoorError::Twice { .. })));
    let over = spec(
        "acme/sample",
        Kind::Connector,
        vec![contract("next", &["collection"], &["post.text:raw"])],
    );
    assert!(matches!(Door::new(over), Err(DoorError::Ceiling(_))));
}
