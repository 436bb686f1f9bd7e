//! A page's commit: one transaction for posts, links, counts, tombstones, cursor, state, tasks, receipts, coverage, counters.
//!
//! Lives here: the fence, the order of things, and what belongs to a job. Posts are in `upsert` and `rows`, single changes in `change`, counts in
//! `tally`.

mod change;
mod rows;
mod tally;
mod upsert;

use std::collections::{BTreeMap, HashMap, HashSet};

use isocial_model::{
    AccountId, Instant, MonitorId,
    connector::TaskItem,
    key::{Hash128, OrgKeys},
    post::PostKey,
};
use isocial_vault::OrgKeyring;
use sqlx::{Row, SqliteConnection};

use crate::{
    OrgDb, StoreError, codec,
    collecting::{SealedTask, cursor_place, task_place},
    installed::state_place,
    ledger,
    page::{Fence, PageChange, PageCommit, PageOutcome, PostWrite},
    streams::Posting,
};

pub(crate) use change::remove_unheld;
use tally::Tally;

/// A commit in progress.
struct Work<'a> {
    keys: &'a OrgKeyring,
    now: Instant,
    receipts: Vec<u64>,
    monitors: HashMap<MonitorId, i64>,
    tally: Tally,
    new_mentions: BTreeMap<i64, u64>,
    outcome: PageOutcome,
}

impl Work<'_> {
    fn hash(&self, key: &PostKey) -> Hash128 {
        self.keys.post_hash(&key.network, &key.native_id)
    }
    /// The number of a receipt of this page.
    fn receipt(&self, index: Option<usize>) -> Option<u64> {
        index.and_then(|i| self.receipts.get(i).copied())
    }
}

/// Commits a page of changes.
pub(crate) async fn commit(org: &OrgDb, page: PageCommit) -> Result<PageOutcome, StoreError> {
    org.deployment
        .note_postings(org.row, &postings(&page.changes))
        .await?;
    let mut tx = org.file().write().await?;
    let cursor_version = match &page.fence {
        Some(fence) => move_place(org, &mut tx, fence, &page).await?,
        None => 0,
    };
    let receipts = ledger::append_org(org, &mut tx, &page.receipts).await?;
    let mut work = Work {
        keys: org.ring(),
        now: org.now(),
        receipts,
        monitors: monitors(&mut tx).await?,
        tally: Tally::default(),
        new_mentions: BTreeMap::new(),
        outcome: PageOutcome {
            cursor_version,
            ..PageOutcome::default()
        },
    };
    apply(&mut work, &mut tx, page.changes).await?;
    work.tally.write(&mut tx).await?;
    if let Some(account) = &page.account {
        if let Some(state) = &page.state {
            sqlx::query("update accounts set state = $1 where id = $2")
                .bind(org.ring().seal(&state_place(account), state))
                .bind(account.as_str())
                .execute(&mut *tx)
                .await?;
        }
        tasks(
            &work,
            &mut tx,
            account,
            page.done_task.as_deref(),
            &page.tasks,
        )
        .await?;
        for window in &page.coverage {
            sqlx::query(
                "insert into coverage (account, start, finish, complete, receipt) values ($1, $2, $3, $4, $5) \
                 on conflict (account, start, finish) do update set complete = max(complete, excluded.complete)",
            )
            .bind(account.as_str())
            .bind(window.start.as_millis())
            .bind(window.end.as_millis())
            .bind(window.complete)
            .bind(work.receipts.first().map(|n| *n as i64))
            .execute(&mut *tx)
            .await?;
        }
    }
    for (name, n) in page.counters.iter().filter(|(_, n)| *n > 0) {
        sqlx::query(
            "insert into counters (account, name, day, n) values ($1, $2, $3, $4) \
             on conflict (account, name, day) do update set n = n + excluded.n",
        )
        .bind(page.account.as_ref().map_or("", AccountId::as_str))
        .bind(name)
        .bind(work.now.day())
        .bind(*n as i64)
        .execute(&mut *tx)
        .await?;
    }
    tx.commit().await?;
    let outcome = finish(work);
    org.head_if_due(&outcome.receipts).await;
    Ok(outcome)
}

fn finish(work: Work<'_>) -> PageOutcome {
    let by_row: HashMap<i64, &MonitorId> =
        work.monitors.iter().map(|(id, row)| (*row, id)).collect();
    let mut outcome = work.outcome;
    outcome.receipts = work.receipts;
    outcome.mentions = work
        .new_mentions
        .iter()
        .filter_map(|(row, n)| Some(((*by_row.get(row)?).clone(), *n)))
        .collect();
    outcome.touched = work
        .tally
        .minutes()
        .into_iter()
        .filter_map(|(row, at)| Some(((*by_row.get(&row)?).clone(), at)))
        .collect();
    outcome
}

/// Compares the fence and moves the job's place on.
async fn move_place(
    org: &OrgDb,
    conn: &mut SqliteConnection,
    fence: &Fence,
    page: &PageCommit,
) -> Result<u64, StoreError> {
    let row = sqlx::query("select cursor_version, lease_epoch from places where job = $1")
        .bind(fence.job.as_str())
        .fetch_optional(&mut *conn)
        .await?;
    let (version, epoch) = match row {
        Some(r) => (
            r.try_get::<i64, _>("cursor_version")? as u64,
            r.try_get::<i64, _>("lease_epoch")? as u64,
        ),
        None => (0, 0),
    };
    if version != fence.cursor_version || epoch > fence.lease_epoch {
        return Err(StoreError::Conflict {
            job: fence.job.clone(),
            epoch: fence.lease_epoch,
            cursor_version: fence.cursor_version,
        });
    }
    let sealed = page
        .cursor
        .as_ref()
        .map(|c| org.ring().seal(&cursor_place(&fence.job), c));
    sqlx::query(
        "insert into places (job, account, cursor, cursor_version, lease_epoch) values ($1, $2, $3, $4, $5) \
         on conflict (job) do update set cursor = coalesce(excluded.cursor, cursor), \
         cursor_version = excluded.cursor_version, lease_epoch = excluded.lease_epoch",
    )
    .bind(fence.job.as_str())
    .bind(page.account.as_ref().map(AccountId::as_str))
    .bind(sealed)
    .bind((version + 1) as i64)
    .bind(fence.lease_epoch as i64)
    .execute(conn)
    .await?;
    Ok(version + 1)
}

async fn monitors(conn: &mut SqliteConnection) -> Result<HashMap<MonitorId, i64>, StoreError> {
    let rows = sqlx::query("select row, id from monitors")
        .fetch_all(conn)
        .await?;
    rows.iter()
        .map(|r| Ok((codec::id(r, "id")?, r.try_get("row")?)))
        .collect()
}

/// What the posting index must know of before this page is committed.
fn postings(changes: &[PageChange]) -> Vec<Posting> {
    let mut postings = Vec::new();
    let mut authors = HashSet::new();
    for change in changes {
        match change {
            PageChange::Upsert(write) if !write.matched.is_empty() => {
                let post = codec::open(&write.post);
                postings.push(Posting::Post(PostKey {
                    network: post.network.clone(),
                    native_id: post.native_id.clone(),
                }));
                let author = post.author.as_ref().and_then(|a| a.native_id.as_ref());
                if let Some(author) = author.filter(|a| authors.insert((&post.network, *a))) {
                    postings.push(Posting::Author(post.network.clone(), author.clone()));
                }
            }
            PageChange::Replaced { old, new_id } => {
                postings.push(Posting::Post(PostKey {
                    network: old.network.clone(),
                    native_id: new_id.clone(),
                }));
            }
            _ => {}
        }
    }
    postings
}

/// Applies the changes in order; upserts that follow each other go in together.
async fn apply(
    work: &mut Work<'_>,
    conn: &mut SqliteConnection,
    changes: Vec<PageChange>,
) -> Result<(), StoreError> {
    let mut batch: Vec<PostWrite> = Vec::new();
    let mut in_batch: HashSet<Hash128> = HashSet::new();
    let sent_last = sent_last(work, &changes);
    for (index, change) in changes.into_iter().enumerate() {
        match change {
            PageChange::Upsert(write) => {
                let post = codec::open(&write.post);
                let hash = work.keys.post_hash(&post.network, &post.native_id);
                if !in_batch.insert(hash) {
                    upsert::upsert(work, conn, std::mem::take(&mut batch)).await?;
                    in_batch.clear();
                    in_batch.insert(hash);
                }
                batch.push(*write);
            }
            other => {
                upsert::upsert(work, conn, std::mem::take(&mut batch)).await?;
                in_batch.clear();
                match other {
                    PageChange::Delete(key) => {
                        let hash = work.hash(&key);
                        let sent_again = sent_last.get(&hash).is_some_and(|last| *last > index);
                        change::delete(work, conn, &hash, sent_again).await?;
                    }
                    other => change::apply(work, conn, other).await?,
                }
            }
        }
    }
    upsert::upsert(work, conn, batch).await
}

/// Where in the page each post is sent for the last time: a post that is deleted and then sent again was made anew under its old name.
fn sent_last(work: &Work<'_>, changes: &[PageChange]) -> HashMap<Hash128, usize> {
    let deletes = changes.iter().any(|c| matches!(c, PageChange::Delete(_)));
    let upserts = changes
        .iter()
        .enumerate()
        .filter_map(|(index, change)| match change {
            PageChange::Upsert(write) if deletes => {
                let post = codec::open(&write.post);
                Some((work.keys.post_hash(&post.network, &post.native_id), index))
            }
            _ => None,
        });
    upserts.collect()
}

async fn tasks(
    work: &Work<'_>,
    conn: &mut SqliteConnection,
    account: &AccountId,
    done: Option<&str>,
    tasks: &[TaskItem],
) -> Result<(), StoreError> {
    let key_hash = |key: &str| work.keys.commit(format!("task {account} {key}").as_bytes());
    if let Some(done) = done {
        sqlx::query("delete from tasks where account = $1 and key_hash = $2")
            .bind(account.as_str())
            .bind(key_hash(done).as_slice())
            .execute(&mut *conn)
            .await?;
    }
    for task in tasks {
        let hash = key_hash(&task.key);
        let sealed = SealedTask {
            key: task.key.clone(),
            payload: task.payload.clone(),
            due: task.due,
        };
        let plain = serde_json::to_vec(&sealed).unwrap_or_default();
        sqlx::query(
            "insert into tasks (account, key_hash, sealed, due) values ($1, $2, $3, $4) \
             on conflict (account, key_hash) do update set sealed = excluded.sealed, due = excluded.due",
        )
        .bind(account.as_str())
        .bind(hash.as_slice())
        .bind(work.keys.seal(&task_place(account, &hash), &plain))
        .bind(task.due.unwrap_or_default().as_millis())
        .execute(&mut *conn)
        .await?;
    }
    Ok(())
}
