//! What a post costs at the door: redaction alone, projection into a batch of 128, admission of its analyses, a connector's page.
//!
//! Prints the best of several rounds, in microseconds a post. Not a timed test: machines differ.

use std::{hint::black_box, io::Write, sync::Arc, time::Instant as Watch};

use isocial_gate::{
    AdmittedConnector, Door, DoorSpec, EgressGrant, Untrusted, policy,
    redact::{OwnHandles, Redactor},
};
use isocial_model::{
    Class, Instant, Kind, Label, Labeled, PackageRef,
    connector::{
        Budget, ComeBack, ConnectorAnswer, ConnectorCall, Job, Outcome, Page, Place, QueryPlan,
    },
    key::{Hash128, NotSealed, OrgKeys},
    language::{Analyses, Sentiment, SentimentLabel, Tasks},
    post::{AgeSignal, Author, Change, Post, Visibility},
    time::ManualClock,
};
use sha2::{Digest, Sha256};

/// Plain hashes in place of keyed ones: the same work within a few per cent.
#[derive(Debug)]
struct BenchKeys;

impl OrgKeys for BenchKeys {
    fn post_hash(&self, _: &str, id: &str) -> Hash128 {
        self.commit(id.as_bytes())
    }
    fn author_ref(&self, _: &str, author: &str) -> Hash128 {
        self.commit(author.as_bytes())
    }
    fn pairwise_ref(&self, _: &str, author: &Hash128) -> Hash128 {
        *author
    }
    fn seal(&self, _: &str, plain: &[u8]) -> Vec<u8> {
        plain.to_vec()
    }
    fn unseal(&self, _: &str, sealed: &[u8]) -> Result<Vec<u8>, NotSealed> {
        Ok(sealed.to_vec())
    }
    fn chain(&self, _: &[u8; 32], line: &[u8]) -> [u8; 32] {
        Sha256::digest(line).into()
    }
    fn commit(&self, payload: &[u8]) -> Hash128 {
        let mut hash = Hash128::default();
        hash.copy_from_slice(&Sha256::digest(payload)[..16]);
        hash
    }
}

const TEXTS: [(&str, &str); 4] = [
    (
        "plain",
        "Just tried the new Lumen lamp and honestly it is brighter than I thought, the colours are warm, the app connects at once and the price was fine; I would buy it again for the kitchen and tell my friends.",
    ),
    (
        "vietnamese",
        "Mình vừa mua đèn Lumen ở cửa hàng gần nhà, ánh sáng rất ấm và dễ chịu, nhân viên tư vấn nhiệt tình, giá 1.250.000đ là hợp lý, sẽ quay lại mua thêm cho phòng khách vào tháng 12 năm nay.",
    ),
    (
        "handles",
        "@lan_tran @minh.phan have you seen the Lumen lamp? “Brighter than before” – they say… I paid 49.99 for mine on 24.12.2025 and @lumen answered at 10:30, 😀 will buy again #lumen #light https://shop.example/lumen?ref=1",
    ),
    (
        "details",
        "call me at 0912 345 678 or write to an@example.vn about the Lumen lamp, the card 4111 1111 1111 1111 was charged twice, from 192.0.2.17, and my IBAN is DE89 3704 0044 0532 0130 00, thanks a lot, @an",
    ),
];

fn best(rounds: u32, items: u32, mut work: impl FnMut()) -> f64 {
    let mut best = f64::MAX;
    for _ in 0..rounds {
        let watch = Watch::now();
        work();
        best = best.min(watch.elapsed().as_secs_f64());
    }
    best * 1e6 / f64::from(items)
}

fn post(text: &str, n: usize) -> Post {
    Post {
        network: "sample".into(),
        native_id: format!("post-{n}"),
        url: Some(format!("https://sample.example/{n}")),
        text: Some(text.into()),
        language: Some("en".into()),
        created: Some(Instant(1_750_000_000_000)),
        author: Some(Author {
            native_id: Some(format!("author-{n}")),
            handle: Some("an".into()),
            ..Author::default()
        }),
        visibility: Visibility::Public,
        age_signal: AgeSignal::Adult,
        ..Post::default()
    }
}

fn door(
    kind: Kind,
    function: &str,
    purposes: &[&str],
    input: &[&str],
) -> Result<Door, Box<dyn std::error::Error>> {
    let contract = serde_json::json!({ "function": function, "purposes": purposes, "input": input, "batch-max": 250 });
    Ok(Door::new(DoorSpec {
        package: PackageRef {
            id: "acme/bench".into(),
            version: semver::Version::new(1, 0, 0),
            digest: "ab".repeat(32),
        },
        kind,
        contracts: vec![serde_json::from_value(contract)?],
        layers: vec![],
        keys: Arc::new(BenchKeys),
        clock: Arc::new(ManualClock::new(Instant(1_760_000_000_000))),
        network: Some(policy::pack("sample")),
        topics: vec![],
        own_handles: vec!["lumen".into()],
        egress: EgressGrant::default(),
        spreadsheet: false,
        own_base: "https://track.example/".into(),
    })?)
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut out = std::io::stdout().lock();
    writeln!(
        out,
        "{:<12} {:>10} {:>12} {:>12} {:>14}",
        "text", "redact", "project/128", "admit/128", "connector page"
    )?;
    let pack = door(
        Kind::LanguagePack,
        "analyze",
        &["analysis/sentiment"],
        &["post.text:redacted", "post.lang", "post.created:day"],
    )?;
    let connector = door(
        Kind::Connector,
        "next",
        &["collection"],
        &["query.terms", "job.budget"],
    )?;
    for (name, text) in TEXTS {
        let own = OwnHandles::new(&["lumen"]);
        let redact = best(50, 1000, || {
            let mut out = String::with_capacity(512);
            let mut redactor = Redactor::new(&own);
            for _ in 0..1000 {
                out.clear();
                let _ = black_box(redactor.append(black_box(text), &mut out));
            }
        });
        let posts: Vec<_> = (0..128)
            .map(|n| Labeled::new(Label::of(Class::PublicText, Some("sample")), post(text, n)))
            .collect();
        let tasks = Tasks {
            sentiment: true,
            ..Tasks::default()
        };
        let mut failed = false;
        let mut opened = Vec::new();
        let project = best(100, 128, || {
            match pack.project_documents(black_box(&posts), &[], tasks) {
                Ok((passed, open)) => {
                    black_box(passed.get());
                    opened.push(open);
                }
                Err(_) => failed = true,
            }
        });
        let sentiment = Sentiment {
            label: SentimentLabel::Positive,
            negative: 0.1,
            neutral: 0.2,
            positive: 0.7,
            score: 0.6,
        };
        let mut answers: Vec<_> = opened
            .drain(..)
            .map(|open| {
                (
                    open,
                    Analyses {
                        sentiment: vec![sentiment; 128],
                        ..Analyses::default()
                    },
                )
            })
            .collect();
        let admit = best(100, 128, || {
            if let Some((open, analyses)) = answers.pop() {
                failed |=
                    black_box(pack.admit_analyses(Untrusted::from_guest(Ok(analyses), 1), open))
                        .0
                        .is_err();
            }
        });
        let job = Job {
            plan: QueryPlan::default(),
            config: "{}".into(),
            state: None,
            budget: Budget {
                items: 250,
                requests: 1,
            },
            now: Instant(0),
            since: None,
        };
        let mut pages: Vec<_> = (0..100)
            .map(|_| {
                let changes = (0..128)
                    .map(|n| Change::Upsert(Box::new(post(text, n))))
                    .collect();
                Page {
                    changes,
                    cursor: None,
                    tasks: vec![],
                    state: None,
                    next: ComeBack::Scheduled,
                    seen: None,
                    rejected: 0,
                }
            })
            .collect();
        let page = best(100, 128, || {
            let call = ConnectorCall::Next {
                job: job.clone(),
                place: Place::Cursor(None),
            };
            if let (Ok((_, open)), Some(page)) = (connector.project_connector(call), pages.pop()) {
                let answer =
                    Untrusted::from_guest(ConnectorAnswer::Outcome(Outcome::Page(page)), 1);
                let admitted = black_box(connector.admit_connector(answer, open));
                failed |= !matches!(admitted.0, Ok(AdmittedConnector::Page(page)) if page.changes.len() == 128);
            }
        });
        if failed {
            return Err("a call was refused: the figures mean nothing".into());
        }
        writeln!(
            out,
            "{name:<12} {redact:>7.3} µs {project:>9.3} µs {admit:>9.3} µs {page:>11.3} µs"
        )?;
    }
    writeln!(
        out,
        "per post; {} bytes a text, best of the rounds",
        TEXTS.map(|(_, t)| t.len().to_string()).join("/")
    )?;
    Ok(())
}
