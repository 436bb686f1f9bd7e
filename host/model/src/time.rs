//! Time and chance as parameters: nothing reads a clock or draws a number but through these.

use serde::{Deserialize, Serialize};

/// Milliseconds since 1970-01-01T00:00:00Z.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Instant(pub i64);

impl Instant {
    /// Milliseconds in a minute, an hour and a day.
    pub const MINUTE_MS: i64 = 60_000;
    /// Milliseconds in an hour.
    pub const HOUR_MS: i64 = 3_600_000;
    /// Milliseconds in a day.
    pub const DAY_MS: i64 = 86_400_000;

    /// Milliseconds since the epoch.
    pub const fn as_millis(self) -> i64 {
        self.0
    }
    /// The start of the span of `unit_ms` that this instant lies in.
    pub const fn floor(self, unit_ms: i64) -> Self {
        Self(self.0.div_euclid(unit_ms) * unit_ms)
    }
    /// This instant `ms` later; saturates.
    pub const fn plus_ms(self, ms: i64) -> Self {
        Self(self.0.saturating_add(ms))
    }
    /// Whole days since the epoch.
    pub const fn day(self) -> i32 {
        self.0.div_euclid(Self::DAY_MS) as i32
    }
}

/// The clock that the host was given.
pub trait Clock: Send + Sync + std::fmt::Debug {
    /// The time now.
    fn now(&self) -> Instant;
}

/// The randomness that the host was given.
pub trait Entropy: Send + Sync {
    /// Fills `bytes` with random bytes fit for keys, in production.
    fn fill(&self, bytes: &mut [u8]);
}

/// The machine's own clock: for wiring in `server`, never for use in a room.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the one place where the machine's clock is read"
    )]
    fn now(&self) -> Instant {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        Instant(since.map_or(0, |d| i64::try_from(d.as_millis()).unwrap_or(i64::MAX)))
    }
}

/// A clock that only moves when it is told to: day 90 is one call away.
#[derive(Debug, Default)]
pub struct ManualClock(std::sync::atomic::AtomicI64);

impl ManualClock {
    /// Starts at `now`.
    pub fn new(now: Instant) -> Self {
        Self(std::sync::atomic::AtomicI64::new(now.0))
    }
    /// Sets the time.
    pub fn set(&self, now: Instant) {
        self.0.store(now.0, std::sync::atomic::Ordering::SeqCst);
    }
    /// Moves the time by `ms`.
    pub fn advance(&self, ms: i64) {
        self.0.fetch_add(ms, std::sync::atomic::Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Instant {
        Instant(self.0.load(std::sync::atomic::Ordering::SeqCst))
    }
}
