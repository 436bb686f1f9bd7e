//! Mentions as they are read: pages, search candidates, one by id.

use isocial_model::{
    Instant, Labeled, MentionId, MonitorId,
    key::Hash128,
    language::{Analysis, SentimentLabel},
    post::Post,
};

use sqlx::{QueryBuilder, Row, Sqlite, sqlite::SqliteRow};

use crate::{OrgDb, StoreError, codec};

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
            Some(Self {
                at: Instant(i64::from_str_radix(at, 16).ok()?),
                row: i64::from_str_radix(row, 16).ok()?,
            })
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

const SELECT: &str = concat!(
    "select m.id as mention, m.at as placed, m.post as row, mon.id as monitor, p.ingested, p.author_ref, p.hidden, p.author_hidden, ",
    "p.collected_by, p.analysed_by, a.pack, a.language as found, a.language_confidence, a.sentiment, a.negative, a.neutral, ",
    "a.positive, a.score, a.detail, ",
    codec::post_columns!(),
    " from mentions m join posts p on p.id = m.post join identities i on i.post = p.id ",
    "join monitors mon on mon.row = m.monitor left join analyses a on a.post = p.id where true",
);

/// The most mentions a page.
const MOST: u32 = 500;

impl OrgDb {
    /// Mentions that the filter lets through, newest first, at most `limit` (1–500).
    pub async fn mentions(
        &self,
        filter: &MentionFilter,
        after: Option<MentionCursor>,
        limit: u32,
    ) -> Result<MentionPage, StoreError> {
        let limit = limit.clamp(1, MOST) as usize;
        let mut query = QueryBuilder::<Sqlite>::new(SELECT);
        narrow(&mut query, filter);
        if let Some(after) = after {
            // One order over all monitors: by time, then post, then monitor; the cursor stands behind a whole post.
            query
                .push(" and (m.at, m.post) < (")
                .push_bind(after.at.as_millis());
            query.push(", ").push_bind(after.row).push(")");
        }
        // One row more than asked for says whether there is a next page.
        query
            .push(" order by m.at desc, m.post desc, m.monitor desc limit ")
            .push_bind(limit as i64 + 1);
        let mut conn = self.file().read().await?;
        let mut rows = query.build().fetch_all(&mut *conn).await?;
        let next = if rows.len() > limit {
            cut_behind_a_post(&mut rows, limit)?
        } else {
            None
        };
        let items = rows
            .iter()
            .map(|r| self.mention_of(r))
            .collect::<Result<_, _>>()?;
        Ok(MentionPage { items, next })
    }

    /// One mention.
    pub async fn mention(&self, id: &MentionId) -> Result<Option<Mention>, StoreError> {
        let mut query = QueryBuilder::<Sqlite>::new(SELECT);
        query.push(" and m.id = ").push_bind(id.as_str());
        let mut conn = self.file().read().await?;
        query
            .build()
            .fetch_optional(&mut *conn)
            .await?
            .map(|r| self.mention_of(&r))
            .transpose()
    }

    fn mention_of(&self, row: &SqliteRow) -> Result<Mention, StoreError> {
        let hidden: bool =
            row.try_get::<bool, _>("hidden")? || row.try_get::<bool, _>("author_hidden")?;
        let author: Option<&[u8]> = row.try_get("author_ref")?;
        Ok(Mention {
            id: codec::id(row, "mention")?,
            monitor: codec::id(row, "monitor")?,
            post: codec::label(codec::decode(self.ring(), row)?),
            analysis: codec::decode_analysis(row)?,
            at: Instant(row.try_get("placed")?),
            ingested: Instant(row.try_get("ingested")?),
            status: if hidden {
                MentionStatus::Hidden
            } else {
                MentionStatus::Visible
            },
            post_hash: codec::bytes(row, "post_hash")?,
            author_ref: author.and_then(|a| a.try_into().ok()),
            collected_by: row
                .try_get::<Option<i64>, _>("collected_by")?
                .map(|n| n as u64),
            analysed_by: row
                .try_get::<Option<i64>, _>("analysed_by")?
                .map(|n| n as u64),
        })
    }
}

fn narrow(query: &mut QueryBuilder<Sqlite>, filter: &MentionFilter) {
    match filter.status.unwrap_or(MentionStatus::Visible) {
        MentionStatus::Visible => query.push(" and p.hidden = 0 and p.author_hidden = 0"),
        MentionStatus::Hidden => query.push(" and (p.hidden = 1 or p.author_hidden = 1)"),
    };
    if let Some(monitor) = &filter.monitor {
        query
            .push(" and m.monitor = (select row from monitors where id = ")
            .push_bind(monitor.as_str())
            .push(")");
    }
    if let Some(from) = filter.from {
        query.push(" and m.at >= ").push_bind(from.as_millis());
    }
    if let Some(until) = filter.until {
        query.push(" and m.at < ").push_bind(until.as_millis());
    }
    if let Some(network) = &filter.network {
        query.push(" and p.network = ").push_bind(network.as_str());
    }
    if let Some(sentiment) = filter.sentiment {
        query
            .push(" and a.sentiment = ")
            .push_bind(sentiment.name());
    }
    if let Some(tokens) = &filter.tokens {
        query
            .push(" and m.post in (select rowid from tokens where tokens match ")
            .push_bind(tokens.as_str())
            .push(")");
    }
}

/// Cuts a page so that no post's mentions are on two pages, unless one post fills the whole page; the cursor behind it.
fn cut_behind_a_post(
    rows: &mut Vec<SqliteRow>,
    limit: usize,
) -> Result<Option<MentionCursor>, StoreError> {
    let key = |r: &SqliteRow| {
        Ok::<_, StoreError>((r.try_get::<i64, _>("placed")?, r.try_get::<i64, _>("row")?))
    };
    let Some(extra) = rows.get(limit) else {
        return Ok(None);
    };
    let next_post = key(extra)?;
    rows.truncate(limit);
    let mut whole = rows.len();
    while let Some(row) = whole.checked_sub(1).and_then(|i| rows.get(i)) {
        if key(row)? != next_post {
            break;
        }
        whole -= 1;
    }
    if whole > 0 {
        rows.truncate(whole);
    }
    let Some(last) = rows.last() else {
        return Ok(None);
    };
    let (at, row) = key(last)?;
    Ok(Some(MentionCursor {
        at: Instant(at),
        row,
    }))
}
