//! Exports: files that a person asked for, and the audit line that each leaves.

use std::path::PathBuf;

use isocial_model::{InstallationId, Instant, JobId, receipt::Receipt};
use sqlx::{Row, SqliteConnection, sqlite::SqliteRow};

use crate::{OrgDb, StoreError, codec, installed::cut, ledger, setup::check_object};

/// How an export stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ExportState {
    /// Asked for.
    Waiting,
    /// Being written.
    Writing,
    /// Complete.
    Done,
    /// Could not be written.
    Failed,
}

/// An export.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Export {
    /// Its id.
    pub id: JobId,
    /// The export format that writes it.
    pub format: InstallationId,
    /// Title.
    pub title: String,
    /// Which rows and columns, JSON object that `pipeline` reads.
    pub spec: String,
    /// How it stands.
    pub state: ExportState,
    /// The file's name inside the organisation's export folder, once there is one.
    pub file: Option<String>,
    /// Rows written.
    pub rows: u64,
    /// Bytes written.
    pub bytes: u64,
    /// SHA-256 of the file, hex.
    pub sha256: Option<String>,
    /// What went wrong.
    pub problem: Option<String>,
    /// When it was asked for.
    pub created: Instant,
    /// When it ended.
    pub ended: Option<Instant>,
}

/// How an export ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ExportEnd {
    /// The file is complete.
    Done {
        /// Its name inside the export folder.
        file: String,
        /// Rows.
        rows: u64,
        /// Bytes.
        bytes: u64,
        /// SHA-256, hex.
        sha256: String,
    },
    /// There is no file.
    Failed {
        /// Why, without content.
        problem: String,
    },
}

/// One line of the organisation's audit trail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEvent {
    /// Its number.
    pub seq: u64,
    /// When.
    pub at: Instant,
    /// Who: `operator`, `system`.
    pub who: String,
    /// What: kebab-case, such as `export-written`.
    pub what: String,
    /// Of what: ids and numbers, never content.
    pub detail: String,
}

const SPEC_BYTES: usize = 64 * 1024;
const DETAIL_BYTES: usize = 1_024;

impl OrgDb {
    /// Asks for an export; the audit line is written with it.
    pub async fn create_export(
        &self,
        format: &InstallationId,
        title: &str,
        spec: &str,
        who: &str,
    ) -> Result<JobId, StoreError> {
        check_object("the export", spec, SPEC_BYTES)?;
        let id = JobId::random(&**self.deployment.inner.vault.entropy());
        let mut tx = self.file().write().await?;
        let done = sqlx::query(
            "insert into exports (id, format, title, spec, state, created) select $1, id, $3, $4, 'waiting', $5 from installations where id = $2",
        )
        .bind(id.as_str())
        .bind(format.as_str())
        .bind(title)
        .bind(spec)
        .bind(self.now().as_millis())
        .execute(&mut *tx)
        .await?
        .rows_affected();
        if done == 0 {
            return Err(StoreError::Unknown {
                what: "export format",
            });
        }
        self.audit_line(&mut tx, who, "export-asked", id.as_str())
            .await?;
        tx.commit().await?;
        Ok(id)
    }

    /// Notes that writing has begun (again). False if it is over already.
    pub async fn begin_export(&self, id: &JobId) -> Result<bool, StoreError> {
        let mut tx = self.file().write().await?;
        let done = sqlx::query("update exports set state = 'writing' where id = $1 and state in ('waiting', 'writing')")
            .bind(id.as_str())
            .execute(&mut *tx)
            .await?
            .rows_affected();
        tx.commit().await?;
        Ok(done == 1)
    }

    /// Ends an export with its receipts and audit line, in one transaction. False, and nothing written, if it was over already.
    pub async fn end_export(
        &self,
        id: &JobId,
        end: &ExportEnd,
        receipts: &[Receipt],
    ) -> Result<bool, StoreError> {
        let (state, file, rows, bytes, sha256, problem) = match end {
            ExportEnd::Done {
                file,
                rows,
                bytes,
                sha256,
            } => (
                "done",
                Some(file.as_str()),
                *rows,
                *bytes,
                Some(sha256.as_str()),
                None,
            ),
            ExportEnd::Failed { problem } => ("failed", None, 0, 0, None, Some(cut(problem))),
        };
        let mut tx = self.file().write().await?;
        let done = sqlx::query(
            "update exports set state = $1, file = $2, n = $3, bytes = $4, sha256 = $5, problem = $6, ended = $7 \
             where id = $8 and state in ('waiting', 'writing')",
        )
        .bind(state)
        .bind(file)
        .bind(rows as i64)
        .bind(bytes as i64)
        .bind(sha256)
        .bind(problem)
        .bind(self.now().as_millis())
        .bind(id.as_str())
        .execute(&mut *tx)
        .await?
        .rows_affected();
        if done == 0 {
            return Ok(false);
        }
        self.audit_line(
            &mut tx,
            "system",
            &format!("export-{state}"),
            &format!("{id} rows {rows}"),
        )
        .await?;
        let numbers = ledger::append_org(self, &mut tx, receipts).await?;
        tx.commit().await?;
        self.head_if_due(&numbers).await;
        Ok(true)
    }

    /// One export.
    pub async fn export(&self, id: &JobId) -> Result<Option<Export>, StoreError> {
        let mut conn = self.file().read().await?;
        let row = sqlx::query(
            "select id, format, title, spec, state, file, n, bytes, sha256, problem, created, ended from exports where id = $1",
        )
        .bind(id.as_str())
        .fetch_optional(&mut *conn)
        .await?;
        row.as_ref().map(export).transpose()
    }

    /// Exports, newest first, at most `limit`.
    pub async fn exports(&self, limit: u32) -> Result<Vec<Export>, StoreError> {
        let mut conn = self.file().read().await?;
        let rows = sqlx::query(
            "select id, format, title, spec, state, file, n, bytes, sha256, problem, created, ended from exports \
             order by created desc, id limit $1",
        )
        .bind(i64::from(limit))
        .fetch_all(&mut *conn)
        .await?;
        rows.iter().map(export).collect()
    }

    /// The folder (mode 0700) that this organisation's files are written to; deleted with it.
    pub fn export_folder(&self) -> PathBuf {
        self.open.exports.clone()
    }

    /// Writes an audit line.
    pub async fn audit(&self, who: &str, what: &str, detail: &str) -> Result<(), StoreError> {
        let mut tx = self.file().write().await?;
        self.audit_line(&mut tx, who, what, detail).await?;
        tx.commit().await?;
        Ok(())
    }

    pub(crate) async fn audit_line(
        &self,
        conn: &mut SqliteConnection,
        who: &str,
        what: &str,
        detail: &str,
    ) -> Result<(), StoreError> {
        if detail.len() > DETAIL_BYTES {
            return Err(StoreError::Invalid {
                what: "the audit line",
                problem: format!("expected at most {DETAIL_BYTES} bytes"),
            });
        }
        sqlx::query("insert into audit (at, who, what, detail) values ($1, $2, $3, $4)")
            .bind(self.now().as_millis())
            .bind(who)
            .bind(what)
            .bind(detail)
            .execute(conn)
            .await?;
        Ok(())
    }

    /// Audit lines after this number, oldest first, at most `limit`.
    pub async fn audit_events(
        &self,
        after: u64,
        limit: u32,
    ) -> Result<Vec<AuditEvent>, StoreError> {
        let mut conn = self.file().read().await?;
        let rows = sqlx::query(
            "select seq, at, who, what, detail from audit where seq > $1 order by seq limit $2",
        )
        .bind(after as i64)
        .bind(i64::from(limit))
        .fetch_all(&mut *conn)
        .await?;
        rows.iter()
            .map(|r| {
                Ok(AuditEvent {
                    seq: r.try_get::<i64, _>("seq")? as u64,
                    at: Instant(r.try_get("at")?),
                    who: r.try_get("who")?,
                    what: r.try_get("what")?,
                    detail: r.try_get("detail")?,
                })
            })
            .collect()
    }
}

fn export(row: &SqliteRow) -> Result<Export, StoreError> {
    Ok(Export {
        id: codec::id(row, "id")?,
        format: codec::id(row, "format")?,
        title: row.try_get("title")?,
        spec: row.try_get("spec")?,
        state: match row.try_get("state")? {
            "writing" => ExportState::Writing,
            "done" => ExportState::Done,
            "failed" => ExportState::Failed,
            _ => ExportState::Waiting,
        },
        file: row.try_get("file")?,
        rows: row.try_get::<i64, _>("n")? as u64,
        bytes: row.try_get::<i64, _>("bytes")? as u64,
        sha256: row.try_get("sha256")?,
        problem: row.try_get("problem")?,
        created: Instant(row.try_get("created")?),
        ended: codec::instant(row, "ended")?,
    })
}
