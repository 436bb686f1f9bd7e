use isocial_sdk::channel::{Attribute, Block, Severity};
use proptest::prelude::*;

use super::*;

fn notice() -> Notice {
    Notice {
        idempotency_key: "ntc_7K2M".into(),
        attempt: 1,
        rule: String::new(),
        monitor: String::new(),
        severity: Severity::Info,
        event: "spike".into(),
        count: 0,
        expected: None,
        start: 0,
        end: 0,
        link: String::new(),
        excerpts: Vec::new(),
        attributes: Vec::new(),
    }
}

fn to(config: &str) -> Destination {
    Destination {
        config: config.into(),
    }
}

fn smtp(code: u16, text: &str) -> Verdict {
    verdict(&SmtpReply {
        code,
        text: text.into(),
    })
}

#[test]
fn recorded_exchanges_replay() {
    let mut subject = isocial_testkit::Native::channel::<Email>();
    let report = isocial_testkit::replay(env!("CARGO_MANIFEST_DIR"), &mut subject).unwrap();
    assert_eq!(report.cases, ["bare", "delivered", "refused", "retried"]);
}

#[test]
fn recipients_are_one_to_fifty_plain_addresses() {
    let many = format!(r#"{{"to":[{}]}}"#, vec![r#""a@b.example""#; 50].join(","));
    for good in [
        r#"{"to":"care@lotus-bikes.example"}"#,
        r#"{"to":["a@b.example","ü@b.example"]}"#,
        &many,
    ] {
        assert!(Email::compose(&notice(), &to(good)).is_ok(), "{good}");
    }
    let more = format!(r#"{{"to":[{}]}}"#, vec![r#""a@b.example""#; 51].join(","));
    for (bad, pointer) in [
        ("{}", ""),
        (r#"{"to":7}"#, ""),
        (r#"{"to":[]}"#, "/to"),
        (&more, "/to"),
        (r#"{"to":"care"}"#, "/to/0"),
        (r#"{"to":"@b.example"}"#, "/to/0"),
        (r#"{"to":["a@b.example","Orla <orla@b.example>"]}"#, "/to/1"),
        (r#"{"to":["a@b.example, c@d.example"]}"#, "/to/0"),
        ("{\"to\":\"a@b.example\\r\\nBcc: c@d.example\"}", "/to/0"),
    ] {
        match Email::compose(&notice(), &to(bad)) {
            Err(Fault::BadConfig(fault)) => assert_eq!(fault.pointer, pointer, "{bad}"),
            other => panic!("{bad}: {other:?}"),
        }
    }
}

#[test]
fn a_server_that_will_take_it_later_is_tried_again() {
    assert!(matches!(smtp(250, "2.0.0 queued"), Verdict::Delivered));
    for code in [0, 421, 450, 451, 452, 499] {
        assert!(
            matches!(smtp(code, "unreachable"), Verdict::Retry(None)),
            "{code}"
        );
    }
    for (text, expected) in [
        ("4.2.0 Greylisted, try again in 300 seconds", Some(300)),
        ("please retry in 5 minutes.", Some(300)),
        ("in maintenance, back in 90 sec", Some(90)),
        ("try in a while", None),
        ("in 5", None),
        ("in 99999999 minutes", None),
    ] {
        let Verdict::Retry(found) = smtp(450, text) else {
            panic!("{text}")
        };
        assert_eq!(found, expected, "{text}");
    }
}

#[test]
fn a_server_that_never_will_is_not() {
    for code in [500, 535, 550, 552, 554, 599, 354, 100, 700] {
        let Verdict::Failed(reason) = smtp(code, "5.1.1 secret@lotus-bikes.example unknown") else {
            panic!("{code}")
        };
        assert!(
            reason.contains(&code.to_string()) && reason.len() <= 256,
            "{reason}"
        );
        assert!(
            !reason.contains("secret@"),
            "a reply may name people: it is not repeated"
        );
    }
    assert!(matches!(
        smtp(0, "denied by rule address"),
        Verdict::Failed(_)
    ));
    assert!(matches!(
        smtp(0, "no mail server is configured"),
        Verdict::Retry(None)
    ));
}

#[test]
fn what_was_not_granted_leaves_no_hole() {
    let Ok(Message::Email(mail)) = Email::compose(&notice(), &to(r#"{"to":"a@b.example"}"#)) else {
        panic!()
    };
    assert_eq!(mail.subject, "More mentions than usual");
    for block in &mail.blocks {
        assert!(
            matches!(block, Block::Heading(t) | Block::Paragraph(t) if !t.trim().is_empty()),
            "{block:?}"
        );
    }
}

proptest! {
    #[test]
    fn any_notice_makes_a_mail_within_the_bounds(
        rule in ".{0,256}", monitor in "(?s).{0,256}", event in "spike|mention|sentiment|test|.{0,32}", count: u64,
        expected in proptest::option::of(any::<f64>()), start: i64, end: i64, severity in 0..3_u8,
        excerpts in proptest::collection::vec("(?s).{0,280}", 0..5), value in "(?s).{0,300}",
    ) {
        let severity = match severity { 0 => Severity::Info, 1 => Severity::Warning, _ => Severity::Critical };
        let attributes = vec![Attribute { key: value.chars().take(64).collect(), value }];
        let notice = Notice { rule, monitor, event, count, expected, start, end, severity, excerpts, attributes, ..notice() };
        let mail = letter::letter(&notice);
        prop_assert!((1..=200).contains(&mail.subject.chars().count()));
        prop_assert!(!mail.subject.chars().any(char::is_control));
        prop_assert!(mail.blocks.len() <= 64);
        for block in &mail.blocks {
            let (text, most) = match block {
                Block::Heading(text) => (text, 200),
                Block::Paragraph(text) => (text, 2000),
                Block::Quote(text) => (text, 1000),
                Block::Facts(facts) => {
                    prop_assert!(facts.iter().all(|(l, v)| l.chars().count() <= 200 && v.chars().count() <= 1000));
                    continue;
                }
                Block::Action(_) => continue,
            };
            prop_assert!(text.chars().count() <= most);
        }
    }

    #[test]
    fn any_reply_is_judged(code: u16, text in "(?s).{0,256}") {
        let _ = smtp(code, &text);
    }
}
