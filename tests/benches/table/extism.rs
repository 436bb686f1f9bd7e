//! `pack_en_extism_128`, `pack_en_extism_1`: the English pack beside the same code as an Extism plugin with JSON.
//!
//! The peer is another WebAssembly platform with a wasmtime of its own, so it is built apart (`tests/compare`) and run as a child process.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context as _, bail};
use isocial_model::language::Batch;

use crate::{
    bench::Bench,
    pack::{EVERYTHING, PEER_RUNS, Way},
    row::{Against, Outcome, Row, median},
};

/// The rows of this file.
pub(crate) const IDS: [&str; 2] = ["pack_en_extism_128", "pack_en_extism_1"];

/// What makes the peer.
const INSTALL: &str = "the two commands of tests/compare/README.md";

/// How long instances live.
#[derive(Debug, Clone, Copy)]
enum Life {
    /// As long as a call.
    Fresh,
    /// As long as the run.
    Live,
}

/// Both rows.
pub(crate) fn rows(bench: &Bench) -> anyhow::Result<Vec<Row>> {
    let way = Way::new(bench)?;
    let file = bench.folder().join("extism.jsonl");
    way.write_texts(&file)?;
    IDS.into_iter()
        .zip([128, 1])
        .map(|(id, size)| row(id, &way, &file, size))
        .collect()
}

fn row(id: &'static str, way: &Way, file: &Path, size: usize) -> anyhow::Result<Row> {
    let unit = "posts/s";
    let Some(peer) = Peer::find() else {
        return Ok(Row {
            id,
            unit,
            outcome: Outcome::NotRun(INSTALL.into()),
            method: "isocial-en beside the same code as an Extism plugin with JSON".into(),
        });
    };
    let (mut ours, mut theirs) = ([Vec::new(), Vec::new()], [Vec::new(), Vec::new()]);
    for _ in 0..PEER_RUNS {
        for (nth, life) in [Life::Live, Life::Fresh].into_iter().enumerate() {
            theirs[nth].push(peer.rate(file, size, life)?);
            ours[nth].push(rate(way, size, life)?);
        }
    }
    let [live, fresh] = ours.map(median);
    let [peer_live, peer_fresh] = theirs.map(median);
    Ok(Row {
        id,
        unit,
        outcome: Outcome::Compared(
            live,
            Against {
                name: "Extism 1.30, JSON",
                value: peer_live,
            },
        ),
        method: format!(
            "isocial-en with all five tasks in batches of {size}, beside the same code (plugin_en) as an Extism 1.30.0 plugin (tests/compare) on the same redacted texts; both keep one \
             instance, since that is how Extism is used; its JSON in is made before the clock starts, its JSON out is parsed. With a fresh instance a call, as this product calls, it is \
             {fresh:.0} against {peer_fresh:.0} posts/s, ratio {:.1}. Median of {PEER_RUNS} runs of both in turn, each the median of some rounds",
            fresh / peer_fresh
        ),
    })
}

/// Posts a second of ours.
fn rate(way: &Way, size: usize, life: Life) -> anyhow::Result<f64> {
    let batches = way.batches(size, EVERYTHING)?;
    let posts: usize = batches.iter().map(|b| b.ends.len()).sum();
    let mut times = Vec::new();
    for _ in 0..=7 {
        times.push(match life {
            Life::Live => live(way, &batches)?,
            Life::Fresh => way.fresh(size, EVERYTHING)?,
        });
    }
    times.remove(0);
    Ok(posts as f64 / median(times))
}

/// Seconds of all batches in instances that live on: replaced in time, before what their answers left behind fills their memory.
fn live(way: &Way, batches: &[Batch]) -> anyhow::Result<f64> {
    let mut seconds = 0.0;
    for some in batches.chunks(1_024) {
        seconds += way.plugin.bench_live(some.to_vec())?.as_secs_f64();
    }
    Ok(seconds)
}

/// The peer's program and its guest.
struct Peer {
    program: PathBuf,
    guest: PathBuf,
}

impl Peer {
    fn find() -> Option<Self> {
        let target = isocial_tests::root().join("tests/compare/target");
        let peer = Self {
            program: target.join("release/compare-extism"),
            guest: target.join("wasm32-unknown-unknown/release/compare_guest.wasm"),
        };
        (peer.program.is_file() && peer.guest.is_file()).then_some(peer)
    }

    /// Its posts a second on this file.
    fn rate(&self, file: &Path, size: usize, life: Life) -> anyhow::Result<f64> {
        let output = Command::new(&self.program)
            .arg(&self.guest)
            .arg(file)
            .arg(size.to_string())
            .arg(match life {
                Life::Fresh => "fresh",
                Life::Live => "live",
            })
            .output()
            .context("the peer does not start")?;
        let said = String::from_utf8_lossy(&output.stdout);
        let rate = said.lines().find_map(|line| line.strip_suffix(" posts/s"));
        match rate.and_then(|rate| rate.trim().parse().ok()) {
            Some(rate) if output.status.success() => Ok(rate),
            _ => bail!(
                "the peer gave no rate: {}",
                String::from_utf8_lossy(&output.stderr).trim_end()
            ),
        }
    }
}
