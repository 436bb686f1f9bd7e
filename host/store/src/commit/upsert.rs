//! Posts that are new or have changed, many at once.

use std::collections::{HashMap, HashSet};

use isocial_model::{
    Instant, MentionId, MonitorId,
    key::{Hash128, OrgKeys},
    post::{AgeSignal, Post, Visibility},
};
use sqlx::{Row, SqliteConnection};

use super::{
    Work, change,
    rows::{Write, write_analyses, write_links, write_posts},
    tally,
};
use crate::{
    StoreError,
    codec::{self, AnalysisRow, PostRow},
    page::PostWrite,
    rules::Given,
    sql,
};

/// A post that is kept already.
struct Stored {
    id: i64,
    content: Option<Hash128>,
    text: Hash128,
    analysis: Option<Hash128>,
    edited: Option<i64>,
    ingested: i64,
    at: i64,
}

/// Never in the future: a post cannot escape its retention by a date of its own making (HP-42).
pub(super) fn placed_at(created: Option<Instant>, ingested: i64) -> i64 {
    created.map_or(ingested, |c| c.as_millis().min(ingested))
}

fn may_be_kept(post: &Post) -> bool {
    post.visibility == Visibility::Public
        && !matches!(post.age_signal, AgeSignal::Minor | AgeSignal::Unknown)
}

/// Writes a batch in which no post is twice.
pub(super) async fn upsert(
    work: &mut Work<'_>,
    conn: &mut SqliteConnection,
    mut batch: Vec<PostWrite>,
) -> Result<(), StoreError> {
    if batch.is_empty() {
        return Ok(());
    }
    refuse(work, conn, &mut batch).await?;
    drop_tombstoned(work, conn, &mut batch).await?;
    let rows: Vec<PostRow> = batch
        .iter()
        .map(|w| codec::encode(work.keys, codec::open(&w.post), &w.tokens))
        .collect();
    let mut stored = stored(conn, &rows.iter().map(|r| r.hash).collect::<Vec<_>>()).await?;
    let mut known: Vec<i64> = stored.values().map(|s| s.id).collect();
    known.sort_unstable();
    let before = tally::links(conn, &known).await?;
    let mut held: HashMap<i64, HashSet<i64>> = HashMap::new();
    for link in &before {
        held.entry(link.post).or_default().insert(link.monitor);
    }
    let mut next: i64 = sqlx::query("select coalesce(max(id), 0) as n from posts")
        .fetch_one(&mut *conn)
        .await?
        .try_get("n")?;

    let mut plan = Plan::default();
    for (write, row) in batch.into_iter().zip(rows) {
        let matched = numbers(work, &write.matched);
        let unmatched = numbers(work, &write.unmatched);
        match stored.remove(&row.hash) {
            None if matched.is_empty() => work.outcome.unmatched += 1,
            None => {
                next += 1;
                plan.insert(work, next, write, row, &matched);
                work.outcome.inserted += 1;
            }
            Some(old) => plan.update(
                work,
                &old,
                held.get(&old.id),
                write,
                row,
                &matched,
                &unmatched,
            ),
        }
    }
    plan.apply(work, conn, before).await
}

fn numbers(work: &Work<'_>, monitors: &[MonitorId]) -> Vec<i64> {
    monitors
        .iter()
        .filter_map(|m| work.monitors.get(m).copied())
        .collect()
}

/// What is not public, or of a minor, is not kept; and if it was kept while it was public, it goes.
async fn refuse(
    work: &mut Work<'_>,
    conn: &mut SqliteConnection,
    batch: &mut Vec<PostWrite>,
) -> Result<(), StoreError> {
    let mut gone = Vec::new();
    batch.retain(|write| {
        let post = codec::open(&write.post);
        let keep = may_be_kept(post);
        if !keep {
            gone.push(work.keys.post_hash(&post.network, &post.native_id));
        }
        keep
    });
    if gone.is_empty() {
        return Ok(());
    }
    work.outcome.refused += gone.len() as u64;
    let ids: Vec<i64> = stored(conn, &gone).await?.values().map(|s| s.id).collect();
    change::remove(work, conn, &ids).await
}

/// A post that was deleted, or whose author's are all erased, does not come back (HP-40).
async fn drop_tombstoned(
    work: &mut Work<'_>,
    conn: &mut SqliteConnection,
    batch: &mut Vec<PostWrite>,
) -> Result<(), StoreError> {
    let mut hashes = Vec::with_capacity(batch.len() * 2);
    for write in batch.iter() {
        let post = codec::open(&write.post);
        hashes.push(work.keys.post_hash(&post.network, &post.native_id));
        hashes.extend(codec::author_ref(work.keys, post));
    }
    let rows = sqlx::query(
        "select hash from tombstones where hash in (select unhex(value) from json_each($1))",
    )
    .bind(sql::hashes(&hashes))
    .fetch_all(conn)
    .await?;
    if rows.is_empty() {
        return Ok(());
    }
    let dead: HashSet<Hash128> = rows
        .iter()
        .map(|r| codec::bytes(r, "hash"))
        .collect::<Result<_, _>>()?;
    let all = batch.len();
    batch.retain(|write| {
        let post = codec::open(&write.post);
        !dead.contains(&work.keys.post_hash(&post.network, &post.native_id))
            && codec::author_ref(work.keys, post).is_none_or(|author| !dead.contains(&author))
    });
    work.outcome.tombstoned += (all - batch.len()) as u64;
    Ok(())
}

async fn stored(
    conn: &mut SqliteConnection,
    hashes: &[Hash128],
) -> Result<HashMap<Hash128, Stored>, StoreError> {
    let rows = sqlx::query(
        "select p.id, p.post_hash, p.content_hash, p.text_hash, p.edited, p.ingested, p.at, a.hash as analysis \
         from json_each($1) j join posts p on p.post_hash = unhex(j.value) left join analyses a on a.post = p.id",
    )
    .bind(sql::hashes(hashes))
    .fetch_all(conn)
    .await?;
    let optional =
        |r: &sqlx::sqlite::SqliteRow, column: &str| -> Result<Option<Hash128>, StoreError> {
            let slice: Option<&[u8]> = r.try_get(column)?;
            Ok(slice.and_then(|s| s.try_into().ok()))
        };
    rows.iter()
        .map(|r| {
            let stored = Stored {
                id: r.try_get("id")?,
                content: optional(r, "content_hash")?,
                text: codec::bytes(r, "text_hash")?,
                analysis: optional(r, "analysis")?,
                edited: r.try_get("edited")?,
                ingested: r.try_get("ingested")?,
                at: r.try_get("at")?,
            };
            Ok((codec::bytes(r, "post_hash")?, stored))
        })
        .collect()
}

/// The id of a mention: the same whenever the same post matches the same monitor.
fn mention_id(keys: &dyn OrgKeys, monitor: &MonitorId, hash: &Hash128) -> MentionId {
    let mut place = format!("mention {monitor} ").into_bytes();
    place.extend_from_slice(hash);
    MentionId::random(&Given(keys.commit(&place)))
}

/// What a batch comes down to.
#[derive(Default)]
struct Plan {
    writes: Vec<Write>,
    analyses: Vec<(i64, AnalysisRow)>,
    unanalysed: Vec<i64>,
    links: Vec<(i64, i64, MentionId, i64)>,
    unlinks: Vec<(i64, i64)>,
    moved: Vec<i64>,
    unheld: Vec<i64>,
    rechecks: Vec<(i64, i64)>,
}

impl Plan {
    fn link(
        &mut self,
        work: &Work<'_>,
        post: i64,
        hash: &Hash128,
        at: i64,
        monitors: &[MonitorId],
    ) {
        for monitor in monitors {
            if let Some(row) = work.monitors.get(monitor) {
                self.links
                    .push((*row, post, mention_id(work.keys, monitor, hash), at));
            }
        }
    }

    fn insert(
        &mut self,
        work: &Work<'_>,
        id: i64,
        write: PostWrite,
        row: PostRow,
        matched: &[i64],
    ) {
        debug_assert!(
            !matched.is_empty(),
            "a post that no monitor holds is not kept"
        );
        let ingested = work.now.as_millis();
        let at = placed_at(row.created.map(Instant), ingested);
        self.link(work, id, &row.hash, at, &write.matched);
        self.push(work, id, true, ingested, at, write, row);
    }

    #[expect(
        clippy::too_many_arguments,
        reason = "the old row, the new one and what both are judged by"
    )]
    fn update(
        &mut self,
        work: &mut Work<'_>,
        old: &Stored,
        held: Option<&HashSet<i64>>,
        write: PostWrite,
        row: PostRow,
        matched: &[i64],
        unmatched: &[i64],
    ) {
        // A page that was read before the edit that is kept already.
        if matches!((row.edited, old.edited), (Some(new), Some(kept)) if new < kept) {
            work.outcome.unchanged += 1;
            return;
        }
        let holds = |m: &i64| held.is_some_and(|h| h.contains(m));
        let linked = matched.iter().any(|m| !holds(m));
        let lost: Vec<i64> = unmatched.iter().copied().filter(|m| holds(m)).collect();
        let remaining = held.map_or(0, HashSet::len) + matched.iter().filter(|m| !holds(m)).count()
            - lost.len();
        if remaining == 0 {
            self.unheld.push(old.id);
            return;
        }
        let analysis_changed = match &write.analysis {
            Some(a) => Some(codec::encode_analysis(work.keys, a).hash) != old.analysis,
            None => old.text != row.text_hash && old.analysis.is_some(),
        };
        if old.content == Some(row.content_hash) && !analysis_changed && !linked && lost.is_empty()
        {
            work.outcome.unchanged += 1;
            self.rechecks
                .extend(write.recheck_at.map(|at| (old.id, at.as_millis())));
            return;
        }
        if write.analysis.is_none() && analysis_changed {
            self.unanalysed.push(old.id);
        }
        let at = placed_at(row.created.map(Instant), old.ingested);
        if at != old.at {
            self.moved.push(old.id);
        }
        self.unlinks.extend(lost.into_iter().map(|m| (m, old.id)));
        self.link(work, old.id, &row.hash, at, &write.matched);
        self.push(work, old.id, false, old.ingested, at, write, row);
        work.outcome.updated += 1;
    }

    #[expect(clippy::too_many_arguments, reason = "the parts of one row")]
    fn push(
        &mut self,
        work: &Work<'_>,
        id: i64,
        fresh: bool,
        ingested: i64,
        at: i64,
        write: PostWrite,
        row: PostRow,
    ) {
        if let Some(analysis) = &write.analysis {
            self.analyses
                .push((id, codec::encode_analysis(work.keys, analysis)));
        }
        self.writes.push(Write {
            id,
            fresh,
            ingested,
            at,
            row,
            whole: true,
            tokens: write.tokens,
            collected_by: work.receipt(write.collected_by),
            analysed_by: work.receipt(write.analysed_by),
            recheck_at: write.recheck_at.map(Instant::as_millis),
        });
    }

    async fn apply(
        self,
        work: &mut Work<'_>,
        conn: &mut SqliteConnection,
        before: Vec<tally::Counted>,
    ) -> Result<(), StoreError> {
        let touched: HashSet<i64> = self.writes.iter().map(|w| w.id).collect();
        let mut before = before;
        before.retain(|link| touched.contains(&link.post));
        work.tally.take(&before);
        write_posts(conn, &self.writes).await?;
        write_analyses(conn, &self.analyses).await?;
        if !self.unanalysed.is_empty() {
            change::forget_analyses(conn, &self.unanalysed).await?;
        }
        write_links(conn, &self.links).await?;
        if !self.unlinks.is_empty() {
            sqlx::query(
                "delete from mentions where (monitor, post) in \
                 (select json_extract(value, '$[0]'), json_extract(value, '$[1]') from json_each($1))",
            )
            .bind(serde_json::to_string(&self.unlinks).unwrap_or_default())
            .execute(&mut *conn)
            .await?;
        }
        if !self.moved.is_empty() {
            sqlx::query(
                "update mentions set at = (select p.at from posts p where p.id = mentions.post) \
                 where post in (select value from json_each($1))",
            )
            .bind(sql::numbers(&self.moved))
            .execute(&mut *conn)
            .await?;
        }
        if !self.rechecks.is_empty() {
            sqlx::query(
                "update posts set recheck_at = json_extract(j.value, '$[1]') from json_each($1) j \
                 where posts.id = json_extract(j.value, '$[0]')",
            )
            .bind(serde_json::to_string(&self.rechecks).unwrap_or_default())
            .execute(&mut *conn)
            .await?;
        }
        let ids: Vec<i64> = self.writes.iter().map(|w| w.id).collect();
        let after = tally::links(conn, &ids).await?;
        work.tally.put(&after);
        let were: HashSet<(i64, i64)> = before.iter().map(|l| (l.monitor, l.post)).collect();
        for link in after
            .iter()
            .filter(|l| !were.contains(&(l.monitor, l.post)))
        {
            *work.new_mentions.entry(link.monitor).or_default() += 1;
        }
        change::remove(work, conn, &self.unheld).await
    }
}
