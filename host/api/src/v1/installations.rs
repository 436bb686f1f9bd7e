//! Installations: packages that are enabled in a workspace, with their configuration and the consent given.

use std::collections::BTreeMap;

use axum::{Json, extract::Path, http::StatusCode};
use isocial_model::{InstallationId, WorkspaceId};
use isocial_pipeline::{
    Grant,
    enable::{self, CredentialValue, NewPlugin},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    access::Entered,
    page::{Body, Listed},
    problem::Problem,
};

/// A package to be enabled. Enabling it is consent to exactly what its contracts ask for.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewInstallation {
    /// In which workspace.
    workspace: String,
    /// `publisher/name`; the newest registered version is taken.
    package: String,
    /// Configuration as the manifest's schema has it; for connectors it belongs to each source.
    #[serde(default)]
    #[schema(value_type = Object)]
    config: Option<serde_json::Value>,
    /// Hosts that you add where the manifest says `tenant-declared`.
    #[serde(default)]
    hosts: Vec<String>,
    /// Credentials by slot.
    #[serde(default)]
    credentials: BTreeMap<String, GivenCredential>,
}

/// A credential: a value, or a user name and a password. It is sealed at once and never shown again.
#[derive(Deserialize, ToSchema)]
#[serde(untagged)]
pub(crate) enum GivenCredential {
    /// A user name and a password.
    Login {
        /// User name.
        user: String,
        /// Password.
        password: String,
    },
    /// A token, key, secret or whole URL.
    Value(String),
}

impl std::fmt::Debug for GivenCredential {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("GivenCredential(…)")
    }
}

/// An installation.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ShownInstallation {
    /// Its id.
    id: String,
    /// Its workspace.
    workspace: String,
    /// Package and version.
    package: String,
    /// Kind.
    kind: String,
    /// Configuration.
    #[schema(value_type = Object)]
    config: serde_json::Value,
    /// Fields that were consented to, at their precision.
    granted: Vec<String>,
    /// Hosts that were added.
    hosts: Vec<String>,
    /// Slots that hold a credential.
    credentials: Vec<String>,
    /// Whether it may be called.
    enabled: bool,
    /// A newer version that waits because it asks for more than was consented to, or does not take this configuration.
    waiting: Option<String>,
    /// How it fares.
    health: ShownHealth,
}

/// How a plugin fares in this organisation since the host was started.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ShownHealth {
    /// `untried`, `working`, `failing` (it is still called) or `resting`.
    state: &'static str,
    /// It is not called before this instant, milliseconds since 1970.
    resting_until_ms: Option<i64>,
    /// Calls; a batch that was divided counts once.
    calls: u64,
    /// Failures by name: `trap`, `time`, `memory`, `stack`, `output`, `rejected`.
    failures: BTreeMap<String, u64>,
    /// Name of the last failure.
    last_failure: Option<String>,
    /// When that was, milliseconds since 1970.
    last_failure_ms: Option<i64>,
    /// Items that made it fail alone and were kept without its reading.
    quarantined: u64,
}

impl From<isocial_pipeline::health::ShownHealth> for ShownHealth {
    fn from(h: isocial_pipeline::health::ShownHealth) -> Self {
        Self {
            state: h.state,
            resting_until_ms: h.resting_until.map(isocial_model::Instant::as_millis),
            calls: h.calls,
            failures: h
                .failures
                .into_iter()
                .map(|(name, n)| (name.to_owned(), n))
                .collect(),
            last_failure: h.last_failure.map(|(name, _)| name.to_owned()),
            last_failure_ms: h.last_failure.map(|(_, at)| at.as_millis()),
            quarantined: h.quarantined,
        }
    }
}

/// Lists installations.
pub(crate) async fn list(entered: Entered) -> Result<Json<Listed<ShownInstallation>>, Problem> {
    let mut items = Vec::new();
    for installation in entered.tenant.db.installations().await? {
        let grant = serde_json::from_str::<Grant>(&installation.grant).ok();
        let (granted, hosts) = grant.map_or_else(Default::default, |g| (g.rights.into(), g.hosts));
        items.push(ShownInstallation {
            credentials: entered
                .tenant
                .db
                .credential_slots(&installation.id)
                .await?
                .into_iter()
                .filter(|slot| !slot.contains('#'))
                .collect(),
            id: installation.id.to_string(),
            workspace: installation.workspace.to_string(),
            package: installation.package.to_string(),
            kind: installation.kind.name().into(),
            config: serde_json::from_str(&installation.config).unwrap_or_default(),
            granted,
            hosts,
            enabled: installation.enabled,
            waiting: entered
                .host
                .waiting_version(&entered.tenant.db, &installation)
                .await?
                .map(|newer| newer.package.version.to_string()),
            health: entered
                .host
                .health(&entered.tenant.db, &installation)
                .into(),
        });
    }
    Ok(Json(Listed::all(items)))
}

/// Enables a package.
pub(crate) async fn create(
    entered: Entered,
    Body(new): Body<NewInstallation>,
) -> Result<(StatusCode, Json<serde_json::Value>), Problem> {
    let workspace: WorkspaceId = new
        .workspace
        .parse()
        .map_err(|e: isocial_model::id::IdError| Problem::invalid("/workspace", e.to_string()))?;
    if !entered
        .tenant
        .db
        .workspaces()
        .await?
        .iter()
        .any(|w| w.id == workspace)
    {
        return Err(Problem::not_found("workspace"));
    }
    let config = new
        .config
        .unwrap_or_else(|| serde_json::json!({}))
        .to_string();
    let credentials = new
        .credentials
        .into_iter()
        .map(|(slot, given)| {
            let value = match given {
                GivenCredential::Value(value) => CredentialValue::Value(value),
                GivenCredential::Login { user, password } => CredentialValue::Login(user, password),
            };
            (slot, value)
        })
        .collect();
    let plugin = NewPlugin {
        workspace: &workspace,
        package: &new.package,
        config: &config,
        hosts: new.hosts,
        credentials,
    };
    let id = enable::plugin(&entered.host, &entered.tenant.db, plugin).await?;
    Ok((
        StatusCode::CREATED,
        Json(serde_json::json!({ "id": id.as_str() })),
    ))
}

/// A line that a plugin wrote into its log.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ShownLogLine {
    /// When its call ended · milliseconds since 1970.
    at: i64,
    /// `debug`, `info`, `warn` or `error`, in the plugin's opinion.
    level: &'static str,
    /// One line of at most 1,024 bytes. It may hold content of this organisation.
    text: String,
}

/// The newest lines that the plugin of an installation wrote, oldest first. They are kept in memory only.
pub(crate) async fn log(
    entered: Entered,
    Path((_, id)): Path<(String, String)>,
) -> Result<Json<Listed<ShownLogLine>>, Problem> {
    let missing = || Problem::not_found("installation");
    let id: InstallationId = id.parse().map_err(|_| missing())?;
    let db = &entered.tenant.db;
    db.installation(&id).await?.ok_or_else(missing)?;
    let (lines, _) = entered.host.said.of(db.id(), &id).lines();
    let items = lines
        .into_iter()
        .map(|said| ShownLogLine {
            at: said.at.as_millis(),
            level: said.line.level.name(),
            text: said.line.text,
        })
        .collect();
    Ok(Json(Listed::all(items)))
}

/// Removes an installation with its sources and credentials.
pub(crate) async fn remove(
    entered: Entered,
    Path((_, id)): Path<(String, String)>,
) -> Result<StatusCode, Problem> {
    let id: InstallationId = id.parse().map_err(|_| Problem::not_found("installation"))?;
    // What leads to its sources goes first: better an address too few than one that leads nowhere.
    for source in entered.tenant.db.accounts().await? {
        if source.installation == id {
            let deployment = &entered.host.deployment;
            deployment
                .withdraw_address(&entered.scope, &source.id)
                .await?;
        }
    }
    if !entered.tenant.db.uninstall(&id).await? {
        return Err(Problem::not_found("installation"));
    }
    entered.host.forget(&entered.tenant.db);
    entered.host.said.forget(entered.tenant.db.id(), &id);
    Ok(StatusCode::NO_CONTENT)
}
