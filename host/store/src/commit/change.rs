//! Single changes: deletions, hiding, author events, stripped fields, new ids, new counts.

use isocial_model::{
    Instant,
    key::{Hash128, OrgKeys},
    post::{AuthorState, Engagement, Post, PostKey},
};
use sqlx::{Row, SqliteConnection};

use super::{
    Work,
    rows::{Write, write_posts},
    tally::links,
    upsert::placed_at,
};
use crate::{StoreError, codec, page::PageChange, sql};

/// Applies one change that is no upsert.
pub(super) async fn apply(
    work: &mut Work<'_>,
    conn: &mut SqliteConnection,
    change: PageChange,
) -> Result<(), StoreError> {
    match change {
        PageChange::Upsert(_) => Ok(()),
        PageChange::Delete(key) => delete(work, conn, &work.hash(&key), false).await,
        PageChange::Hide(key) => hide(work, conn, &key, true).await,
        PageChange::Restore(key) => hide(work, conn, &key, false).await,
        PageChange::Author {
            network,
            author,
            state,
        } => author_event(work, conn, &network, &author, state).await,
        PageChange::Strip { key, fields } => strip(work, conn, &key, &fields).await,
        PageChange::Replaced { old, new_id } => replaced(work, conn, &old, new_id).await,
        PageChange::Engagement { key, counts } => engagement(work, conn, &key, &counts).await,
        PageChange::RecheckAt { key, at } => {
            sqlx::query("update posts set recheck_at = $1 where post_hash = $2")
                .bind(at.map(Instant::as_millis))
                .bind(work.hash(&key).as_slice())
                .execute(conn)
                .await?;
            Ok(())
        }
    }
}

async fn id_of(conn: &mut SqliteConnection, hash: &Hash128) -> Result<Option<i64>, StoreError> {
    let row = sqlx::query("select id from posts where post_hash = $1")
        .bind(hash.as_slice())
        .fetch_optional(conn)
        .await?;
    row.map(|r| Ok(r.try_get("id")?)).transpose()
}

async fn tombstone(
    conn: &mut SqliteConnection,
    hash: &Hash128,
    reason: &'static str,
    now: Instant,
) -> Result<(), StoreError> {
    sqlx::query("insert into tombstones (hash, reason, at) values ($1, $2, $3) on conflict (hash) do nothing")
        .bind(hash.as_slice())
        .bind(reason)
        .bind(now.as_millis())
        .execute(conn)
        .await?;
    Ok(())
}

/// Removes posts with all that hangs on them; their counts go with them.
pub(super) async fn remove(
    work: &mut Work<'_>,
    conn: &mut SqliteConnection,
    ids: &[i64],
) -> Result<(), StoreError> {
    if ids.is_empty() {
        return Ok(());
    }
    work.tally.take(&links(conn, ids).await?);
    let removed = erase(conn, ids).await?;
    work.outcome.deleted += removed;
    Ok(())
}

async fn erase(conn: &mut SqliteConnection, ids: &[i64]) -> Result<u64, StoreError> {
    let list = sql::numbers(ids);
    sqlx::query("delete from tokens where rowid in (select value from json_each($1))")
        .bind(&list)
        .execute(&mut *conn)
        .await?;
    // Identities, analyses and links go with their post.
    let done = sqlx::query("delete from posts where id in (select value from json_each($1))")
        .bind(&list)
        .execute(conn)
        .await?;
    Ok(done.rows_affected())
}

/// Removes the posts that no monitor holds any more. Their counts went with the monitor.
pub(crate) async fn remove_unheld(conn: &mut SqliteConnection) -> Result<(), StoreError> {
    let rows = sqlx::query(
        "select id from posts p where not exists (select 1 from mentions m where m.post = p.id)",
    )
    .fetch_all(&mut *conn)
    .await?;
    let ids = rows
        .iter()
        .map(|r| r.try_get("id"))
        .collect::<Result<Vec<i64>, _>>()?;
    erase(conn, &ids).await?;
    Ok(())
}

/// Forgets what a pack said of a text that is no longer the same.
pub(super) async fn forget_analyses(
    conn: &mut SqliteConnection,
    ids: &[i64],
) -> Result<(), StoreError> {
    let list = sql::numbers(ids);
    sqlx::query("delete from analyses where post in (select value from json_each($1))")
        .bind(&list)
        .execute(&mut *conn)
        .await?;
    sqlx::query(
        "update posts set analysed_by = null where id in (select value from json_each($1))",
    )
    .bind(&list)
    .execute(conn)
    .await?;
    Ok(())
}

/// Removes a post; a tombstone keeps it away, unless the same page sends it again.
pub(super) async fn delete(
    work: &mut Work<'_>,
    conn: &mut SqliteConnection,
    hash: &Hash128,
    sent_again: bool,
) -> Result<(), StoreError> {
    let Some(id) = id_of(conn, hash).await? else {
        return Ok(());
    };
    if !sent_again {
        tombstone(conn, hash, "deleted", work.now).await?;
    }
    remove(work, conn, &[id]).await
}

async fn hide(
    work: &mut Work<'_>,
    conn: &mut SqliteConnection,
    key: &PostKey,
    hidden: bool,
) -> Result<(), StoreError> {
    let Some(id) = id_of(conn, &work.hash(key)).await? else {
        return Ok(());
    };
    work.tally.take(&links(conn, &[id]).await?);
    let done = sqlx::query("update posts set hidden = $1 where id = $2 and hidden <> $1")
        .bind(hidden)
        .bind(id)
        .execute(&mut *conn)
        .await?
        .rows_affected();
    work.tally.put(&links(conn, &[id]).await?);
    if hidden {
        work.outcome.hidden += done;
    } else {
        work.outcome.restored += done;
    }
    Ok(())
}

async fn author_event(
    work: &mut Work<'_>,
    conn: &mut SqliteConnection,
    network: &str,
    author: &str,
    state: AuthorState,
) -> Result<(), StoreError> {
    let author_ref = work.keys.author_ref(network, author);
    let rows = sqlx::query("select id from posts where author_ref = $1 order by id")
        .bind(author_ref.as_slice())
        .fetch_all(&mut *conn)
        .await?;
    let ids = rows
        .iter()
        .map(|r| r.try_get("id"))
        .collect::<Result<Vec<i64>, _>>()?;
    let hidden = match state {
        AuthorState::Gone => {
            if !ids.is_empty() {
                tombstone(conn, &author_ref, "author-gone", work.now).await?;
            }
            return remove(work, conn, &ids).await;
        }
        AuthorState::Hidden | AuthorState::Protected => true,
        AuthorState::Restored => {
            // Only what the network itself took away comes back; what was erased on request stays erased.
            sqlx::query("delete from tombstones where hash = $1 and reason = 'author-gone'")
                .bind(author_ref.as_slice())
                .execute(&mut *conn)
                .await?;
            false
        }
    };
    work.tally.take(&links(conn, &ids).await?);
    let done = sqlx::query(
        "update posts set author_hidden = $1 where author_ref = $2 and author_hidden <> $1",
    )
    .bind(hidden)
    .bind(author_ref.as_slice())
    .execute(&mut *conn)
    .await?
    .rows_affected();
    work.tally.put(&links(conn, &ids).await?);
    if hidden {
        work.outcome.hidden += done;
    } else {
        work.outcome.restored += done;
    }
    Ok(())
}

/// A kept post as a whole, with what its row needs to be written again.
struct Kept {
    id: i64,
    ingested: i64,
    tokens: String,
    post: Post,
}

async fn kept(
    work: &Work<'_>,
    conn: &mut SqliteConnection,
    hash: &Hash128,
) -> Result<Option<Kept>, StoreError> {
    let row = sqlx::query(concat!(
        "select p.id, p.ingested, t.stream, ",
        codec::post_columns!(),
        " from posts p join identities i on i.post = p.id join tokens t on t.rowid = p.id where p.post_hash = $1",
    ))
    .bind(hash.as_slice())
    .fetch_optional(conn)
    .await?;
    row.map(|r| {
        Ok(Kept {
            id: r.try_get("id")?,
            ingested: r.try_get("ingested")?,
            tokens: r.try_get("stream")?,
            post: codec::decode(work.keys, &r)?,
        })
    })
    .transpose()
}

/// Writes a kept post again after a part of it changed.
async fn rewrite(
    work: &mut Work<'_>,
    conn: &mut SqliteConnection,
    kept: Kept,
) -> Result<(), StoreError> {
    let write = Write {
        id: kept.id,
        fresh: false,
        ingested: kept.ingested,
        at: placed_at(kept.post.created, kept.ingested),
        row: codec::encode(work.keys, &kept.post, &kept.tokens),
        whole: false,
        tokens: kept.tokens,
        collected_by: None,
        analysed_by: None,
        recheck_at: None,
    };
    work.tally.take(&links(conn, &[kept.id]).await?);
    write_posts(conn, &[write]).await?;
    sqlx::query("update mentions set at = (select p.at from posts p where p.id = mentions.post) where post = $1")
        .bind(kept.id)
        .execute(&mut *conn)
        .await?;
    work.tally.put(&links(conn, &[kept.id]).await?);
    work.outcome.updated += 1;
    Ok(())
}

async fn strip(
    work: &mut Work<'_>,
    conn: &mut SqliteConnection,
    key: &PostKey,
    fields: &[String],
) -> Result<(), StoreError> {
    let Some(mut kept) = kept(work, conn, &work.hash(key)).await? else {
        return Ok(());
    };
    let mut said = false;
    for field in fields {
        said |= blank(&mut kept.post, field);
    }
    if said {
        // Words of what was taken away must neither be found nor spoken of.
        kept.tokens.clear();
        let id = kept.id;
        work.tally.take(&links(conn, &[id]).await?);
        forget_analyses(conn, &[id]).await?;
        work.tally.put(&links(conn, &[id]).await?);
    }
    rewrite(work, conn, kept).await
}

/// Takes a field away, by its name in the interface; a name that is none takes nothing. True if the post's words were in it.
fn blank(post: &mut Post, field: &str) -> bool {
    match field {
        "text" => post.text = None,
        "title" => post.title = None,
        "content-warning" => post.content_warning = None,
        "hashtags" => post.hashtags.clear(),
        "links" => post.links.clear(),
        "media" => post.media.clear(),
        "mentions" => post.mentions.clear(),
        "author" => post.author = None,
        "url" => post.url = None,
        _ => {
            match field {
                "ref" => post.reference = None,
                "language" => post.language = None,
                "created" => post.created = None,
                "edited" => post.edited = None,
                "in-reply-to" => post.in_reply_to = None,
                "thread" => post.thread = None,
                "repost-of" => post.repost_of = None,
                "quote-of" => post.quote_of = None,
                "rating" => post.rating = None,
                "engagement" => post.engagement = None,
                "country" => post.country = None,
                "sensitive" => post.sensitive = None,
                "attributes" => post.attributes.clear(),
                _ => {}
            }
            return false;
        }
    }
    true
}

async fn replaced(
    work: &mut Work<'_>,
    conn: &mut SqliteConnection,
    old: &PostKey,
    new_id: String,
) -> Result<(), StoreError> {
    let old_hash = work.hash(old);
    let Some(mut kept) = kept(work, conn, &old_hash).await? else {
        return Ok(());
    };
    let new_hash = work.keys.post_hash(&old.network, &new_id);
    if new_hash == old_hash {
        return Ok(());
    }
    // The old name must not come back as a second post.
    tombstone(conn, &old_hash, "replaced", work.now).await?;
    if id_of(conn, &new_hash).await?.is_some() {
        return remove(work, conn, &[kept.id]).await;
    }
    kept.post.native_id = new_id;
    rewrite(work, conn, kept).await
}

async fn engagement(
    work: &mut Work<'_>,
    conn: &mut SqliteConnection,
    key: &PostKey,
    counts: &Engagement,
) -> Result<(), StoreError> {
    let count = |n: Option<u64>| n.map(|n| i64::try_from(n).unwrap_or(i64::MAX));
    let done = sqlx::query(
        "update posts set likes = coalesce($1, likes), reposts = coalesce($2, reposts), replies = coalesce($3, replies), \
         quotes = coalesce($4, quotes), views = coalesce($5, views), content_hash = null where post_hash = $6",
    )
    .bind(count(counts.likes))
    .bind(count(counts.reposts))
    .bind(count(counts.replies))
    .bind(count(counts.quotes))
    .bind(count(counts.views))
    .bind(work.hash(key).as_slice())
    .execute(conn)
    .await?;
    work.outcome.updated += done.rows_affected();
    Ok(())
}
