//! The plugins of `examples/`, as strangers would write them: each is built by its own one command, imports nothing but `log`, and
//! passes the conformance suite of its kind under its kind's limits or those that its own `isocial.toml` asks an operator for.

use std::{
    path::{Path, PathBuf},
    process::{Command, Output},
};

use isocial_tests::{
    examples::{DUTCH, Example, NTFY},
    isocial, not_run, root, target,
};
use serde_json::Value;

fn ran(command: &mut Command) -> Output {
    let output = command.output().expect("the program starts");
    assert!(
        output.status.success(),
        "{command:?}\n{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    output
}

fn json(command: &mut Command) -> Value {
    serde_json::from_slice(&ran(command).stdout).expect("it prints JSON")
}

/// Imports nothing but `log`, and holds everything that its kind must.
fn holds(folder: &Path, package: &Path) {
    let inspected = json(
        Command::new(isocial())
            .args(["plugin", "inspect", "--json"])
            .arg(package),
    );
    let imports = inspected["imports"].as_array().expect("a list");
    assert!(
        imports.iter().all(|i| i == "isocial:plugin/log@0.1.0"),
        "{imports:?}"
    );
    let mut test = Command::new(isocial());
    test.args(["plugin", "test", "--json", "--component"])
        .args([package, folder]);
    // What an operator must grant it, where its kind's limits are not enough.
    let grant = folder.join("isocial.toml");
    if grant.exists() {
        test.arg("--config").arg(grant);
    }
    let report = json(&mut test);
    assert_eq!(report["failed"], 0, "{report}");
    assert!(report["cases"].as_array().is_some_and(|c| c.len() > 5));
}

fn foreign(test: &str, example: &Example) {
    let package = example.package().expect("it is built");
    let Some(package) = package else {
        return not_run(test, example.install);
    };
    holds(&example.dir(), &package);
}

#[test]
fn a_channel_in_javascript_is_a_plugin_like_any_other() {
    foreign("a_channel_in_javascript_is_a_plugin_like_any_other", &NTFY);
}

#[test]
fn a_language_pack_in_python_is_a_plugin_like_any_other() {
    foreign(
        "a_language_pack_in_python_is_a_plugin_like_any_other",
        &DUTCH,
    );
}

#[test]
fn a_connector_that_knows_only_the_sdk_is_a_plugin_like_any_other() {
    let folder = root().join("examples/parley-connector");
    let out: PathBuf = target().join("examples");
    ran(Command::new(isocial())
        .args(["plugin", "build", "--quiet", "--out"])
        .arg(&out)
        .arg(&folder)
        .env("CARGO_TARGET_DIR", target().join("examples/rust")));
    holds(&folder, &out.join("example-parley.wasm"));
}
