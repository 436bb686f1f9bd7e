//! Shared streams and who holds what: cursors of streams that are read once for all, and the posting index.

use isocial_model::{key::Hash128, post::PostKey};
use sqlx::Row;

use crate::{Deployment, StoreError, codec, scope::OrgScope, sql};

/// Names something that a deletion may concern: a post or an author.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Posting {
    /// A post.
    Post(PostKey),
    /// An author: network and native id.
    Author(String, String),
}

impl Deployment {
    /// The name of the stream that sources of this package with this configuration and this grant read together. A keyed hash, because
    /// a configuration is an organisation's own; sources that differ in any of the three read streams of their own.
    pub fn stream_name(&self, package: &str, config: &str, grant: &str) -> String {
        let parts = [package.as_bytes(), config.as_bytes(), grant.as_bytes()];
        let hash = hex::encode(self.keys().row("streams", &parts));
        format!("{package}#{}", hash.get(..32).unwrap_or_default())
    }

    /// The shared streams that any monitor reads, by name.
    pub async fn streams(&self) -> Result<Vec<String>, StoreError> {
        let mut conn = self.file().read().await?;
        let rows = sqlx::query("select distinct stream from stream_monitors order by stream")
            .fetch_all(&mut *conn)
            .await?;
        rows.iter().map(|r| Ok(r.try_get("stream")?)).collect()
    }

    /// Where a shared stream stands, and the version to move it on from.
    pub async fn stream_cursor(&self, stream: &str) -> Result<(Option<Vec<u8>>, u64), StoreError> {
        let mut conn = self.file().read().await?;
        let row = sqlx::query("select cursor, version from stream_cursors where stream = $1")
            .bind(stream)
            .fetch_optional(&mut *conn)
            .await?;
        let Some(row) = row else { return Ok((None, 0)) };
        let cursor = self
            .keys()
            .unseal(&format!("stream/{stream}"), row.try_get("cursor")?)?;
        Ok((Some(cursor), row.try_get::<i64, _>("version")? as u64))
    }

    /// Moves a shared stream's cursor on, if it still has this version. False, and nothing written, if another reader was faster.
    /// To be called after all matching organisations have committed.
    pub async fn move_stream_cursor(
        &self,
        stream: &str,
        version: u64,
        cursor: &[u8],
    ) -> Result<bool, StoreError> {
        let sealed = self.keys().seal(&format!("stream/{stream}"), cursor);
        let mut tx = self.file().write().await?;
        let done = sqlx::query(
            "insert into stream_cursors (stream, cursor, version) select $1, $2, 1 where $3 = 0 \
             on conflict (stream) do nothing",
        )
        .bind(stream)
        .bind(&sealed)
        .bind(version as i64)
        .execute(&mut *tx)
        .await?
        .rows_affected()
            + sqlx::query("update stream_cursors set cursor = $1, version = version + 1 where stream = $2 and version = $3 and $3 > 0")
                .bind(&sealed)
                .bind(stream)
                .bind(version as i64)
                .execute(&mut *tx)
                .await?
                .rows_affected();
        tx.commit().await?;
        Ok(done == 1)
    }

    fn posting_hash(&self, posting: &Posting) -> Hash128 {
        match posting {
            Posting::Post(key) => self.keys().posted(&key.network, &key.native_id),
            Posting::Author(network, author) => self.keys().posted_by(network, author),
        }
    }

    /// Notes that an organisation is about to hold these. [`crate::OrgDb::commit_page`] does it before its own commit, so that the
    /// index may say too much and never too little.
    pub(crate) async fn note_postings(
        &self,
        org: i64,
        postings: &[Posting],
    ) -> Result<(), StoreError> {
        if postings.is_empty() {
            return Ok(());
        }
        let hashes: Vec<Hash128> = postings.iter().map(|p| self.posting_hash(p)).collect();
        let mut tx = self.file().write().await?;
        // Gone if the organisation was deleted in between: its row is what the foreign key asks for.
        let here = sqlx::query("select 1 from organisations where row = $1")
            .bind(org)
            .fetch_optional(&mut *tx)
            .await?;
        if here.is_none() {
            return Err(StoreError::Gone);
        }
        sqlx::query("insert into postings (hash, org) select unhex(value), $2 from json_each($1) where true on conflict do nothing")
            .bind(sql::hashes(&hashes))
            .bind(org)
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        Ok(())
    }

    /// Organisations that may hold any of these, with the position of each that they may hold: one question for a whole page.
    pub async fn holders_of(
        &self,
        postings: &[Posting],
    ) -> Result<Vec<(usize, OrgScope)>, StoreError> {
        if postings.is_empty() {
            return Ok(Vec::new());
        }
        let hashes: Vec<Hash128> = postings.iter().map(|p| self.posting_hash(p)).collect();
        let mut conn = self.file().read().await?;
        let rows = sqlx::query(
            "select asked.key as position, o.id from json_each($1) asked \
             join postings p on p.hash = unhex(asked.value) join organisations o on o.row = p.org order by asked.key, o.row",
        )
        .bind(sql::hashes(&hashes))
        .fetch_all(&mut *conn)
        .await?;
        rows.iter()
            .map(|r| {
                let position = r.try_get::<i64, _>("position")? as usize;
                Ok((position, OrgScope::proven(codec::id(r, "id")?)))
            })
            .collect()
    }

    /// Organisations that may hold this: each must be told of its deletion.
    pub async fn holders(&self, posting: &Posting) -> Result<Vec<OrgScope>, StoreError> {
        let hash = self.posting_hash(posting);
        let mut conn = self.file().read().await?;
        let rows =
            sqlx::query("select o.id from postings p join organisations o on o.row = p.org where p.hash = $1 order by o.row")
                .bind(hash.as_slice())
                .fetch_all(&mut *conn)
                .await?;
        rows.iter()
            .map(|r| codec::id(r, "id").map(OrgScope::proven))
            .collect()
    }
}
