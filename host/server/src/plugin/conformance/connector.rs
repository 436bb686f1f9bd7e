//! Connectors: the recorded cases, what every connector must stand of a network, and what the cases must show between them.

use std::{collections::BTreeSet, path::Path};

use isocial_catalog::DeletionShape;
use isocial_testkit::{
    Case, Cover, Subject,
    case::{Action, FrameSpec},
    load_cases,
};
use serde_json::{Value, json};

use super::{
    Held, Suite,
    bench::{Bench, OWN_BASE},
    gated::Gated,
    inbound, recorded,
};

/// A built-in case about deliveries: which function it needs, its name, and what it looks at.
type Delivery = (Action, &'static str, fn(&Bench, &Case) -> Held);

/// Rounds of requests before a connector is taken for one that never comes to an end.
const MOST_ROUNDS: usize = 32;

pub(super) fn cases(suite: &mut Suite, folder: &Path) -> anyhow::Result<()> {
    let recorded = load_cases(folder)?;
    let exchanges = folder.join("exchanges");
    let mut covered = BTreeSet::new();
    for case in &recorded {
        let name = format!("{}: {}", case.name, case.title);
        if suite.case("recorded", &name, |bench| {
            recorded::case(bench, case, &exchanges)
        }) {
            covered.extend(case.covers.iter().copied());
        }
    }
    let asks = recorded
        .iter()
        .find(|case| first(case, Action::Step).is_some_and(|c| !c.exchanges.is_empty()));
    if let Some(case) = asks {
        for (name, expects, answer) in answers() {
            suite.case("built-in", name, |bench| {
                step(bench, case, &answer, expects)
            });
        }
        suite.case(
            "built-in",
            "a check that is answered with garbage or not at all",
            |bench| check(bench, case),
        );
    }
    if let Some(case) = recorded
        .iter()
        .find(|case| first(case, Action::Recheck).is_some())
    {
        suite.case(
            "built-in",
            "a recheck that cannot be made tells nothing",
            |bench| recheck(bench, case),
        );
    }
    if let Some(case) = recorded
        .iter()
        .find(|case| first(case, Action::Frames).is_some())
    {
        suite.case(
            "built-in",
            "frames that are no frames of this network",
            |bench| frames(bench, case),
        );
        suite.case(
            "built-in",
            "a stop within a stream: the same frames again give the same",
            |bench| restart(bench, case, &exchanges),
        );
    }
    let deliveries: [Delivery; 3] = [
        (
            Action::Receive,
            "deliveries that are no deliveries of this network",
            inbound::odd,
        ),
        (
            Action::Receive,
            "a delivery that comes twice says the same twice",
            inbound::twice,
        ),
        (
            Action::Challenge,
            "challenges that nobody of this network asks",
            inbound::challenges,
        ),
    ];
    for (action, name, run) in deliveries {
        let shown = recorded
            .iter()
            .find(|case| case.calls.iter().any(|call| call.action == action));
        if let Some(case) = shown {
            suite.case("built-in", name, |bench| run(bench, case));
        } else if suite.bench.manifest().inbound.is_some() {
            suite.case("built-in", name, |_| {
                Err("not looked at: the connector takes deliveries, and no case has one".into())
            });
        }
    }
    let reaches = suite
        .bench
        .manifest()
        .contracts
        .iter()
        .any(|c| !c.egress.is_empty());
    let expires = suite.bench.manifest().deletion == Some(DeletionShape::Ttl);
    for cover in Cover::ALL {
        let needed = match cover {
            // A connector that reaches nothing asks for no page and meets no limit.
            Cover::Paging | Cover::RateLimited => reaches,
            // Where the host expires, the connector has nothing to say about deletions.
            Cover::Deletion => !expires,
            _ => true,
        };
        if needed {
            suite.case("cover", word(cover), |_| {
                if covered.contains(&cover) {
                    Ok(Vec::new())
                } else {
                    Err("not covered: no case that holds names it in `covers`".into())
                }
            });
        }
    }
    Ok(())
}

fn word(cover: Cover) -> &'static str {
    match cover {
        Cover::Paging => "paging: more than one page",
        Cover::EmptyPage => "empty-page: a page without anything",
        Cover::RepeatedPage => "repeated-page: the same page twice",
        Cover::RateLimited => "rate-limited: the network's rate limit",
        Cover::BrokenAnswer => "broken-answer: no JSON, or other than described",
        Cover::Restart => "restart: a stop between two pages",
        Cover::Deletion => "deletion: one that is noticed",
        Cover::HugePage => "huge-page: more than a page may hold",
        Cover::BarePosts => "bare-posts: every optional field absent",
    }
}

fn first(case: &Case, action: Action) -> Option<&isocial_testkit::case::Call> {
    case.calls.first().filter(|call| call.action == action)
}

/// What a step must come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Expects {
    /// A page or a fault; nothing deleted.
    Anything,
    /// A fault; or a page that changes nothing.
    NoChange,
    /// To be told to wait.
    Wait,
}

fn answers() -> Vec<(&'static str, Expects, Value)> {
    let body = |status: u16, body: &[u8]| json!({ "response": { "status": status, "headers": [], "body": body } });
    let with = |status: u16, name: &str, value: &str| json!({ "response": { "status": status, "headers": [{ "name": name, "value": value }], "body": [] } });
    let deep = [vec![b'['; 100_000], vec![b']'; 100_000]].concat();
    let list = format!("[{}]", vec!["{}"; 200_000].join(","));
    let mut all = vec![
        ("an empty body", Expects::Anything, body(200, b"")),
        (
            "broken JSON",
            Expects::NoChange,
            body(200, b"{\"posts\": [{\"id\": 1, \"te"),
        ),
        (
            "JSON of another form",
            Expects::Anything,
            body(200, b"[null, 1, {\"a\": []}]"),
        ),
        (
            "a page for people in place of an answer",
            Expects::Anything,
            body(
                200,
                b"<!doctype html><title>Down</title><p>We are back soon.",
            ),
        ),
        (
            "bytes that are no text",
            Expects::NoChange,
            body(200, &[0xFF, 0xFE, 0x00, 0xC3, 0x28, 0x80]),
        ),
        (
            "lists in lists, 100,000 deep",
            Expects::Anything,
            body(200, &deep),
        ),
        (
            "a list of 200,000 nothings",
            Expects::Anything,
            body(200, list.as_bytes()),
        ),
        (
            "429 with a time to wait",
            Expects::Wait,
            with(429, "retry-after", "30"),
        ),
        ("429 without one", Expects::Wait, body(429, b"")),
        ("500", Expects::NoChange, body(500, b"oops")),
        (
            "503 with a time to wait",
            Expects::NoChange,
            with(503, "retry-after", "120"),
        ),
        ("401", Expects::NoChange, body(401, b"{}")),
        ("403", Expects::NoChange, body(403, b"{}")),
        ("404", Expects::Anything, body(404, b"")),
        (
            "a redirect to elsewhere",
            Expects::NoChange,
            with(302, "location", "https://elsewhere.example/"),
        ),
    ];
    for (name, failure) in [
        ("no answer: denied", "denied"),
        ("no answer: unresolvable", "unresolvable"),
        ("no answer: unreachable", "unreachable"),
        ("no answer: timeout", "timeout"),
        ("no answer: too large", "too-large"),
        ("no answer: TLS", "tls"),
        ("no answer: budget", "budget"),
        ("no answer: malformed", "malformed"),
    ] {
        all.push((name, Expects::NoChange, json!({ "failed": failure })));
    }
    all
}

pub(super) fn gated<'b>(bench: &'b Bench, case: &Case) -> Result<Gated<'b>, String> {
    Ok(Gated::new(
        bench,
        bench.door(&recorded::hosts(case), OWN_BASE)?,
    ))
}

pub(super) fn job(case: &Case) -> Result<Value, String> {
    let spec = &case.job;
    let at = |text: &str| {
        let parsed = text.parse::<jiff::Timestamp>().map_err(|e| e.to_string());
        parsed.map(jiff::Timestamp::as_millisecond)
    };
    Ok(json!({
        "plan": { "nodes": spec.plan }, "config": spec.config.to_string(), "state": spec.state.as_deref().map(str::as_bytes),
        "budget": { "items": spec.items, "requests": spec.requests }, "now": at(&spec.now)?,
        "since": spec.since.as_deref().map(at).transpose()?,
    }))
}

/// Calls twice: nothing may stay behind.
pub(super) fn twice(
    gated: &mut Gated<'_>,
    function: &str,
    arguments: &Value,
) -> Result<Result<Value, Value>, String> {
    let one = gated.call(function, arguments.clone())?;
    if one == gated.call(function, arguments.clone())? {
        Ok(one)
    } else {
        Err(format!(
            "`{function}` answered differently when it was called again"
        ))
    }
}

/// One step of which every request is answered alike.
fn step(bench: &Bench, case: &Case, answer: &Value, expects: Expects) -> Held {
    let mut gated = gated(bench, case)?;
    let (job, place) = (job(case)?, json!({ "cursor": null }));
    let mut outcome = twice(
        &mut gated,
        "connector.next",
        &json!({ "job": job, "place": place }),
    )?;
    for round in 0..MOST_ROUNDS {
        let Some(again) = outcome.as_ref().ok().and_then(|o| o.get("again")) else {
            return came_to(&outcome, expects);
        };
        // What the connector asks for by itself must be allowed. Where an answer has sent it elsewhere the host refuses and says so.
        let answer = match gated.denied.pop_first() {
            Some(denial) if round == 0 => {
                return Err(format!("a request may not be made: {denial}"));
            }
            Some(_) => json!({ "failed": "denied" }),
            None => answer.clone(),
        };
        let requests = again
            .get("requests")
            .and_then(Value::as_array)
            .map_or(0, Vec::len);
        let scratch = again.get("scratch").cloned();
        let answers = vec![answer; requests];
        let arguments =
            json!({ "job": job, "place": place, "scratch": scratch, "answers": answers });
        gated.denied.clear();
        outcome = twice(&mut gated, "connector.respond", &arguments)?;
    }
    Err(format!(
        "no page and no fault after {MOST_ROUNDS} rounds of requests"
    ))
}

fn came_to(outcome: &Result<Value, Value>, expects: Expects) -> Held {
    let page = match outcome {
        Err(fault) => {
            let waits = ["retry-after", "rate-limited"]
                .iter()
                .any(|name| fault.get(name).is_some());
            return if expects == Expects::Wait && !waits {
                Err(format!(
                    "expected the fault `retry-after` or `rate-limited`, found {fault}"
                ))
            } else {
                Ok(vec![format!("fault {fault}")])
            };
        }
        Ok(outcome) => outcome.get("page").cloned().unwrap_or_default(),
    };
    let changes = page
        .get("changes")
        .and_then(Value::as_array)
        .cloned()
        .unwrap_or_default();
    let takes = ["delete", "hide", "author", "strip"];
    if let Some(change) = changes
        .iter()
        .find(|c| takes.iter().any(|name| c.get(name).is_some()))
    {
        return Err(format!(
            "takes something away that nobody has deleted: {change}"
        ));
    }
    if expects != Expects::Anything && !changes.is_empty() {
        return Err(format!(
            "makes {} changes of an answer that holds none",
            changes.len()
        ));
    }
    if expects == Expects::Wait && page.pointer("/next/after").is_none() {
        return Err("goes on at once although the network asks it to wait: answer with `retry-after` or `rate-limited`".into());
    }
    Ok(Vec::new())
}

/// The check of an account, with each answer; whatever it says, it says it.
fn check(bench: &Bench, case: &Case) -> Held {
    let mut gated = gated(bench, case)?;
    let job = job(case)?;
    let Ok(requests) = twice(&mut gated, "connector.check", &json!({ "job": job }))? else {
        return Ok(vec![
            "the check itself is refused for this configuration".into(),
        ]);
    };
    let requests = requests.as_array().map_or(0, Vec::len);
    if requests == 0 {
        return Ok(vec!["nothing need be asked".into()]);
    }
    for (name, expects, answer) in answers() {
        let arguments = json!({ "job": job, "answers": vec![answer; requests] });
        let said = twice(&mut gated, "connector.checked", &arguments)
            .map_err(|e| format!("{name}: {e}"))?;
        if expects != Expects::Anything && said.is_ok() {
            return Err(format!("{name}: says that the account is usable"));
        }
    }
    Ok(Vec::new())
}

/// References whose question was not answered: failure is `unknown`, never `gone`.
fn recheck(bench: &Bench, case: &Case) -> Held {
    let mut gated = gated(bench, case)?;
    let job = job(case)?;
    let refs = first(case, Action::Recheck)
        .map(|call| call.refs.clone())
        .unwrap_or_default();
    let asked = twice(
        &mut gated,
        "recheck.ask",
        &json!({ "job": job, "refs": refs }),
    )?;
    let requests = asked
        .ok()
        .and_then(|list| list.as_array().map(Vec::len))
        .unwrap_or_default();
    for (name, expects, answer) in answers() {
        if expects == Expects::Anything {
            continue;
        }
        let arguments = json!({ "job": job, "refs": refs, "answers": vec![answer; requests] });
        let judged =
            twice(&mut gated, "recheck.judge", &arguments).map_err(|e| format!("{name}: {e}"))?;
        let gone = judged
            .ok()
            .and_then(|list| list.as_array().map(|l| l.contains(&json!("gone"))));
        if gone == Some(true) {
            return Err(format!("{name}: says that a post is gone"));
        }
    }
    Ok(Vec::new())
}

/// Frames that nobody could read.
fn frames(bench: &Bench, case: &Case) -> Held {
    let mut gated = gated(bench, case)?;
    let job = job(case)?;
    let text = |text: &str| json!({ "text": text });
    let odd: [(&str, Vec<Value>); 7] = [
        ("no frame", Vec::new()),
        ("an empty frame", vec![text("")]),
        ("broken JSON", vec![text("{\"a\":"), text("]")]),
        (
            "JSON of another form",
            vec![text("null"), text("[1,2]"), text("\"a\""), text("{}")],
        ),
        ("deep JSON", vec![text(&"[".repeat(100_000))]),
        (
            "bytes",
            vec![
                json!({ "binary": [0, 255, 254, 1] }),
                json!({ "binary": [] }),
            ],
        ),
        (
            "an end",
            vec![json!({ "closed": 1001 }), json!({ "closed": 0 })],
        ),
    ];
    for (name, frames) in odd {
        let arguments = json!({ "job": job, "cursor": null, "first": 0, "frames": frames });
        let page =
            twice(&mut gated, "stream.frames", &arguments).map_err(|e| format!("{name}: {e}"))?;
        let changes = page
            .ok()
            .and_then(|p| p.get("changes").and_then(Value::as_array).map(Vec::len));
        if changes.unwrap_or_default() > 0 {
            return Err(format!("{name}: makes changes of frames that hold none"));
        }
    }
    Ok(Vec::new())
}

/// The frames of a call at once, and again after a stop in their middle: the same posts in the same order.
fn restart(bench: &Bench, case: &Case, folder: &Path) -> Held {
    let mut gated = gated(bench, case)?;
    let job = job(case)?;
    let call = first(case, Action::Frames).ok_or("no frames")?;
    let mut frames = Vec::new();
    for frame in &call.frames {
        match frame {
            FrameSpec::Text(text) => frames.push(json!({ "text": text })),
            FrameSpec::Closed(code) => frames.push(json!({ "closed": code })),
            FrameSpec::LinesOf(file) => {
                let text = std::fs::read_to_string(folder.join(file))
                    .map_err(|e| format!("{file}: {e}"))?;
                frames.extend(text.lines().map(|line| json!({ "text": line })));
            }
            FrameSpec::Binary(hex) => {
                frames.push(json!({ "binary": hex::decode(hex).map_err(|e| e.to_string())? }));
            }
        }
    }
    let mut read =
        |cursor: &Value, first: usize, frames: &[Value]| -> Result<(Vec<Value>, Value), String> {
            let arguments =
                json!({ "job": job, "cursor": cursor, "first": first, "frames": frames });
            let page = twice(&mut gated, "stream.frames", &arguments)?
                .map_err(|fault| format!("fault {fault}"))?;
            let changes = page
                .get("changes")
                .and_then(Value::as_array)
                .cloned()
                .unwrap_or_default();
            let cursor = page
                .get("cursor")
                .filter(|c| !c.is_null())
                .unwrap_or(cursor)
                .clone();
            Ok((changes, cursor))
        };
    let (whole, _) = read(&Value::Null, 0, &frames)?;
    let middle = frames.len() / 2;
    let (before, after) = frames.split_at(middle);
    let (mut parts, cursor) = read(&Value::Null, 0, before)?;
    let (rest, _) = read(&cursor, middle, after)?;
    parts.extend(rest);
    if whole == parts {
        Ok(Vec::new())
    } else {
        Err(format!(
            "{} changes at once, {} with a stop after frame {middle}, or others",
            whole.len(),
            parts.len()
        ))
    }
}
