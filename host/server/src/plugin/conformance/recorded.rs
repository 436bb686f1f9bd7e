//! Recorded cases: what a plugin's folder holds, replayed through gate and sandbox.
//!
//! Lives here: running a case and comparing what came of it. What is expected stands in `<case>.expected.json` as the plugin itself
//! answers; before it is compared it is put through the same admission, so that both sides are what the host would keep.

use std::{collections::BTreeSet, fs, path::Path};

use isocial_gate::{AdmittedConnector, Untrusted};
use isocial_model::{
    Kind,
    connector::{
        Budget, ComeBack, ConnectorAnswer, ConnectorCall, Job, Outcome, Page, Place, QueryPlan,
        Verdict, Window,
    },
    post::{Change, Post},
};
use isocial_testkit::{
    Case,
    case::{Action, Call},
    run_case, tidy,
};
use serde_json::{Value, json};

use super::{
    Held,
    bench::{Bench, NOON, OWN_BASE, words},
    gated::Gated,
};

/// What the gate may take away or change although the plugin is right: it must report such posts, and the host must not keep them.
const DUTIES: [&str; 5] = [
    "not-public",
    "age-flagged",
    "age-unknown",
    "neutralised",
    "future-clamped",
];

/// Has outcomes written instead of compared, as in the SDK's test kit.
const BLESS: &str = "ISOCIAL_BLESS";

/// Writes what came of a case of a channel, whose plugin may have no test of its own: it may be written in any language. Connectors'
/// posts are not shown here: nobody but the gate opens them.
fn bless(path: &Path, found: &[Value]) -> Held {
    let text = serde_json::to_string_pretty(found).map_err(|e| e.to_string())?;
    fs::write(path, text + "\n").map_err(|e| format!("{}: {e}", path.display()))?;
    Ok(vec![format!("written to {}: read it", path.display())])
}

/// Runs one case.
pub(super) fn case(bench: &Bench, case: &Case, folder: &Path) -> Held {
    let door = bench.door(&hosts(case), &own_base(case))?;
    let mut gated = Gated::new(bench, door);
    let found = run_case(case, folder, &mut gated).map_err(|e| e.to_string())?;
    let may_be_denied = case
        .calls
        .iter()
        .flat_map(|c| &c.exchanges)
        .any(|e| e.answer.failed.as_deref() == Some("denied"));
    if let (Some(denial), false) = (gated.denied.first(), may_be_denied) {
        return Err(format!("a request may not be made: {denial}"));
    }
    let dropped = std::mem::take(&mut gated.dropped);
    if let Some((rule, n)) = dropped
        .iter()
        .find(|(rule, _)| !DUTIES.contains(&rule.as_str()))
    {
        return Err(format!(
            "the gate drops or changes {n} by its rule `{rule}`"
        ));
    }
    let path = folder.join(format!("{}.expected.json", case.name));
    if bench.kind() == Kind::AlertChannel && std::env::var_os(BLESS).is_some_and(|v| v == "1") {
        return bless(&path, &found);
    }
    let text = fs::read_to_string(&path).map_err(|e| {
        let who = match bench.kind() {
            Kind::AlertChannel => "this command",
            _ => "the plugin's own test",
        };
        format!("{}: {e}; {who} writes it with {BLESS}=1", path.display())
    })?;
    let Ok(Value::Array(expected)) = serde_json::from_str(&text) else {
        return Err(format!(
            "{}: expected a list, one outcome a call",
            path.display()
        ));
    };
    if expected.len() != found.len() {
        return Err(format!(
            "{} outcomes, expected {}",
            found.len(),
            expected.len()
        ));
    }
    let mut uncompared = 0;
    for (i, (call, (mut expected, found))) in case
        .calls
        .iter()
        .zip(expected.into_iter().zip(&found))
        .enumerate()
    {
        uncompared += through_the_gate(bench, &mut gated, call, &mut expected)?;
        if let Some(difference) = difference(&gated, &expected, found, "") {
            return Err(format!("call {}: {difference}", i + 1));
        }
    }
    let mut notes = Vec::new();
    if !dropped.is_empty() {
        notes.push(format!("the gate, as it must: {}", words(&dropped)));
    }
    if uncompared > 0 {
        notes.push(format!(
            "{uncompared} posts with lists that the snapshot cuts are not compared"
        ));
    }
    Ok(notes)
}

/// The hosts that the person who sets this up would have named: those of the expected requests and of the configuration.
pub(super) fn hosts(case: &Case) -> Vec<String> {
    let mut hosts = BTreeSet::new();
    let mut add = |text: &str| {
        let url = url::Url::parse(text).ok().or_else(|| {
            let bare = text.contains('.') && !text.contains(['@', ' ', '/']);
            bare.then(|| url::Url::parse(&format!("https://{text}/")).ok())?
        });
        if let Some(host) = url.as_ref().and_then(url::Url::host_str) {
            hosts.insert(host.to_owned());
        }
    };
    each_text(&case.job.config, &mut add);
    for call in &case.calls {
        if let Some(destination) = &call.destination {
            each_text(destination, &mut add);
        }
        call.exchanges.iter().for_each(|e| add(&e.request.url));
    }
    hosts.into_iter().collect()
}

fn each_text(value: &Value, add: &mut impl FnMut(&str)) {
    match value {
        Value::String(text) => add(text),
        Value::Array(list) => list.iter().for_each(|v| each_text(v, add)),
        Value::Object(fields) => fields.values().for_each(|v| each_text(v, add)),
        _ => {}
    }
}

/// The deployment's own address, as the case's links have it.
fn own_base(case: &Case) -> String {
    let link = case
        .calls
        .iter()
        .find_map(|c| c.notice.as_ref()?.get("link")?.as_str());
    link.and_then(|link| url::Url::parse(link).ok())
        .map_or_else(
            || OWN_BASE.to_owned(),
            |url| format!("{}/", url.origin().ascii_serialization()),
        )
}

/// Puts what is expected of a call through admission, in place; how many posts could not be.
fn through_the_gate(
    bench: &Bench,
    gated: &mut Gated<'_>,
    call: &Call,
    expected: &mut Value,
) -> Result<u32, String> {
    let mut uncompared = 0;
    if let Some(page) = expected.get_mut("page") {
        let cut = page.pointer("/changes/count").is_some();
        let list: Vec<Value> = if cut {
            ["/changes/first", "/changes/last"]
                .iter()
                .filter_map(|end| page.pointer(end).cloned())
                .collect()
        } else {
            page.get("changes")
                .and_then(Value::as_array)
                .cloned()
                .unwrap_or_default()
        };
        let changes: Vec<Change> = list.iter().filter_map(change).collect();
        if changes.len() < list.len() {
            return Ok(u32::try_from(list.len()).unwrap_or(u32::MAX));
        }
        let seen = page.get("seen").and_then(window);
        let admitted = admit(
            bench,
            gated,
            call,
            ConnectorAnswer::Page(page_of(changes, seen)),
        )?;
        let shown = tidy(&admitted);
        let mut shown_changes = shown
            .get("changes")
            .and_then(Value::as_array)
            .cloned()
            .unwrap_or_default();
        if let Some(fields) = page.as_object_mut() {
            if cut {
                let count = fields.get("changes").and_then(|c| c.get("count")).cloned();
                let (last, first) = (shown_changes.pop(), shown_changes.into_iter().next());
                fields.insert(
                    "changes".into(),
                    json!({ "count": count, "first": first, "last": last }),
                );
            } else if fields.contains_key("changes") {
                fields.insert("changes".into(), Value::Array(shown_changes));
            }
            if let Some(seen) = shown.get("seen").filter(|_| fields.contains_key("seen")) {
                fields.insert("seen".into(), seen.clone());
            }
        }
    }
    for verdict in expected
        .get_mut("verdicts")
        .and_then(Value::as_array_mut)
        .into_iter()
        .flatten()
    {
        let Some(post) = verdict.get("changed") else {
            continue;
        };
        match post_of(post) {
            Some(post) => {
                let answer = ConnectorAnswer::Verdicts(vec![Verdict::Changed(Box::new(post))]);
                let admitted = admit(bench, gated, call, answer)?;
                *verdict = admitted.get(0).cloned().unwrap_or_default();
            }
            None => uncompared += 1,
        }
    }
    Ok(uncompared)
}

/// Admits what a plugin is expected to answer, by the same door, with a receipt of its own.
fn admit(
    bench: &Bench,
    gated: &mut Gated<'_>,
    call: &Call,
    answer: ConnectorAnswer,
) -> Result<Value, String> {
    let job = Job {
        plan: QueryPlan::default(),
        config: "{}".into(),
        state: None,
        budget: Budget {
            items: 250,
            requests: 16,
        },
        now: NOON,
        since: None,
    };
    let place = Place::Cursor(None);
    let (made, answer) = match (call.action, answer) {
        (Action::Step, ConnectorAnswer::Page(page)) => {
            let answer = ConnectorAnswer::Outcome(Outcome::Page(page));
            if call.exchanges.is_empty() {
                (ConnectorCall::Next { job, place }, answer)
            } else {
                (
                    ConnectorCall::Respond {
                        job,
                        place,
                        scratch: Vec::new(),
                        answers: Vec::new(),
                    },
                    answer,
                )
            }
        }
        (Action::Receive, answer) => {
            let delivery = isocial_model::connector::InboundDelivery {
                query: Vec::new(),
                headers: Vec::new(),
                body: Vec::new(),
            };
            (ConnectorCall::Receive { job, delivery }, answer)
        }
        (Action::Recheck, answer) => (
            ConnectorCall::Judge {
                job,
                refs: vec!["1".into()],
                answers: Vec::new(),
            },
            answer,
        ),
        (_, answer) => (
            ConnectorCall::Frames {
                job,
                cursor: None,
                first: 0,
                frames: Vec::new(),
            },
            answer,
        ),
    };
    let door = std::sync::Arc::clone(&gated.door);
    let (_, open) = door.project_connector(made).map_err(|e| e.to_string())?;
    bench.count();
    let (admitted, receipt) = door.admit_connector(Untrusted::from_guest(answer, 0), open);
    bench.keep(receipt)?;
    match admitted {
        Ok(AdmittedConnector::Fault(_)) | Err(_) => {
            Err("what is expected is itself not admitted".into())
        }
        Ok(admitted) => gated.shown(admitted),
    }
}

fn page_of(changes: Vec<Change>, seen: Option<Window>) -> Page {
    Page {
        changes,
        cursor: None,
        tasks: Vec::new(),
        state: None,
        next: ComeBack::Scheduled,
        seen,
        rejected: 0,
    }
}

/// A tidied change as the plugin gave it; nothing where tidying has lost something.
fn change(tidied: &Value) -> Option<Change> {
    if let Some(post) = tidied.get("upsert") {
        return post_of(post).map(|post| Change::Upsert(Box::new(post)));
    }
    let mut change = tidied.clone();
    if let Some(strip) = change.get_mut("strip").and_then(Value::as_object_mut) {
        strip.entry("fields").or_insert_with(|| json!([]));
    }
    if let Some(engagement) = change.get_mut("engagement").and_then(Value::as_object_mut) {
        engagement.entry("counts").or_insert_with(|| json!({}));
    }
    serde_json::from_value(change).ok()
}

/// A tidied post as the plugin gave it: dates as instants, absent lists as empty ones.
fn post_of(tidied: &Value) -> Option<Post> {
    let Ok(Value::Object(mut whole)) = serde_json::to_value(Post::default()) else {
        return None;
    };
    for (name, value) in tidied.as_object()? {
        let value = match value {
            Value::String(date) if name == "created" || name == "edited" => json!(instant(date)?),
            other => other.clone(),
        };
        whole.insert(name.clone(), value);
    }
    serde_json::from_value(Value::Object(whole)).ok()
}

fn window(tidied: &Value) -> Option<Window> {
    let at = |name: &str| instant(tidied.get(name)?.as_str()?);
    let complete = tidied.get("complete")?.as_bool()?;
    serde_json::from_value(
        json!({ "start": at("start")?, "end": at("end")?, "complete": complete }),
    )
    .ok()
}

fn instant(date: &str) -> Option<i64> {
    date.parse::<jiff::Timestamp>()
        .ok()
        .map(jiff::Timestamp::as_millisecond)
}

/// The first difference, by JSON pointer; of two posts the fields.
fn difference(gated: &Gated<'_>, expected: &Value, found: &Value, at: &str) -> Option<String> {
    match (expected, found) {
        (Value::Object(e), Value::Object(f)) => {
            let number = |fields: &serde_json::Map<String, Value>| {
                fields.get("admitted").and_then(Value::as_u64)
            };
            match (number(e), number(f)) {
                (Some(one), Some(other)) if one != other => {
                    let fields = gated.differing(one, other).unwrap_or_default();
                    return Some(format!("{at}: the post differs in {}", fields.join(", ")));
                }
                // A post of which the snapshot has cut a list.
                (None, Some(_)) if e.contains_key("native_id") => return None,
                _ => {}
            }
            e.keys()
                .chain(f.keys().filter(|k| !e.contains_key(*k)))
                .find_map(|k| {
                    let side = |fields: &serde_json::Map<String, Value>| {
                        fields.get(k).cloned().unwrap_or_default()
                    };
                    difference(gated, &side(e), &side(f), &format!("{at}/{k}"))
                })
        }
        (Value::Array(e), Value::Array(f)) if e.len() == f.len() => e
            .iter()
            .zip(f)
            .enumerate()
            .find_map(|(i, (e, f))| difference(gated, e, f, &format!("{at}/{i}"))),
        (e, f) if e == f => None,
        (e, f) => Some(format!("{at}: expected {}, found {}", brief(e), brief(f))),
    }
}

fn brief(value: &Value) -> String {
    let text = value.to_string();
    let cut: String = text.chars().take(200).collect();
    if cut.len() < text.len() {
        format!("{cut}…")
    } else {
        cut
    }
}
