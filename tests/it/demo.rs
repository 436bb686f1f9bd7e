//! `isocial demo`: what it says of itself is true of the files that it leaves, and it needs no network but its own.

use std::{
    path::Path,
    process::{Command, Output, Stdio},
};

use isocial_tests::{isocial, not_run, packages};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

/// Posts that the sample week of seed 7 leaves at least.
const STORED: u64 = 900;

/// Runs the demo to its end, through `wrap` where that is given, in a folder of its own.
pub(crate) fn run(folder: &Path, wrap: &[&str], args: &[&str]) -> Output {
    let program = isocial();
    let mut command = match wrap.split_first() {
        Some((first, rest)) => {
            let mut command = Command::new(first);
            command.args(rest).arg(&program);
            command
        }
        None => Command::new(&program),
    };
    command
        .args(["demo", "--once", "--json", "--exports"])
        .arg(folder.join("exports"))
        .args(args)
        .env("ISOCIAL_PLUGINS_DIR", packages())
        .current_dir(folder)
        .stdin(Stdio::null())
        .output()
        .unwrap_or_else(|e| panic!("{}: {e}; `cargo xtask plugins` makes it", program.display()))
}

/// Its one JSON object, and nothing else on its output.
pub(crate) fn summary(out: &Output) -> Value {
    assert!(
        out.status.success(),
        "it ended with {}: {}",
        out.status,
        String::from_utf8_lossy(&out.stderr)
    );
    let summary: Value = serde_json::from_slice(&out.stdout).expect("one JSON value and no more");
    assert!(summary.is_object(), "{summary}");
    summary
}

/// The books of any run of the demo: every mention with its receipt, every call of a plugin in the ledger, nothing imported but the log.
pub(crate) fn check_books(summary: &Value) {
    assert_eq!(summary["without_receipt"], 0);
    assert_eq!(summary["ledger"], "intact and complete");
    assert!(number(summary, "receipts") > 0);
    let plugins = list(summary, "plugins");
    assert!(!plugins.is_empty());
    for plugin in plugins {
        assert_eq!(plugin["calls"], plugin["receipted_calls"], "{plugin}");
        for import in list(plugin, "imports") {
            let import = import.as_str().unwrap_or_default();
            assert!(import.starts_with("isocial:plugin/log@"), "{plugin}");
        }
    }
}

/// The exported files, as the summary has them: rows and bytes counted in the files themselves.
pub(crate) fn check_files(summary: &Value) -> Vec<String> {
    let stored = number(summary, "stored");
    let exports = list(summary, "exports");
    assert_eq!(exports.len(), 2, "{exports:?}");
    assert_eq!(number(summary, "exported_rows"), 2 * stored);
    let mut texts = Vec::new();
    for export in exports {
        let file = Path::new(export["file"].as_str().expect("a path"));
        let bytes = std::fs::read(file).expect("the file is where the summary says");
        assert_eq!(export["bytes"], bytes.len());
        assert_eq!(export["sha256"], hex::encode(Sha256::digest(&bytes)));
        assert_eq!(export["rows"], stored);
        let text = String::from_utf8(bytes).expect("exports are UTF-8");
        let rows = match file.extension().and_then(|e| e.to_str()) {
            Some("csv") => csv_records(&text) - 1,
            Some("jsonl") => text.lines().count() as u64,
            other => panic!("an export with the extension {other:?}"),
        };
        assert_eq!(rows, stored, "{}", file.display());
        texts.push(text);
    }
    texts
}

/// Records of a CSV file: line ends that stand in no quotes.
fn csv_records(text: &str) -> u64 {
    let mut quoted = false;
    let mut records = 0;
    for byte in text.bytes() {
        match byte {
            b'"' => quoted = !quoted,
            b'\n' if !quoted => records += 1,
            _ => {}
        }
    }
    records
}

pub(crate) fn number(summary: &Value, key: &str) -> u64 {
    summary[key]
        .as_u64()
        .unwrap_or_else(|| panic!("`{key}` is no count in {summary}"))
}

fn list<'a>(summary: &'a Value, key: &str) -> &'a [Value] {
    summary[key]
        .as_array()
        .unwrap_or_else(|| panic!("`{key}` is no list in {summary}"))
}

/// What is true of every run over the sample week.
fn check_week(summary: &Value) {
    check_books(summary);
    check_files(summary);
    assert!(number(summary, "stored") > STORED, "{summary}");
    assert_eq!(
        number(summary, "dropped") + number(summary, "matched"),
        number(summary, "collected")
    );
    assert!(number(summary, "deleted") > 0);
    assert_eq!(
        number(summary, "matched"),
        number(summary, "repeated") + number(summary, "stored") + number(summary, "deleted")
    );
    assert_eq!(number(summary, "alerts_delivered"), 1);
    let alerts = list(summary, "alerts");
    assert_eq!(alerts.len(), 1);
    assert_eq!(alerts[0]["status"], "delivered");
    let hours: u64 = list(summary, "hours")
        .iter()
        .filter_map(Value::as_u64)
        .sum();
    let opinions = &summary["opinions"];
    let by_opinion: u64 = ["positive", "neutral", "negative", "unknown"]
        .iter()
        .map(|o| number(opinions, o))
        .sum();
    assert_eq!(hours, number(summary, "stored"));
    assert_eq!(by_opinion, number(summary, "stored"));
    assert_eq!(list(summary, "unreachable").len(), 0);
    assert!(summary["seconds"].as_f64().is_some_and(|s| s > 0.0));
    for kind in [
        "connector",
        "language-pack",
        "alert-channel",
        "export-format",
    ] {
        let called = |p: &&Value| p["kind"] == kind && number(p, "calls") > 0;
        let plugins = list(summary, "plugins");
        assert!(plugins.iter().any(|p| called(&p)), "no {kind} was called");
    }
}

#[test]
fn the_demo_says_what_its_files_and_its_ledger_say() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let summary = summary(&run(folder.path(), &[], &["--seed", "7"]));
    check_week(&summary);
    let names: Vec<_> = std::fs::read_dir(folder.path())
        .expect("it is there")
        .flatten()
        .map(|e| e.file_name())
        .collect();
    assert_eq!(names, ["exports"], "it leaves nothing but the exports");
}

#[test]
fn the_demo_needs_no_network_but_its_own() {
    let alone = [
        "unshare",
        "-rn",
        "sh",
        "-c",
        "ip link set lo up && exec \"$0\" \"$@\"",
    ];
    let able = Command::new(alone[0])
        .args(&alone[1..])
        .arg("true")
        .output()
        .is_ok_and(|out| out.status.success());
    if !able {
        not_run(
            "the_demo_needs_no_network_but_its_own",
            "Linux with user namespaces, `unshare` (util-linux) and `ip` (iproute2)",
        );
        return;
    }
    let folder = tempfile::tempdir().expect("a temporary folder");
    check_week(&summary(&run(folder.path(), &alone, &["--seed", "7"])));
}
