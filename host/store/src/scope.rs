//! Scopes: proof that somebody may enter one organisation. Nothing outside this file can make one (B19).

use isocial_model::{MonitorId, OrgId, Secret};
use isocial_vault::{hash_token, make_operator_token};
use sqlx::{Row, SqliteConnection};

use crate::{Deployment, StoreError, codec};

/// Proof that an operator's token was shown. Made only by [`Deployment::check_operator_token`].
#[derive(Debug, Clone)]
pub struct OperatorSession {
    /// The token's row: asked again at each entry, so that a withdrawn token ends its sessions.
    token: i64,
}

/// Proof that one organisation may be entered. There is no other way to an [`crate::OrgDb`].
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct OrgScope {
    org: OrgId,
}

impl OrgScope {
    /// Which organisation: for logs and cache keys, never to look rows up by.
    pub fn org(&self) -> &OrgId {
        &self.org
    }
    /// Inside this crate only: from a row that has just been proven.
    pub(crate) fn proven(org: OrgId) -> Self {
        Self { org }
    }
}

/// A monitor that reads a shared stream, as registered. Made only by [`Deployment::stream_monitors`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StreamMonitor {
    pub(crate) stream: String,
    pub(crate) org: OrgId,
    pub(crate) monitor: MonitorId,
}

impl StreamMonitor {
    /// The organisation: to group by.
    pub fn org(&self) -> &OrgId {
        &self.org
    }
    /// The monitor.
    pub fn monitor(&self) -> &MonitorId {
        &self.monitor
    }
    /// The stream.
    pub fn stream(&self) -> &str {
        &self.stream
    }
}

impl Deployment {
    /// Makes the first operator token, to be shown once. `None` if there is one already.
    pub async fn first_operator_token(&self) -> Result<Option<Secret>, StoreError> {
        let mut tx = self.file().write().await?;
        let any = sqlx::query("select 1 from operator_tokens limit 1")
            .fetch_optional(&mut *tx)
            .await?;
        if any.is_some() {
            return Ok(None);
        }
        let token = self.insert_token(&mut tx).await?;
        tx.commit().await?;
        Ok(Some(token))
    }

    /// Makes a further operator token, to be shown once.
    pub async fn create_operator_token(
        &self,
        _operator: &OperatorSession,
    ) -> Result<Secret, StoreError> {
        let mut tx = self.file().write().await?;
        let token = self.insert_token(&mut tx).await?;
        tx.commit().await?;
        Ok(token)
    }

    async fn insert_token(&self, conn: &mut SqliteConnection) -> Result<Secret, StoreError> {
        let (token, hash) = make_operator_token(&**self.inner.vault.entropy());
        sqlx::query("insert into operator_tokens (hash, created) values ($1, $2)")
            .bind(hash.as_bytes().as_slice())
            .bind(self.now().as_millis())
            .execute(conn)
            .await?;
        Ok(token)
    }

    /// Whose token this is, if it is one.
    ///
    /// Looked up by its hash: what the time of the look-up tells is about a hash that nobody can steer.
    pub async fn check_operator_token(
        &self,
        token: &str,
    ) -> Result<Option<OperatorSession>, StoreError> {
        let hash = hash_token(token);
        let mut conn = self.file().read().await?;
        let row = sqlx::query("select row from operator_tokens where hash = $1")
            .bind(hash.as_bytes().as_slice())
            .fetch_optional(&mut *conn)
            .await?;
        row.map(|r| {
            Ok(OperatorSession {
                token: r.try_get("row")?,
            })
        })
        .transpose()
    }

    /// Enters an organisation as operator. `None` if there is no such organisation, or the token has been withdrawn.
    pub async fn enter_as_operator(
        &self,
        operator: &OperatorSession,
        org: &OrgId,
    ) -> Result<Option<OrgScope>, StoreError> {
        let mut conn = self.file().read().await?;
        let row = sqlx::query(
            "select id from organisations where id = $1 and exists (select 1 from operator_tokens where row = $2)",
        )
        .bind(org.as_str())
        .bind(operator.token)
        .fetch_optional(&mut *conn)
        .await?;
        row.map(|r| codec::id(&r, "id").map(OrgScope::proven))
            .transpose()
    }

    /// Registers a monitor of this organisation as a reader of a shared stream. Once is enough.
    pub async fn watch_stream(
        &self,
        scope: &OrgScope,
        stream: &str,
        monitor: &MonitorId,
    ) -> Result<(), StoreError> {
        if self.org(scope).await?.monitor(monitor).await?.is_none() {
            return Err(StoreError::Unknown { what: "monitor" });
        }
        let mut tx = self.file().write().await?;
        sqlx::query(
            "insert into stream_monitors (stream, org, monitor) select $1, row, $2 from organisations where id = $3 on conflict do nothing",
        )
        .bind(stream)
        .bind(monitor.as_str())
        .bind(scope.org().as_str())
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(())
    }

    /// Takes a monitor off a shared stream.
    pub async fn unwatch_stream(
        &self,
        scope: &OrgScope,
        stream: &str,
        monitor: &MonitorId,
    ) -> Result<(), StoreError> {
        let mut tx = self.file().write().await?;
        sqlx::query(
            "delete from stream_monitors where stream = $1 and monitor = $2 and org = (select row from organisations where id = $3)",
        )
        .bind(stream)
        .bind(monitor.as_str())
        .bind(scope.org().as_str())
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(())
    }

    /// Every monitor that reads a shared stream, of all organisations.
    pub async fn stream_monitors(&self, stream: &str) -> Result<Vec<StreamMonitor>, StoreError> {
        let mut conn = self.file().read().await?;
        let rows = sqlx::query(
            "select o.id as org, m.monitor from stream_monitors m join organisations o on o.row = m.org \
             where m.stream = $1 order by m.org, m.monitor",
        )
        .bind(stream)
        .fetch_all(&mut *conn)
        .await?;
        rows.iter()
            .map(|r| {
                Ok(StreamMonitor {
                    stream: stream.into(),
                    org: codec::id(r, "org")?,
                    monitor: codec::id(r, "monitor")?,
                })
            })
            .collect()
    }

    /// Enters the organisation of a registered monitor, if it still is one.
    pub async fn scope_for_match(
        &self,
        monitor: &StreamMonitor,
    ) -> Result<Option<OrgScope>, StoreError> {
        let mut conn = self.file().read().await?;
        let row = sqlx::query(
            "select o.id from stream_monitors m join organisations o on o.row = m.org \
             where m.stream = $1 and m.monitor = $2 and o.id = $3",
        )
        .bind(&monitor.stream)
        .bind(monitor.monitor.as_str())
        .bind(monitor.org.as_str())
        .fetch_optional(&mut *conn)
        .await?;
        row.map(|r| codec::id(&r, "id").map(OrgScope::proven))
            .transpose()
    }
}
