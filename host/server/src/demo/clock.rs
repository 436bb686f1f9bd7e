//! A clock that runs like the machine's, and can be put ahead: so that the demo can show what happens a day later.

use std::sync::atomic::{AtomicI64, Ordering};

use isocial_model::{Clock, Instant, time::SystemClock};

/// The machine's clock plus what it was put ahead.
#[derive(Debug, Default)]
pub(crate) struct AheadClock {
    machine: SystemClock,
    ahead_ms: AtomicI64,
}

impl AheadClock {
    /// Puts the clock ahead.
    pub(crate) fn put_ahead(&self, ms: i64) {
        self.ahead_ms.fetch_add(ms, Ordering::SeqCst);
    }
}

impl Clock for AheadClock {
    fn now(&self) -> Instant {
        self.machine
            .now()
            .plus_ms(self.ahead_ms.load(Ordering::SeqCst))
    }
}
