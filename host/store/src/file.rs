//! One encrypted SQLite file: opening it under its key, one writer and two readers, and what the database's refusals mean.

use std::{path::Path, time::Duration};

use isocial_vault::DatabaseKey;
use sqlx::{
    ConnectOptions, Sqlite, SqliteConnection, SqlitePool,
    pool::PoolConnection,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};

use crate::{StoreError, deployment::StoreOptions};

/// The bytes of a page: SQLCipher's own default.
const PAGE_BYTES: u32 = 4096;
/// The writer's page cache in KiB, negative as SQLite writes it: a page of changes fits, so that no page is encrypted twice.
const WRITER_CACHE: &str = "-4096";
/// Readers a file. Each open connection costs three descriptors.
const READERS: u32 = 2;

/// An open file.
#[derive(Debug)]
pub(crate) struct Database {
    name: String,
    writer: SqlitePool,
    readers: SqlitePool,
}

impl Database {
    /// Opens a file under its key, which may grow to `max_pages`; `create` says that it may not exist yet. `name` is what errors call it.
    pub(crate) async fn open(
        path: &Path,
        name: &str,
        key: &DatabaseKey,
        options: &StoreOptions,
        max_pages: Option<u32>,
        create: bool,
    ) -> Result<Self, StoreError> {
        let connect = connect_options(path, key, options, max_pages);
        let wait = Duration::from_millis(options.busy_timeout_ms.saturating_add(1_000));
        let pool = || {
            // No idle or lifetime limits: the file is closed as a whole when its organisation is.
            SqlitePoolOptions::new()
                .idle_timeout(None)
                .max_lifetime(None)
                .acquire_timeout(wait)
                .test_before_acquire(false)
        };
        let named = |e: sqlx::Error| StoreError::from(e).named(name);
        let writer = pool()
            .max_connections(1)
            .connect_with(
                connect
                    .clone()
                    .create_if_missing(create)
                    .pragma("cache_size", WRITER_CACHE),
            )
            .await
            .map_err(named)?;
        let readers = pool()
            .max_connections(READERS)
            .connect_lazy_with(connect.create_if_missing(false).pragma("query_only", "on"));
        Ok(Self {
            name: name.into(),
            writer,
            readers,
        })
    }

    /// What errors call this file.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// A connection that can only read.
    pub(crate) async fn read(&self) -> Result<PoolConnection<Sqlite>, StoreError> {
        self.readers
            .acquire()
            .await
            .map_err(|e| StoreError::from(e).named(&self.name))
    }

    /// The writer, in a transaction that already holds the write lock: it cannot fail half-way because another process writes.
    pub(crate) async fn write(&self) -> Result<WriteTransaction, StoreError> {
        let named = |e| StoreError::from(e).named(&self.name);
        let connection = self.writer.acquire().await.map_err(named)?;
        // From before the first word on: a future that is dropped while it waits may have begun.
        let mut transaction = WriteTransaction {
            connection,
            committed: false,
        };
        sqlx::query("begin immediate")
            .execute(&mut *transaction)
            .await
            .map_err(named)?;
        Ok(transaction)
    }

    /// Moves the log into the file and empties it, so that nothing overwritten or deleted is left in it.
    pub(crate) async fn empty_log(&self) -> Result<(), StoreError> {
        let mut writer = self
            .writer
            .acquire()
            .await
            .map_err(|e| StoreError::from(e).named(&self.name))?;
        sqlx::query("pragma wal_checkpoint(truncate)")
            .fetch_all(&mut *writer)
            .await?;
        Ok(())
    }

    /// Closes all connections after their current work.
    pub(crate) async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }
}

fn connect_options(
    path: &Path,
    key: &DatabaseKey,
    options: &StoreOptions,
    max_pages: Option<u32>,
) -> SqliteConnectOptions {
    // sqlx sends `key` before every other pragma, on every connection. Statements are never logged: the key is in one of them.
    let mut connect = SqliteConnectOptions::new()
        .filename(path)
        .pragma("key", key.pragma_value().as_str().to_owned())
        .page_size(PAGE_BYTES)
        .journal_mode(SqliteJournalMode::Wal)
        // Full, because the order of commits in two files must survive a loss of power.
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(Duration::from_millis(options.busy_timeout_ms))
        .pragma("secure_delete", "on")
        .pragma("temp_store", "memory")
        .pragma("trusted_schema", "off")
        .disable_statement_logging();
    if let Some(pages) = max_pages {
        connect = connect.pragma("max_page_count", pages.to_string());
    }
    connect
}

/// A write in progress: committed as a whole, or undone when it is dropped.
///
/// Undone by closing the connection, not by `rollback`: where the disk is full, SQLite has rolled back already and refuses the word, and a
/// dropped future cannot wait for an answer. The next write opens a new one.
#[derive(Debug)]
pub(crate) struct WriteTransaction {
    connection: PoolConnection<Sqlite>,
    committed: bool,
}

impl WriteTransaction {
    /// Keeps what was written.
    pub(crate) async fn commit(mut self) -> Result<(), StoreError> {
        sqlx::query("commit").execute(&mut *self.connection).await?;
        self.committed = true;
        Ok(())
    }
}

impl std::ops::Deref for WriteTransaction {
    type Target = SqliteConnection;
    fn deref(&self) -> &SqliteConnection {
        &self.connection
    }
}

impl std::ops::DerefMut for WriteTransaction {
    fn deref_mut(&mut self) -> &mut SqliteConnection {
        &mut self.connection
    }
}

impl Drop for WriteTransaction {
    fn drop(&mut self) {
        if !self.committed {
            self.connection.close_on_drop();
        }
    }
}

/// SQLite's primary result codes that mean something to us.
mod code {
    pub(super) const BUSY: i32 = 5;
    pub(super) const LOCKED: i32 = 6;
    pub(super) const IO: i32 = 10;
    pub(super) const CORRUPT: i32 = 11;
    pub(super) const FULL: i32 = 13;
    pub(super) const CANNOT_OPEN: i32 = 14;
    pub(super) const NO_DATABASE: i32 = 26;
    /// Extended: the index of the log could not be made larger, which is how a full disk shows there.
    pub(super) const NO_ROOM_FOR_INDEX: i32 = IO | (19 << 8);
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        let file = String::from("this organisation's or deployment's file");
        match &error {
            sqlx::Error::PoolClosed => return Self::Gone,
            sqlx::Error::PoolTimedOut => return Self::Locked { file },
            sqlx::Error::ColumnDecode { index, .. } => {
                return Self::Row {
                    table: "a query",
                    problem: format!("column {index} has another type than expected"),
                };
            }
            _ => {}
        }
        let extended = match &error {
            sqlx::Error::Database(e) => e.code().and_then(|c| c.parse::<i32>().ok()),
            _ => None,
        };
        if extended == Some(code::NO_ROOM_FOR_INDEX) {
            return Self::Full { file };
        }
        match extended.map(|c| c & 0xff) {
            Some(code::BUSY | code::LOCKED) => Self::Locked { file },
            Some(code::FULL) => Self::Full { file },
            Some(code::NO_DATABASE) => Self::WrongKey { file },
            Some(code::CORRUPT) => Self::Corrupt {
                file,
                detail: "a page does not read".into(),
            },
            Some(code::IO) => Self::Io {
                file,
                action: "read or written",
                source: std::io::Error::other(error),
            },
            Some(code::CANNOT_OPEN) => Self::Io {
                file,
                action: "opened",
                source: std::io::Error::other(error),
            },
            _ => Self::Database {
                file,
                source: Box::new(error),
            },
        }
    }
}

impl StoreError {
    /// Says which file it was.
    pub(crate) fn named(mut self, name: &str) -> Self {
        match &mut self {
            Self::Full { file }
            | Self::Locked { file }
            | Self::WrongKey { file }
            | Self::Corrupt { file, .. }
            | Self::Io { file, .. }
            | Self::Database { file, .. } => name.clone_into(file),
            _ => {}
        }
        self
    }
}
