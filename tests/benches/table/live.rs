//! `live_1000`: what a thousand live instances of the English pack weigh, each called once.
//!
//! Measured in a process of its own, so that memory which earlier work has freed does not hide growth.

use std::{io::Write, path::Path, process::Command};

use anyhow::{Context as _, ensure};
use isocial_catalog::Package;
use isocial_model::language::Tasks;
use isocial_sandbox::{Sandbox, SandboxConfig};

use crate::{
    bench::{Bench, component, door, open_vault},
    corpus,
    row::{Outcome, Row, median},
};

/// The row of this file.
pub(crate) const ID: &str = "live_1000";
/// The argument by which this program is started for the measurement, followed by the folder.
pub(crate) const CHILD: &str = "--measure-live";

/// Instances.
const INSTANCES: usize = 1_000;
/// Processes, of which the middle one counts.
const RUNS: usize = 3;
/// Posts of the one call.
const BATCH: usize = 1;

/// The row.
pub(crate) fn row(bench: &Bench) -> anyhow::Result<Row> {
    let unit = "MiB";
    let method = format!(
        "growth of the process's proportional set size (smaps_rollup) by {INSTANCES} instances of isocial-en, each called once with {BATCH} post and held; an own process, median of {RUNS}"
    );
    if pss().is_none() {
        return Ok(Row {
            id: ID,
            unit,
            outcome: Outcome::NotRun("needs Linux: it reads /proc/self/smaps_rollup".into()),
            method,
        });
    }
    // Compiled here, so that it leaves nothing behind in the process that measures.
    bench
        .sandbox_with(config(bench.folder()))?
        .load(&component("isocial-en")?)?;
    let mut found = Vec::new();
    for _ in 0..RUNS {
        let output = Command::new(std::env::current_exe()?)
            .arg(CHILD)
            .arg(bench.folder())
            .output()?;
        ensure!(
            output.status.success(),
            "the measuring process failed: {}",
            String::from_utf8_lossy(&output.stderr).trim_end()
        );
        found.push(String::from_utf8(output.stdout)?.trim().parse()?);
    }
    Ok(Row {
        id: ID,
        unit,
        outcome: Outcome::Value(median(found)),
        method,
    })
}

fn config(folder: &Path) -> SandboxConfig {
    SandboxConfig {
        pool: INSTANCES as u32 + 8,
        cache_dir: Some(folder.join("code")),
        ..SandboxConfig::default()
    }
}

/// The process that measures: prints MiB.
pub(crate) fn child(mut args: impl Iterator<Item = String>) -> anyhow::Result<()> {
    let folder = args.next().context("the folder is missing")?;
    let folder = Path::new(&folder);
    let vault = open_vault(folder, false)?;
    let sandbox = Sandbox::new(config(folder), vault.deployment().clone())?;
    let english = component("isocial-en")?;
    let door = door(&vault, &Package::read(&english)?)?;
    let plugin = sandbox.load(&english)?;
    ensure!(
        sandbox.cache_counts().misses == 0,
        "it was compiled here: the figure means nothing"
    );
    let posts = corpus::posts(512, BATCH * (INSTANCES + 1));
    let tasks = Tasks {
        language: true,
        sentiment: true,
        emotions: true,
        entities: true,
        topics: true,
        translation: false,
    };
    let mut posts = posts.chunks(BATCH);
    let mut hold = || {
        let batch = posts.next().context("no more posts")?;
        let (passed, open) = door.project_documents(batch, &[], tasks)?;
        let held = plugin.hold(passed)?;
        // Nothing is admitted: what the guest answered is not the point. The line says that it was not.
        let _line = door.fail(isocial_gate::Stopped::Output, open);
        anyhow::Ok(held)
    };
    let mut held = Vec::with_capacity(INSTANCES + 1);
    // What the first one brings in is not the instances'.
    held.push(hold()?);
    let before = pss().context("memory cannot be read")?;
    for _ in 0..INSTANCES {
        held.push(hold()?);
    }
    let after = pss().context("memory cannot be read")?;
    writeln!(std::io::stdout(), "{}", (after - before) / 1024.0)?;
    drop(held);
    Ok(())
}

/// KiB that are this process's share of what is in memory.
fn pss() -> Option<f64> {
    let rollup = std::fs::read_to_string("/proc/self/smaps_rollup").ok()?;
    let value = rollup.lines().find_map(|line| line.strip_prefix("Pss:"))?;
    value.trim().strip_suffix(" kB")?.parse().ok()
}
