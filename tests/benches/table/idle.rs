//! `idle_plugin`, `idle_writer`: memory that a plugin holds while nobody calls it.
//!
//! Measured in a process of its own, so that memory which earlier work has freed does not hide growth.

use std::{io::Write, path::Path, process::Command};

use anyhow::{Context as _, ensure};
use isocial_catalog::Package;
use isocial_model::{Instant, export::Options};
use isocial_sandbox::Sandbox;
use isocial_vault::Vault;

use crate::{
    bench::{Bench, component, door, open_sandbox, open_vault},
    row::{Outcome, Row, median},
};

/// The rows of this file.
pub(crate) const IDS: [&str; 2] = ["idle_plugin", "idle_writer"];
/// The argument by which this program is started for a measurement, followed by the row's id and the folder.
pub(crate) const CHILD: &str = "--measure-idle";

/// Processes, of which the middle one counts.
const RUNS: usize = 3;
/// Plugins or writers at once: fewer than the sandbox has places (64).
const AT_ONCE: usize = 48;

/// Both rows.
pub(crate) fn rows(bench: &Bench) -> anyhow::Result<Vec<Row>> {
    let unit = "KiB";
    if held().is_none() {
        return Ok(IDS
            .into_iter()
            .map(|id| Row {
                id,
                unit,
                outcome: Outcome::NotRun("needs Linux: it reads /proc/self/smaps_rollup".into()),
                method: "growth of resident memory".into(),
            })
            .collect());
    }
    // Compiling happens here, so that it leaves nothing behind in the processes that measure.
    for package in ["isocial-en", "isocial-jsonl"] {
        bench.sandbox()?.load(&component(package)?)?;
    }
    let mut found = [const { Vec::new() }; 2];
    for _ in 0..RUNS {
        for (id, found) in IDS.into_iter().zip(&mut found) {
            let output = Command::new(std::env::current_exe()?)
                .args([CHILD, id])
                .arg(bench.folder())
                .output()?;
            ensure!(
                output.status.success(),
                "the measuring process failed: {}",
                String::from_utf8_lossy(&output.stderr).trim_end()
            );
            found.push(String::from_utf8(output.stdout)?.trim().parse()?);
        }
    }
    let what = [
        "a loaded, pre-instantiated isocial-en between calls: its compiled code, its initial memory, and the warm place that its first instance left; growth over",
        "a live writer of isocial-jsonl that has begun a file and waits; growth over",
    ];
    Ok(IDS
        .into_iter()
        .zip(found)
        .zip(what)
        .map(|((id, found), what)| Row {
            id,
            unit,
            outcome: Outcome::Value(median(found)),
            method: format!(
                "{what} {AT_ONCE} held at once, each; resident memory (smaps_rollup, anonymous and file) and memory files of an own process, median of {RUNS} processes"
            ),
        })
        .collect())
}

/// The process that measures: prints KiB for each of many.
pub(crate) fn child(mut args: impl Iterator<Item = String>) -> anyhow::Result<()> {
    let id = args.next().context("the row is missing")?;
    let folder = args.next().context("the folder is missing")?;
    let vault = open_vault(Path::new(&folder), false)?;
    let sandbox = open_sandbox(Path::new(&folder), &vault)?;
    let each = if id == IDS[0] {
        plugin(&sandbox)?
    } else {
        writer(&sandbox, &vault)?
    };
    ensure!(
        sandbox.cache_counts().misses == 0,
        "a plugin was compiled here: the figure means nothing"
    );
    writeln!(std::io::stdout(), "{each}")?;
    Ok(())
}

fn plugin(sandbox: &Sandbox) -> anyhow::Result<f64> {
    let english = component("isocial-en")?;
    let first = sandbox.load(&english)?;
    first.bench(1)?;
    let (each, _held) = growth(|| Ok(sandbox.load(&english)?))?;
    Ok(each)
}

fn writer(sandbox: &Sandbox, vault: &Vault) -> anyhow::Result<f64> {
    let lines = component("isocial-jsonl")?;
    let door = door(vault, &Package::read(&lines)?)?;
    let format = sandbox.load(&lines)?;
    let begin = || {
        let options = Options {
            title: "Mentions".into(),
            now: Instant(1_750_000_000_000),
            config: "{}".into(),
        };
        let (passed, open) = door.project_writer(door.columns(), options)?;
        let writer = format.writer(passed).0?;
        door.admit_started(open);
        anyhow::Ok(writer)
    };
    let _first = begin()?;
    let (each, _held) = growth(begin)?;
    Ok(each)
}

/// KiB by which each of [`AT_ONCE`] repetitions makes this process grow, and what they made.
fn growth<T>(mut make: impl FnMut() -> anyhow::Result<T>) -> anyhow::Result<(f64, Vec<T>)> {
    let held = || held().context("memory cannot be read");
    let mut made = Vec::with_capacity(AT_ONCE);
    let before = held()?;
    for _ in 0..AT_ONCE {
        made.push(make()?);
    }
    Ok(((held()? - before) / AT_ONCE as f64, made))
}

/// KiB that this process holds: its own and its files' resident pages, and its memory files in full (initial memories are kept in
/// such), whether or not they are mapped.
fn held() -> Option<f64> {
    let rollup = std::fs::read_to_string("/proc/self/smaps_rollup").ok()?;
    let line = |name: &str| -> Option<f64> {
        let value = rollup.lines().find_map(|line| line.strip_prefix(name))?;
        value.trim().strip_suffix(" kB")?.parse().ok()
    };
    let files: u64 = std::fs::read_dir("/proc/self/fd")
        .ok()?
        .flatten()
        .filter(|fd| {
            std::fs::read_link(fd.path())
                .is_ok_and(|to| to.to_string_lossy().starts_with("/memfd:"))
        })
        .filter_map(|fd| Some(std::fs::metadata(fd.path()).ok()?.len()))
        .sum();
    Some(line("Pss_Anon:")? + line("Pss_File:")? + files as f64 / 1024.0)
}
