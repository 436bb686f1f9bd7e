//! What can go wrong with what is kept, by what the caller or the operator can do about it.

use isocial_model::{JobId, key::NotSealed};
use isocial_vault::VaultError;

/// Why something could not be read or kept. Nothing of a failed write is ever left behind.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The disk, or the page cap from the configuration, is full.
    #[error(
        "{file} is full: nothing of this write was kept; free disk space or raise the file's page cap, then try again"
    )]
    Full {
        /// Which file, by its name inside the data folder.
        file: String,
    },
    /// Another process or connection holds the file.
    #[error(
        "{file} is locked by another process or connection, longer than the configured wait: stop the other one, or try again"
    )]
    Locked {
        /// Which file.
        file: String,
    },
    /// The file does not open under this key: another key, or no database at all.
    #[error(
        "{file} does not open under this deployment's key: it is no database of this deployment, or the root key file is another one's; put the right root key back"
    )]
    WrongKey {
        /// Which file.
        file: String,
    },
    /// The file's content is damaged.
    #[error("{file} is damaged: {detail}; stop the server and restore the file from a backup")]
    Corrupt {
        /// Which file.
        file: String,
        /// What was found, without content.
        detail: String,
    },
    /// The file system said no.
    #[error("{file} could not be {action}")]
    Io {
        /// Which file or folder.
        file: String,
        /// `read`, `written`, `created`, `removed`.
        action: &'static str,
        /// What the system said.
        source: std::io::Error,
    },
    /// A link where a file or folder of ours belongs.
    #[error(
        "{file} is a link or of the wrong sort: the data folder must hold plain files and folders; move the data itself there"
    )]
    Link {
        /// Which file or folder.
        file: String,
    },
    /// Somebody else has gone on from here: the write was not made.
    #[error(
        "{job} was taken over or has moved on (epoch {epoch}, cursor version {cursor_version}): drop this result and lease the job again"
    )]
    Conflict {
        /// Which job.
        job: JobId,
        /// The epoch that the write was made under.
        epoch: u64,
        /// The cursor version that the write was made from.
        cursor_version: u64,
    },
    /// The organisation has been deleted.
    #[error("the organisation has been deleted: nothing of it can be read or written any more")]
    Gone,
    /// A slug that is or was in use.
    #[error(
        "the name `{slug}` is or was in use: slugs are never given out twice, so choose another"
    )]
    Taken {
        /// The slug.
        slug: String,
    },
    /// A value that cannot be kept.
    #[error("{what} cannot be kept: {problem}")]
    Invalid {
        /// Which value.
        what: &'static str,
        /// What is wrong with it and what was expected.
        problem: String,
    },
    /// Something that does not exist in this organisation was named.
    #[error("no such {what} in this organisation")]
    Unknown {
        /// `monitor`, `installation`, `account` …
        what: &'static str,
    },
    /// The file was written by a newer version.
    #[error(
        "{file} was written by a newer version (schema {found}, this program knows {known}): use the newer program"
    )]
    Newer {
        /// Which file.
        file: String,
        /// The schema in the file.
        found: i64,
        /// The newest schema that this program knows.
        known: i64,
    },
    /// A row does not read as what it should be.
    #[error("a row of {table} does not read: {problem}")]
    Row {
        /// Which table.
        table: &'static str,
        /// What is wrong, without content.
        problem: String,
    },
    /// A job's row was changed from outside: it is not executed (HT-11).
    #[error(
        "the row of {job} does not carry its own seal: it was changed from outside and is not executed"
    )]
    ForgedJob {
        /// Which job.
        job: JobId,
    },
    /// A sealed value of a row does not open.
    #[error(transparent)]
    Sealed(#[from] NotSealed),
    /// A key could not be had.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// The database said no in a way that has no name here.
    #[error("{file}: the database refused")]
    Database {
        /// Which file.
        file: String,
        /// What it said.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}
