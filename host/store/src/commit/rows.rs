//! Rows of posts, analyses and links, many a statement.

use isocial_model::{MentionId, language::Sentiment};
use sqlx::{QueryBuilder, Sqlite, SqliteConnection};

use crate::{
    StoreError,
    codec::{AnalysisRow, PostRow},
};

/// Rows a statement: one text for full parts, so that it is prepared once.
const PART: usize = 64;

/// A row to be written.
pub(super) struct Write {
    pub(super) id: i64,
    pub(super) fresh: bool,
    pub(super) ingested: i64,
    pub(super) at: i64,
    pub(super) row: PostRow,
    /// Absent where the row no longer is what a connector sent as a whole, so that the next upsert rewrites it.
    pub(super) whole: bool,
    pub(super) tokens: String,
    pub(super) collected_by: Option<u64>,
    pub(super) analysed_by: Option<u64>,
    pub(super) recheck_at: Option<i64>,
}

/// Writes rows with their identities and tokens.
pub(super) async fn write_posts(
    conn: &mut SqliteConnection,
    writes: &[Write],
) -> Result<(), StoreError> {
    for part in writes.chunks(PART) {
        let full = part.len() == PART;
        posts_statement(part)
            .build()
            .persistent(full)
            .execute(&mut *conn)
            .await?;
        QueryBuilder::<Sqlite>::new("insert into identities (post, author_ref, sealed) ")
            .push_values(part, |mut b, w| {
                b.push_bind(w.id)
                    .push_bind(w.row.author_ref.as_ref().map(<[u8; 16]>::as_slice))
                    .push_bind(w.row.identity.as_slice());
            })
            .push(" on conflict (post) do update set author_ref = excluded.author_ref, sealed = excluded.sealed")
            .build()
            .persistent(full)
            .execute(&mut *conn)
            .await?;
    }
    for fresh in [true, false] {
        let rows: Vec<&Write> = writes.iter().filter(|w| w.fresh == fresh).collect();
        for part in rows.chunks(PART) {
            let verb = if fresh {
                "insert into"
            } else {
                "insert or replace into"
            };
            let mut query = QueryBuilder::<Sqlite>::new(verb);
            query
                .push(" tokens (rowid, stream) ")
                .push_values(part, |mut b, w| {
                    b.push_bind(w.id).push_bind(w.tokens.as_str());
                });
            query
                .build()
                .persistent(part.len() == PART)
                .execute(&mut *conn)
                .await?;
        }
    }
    Ok(())
}

fn posts_statement(part: &[Write]) -> QueryBuilder<Sqlite> {
    let mut query = QueryBuilder::<Sqlite>::new(
        "insert into posts (id, post_hash, network, kind, text, title, content_warning, language, created, edited, ingested, at, \
         author_ref, adult, likes, reposts, replies, quotes, views, rating, country, sensitive, hashtags, links, media, attributes, \
         content_hash, text_hash, collected_by, analysed_by, recheck_at) ",
    );
    query.push_values(part, |mut b, w| {
        let (row, e) = (&w.row, &w.row.engagement);
        let count = |n: Option<u64>| n.map(|n| i64::try_from(n).unwrap_or(i64::MAX));
        b.push_bind(w.id)
            .push_bind(row.hash.as_slice())
            .push_bind(row.network.as_str())
            .push_bind(row.kind)
            .push_bind(row.text.as_deref())
            .push_bind(row.title.as_deref())
            .push_bind(row.content_warning.as_deref())
            .push_bind(row.language.as_deref())
            .push_bind(row.created)
            .push_bind(row.edited)
            .push_bind(w.ingested)
            .push_bind(w.at)
            .push_bind(row.author_ref.as_ref().map(<[u8; 16]>::as_slice))
            .push_bind(row.adult)
            .push_bind(count(e.likes))
            .push_bind(count(e.reposts))
            .push_bind(count(e.replies))
            .push_bind(count(e.quotes))
            .push_bind(count(e.views))
            .push_bind(row.rating)
            .push_bind(row.country.as_deref())
            .push_bind(row.sensitive)
            .push_bind(row.hashtags.as_deref())
            .push_bind(row.links.as_deref())
            .push_bind(row.media.as_deref())
            .push_bind(row.attributes.as_deref())
            .push_bind(w.whole.then_some(row.content_hash.as_slice()))
            .push_bind(row.text_hash.as_slice())
            .push_bind(w.collected_by.map(|n| n as i64))
            .push_bind(w.analysed_by.map(|n| n as i64))
            .push_bind(w.recheck_at);
    });
    query.push(
        " on conflict (id) do update set post_hash = excluded.post_hash, kind = excluded.kind, text = excluded.text, \
         title = excluded.title, content_warning = excluded.content_warning, language = excluded.language, \
         created = excluded.created, edited = excluded.edited, at = excluded.at, author_ref = excluded.author_ref, \
         adult = excluded.adult, likes = excluded.likes, reposts = excluded.reposts, replies = excluded.replies, \
         quotes = excluded.quotes, views = excluded.views, rating = excluded.rating, country = excluded.country, \
         sensitive = excluded.sensitive, hashtags = excluded.hashtags, links = excluded.links, media = excluded.media, \
         attributes = excluded.attributes, content_hash = excluded.content_hash, text_hash = excluded.text_hash, \
         collected_by = coalesce(excluded.collected_by, collected_by), \
         analysed_by = coalesce(excluded.analysed_by, analysed_by), recheck_at = coalesce(excluded.recheck_at, recheck_at)",
    );
    query
}

pub(super) async fn write_analyses(
    conn: &mut SqliteConnection,
    rows: &[(i64, AnalysisRow)],
) -> Result<(), StoreError> {
    for part in rows.chunks(PART) {
        QueryBuilder::<Sqlite>::new(
            "insert into analyses (post, pack, language, language_confidence, sentiment, negative, neutral, positive, score, detail, hash) ",
        )
        .push_values(part, |mut b, (post, a)| {
            let real = |f: fn(&Sentiment) -> f32| a.sentiment.as_ref().map(|s| f64::from(f(s)));
            b.push_bind(*post)
                .push_bind(a.pack.as_str())
                .push_bind(a.language.as_deref())
                .push_bind(a.language_confidence)
                .push_bind(a.sentiment.map(|s| s.label.name()))
                .push_bind(real(|s| s.negative))
                .push_bind(real(|s| s.neutral))
                .push_bind(real(|s| s.positive))
                .push_bind(real(|s| s.score))
                .push_bind(a.detail.as_deref())
                .push_bind(a.hash.as_slice());
        })
        .push(
            " on conflict (post) do update set pack = excluded.pack, language = excluded.language, \
             language_confidence = excluded.language_confidence, sentiment = excluded.sentiment, negative = excluded.negative, \
             neutral = excluded.neutral, positive = excluded.positive, score = excluded.score, detail = excluded.detail, \
             hash = excluded.hash",
        )
        .build()
        .persistent(part.len() == PART)
        .execute(&mut *conn)
        .await?;
    }
    Ok(())
}

pub(super) async fn write_links(
    conn: &mut SqliteConnection,
    links: &[(i64, i64, MentionId, i64)],
) -> Result<(), StoreError> {
    for part in links.chunks(PART) {
        QueryBuilder::<Sqlite>::new("insert into mentions (monitor, post, id, at) ")
            .push_values(part, |mut b, (monitor, post, id, at)| {
                b.push_bind(*monitor)
                    .push_bind(*post)
                    .push_bind(id.as_str())
                    .push_bind(*at);
            })
            .push(" on conflict (monitor, post) do update set at = excluded.at")
            .build()
            .persistent(part.len() == PART)
            .execute(&mut *conn)
            .await?;
    }
    Ok(())
}
