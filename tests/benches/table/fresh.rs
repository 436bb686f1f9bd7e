//! `fresh_call_p99`: how much worse than the middle one the slow fresh calls are.

use crate::{
    bench::Bench,
    guest,
    row::{Outcome, Row, median},
};

/// The row of this file.
pub(crate) const ID: &str = "fresh_call_p99";

/// Calls a round, of which the hundredth-slowest counts.
const CALLS: usize = 20_000;
/// Rounds, of which the middle one counts.
const ROUNDS: usize = 9;

/// Each single call, timed by itself.
pub(crate) fn row(bench: &Bench) -> anyhow::Result<Row> {
    let plugin = bench.sandbox()?.load(&guest::component()?)?;
    plugin.bench_fresh(CALLS as u32)?;
    let (mut middle, mut slow) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let mut times: Vec<f64> = plugin
            .bench_fresh(CALLS as u32)?
            .iter()
            .map(|t| t.as_secs_f64() * 1e6)
            .collect();
        times.sort_by(f64::total_cmp);
        middle.push(times.get(CALLS / 2).copied().unwrap_or(f64::NAN));
        slow.push(times.get(CALLS * 99 / 100).copied().unwrap_or(f64::NAN));
    }
    Ok(Row {
        id: ID,
        unit: "µs",
        outcome: Outcome::Value(median(slow)),
        method: format!(
            "the whole fresh call of fresh_call, each timed by itself: p99 of {CALLS}, median of {ROUNDS} rounds after one of warm-up; their p50 is {:.2} µs",
            median(middle)
        ),
    })
}
