//! Detection: is this hour's volume more than the hours before it let expect?
//!
//! Lives here: the judgement, pure over counts. Not here: reading aggregates and writing incidents (`watch`).

use std::collections::BTreeMap;

use isocial_model::{Instant, channel::Severity};

/// Hours of history that are looked at: one week.
const HISTORY_H: i64 = 168;
/// Hours of history below which nothing is judged: a day, so that the daily rhythm has been seen once.
const WARM_UP_H: i64 = 24;
/// How many standard deviations above the mean an hour must lie. Counts of a Poisson process exceed 5 about once in 10⁵ hours at
/// the volumes that a minimum of 20 lets through.
const DEVIATIONS: f64 = 5.0;
/// From this multiple of the expected volume on, a spike is critical.
const CRITICAL_FACTOR: f64 = 8.0;

/// What counts as a spike.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SpikeRule {
    /// Mentions that an hour must have.
    pub minimum: u32,
    /// Multiple of the expected volume that it must reach.
    pub factor: f64,
    /// Hours after a spike in which no further one is reported.
    pub refractory_h: u32,
}

/// An hour that stands out.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Spike {
    /// Start of the hour.
    pub hour: Instant,
    /// Mentions in it.
    pub count: u64,
    /// What the hours before it let expect.
    pub expected: f64,
    /// How far above that it lies.
    pub severity: Severity,
}

/// The spikes among the hours after `watermark`, oldest first. `counts` maps the start of an hour to its mentions; absent hours
/// are zero. `last` is the hour of the latest spike that was already reported.
pub fn spikes(
    counts: &BTreeMap<Instant, u64>,
    watermark: Instant,
    last: Option<Instant>,
    rule: &SpikeRule,
) -> Vec<Spike> {
    let Some(first) = counts.keys().next().map(|i| i.floor(Instant::HOUR_MS)) else {
        return Vec::new();
    };
    let mut last = last;
    let mut found = Vec::new();
    for (&hour, &count) in counts.range(watermark.plus_ms(1)..) {
        if count < u64::from(rule.minimum) {
            continue;
        }
        let refractory = i64::from(rule.refractory_h) * Instant::HOUR_MS;
        if last.is_some_and(|l| hour.as_millis() - l.as_millis() < refractory) {
            continue;
        }
        let hours = ((hour.as_millis() - first.as_millis()) / Instant::HOUR_MS).min(HISTORY_H);
        if hours < WARM_UP_H {
            continue;
        }
        let from = hour.plus_ms(-hours * Instant::HOUR_MS);
        let (mut sum, mut squares) = (0.0, 0.0);
        for &n in counts.range(from..hour).map(|(_, n)| n) {
            sum += n as f64;
            squares += (n as f64) * (n as f64);
        }
        let mean = sum / hours as f64;
        let variance = (squares / hours as f64 - mean * mean).max(mean);
        let high = count as f64;
        if high >= rule.factor * mean.max(1.0) && high >= mean + DEVIATIONS * variance.sqrt() {
            let severity = if high >= CRITICAL_FACTOR * mean.max(1.0) {
                Severity::Critical
            } else {
                Severity::Warning
            };
            found.push(Spike {
                hour,
                count,
                expected: mean,
                severity,
            });
            last = Some(hour);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULE: SpikeRule = SpikeRule {
        minimum: 20,
        factor: 4.0,
        refractory_h: 24,
    };

    fn steady(hours: i64, each: u64) -> BTreeMap<Instant, u64> {
        (0..hours)
            .map(|h| (Instant(h * Instant::HOUR_MS), each + (h as u64 % 3)))
            .collect()
    }

    #[test]
    fn a_steady_week_has_no_spike() {
        assert!(spikes(&steady(168, 10), Instant(-1), None, &RULE).is_empty());
    }

    #[test]
    fn a_burst_is_one_spike_and_its_next_hours_are_not_reported_again() {
        let mut counts = steady(168, 10);
        for h in 100..104 {
            counts.insert(Instant(h * Instant::HOUR_MS), 120);
        }
        let found = spikes(&counts, Instant(-1), None, &RULE);
        assert_eq!(found.len(), 1);
        assert_eq!(
            (found[0].hour, found[0].count, found[0].severity),
            (Instant(100 * Instant::HOUR_MS), 120, Severity::Critical)
        );
        assert!((found[0].expected - 11.0).abs() < 0.5);
    }

    #[test]
    fn the_first_day_and_small_numbers_are_never_judged() {
        let mut early = steady(10, 1);
        early.insert(Instant(9 * Instant::HOUR_MS), 500);
        assert!(spikes(&early, Instant(-1), None, &RULE).is_empty());
        let mut small = steady(100, 0);
        small.insert(Instant(99 * Instant::HOUR_MS), 19);
        assert!(spikes(&small, Instant(-1), None, &RULE).is_empty());
    }

    #[test]
    fn hours_before_the_watermark_are_not_judged_again() {
        let mut counts = steady(168, 10);
        counts.insert(Instant(100 * Instant::HOUR_MS), 120);
        assert!(spikes(&counts, Instant(100 * Instant::HOUR_MS), None, &RULE).is_empty());
    }
}
