//! Budgets: what a network still allows an account, and what one call tree may still spend.
//!
//! Both are spent before the network is touched and under one lock, so that parallel calls cannot spend twice (HP-46).

use std::{
    collections::HashMap,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU32, AtomicU64, Ordering},
    },
};

use isocial_model::Instant;

use crate::hints::RateHints;

/// What one call tree (a step of a job, a delivery) may still spend. Share it between everything that belongs to the tree.
#[derive(Debug)]
pub struct Meter {
    requests: AtomicU32,
    bytes: AtomicU64,
}

impl Meter {
    /// A meter with this many requests and bytes of answers.
    pub fn new(requests: u32, bytes: u64) -> Self {
        Self {
            requests: AtomicU32::new(requests),
            bytes: AtomicU64::new(bytes),
        }
    }
    /// Requests that are left.
    pub fn requests_left(&self) -> u32 {
        self.requests.load(Ordering::Acquire)
    }
    /// Bytes of answers that are left.
    pub fn bytes_left(&self) -> u64 {
        self.bytes.load(Ordering::Acquire)
    }
    /// Takes one request, if there is one and bytes are left for its answer.
    pub(crate) fn take_request(&self) -> bool {
        self.bytes_left() > 0
            && self
                .requests
                .fetch_update(Ordering::AcqRel, Ordering::Acquire, |left| {
                    left.checked_sub(1)
                })
                .is_ok()
    }
    /// Takes bytes off; false if there were not enough, which leaves none.
    pub(crate) fn take_bytes(&self, bytes: u64) -> bool {
        let before = self
            .bytes
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, |left| {
                Some(left.saturating_sub(bytes))
            });
        before.unwrap_or_else(|left| left) >= bytes
    }
}

#[derive(Debug, Clone, Hash, PartialEq, Eq)]
struct Key {
    account: Box<str>,
    host: Box<str>,
}

#[derive(Debug, Default)]
struct State {
    /// Not before.
    until: Option<Instant>,
    /// Left in the window, as far as we know.
    remaining: Option<u64>,
    reset: Option<Instant>,
    in_flight: u64,
    touched: u64,
}

#[derive(Debug, Default)]
struct Book {
    states: HashMap<Key, State>,
    clock: u64,
}

/// The rate limits of every (account, host), as the networks told them. Bounded: the longest untouched are forgotten first.
#[derive(Debug)]
pub(crate) struct Budgets {
    book: Mutex<Book>,
    cap: usize,
}

/// One call that has been counted and not yet answered.
#[derive(Debug)]
pub(crate) struct Reservation<'a> {
    budgets: &'a Budgets,
    key: Key,
}

impl Budgets {
    pub(crate) fn new(cap: usize) -> Self {
        Self {
            book: Mutex::new(Book::default()),
            cap: cap.max(16),
        }
    }

    fn with<T>(&self, work: impl FnOnce(&mut Book) -> T) -> T {
        work(&mut self.book.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Counts one call, or says when to come back.
    pub(crate) fn reserve(
        &self,
        account: &str,
        host: &str,
        now: Instant,
    ) -> Result<Reservation<'_>, Instant> {
        let key = Key {
            account: account.into(),
            host: host.into(),
        };
        self.with(|book| {
            book.clock += 1;
            let touched = book.clock;
            if !book.states.contains_key(&key) {
                book.make_room(self.cap);
            }
            let state = book.states.entry(key.clone()).or_default();
            state.touched = touched;
            state.forget_the_past(now);
            if let Some(until) = state.until {
                return Err(until);
            }
            match (state.remaining, state.reset) {
                (Some(0), Some(reset)) => return Err(reset),
                (Some(left), Some(_)) => state.remaining = Some(left - 1),
                _ => {}
            }
            state.in_flight += 1;
            Ok(())
        })?;
        Ok(Reservation { budgets: self, key })
    }

    #[cfg(test)]
    fn len(&self) -> usize {
        self.with(|book| book.states.len())
    }
}

impl Book {
    /// Forgets a tenth when it is full: the ones that nobody has asked for the longest.
    fn make_room(&mut self, cap: usize) {
        if self.states.len() < cap {
            return;
        }
        let mut ages: Vec<u64> = self
            .states
            .values()
            .filter(|state| state.in_flight == 0)
            .map(|state| state.touched)
            .collect();
        ages.sort_unstable();
        let Some(oldest) = ages
            .get((cap / 10).min(ages.len().saturating_sub(1)))
            .copied()
        else {
            return;
        };
        self.states
            .retain(|_, state| state.in_flight > 0 || state.touched > oldest);
    }
}

impl State {
    fn forget_the_past(&mut self, now: Instant) {
        if self.until.is_some_and(|until| until <= now) {
            self.until = None;
        }
        if self.reset.is_some_and(|reset| reset <= now) {
            self.reset = None;
            self.remaining = None;
        }
    }
}

impl Reservation<'_> {
    /// Takes note of what the network said. Calls still under way were not in its count.
    pub(crate) fn observe(&self, hints: &RateHints) {
        self.budgets.with(|book| {
            let Some(state) = book.states.get_mut(&self.key) else {
                return;
            };
            if let (Some(remaining), Some(reset)) = (hints.remaining, hints.reset) {
                let others = state.in_flight.saturating_sub(1);
                state.remaining = Some(remaining.saturating_sub(others));
                state.reset = Some(reset);
            }
            if hints.come_back > state.until {
                state.until = hints.come_back;
            }
        });
    }
}

impl Drop for Reservation<'_> {
    fn drop(&mut self) {
        self.budgets.with(|book| {
            if let Some(state) = book.states.get_mut(&self.key) {
                state.in_flight = state.in_flight.saturating_sub(1);
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    const NOW: Instant = Instant(1_772_366_400_000);

    fn hints(remaining: u64, reset_s: i64) -> RateHints {
        RateHints {
            remaining: Some(remaining),
            reset: Some(NOW.plus_ms(reset_s * 1000)),
            ..RateHints::default()
        }
    }

    #[test]
    fn an_exhausted_budget_says_when_to_come_back_and_recovers() {
        let budgets = Budgets::new(100);
        budgets
            .reserve("acc", "a.example", NOW)
            .unwrap()
            .observe(&hints(2, 300));
        assert!(budgets.reserve("acc", "a.example", NOW).is_ok());
        assert!(budgets.reserve("acc", "a.example", NOW).is_ok());
        assert_eq!(
            budgets.reserve("acc", "a.example", NOW).unwrap_err(),
            NOW.plus_ms(300_000)
        );
        assert!(
            budgets.reserve("acc", "b.example", NOW).is_ok(),
            "another host"
        );
        assert!(
            budgets.reserve("other", "a.example", NOW).is_ok(),
            "another account"
        );
        assert!(
            budgets
                .reserve("acc", "a.example", NOW.plus_ms(300_000))
                .is_ok(),
            "the window has ended"
        );
    }

    #[test]
    fn hp_46_parallel_calls_cannot_spend_twice() {
        let budgets = Arc::new(Budgets::new(100));
        budgets
            .reserve("acc", "a.example", NOW)
            .unwrap()
            .observe(&hints(10, 300));
        let meter = Arc::new(Meter::new(7, 1000));
        let threads: Vec<_> = (0..8)
            .map(|_| {
                let (budgets, meter) = (Arc::clone(&budgets), Arc::clone(&meter));
                std::thread::spawn(move || {
                    let mut got = (0, 0);
                    for _ in 0..50 {
                        got.0 += u32::from(budgets.reserve("acc", "a.example", NOW).is_ok());
                        got.1 += u32::from(meter.take_request());
                    }
                    got
                })
            })
            .collect();
        let got = threads
            .into_iter()
            .map(|t| t.join().unwrap())
            .fold((0, 0), |a, b| (a.0 + b.0, a.1 + b.1));
        assert_eq!(got, (10, 7));
    }

    #[test]
    fn calls_under_way_count_against_what_the_network_says_is_left() {
        let budgets = Budgets::new(100);
        let first = budgets.reserve("acc", "a.example", NOW).unwrap();
        let _second = budgets.reserve("acc", "a.example", NOW).unwrap();
        let _third = budgets.reserve("acc", "a.example", NOW).unwrap();
        first.observe(&hints(2, 60));
        drop(first);
        assert!(
            budgets.reserve("acc", "a.example", NOW).is_err(),
            "two are under way and two were left"
        );
    }

    #[test]
    fn the_map_stays_bounded() {
        let budgets = Budgets::new(100);
        for n in 0..10_000 {
            let _ = budgets.reserve(&format!("acc{n}"), "a.example", NOW);
        }
        assert!(budgets.len() <= 100, "{}", budgets.len());
    }

    #[test]
    fn a_meter_without_bytes_gives_no_request() {
        let meter = Meter::new(2, 10);
        assert!(meter.take_request() && meter.take_bytes(10) && !meter.take_request());
        assert!(!meter.take_bytes(1));
    }
}
