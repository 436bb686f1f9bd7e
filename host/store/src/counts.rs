//! Counts: mentions a monitor a minute, hour and day, exact at every commit; and totals for reconciliation.

use isocial_model::{Instant, MonitorId};

use crate::{OrgDb, StoreError};

/// The width of a bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Unit {
    /// A minute.
    Minute,
    /// An hour.
    Hour,
    /// A day, in UTC.
    Day,
}

impl Unit {
    /// All widths.
    pub const ALL: [Self; 3] = [Self::Minute, Self::Hour, Self::Day];
    /// How many milliseconds it has.
    pub const fn ms(self) -> i64 {
        match self {
            Self::Minute => Instant::MINUTE_MS,
            Self::Hour => Instant::HOUR_MS,
            Self::Day => Instant::DAY_MS,
        }
    }
    /// The name in the API.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Minute => "minute",
            Self::Hour => "hour",
            Self::Day => "day",
        }
    }
}

/// Visible mentions of one monitor in one bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Bucket {
    /// Where it begins.
    pub start: Instant,
    /// All.
    pub total: u64,
    /// Against.
    pub negative: u64,
    /// Neither.
    pub neutral: u64,
    /// For.
    pub positive: u64,
    /// Not known, or not analysed.
    pub unknown: u64,
}

/// Row counts, straight from the tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Totals {
    /// Posts.
    pub posts: u64,
    /// Posts that are hidden.
    pub hidden: u64,
    /// Mentions: pairs of post and monitor.
    pub mentions: u64,
    /// Posts with an analysis.
    pub analysed: u64,
    /// Mentions without a receipt of their collection, or analysed without one of that.
    pub without_receipt: u64,
    /// Receipts.
    pub receipts: u64,
    /// Notices.
    pub notices: u64,
    /// Notices that were delivered.
    pub delivered: u64,
    /// Notices that were given up.
    pub dead: u64,
    /// Tombstones.
    pub tombstones: u64,
}

impl OrgDb {
    /// Buckets of a monitor with at least one mention, from `from` (inclusive) until `until` (exclusive), oldest first.
    pub async fn timeline(
        &self,
        monitor: &MonitorId,
        unit: Unit,
        from: Instant,
        until: Instant,
    ) -> Result<Vec<Bucket>, StoreError> {
        let _ = (monitor, unit, from, until);
        unimplemented!()
    }
    /// Counts the rows themselves.
    pub async fn totals(&self) -> Result<Totals, StoreError> {
        unimplemented!()
    }
    /// Counts all buckets anew from the rows and compares: how many differ. 0 is the only right answer.
    pub async fn check_counts(&self) -> Result<u64, StoreError> {
        unimplemented!()
    }
    /// A digest of the organisation's logical content in order: posts, links, analyses, counts, notices, tombstones; no ids that were
    /// drawn by chance and no times of writing, so that two runs over the same input can be compared.
    pub async fn content_digest(&self) -> Result<String, StoreError> {
        unimplemented!()
    }
}
