//! The hostile suite as one command, and that its checks can fail: a guest that behaves is never taken for one that was stopped.
//!
//! A program of its own: guests that spin and flood must not take the time of tests beside them, nor those theirs.

#![expect(
    clippy::expect_used,
    reason = "all of this program is tests; the lint's own exception sees the functions marked as such only"
)]

use std::{
    collections::BTreeMap,
    path::Path,
    process::{Command, Output},
    sync::{Mutex, PoisonError},
};

use isocial_tests::{guests, isocial, root, server::Deployment};
use serde_json::Value;

/// Cases whose part exists.
const IMPLEMENTED: [&str; 37] = [
    "HP-01", "HP-02", "HP-03", "HP-08", "HP-09", "HP-10", "HP-11", "HP-12", "HP-13", "HP-14",
    "HP-15", "HP-16", "HP-17", "HP-18", "HP-19", "HP-20", "HP-21", "HP-22", "HP-23", "HP-24",
    "HP-25", "HP-26", "HP-27", "HP-28", "HP-29", "HP-30", "HP-31", "HP-32", "HP-33", "HP-34",
    "HP-35", "HP-37", "HP-41", "HP-42", "HP-43", "HP-44", "HP-46",
];
/// The rest of them.
const FURTHER: [&str; 4] = ["HP-48", "HP-50", "HT-14", "HT-28"];

fn implemented() -> impl Iterator<Item = &'static str> {
    IMPLEMENTED.into_iter().chain(FURTHER)
}

/// One suite at a time.
static ONE: Mutex<()> = Mutex::new(());

/// Runs the suite with these guests; its verdicts by id, with the reason where one failed.
fn suite(folder: &Path, more: &[&str]) -> (Output, BTreeMap<String, (String, String)>) {
    let _one = ONE.lock().unwrap_or_else(PoisonError::into_inner);
    let out = Command::new(isocial())
        .args(["hostile-suite", "--json", "--guests"])
        .arg(folder)
        .args(more)
        .env_remove("ISOCIAL_PLUGINS_DIR")
        .output()
        .expect("`cargo xtask plugins` makes the program");
    let report: Value = serde_json::from_slice(&out.stdout).unwrap_or_default();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let cases = report["cases"].as_array().cloned().unwrap_or_default();
    assert!(
        !cases.is_empty(),
        "the suite told nothing: {}",
        String::from_utf8_lossy(&out.stderr)
    );
    let each = cases
        .iter()
        .map(|c| (text(&c["id"]), (text(&c["verdict"]), text(&c["why"]))));
    (out, each.collect())
}

#[test]
fn every_hostile_case_is_refused_or_contained_and_the_others_are_pending() {
    let (out, verdicts) = suite(&guests(), &[]);
    let wrong: Vec<_> = verdicts
        .iter()
        .filter(|(id, (verdict, _))| {
            let good: &[&str] = if implemented().any(|known| known == id.as_str()) {
                &["refused", "contained"]
            } else {
                &["pending"]
            };
            !good.contains(&verdict.as_str())
        })
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(out.status.success());
    assert_eq!(
        verdicts.len(),
        84,
        "50 of plugins, 30 of tenants, 4 of insiders"
    );
}

#[test]
fn a_case_whose_guest_behaves_well_comes_out_as_failed() {
    let tame = tempfile::tempdir().expect("a folder");
    for case in std::fs::read_dir(guests())
        .expect("`cargo xtask guests` makes them")
        .flatten()
    {
        let into = tame.path().join(case.file_name());
        std::fs::create_dir(&into).expect("a folder in it");
        for file in std::fs::read_dir(case.path())
            .expect("a case is a folder")
            .flatten()
        {
            let (from, to) = (file.path(), into.join(file.file_name()));
            let hostile = from.extension().is_some_and(|e| e == "wasm")
                && case.file_name().to_string_lossy().starts_with('H');
            let from = if hostile {
                let source = root().join("tests/hostile").join(case.file_name());
                let manifest = source.join(file.file_name()).with_extension("toml");
                let manifest =
                    std::fs::read_to_string(manifest).expect("each guest has a manifest");
                let kind = [
                    "connector",
                    "language-pack",
                    "alert-channel",
                    "export-format",
                ]
                .into_iter()
                .find(|kind| manifest.contains(&format!("kind = \"{kind}\"")))
                .expect("each manifest has a kind");
                let kind = kind
                    .rsplit('-')
                    .next()
                    .unwrap_or(kind)
                    .replace("format", "export");
                guests().join(format!("tame-{kind}/plugin.wasm"))
            } else {
                from
            };
            std::fs::copy(&from, &to).expect("it can be copied");
        }
    }
    let (out, verdicts) = suite(tame.path(), &[]);
    assert!(
        !out.status.success(),
        "the command must say that cases failed"
    );
    // HT-28 has no guest: there the attacker is somebody with the disk in hand.
    let passed: Vec<_> = implemented()
        .filter(|id| *id != "HT-28")
        .filter(|id| {
            verdicts
                .get(*id)
                .is_none_or(|(verdict, _)| verdict != "failed")
        })
        .collect();
    assert!(
        passed.is_empty(),
        "these cases pass although nothing hostile happened: {passed:?}"
    );
}

#[test]
fn a_host_that_is_attacked_at_its_address_is_left_as_it_was() {
    let folder = tempfile::tempdir().expect("a folder");
    let deployment = Deployment::new(folder.path(), &[], "")
        .and_then(|d| d.with_packages(&[]))
        .expect("the folder is writable");
    let mut server = deployment.start().expect("the server starts");
    let token = server.token().expect("the first start prints the token");
    let client = server.client(&token).expect("it listens");
    let url = format!("http://{}", server.addr().expect("it listens"));
    let (_, verdicts) = suite(
        &guests(),
        &[
            "--url",
            &url,
            "--token",
            &token,
            "--only",
            "HP-01,HP-02,HP-08,HP-31,HP-44,HP-50",
        ],
    );
    assert_eq!(verdicts.len(), 6);
    for (id, (verdict, why)) in &verdicts {
        assert!(
            verdict == "refused" || verdict == "contained",
            "{id}: {why}"
        );
    }
    for list in ["organisations", "plugins"] {
        let left = client
            .get(&format!("/api/v1/{list}"))
            .expect("it answers")
            .json();
        assert_eq!(left["items"], serde_json::json!([]), "{list} are left");
    }
    server.stop().expect("it stops");
}
