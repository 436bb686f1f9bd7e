//! The ledger: what each plugin was given, line by line, and whether the chain holds.

use axum::{
    Json,
    body::Body as Bytes,
    http::header,
    response::{IntoResponse as _, Response},
};
use isocial_model::receipt::Receipt;
use isocial_store::{
    StoreError,
    ledger::{Completeness, Integrity, KeptReceipt, LedgerFile, LedgerVerdict},
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::{
    access::{Entered, Operator},
    page::{Listed, Parameters},
    problem::Problem,
};

/// Lines a page where nothing is said, and at most.
const PAGE: (u32, u32) = (100, 1_000);

/// Which lines.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(crate) struct Which {
    /// `next` of the last page.
    after: Option<u64>,
    /// Lines a page · 1–1,000.
    limit: Option<u32>,
}

/// A line with its place in the chain.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ShownReceipt {
    /// Its number.
    seq: u64,
    /// Its link, hex.
    link: String,
    /// The line.
    #[serde(flatten)]
    #[schema(value_type = Object)]
    receipt: Receipt,
}

/// Whether the ledger holds.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ShownVerdict {
    /// Lines that are there.
    lines: u64,
    /// `intact`, `changed` or `missing`.
    integrity: &'static str,
    /// `complete`, `cut`, `rebuilt` or `unsigned`.
    completeness: &'static str,
    /// The first line that is not as it should be.
    seq: Option<u64>,
    /// Whether every reading of the sandbox's counter is met by the lines.
    reconciled: bool,
    /// Calls that the lines stand for.
    calls: u64,
}

/// Lists lines of an organisation's ledger, oldest first.
pub(crate) async fn list(
    entered: Entered,
    Parameters(which): Parameters<Which>,
) -> Result<Json<Listed<ShownReceipt>>, Problem> {
    let (after, limit) = which.span();
    let lines = entered.tenant.db.receipts(after, limit).await?;
    Ok(Json(shown(lines, limit)))
}

/// Lists lines of the deployment's own ledger, of shared streams.
pub(crate) async fn list_shared(
    operator: Operator,
    Parameters(which): Parameters<Which>,
) -> Result<Json<Listed<ShownReceipt>>, Problem> {
    let (after, limit) = which.span();
    let lines = operator.host.deployment.receipts(after, limit).await?;
    Ok(Json(shown(lines, limit)))
}

impl Which {
    fn span(&self) -> (u64, u32) {
        let limit = self.limit.unwrap_or(PAGE.0).clamp(1, PAGE.1);
        (self.after.unwrap_or(0), limit)
    }
}

fn shown(lines: Vec<KeptReceipt>, limit: u32) -> Listed<ShownReceipt> {
    let next = (lines.len() == limit as usize)
        .then(|| lines.last().map(|l| l.seq.to_string()))
        .flatten();
    let items = lines
        .into_iter()
        .map(|line| ShownReceipt {
            seq: line.seq,
            link: hex(&line.link),
            receipt: line.receipt,
        })
        .collect();
    Listed { items, next }
}

/// An organisation's whole ledger as a file, for `isocial receipts verify FILE`.
pub(crate) async fn file(entered: Entered) -> Response {
    let db = &entered.tenant.db;
    sent(db.id().as_str(), db.ledger_file())
}

/// The deployment's own ledger as such a file.
pub(crate) async fn file_shared(operator: Operator) -> Response {
    sent("deployment", operator.host.deployment.ledger_file())
}

fn sent(name: &str, ledger: LedgerFile) -> Response {
    let parts = futures_util::stream::try_unfold(ledger, async |mut ledger| {
        let part = ledger.next().await?;
        Ok::<_, StoreError>(part.map(|part| (part, ledger)))
    });
    let headers = [
        (header::CONTENT_TYPE, "application/x-ndjson".to_owned()),
        (
            header::CONTENT_DISPOSITION,
            format!("attachment; filename=\"{name}.ledger.jsonl\""),
        ),
    ];
    (headers, Bytes::from_stream(parts)).into_response()
}

/// The public key that heads are signed with.
pub(crate) async fn key(operator: Operator) -> Json<serde_json::Value> {
    let key = operator.host.deployment.ledger_key();
    Json(serde_json::json!({ "algorithm": "Ed25519", "key": hex(&key) }))
}

/// Checks an organisation's whole ledger.
pub(crate) async fn verdict(entered: Entered) -> Result<Json<ShownVerdict>, Problem> {
    Ok(Json(entered.tenant.db.verify_ledger().await?.into()))
}

/// Checks the deployment's own ledger.
pub(crate) async fn verdict_shared(operator: Operator) -> Result<Json<ShownVerdict>, Problem> {
    Ok(Json(operator.host.deployment.verify_ledger().await?.into()))
}

impl From<LedgerVerdict> for ShownVerdict {
    fn from(verdict: LedgerVerdict) -> Self {
        let (integrity, bad) = match verdict.integrity {
            Integrity::Intact => ("intact", None),
            Integrity::Changed { seq } => ("changed", Some(seq)),
            Integrity::Missing { seq } => ("missing", Some(seq)),
        };
        let (completeness, gone) = match verdict.completeness {
            Completeness::Complete => ("complete", None),
            Completeness::Cut { lines, .. } => ("cut", Some(lines + 1)),
            Completeness::Rebuilt { seq } => ("rebuilt", Some(seq)),
            Completeness::Unsigned => ("unsigned", None),
        };
        Self {
            lines: verdict.lines,
            integrity,
            completeness,
            seq: bad.or(gone),
            reconciled: verdict.reconciled.holds(),
            calls: verdict.reconciled.calls,
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes
        .iter()
        .fold(String::with_capacity(bytes.len() * 2), |mut text, b| {
            let _ = write!(text, "{b:02x}");
            text
        })
}
