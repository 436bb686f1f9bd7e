//! One page of changes as it is committed, and what came of it.

use isocial_model::{
    AccountId, Instant, JobId, Labeled, MonitorId,
    connector::{TaskItem, Window},
    language::Analysis,
    post::{AuthorState, Engagement, Post, PostKey},
    receipt::Receipt,
};

/// What a commit is compared with: nothing is written unless this worker is still the one, and the cursor still where it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fence {
    /// The job.
    pub job: JobId,
    /// The lease's epoch, from the job's lease.
    pub lease_epoch: u64,
    /// The version of the cursor that the work began from, from [`crate::JobPlace`].
    pub cursor_version: u64,
}

/// One post to be kept, with everything that is known about it.
#[derive(Debug, Clone)]
pub struct PostWrite {
    /// The post; only public ones are kept.
    pub post: Labeled<Post>,
    /// The post's token stream, separated by spaces: what full text is looked up by.
    pub tokens: String,
    /// Monitors that were evaluated and match.
    pub matched: Vec<MonitorId>,
    /// Monitors that were evaluated and do not match: a link of theirs is removed. A post that no monitor holds is not kept.
    pub unmatched: Vec<MonitorId>,
    /// The analysis; absent keeps an earlier one as long as the text is the same.
    pub analysis: Option<Analysis>,
    /// Index into the page's receipts of the call that collected it; absent keeps the earlier one.
    pub collected_by: Option<usize>,
    /// Index into the page's receipts of the call that analysed it; absent keeps the earlier one.
    pub analysed_by: Option<usize>,
    /// When the network is to be asked whether it still exists.
    pub recheck_at: Option<Instant>,
}

/// One change, in the order in which it is to be applied.
#[derive(Debug, Clone)]
pub enum PageChange {
    /// New, or changed as a whole.
    Upsert(Box<PostWrite>),
    /// Deleted by the network: removed, a tombstone stays.
    Delete(PostKey),
    /// Not public at present.
    Hide(PostKey),
    /// Public again.
    Restore(PostKey),
    /// Something happened to all posts of an author: `Gone` erases them all.
    Author {
        /// The network.
        network: String,
        /// The author's native id.
        author: String,
        /// What happened.
        state: AuthorState,
    },
    /// Fields must no longer be held, named as in `wit/plugin.wit`.
    Strip {
        /// Of which post.
        key: PostKey,
        /// Which fields.
        fields: Vec<String>,
    },
    /// It has a new id.
    Replaced {
        /// The old name.
        old: PostKey,
        /// The new native id.
        new_id: String,
    },
    /// New counts.
    Engagement {
        /// Of which post.
        key: PostKey,
        /// The counts.
        counts: Engagement,
    },
    /// It was rechecked and is unchanged: when to ask again.
    RecheckAt {
        /// Which post.
        key: PostKey,
        /// Not before; absent = never.
        at: Option<Instant>,
    },
}

/// A page of changes with everything that must be kept together with it, or not at all.
#[derive(Debug, Clone, Default)]
pub struct PageCommit {
    /// Which job this is for, from where it began. Absent for matches from a shared stream, whose repeats idempotent upserts absorb.
    pub fence: Option<Fence>,
    /// The account that was read.
    pub account: Option<AccountId>,
    /// The job's next place; absent keeps the last one.
    pub cursor: Option<Vec<u8>>,
    /// The account's new state; absent keeps the last one.
    pub state: Option<Vec<u8>>,
    /// Key of the task that this page has done, if it began from one.
    pub done_task: Option<String>,
    /// Tasks that this page leaves.
    pub tasks: Vec<TaskItem>,
    /// Changes in order.
    pub changes: Vec<PageChange>,
    /// Receipts of the calls that made this page, in order.
    pub receipts: Vec<Receipt>,
    /// What was fully seen.
    pub coverage: Vec<Window>,
    /// What was counted: kebab-case name and number, such as `collected`, `dropped`, `rejected`.
    pub counters: Vec<(String, u64)>,
}

/// What came of a page.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PageOutcome {
    /// Posts that were new.
    pub inserted: u64,
    /// Posts that changed.
    pub updated: u64,
    /// Posts that were the same already, or older than what is kept.
    pub unchanged: u64,
    /// Posts that were removed.
    pub deleted: u64,
    /// Posts that were hidden.
    pub hidden: u64,
    /// Posts that are shown again.
    pub restored: u64,
    /// Posts that were dropped because they, or their author, had been deleted or erased before.
    pub tombstoned: u64,
    /// Posts that were dropped because they are not public or carry an age signal.
    pub refused: u64,
    /// Posts that no monitor holds, and that were not kept.
    pub unmatched: u64,
    /// New mentions a monitor.
    pub mentions: Vec<(MonitorId, u64)>,
    /// Buckets of the minute whose counts changed, a monitor: what rules look at.
    pub touched: Vec<(MonitorId, Instant)>,
    /// Numbers of the receipts in the ledger, in the order given.
    pub receipts: Vec<u64>,
    /// The cursor's version after this commit; the next fence's.
    pub cursor_version: u64,
}
