//! Places in the pool: a call waits for one rather than failing when all instances are taken.

use std::{
    sync::{Arc, Condvar, Mutex, PoisonError},
    time::{Duration, Instant},
};

/// The places that are free.
#[derive(Debug)]
pub(crate) struct Slots {
    free: Mutex<u32>,
    freed: Condvar,
}

/// One taken place, free again when dropped.
#[derive(Debug)]
pub(crate) struct Slot(Arc<Slots>);

impl Slots {
    /// So many places.
    pub(crate) fn new(places: u32) -> Arc<Self> {
        Arc::new(Self {
            free: Mutex::new(places),
            freed: Condvar::new(),
        })
    }

    /// Takes a place, waiting at most so long for one.
    pub(crate) fn take(self: &Arc<Self>, wait: Duration) -> Option<Slot> {
        let mut free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        if *free == 0 {
            let until = Instant::now() + wait;
            while *free == 0 {
                let left = until.checked_duration_since(Instant::now())?;
                (free, _) = self
                    .freed
                    .wait_timeout(free, left)
                    .unwrap_or_else(PoisonError::into_inner);
            }
        }
        *free -= 1;
        Some(Slot(Arc::clone(self)))
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        *self.0.free.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        self.0.freed.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_taken_place_is_waited_for_and_then_given_up() {
        let slots = Slots::new(1);
        let taken = slots.take(Duration::ZERO).unwrap();
        assert!(slots.take(Duration::from_millis(5)).is_none());
        let waiting = {
            let slots = Arc::clone(&slots);
            std::thread::spawn(move || slots.take(Duration::from_secs(30)).is_some())
        };
        drop(taken);
        assert!(waiting.join().unwrap());
    }
}
