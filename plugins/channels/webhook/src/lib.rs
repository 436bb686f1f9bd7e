//! Posts each notice as JSON to an address of the customer's, in the form and with the signature of Standard Webhooks.
//!
//! The body is the same for every attempt, so that the id in its signature is too; the host signs each attempt anew, because this
//! plugin has neither clock nor secret.

use isocial_sdk::{
    channel::{
        AlertChannel, Answer, Destination, Failure, Fault, Message, Notice, Reply, Request,
        Response, Verdict,
    },
    time, uri,
};
use serde::Deserialize;
use serde_json::{Map, Value, json};

/// The channel.
#[derive(Debug)]
pub struct Webhook;

isocial_sdk::alert_channel!(Webhook);

/// The manifest's slot whose secret signs.
const SIGNING: &str = "signing";

/// Where to send.
#[derive(Debug, Deserialize)]
struct Config {
    /// An absolute address.
    url: String,
}

impl AlertChannel for Webhook {
    fn compose(notice: &Notice, destination: &Destination) -> Result<Message, Fault> {
        let Config { url } = destination.config()?;
        // Plain http is the host's to refuse: an operator may have made an exception for an address of the same machine.
        if !uri::parts(&url).is_some_and(|parts| matches!(parts.scheme, "https" | "http")) {
            return Err(Fault::bad_config(
                "/url",
                "expected an absolute https address",
            ));
        }
        Ok(Message::Http(
            Request::post_json(url, &body(notice)).with_credential(SIGNING),
        ))
    }

    fn judge(_: &Notice, _: &Destination, reply: &Reply) -> Result<Verdict, Fault> {
        match reply {
            Reply::Http(Answer::Response(response)) => Ok(verdict(response)),
            Reply::Http(Answer::Failed(failure)) => Ok(match failure {
                Failure::Denied => {
                    Verdict::Failed("the host does not allow this address: check it".into())
                }
                Failure::Budget => Verdict::Retry(Some(60)),
                // Nobody knows whether it arrived; the receiver knows a repeat by its id.
                _ => Verdict::Retry(None),
            }),
            Reply::Smtp(_) => Err(Fault::permanent("a webhook is not answered by mail")),
        }
    }
}

/// What is posted: type, time and data. What was not granted is absent.
fn body(notice: &Notice) -> Value {
    let mut data = Map::new();
    let mut put = |name: &str, value: Value| {
        if !value.is_null() {
            data.insert(name.into(), value);
        }
    };
    let given = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let at = |instant| (instant != 0).then(|| time::to_rfc3339(instant)).flatten();
    put("id", json!(notice.idempotency_key));
    put("severity", json!(notice.severity.name()));
    put("rule", json!(given(&notice.rule)));
    put("monitor", json!(given(&notice.monitor)));
    put("count", json!(notice.count));
    put("expected", json!(notice.expected));
    put("start", json!(at(notice.start)));
    put("end", json!(at(notice.end)));
    put("link", json!(given(&notice.link)));
    if !notice.excerpts.is_empty() {
        put("excerpts", json!(notice.excerpts));
    }
    if !notice.attributes.is_empty() {
        let pairs = notice.attributes.iter();
        put(
            "attributes",
            pairs
                .map(|a| (a.key.clone(), json!(a.value)))
                .collect::<Map<_, _>>()
                .into(),
        );
    }
    let mut whole = json!({ "type": format!("alert.{}", notice.event), "data": data });
    if let (Some(whole), Some(end)) = (whole.as_object_mut(), at(notice.end)) {
        whole.insert("timestamp".into(), end.into());
    }
    whole
}

/// What an answer means: trying again helps with what is said to pass, and with nothing else.
fn verdict(response: &Response) -> Verdict {
    match response.status {
        200..=299 => Verdict::Delivered,
        408 | 425 | 429 | 500..=599 => Verdict::Retry(wait(response)),
        410 => Verdict::Failed("the receiver wants no more alerts (410)".into()),
        status @ 300..=399 => Verdict::Failed(format!(
            "the address redirects ({status}): give the address that it leads to"
        )),
        status => Verdict::Failed(format!("the receiver refused it ({status})")),
    }
}

/// Seconds to wait, if the receiver says so; a date is measured against the answer's own.
fn wait(response: &Response) -> Option<u32> {
    let value = response.header("retry-after")?.trim();
    value.parse().ok().or_else(|| {
        let until = time::rfc2822(value)?.checked_sub(time::rfc2822(response.header("date")?)?)?;
        u32::try_from(until.max(0) / 1000).ok()
    })
}

#[cfg(test)]
mod tests {
    use isocial_sdk::channel::Header;

    use super::*;

    #[test]
    fn recorded_exchanges_replay() {
        let mut subject = isocial_testkit::Native::channel::<Webhook>();
        let report = isocial_testkit::replay(env!("CARGO_MANIFEST_DIR"), &mut subject).unwrap();
        assert_eq!(report.cases, ["bare", "delivered", "retried"]);
    }

    fn answered(status: u16, headers: &[(&str, &str)]) -> Verdict {
        let headers = headers.iter().map(|(name, value)| Header {
            name: (*name).into(),
            value: (*value).into(),
        });
        verdict(&Response {
            status,
            headers: headers.collect(),
            body: Vec::new(),
        })
    }

    #[test]
    fn only_what_may_pass_is_tried_again() {
        for status in [200, 201, 204, 299] {
            assert!(
                matches!(answered(status, &[]), Verdict::Delivered),
                "{status}"
            );
        }
        for status in [408, 425, 429, 500, 502, 503, 599] {
            assert!(
                matches!(answered(status, &[]), Verdict::Retry(None)),
                "{status}"
            );
        }
        for status in [100, 301, 307, 400, 401, 403, 404, 410, 413, 422] {
            assert!(
                matches!(answered(status, &[]), Verdict::Failed(_)),
                "{status}"
            );
        }
    }

    #[test]
    fn a_time_to_wait_is_seconds_or_a_date() {
        let later = "Wed, 04 Mar 2026 05:08:07 GMT";
        for (headers, expected) in [
            (&[("retry-after", " 90 ")][..], Some(90)),
            (
                &[
                    ("retry-after", later),
                    ("date", "Wed, 04 Mar 2026 05:06:07 GMT"),
                ],
                Some(120),
            ),
            (
                &[
                    ("retry-after", later),
                    ("date", "Wed, 04 Mar 2026 06:06:07 GMT"),
                ],
                Some(0),
            ),
            (&[("retry-after", later)], None),
            (&[("retry-after", "soon")], None),
        ] {
            let Verdict::Retry(found) = answered(503, headers) else {
                panic!("{headers:?}")
            };
            assert_eq!(found, expected, "{headers:?}");
        }
    }
}
