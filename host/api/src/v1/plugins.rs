//! Packages that this host has loaded: what each would be given, before anybody enables it; adding one, and forgetting one.

use axum::{Json, body::Bytes, extract::Path, http::StatusCode};
use isocial_gate::Explained;
use isocial_model::InstallationId;
use isocial_pipeline::{Grant, Loaded, RegisterError, explain::Withheld};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::{
    access::{Entered, Operator},
    page::{Listed, Parameters},
    problem::Problem,
};

/// Largest component that is taken · bytes: the sandbox's own bound (`component_bytes`).
pub(super) const COMPONENT_BYTES: usize = 64 << 20;

/// A package.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ShownPlugin {
    /// `publisher/name`.
    id: String,
    /// Version.
    version: String,
    /// Kind.
    kind: String,
    /// Name for people.
    name: String,
    /// What it does.
    description: String,
    /// SHA-256 of the component.
    digest: String,
    /// What it imports: nothing, or `log`.
    imports: Vec<String>,
    /// One a function: purposes, fields, hosts.
    contracts: Vec<ShownContract>,
}

/// What one function is given.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ShownContract {
    /// The function.
    function: String,
    /// Why.
    purposes: Vec<String>,
    /// Fields at their precision.
    input: Vec<String>,
    /// Hosts with the reason.
    hosts: Vec<String>,
}

/// For whom.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(crate) struct Whose {
    /// For posts of this network.
    network: Option<String>,
}

/// One package's contracts, explained layer by layer.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ShownExplanation {
    /// `publisher/name`.
    id: String,
    /// Version.
    version: String,
    /// Kind.
    kind: String,
    /// Whether an installation's grant was applied, or consent to the whole manifest assumed.
    installed: bool,
    /// One a function.
    #[schema(value_type = Vec<Object>)]
    contracts: Vec<Explained>,
}

/// Explains the newest version of a package as consent to the whole of it would have it.
pub(crate) async fn explain(
    operator: Operator,
    Path((publisher, name)): Path<(String, String)>,
    Parameters(whose): Parameters<Whose>,
) -> Result<Json<ShownExplanation>, Problem> {
    let id = format!("{publisher}/{name}");
    let loaded = operator.host.library.newest(&id);
    let loaded = loaded.ok_or_else(|| Problem::not_found("package"))?;
    let network = whose.network.as_deref();
    let withheld = &operator.host.settings.withheld;
    Ok(Json(shown(&loaded, withheld, None, network)))
}

/// Explains an installation under its organisation's grant.
pub(crate) async fn explain_installed(
    entered: Entered,
    Path((_, id)): Path<(String, String)>,
    Parameters(whose): Parameters<Whose>,
) -> Result<Json<ShownExplanation>, Problem> {
    let id: InstallationId = id.parse().map_err(|_| Problem::not_found("installation"))?;
    let installation = entered
        .tenant
        .db
        .installation(&id)
        .await?
        .ok_or_else(|| Problem::not_found("installation"))?;
    let loaded = entered
        .host
        .library
        .get(&installation.package)
        .ok_or_else(|| Problem::not_found("package"))?;
    let grant: Grant =
        serde_json::from_str(&installation.grant).map_err(|e| Problem::internal(&e))?;
    let network = whose.network.as_deref();
    let withheld = &entered.tenant.withheld;
    Ok(Json(shown(&loaded, withheld, Some(&grant), network)))
}

fn shown(
    loaded: &Loaded,
    withheld: &Withheld,
    grant: Option<&Grant>,
    network: Option<&str>,
) -> ShownExplanation {
    ShownExplanation {
        id: loaded.package.id.clone(),
        version: loaded.package.version.to_string(),
        kind: loaded.kind.name().into(),
        installed: grant.is_some(),
        contracts: isocial_pipeline::explain::contracts(&loaded.manifest, withheld, grant, network),
    }
}

fn package(loaded: &Loaded) -> ShownPlugin {
    ShownPlugin {
        id: loaded.package.id.clone(),
        version: loaded.package.version.to_string(),
        kind: loaded.kind.name().into(),
        name: loaded.manifest.name.clone(),
        description: loaded.manifest.description.clone(),
        digest: loaded.package.digest.clone(),
        imports: loaded.plugin.imports().to_vec(),
        contracts: loaded
            .manifest
            .contracts
            .iter()
            .map(|c| ShownContract {
                function: c.function.clone(),
                purposes: c.purposes.iter().map(ToString::to_string).collect(),
                input: c.input.clone().into(),
                hosts: c
                    .egress
                    .iter()
                    .map(|h| format!("{}: {}", h.host, h.why))
                    .collect(),
            })
            .collect(),
    }
}

/// Lists packages.
pub(crate) async fn list(operator: Operator) -> Result<Json<Listed<ShownPlugin>>, Problem> {
    let all = operator.host.library.all();
    Ok(Json(Listed::all(all.iter().map(|l| package(l)).collect())))
}

/// Registers a component that is sent as it is. A refusal names what is wrong (HP-02, HP-03, HP-06, HP-08); nothing of it was run.
pub(crate) async fn create(
    operator: Operator,
    component: Bytes,
) -> Result<(StatusCode, Json<ShownPlugin>), Problem> {
    let host = operator.host;
    // Reading and compiling a stranger's component is work for a thread of its own, and goes on where a client hangs up.
    let registered = tokio::task::spawn_blocking(move || {
        tokio::runtime::Handle::current().block_on(host.register(&component))
    });
    match registered.await.map_err(|e| Problem::internal(&e))? {
        Ok(loaded) => Ok((StatusCode::CREATED, Json(package(&loaded)))),
        Err(RegisterError::Store(error)) => Err(error.into()),
        Err(refused) => Err(Problem::invalid("component", refused.to_string())),
    }
}

/// Forgets a version of a package: no call of it begins any more, wherever it is installed.
pub(crate) async fn remove(
    operator: Operator,
    Path((publisher, name, version)): Path<(String, String, String)>,
) -> Result<StatusCode, Problem> {
    let id = format!("{publisher}/{name}");
    if operator.host.unregister(&id, &version).await? {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(Problem::not_found("package"))
    }
}
