//! What an organisation has set up: workspaces, monitors, installations with their credentials, accounts.

use isocial_model::{AccountId, InstallationId, Instant, Kind, MonitorId, PackageRef, WorkspaceId};
use sqlx::{Row, sqlite::SqliteRow};

use crate::{OrgDb, StoreError, codec, commit, organisations::check_name, sql};

/// A team's area.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Workspace {
    /// Its id.
    pub id: WorkspaceId,
    /// Its name.
    pub name: String,
}

/// A saved query with its sources. `Debug` shows the id only: queries are private configuration.
#[derive(Clone, PartialEq, Eq)]
pub struct Monitor {
    /// Its id.
    pub id: MonitorId,
    /// Its workspace.
    pub workspace: WorkspaceId,
    /// Its name.
    pub name: String,
    /// The query's text.
    pub query: String,
    /// Accounts that it reads.
    pub sources: Vec<AccountId>,
    /// Further settings, JSON object.
    pub settings: String,
    /// Whether it collects.
    pub enabled: bool,
    /// When it was made.
    pub created: Instant,
}

/// A monitor to be made.
#[derive(Clone)]
pub struct NewMonitor {
    /// Its workspace.
    pub workspace: WorkspaceId,
    /// Its name · 1–200 bytes.
    pub name: String,
    /// The query's text · ≤ 16 KiB.
    pub query: String,
    /// Accounts that it reads.
    pub sources: Vec<AccountId>,
    /// Further settings, JSON object.
    pub settings: String,
}

/// A package that is enabled in a workspace.
#[derive(Clone, PartialEq, Eq)]
pub struct Installation {
    /// Its id.
    pub id: InstallationId,
    /// Its workspace.
    pub workspace: WorkspaceId,
    /// The exact package.
    pub package: PackageRef,
    /// Its kind.
    pub kind: Kind,
    /// Configuration, JSON object without secrets.
    pub config: String,
    /// What the customer consented to, JSON.
    pub grant: String,
    /// Whether it may be called.
    pub enabled: bool,
}

/// An installation to be made.
#[derive(Clone)]
pub struct NewInstallation {
    /// Its workspace.
    pub workspace: WorkspaceId,
    /// The exact package.
    pub package: PackageRef,
    /// Its kind.
    pub kind: Kind,
    /// Configuration, JSON object without secrets · ≤ 16 KiB.
    pub config: String,
    /// What the customer consented to, JSON · ≤ 64 KiB.
    pub grant: String,
}

/// How an account fares.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum AccountStatus {
    /// Not tried yet.
    #[default]
    New,
    /// The last step worked.
    Working,
    /// The last step failed: the fault's name, without content.
    Failing(String),
    /// Stopped until a person acts: the fault's name.
    Stopped(String),
}

/// A source: an account at a network that an installation reads.
#[derive(Clone, PartialEq, Eq)]
pub struct Account {
    /// Its id.
    pub id: AccountId,
    /// Its installation.
    pub installation: InstallationId,
    /// Configuration, JSON object without secrets.
    pub config: String,
    /// The connector's own state.
    pub state: Option<Vec<u8>>,
    /// Seconds between collections.
    pub every_seconds: u32,
    /// How it fares.
    pub status: AccountStatus,
    /// When its last step ended.
    pub last_step: Option<Instant>,
}

/// An account to be made.
#[derive(Clone)]
pub struct NewAccount {
    /// Its installation.
    pub installation: InstallationId,
    /// Configuration, JSON object without secrets · ≤ 16 KiB.
    pub config: String,
    /// Seconds between collections.
    pub every_seconds: u32,
}

macro_rules! private_debug {
    ($($name:ident: $field:ident),*) => {$(
        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.debug_struct(stringify!($name)).field(stringify!($field), &self.$field).finish_non_exhaustive()
            }
        }
    )*};
}
private_debug!(Monitor: id, NewMonitor: workspace, Installation: id, NewInstallation: package, Account: id, NewAccount: installation);

/// Checks that a text is a JSON object within its bound.
pub(crate) fn check_object(what: &'static str, text: &str, most: usize) -> Result<(), StoreError> {
    let good = text.len() <= most
        && serde_json::from_str::<serde_json::Value>(text).is_ok_and(|v| v.is_object());
    if good {
        Ok(())
    } else {
        Err(StoreError::Invalid {
            what,
            problem: format!("expected a JSON object of at most {most} bytes"),
        })
    }
}

const QUERY_BYTES: usize = 16 * 1024;
const SETTINGS_BYTES: usize = 16 * 1024;

fn check_query(query: &str) -> Result<(), StoreError> {
    if query.len() <= QUERY_BYTES {
        return Ok(());
    }
    Err(StoreError::Invalid {
        what: "the query",
        problem: format!(
            "it has {} bytes, at most {QUERY_BYTES} are allowed",
            query.len()
        ),
    })
}

impl OrgDb {
    /// Makes a workspace.
    pub async fn create_workspace(&self, name: &str) -> Result<WorkspaceId, StoreError> {
        check_name(name)?;
        let id = WorkspaceId::random(&**self.deployment.inner.vault.entropy());
        let mut tx = self.file().write().await?;
        sqlx::query("insert into workspaces (id, name, created) values ($1, $2, $3)")
            .bind(id.as_str())
            .bind(name)
            .bind(self.now().as_millis())
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        Ok(id)
    }

    /// All workspaces.
    pub async fn workspaces(&self) -> Result<Vec<Workspace>, StoreError> {
        let mut conn = self.file().read().await?;
        let rows = sqlx::query("select id, name from workspaces order by name, id")
            .fetch_all(&mut *conn)
            .await?;
        rows.iter()
            .map(|r| {
                Ok(Workspace {
                    id: codec::id(r, "id")?,
                    name: r.try_get("name")?,
                })
            })
            .collect()
    }

    /// Makes a monitor.
    pub async fn create_monitor(&self, new: &NewMonitor) -> Result<MonitorId, StoreError> {
        check_name(&new.name)?;
        check_query(&new.query)?;
        check_object("the monitor's settings", &new.settings, SETTINGS_BYTES)?;
        let id = MonitorId::random(&**self.deployment.inner.vault.entropy());
        let mut tx = self.file().write().await?;
        let done = sqlx::query(
            "insert into monitors (id, workspace, name, query, sources, settings, enabled, created) \
             select $1, id, $3, $4, $5, $6, 1, $7 from workspaces where id = $2",
        )
        .bind(id.as_str())
        .bind(new.workspace.as_str())
        .bind(&new.name)
        .bind(&new.query)
        .bind(sources(&new.sources))
        .bind(&new.settings)
        .bind(self.now().as_millis())
        .execute(&mut *tx)
        .await?
        .rows_affected();
        if done == 0 {
            return Err(StoreError::Unknown { what: "workspace" });
        }
        tx.commit().await?;
        Ok(id)
    }

    /// Changes a monitor as a whole. False if there is none of this id.
    pub async fn update_monitor(&self, monitor: &Monitor) -> Result<bool, StoreError> {
        check_name(&monitor.name)?;
        check_query(&monitor.query)?;
        check_object("the monitor's settings", &monitor.settings, SETTINGS_BYTES)?;
        let mut tx = self.file().write().await?;
        let done = sqlx::query(
            "update monitors set name = $1, query = $2, sources = $3, settings = $4, enabled = $5 where id = $6",
        )
        .bind(&monitor.name)
        .bind(&monitor.query)
        .bind(sources(&monitor.sources))
        .bind(&monitor.settings)
        .bind(monitor.enabled)
        .bind(monitor.id.as_str())
        .execute(&mut *tx)
        .await?
        .rows_affected();
        tx.commit().await?;
        Ok(done == 1)
    }

    /// Removes a monitor with its mentions, counts, rules; posts that no other monitor holds go too. False if there is none.
    pub async fn delete_monitor(&self, id: &MonitorId) -> Result<bool, StoreError> {
        let mut tx = self.file().write().await?;
        let done = sqlx::query("delete from monitors where id = $1")
            .bind(id.as_str())
            .execute(&mut *tx)
            .await?
            .rows_affected();
        commit::remove_unheld(&mut tx).await?;
        tx.commit().await?;
        Ok(done == 1)
    }

    /// All monitors.
    pub async fn monitors(&self) -> Result<Vec<Monitor>, StoreError> {
        let mut conn = self.file().read().await?;
        let rows = sqlx::query(
            "select id, workspace, name, query, sources, settings, enabled, created from monitors order by row",
        )
        .fetch_all(&mut *conn)
        .await?;
        rows.iter().map(monitor).collect()
    }

    /// One monitor.
    pub async fn monitor(&self, id: &MonitorId) -> Result<Option<Monitor>, StoreError> {
        let mut conn = self.file().read().await?;
        let row = sqlx::query(
            "select id, workspace, name, query, sources, settings, enabled, created from monitors where id = $1",
        )
        .bind(id.as_str())
        .fetch_optional(&mut *conn)
        .await?;
        row.as_ref().map(monitor).transpose()
    }
}

fn sources(sources: &[AccountId]) -> String {
    sql::texts(&sources.iter().map(AccountId::as_str).collect::<Vec<_>>())
}

fn monitor(row: &SqliteRow) -> Result<Monitor, StoreError> {
    let sources: &str = row.try_get("sources")?;
    Ok(Monitor {
        id: codec::id(row, "id")?,
        workspace: codec::id(row, "workspace")?,
        name: row.try_get("name")?,
        query: row.try_get("query")?,
        sources: codec::parse("monitors", sources)?,
        settings: row.try_get("settings")?,
        enabled: row.try_get("enabled")?,
        created: Instant(row.try_get("created")?),
    })
}
