//! What an organisation has set up: workspaces, monitors, installations with their credentials, accounts.

use isocial_model::{AccountId, Instant, InstallationId, Kind, MonitorId, PackageRef, Secret, WorkspaceId};

use crate::{OrgDb, StoreError};

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

impl OrgDb {
    /// Makes a workspace.
    pub async fn create_workspace(&self, name: &str) -> Result<WorkspaceId, StoreError> {
        let _ = name;
        unimplemented!()
    }
    /// All workspaces.
    pub async fn workspaces(&self) -> Result<Vec<Workspace>, StoreError> {
        unimplemented!()
    }
    /// Makes a monitor.
    pub async fn create_monitor(&self, new: &NewMonitor) -> Result<MonitorId, StoreError> {
        let _ = new;
        unimplemented!()
    }
    /// Changes a monitor as a whole. False if there is none of this id.
    pub async fn update_monitor(&self, monitor: &Monitor) -> Result<bool, StoreError> {
        let _ = monitor;
        unimplemented!()
    }
    /// Removes a monitor with its mentions, counts, rules; posts that no other monitor holds go too. False if there is none.
    pub async fn delete_monitor(&self, id: &MonitorId) -> Result<bool, StoreError> {
        let _ = id;
        unimplemented!()
    }
    /// All monitors.
    pub async fn monitors(&self) -> Result<Vec<Monitor>, StoreError> {
        unimplemented!()
    }
    /// One monitor.
    pub async fn monitor(&self, id: &MonitorId) -> Result<Option<Monitor>, StoreError> {
        let _ = id;
        unimplemented!()
    }
    /// Enables a package in a workspace.
    pub async fn install(&self, new: &NewInstallation) -> Result<InstallationId, StoreError> {
        let _ = new;
        unimplemented!()
    }
    /// All installations.
    pub async fn installations(&self) -> Result<Vec<Installation>, StoreError> {
        unimplemented!()
    }
    /// One installation.
    pub async fn installation(&self, id: &InstallationId) -> Result<Option<Installation>, StoreError> {
        let _ = id;
        unimplemented!()
    }
    /// Switches an installation on or off. False if there is none.
    pub async fn set_installation_enabled(&self, id: &InstallationId, enabled: bool) -> Result<bool, StoreError> {
        let _ = (id, enabled);
        unimplemented!()
    }
    /// Removes an installation with its accounts and credentials. False if there is none.
    pub async fn uninstall(&self, id: &InstallationId) -> Result<bool, StoreError> {
        let _ = id;
        unimplemented!()
    }
    /// Keeps a credential for a slot, sealed; an earlier one is overwritten.
    pub async fn set_credential(&self, id: &InstallationId, slot: &str, secret: &Secret) -> Result<(), StoreError> {
        let _ = (id, slot, secret);
        unimplemented!()
    }
    /// The credential of a slot.
    pub async fn credential(&self, id: &InstallationId, slot: &str) -> Result<Option<Secret>, StoreError> {
        let _ = (id, slot);
        unimplemented!()
    }
    /// Names of the slots that hold a credential.
    pub async fn credential_slots(&self, id: &InstallationId) -> Result<Vec<String>, StoreError> {
        let _ = id;
        unimplemented!()
    }
    /// Adds an account to an installation.
    pub async fn add_account(&self, new: &NewAccount) -> Result<AccountId, StoreError> {
        let _ = new;
        unimplemented!()
    }
    /// All accounts.
    pub async fn accounts(&self) -> Result<Vec<Account>, StoreError> {
        unimplemented!()
    }
    /// One account.
    pub async fn account(&self, id: &AccountId) -> Result<Option<Account>, StoreError> {
        let _ = id;
        unimplemented!()
    }
    /// Notes how the account's last step went.
    pub async fn set_account_status(&self, id: &AccountId, status: &AccountStatus) -> Result<(), StoreError> {
        let _ = (id, status);
        unimplemented!()
    }
}
