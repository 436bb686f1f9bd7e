//! Mentions as they are read: pages, search candidates, one by id.

use isocial_model::{
    Instant, Labeled, MentionId, MonitorId,
    key::Hash128,
    language::{Analysis, SentimentLabel},
    post::Post,
};

use crate::{OrgDb, StoreError};

/// Whether a mention is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MentionStatus {
    /// Shown.
    Visible,
    /// Not public at present: shown to nobody.
    Hidden,
}

/// Which mentions.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct MentionFilter {
    /// Of this monitor only.
    pub monitor: Option<MonitorId>,
    /// Published at or after.
    pub from: Option<Instant>,
    /// Published before.
    pub until: Option<Instant>,
    /// From this network only.
    pub network: Option<String>,
    /// Of this opinion only.
    pub sentiment: Option<SentimentLabel>,
    /// With this status only; absent = visible only.
    pub status: Option<MentionStatus>,
    /// Candidates by full text: an FTS5 expression over the token stream.
    pub tokens: Option<String>,
}

/// A place in a list of mentions, opaque to clients.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MentionCursor {
    pub(crate) at: Instant,
    pub(crate) row: i64,
}

impl std::fmt::Display for MentionCursor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:x}.{:x}", self.at.as_millis(), self.row)
    }
}

impl std::str::FromStr for MentionCursor {
    type Err = StoreError;
    fn from_str(text: &str) -> Result<Self, StoreError> {
        let parse = || {
            let (at, row) = text.split_once('.')?;
            Some(Self { at: Instant(i64::from_str_radix(at, 16).ok()?), row: i64::from_str_radix(row, 16).ok()? })
        };
        parse().ok_or_else(|| StoreError::Invalid {
            what: "the cursor",
            problem: "it is none of ours: leave it out to begin at the newest mention".into(),
        })
    }
}

/// A post that matched a monitor.
#[derive(Debug, Clone)]
pub struct Mention {
    /// Its id: the same for the same post and monitor, however often it is collected.
    pub id: MentionId,
    /// The monitor.
    pub monitor: MonitorId,
    /// The post, with its identity.
    pub post: Labeled<Post>,
    /// What the pack said.
    pub analysis: Option<Analysis>,
    /// When it was published, or first seen where the network does not say; never in the future.
    pub at: Instant,
    /// When it was first seen.
    pub ingested: Instant,
    /// Whether it is shown.
    pub status: MentionStatus,
    /// Keyed hash of network and native id.
    pub post_hash: Hash128,
    /// The author's pseudonym inside the organisation.
    pub author_ref: Option<Hash128>,
    /// Number of the receipt of the call that collected it.
    pub collected_by: Option<u64>,
    /// Number of the receipt of the call that analysed it.
    pub analysed_by: Option<u64>,
}

/// A page of mentions, newest first.
#[derive(Debug, Clone)]
pub struct MentionPage {
    /// The mentions.
    pub items: Vec<Mention>,
    /// Where to go on; absent at the end.
    pub next: Option<MentionCursor>,
}

impl OrgDb {
    /// Mentions that the filter lets through, newest first, at most `limit` (1–500).
    pub async fn mentions(
        &self,
        filter: &MentionFilter,
        after: Option<MentionCursor>,
        limit: u32,
    ) -> Result<MentionPage, StoreError> {
        let _ = (filter, after, limit);
        unimplemented!()
    }

    /// One mention.
    pub async fn mention(&self, id: &MentionId) -> Result<Option<Mention>, StoreError> {
        let _ = id;
        unimplemented!()
    }
}
