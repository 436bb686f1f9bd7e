//! How each plugin version fares for each organisation, and the circuit breaker that follows from it: a plugin that fails again and again
//! rests, longer each time, and nobody else notices.
//!
//! Lives here: what is remembered between calls, when a plugin rests and when it is tried again. Not here: calls (`plugged`), what
//! becomes of the items of a failed batch (`analyse`). Nothing here is kept on disk: a restart tries everything anew.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use isocial_gate::Rejection;
use isocial_model::{
    Instant, PackageRef,
    receipt::{Line, Receipt},
};
use isocial_sandbox::Stop;

use crate::plugged::CallError;

/// Failures in a row after which a plugin rests. One may be the input's fault, two a coincidence.
const FAILURES: u32 = 3;
/// The first rest · milliseconds; each further one without a success between is twice as long.
const REST_MS: i64 = 60_000;
/// The longest rest · milliseconds: what was mended is noticed within an hour.
const LONGEST_MS: i64 = Instant::HOUR_MS;

/// One plugin version in one organisation.
#[derive(Debug, Default)]
pub struct Health(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    /// Failures since the last success.
    in_a_row: u32,
    /// Rests since the last success.
    rests: u32,
    /// It rests until then.
    until: Option<Instant>,
    /// Somebody tries whether the rest may end.
    trial: bool,
    calls: u64,
    failures: BTreeMap<&'static str, u64>,
    last: Option<(&'static str, Instant)>,
    quarantined: u64,
}

/// How a plugin fares, for people: numbers and names of ours, nothing of a plugin's text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShownHealth {
    /// `untried`, `working`, `failing` (it is still called) or `resting`.
    pub state: &'static str,
    /// It is not called before this instant.
    pub resting_until: Option<Instant>,
    /// Calls since the host was started; a batch that was divided counts once.
    pub calls: u64,
    /// Failures since the host was started, by name.
    pub failures: BTreeMap<&'static str, u64>,
    /// The last failure, and when.
    pub last_failure: Option<(&'static str, Instant)>,
    /// Items that made it fail and were set aside unread.
    pub quarantined: u64,
}

impl Health {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether it may be called now; if it rests, until when. Whoever is told yes at the end of a rest is the one who tries it: others
    /// go on waiting until it is known what came of that.
    pub fn may_call(&self, now: Instant) -> Result<(), Instant> {
        let mut state = self.state();
        match state.until {
            // A clock that was set back does not make a rest longer than the longest.
            Some(until) if now < until && until <= now.plus_ms(LONGEST_MS) => Err(until),
            Some(_) => {
                state.until = Some(now.plus_ms(rest_ms(state.rests)));
                state.trial = true;
                Ok(())
            }
            None => Ok(()),
        }
    }

    /// A call gave what it was made for, or the plugin's own typed fault.
    pub fn worked(&self) {
        let mut state = self.state();
        state.calls += 1;
        (state.in_a_row, state.rests, state.until) = (0, 0, None);
        state.trial = false;
    }

    /// A call failed by the plugin's doing. True if it rests from now on.
    pub fn failed(&self, why: &'static str, now: Instant) -> bool {
        let mut state = self.state();
        state.calls += 1;
        state.in_a_row = state.in_a_row.saturating_add(1);
        *state.failures.entry(why).or_insert(0) += 1;
        state.last = Some((why, now));
        // Calls that were under way when the rest began end one after another: they do not make it longer.
        let resting = state.until.is_some_and(|until| now < until) && !state.trial;
        let rests = state.in_a_row >= FAILURES && !resting;
        if rests {
            state.until = Some(now.plus_ms(rest_ms(state.rests)));
            state.rests = state.rests.saturating_add(1);
            state.trial = false;
        }
        rests
    }

    /// Whether its last unit of work was done.
    pub(crate) fn is_well(&self) -> bool {
        let state = self.state();
        state.calls > 0 && state.in_a_row == 0
    }

    /// Items that made it fail alone were set aside.
    pub fn set_aside(&self, items: u64) {
        self.state().quarantined += items;
    }

    /// How it fares.
    pub fn shown(&self, now: Instant) -> ShownHealth {
        let state = self.state();
        let resting_until = state.until.filter(|until| now < *until);
        ShownHealth {
            state: match (state.calls, resting_until, state.in_a_row) {
                (0, _, _) => "untried",
                (_, Some(_), _) => "resting",
                (_, None, 0) => "working",
                (_, None, _) => "failing",
            },
            resting_until,
            calls: state.calls,
            failures: state.failures.clone(),
            last_failure: state.last,
            quarantined: state.quarantined,
        }
    }
}

fn rest_ms(rests: u32) -> i64 {
    REST_MS.saturating_mul(1 << rests.min(20)).min(LONGEST_MS)
}

/// The failure's name if it is the plugin's doing, as metrics and people see it. A plugin's own typed fault is an answer, and a full pool
/// or a lost thread is the host's affair.
pub(crate) fn plugins_own(error: &CallError) -> Option<&'static str> {
    match error {
        CallError::Sandbox(stopped) => match stopped.why {
            Stop::Pool | Stop::Host => None,
            why => Some(why.name()),
        },
        CallError::Rejected(Rejection::Rule { .. }) => Some("rejected"),
        _ => None,
    }
}

/// The rule by which the receipt of a call says that the one item given to it made the plugin fail and is given to it no more.
const QUARANTINED: &str = "quarantined";

/// Says in the receipt of a call that the one item given was set aside.
pub(crate) fn set_aside(receipt: &mut Receipt) {
    if let Line::Call(line) = &mut receipt.line {
        line.dropped.insert(QUARANTINED.into(), 1);
    }
}

/// The health of everything that was ever plugged in since the start, by organisation and exact version.
#[derive(Debug, Default)]
pub struct Ward(Mutex<HashMap<(u64, PackageRef), Arc<Health>>>);

impl Ward {
    /// Forgets how a version fared in an organisation that does not run on it any more.
    pub(crate) fn forget(&self, turn: u64, package: &PackageRef) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.remove(&(turn, package.clone()));
    }

    /// Of this plugin version in the organisation whose turn this is.
    pub(crate) fn of(&self, turn: u64, package: &PackageRef) -> Arc<Health> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(all.entry((turn, package.clone())).or_default())
    }

    /// Every version that fails or rests anywhere, with how many organisations each, without their names.
    pub fn ailing(&self, now: Instant) -> Vec<Ailing> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut found: BTreeMap<PackageRef, Ailing> = BTreeMap::new();
        for ((_, package), health) in all.iter() {
            let shown = health.shown(now);
            if !matches!(shown.state, "failing" | "resting") {
                continue;
            }
            let ailing = found.entry(package.clone()).or_insert_with(|| Ailing {
                package: package.clone(),
                organisations: 0,
                resting: 0,
                last_failure: None,
            });
            ailing.organisations += 1;
            ailing.resting += u64::from(shown.resting_until.is_some());
            let newer =
                |last: &(&str, Instant)| shown.last_failure.is_some_and(|new| new.1 > last.1);
            if ailing.last_failure.as_ref().is_none_or(newer) {
                ailing.last_failure = shown.last_failure;
            }
        }
        found.into_values().collect()
    }
}

/// A plugin version that does not fare well somewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ailing {
    /// Which.
    pub package: PackageRef,
    /// In how many organisations its last call failed.
    pub organisations: u64,
    /// In how many of them it rests.
    pub resting: u64,
    /// The last failure of all, and when.
    pub last_failure: Option<(&'static str, Instant)>,
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn at(seconds: i64) -> Instant {
        Instant(1_750_000_000_000 + seconds * 1_000)
    }

    #[test]
    fn a_plugin_that_fails_again_and_again_rests_longer_each_time() {
        let health = Health::default();
        assert_eq!(health.shown(at(0)).state, "untried");
        assert!(!health.failed("time", at(0)));
        assert!(!health.failed("time", at(1)));
        assert_eq!(health.shown(at(1)).state, "failing");
        assert!(health.failed("trap", at(2)));
        assert_eq!(health.may_call(at(3)), Err(at(62)));
        // One tries it at the end of its rest; another still waits.
        assert_eq!(health.may_call(at(62)), Ok(()));
        assert!(health.may_call(at(62)).is_err());
        assert!(health.failed("trap", at(63)));
        assert_eq!(health.may_call(at(64)), Err(at(63 + 120)));
        assert!(health.failed("trap", at(200)));
        assert_eq!(health.may_call(at(201)), Err(at(200 + 240)));
        // Calls that were under way when it began to rest do not make the rest longer.
        for n in 0..5 {
            assert!(!health.failed("trap", at(202 + n)));
        }
        assert_eq!(health.may_call(at(210)), Err(at(200 + 240)));
        // However often: an hour at most, also where the clock is set back.
        for n in 0..30 {
            health.failed("trap", at(10_000 * (n + 1)));
        }
        assert_eq!(health.may_call(at(300_001)), Err(at(300_000 + 3_600)));
        let shown = health.shown(at(300_002));
        assert_eq!((shown.state, shown.failures["time"]), ("resting", 2));
        assert_eq!(health.may_call(at(200_000)), Ok(()));
    }

    #[test]
    fn what_was_tried_and_failed_rests_again_at_once() {
        let health = Health::default();
        for n in 0..3 {
            health.failed("trap", at(n));
        }
        assert!(!health.is_well());
        assert_eq!(health.may_call(at(62)), Ok(()));
        assert!(health.failed("trap", at(62)), "the trial failed");
        assert!(health.may_call(at(63)).is_err());
        assert_eq!(health.may_call(at(62 + 120)), Ok(()));
        health.worked();
        assert!(health.is_well());
    }

    #[test]
    fn a_success_ends_everything_but_the_counts() {
        let health = Health::default();
        for n in 0..5 {
            health.failed("trap", at(n));
        }
        assert_eq!(health.may_call(at(10_000)), Ok(()));
        health.worked();
        assert_eq!(health.may_call(at(10_000)), Ok(()));
        assert_eq!(health.may_call(at(10_000)), Ok(()));
        let shown = health.shown(at(10_000));
        assert_eq!((shown.state, shown.calls), ("working", 6));
        assert!(!health.failed("trap", at(10_001)), "it begins anew");
    }

    #[test]
    fn other_organisations_and_other_versions_do_not_rest_with_it() {
        let package = |version: &str| PackageRef {
            id: "sample/pack".into(),
            version: version.parse().unwrap(),
            digest: "00".repeat(32),
        };
        let ward = Ward::default();
        let sick = ward.of(1, &package("1.0.0"));
        for n in 0..3 {
            sick.failed("time", at(n));
        }
        assert!(ward.of(1, &package("1.0.0")).may_call(at(4)).is_err());
        assert!(ward.of(2, &package("1.0.0")).may_call(at(4)).is_ok());
        assert!(ward.of(1, &package("1.0.1")).may_call(at(4)).is_ok());
        let ailing = ward.ailing(at(4));
        assert_eq!(ailing.len(), 1);
        assert_eq!(
            (
                ailing[0].organisations,
                ailing[0].resting,
                ailing[0].last_failure
            ),
            (1, 1, Some(("time", at(2))))
        );
    }
}
