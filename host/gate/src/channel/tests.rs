use isocial_model::{
    connector::{Header, Method, Response},
    receipt::{CallLine, Line},
};

use super::*;
use crate::{
    Stopped,
    fixtures::{contract, door, labeled, post},
};

const INPUT: [&str; 8] = [
    "notice.rule",
    "notice.monitor",
    "notice.severity",
    "notice.count",
    "notice.time:minute",
    "notice.link",
    "notice.excerpts",
    "destination.config",
];

fn channel(input: &[&str]) -> Door {
    door(
        "acme/webhook",
        Kind::AlertChannel,
        vec![
            contract("compose", &["alerting"], input),
            contract("judge", &["alerting"], input),
        ],
    )
}

fn draft() -> NoticeDraft {
    NoticeDraft {
        idempotency_key: "ntc-1".into(),
        attempt: 1,
        rule: "canary rule".into(),
        monitor: "canary monitor".into(),
        severity: Severity::Critical,
        event: "spike".into(),
        count: 4711,
        expected: Some(12.5),
        start: Instant(1_750_000_012_345),
        end: Instant(1_750_000_092_345),
        link: "https://track.example/incidents/canary".into(),
        attributes: vec![],
    }
}

fn line(receipt: &Receipt) -> &CallLine {
    let Line::Call(line) = &receipt.line else {
        panic!("no call line")
    };
    line
}

fn compose(
    door: &Door,
    excerpts: &[Labeled<Post>],
) -> (Notice, String, OpenReceipt<ChannelContext>) {
    let (passed, open) = door
        .project_notice(
            &draft(),
            excerpts,
            r#"{"icon":"https://icons.example/i.png"}"#,
        )
        .unwrap();
    let ChannelCall::Compose {
        notice,
        destination,
    } = passed.into_guest()
    else {
        panic!("another call")
    };
    (notice, destination, open)
}

fn answer(answer: ChannelAnswer) -> (Result<AdmittedChannel, Rejection>, Receipt) {
    let door = channel(&INPUT);
    let (_, _, open) = compose(&door, &[]);
    door.admit_channel(Untrusted::from_guest(answer, 10), open)
}

fn http(url: &str, body: &str) -> ChannelAnswer {
    let header = Header {
        name: "content-type".into(),
        value: "application/json".into(),
    };
    let request = Request {
        method: Method::Post,
        url: url.into(),
        headers: vec![header],
        body: Some(body.into()),
        credential: None,
    };
    ChannelAnswer::Message(Message::Http(request))
}

#[test]
fn a_notice_holds_what_is_granted_and_no_more() {
    let (notice, destination, open) = compose(
        &channel(&["notice.severity"]),
        &[labeled(post("1", "canary text"))],
    );
    assert!(!format!("{notice:?}{destination}").contains("canary"));
    assert_eq!(
        (notice.severity, notice.count, notice.expected, notice.start),
        (Severity::Critical, 0, None, Instant(0))
    );
    drop(open);
    let (notice, _, open) = compose(&channel(&INPUT), &[]);
    assert_eq!((notice.start.0 % 60_000, notice.end.0 % 60_000), (0, 0));
    assert_eq!((notice.rule.as_str(), notice.count), ("canary rule", 4711));
    drop(open);
}

#[test]
fn excerpts_are_redacted_short_and_without_links_or_authors() {
    let long = format!(
        "@an says an@example.vn https://evil.example/pixel {}",
        "chữ ".repeat(200)
    );
    let mut posts: Vec<_> = (0..7)
        .map(|n| labeled(post(&n.to_string(), &long)))
        .collect();
    let mut label = posts[0].label().clone();
    label.restricted = true;
    posts[0] = Labeled::new(label, post("r", "restricted canary"));
    let (notice, _, open) = compose(&channel(&INPUT), &posts);
    assert_eq!(notice.excerpts.len(), 5);
    for excerpt in &notice.excerpts {
        assert!(
            excerpt.starts_with("⟦user:1⟧ says ⟦mail:1⟧ ⟦link⟧ chữ")
                && excerpt.chars().count() <= 280,
            "{excerpt}"
        );
        assert!(!excerpt.contains("canary"));
    }
    let receipt = channel(&INPUT).fail(Stopped::Trap, open);
    assert_eq!(
        (
            line(&receipt).restricted_skipped,
            line(&receipt).redacted["mail"]
        ),
        (1, 5)
    );
    // A cut never leaves half a token.
    let edge = format!("{}@an_nguyen", "x ".repeat(138));
    let (notice, _, open) = compose(&channel(&INPUT), &[labeled(post("1", &edge))]);
    assert!(!notice.excerpts[0].contains('⟦'), "{}", notice.excerpts[0]);
    drop(open);
}

#[test]
fn hp_43_a_message_goes_to_its_destination_only() {
    assert!(matches!(
        answer(http("https://hooks.example.com/x", "{}")).0,
        Ok(AdmittedChannel::Http(_))
    ));
    for url in [
        "https://evil.example/x",
        "https://hooks.example.com.evil.example/",
        "not a url",
        "https://hooks.example.com@evil.example/",
    ] {
        let (admitted, receipt) = answer(http(url, "{}"));
        assert_eq!(admitted.unwrap_err().name(), "destination", "{url}");
        assert_eq!(
            line(&receipt).verdict,
            Verdict::Rejected("destination".into())
        );
    }
}

#[test]
fn hp_27_links_in_bodies_are_ours_or_were_given() {
    let ok = |body: &str| {
        answer(http("https://hooks.example.com/x", body))
            .0
            .map(|_| ())
    };
    assert!(ok(r#"{"text":"see <https://track.example/incidents/1|here>","icon_url":"https://icons.example/i.png"}"#).is_ok());
    assert!(ok(r#"{"$schema":"http://adaptivecards.io/schemas/adaptive-card.json"}"#).is_ok());
    for body in [
        r#"{"text":"https://evil.example/t.png"}"#,
        r#"{"text":"HTTPS://evil.example"}"#,
        r#"{"a":[{"b":"x http:\/\/evil.example"}]}"#,
        r#"{"text":"\u0068ttps://evil.example"}"#,
        r#"{"https://evil.example":1}"#,
        "plain https://evil.example",
        "text=https%3A%2F%2Fevil.example",
        r#"{"text":"https://track.example.evil.example/"}"#,
        r#"{"text":"https://track.example@evil.example/"}"#,
    ] {
        assert_eq!(ok(body).unwrap_err().name(), "foreign-link", "{body}");
    }
}

#[test]
fn a_mail_is_bounded_and_neutral() {
    let email = |subject: &str, blocks: Vec<Block>| {
        ChannelAnswer::Message(Message::Email(Email {
            subject: subject.into(),
            blocks,
        }))
    };
    let (admitted, receipt) = answer(email(
        "Spike",
        vec![
            Block::Paragraph("a\0b https://evil.example/ and https://track.example/x".into()),
            Block::Action("Open".into(), "https://track.example/incidents/1".into()),
        ],
    ));
    let Ok(AdmittedChannel::Email(mail)) = admitted else {
        panic!("no mail")
    };
    assert_eq!(
        mail.blocks[0],
        Block::Paragraph("ab ⟦link⟧ and https://track.example/x".into())
    );
    assert_eq!(line(&receipt).dropped["neutralised"], 1);
    for (rule, bad) in [
        ("subject", email("", vec![])),
        ("subject", email(&"x".repeat(201), vec![])),
        ("subject", email("a\r\nBcc: eve@evil.example", vec![])),
        ("blocks", email("x", vec![Block::Heading("h".into()); 65])),
        (
            "paragraph",
            email("x", vec![Block::Paragraph("p".repeat(2001))]),
        ),
        (
            "foreign-link",
            email(
                "x",
                vec![Block::Action("Open".into(), "https://evil.example/".into())],
            ),
        ),
    ] {
        assert_eq!(answer(bad).0.unwrap_err().name(), rule);
    }
}

#[test]
fn a_reply_is_judged_without_excerpts_and_hidden_headers() {
    let door = channel(&INPUT);
    let response = Response {
        status: 429,
        headers: ["set-cookie", "retry-after"]
            .map(|n| Header {
                name: n.into(),
                value: "30".into(),
            })
            .into(),
        body: b"slow".to_vec(),
    };
    let (passed, open) = door
        .project_reply(&draft(), "{}", Reply::Http(Answer::Response(response)))
        .unwrap();
    let ChannelCall::Judge {
        notice,
        reply: Reply::Http(Answer::Response(response)),
        ..
    } = passed.into_guest()
    else {
        panic!("another call")
    };
    assert!(notice.excerpts.is_empty() && response.headers.len() == 1);
    let verdict = ChannelAnswer::Verdict(DeliveryVerdict::Retry(Some(u32::MAX)));
    let (admitted, _) = door.admit_channel(Untrusted::from_guest(verdict, 1), open);
    assert_eq!(
        admitted.unwrap(),
        AdmittedChannel::Verdict(DeliveryVerdict::Retry(Some(86_400)))
    );
    let (_, open) = door
        .project_reply(
            &draft(),
            "{}",
            Reply::Smtp {
                code: 250,
                text: "ok\r\nmore".into(),
            },
        )
        .unwrap();
    let (admitted, _) = door.admit_channel(
        Untrusted::from_guest(http("https://hooks.example.com/", "{}"), 1),
        open,
    );
    assert_eq!(admitted.unwrap_err().name(), "shape");
    assert_eq!(
        answer(ChannelAnswer::Verdict(DeliveryVerdict::Delivered))
            .0
            .unwrap_err()
            .name(),
        "shape"
    );
}

#[test]
fn a_link_of_another_place_is_the_hosts_own_mistake() {
    let draft = NoticeDraft {
        link: "https://elsewhere.example/".into(),
        ..draft()
    };
    let none: [Labeled<Post>; 0] = [];
    assert!(matches!(
        channel(&INPUT).project_notice(&draft, &none, "{}"),
        Err(ProjectError::Invalid { what: "link", .. })
    ));
}
