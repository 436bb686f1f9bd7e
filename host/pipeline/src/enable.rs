//! Enabling: installations, sources, monitors and rules, each checked before it is kept, and the jobs that follow from them.
//!
//! Lives here: what a change of configuration must check and set in motion. Not here: who may make it (`api`), the rows (`store`).

use isocial_catalog::ConfigError;
use isocial_gate::{LayerName, RestrictionError, Restrictions};
use isocial_model::{
    AccountId, InstallationId, Kind, MonitorId, RuleId, WorkspaceId, channel::Severity,
};
use isocial_query::{ParseErrors, parse};
use isocial_store::{
    JobKind, OrgDb, OrgScope, StoreError,
    alerts::NewRule as KeptRule,
    setup::{NewAccount, NewInstallation, NewMonitor},
};

use crate::{grant::Grant, host::Host, library::Loaded, watch::RuleSpec};

/// A change of configuration that was not made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EnableError {
    /// No such package.
    #[error("no package `{0}` is registered: `GET /api/v1/plugins` lists those that are")]
    NoPackage(String),
    /// The configuration does not fit the manifest's schema.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The query does not parse, or may not be saved.
    #[error(transparent)]
    Query(#[from] ParseErrors),
    /// A slot that the manifest does not name.
    #[error("{package} has no credential slot `{slot}`: expected one of {known}")]
    NoSlot {
        /// The package.
        package: String,
        /// What was given.
        slot: String,
        /// What exists.
        known: String,
    },
    /// A host that is none.
    #[error(
        "`{0}` is no host name: expected a name or address alone, without scheme, port or path, such as `mastodon.example`"
    )]
    Host(String),
    /// Sources belong to connectors.
    #[error("{package} is a {is}: sources belong to connectors")]
    NotConnector {
        /// The package.
        package: String,
        /// What it is.
        is: Kind,
    },
    /// A restriction that cannot be.
    #[error(transparent)]
    Restriction(#[from] RestrictionError),
    /// Two connectors of one network could overwrite each other's posts (HP-37).
    #[error(
        "{network} is read by {by} in this organisation: two connectors of one network could overwrite each other's posts; remove that installation first"
    )]
    NetworkTaken {
        /// The network.
        network: String,
        /// The package that reads it.
        by: String,
    },
    /// No such thing in this organisation.
    #[error("no such {0} in this organisation")]
    Unknown(&'static str),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What a credential slot is filled with.
#[derive(Clone)]
pub enum CredentialValue {
    /// A token, a key, a signing secret or a whole URL.
    Value(String),
    /// A user name and a password.
    Login(String, String),
}

impl std::fmt::Debug for CredentialValue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("CredentialValue(…)")
    }
}

/// A package to be enabled.
#[derive(Debug)]
pub struct NewPlugin<'a> {
    /// In which workspace.
    pub workspace: &'a WorkspaceId,
    /// The package's id; its newest registered version is taken.
    pub package: &'a str,
    /// Configuration, JSON; for connectors it belongs to each source instead and this is `{}`.
    pub config: &'a str,
    /// Hosts that the person adds and consents to, where the manifest says `tenant-declared`.
    pub hosts: Vec<String>,
    /// Credentials by slot.
    pub credentials: Vec<(String, CredentialValue)>,
}

/// Enables a package with consent to exactly what its contracts ask for.
pub async fn plugin(
    host: &Host,
    db: &OrgDb,
    new: NewPlugin<'_>,
) -> Result<InstallationId, EnableError> {
    let loaded = host
        .library
        .newest(new.package)
        .ok_or_else(|| EnableError::NoPackage(new.package.into()))?;
    network_is_free(host, db, &loaded).await?;
    let config = match loaded.kind {
        Kind::Connector => "{}".to_owned(),
        _ => loaded.check_config(new.config)?,
    };
    if let Some(wrong) = new
        .hosts
        .iter()
        .find(|h| h.is_empty() || h.contains(['/', ':', '@', '*', ' ']))
    {
        return Err(EnableError::Host(wrong.clone()));
    }
    for (slot, _) in &new.credentials {
        if !loaded.manifest.credentials.iter().any(|s| s.name == *slot) {
            let known: Vec<&str> = loaded
                .manifest
                .credentials
                .iter()
                .map(|s| s.name.as_str())
                .collect();
            return Err(EnableError::NoSlot {
                package: new.package.into(),
                slot: slot.clone(),
                known: known.join(", "),
            });
        }
    }
    let grant = Grant::to_contracts(&loaded.manifest.contracts, new.hosts);
    let id = db
        .install(&NewInstallation {
            workspace: new.workspace.clone(),
            package: loaded.package.clone(),
            kind: loaded.kind,
            config,
            grant: serde_json::to_string(&grant).unwrap_or_default(),
        })
        .await?;
    for (slot, value) in new.credentials {
        match value {
            CredentialValue::Value(value) => {
                crate::keeper::keep_value(db, &id, &slot, &value).await?;
            }
            CredentialValue::Login(user, password) => {
                crate::keeper::keep_login(db, &id, &slot, &user, &password).await?;
            }
        }
    }
    host.forget(db);
    Ok(id)
}

/// Whether no other connector of this organisation writes the same network.
async fn network_is_free(host: &Host, db: &OrgDb, new: &Loaded) -> Result<(), EnableError> {
    let Some(network) = new.manifest.networks.first() else {
        return Ok(());
    };
    for installation in db.installations().await? {
        let other = host.library.get(&installation.package);
        if installation.package.id != new.package.id
            && other.is_some_and(|other| other.manifest.networks.first() == Some(network))
        {
            return Err(EnableError::NetworkTaken {
                network: network.clone(),
                by: installation.package.to_string(),
            });
        }
    }
    Ok(())
}

/// Adds a source to a connector's installation; it is read once a monitor names it.
pub async fn source(
    host: &Host,
    db: &OrgDb,
    installation: &InstallationId,
    config: &str,
    every_seconds: Option<u32>,
) -> Result<AccountId, EnableError> {
    let known = db
        .installation(installation)
        .await?
        .ok_or(EnableError::Unknown("installation"))?;
    let loaded = host
        .library
        .get(&known.package)
        .ok_or_else(|| EnableError::NoPackage(known.package.to_string()))?;
    if loaded.kind != Kind::Connector {
        return Err(EnableError::NotConnector {
            package: known.package.to_string(),
            is: loaded.kind,
        });
    }
    let config = loaded.check_config(config)?;
    let every_seconds = every_seconds.unwrap_or(host.settings.interval_s).max(1);
    let id = db
        .add_account(&NewAccount {
            installation: installation.clone(),
            config,
            every_seconds,
        })
        .await?;
    host.forget(db);
    Ok(id)
}

/// Makes a monitor and has its sources read at once.
pub async fn monitor(
    host: &Host,
    scope: &OrgScope,
    db: &OrgDb,
    workspace: &WorkspaceId,
    name: &str,
    query: &str,
    sources: Vec<AccountId>,
) -> Result<MonitorId, EnableError> {
    parse(query)?;
    keep_monitor(host, scope, db, workspace, name, query, sources).await
}

/// Makes a monitor that takes whatever its sources give: for archives that a person reads as a whole.
pub async fn monitor_of_everything(
    host: &Host,
    scope: &OrgScope,
    db: &OrgDb,
    workspace: &WorkspaceId,
    name: &str,
    sources: Vec<AccountId>,
) -> Result<MonitorId, EnableError> {
    let query = isocial_query::Query::everything().to_string();
    keep_monitor(host, scope, db, workspace, name, &query, sources).await
}

async fn keep_monitor(
    host: &Host,
    scope: &OrgScope,
    db: &OrgDb,
    workspace: &WorkspaceId,
    name: &str,
    query: &str,
    sources: Vec<AccountId>,
) -> Result<MonitorId, EnableError> {
    let id = db
        .create_monitor(&NewMonitor {
            workspace: workspace.clone(),
            name: name.into(),
            query: query.into(),
            sources: sources.clone(),
            settings: "{}".into(),
        })
        .await?;
    // Before anything is set in motion: a job must not find the configuration of before.
    host.forget(db);
    for source in &sources {
        host.deployment
            .schedule(scope, JobKind::Collect, source.as_str(), host.clock.now())
            .await?;
    }
    begin_streams(host, scope, db, &id, &sources).await?;
    host.forget(db);
    Ok(id)
}

/// Sets the streams of a monitor's sources in motion, those that have one.
async fn begin_streams(
    host: &Host,
    scope: &OrgScope,
    db: &OrgDb,
    monitor: &MonitorId,
    sources: &[AccountId],
) -> Result<(), StoreError> {
    let withheld = host.settings.withheld.with_organisation(db).await?;
    for source in sources {
        let Some(account) = db.account(source).await? else {
            continue;
        };
        if let Some(installation) = db.installation(&account.installation).await? {
            crate::stream::begin(host, scope, &withheld, &account, &installation, monitor).await?;
        }
    }
    Ok(())
}

/// Withholds this from every plugin of an organisation from the next step of each job on, in place of what it withheld before.
pub async fn restrict(
    host: &Host,
    scope: &OrgScope,
    db: &OrgDb,
    restrictions: &Restrictions,
    who: &str,
) -> Result<(), EnableError> {
    restrictions.layer(LayerName::Organisation)?;
    let spec = serde_json::to_string(restrictions).unwrap_or_default();
    db.set_restrictions(&spec, who).await?;
    host.forget(db);
    // A shared stream is shared among equals: they are others now.
    begin_all_streams(host, scope, db).await?;
    host.forget(db);
    Ok(())
}

/// Sets the streams of all monitors' sources in motion, those that have one and are not.
pub(crate) async fn begin_all_streams(
    host: &Host,
    scope: &OrgScope,
    db: &OrgDb,
) -> Result<(), StoreError> {
    for monitor in db.monitors().await?.into_iter().filter(|m| m.enabled) {
        begin_streams(host, scope, db, &monitor.id, &monitor.sources).await?;
    }
    Ok(())
}

/// A rule to be made.
#[derive(Debug)]
pub struct NewRule<'a> {
    /// What it watches.
    pub monitor: &'a MonitorId,
    /// Its name.
    pub name: &'a str,
    /// What it asks for.
    pub spec: &'a RuleSpec,
    /// How urgent.
    pub severity: Severity,
    /// Which channels are told.
    pub channels: Vec<InstallationId>,
}

/// Makes an alert rule and has it looked at at once.
pub async fn rule(
    host: &Host,
    scope: &OrgScope,
    db: &OrgDb,
    new: NewRule<'_>,
) -> Result<RuleId, EnableError> {
    let id = db
        .create_rule(&KeptRule {
            monitor: new.monitor.clone(),
            name: new.name.into(),
            spec: serde_json::to_string(new.spec).unwrap_or_default(),
            severity: new.severity,
            channels: new.channels,
        })
        .await?;
    host.deployment
        .schedule(
            scope,
            JobKind::Detect,
            new.monitor.as_str(),
            host.clock.now(),
        )
        .await?;
    Ok(id)
}
