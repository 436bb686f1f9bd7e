//! Alert channels: the recorded cases, and what every channel must stand of notices and of services.

use std::path::Path;

use isocial_testkit::{Case, Subject, case::Action, load_cases};
use serde_json::{Value, json};

use super::{
    Held, Suite,
    bench::{Bench, NOON, OWN_BASE},
    gated::Gated,
    recorded,
};

pub(super) fn cases(suite: &mut Suite, folder: &Path) -> anyhow::Result<()> {
    let cases = load_cases(folder)?;
    let exchanges = folder.join("exchanges");
    for case in &cases {
        let name = format!("{}: {}", case.name, case.title);
        suite.case("recorded", &name, |bench| {
            recorded::case(bench, case, &exchanges)
        });
    }
    let delivers = |case: &&Case| {
        case.calls
            .iter()
            .any(|c| c.action == Action::Deliver && c.destination.is_some())
    };
    if let Some(case) = cases.iter().find(delivers) {
        for (name, change) in notices() {
            suite.case("built-in", name, |bench| {
                compose(bench, case, &change).map(|_| Vec::new())
            });
        }
        suite.case(
            "built-in",
            "a refused or unanswered message is never delivered",
            |bench| judge(bench, case),
        );
    }
    Ok(())
}

/// Notices that nobody would write, as changes of a plain one.
fn notices() -> Vec<(&'static str, Value)> {
    let long = "ä".repeat(128);
    vec![
        (
            "a notice with nothing in it",
            json!({ "rule": "", "monitor": "", "link": "", "count": 0, "start": 0, "end": 0 }),
        ),
        (
            "names of 256 bytes",
            json!({ "rule": long, "monitor": long }),
        ),
        (
            "emoji, right-to-left and CJK",
            json!({ "rule": "🚲👩‍👩‍👧 שלום", "monitor": "莲花自行车 دراجات", "excerpts": ["🔥🔥 سيء جدا", "壊れた"] }),
        ),
        (
            "markup and mentions in names",
            json!({ "rule": "<b>@everyone</b> <!channel> *x*", "monitor": "\"quoted\" \\ back & {{x}}" }),
        ),
        (
            "line ends and control characters",
            json!({ "rule": "one\r\nTo: two", "monitor": "a\tb\u{7}", "excerpts": ["first\nsecond\u{0}"] }),
        ),
        (
            "the greatest count",
            json!({ "count": u64::MAX, "expected": 1e300, "severity": "critical" }),
        ),
        (
            "five excerpts of 280 characters",
            json!({ "excerpts": vec!["语".repeat(280); 5] }),
        ),
        ("the tenth attempt", json!({ "attempt": 10 })),
    ]
}

struct Composed<'b> {
    gated: Gated<'b>,
    notice: Value,
    destination: String,
    message: Value,
}

fn compose<'b>(bench: &'b Bench, case: &Case, change: &Value) -> Result<Composed<'b>, String> {
    let destination = case
        .calls
        .iter()
        .find_map(|c| c.destination.clone())
        .unwrap_or_default()
        .to_string();
    let mut notice = json!({
        "idempotency_key": "notice-1", "attempt": 1, "rule": "A rule", "monitor": "A monitor", "severity": "warning", "event": "spike",
        "count": 7, "expected": 2.5, "start": NOON, "end": NOON, "link": "https://host.example/incidents/1", "excerpts": [], "attributes": [],
    });
    if let (Some(whole), Some(change)) = (notice.as_object_mut(), change.as_object()) {
        whole.extend(change.clone());
    }
    let mut gated = Gated::new(bench, bench.door(&recorded::hosts(case), OWN_BASE)?);
    let arguments = json!({ "notice": notice, "destination": destination });
    let first = gated.call("alert-channel.compose", arguments.clone())?;
    if first != gated.call("alert-channel.compose", arguments)? {
        return Err("`compose` answered differently when it was called again".into());
    }
    let message = first.map_err(|fault| format!("fault {fault}"))?;
    if let Some(denial) = gated.denied.first() {
        return Err(format!("the request may not be made: {denial}"));
    }
    Ok(Composed {
        gated,
        notice,
        destination,
        message,
    })
}

fn judge(bench: &Bench, case: &Case) -> Held {
    let Composed {
        mut gated,
        notice,
        destination,
        message,
    } = compose(bench, case, &json!({}))?;
    let replies: Vec<Value> = if message.get("http").is_some() {
        let answer = |status: u16, body: &[u8]| json!({ "http": { "response": { "status": status, "headers": [], "body": body } } });
        let failed = |name: &str| json!({ "http": { "failed": name } });
        let codes = [301, 400, 401, 403, 404, 410, 413, 429, 500, 502, 503];
        codes
            .into_iter()
            .map(|status| answer(status, &[0xFF, 0x00]))
            .chain(["denied", "unreachable", "timeout", "tls", "malformed"].map(failed))
            .collect()
    } else {
        let reply = |code: u16| json!({ "smtp": { "code": code, "text": "no" } });
        [0, 421, 450, 451, 535, 550, 552, 554, 999]
            .map(reply)
            .into_iter()
            .collect()
    };
    for reply in replies {
        let arguments = json!({ "notice": notice, "destination": destination, "reply": reply });
        let verdict = gated.call("alert-channel.judge", arguments.clone())?;
        if verdict != gated.call("alert-channel.judge", arguments)? {
            return Err("`judge` answered differently when it was called again".into());
        }
        if verdict == Ok(json!("delivered")) {
            return Err(format!("takes {reply} for a delivery"));
        }
    }
    Ok(Vec::new())
}
