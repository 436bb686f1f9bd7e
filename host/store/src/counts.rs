//! Counts: mentions a monitor a minute, hour and day, exact at every commit; and totals for reconciliation.

use isocial_model::{Instant, MonitorId};
use sqlx::Row;

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

/// Counts all buckets anew from the rows.
const RECOUNT: &str = "with units (unit) as (values (60000), (3600000), (86400000)), linked as ( \
         select m.monitor, m.at, a.sentiment from mentions m join posts p on p.id = m.post \
         left join analyses a on a.post = m.post where p.hidden = 0 and p.author_hidden = 0), \
     fresh as ( \
         select monitor, unit, at - ((at % unit) + unit) % unit as start, count(*) as total, \
             sum(sentiment is 'negative') as negative, sum(sentiment is 'neutral') as neutral, \
             sum(sentiment is 'positive') as positive, \
             sum(sentiment is null or sentiment not in ('negative', 'neutral', 'positive')) as unknown \
         from linked, units group by 1, 2, 3) \
     select count(*) as n from ( \
         select * from (select monitor, unit, start, total, negative, neutral, positive, unknown from fresh \
             except select monitor, unit, start, total, negative, neutral, positive, unknown from counts) \
         union all \
         select * from (select monitor, unit, start, total, negative, neutral, positive, unknown from counts \
             except select monitor, unit, start, total, negative, neutral, positive, unknown from fresh))";

impl OrgDb {
    /// Buckets of a monitor with at least one mention, from `from` (inclusive) until `until` (exclusive), oldest first.
    pub async fn timeline(
        &self,
        monitor: &MonitorId,
        unit: Unit,
        from: Instant,
        until: Instant,
    ) -> Result<Vec<Bucket>, StoreError> {
        let mut conn = self.file().read().await?;
        let rows = sqlx::query(
            "select start, total, negative, neutral, positive, unknown from counts \
             where monitor = (select row from monitors where id = $1) and unit = $2 and start >= $3 and start < $4 order by start",
        )
        .bind(monitor.as_str())
        .bind(unit.ms())
        .bind(from.as_millis())
        .bind(until.as_millis())
        .fetch_all(&mut *conn)
        .await?;
        rows.iter()
            .map(|r| {
                let n = |column: &str| Ok::<_, StoreError>(r.try_get::<i64, _>(column)? as u64);
                Ok(Bucket {
                    start: Instant(r.try_get("start")?),
                    total: n("total")?,
                    negative: n("negative")?,
                    neutral: n("neutral")?,
                    positive: n("positive")?,
                    unknown: n("unknown")?,
                })
            })
            .collect()
    }

    /// Counts the rows themselves.
    pub async fn totals(&self) -> Result<Totals, StoreError> {
        let mut conn = self.file().read().await?;
        let row = sqlx::query(
            "select (select count(*) from posts) as posts, \
                 (select count(*) from posts where hidden = 1 or author_hidden = 1) as hidden, \
                 (select count(*) from mentions) as mentions, (select count(*) from analyses) as analysed, \
                 (select count(*) from mentions m join posts p on p.id = m.post left join analyses a on a.post = p.id \
                     where p.collected_by is null or (a.post is not null and p.analysed_by is null)) as without_receipt, \
                 (select count(*) from receipts) as receipts, (select count(*) from notices) as notices, \
                 (select count(*) from notices where status = 'delivered') as delivered, \
                 (select count(*) from notices where status = 'dead') as dead, (select count(*) from tombstones) as tombstones",
        )
        .fetch_one(&mut *conn)
        .await?;
        let n = |column: &str| Ok::<_, StoreError>(row.try_get::<i64, _>(column)? as u64);
        Ok(Totals {
            posts: n("posts")?,
            hidden: n("hidden")?,
            mentions: n("mentions")?,
            analysed: n("analysed")?,
            without_receipt: n("without_receipt")?,
            receipts: n("receipts")?,
            notices: n("notices")?,
            delivered: n("delivered")?,
            dead: n("dead")?,
            tombstones: n("tombstones")?,
        })
    }

    /// Counts all buckets anew from the rows and compares: how many differ. 0 is the only right answer.
    pub async fn check_counts(&self) -> Result<u64, StoreError> {
        let mut conn = self.file().read().await?;
        let row = sqlx::query(RECOUNT).fetch_one(&mut *conn).await?;
        Ok(row.try_get::<i64, _>("n")? as u64)
    }
}
