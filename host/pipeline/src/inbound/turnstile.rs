//! The turnstile: how many deliveries an address may take in a minute, and how many are in hand at once. In memory, for this process.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use isocial_model::{AccountId, Instant};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Addresses that are remembered before those that have rested for a minute are forgotten.
const REMEMBERED: usize = 10_000;
/// Milliseconds of a minute.
const MINUTE_MS: i64 = 60_000;
/// When a network is to come again if all hands are full · seconds.
const FULL_S: u32 = 5;

/// Lets deliveries in, one address's never at the cost of another's beyond what is in hand.
#[derive(Debug)]
pub struct Turnstile {
    per_minute: u32,
    hands: Arc<Semaphore>,
    buckets: Mutex<HashMap<AccountId, Bucket>>,
}

/// A delivery in hand; the place is free again when this is dropped.
#[derive(Debug)]
pub struct Inside {
    _hand: OwnedSemaphorePermit,
}

/// What an address has left, in thousandths of a delivery.
#[derive(Debug, Clone, Copy)]
struct Bucket {
    left: i64,
    at: Instant,
}

impl Turnstile {
    /// At most `per_minute` deliveries a minute and address, and `at_once` in hand; each at least 1.
    pub fn new(per_minute: u32, at_once: usize) -> Self {
        Self {
            per_minute: per_minute.max(1),
            hands: Arc::new(Semaphore::new(at_once.clamp(1, Semaphore::MAX_PERMITS))),
            buckets: Mutex::default(),
        }
    }

    /// Lets a delivery to a known address in. Refused: how many seconds to wait, and whether it is this address that has had its share
    /// (`true`) or all hands that are full (`false`).
    pub fn enter(&self, source: &AccountId, now: Instant) -> Result<Inside, (u32, bool)> {
        let hand = Arc::clone(&self.hands)
            .try_acquire_owned()
            .map_err(|_| (FULL_S, false))?;
        let full = i64::from(self.per_minute) * 1_000;
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() >= REMEMBERED && !buckets.contains_key(source) {
            buckets.retain(|_, b| now.as_millis() - b.at.as_millis() < MINUTE_MS);
        }
        let bucket = buckets.entry(source.clone()).or_insert(Bucket {
            left: full,
            at: now,
        });
        // A clock that was set back gives nothing and takes nothing.
        let passed = (now.as_millis() - bucket.at.as_millis()).clamp(0, MINUTE_MS);
        bucket.left = (bucket.left + passed * full / MINUTE_MS).min(full);
        bucket.at = now;
        if bucket.left < 1_000 {
            let missing = (1_000 - bucket.left) * MINUTE_MS / full;
            return Err((u32::try_from(missing / 1_000).unwrap_or(0) + 1, true));
        }
        bucket.left -= 1_000;
        Ok(Inside { _hand: hand })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(n: u8) -> AccountId {
        struct Same(u8);
        impl isocial_model::Entropy for Same {
            fn fill(&self, bytes: &mut [u8]) {
                bytes.fill(self.0);
            }
        }
        AccountId::random(&Same(n))
    }

    #[test]
    fn an_address_has_its_share_of_a_minute_and_takes_none_of_anothers() {
        let turnstile = Turnstile::new(2, 8);
        let now = Instant(1_000_000);
        assert!(turnstile.enter(&source(1), now).is_ok());
        assert!(turnstile.enter(&source(1), now).is_ok());
        let (wait, own) = turnstile.enter(&source(1), now).unwrap_err();
        assert!(own && wait == 31, "{wait}");
        assert!(turnstile.enter(&source(2), now).is_ok());
        let later = now.plus_ms(i64::from(wait) * 1_000);
        assert!(turnstile.enter(&source(1), later).is_ok());
        assert!(turnstile.enter(&source(1), later).is_err());
        // A clock that is set back opens nothing.
        assert!(turnstile.enter(&source(1), now).is_err());
    }

    #[test]
    fn what_is_in_hand_is_bounded_over_all_addresses() {
        let turnstile = Turnstile::new(100, 1);
        let now = Instant(0);
        let inside = turnstile.enter(&source(1), now).unwrap();
        assert_eq!(turnstile.enter(&source(2), now).unwrap_err(), (5, false));
        drop(inside);
        assert!(turnstile.enter(&source(2), now).is_ok());
    }
}
