//! Verifying a delivery by its manifest's template: the signature in constant time, then the age of its timestamp.

use isocial_catalog::InboundRule;
use isocial_egress::Credential;
use isocial_model::{Instant, contract::MessageSignature};
use isocial_vault::{MessageParts, message_key, verify_message};

use super::Incoming;

/// Whether a delivery is signed with this secret in one of these forms, and, where its timestamp is part of what is signed, is of now.
pub(super) fn is_signed(
    rule: &InboundRule,
    forms: &[MessageSignature],
    credential: Option<&Credential>,
    incoming: &Incoming,
    now: Instant,
) -> bool {
    let Some(Credential::Value(secret)) = credential else {
        return false;
    };
    let Ok(key) = message_key(secret) else {
        return false;
    };
    if key.is_empty() {
        return false;
    }
    forms.iter().any(|form| {
        let header = |name: &str| single(&incoming.headers, name);
        let (id, timestamp) = (header(&form.id_header), header(&form.timestamp_header));
        let parts = MessageParts {
            id: id.unwrap_or_default(),
            timestamp: timestamp.unwrap_or_default(),
            body: &incoming.body,
        };
        let signed = header(&form.header)
            .is_some_and(|given| verify_message(form, &key, &parts, given).unwrap_or(false));
        let named = |word: &str| form.template.contains(word);
        signed
            && (!named("{id}") || id.is_some())
            && (!named("{timestamp}") || timestamp.is_some_and(|t| is_of_now(t, rule, now)))
    })
}

/// The value of a field that is there once: of two, nobody knows which one was signed.
fn single<'h>(headers: &'h [(String, String)], name: &str) -> Option<&'h str> {
    let mut values = headers
        .iter()
        .filter(|(given, _)| given.eq_ignore_ascii_case(name) && !name.is_empty());
    let (_, value) = values.next()?;
    values.next().is_none().then_some(value.as_str())
}

fn is_of_now(timestamp: &str, rule: &InboundRule, now: Instant) -> bool {
    timestamp.parse::<i64>().is_ok_and(|seconds| {
        let now = now.as_millis().div_euclid(1_000);
        seconds.abs_diff(now) <= u64::from(rule.tolerance_s)
    })
}

#[cfg(test)]
mod tests {
    use isocial_model::Secret;
    use isocial_vault::sign_message;

    use super::*;

    const NOW: Instant = Instant(1_772_366_400_000);
    const KEY: &str = "a secret of the network";

    fn form(template: &str) -> MessageSignature {
        MessageSignature {
            template: template.into(),
            algorithm: "sha256".into(),
            encoding: "hex".into(),
            header: "x-signature".into(),
            prefix: "v1=".into(),
            id_header: "x-id".into(),
            timestamp_header: "x-time".into(),
        }
    }

    fn incoming(form: &MessageSignature, id: &str, seconds: i64) -> Incoming {
        let timestamp = seconds.to_string();
        let body = b"{}".to_vec();
        let parts = MessageParts {
            id,
            timestamp: &timestamp,
            body: &body,
        };
        let signature = sign_message(form, KEY.as_bytes(), &parts).unwrap();
        Incoming {
            query: Vec::new(),
            headers: vec![
                ("x-signature".into(), signature),
                ("x-id".into(), id.into()),
                ("x-time".into(), timestamp),
            ],
            body,
        }
    }

    fn holds(form: &MessageSignature, incoming: &Incoming) -> bool {
        let rule = InboundRule {
            credential: "hook".into(),
            tolerance_s: 300,
            also: Vec::new(),
        };
        let secret = Credential::Value(Secret::new(KEY));
        is_signed(
            &rule,
            std::slice::from_ref(form),
            Some(&secret),
            incoming,
            NOW,
        )
    }

    #[test]
    fn a_signed_timestamp_must_be_of_now() {
        let form = form("{id}.{timestamp}.{body}");
        let now = NOW.as_millis() / 1_000;
        for (seconds, good) in [
            (now, true),
            (now - 300, true),
            (now + 300, true),
            (now - 301, false),
            (now + 301, false),
            (0, false),
            (i64::MIN, false),
        ] {
            assert_eq!(
                holds(&form, &incoming(&form, "m1", seconds)),
                good,
                "{seconds}"
            );
        }
        // Where it is not signed it says nothing.
        let body_only = self::form("{body}");
        assert!(holds(&body_only, &incoming(&body_only, "m1", 0)));
    }

    #[test]
    fn parts_that_were_changed_or_are_there_twice_are_refused() {
        let form = form("{id}.{timestamp}.{body}");
        let good = incoming(&form, "m1", NOW.as_millis() / 1_000);
        assert!(holds(&form, &good));
        for change in 0..5 {
            let mut bad = good.clone();
            match change {
                0 => bad.body.push(b' '),
                1 => bad.headers[1].1 = "m2".into(),
                2 => bad.headers[2].1 = (NOW.as_millis() / 1_000 + 1).to_string(),
                3 => bad.headers.push(("X-Signature".into(), "v1=00".into())),
                _ => drop(bad.headers.remove(0)),
            }
            assert!(!holds(&form, &bad), "{change}");
        }
        let rule = InboundRule {
            credential: "hook".into(),
            tolerance_s: 300,
            also: Vec::new(),
        };
        for none in [None, Some(Credential::Value(Secret::new("")))] {
            assert!(!is_signed(
                &rule,
                std::slice::from_ref(&form),
                none.as_ref(),
                &good,
                NOW
            ));
        }
    }
}
