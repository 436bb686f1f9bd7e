//! Where collecting stands: a job's place, tasks, rechecks, coverage, counters, and the page that moves them all at once.

use std::sync::Arc;

use isocial_model::{
    AccountId, Instant, JobId, Labeled,
    connector::{TaskItem, Window},
    key::{Hash128, OrgKeys},
    language::Analysis,
    post::{Post, PostKey},
};
use serde::{Deserialize, Serialize};
use sqlx::Row;

use crate::{
    OrgDb, StoreError, codec, commit,
    page::{PageCommit, PageOutcome},
    sql,
};

/// Where a job stands: what its next step begins from, and its fence.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct JobPlace {
    /// The cursor of its last page.
    pub cursor: Option<Vec<u8>>,
    /// Goes up with each commit: the fence's second half.
    pub cursor_version: u64,
    /// The epoch that last committed.
    pub lease_epoch: u64,
}

impl std::fmt::Debug for JobPlace {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("JobPlace")
            .field("cursor_version", &self.cursor_version)
            .field("lease_epoch", &self.lease_epoch)
            .finish_non_exhaustive()
    }
}

/// A post that its network is to be asked about.
#[derive(Clone, PartialEq, Eq)]
pub struct Recheck {
    /// The post.
    pub key: PostKey,
    /// The connector's own reference.
    pub reference: Option<String>,
    /// Since when it is due.
    pub due: Instant,
}

impl std::fmt::Debug for Recheck {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Recheck")
            .field("due", &self.due)
            .finish_non_exhaustive()
    }
}

/// What is known of a post already, so that the same text is not analysed twice.
#[derive(Debug, Clone, PartialEq)]
pub struct KnownPost {
    /// Keyed hash of the post's text, title, warning and given language; compare with [`OrgDb::text_hash`].
    pub text: Hash128,
    /// What a language pack said of it, if one did; `by` is the package, `id@version`.
    pub analysis: Option<Analysis>,
}

/// A task as it is sealed: its own key is inside, its row has the key's hash only.
#[derive(Serialize, Deserialize)]
pub(crate) struct SealedTask {
    pub(crate) key: String,
    pub(crate) payload: Vec<u8>,
    pub(crate) due: Option<Instant>,
}

pub(crate) fn cursor_place(job: &JobId) -> String {
    format!("cursor/{job}")
}

pub(crate) fn task_place(account: &AccountId, key_hash: &Hash128) -> String {
    format!("task/{account}/{}", hex::encode(key_hash))
}

impl OrgDb {
    /// Where this job stands; the beginning if it has never committed.
    pub async fn place(&self, job: &JobId) -> Result<JobPlace, StoreError> {
        let mut conn = self.file().read().await?;
        let row =
            sqlx::query("select cursor, cursor_version, lease_epoch from places where job = $1")
                .bind(job.as_str())
                .fetch_optional(&mut *conn)
                .await?;
        let Some(row) = row else {
            return Ok(JobPlace::default());
        };
        let sealed: Option<Vec<u8>> = row.try_get("cursor")?;
        Ok(JobPlace {
            cursor: sealed
                .map(|s| self.ring().unseal(&cursor_place(job), &s))
                .transpose()?,
            cursor_version: row.try_get::<i64, _>("cursor_version")? as u64,
            lease_epoch: row.try_get::<i64, _>("lease_epoch")? as u64,
        })
    }

    /// Commits a page: everything in it, or nothing.
    ///
    /// Committing the same page twice leaves the posts, links, counts and tasks of one commit. [`StoreError::Conflict`] says that the
    /// fence does not hold. The posting index of the deployment is written before.
    pub async fn commit_page(&self, page: PageCommit) -> Result<PageOutcome, StoreError> {
        commit::commit(self, page)
            .await
            .map_err(|e| e.named(self.file().name()))
    }

    /// What is known of these posts, in their order.
    pub async fn known_posts(
        &self,
        keys: &[PostKey],
    ) -> Result<Vec<Option<KnownPost>>, StoreError> {
        let hashes: Vec<Hash128> = keys
            .iter()
            .map(|k| self.ring().post_hash(&k.network, &k.native_id))
            .collect();
        let mut conn = self.file().read().await?;
        let rows = sqlx::query(
            "select p.post_hash, p.text_hash, a.pack, a.language as found, a.language_confidence, a.sentiment, a.negative, a.neutral, \
             a.positive, a.score, a.detail from posts p left join analyses a on a.post = p.id \
             where p.post_hash in (select unhex(value) from json_each($1))",
        )
        .bind(sql::hashes(&hashes))
        .fetch_all(&mut *conn)
        .await?;
        let mut known = std::collections::HashMap::with_capacity(rows.len());
        for row in &rows {
            let hash: Hash128 = codec::bytes(row, "post_hash")?;
            known.insert(
                hash,
                KnownPost {
                    text: codec::bytes(row, "text_hash")?,
                    analysis: codec::decode_analysis(row)?,
                },
            );
        }
        Ok(hashes.iter().map(|h| known.get(h).cloned()).collect())
    }

    /// What is kept of each of these posts' analyses, in their order; absent where a post is unknown, was not analysed, or says something
    /// else now: only then is there anything for a language pack to read.
    pub async fn kept_analyses(
        &self,
        posts: &[Arc<Labeled<Post>>],
    ) -> Result<Vec<Option<Analysis>>, StoreError> {
        let keys: Vec<PostKey> = posts
            .iter()
            .map(|post| {
                let post = codec::open(post);
                PostKey {
                    network: post.network.clone(),
                    native_id: post.native_id.clone(),
                }
            })
            .collect();
        let known = self.known_posts(&keys).await?;
        Ok(posts
            .iter()
            .zip(known)
            .map(|(post, known)| {
                known
                    .filter(|known| known.text == self.text_hash(post))
                    .and_then(|known| known.analysis)
            })
            .collect())
    }

    /// Tasks of this account that are due, oldest first.
    pub async fn due_tasks(
        &self,
        account: &AccountId,
        limit: u32,
    ) -> Result<Vec<TaskItem>, StoreError> {
        let mut conn = self.file().read().await?;
        let rows = sqlx::query(
            "select key_hash, sealed from tasks where account = $1 and due <= $2 order by due, key_hash limit $3",
        )
        .bind(account.as_str())
        .bind(self.now().as_millis())
        .bind(i64::from(limit))
        .fetch_all(&mut *conn)
        .await?;
        rows.iter()
            .map(|r| {
                let key_hash: Hash128 = codec::bytes(r, "key_hash")?;
                let plain = self
                    .ring()
                    .unseal(&task_place(account, &key_hash), r.try_get("sealed")?)?;
                let task: SealedTask =
                    serde_json::from_slice(&plain).map_err(|e| StoreError::Row {
                        table: "tasks",
                        problem: format!("it does not read: {e}"),
                    })?;
                Ok(TaskItem {
                    key: task.key,
                    payload: task.payload,
                    due: task.due,
                })
            })
            .collect()
    }

    /// When the account's next task is due.
    pub async fn next_task(&self, account: &AccountId) -> Result<Option<Instant>, StoreError> {
        let mut conn = self.file().read().await?;
        let row = sqlx::query("select min(due) as due from tasks where account = $1")
            .bind(account.as_str())
            .fetch_one(&mut *conn)
            .await?;
        codec::instant(&row, "due")
    }

    /// Posts of this network whose recheck is due, oldest first.
    pub async fn due_rechecks(
        &self,
        network: &str,
        limit: u32,
    ) -> Result<Vec<Recheck>, StoreError> {
        let mut conn = self.file().read().await?;
        let rows = sqlx::query(concat!(
            "select p.recheck_at, ",
            codec::post_columns!(),
            " from posts p join identities i on i.post = p.id ",
            "where p.network = $1 and p.recheck_at <= $2 order by p.recheck_at, p.id limit $3",
        ))
        .bind(network)
        .bind(self.now().as_millis())
        .bind(i64::from(limit))
        .fetch_all(&mut *conn)
        .await?;
        rows.iter()
            .map(|r| {
                let post = codec::decode(self.ring(), r)?;
                Ok(Recheck {
                    key: PostKey {
                        network: post.network,
                        native_id: post.native_id,
                    },
                    reference: post.reference,
                    due: Instant(r.try_get("recheck_at")?),
                })
            })
            .collect()
    }

    /// What this account has fully seen, oldest first.
    pub async fn coverage(&self, account: &AccountId) -> Result<Vec<Window>, StoreError> {
        let mut conn = self.file().read().await?;
        let rows = sqlx::query("select start, finish, complete from coverage where account = $1 order by start, finish")
            .bind(account.as_str())
            .fetch_all(&mut *conn)
            .await?;
        rows.iter()
            .map(|r| {
                Ok(Window {
                    start: Instant(r.try_get("start")?),
                    end: Instant(r.try_get("finish")?),
                    complete: r.try_get("complete")?,
                })
            })
            .collect()
    }

    /// All counters over all accounts: name and sum.
    pub async fn counters(&self) -> Result<Vec<(String, u64)>, StoreError> {
        let mut conn = self.file().read().await?;
        let rows =
            sqlx::query("select name, sum(n) as n from counters group by name order by name")
                .fetch_all(&mut *conn)
                .await?;
        rows.iter()
            .map(|r| Ok((r.try_get("name")?, r.try_get::<i64, _>("n")? as u64)))
            .collect()
    }
}
