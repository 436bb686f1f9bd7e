//! `instantiate`, `fresh_call` (and its p99), `empty_call`, `boundary`: what the sandbox itself costs, with a guest that reads nothing.

use std::time::Instant;

use anyhow::{Context as _, ensure};
use isocial_catalog::Package;
use isocial_model::language::Tasks;
use isocial_package::{BuildOptions, build_crate};
use isocial_sandbox::Plugin;

use crate::{
    bench::Bench,
    corpus,
    pack::{BATCH, BATCHES, EVERYTHING, SENTIMENT},
    row::{Outcome, Row, median},
};

/// The rows of this file.
pub(crate) const IDS: [&str; 5] = [
    "instantiate",
    "fresh_call",
    "fresh_call_p99",
    "empty_call",
    "boundary",
];

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
        for (times, one) in times.iter_mut().zip([
            round.instantiate,
            round.fresh_call,
            round.empty_call,
            round.fresh_call_p99,
        ]) {
            times.push(one.as_secs_f64() * 1e6);
        }
    }
    let [instantiate, fresh, empty, tail] = times.map(median);
    let full = full_call(bench, &plugin, &component, SENTIMENT)?;
    let all = full_call(bench, &plugin, &component, EVERYTHING)?;
    let kib = component.len() / 1024;
    let how = format!(
        "guest tests/benches/empty ({kib} KiB, Rust); one thread, {CALLS} a round, median of {ROUNDS} rounds after one of warm-up"
    );
    let row = |id, value, what: String| Row {
        id,
        unit: "µs",
        outcome: Outcome::Value(value),
        method: what,
    };
    Ok(vec![
        row(
            "instantiate",
            instantiate,
            format!("a store and an instance from the pool, made and dropped: p50; {how}"),
        ),
        row(
            "fresh_call",
            fresh,
            format!(
                "store, instance, one call with an empty batch and its empty answer, dropped: p50; {how}"
            ),
        ),
        row(
            "fresh_call_p99",
            tail,
            format!("the same, the one that 99 of 100 are below; {how}"),
        ),
        row(
            "empty_call",
            empty,
            format!("the same call in an instance that lives on: mean; {how}"),
        ),
        row(
            "boundary",
            (full - fresh) / BATCH as f64,
            format!(
                "a post's part of a fresh call with {BATCH} invented posts whose sentiment is asked for ({full:.1} µs), less the fresh call with nothing ({fresh:.1} µs): texts in, an answer a post \
                 packed by the SDK, out, and unpacked by the host; the same guest, which reads nothing. With one answer of each of six kinds a post it is {:.3} µs",
                (all - fresh) / BATCH as f64
            ),
        ),
    ])
}

/// Microseconds of a fresh call with a full batch.
fn full_call(
    bench: &Bench,
    plugin: &Plugin,
    component: &[u8],
    tasks: Tasks,
) -> anyhow::Result<f64> {
    let door = bench.door(&Package::read(component)?)?;
    let posts = corpus::posts(128, BATCH * BATCHES);
    let mut times = Vec::new();
    for round in 0..=ROUNDS {
        let mut seconds = 0.0;
        for posts in posts.chunks(BATCH) {
            let (passed, open) = door.project_documents(posts, &[], tasks)?;
            let began = Instant::now();
            let called = plugin.analyze(passed);
            seconds += began.elapsed().as_secs_f64();
            let (admitted, _receipt) = door.admit_analyses(called.outcome?, open);
            ensure!(
                admitted?.posts.iter().flatten().count() == posts.len(),
                "some posts were not answered: the figure means nothing"
            );
        }
        if round > 0 {
            times.push(seconds * 1e6 / BATCHES as f64);
        }
    }
    Ok(median(times))
}
