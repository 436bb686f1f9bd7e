//! Addresses at which networks deliver to a source: made and shown once, kept as a hash, proof of one organisation when they come back.

use isocial_model::{AccountId, Instant, Secret};
use isocial_vault::{hash_token, random_token};
use sqlx::Row;

use crate::{Deployment, StoreError, codec, scope::OrgScope};

/// What the unguessable part of an address begins with, so that a leaked one is recognised by whoever finds it.
pub const ADDRESS_PREFIX: &str = "in_";

impl Deployment {
    /// Makes the address of a source, in place of the one that it may have: the unguessable part of the path, to be shown once.
    ///
    /// [`StoreError::Unknown`] if the organisation has no such source.
    pub async fn make_address(
        &self,
        scope: &OrgScope,
        source: &AccountId,
    ) -> Result<Secret, StoreError> {
        if self.org(scope).await?.account(source).await?.is_none() {
            return Err(StoreError::Unknown { what: "source" });
        }
        let (token, hash) = random_token(ADDRESS_PREFIX, &**self.inner.vault.entropy());
        let mut tx = self.file().write().await?;
        let done = sqlx::query(
            "insert into addresses (hash, org, source, made) select $1, row, $2, $3 from organisations where id = $4 \
             on conflict (org, source) do update set hash = excluded.hash, made = excluded.made",
        )
        .bind(hash.as_bytes().as_slice())
        .bind(source.as_str())
        .bind(self.now().as_millis())
        .bind(scope.org().as_str())
        .execute(&mut *tx)
        .await?
        .rows_affected();
        if done == 0 {
            return Err(StoreError::Gone);
        }
        tx.commit().await?;
        Ok(token)
    }

    /// Since when a source has its address; absent if it has none.
    pub async fn address_made(
        &self,
        scope: &OrgScope,
        source: &AccountId,
    ) -> Result<Option<Instant>, StoreError> {
        let mut conn = self.file().read().await?;
        let row = sqlx::query(
            "select a.made from addresses a join organisations o on o.row = a.org where o.id = $1 and a.source = $2",
        )
        .bind(scope.org().as_str())
        .bind(source.as_str())
        .fetch_optional(&mut *conn)
        .await?;
        row.map(|r| Ok(Instant(r.try_get("made")?))).transpose()
    }

    /// Withdraws the address of a source: what comes there is unknown from now on. False if it has none.
    pub async fn withdraw_address(
        &self,
        scope: &OrgScope,
        source: &AccountId,
    ) -> Result<bool, StoreError> {
        let mut tx = self.file().write().await?;
        let done = sqlx::query(
            "delete from addresses where source = $1 and org = (select row from organisations where id = $2)",
        )
        .bind(source.as_str())
        .bind(scope.org().as_str())
        .execute(&mut *tx)
        .await?
        .rows_affected();
        tx.commit().await?;
        Ok(done == 1)
    }

    /// Whose source an address is, if it is one: whoever knows it may deliver there, and nothing else.
    ///
    /// Looked up by its hash: what the time of the look-up tells is about a hash that nobody can steer.
    pub async fn scope_for_address(
        &self,
        token: &str,
    ) -> Result<Option<(OrgScope, AccountId)>, StoreError> {
        let hash = hash_token(token);
        let mut conn = self.file().read().await?;
        let row = sqlx::query(
            "select o.id, a.source from addresses a join organisations o on o.row = a.org where a.hash = $1",
        )
        .bind(hash.as_bytes().as_slice())
        .fetch_optional(&mut *conn)
        .await?;
        row.map(|r| {
            Ok((
                OrgScope::proven(codec::id(&r, "id")?),
                codec::id(&r, "source")?,
            ))
        })
        .transpose()
    }
}
