//! Packages that this host has loaded: what each would be given, before anybody enables it; adding one, and forgetting one.

use axum::{Json, body::Bytes, extract::Path, http::StatusCode};
use isocial_pipeline::{Loaded, RegisterError};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{access::Operator, page::Listed, problem::Problem};

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

fn shown(loaded: &Loaded) -> ShownPlugin {
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
    Ok(Json(Listed::all(all.iter().map(|l| shown(l)).collect())))
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
        Ok(loaded) => Ok((StatusCode::CREATED, Json(shown(&loaded)))),
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
