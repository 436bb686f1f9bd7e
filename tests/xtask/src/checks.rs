//! Every check that CI runs, as steps that a person can also run one by one.

use std::io::{BufRead, BufReader};
use std::process::{ExitCode, Stdio};
use std::time::Instant;

use crate::build::{cargo, everything, guests, isocial, succeed, target};
use crate::summary::Tally;

/// The steps in their order. `build` comes before the tests because they run the real program with the real packages.
const STEPS: [&str; 6] = ["format", "build", "guests", "clippy", "docs", "test"];

/// Runs the named steps, or all of them; goes on after a failure and names every failed step at the end.
pub fn run(only: &[String]) -> Result<ExitCode, String> {
    if let Some(unknown) = only.iter().find(|s| !STEPS.contains(&s.as_str())) {
        return Err(format!(
            "`{unknown}` is no step: expected one of {}",
            STEPS.join(", ")
        ));
    }
    let not_run = target()?.join("not-run.txt");
    let _ = std::fs::remove_file(&not_run);
    let mut tally = Tally::default();
    let mut failed = Vec::new();
    for step in STEPS
        .iter()
        .filter(|s| only.is_empty() || only.iter().any(|o| o == *s))
    {
        let begun = Instant::now();
        eprintln!("\n== {step}");
        let done = match *step {
            "format" => succeed(
                cargo().args(["fmt", "--all", "--check"]),
                "some files are not formatted\nhint: `cargo fmt --all`",
            ),
            "build" => everything(),
            "guests" => guests(),
            "clippy" => succeed(
                cargo().args([
                    "clippy",
                    "--release",
                    "--locked",
                    "--workspace",
                    "--all-targets",
                    "--",
                    "--deny",
                    "warnings",
                ]),
                "clippy has something to say",
            ),
            "docs" => succeed(
                cargo()
                    .args(["doc", "--release", "--locked", "--workspace", "--no-deps"])
                    .env("RUSTDOCFLAGS", "--deny warnings"),
                "the documentation has something wrong",
            ),
            _ => tests(&mut tally, &not_run),
        };
        let seconds = begun.elapsed().as_secs();
        match done {
            Ok(()) => eprintln!("== {step}: ok after {seconds} s"),
            Err(problem) => {
                eprintln!("== {step}: FAILED after {seconds} s: {problem}");
                failed.push(*step);
            }
        }
    }
    tally.print(&not_run);
    if failed.is_empty() {
        Ok(ExitCode::SUCCESS)
    } else {
        eprintln!("failed: {}", failed.join(", "));
        Ok(ExitCode::FAILURE)
    }
}

/// Runs all tests, counting what cargo reports. Tests whose real counterpart is absent write a line to the file `not_run`.
fn tests(tally: &mut Tally, not_run: &std::path::Path) -> Result<(), String> {
    let mut child = cargo()
        .args([
            "test",
            "--release",
            "--locked",
            "--workspace",
            "--no-fail-fast",
        ])
        .env("ISOCIAL_NOT_RUN_FILE", not_run)
        .env("ISOCIAL_BIN", isocial()?)
        .env("ISOCIAL_PLUGINS_DIR", target()?.join("plugins"))
        .env("ISOCIAL_TEST_GUESTS", target()?.join("hostile"))
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|e| format!("cargo does not start: {e}"))?;
    if let Some(out) = child.stdout.take() {
        for line in BufReader::new(out).lines().map_while(Result::ok) {
            println!("{line}");
            tally.read(&line);
        }
    }
    match child.wait() {
        Ok(status) if status.success() => Ok(()),
        Ok(_) => Err("tests failed".to_owned()),
        Err(e) => Err(format!("cargo did not finish: {e}")),
    }
}
