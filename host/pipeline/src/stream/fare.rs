//! How streams fare on this node: open, or waiting and why. In memory only; a restart begins anew.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use isocial_model::{Clock, Entropy, Instant};

/// Longest wait before a stream is opened again · milliseconds.
const LONGEST_MS: i64 = Instant::HOUR_MS;
/// First wait; it doubles with each failure that follows at once · milliseconds.
const FIRST_MS: i64 = 1_000;

/// How one stream fares.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fare {
    /// Frames come.
    Open,
    /// It is not open; the fault's name, never a text of the network or the plugin.
    Waiting(String),
}

#[derive(Debug)]
struct Known {
    fare: Fare,
    failures: u32,
}

/// How all streams of this node fare: a source's own by the account's id, shared ones by their name.
#[derive(Debug, Default)]
pub struct Fares(Mutex<HashMap<String, Known>>);

impl Fares {
    /// How a stream fares, if this node has tried to open it.
    pub fn of(&self, stream: &str) -> Option<Fare> {
        self.lock().get(stream).map(|known| known.fare.clone())
    }
    /// Streams that are open.
    pub fn open(&self) -> u64 {
        let known = self.lock();
        known.values().filter(|k| k.fare == Fare::Open).count() as u64
    }
    pub(crate) fn opened(&self, stream: &str) {
        let mut known = self.lock();
        let failures = known.get(stream).map_or(0, |k| k.failures);
        let fare = Fare::Open;
        known.insert(stream.into(), Known { fare, failures });
    }
    /// Frames came: what failed before is over.
    pub(crate) fn flows(&self, stream: &str) {
        if let Some(known) = self.lock().get_mut(stream) {
            known.failures = 0;
        }
    }
    pub(crate) fn forget(&self, stream: &str) {
        self.lock().remove(stream);
    }
    /// It ended or could not be opened: when to try again. Doubles up to an hour, with up to a quarter more by chance, so that a server
    /// that comes back is not met by everybody at once.
    pub(crate) fn waits(
        &self,
        stream: &str,
        why: &str,
        clock: &dyn Clock,
        entropy: &dyn Entropy,
    ) -> Instant {
        let mut known = self.lock();
        let failures = known
            .get(stream)
            .map_or(0, |k| k.failures)
            .saturating_add(1);
        let fare = Fare::Waiting(why.into());
        known.insert(stream.into(), Known { fare, failures });
        let wait = FIRST_MS
            .checked_shl(failures - 1)
            .filter(|ms| (1..LONGEST_MS).contains(ms) && failures < 32)
            .unwrap_or(LONGEST_MS);
        let mut byte = [0u8; 1];
        entropy.fill(&mut byte);
        clock
            .now()
            .plus_ms(wait + wait / 4 * i64::from(byte[0]) / 255)
    }
    fn lock(&self) -> MutexGuard<'_, HashMap<String, Known>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug)]
    struct Stopped;
    impl Clock for Stopped {
        fn now(&self) -> Instant {
            Instant(0)
        }
    }
    #[derive(Debug)]
    struct Never;
    impl Entropy for Never {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill(0);
        }
    }

    #[test]
    fn waits_double_up_to_an_hour_and_begin_anew_once_frames_come() {
        let fares = Fares::default();
        let wait = || fares.waits("s", "refused", &Stopped, &Never).as_millis();
        let first: Vec<i64> = (0..4).map(|_| wait()).collect();
        assert_eq!(first, [1_000, 2_000, 4_000, 8_000]);
        let late: Vec<i64> = (0..40).map(|_| wait()).collect();
        assert_eq!(late[39], LONGEST_MS);
        assert_eq!(fares.of("s"), Some(Fare::Waiting("refused".into())));
        fares.opened("s");
        assert_eq!((fares.of("s"), fares.open()), (Some(Fare::Open), 1));
        // Open alone is no success: a server that closes at once is waited for longer and longer.
        assert_eq!(
            fares.waits("s", "closed", &Stopped, &Never).as_millis(),
            LONGEST_MS
        );
        fares.opened("s");
        fares.flows("s");
        assert_eq!(
            fares.waits("s", "closed", &Stopped, &Never).as_millis(),
            1_000
        );
    }
}
