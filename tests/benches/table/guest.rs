//! `instantiate`, `fresh_call` (and its p99), `empty_call`: what the sandbox itself costs, with a guest that does nothing.

use anyhow::Context as _;
use isocial_package::{BuildOptions, build_crate};

use crate::{
    bench::Bench,
    row::{Outcome, Row, median},
};

/// The rows of this file.
pub(crate) const IDS: [&str; 4] = ["instantiate", "fresh_call", "fresh_call_p99", "empty_call"];

/// Rounds, of which the middle one counts.
const ROUNDS: usize = 31;
/// Instances or calls a round.
const CALLS: u32 = 2_000;

/// Builds the empty guest beside the packages of the deployment, not among them.
pub(crate) fn component() -> anyhow::Result<Vec<u8>> {
    let options = BuildOptions {
        locked: true,
        quiet: true,
        target_dir: Some(isocial_tests::target().join("benches")),
        ..BuildOptions::default()
    };
    let file = build_crate(&isocial_tests::root().join("tests/benches/empty"), &options)
        .context("the empty guest")?;
    Ok(std::fs::read(file)?)
}

/// Measures the empty guest.
pub(crate) fn rows(bench: &Bench) -> anyhow::Result<Vec<Row>> {
    let component = component()?;
    let plugin = bench.sandbox()?.load(&component)?;
    plugin.bench(CALLS)?;
    let mut times = [const { Vec::new() }; 4];
    for _ in 0..ROUNDS {
        let round = plugin.bench(CALLS)?;
        let found = [
            round.instantiate,
            round.fresh_call,
            round.fresh_call_p99,
            round.empty_call,
        ];
        for (times, one) in times.iter_mut().zip(found) {
            times.push(one.as_secs_f64() * 1e6);
        }
    }
    let what = [
        "a store and an instance from the pool, made and dropped: p50",
        "store, instance, one call with an empty batch and its empty answer, dropped: p50",
        "the same, the one that 99 of 100 are below",
        "the same call in an instance that lives on: mean",
    ];
    Ok(IDS
        .into_iter()
        .zip(times)
        .zip(what)
        .map(|((id, times), what)| Row {
            id,
            unit: "µs",
            outcome: Outcome::Value(median(times)),
            method: format!(
                "{what}; guest tests/benches/empty ({} KiB, Rust); one thread, {CALLS} a round, median of {ROUNDS} rounds after one of warm-up",
                component.len() / 1024
            ),
        })
        .collect())
}
