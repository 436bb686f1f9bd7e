//! Incidents, and the notices that went out about them.

use axum::Json;
use isocial_model::channel::Severity;
use isocial_store::alerts::NoticeStatus;
use serde::Serialize;
use utoipa::ToSchema;

use crate::{access::Entered, page::Listed, problem::Problem};

/// Rows a list.
const LIMIT: u32 = 200;

/// An incident.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ShownIncident {
    /// Its id.
    id: String,
    /// The rule.
    rule: String,
    /// The monitor.
    monitor: String,
    /// From · milliseconds since 1970.
    start: i64,
    /// To · milliseconds since 1970.
    end: i64,
    /// Mentions in it.
    count: u64,
    /// What was to be expected.
    expected: Option<f64>,
    /// How urgent.
    #[schema(value_type = String)]
    severity: Severity,
    /// Whether it is over.
    closed: bool,
}

/// A notice: one message to one channel.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ShownNotice {
    /// Its id.
    id: String,
    /// What it is about.
    subject: String,
    /// The channel's installation.
    channel: String,
    /// `waiting`, `delivered` or `given-up`.
    status: &'static str,
    /// Attempts so far.
    attempts: u32,
    /// The last problem.
    problem: Option<String>,
    /// When it was put in · milliseconds since 1970.
    created: i64,
    /// When it ended · milliseconds since 1970.
    settled: Option<i64>,
}

/// Lists incidents, newest first.
pub(crate) async fn list(entered: Entered) -> Result<Json<Listed<ShownIncident>>, Problem> {
    let items = entered
        .tenant
        .db
        .incidents(None, LIMIT)
        .await?
        .into_iter()
        .map(|i| ShownIncident {
            id: i.id.to_string(),
            rule: i.rule.to_string(),
            monitor: i.monitor.to_string(),
            start: i.start.as_millis(),
            end: i.end.as_millis(),
            count: i.count,
            expected: i.expected,
            severity: i.severity,
            closed: i.closed,
        })
        .collect();
    Ok(Json(Listed::all(items)))
}

/// Lists notices, newest first; those that were given up are the dead letters.
pub(crate) async fn notices(entered: Entered) -> Result<Json<Listed<ShownNotice>>, Problem> {
    let items = entered
        .tenant
        .db
        .notices(None, LIMIT)
        .await?
        .into_iter()
        .map(|n| ShownNotice {
            id: n.id.to_string(),
            subject: n.subject,
            channel: n.channel.to_string(),
            status: match n.status {
                NoticeStatus::Pending => "waiting",
                NoticeStatus::Delivered => "delivered",
                NoticeStatus::Dead => "given-up",
            },
            attempts: n.attempts,
            problem: n.problem,
            created: n.created.as_millis(),
            settled: n.settled.map(isocial_model::Instant::as_millis),
        })
        .collect();
    Ok(Json(Listed::all(items)))
}
