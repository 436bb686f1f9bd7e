//! Sources: accounts at networks that a connector's installation reads.

use axum::{Json, http::StatusCode};
use isocial_model::InstallationId;
use isocial_pipeline::{enable, stream::Fare};
use isocial_store::setup::AccountStatus;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    access::Entered,
    page::{Body, Listed},
    problem::Problem,
};

/// A source to be added.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewSource {
    /// The connector's installation.
    installation: String,
    /// Configuration as the manifest's schema has it.
    #[schema(value_type = Object)]
    config: serde_json::Value,
    /// Seconds between two readings; the operator's default if left out.
    every_seconds: Option<u32>,
}

/// A source.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ShownSource {
    /// Its id.
    id: String,
    /// Its installation.
    installation: String,
    /// Configuration.
    #[schema(value_type = Object)]
    config: serde_json::Value,
    /// Seconds between two readings.
    every_seconds: u32,
    /// `new`, `working`, `failing`, `stopped`.
    status: &'static str,
    /// The fault's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    fault: Option<String>,
    /// Whether the network pushes to it: `open`, or `waiting` with the reason; absent where it is only polled.
    #[serde(skip_serializing_if = "Option::is_none")]
    stream: Option<String>,
    /// When its last step ended · milliseconds since 1970.
    last_step: Option<i64>,
    /// Spans of publication time that were seen: start, end, whether completely.
    coverage: Vec<(i64, i64, bool)>,
}

/// Lists sources with how they fare and what they have seen.
pub(crate) async fn list(entered: Entered) -> Result<Json<Listed<ShownSource>>, Problem> {
    let db = &entered.tenant.db;
    let installations = db.installations().await?;
    let mut items = Vec::new();
    for account in db.accounts().await? {
        let stream = installations
            .iter()
            .find(|i| i.id == account.installation)
            .and_then(|i| {
                isocial_pipeline::stream::fare(&entered.host, &entered.tenant.withheld, &account, i)
            })
            .map(|fare| match fare {
                Fare::Open => "open".to_owned(),
                Fare::Waiting(why) => format!("waiting:{why}"),
            });
        let (status, fault) = match account.status {
            AccountStatus::New => ("new", None),
            AccountStatus::Working => ("working", None),
            AccountStatus::Failing(why) => ("failing", Some(why)),
            AccountStatus::Stopped(why) => ("stopped", Some(why)),
        };
        let coverage = db.coverage(&account.id).await?;
        items.push(ShownSource {
            id: account.id.to_string(),
            installation: account.installation.to_string(),
            config: serde_json::from_str(&account.config).unwrap_or_default(),
            every_seconds: account.every_seconds,
            status,
            fault,
            stream,
            last_step: account.last_step.map(isocial_model::Instant::as_millis),
            coverage: coverage
                .iter()
                .map(|w| (w.start.as_millis(), w.end.as_millis(), w.complete))
                .collect(),
        });
    }
    Ok(Json(Listed::all(items)))
}

/// Adds a source; it is read once a monitor names it.
pub(crate) async fn create(
    entered: Entered,
    Body(new): Body<NewSource>,
) -> Result<(StatusCode, Json<serde_json::Value>), Problem> {
    let installation: InstallationId = new
        .installation
        .parse()
        .map_err(|_| Problem::not_found("installation"))?;
    let config = new.config.to_string();
    let id = enable::source(
        &entered.host,
        &entered.tenant.db,
        &installation,
        &config,
        new.every_seconds,
    )
    .await?;
    Ok((
        StatusCode::CREATED,
        Json(serde_json::json!({ "id": id.as_str() })),
    ))
}
