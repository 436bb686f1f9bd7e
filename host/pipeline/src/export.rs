//! Exporting: rows through a format's writer into a file of the organisation's own folder.
//!
//! Lives here: the way from a filter to a file. Not here: which columns may be in it (`gate`), bytes of a format (the plugin).

use std::path::PathBuf;

use isocial_gate::{ExportRow, WriterStart};
use isocial_model::{Instant, JobId, MonitorId, export::Options, receipt::Receipt};
use isocial_sandbox::{Lost, Writer};
use isocial_store::{
    JobKind, JobLease, MentionFilter,
    exports::{Export, ExportEnd, ExportState},
};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use tokio::io::AsyncWriteExt;

use crate::{
    host::Host,
    job::{JobError, Next},
    plugged::{CallError, Plugged},
    probe::Stage,
    tenant::Tenant,
};

/// Rows a call of the writer.
const ROWS: u32 = 500;

/// Which rows, as it is kept with the export.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ExportSpec {
    /// Of this monitor only.
    pub monitor: Option<MonitorId>,
    /// Published at or after.
    pub from: Option<Instant>,
    /// Published before.
    pub until: Option<Instant>,
}

/// Asks for an export; the file is written by a job.
pub async fn ask(
    host: &Host,
    tenant: &Tenant,
    format: &isocial_model::InstallationId,
    title: &str,
    spec: &ExportSpec,
    who: &str,
) -> Result<JobId, JobError> {
    let spec = serde_json::to_string(spec).unwrap_or_default();
    let id = tenant.db.create_export(format, title, &spec, who).await?;
    host.deployment
        .schedule(
            &tenant.scope,
            JobKind::Export,
            id.as_str(),
            host.clock.now(),
        )
        .await?;
    Ok(id)
}

/// Writes one export; a run that was killed begins the file again.
pub(crate) async fn run(host: &Host, lease: &mut JobLease) -> Result<Next, JobError> {
    let id: JobId = lease.subject().parse().map_err(|_| JobError::Subject)?;
    let tenant = host.tenant(&lease.scope()).await?;
    let Some(export) = tenant.db.export(&id).await? else {
        return Ok(Next::Done);
    };
    if let Ok((plugged, ..)) = tenant.plugged(&export.format)
        && let Err(until) = plugged.health.may_call(host.clock.now())
    {
        return Ok(Next::Due(until));
    }
    if matches!(export.state, ExportState::Done | ExportState::Failed)
        || !tenant.db.begin_export(&id).await?
    {
        return Ok(Next::Done);
    }
    let mut receipts = Vec::new();
    let end = match write(host, &tenant, &export, lease, &mut receipts).await {
        Ok(end) => end,
        Err(JobError::Call(error)) => ExportEnd::Failed {
            problem: error.to_string().chars().take(200).collect(),
        },
        Err(JobError::Plug(error)) => ExportEnd::Failed {
            problem: error.to_string(),
        },
        // A full disk or a lost lease: the job stays and the file is begun again later.
        Err(error) => {
            tenant.books.owe(receipts);
            return Err(error);
        }
    };
    if let ExportEnd::Done { rows, .. } = &end {
        host.counters.exported_rows.add(*rows);
    }
    // False: it was over already, and nothing of this is written with it.
    let ended = tenant.db.end_export(&id, &end, &receipts).await;
    if !matches!(ended, Ok(true)) {
        tenant.books.owe(receipts);
    }
    ended?;
    Ok(Next::Done)
}

async fn write(
    host: &Host,
    tenant: &Tenant,
    export: &Export,
    lease: &mut JobLease,
    receipts: &mut Vec<Receipt>,
) -> Result<ExportEnd, JobError> {
    let (plugged, loaded, installation) = tenant.plugged(&export.format)?;
    let spec: ExportSpec = serde_json::from_str(&export.spec).unwrap_or_default();
    let extension = loaded.manifest.extension.as_deref().unwrap_or("out");
    let name = format!("{}.{extension}", export.id);
    let folder = tenant.db.export_folder();
    tokio::fs::create_dir_all(&folder)
        .await
        .map_err(|source| JobError::File {
            action: "created",
            source,
        })?;
    let unfinished: PathBuf = folder.join(format!("{name}.part"));
    let mut file = tokio::fs::File::create(&unfinished)
        .await
        .map_err(|source| JobError::File {
            action: "created",
            source,
        })?;
    let columns = plugged.door.columns();
    let options = Options {
        title: export.title.clone(),
        now: host.clock.now(),
        config: installation.config.clone(),
    };
    let (passed, open) = plugged
        .door
        .project_writer(columns.clone(), options)
        .map_err(CallError::from)?;
    let plugin = plugged.plugin.clone();
    let ticket = open.ticket();
    let begun = move || {
        ticket
            .begin()
            .then(|| plugin.writer(passed as isocial_gate::Passed<WriterStart>))
    };
    let (writer, _log) = host
        .executor
        .run(plugged.turn(), begun)
        .await?
        .ok_or(Lost)?;
    let mut writer = match writer {
        Ok(writer) => {
            receipts.push(plugged.door.admit_started(open));
            writer
        }
        Err(stopped) => {
            receipts.push(plugged.door.fail((&stopped).into(), open));
            let error = CallError::from(stopped);
            plugged.remember(&error, host.clock.now());
            return Err(error.into());
        }
    };
    let filter = MentionFilter {
        monitor: spec.monitor,
        from: spec.from,
        until: spec.until,
        ..MentionFilter::default()
    };
    let mut written = Written::default();
    let mut after = None;
    loop {
        let page = tenant.db.mentions(&filter, after, ROWS).await?;
        let ids: Vec<String> = page.items.iter().map(|m| m.id.to_string()).collect();
        let names: Vec<String> = page
            .items
            .iter()
            .map(|m| {
                tenant
                    .monitor(&m.monitor)
                    .map_or_else(String::new, |m| m.name.clone())
            })
            .collect();
        let rows: Vec<ExportRow<'_>> = page
            .items
            .iter()
            .zip(ids.iter().zip(&names))
            .map(|(m, (mention, monitor))| ExportRow {
                post: &m.post,
                analysis: m.analysis.as_ref(),
                mention,
                monitor,
            })
            .collect();
        if !rows.is_empty() {
            let (passed, open) = plugged
                .door
                .project_rows(&columns, &rows)
                .map_err(CallError::from)?;
            written.rows += u64::from(open.context().rows());
            let ticket = open.ticket();
            let begun = move || ticket.begin().then(move || (writer.write(passed), writer));
            let (called, back) = host
                .executor
                .run(plugged.turn(), begun)
                .await?
                .ok_or(Lost)?;
            writer = back;
            let bytes = admit(&plugged, called.outcome, open, receipts)?;
            written.bytes(&mut file, &bytes).await?;
            host.probe.at(Stage::Export).await;
            if !host.deployment.renew(lease, host.settings.lease_ms).await? {
                return Err(JobError::Lost);
            }
        }
        match page.next {
            Some(next) => after = Some(next),
            None => break,
        }
    }
    let (passed, open) = plugged.door.project_finish().map_err(CallError::from)?;
    let ticket = open.ticket();
    let begun = move || ticket.begin().then(|| Writer::finish(writer, passed));
    let called = host
        .executor
        .run(plugged.turn(), begun)
        .await?
        .ok_or(Lost)?;
    let bytes = admit(&plugged, called.outcome, open, receipts)?;
    written.bytes(&mut file, &bytes).await?;
    file.sync_all().await.map_err(|source| JobError::File {
        action: "closed",
        source,
    })?;
    drop(file);
    plugged.health.worked();
    host.probe.at(Stage::Export).await;
    tokio::fs::rename(&unfinished, folder.join(&name))
        .await
        .map_err(|source| JobError::File {
            action: "closed",
            source,
        })?;
    Ok(ExportEnd::Done {
        file: name,
        rows: written.rows,
        bytes: written.count,
        sha256: hex::encode(written.digest.finalize()),
    })
}

fn admit(
    plugged: &Plugged,
    outcome: Result<
        isocial_gate::Untrusted<Result<Vec<u8>, isocial_model::connector::Fault>>,
        isocial_sandbox::SandboxError,
    >,
    open: isocial_gate::OpenReceipt<isocial_gate::RowsContext>,
    receipts: &mut Vec<Receipt>,
) -> Result<Vec<u8>, CallError> {
    let (result, receipt) = match outcome {
        Ok(answer) => {
            let (result, receipt) = plugged.door.admit_chunk(answer, open);
            (result.map_err(CallError::from), receipt)
        }
        Err(stopped) => {
            let receipt = plugged.door.fail((&stopped).into(), open);
            (Err(CallError::from(stopped)), receipt)
        }
    };
    if let Err(error) = &result {
        plugged.remember(error, receipt.at);
    }
    receipts.push(receipt);
    result
}

/// What has gone into the file so far.
#[derive(Default)]
struct Written {
    rows: u64,
    count: u64,
    digest: Sha256,
}

impl Written {
    async fn bytes(&mut self, file: &mut tokio::fs::File, bytes: &[u8]) -> Result<(), JobError> {
        self.count += bytes.len() as u64;
        self.digest.update(bytes);
        file.write_all(bytes)
            .await
            .map_err(|source| JobError::File {
                action: "written",
                source,
            })
    }
}
