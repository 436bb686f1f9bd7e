//! Packages that this host has loaded: what each would be given, before anybody enables it.

use axum::{Json, extract::Path};
use isocial_gate::Explained;
use isocial_model::InstallationId;
use isocial_pipeline::{Grant, Loaded};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::{
    access::{Entered, Operator},
    page::{Listed, Parameters},
    problem::Problem,
};

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
    Ok(Json(shown(&loaded, None, network)))
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
    Ok(Json(shown(&loaded, Some(&grant), network)))
}

fn shown(loaded: &Loaded, grant: Option<&Grant>, network: Option<&str>) -> ShownExplanation {
    ShownExplanation {
        id: loaded.package.id.clone(),
        version: loaded.package.version.to_string(),
        kind: loaded.kind.name().into(),
        installed: grant.is_some(),
        contracts: isocial_pipeline::explain::contracts(&loaded.manifest, grant, network),
    }
}

/// Lists packages.
pub(crate) async fn list(operator: Operator) -> Result<Json<Listed<ShownPlugin>>, Problem> {
    let items = operator
        .host
        .library
        .all()
        .into_iter()
        .map(|loaded| ShownPlugin {
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
        })
        .collect();
    Ok(Json(Listed::all(items)))
}
