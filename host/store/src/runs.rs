//! Runs of the host: begun, and cleanly ended or not.

use isocial_model::Instant;
use sqlx::Row;

use crate::{Deployment, OrgScope, StoreError, codec};

/// A run of the host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Run {
    /// Its number.
    pub number: u64,
    /// When it began.
    pub began: Instant,
}

impl Deployment {
    /// Begins a run. The second value names earlier runs that never ended: the host was killed or lost power, and ledgers get a line about it.
    ///
    /// They are marked as ended with this, so each is named once.
    pub async fn begin_run(&self) -> Result<(Run, Vec<Run>), StoreError> {
        let now = self.now();
        let mut tx = self.file().write().await?;
        let rows =
            sqlx::query("update runs set ended = $1 where ended is null returning number, began")
                .bind(now.as_millis())
                .fetch_all(&mut *tx)
                .await?;
        let earlier = rows
            .iter()
            .map(|r| {
                Ok(Run {
                    number: r.try_get::<i64, _>("number")? as u64,
                    began: Instant(r.try_get("began")?),
                })
            })
            .collect::<Result<Vec<_>, StoreError>>()?;
        let row = sqlx::query("insert into runs (began) values ($1) returning number")
            .bind(now.as_millis())
            .fetch_one(&mut *tx)
            .await?;
        tx.commit().await?;
        Ok((
            Run {
                number: row.try_get::<i64, _>("number")? as u64,
                began: now,
            },
            earlier,
        ))
    }

    /// Ends a run cleanly.
    pub async fn end_run(&self, run: Run) -> Result<(), StoreError> {
        let mut tx = self.file().write().await?;
        sqlx::query("update runs set ended = $1 where number = $2 and ended is null")
            .bind(self.now().as_millis())
            .bind(run.number as i64)
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        Ok(())
    }

    /// Every organisation, to write into each one's own ledger that an earlier run never ended; nothing without such a run.
    pub async fn scopes_after_unclean(&self, earlier: &[Run]) -> Result<Vec<OrgScope>, StoreError> {
        if earlier.is_empty() {
            return Ok(Vec::new());
        }
        let mut conn = self.file().read().await?;
        let rows = sqlx::query("select id from organisations order by row")
            .fetch_all(&mut *conn)
            .await?;
        rows.iter()
            .map(|r| codec::id(r, "id").map(OrgScope::proven))
            .collect()
    }
}
