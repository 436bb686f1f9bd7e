//! Exports: files that a person asked for.

use axum::{
    Json,
    body::Body as Bytes,
    extract::Path,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use isocial_model::{InstallationId, Instant, JobId, Kind};
use isocial_pipeline::export::{self, ExportSpec};
use isocial_store::exports::{Export, ExportState};
use serde::{Deserialize, Serialize};
use tokio_util::io::ReaderStream;
use utoipa::ToSchema;

use crate::{
    access::Entered,
    page::{Body, Listed},
    problem::{Problem, ProblemType},
};

/// Rows a list.
const LIMIT: u32 = 200;

/// An export that is asked for.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AskedExport {
    /// The export format's installation.
    format: String,
    /// Title · 1–200 bytes.
    title: String,
    /// Of this monitor only.
    monitor: Option<String>,
    /// Published at or after · milliseconds since 1970.
    from: Option<i64>,
    /// Published before · milliseconds since 1970.
    until: Option<i64>,
}

/// An export.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ShownExport {
    /// Its id.
    id: String,
    /// Title.
    title: String,
    /// `waiting`, `writing`, `done` or `failed`.
    state: &'static str,
    /// Rows written.
    rows: u64,
    /// Bytes written.
    bytes: u64,
    /// SHA-256 of the file.
    sha256: Option<String>,
    /// What went wrong.
    problem: Option<String>,
    /// When it was asked for · milliseconds since 1970.
    created: i64,
}

fn shown(export: Export) -> ShownExport {
    ShownExport {
        id: export.id.to_string(),
        title: export.title,
        state: match export.state {
            ExportState::Waiting => "waiting",
            ExportState::Writing => "writing",
            ExportState::Done => "done",
            ExportState::Failed => "failed",
        },
        rows: export.rows,
        bytes: export.bytes,
        sha256: export.sha256,
        problem: export.problem,
        created: export.created.as_millis(),
    }
}

async fn find(entered: &Entered, id: &str) -> Result<Export, Problem> {
    let missing = || Problem::not_found("export");
    let id: JobId = id.parse().map_err(|_| missing())?;
    entered.tenant.db.export(&id).await?.ok_or_else(missing)
}

/// Lists exports, newest first.
pub(crate) async fn list(entered: Entered) -> Result<Json<Listed<ShownExport>>, Problem> {
    Ok(Json(Listed::all(
        entered
            .tenant
            .db
            .exports(LIMIT)
            .await?
            .into_iter()
            .map(shown)
            .collect(),
    )))
}

/// Shows an export.
pub(crate) async fn show(
    entered: Entered,
    Path((_, id)): Path<(String, String)>,
) -> Result<Json<ShownExport>, Problem> {
    Ok(Json(shown(find(&entered, &id).await?)))
}

/// Asks for an export; it is written by a job.
pub(crate) async fn create(
    entered: Entered,
    Body(asked): Body<AskedExport>,
) -> Result<(StatusCode, Json<serde_json::Value>), Problem> {
    let format: InstallationId = asked
        .format
        .parse()
        .map_err(|_| Problem::not_found("installation"))?;
    entered
        .tenant
        .db
        .installation(&format)
        .await?
        .filter(|i| i.kind == Kind::ExportFormat)
        .ok_or_else(|| {
            Problem::invalid("/format", "expected the installation of an export format")
        })?;
    let spec = ExportSpec {
        monitor: asked
            .monitor
            .as_deref()
            .map(str::parse)
            .transpose()
            .map_err(|_| Problem::not_found("monitor"))?,
        from: asked.from.map(Instant),
        until: asked.until.map(Instant),
    };
    let id = export::ask(
        &entered.host,
        &entered.tenant,
        &format,
        &asked.title,
        &spec,
        "operator",
    )
    .await?;
    Ok((
        StatusCode::ACCEPTED,
        Json(serde_json::json!({ "id": id.as_str() })),
    ))
}

/// The file itself.
pub(crate) async fn file(
    entered: Entered,
    Path((_, id)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let export = find(&entered, &id).await?;
    let (ExportState::Done, Some(name)) = (export.state, export.file) else {
        return Err(Problem::new(
            ProblemType::Conflict,
            "the file is not written yet: look at `state`",
        ));
    };
    let path = entered.tenant.db.export_folder().join(&name);
    let file = tokio::fs::File::open(path)
        .await
        .map_err(|e| Problem::internal(&e))?;
    let headers = [
        (header::CONTENT_TYPE, "application/octet-stream".to_owned()),
        (
            header::CONTENT_DISPOSITION,
            format!("attachment; filename=\"{name}\""),
        ),
    ];
    Ok((headers, Bytes::from_stream(ReaderStream::new(file))).into_response())
}
