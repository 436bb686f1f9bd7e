//! A connector's answers at the gate: whatever comes back, what is admitted keeps the rules that the store relies on.
#![no_main]

use std::sync::LazyLock;

use isocial_fuzz::{HOST, NOW, door, value};
use isocial_gate::{
    AdmittedChange, AdmittedConnector, Door, PermittedOrigin, Untrusted, permit, permit_subscription,
};
use isocial_model::connector::{Budget, ConnectorAnswer, ConnectorCall, Job, Place, QueryPlan};
use libfuzzer_sys::fuzz_target;

static DOOR: LazyLock<Door> =
    LazyLock::new(|| door(include_str!("../../../plugins/connectors/mastodon/plugin.toml")));

fn job() -> Job {
    Job {
        plan: QueryPlan::default(),
        config: format!(r#"{{"instance":"https://{HOST}"}}"#),
        state: None,
        budget: Budget {
            items: 250,
            requests: 16,
        },
        now: NOW,
        since: None,
    }
}

/// The call that is answered.
fn call(which: u8) -> ConnectorCall {
    let (job, place) = (job(), Place::Cursor(None));
    match which {
        0 => ConnectorCall::Next { job, place },
        1 => ConnectorCall::Respond {
            job,
            place,
            scratch: Vec::new(),
            answers: Vec::new(),
        },
        2 => ConnectorCall::Check { job },
        3 => ConnectorCall::Checked {
            job,
            answers: Vec::new(),
        },
        4 => ConnectorCall::Ask {
            job,
            refs: vec!["1".into(), "2".into()],
        },
        5 => ConnectorCall::Judge {
            job,
            refs: vec!["1".into(), "2".into()],
            answers: Vec::new(),
        },
        6 => ConnectorCall::Open { job, cursor: None },
        _ => ConnectorCall::Frames {
            job,
            cursor: None,
            first: 0,
            frames: Vec::new(),
        },
    }
}

/// What is answered, in the shape that the second digit says.
fn answer(which: u8, rest: &[u8]) -> Option<ConnectorAnswer> {
    Some(match which {
        0 | 1 => ConnectorAnswer::Outcome(value(rest)?),
        2 => ConnectorAnswer::Requests(value(rest)?),
        3 => ConnectorAnswer::Text(value(rest)?),
        4 => ConnectorAnswer::Verdicts(value(rest)?),
        5 => ConnectorAnswer::Subscription(value(rest)?),
        6 => ConnectorAnswer::Page(value(rest)?),
        _ => ConnectorAnswer::Fault(value(rest)?),
    })
}

fuzz_target!(|bytes: &[u8]| {
    let Some((which, rest)) = bytes.split_first() else {
        return;
    };
    let Some(answer) = answer(which & 7, rest) else {
        return;
    };
    let projected = DOOR.project_connector(call((which >> 3) & 7));
    let (_, open) = projected.expect("the call is one that the host makes");
    let (admitted, receipt) = DOOR.admit_connector(Untrusted::from_guest(answer, 0), open);
    assert!(serde_json::to_string(&receipt.line).is_ok());
    let requests = match admitted {
        Ok(AdmittedConnector::Page(page)) => {
            assert!(page.changes.len() <= 250 && page.tasks.len() <= 250);
            assert!(page.cursor.is_none_or(|c| c.len() <= 4096));
            assert!(page.state.is_none_or(|s| s.len() <= 4096));
            for change in page.changes {
                if let AdmittedChange::Upsert(post) = change {
                    assert_eq!(post.label().network.as_deref(), Some("mastodon"));
                }
            }
            Vec::new()
        }
        Ok(AdmittedConnector::Again { requests, scratch }) => {
            assert!(scratch.len() <= 64 * 1024);
            requests
        }
        Ok(AdmittedConnector::Requests(requests)) => requests,
        Ok(AdmittedConnector::Text(text)) => {
            assert!(text.len() <= 1024);
            Vec::new()
        }
        Ok(AdmittedConnector::Verdicts(verdicts)) => {
            assert_eq!(verdicts.len(), 2, "one a reference that was asked about");
            Vec::new()
        }
        Ok(AdmittedConnector::Subscription(subscription)) => {
            if let Ok(permitted) = permit_subscription(subscription, DOOR.egress())
                && let PermittedOrigin::Network { host, .. } = permitted.origin()
            {
                assert_eq!(host, HOST);
            }
            Vec::new()
        }
        Ok(AdmittedConnector::Fault(_)) | Err(_) => Vec::new(),
    };
    assert!(requests.len() <= 16);
    for request in requests {
        // Whether it may be made is decided once more: what is permitted goes to the granted host and nowhere else.
        if let Ok(permitted) = permit(request, DOOR.egress()) {
            assert_eq!((permitted.host(), permitted.port()), (HOST, 443));
            assert_eq!(permitted.url().host_str(), Some(HOST));
        }
    }
});
