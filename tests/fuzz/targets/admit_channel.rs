//! An alert channel's answers at the gate: a message goes to the granted host or to nobody, and carries no link but ours.
#![no_main]

use std::sync::LazyLock;

use isocial_fuzz::{HOST, NOW, OWN_BASE, door, value};
use isocial_gate::{AdmittedChannel, Door, MailBinding, NoticeDraft, Untrusted, permit, permit_mail};
use isocial_model::{
    channel::{ChannelAnswer, DeliveryVerdict, Reply, Severity},
    post::Post,
    Labeled,
};
use libfuzzer_sys::fuzz_target;

static WEBHOOK: LazyLock<Door> =
    LazyLock::new(|| door(include_str!("../../../plugins/channels/webhook/plugin.toml")));
static EMAIL: LazyLock<Door> =
    LazyLock::new(|| door(include_str!("../../../plugins/channels/email/plugin.toml")));

fn draft() -> NoticeDraft {
    NoticeDraft {
        idempotency_key: "ntc_1".into(),
        attempt: 1,
        rule: "Crisis".into(),
        monitor: "Lotus".into(),
        severity: Severity::Critical,
        event: "spike".into(),
        count: 40,
        expected: Some(2.5),
        start: NOW,
        end: NOW,
        link: format!("{OWN_BASE}incidents/1"),
        attributes: Vec::new(),
    }
}

/// The lowest digit says which call is answered, the next two with what, the fourth at which door.
fn answer(which: u8, rest: &[u8]) -> Option<ChannelAnswer> {
    Some(match (which >> 1) & 3 {
        0 => ChannelAnswer::Message(value(rest)?),
        1 => ChannelAnswer::Verdict(value(rest)?),
        _ => ChannelAnswer::Fault(value(rest)?),
    })
}

fuzz_target!(|bytes: &[u8]| {
    let Some((which, rest)) = bytes.split_first() else {
        return;
    };
    let Some(answer) = answer(*which, rest) else {
        return;
    };
    let door = if which & 8 == 0 { &WEBHOOK } else { &EMAIL };
    let destination = format!(r#"{{"url":"https://{HOST}/hook"}}"#);
    let projected = if which & 1 == 0 {
        door.project_notice(&draft(), &[] as &[Labeled<Post>], &destination)
    } else {
        let reply = Reply::Smtp {
            code: 250,
            text: "ok".into(),
        };
        door.project_reply(&draft(), &destination, reply)
    };
    let (_, open) = projected.expect("the notice is such as the host gives");
    let (admitted, receipt) = door.admit_channel(Untrusted::from_guest(answer, 0), open);
    assert!(serde_json::to_string(&receipt.line).is_ok());
    match admitted {
        Ok(AdmittedChannel::Http(request)) => {
            if let Ok(permitted) = permit(request, door.egress()) {
                assert_eq!((permitted.host(), permitted.port()), (HOST, 443));
                assert_eq!(permitted.url().host_str(), Some(HOST));
            }
        }
        Ok(AdmittedChannel::Email(email)) => {
            let binding = MailBinding {
                from: "alerts@track.example".into(),
                to: vec!["rosa@lotus-bikes.example".into()],
                own_base: OWN_BASE.into(),
                idempotency_key: "ntc_1".into(),
            };
            if let Ok(mail) = permit_mail(&email, &binding) {
                assert_eq!(mail.to(), ["rosa@lotus-bikes.example"]);
                assert!(!mail.subject().contains(['\r', '\n']));
                let html = mail.html().to_ascii_lowercase();
                assert!(!html.contains("<script") && !html.contains("<img"));
                let ours = html.matches(&format!("href=\"{OWN_BASE}")).count();
                assert_eq!(html.matches("href=\"").count(), ours);
            }
        }
        Ok(AdmittedChannel::Verdict(verdict)) => match verdict {
            DeliveryVerdict::Failed(reason) => {
                assert!(reason.len() <= 256 && !reason.contains(char::is_control));
            }
            DeliveryVerdict::Retry(wait) => assert!(wait.is_none_or(|s| s <= 86_400)),
            DeliveryVerdict::Delivered => {}
        },
        Err(_) => {}
    }
});
