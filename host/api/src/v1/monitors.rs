//! Monitors: saved queries with their sources.

use axum::{Json, extract::Path, http::StatusCode};
use isocial_model::{AccountId, MonitorId, WorkspaceId};
use isocial_pipeline::enable;
use isocial_query::{Doubt, parse_with_lints};
use isocial_store::setup::Monitor;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    access::{Entered, Operator},
    page::{Body, Listed},
    problem::Problem,
};

/// A monitor to be made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewMonitor {
    /// Its workspace.
    workspace: String,
    /// Its name · 1–200 bytes.
    name: String,
    /// The query · ≤ 8 KiB.
    query: String,
    /// Sources that it reads.
    sources: Vec<String>,
}

/// A monitor.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ShownMonitor {
    /// Its id.
    id: String,
    /// Its workspace.
    workspace: String,
    /// Its name.
    name: String,
    /// The query.
    query: String,
    /// Sources that it reads.
    sources: Vec<String>,
    /// Whether it collects.
    enabled: bool,
    /// When it was made · milliseconds since 1970.
    created: i64,
}

/// A query to be looked at.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CheckedQuery {
    /// The query.
    query: String,
}

fn shown(monitor: Monitor) -> ShownMonitor {
    ShownMonitor {
        id: monitor.id.to_string(),
        workspace: monitor.workspace.to_string(),
        name: monitor.name,
        query: monitor.query,
        sources: monitor.sources.iter().map(ToString::to_string).collect(),
        enabled: monitor.enabled,
        created: monitor.created.as_millis(),
    }
}

fn id_of(text: &str) -> Result<MonitorId, Problem> {
    text.parse().map_err(|_| Problem::not_found("monitor"))
}

/// Lists monitors.
pub(crate) async fn list(entered: Entered) -> Result<Json<Listed<ShownMonitor>>, Problem> {
    Ok(Json(Listed::all(
        entered
            .tenant
            .db
            .monitors()
            .await?
            .into_iter()
            .map(shown)
            .collect(),
    )))
}

/// Shows a monitor.
pub(crate) async fn show(
    entered: Entered,
    Path((_, id)): Path<(String, String)>,
) -> Result<Json<ShownMonitor>, Problem> {
    let monitor = entered
        .tenant
        .db
        .monitor(&id_of(&id)?)
        .await?
        .ok_or_else(|| Problem::not_found("monitor"))?;
    Ok(Json(shown(monitor)))
}

/// Makes a monitor; its sources are read at once.
pub(crate) async fn create(
    entered: Entered,
    Body(new): Body<NewMonitor>,
) -> Result<(StatusCode, Json<serde_json::Value>), Problem> {
    let workspace: WorkspaceId = new
        .workspace
        .parse()
        .map_err(|_| Problem::not_found("workspace"))?;
    let mut sources = Vec::new();
    for (n, source) in new.sources.iter().enumerate() {
        let wrong = || {
            Problem::invalid(
                format!("/sources/{n}"),
                "expected the id of a source of this organisation",
            )
        };
        let id: AccountId = source.parse().map_err(|_| wrong())?;
        entered.tenant.db.account(&id).await?.ok_or_else(wrong)?;
        sources.push(id);
    }
    let db = &entered.tenant.db;
    let id = enable::monitor(
        &entered.host,
        &entered.scope,
        db,
        &workspace,
        &new.name,
        &new.query,
        sources,
    )
    .await?;
    Ok((
        StatusCode::CREATED,
        Json(serde_json::json!({ "id": id.as_str() })),
    ))
}

/// Removes a monitor with its mentions.
pub(crate) async fn remove(
    entered: Entered,
    Path((_, id)): Path<(String, String)>,
) -> Result<StatusCode, Problem> {
    if !entered.tenant.db.delete_monitor(&id_of(&id)?).await? {
        return Err(Problem::not_found("monitor"));
    }
    entered.host.forget(&entered.tenant.db);
    Ok(StatusCode::NO_CONTENT)
}

/// Looks at a query without saving it: its normal form and what may be meant otherwise.
pub(crate) async fn check(
    _operator: Operator,
    Body(given): Body<CheckedQuery>,
) -> Result<Json<serde_json::Value>, Problem> {
    let parsed = parse_with_lints(&given.query).map_err(enable::EnableError::from)?;
    let lints: Vec<serde_json::Value> = parsed
        .lints
        .iter()
        .map(|lint| {
            let doubt = match lint.doubt {
                Doubt::BareWords => "two words side by side: both must occur, anywhere; a phrase, or AND?",
                Doubt::SmallOperator => "and, or, not, near in small letters are words to look for",
                Doubt::WildcardInQuotes => "a question mark in quotes is punctuation",
                _ => "this may be meant otherwise",
            };
            let fixes: Vec<String> = lint.fixes.iter().map(|fix| fix.apply(&given.query)).collect();
            serde_json::json!({ "line": lint.line, "column": lint.column, "doubt": doubt, "fixes": fixes })
        })
        .collect();
    Ok(Json(
        serde_json::json!({ "query": parsed.query.to_string(), "lints": lints }),
    ))
}
