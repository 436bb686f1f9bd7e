//! Where collecting stands: a job's place, tasks, rechecks, coverage, counters, and the page that moves them all at once.

use isocial_model::{
    AccountId, Instant, JobId,
    connector::{TaskItem, Window},
    key::Hash128,
    post::PostKey,
};

use crate::{
    OrgDb, StoreError,
    page::{PageCommit, PageOutcome},
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
        f.debug_struct("Recheck").field("due", &self.due).finish_non_exhaustive()
    }
}

/// What is known of a post already, so that the same text is not analysed twice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownPost {
    /// Keyed hash of the post's text, title and warning; compare with [`OrgDb::text_hash`].
    pub text: Hash128,
    /// Package that analysed it, `id@version`, if one did.
    pub analysed_by: Option<String>,
}

impl OrgDb {
    /// Where this job stands; the beginning if it has never committed.
    pub async fn place(&self, job: &JobId) -> Result<JobPlace, StoreError> {
        let _ = job;
        unimplemented!()
    }
    /// Commits a page: everything in it, or nothing.
    ///
    /// Committing the same page twice leaves the posts, links, counts and tasks of one commit. [`StoreError::Conflict`] says that the fence does not hold.
    pub async fn commit_page(&self, page: PageCommit) -> Result<PageOutcome, StoreError> {
        let _ = page;
        unimplemented!()
    }
    /// What is known of these posts, in their order.
    pub async fn known_posts(&self, keys: &[PostKey]) -> Result<Vec<Option<KnownPost>>, StoreError> {
        let _ = keys;
        unimplemented!()
    }
    /// Tasks of this account that are due, oldest first.
    pub async fn due_tasks(&self, account: &AccountId, limit: u32) -> Result<Vec<TaskItem>, StoreError> {
        let _ = (account, limit);
        unimplemented!()
    }
    /// When the account's next task is due.
    pub async fn next_task(&self, account: &AccountId) -> Result<Option<Instant>, StoreError> {
        let _ = account;
        unimplemented!()
    }
    /// Posts of this network whose recheck is due, oldest first.
    pub async fn due_rechecks(&self, network: &str, limit: u32) -> Result<Vec<Recheck>, StoreError> {
        let _ = (network, limit);
        unimplemented!()
    }
    /// What this account has fully seen, oldest first.
    pub async fn coverage(&self, account: &AccountId) -> Result<Vec<Window>, StoreError> {
        let _ = account;
        unimplemented!()
    }
    /// All counters over all accounts: name and sum.
    pub async fn counters(&self) -> Result<Vec<(String, u64)>, StoreError> {
        unimplemented!()
    }
}
