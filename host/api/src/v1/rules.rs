//! Alert rules.

use axum::{Json, extract::Path, http::StatusCode};
use isocial_model::{InstallationId, Kind, MonitorId, RuleId, channel::Severity};
use isocial_pipeline::{enable, watch::RuleSpec};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    access::Entered,
    page::{Body, Listed},
    problem::Problem,
};

/// A rule to be made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewRule {
    /// What it watches.
    monitor: String,
    /// Its name · 1–200 bytes.
    name: String,
    /// `{"when": "spike"}` with `minimum` and `factor` where they differ from the operator's, or `{"when": "negative", "share": 0.6}`.
    #[schema(value_type = Object)]
    spec: RuleSpec,
    /// `info`, `warning` (if left out) or `critical`.
    #[schema(value_type = Option<String>)]
    severity: Option<Severity>,
    /// Installations of channels that are told.
    channels: Vec<String>,
}

/// A rule.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ShownRule {
    /// Its id.
    id: String,
    /// What it watches.
    monitor: String,
    /// Its name.
    name: String,
    /// What it asks for.
    #[schema(value_type = Object)]
    spec: serde_json::Value,
    /// How urgent.
    #[schema(value_type = String)]
    severity: Severity,
    /// Channels.
    channels: Vec<String>,
    /// Whether it is looked at.
    enabled: bool,
}

/// Lists rules.
pub(crate) async fn list(entered: Entered) -> Result<Json<Listed<ShownRule>>, Problem> {
    let items = entered
        .tenant
        .db
        .rules(None)
        .await?
        .into_iter()
        .map(|rule| ShownRule {
            id: rule.id.to_string(),
            monitor: rule.monitor.to_string(),
            name: rule.name,
            spec: serde_json::from_str(&rule.spec).unwrap_or_default(),
            severity: rule.severity,
            channels: rule.channels.iter().map(ToString::to_string).collect(),
            enabled: rule.enabled,
        })
        .collect();
    Ok(Json(Listed::all(items)))
}

/// Makes a rule.
pub(crate) async fn create(
    entered: Entered,
    Body(new): Body<NewRule>,
) -> Result<(StatusCode, Json<serde_json::Value>), Problem> {
    let db = &entered.tenant.db;
    let monitor: MonitorId = new
        .monitor
        .parse()
        .map_err(|_| Problem::not_found("monitor"))?;
    db.monitor(&monitor)
        .await?
        .ok_or_else(|| Problem::not_found("monitor"))?;
    let mut channels = Vec::new();
    for (n, channel) in new.channels.iter().enumerate() {
        let wrong = || {
            Problem::invalid(
                format!("/channels/{n}"),
                "expected the installation of an alert channel",
            )
        };
        let id: InstallationId = channel.parse().map_err(|_| wrong())?;
        db.installation(&id)
            .await?
            .filter(|i| i.kind == Kind::AlertChannel)
            .ok_or_else(wrong)?;
        channels.push(id);
    }
    let severity = new.severity.unwrap_or(Severity::Warning);
    let rule = enable::NewRule {
        monitor: &monitor,
        name: &new.name,
        spec: &new.spec,
        severity,
        channels,
    };
    let id = enable::rule(&entered.host, &entered.scope, db, rule).await?;
    Ok((
        StatusCode::CREATED,
        Json(serde_json::json!({ "id": id.as_str() })),
    ))
}

/// Removes a rule; its incidents stay.
pub(crate) async fn remove(
    entered: Entered,
    Path((_, id)): Path<(String, String)>,
) -> Result<StatusCode, Problem> {
    let id: RuleId = id.parse().map_err(|_| Problem::not_found("rule"))?;
    if entered.tenant.db.delete_rule(&id).await? {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(Problem::not_found("rule"))
    }
}
