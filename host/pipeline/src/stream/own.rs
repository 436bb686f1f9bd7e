//! A source's own stream: leased as a job, read until it ends, the monitors change or the host stops; each page is committed against the
//! job's fence, as a polled one is. Its place is its own: a stream never moves the place from which the source is polled.

use std::{sync::Arc, time::Duration};

use isocial_egress::FrameStream;
use isocial_model::{AccountId, Instant, connector::Frame, receipt::Receipt};
use isocial_store::{Fence, JobKind, JobLease, StoreError};
use tokio_util::sync::CancellationToken;

use super::open::{self, FRAMES, Opened, Parts, Trials};
use crate::{
    collect::{job_for, name},
    host::Host,
    job::{JobError, Next},
    land::{Counted, Landing, land},
    tenant::{Reading, Tenant},
};

/// How long a frame waits for company · milliseconds. Live mentions are shown after at most this.
const GATHER_MS: u64 = 500;

/// Why a stream is no longer read.
enum Ended {
    /// The other side closed it, or it broke.
    Closed(u16),
    /// The host stops.
    Stopped,
    /// The organisation's configuration changed: it is opened anew with what holds now.
    Changed,
    /// Another worker has the job.
    Lost,
    /// The connector could not read it.
    Fault(String, bool),
}

/// Reads one source's own stream.
pub(super) async fn run(
    host: &Host,
    lease: &mut JobLease,
    stop: &CancellationToken,
) -> Result<Next, JobError> {
    let id: AccountId = lease.subject().parse().map_err(|_| JobError::Subject)?;
    let tenant = host.tenant(&lease.scope()).await?;
    let (Some(account), Some(reading)) = (tenant.db.account(&id).await?, tenant.reading(&id))
    else {
        host.streams.forget(id.as_str());
        return Ok(Next::Done);
    };
    let (plugged, ..) = tenant.plugged(&account.installation)?;
    let place = tenant.db.place(lease.job()).await?;
    let job = job_for(host, &reading, &account, account.state.clone());
    let mut receipts = Vec::new();
    let opened = open::open(host, &plugged, job, place.cursor, stop, &mut receipts).await;
    keep(&tenant, receipts).await?;
    let waits = |why: &str, lasting: bool, at: Option<Instant>| {
        let back_off = host
            .streams
            .waits(id.as_str(), why, &*host.clock, &*host.entropy);
        let floor = lasting.then(|| host.clock.now().plus_ms(Instant::HOUR_MS));
        Next::Due(back_off.max(at.or(floor).unwrap_or(back_off)))
    };
    let mut stream = match opened {
        Opened::Stream(stream) => *stream,
        Opened::None => {
            host.streams.forget(id.as_str());
            return Ok(Next::Done);
        }
        Opened::Not { why, at, lasting } => {
            tracing::info!(account.id = %id, plugin.id = %plugged.door.package(), fault = %why, "a stream was not opened; the source is polled as before");
            return Ok(waits(&why, lasting, at));
        }
    };
    host.streams.opened(id.as_str());
    let ended = read(host, &tenant, &account, &mut stream, lease, stop).await;
    let how = match &ended {
        Ok(Ended::Closed(code)) => format!("closed:{code}"),
        Ok(Ended::Stopped) => "stopped".to_owned(),
        Ok(Ended::Changed) => "reopened".to_owned(),
        Ok(Ended::Lost) => "lost".to_owned(),
        Ok(Ended::Fault(why, _)) => why.clone(),
        Err(_) => "failed".to_owned(),
    };
    let line = open::closing(host.clock.now(), &stream, &how);
    tenant.db.append_receipts(&[line]).await?;
    Ok(match ended? {
        Ended::Stopped | Ended::Changed => Next::Due(host.clock.now()),
        Ended::Lost => Next::Lost,
        Ended::Closed(_) => waits(&how, false, None),
        Ended::Fault(why, lasting) => waits(&why, lasting, None),
    })
}

/// Writes receipts; what cannot be written now is owed, for the calls were made.
async fn keep(tenant: &Tenant, receipts: Vec<Receipt>) -> Result<(), StoreError> {
    match tenant.db.append_receipts(&receipts).await {
        Ok(_) => Ok(()),
        Err(error) => {
            tenant.books.owe(receipts);
            Err(error)
        }
    }
}

async fn read(
    host: &Host,
    tenant: &Arc<Tenant>,
    account: &isocial_store::setup::Account,
    stream: &mut FrameStream,
    lease: &mut JobLease,
    stop: &CancellationToken,
) -> Result<Ended, JobError> {
    let mut trials = Trials::default();
    let mut renewal = tokio::time::interval(Duration::from_millis(
        u64::try_from(host.settings.lease_ms / 3)
            .unwrap_or(1)
            .max(1),
    ));
    loop {
        let batch = tokio::select! {
            () = stop.cancelled() => return Ok(Ended::Stopped),
            _ = renewal.tick() => {
                if !host.deployment.renew(lease, host.settings.lease_ms).await? {
                    return Ok(Ended::Lost);
                }
                if !Arc::ptr_eq(tenant, &host.tenant(&tenant.scope).await?) {
                    return Ok(Ended::Changed);
                }
                continue;
            }
            batch = stream.next_batch(FRAMES, Duration::from_millis(GATHER_MS)) => batch,
        };
        let Some(batch) = batch else {
            return Ok(Ended::Closed(0));
        };
        // By what holds now, not what held when the stream was opened. What came is read all the same: not every network says it again.
        let now = host.tenant(&tenant.scope).await?;
        let changed = !Arc::ptr_eq(tenant, &now);
        let tenant = &now;
        let (Some(reading), Ok((plugged, loaded, _))) = (
            tenant.reading(&account.id),
            tenant.plugged(&account.installation),
        ) else {
            return Ok(Ended::Changed);
        };
        let closed = batch.frames.iter().find_map(|f| match f {
            Frame::Closed(code) => Some(*code),
            _ => None,
        });
        host.counters.frames.add(batch.frames.len() as u64);
        let mut parts = Parts::new(batch.first, batch.frames);
        while let Some(part) = parts.next() {
            let place = tenant.db.place(lease.job()).await?;
            let state = tenant.db.account(&account.id).await?.and_then(|a| a.state);
            let job = job_for(host, &reading, account, state);
            let mut receipts = Vec::new();
            let page = open::page(host, &plugged, job, place.cursor, &part, &mut receipts);
            let page = match page.await {
                Ok(mut page) => {
                    trials.page(&mut page);
                    page
                }
                Err(error) => {
                    host.counters.steps_failed.add(1);
                    let failed = parts.failed(part, error, &plugged, &mut trials, &mut receipts);
                    keep(tenant, receipts).await?;
                    match failed {
                        Ok(()) => continue,
                        Err(error) => {
                            return Ok(Ended::Fault(name(&error), open::lasting(&error)));
                        }
                    }
                }
            };
            let landing = Landing {
                account: account.id.clone(),
                fence: Some(Fence {
                    job: lease.job().clone(),
                    lease_epoch: lease.epoch(),
                    cursor_version: place.cursor_version,
                }),
                done_task: None,
                page_call: receipts.len().checked_sub(1),
                receipts,
                counted: Counted::AsNew,
                recheck_ms: host.recheck_ms(&loaded),
            };
            let landed = land(host, tenant, &reading.matcher, page, landing).await;
            if landed.is_ok() {
                host.streams.flows(account.id.as_str());
            }
            match landed {
                Ok((landed, _)) if landed.matched > 0 => {
                    look_at_rules(host, tenant, &reading).await?;
                }
                Ok(_) => {}
                Err(JobError::Store(StoreError::Conflict { .. })) => return Ok(Ended::Lost),
                Err(error) => return Err(error),
            }
        }
        if let Some(code) = closed {
            return Ok(Ended::Closed(code));
        }
        if changed {
            return Ok(Ended::Changed);
        }
    }
}

/// Has the rules of every monitor of a source looked at, which something new may concern.
pub(super) async fn look_at_rules(
    host: &Host,
    tenant: &Tenant,
    reading: &Reading,
) -> Result<(), StoreError> {
    for monitor in reading.matcher.monitors() {
        host.deployment
            .schedule(
                &tenant.scope,
                JobKind::Detect,
                monitor.id.as_str(),
                host.clock.now(),
            )
            .await?;
    }
    Ok(())
}
