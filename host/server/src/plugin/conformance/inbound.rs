//! Connectors that take deliveries: what strangers could send to an address, after the signature and in place of what is expected.

use isocial_testkit::{
    Case,
    case::{Action, Call},
};
use serde_json::{Value, json};

use super::{
    Held,
    bench::Bench,
    connector::{gated, job, twice as call_twice},
};

/// Largest delivery · bytes.
const MOST_BYTES: usize = 1024 * 1024;

fn calls(case: &Case, action: Action) -> impl Iterator<Item = &Call> {
    case.calls.iter().filter(move |call| call.action == action)
}

fn delivery(call: &Call) -> Value {
    let headers: Vec<Value> = call
        .headers
        .iter()
        .map(|(name, value)| json!({ "name": name, "value": value }))
        .collect();
    let query: Vec<(&String, &String)> = call.query.iter().collect();
    let body = call.body.as_deref().unwrap_or_default().as_bytes();
    json!({ "query": query, "headers": headers, "body": body })
}

/// Deliveries that hold nothing: no change may come of them, and nothing may be taken away.
pub(super) fn odd(bench: &Bench, case: &Case) -> Held {
    let mut gated = gated(bench, case)?;
    let job = job(case)?;
    let json_field = json!([{ "name": "content-type", "value": "application/json" }]);
    let deep = [vec![b'['; 100_000], vec![b']'; 100_000]].concat();
    let bodies: [(&str, Vec<u8>); 9] = [
        ("nothing", Vec::new()),
        ("broken JSON", b"{\"entry\": [{\"id\": 1, \"te".to_vec()),
        ("JSON of another form", b"[null, 1, {\"a\": []}]".to_vec()),
        ("deep JSON", deep),
        ("a form", b"a=1&b=%FF&c".to_vec()),
        ("broken XML", b"<feed><entry><id>1".to_vec()),
        (
            "a page for people",
            b"<!doctype html><title>x</title>".to_vec(),
        ),
        ("no text", vec![0xFF, 0xFE, 0x00, 0xC3, 0x28, 0x80]),
        ("as much as there may be", vec![b' '; MOST_BYTES]),
    ];
    for (name, body) in bodies {
        for headers in [json!([]), json_field.clone()] {
            let delivery = json!({ "query": [], "headers": headers, "body": body });
            let page = call_twice(
                &mut gated,
                "inbound.receive",
                &json!({ "job": job, "delivery": delivery }),
            )
            .map_err(|e| format!("{name}: {e}"))?;
            let changes = page
                .ok()
                .and_then(|p| p.get("changes").and_then(Value::as_array).map(Vec::len));
            if changes.unwrap_or_default() > 0 {
                return Err(format!(
                    "{name}: makes changes of a delivery that holds none"
                ));
            }
        }
    }
    Ok(Vec::new())
}

/// Networks repeat what was not answered in time: the same posts must come of it, and cursors say nothing.
pub(super) fn twice(bench: &Bench, case: &Case) -> Held {
    let mut gated = gated(bench, case)?;
    let job = job(case)?;
    let mut notes = Vec::new();
    for call in calls(case, Action::Receive) {
        let arguments = json!({ "job": job, "delivery": delivery(call) });
        let page = call_twice(&mut gated, "inbound.receive", &arguments)?;
        if page.is_ok_and(|p| p.get("cursor").is_some_and(|c| !c.is_null())) {
            notes.push(
                "a page of a delivery has a cursor, which the host does not keep: a delivery says nothing about where reading stands"
                    .to_owned(),
            );
        }
    }
    notes.dedup();
    Ok(notes)
}

/// Only what the network asks is answered; a challenge that is none must not be.
pub(super) fn challenges(bench: &Bench, case: &Case) -> Held {
    let mut gated = gated(bench, case)?;
    let job = job(case)?;
    let good: Vec<Vec<(String, String)>> = calls(case, Action::Challenge)
        .map(|call| call.query.clone().into_iter().collect())
        .collect();
    let mut odd: Vec<(&str, Vec<(String, String)>)> = vec![("no query", Vec::new())];
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    odd.push(("another query", vec![pair("a", "1"), pair("", "")]));
    if let Some(query) = good.first() {
        // Values that are no text for one line: the gate would refuse them, so the connector must not echo them.
        let broken = query
            .iter()
            .map(|(n, v)| (n.clone(), format!("{v}\r\nx: 1")));
        odd.push(("line ends in every value", broken.collect()));
    }
    for (name, query) in odd {
        let arguments = json!({ "job": job, "query": query });
        let answered = call_twice(&mut gated, "inbound.challenge", &arguments);
        match answered {
            // The gate has refused what is no line: the host answers nothing.
            Err(problem) if problem.contains("challenge") => {}
            Err(problem) => return Err(format!("{name}: {problem}")),
            Ok(Ok(body)) => return Err(format!("{name}: is answered with {body}")),
            Ok(Err(_)) => {}
        }
    }
    Ok(Vec::new())
}
