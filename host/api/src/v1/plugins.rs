//! Packages that this host has loaded: what each would be given, before anybody enables it.

use axum::Json;
use serde::Serialize;
use utoipa::ToSchema;

use crate::{access::Operator, page::Listed, problem::Problem};

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
