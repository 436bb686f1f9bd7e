//! Exports: files that a person asked for, and the audit line that each leaves.

use std::path::PathBuf;

use isocial_model::{Instant, InstallationId, JobId, receipt::Receipt};

use crate::{OrgDb, StoreError};

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

impl OrgDb {
    /// Asks for an export; the audit line is written with it.
    pub async fn create_export(
        &self,
        format: &InstallationId,
        title: &str,
        spec: &str,
        who: &str,
    ) -> Result<JobId, StoreError> {
        let _ = (format, title, spec, who);
        unimplemented!()
    }
    /// Notes that writing has begun (again). False if it is over already.
    pub async fn begin_export(&self, id: &JobId) -> Result<bool, StoreError> {
        let _ = id;
        unimplemented!()
    }
    /// Ends an export with its receipts and audit line, in one transaction. False, and nothing written, if it was over already.
    pub async fn end_export(&self, id: &JobId, end: &ExportEnd, receipts: &[Receipt]) -> Result<bool, StoreError> {
        let _ = (id, end, receipts);
        unimplemented!()
    }
    /// One export.
    pub async fn export(&self, id: &JobId) -> Result<Option<Export>, StoreError> {
        let _ = id;
        unimplemented!()
    }
    /// Exports, newest first, at most `limit`.
    pub async fn exports(&self, limit: u32) -> Result<Vec<Export>, StoreError> {
        let _ = limit;
        unimplemented!()
    }
    /// The folder (mode 0700) that this organisation's files are written to; deleted with it.
    pub fn export_folder(&self) -> PathBuf {
        unimplemented!()
    }
    /// Writes an audit line.
    pub async fn audit(&self, who: &str, what: &str, detail: &str) -> Result<(), StoreError> {
        let _ = (who, what, detail);
        unimplemented!()
    }
    /// Audit lines after this number, oldest first, at most `limit`.
    pub async fn audit_events(&self, after: u64, limit: u32) -> Result<Vec<AuditEvent>, StoreError> {
        let _ = (after, limit);
        unimplemented!()
    }
}
