//! The recorded exchanges and our own requests against the network's lexicons, by the network's own validator, which is not part of
//! this project.

#![expect(
    clippy::unwrap_used,
    reason = "a test ends where its file is not as it must be"
)]

use std::{
    collections::BTreeMap,
    fs,
    io::Write as _,
    path::Path,
    process::{Command, Stdio},
};

use isocial_sdk::uri;
use isocial_testkit::{
    case::{Exchange, FrameSpec},
    load_cases,
};
use serde_json::{Value, json};

const FOLDER: &str = env!("CARGO_MANIFEST_DIR");

/// Cases whose answers are there to be wrong; their requests are not.
const WRONG: [&str; 3] = ["account-refused", "search-refused", "account-huge"];

/// Says that a check was not run, where somebody collects that; where everything is asked to run, that is a failure.
fn not_run(what: &str) {
    let required = std::env::var_os("ISOCIAL_REQUIRE_REAL").is_some_and(|v| v == "1");
    assert!(!required, "{what}");
    let Some(path) = std::env::var_os("ISOCIAL_NOT_RUN_FILE") else {
        return;
    };
    let mut file = fs::OpenOptions::new()
        .create(true)
        .append(true)
        .open(path)
        .unwrap();
    writeln!(file, "{what}").unwrap();
}

/// The parameters of an address, as the method's description types them.
fn parameters(url: &str) -> Value {
    let mut lists: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for pair in uri::parts(url)
        .unwrap()
        .query
        .unwrap_or_default()
        .split('&')
    {
        let (name, value) = pair.split_once('=').unwrap();
        let list = lists.entry(uri::decode(name)).or_default();
        list.push(uri::decode(value));
    }
    let typed = |(name, list): (String, Vec<String>)| {
        let one = list.first().cloned().unwrap();
        let value = match name.as_str() {
            "limit" => json!(one.parse::<u32>().unwrap()),
            "reverse" => json!(one.parse::<bool>().unwrap()),
            "uris" | "tag" => json!(list),
            _ => json!(one),
        };
        (name, value)
    };
    Value::Object(lists.into_iter().map(typed).collect())
}

/// What there is to judge in an exchange: the request, the answer if it is a success, and the records in it.
fn exchange(case: &str, exchange: &Exchange, out: &mut Vec<Value>) {
    let url = &exchange.request.url;
    let method = uri::parts(url).unwrap().path.trim_start_matches("/xrpc/");
    let mut judge = |kind: &str, name: &str, value: &Value| {
        out.push(json!({ "what": case, "kind": kind, "name": name, "value": value }));
    };
    judge("params", method, &parameters(url));
    let answer = &exchange.answer;
    if WRONG.contains(&case) || answer.status != 200 || answer.failed.is_some() {
        return;
    }
    let body: Value = serde_json::from_str(answer.body.as_deref().unwrap()).unwrap();
    judge("output", method, &body);
    let records = ["records", "posts"]
        .into_iter()
        .filter_map(|key| body.get(key)?.as_array());
    for item in records.flatten() {
        let record = item.get("value").or_else(|| item.get("record")).unwrap();
        judge("record", "app.bsky.feed.post", record);
    }
}

/// The record of a frame, if it has one that is there to be read.
fn frame(case: &str, frame: &FrameSpec, out: &mut Vec<Value>) {
    let FrameSpec::Text(text) = frame else { return };
    let Ok(event) = serde_json::from_str::<Value>(text) else {
        return;
    };
    let record = event
        .pointer("/commit/record")
        .filter(|record| record.get("text").is_some());
    if let Some(record) = record {
        out.push(json!({ "what": case, "kind": "record", "name": "app.bsky.feed.post", "value": record }));
    }
}

#[test]
fn exchanges_are_as_the_network_describes_itself() {
    if std::env::var_os("ISOCIAL_TEST_TOOLS").is_none() {
        return not_run(
            "plugin-bluesky: lexicons · set ISOCIAL_TEST_TOOLS to the folder with the tools of tests/real, and put its Node on the PATH",
        );
    }
    let mut all = Vec::new();
    for case in load_cases(Path::new(FOLDER)).unwrap() {
        for call in &case.calls {
            call.exchanges
                .iter()
                .for_each(|e| exchange(&case.name, e, &mut all));
            call.frames
                .iter()
                .for_each(|f| frame(&case.name, f, &mut all));
        }
    }
    assert!(all.len() > 60, "only {} things to judge", all.len());
    // The last one is wrong on purpose: a judge that finds nothing there judges nothing.
    all.push(json!({ "what": "wrong", "kind": "record", "name": "app.bsky.feed.post", "value": { "$type": "app.bsky.feed.post" } }));
    let mut judge = Command::new("node")
        .arg(Path::new(FOLDER).join("tests/described.mjs"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = String::new();
    for line in &all {
        lines.push_str(&line.to_string());
        lines.push('\n');
    }
    judge
        .stdin
        .take()
        .unwrap()
        .write_all(lines.as_bytes())
        .unwrap();
    let found = judge.wait_with_output().unwrap();
    assert!(found.status.success());
    let found = String::from_utf8(found.stdout).unwrap();
    let found: Vec<&str> = found.lines().collect();
    assert!(
        matches!(found.as_slice(), [only] if only.starts_with("wrong: ")),
        "{found:#?}"
    );
}
