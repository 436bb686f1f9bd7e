//! Counts, kept exact: what a commit takes from the buckets and what it adds, written once at its end.

use std::collections::BTreeMap;

use isocial_model::Instant;
use sqlx::{QueryBuilder, Row, SqliteConnection};

use crate::{StoreError, counts::Unit, sql};

/// How many columns a bucket has: total, negative, neutral, positive, unknown.
const COLUMNS: usize = 5;

/// A link as far as counting goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Counted {
    pub(super) monitor: i64,
    pub(super) post: i64,
    at: i64,
    /// Which column beside the total.
    opinion: usize,
    visible: bool,
}

/// The links of these posts as they stand now.
pub(super) async fn links(
    conn: &mut SqliteConnection,
    posts: &[i64],
) -> Result<Vec<Counted>, StoreError> {
    if posts.is_empty() {
        return Ok(Vec::new());
    }
    let rows = sqlx::query(
        "select m.monitor, m.post, m.at, p.hidden = 0 and p.author_hidden = 0 as visible, \
             case a.sentiment when 'negative' then 1 when 'neutral' then 2 when 'positive' then 3 else 4 end as opinion \
         from json_each($1) j join mentions m on m.post = j.value join posts p on p.id = m.post \
         left join analyses a on a.post = m.post",
    )
    .bind(sql::numbers(posts))
    .fetch_all(conn)
    .await?;
    rows.iter()
        .map(|r| {
            Ok(Counted {
                monitor: r.try_get("monitor")?,
                post: r.try_get("post")?,
                at: r.try_get("at")?,
                opinion: r.try_get::<i64, _>("opinion")? as usize,
                visible: r.try_get("visible")?,
            })
        })
        .collect()
}

/// What is to be added to the buckets of the minute: by monitor and start.
#[derive(Debug, Default)]
pub(super) struct Tally(BTreeMap<(i64, i64), [i64; COLUMNS]>);

impl Tally {
    /// Takes links out of the counts.
    pub(super) fn take(&mut self, links: &[Counted]) {
        self.count(links, -1);
    }
    /// Puts links into the counts.
    pub(super) fn put(&mut self, links: &[Counted]) {
        self.count(links, 1);
    }
    fn count(&mut self, links: &[Counted], by: i64) {
        for link in links.iter().filter(|l| l.visible) {
            let minute = Instant(link.at).floor(Unit::Minute.ms()).as_millis();
            let bucket = self.0.entry((link.monitor, minute)).or_default();
            for (column, n) in bucket.iter_mut().enumerate() {
                if column == 0 || column == link.opinion {
                    *n += by;
                }
            }
        }
    }
    /// Buckets that change: monitor and start.
    pub(super) fn minutes(&self) -> Vec<(i64, Instant)> {
        self.0
            .iter()
            .filter(|(_, n)| **n != [0; COLUMNS])
            .map(|((m, at), _)| (*m, Instant(*at)))
            .collect()
    }
    /// Writes minutes, hours and days.
    pub(super) async fn write(&self, conn: &mut SqliteConnection) -> Result<(), StoreError> {
        let mut buckets: BTreeMap<(i64, i64, i64), [i64; COLUMNS]> = BTreeMap::new();
        for ((monitor, minute), add) in &self.0 {
            for unit in Unit::ALL {
                let start = Instant(*minute).floor(unit.ms()).as_millis();
                let bucket = buckets.entry((*monitor, unit.ms(), start)).or_default();
                for (n, add) in bucket.iter_mut().zip(add) {
                    *n += add;
                }
            }
        }
        buckets.retain(|_, n| *n != [0; COLUMNS]);
        let rows: Vec<_> = buckets.into_iter().collect();
        for part in rows.chunks(500) {
            QueryBuilder::new("insert into counts (monitor, unit, start, total, negative, neutral, positive, unknown) ")
                .push_values(part, |mut b, ((monitor, unit, start), n)| {
                    b.push_bind(*monitor).push_bind(*unit).push_bind(*start);
                    for n in n {
                        b.push_bind(*n);
                    }
                })
                .push(
                    " on conflict (monitor, unit, start) do update set total = total + excluded.total, \
                     negative = negative + excluded.negative, neutral = neutral + excluded.neutral, \
                     positive = positive + excluded.positive, unknown = unknown + excluded.unknown",
                )
                .build()
                .persistent(false)
                .execute(&mut *conn)
                .await?;
        }
        if rows
            .iter()
            .any(|(_, n)| n.first().is_some_and(|total| *total < 0))
        {
            sqlx::query("delete from counts where total = 0")
                .execute(conn)
                .await?;
        }
        Ok(())
    }
}
