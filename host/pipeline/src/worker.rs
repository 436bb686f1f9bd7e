//! Workers: take due jobs from the index, run them, say when they are due again.
//!
//! Lives here: leasing, dispatch, what a failed job waits for, draining at shutdown. Not here: what a job does (its module).

use std::sync::Arc;

use isocial_model::Instant;
use isocial_store::{JobKind, JobLease, Lane, StoreError, runs::Run};
use tokio_util::sync::CancellationToken;

use crate::{
    books, collect, export,
    host::Host,
    job::{JobError, Next},
    notify, recheck, retain, watch,
};

/// Longest pause between two looks at the index · milliseconds. A job that is made meanwhile waits at most this long.
const LOOK_MS: u64 = 500;
/// How often the books are looked at · milliseconds.
const TICK_MS: u64 = 1_000;
/// Shortest pause between two looks: jobs may be due whose organisation has its share of workers already · milliseconds.
const SHORTEST_MS: u64 = 25;
/// When a job that failed for a reason of the host is tried again · milliseconds.
pub(crate) const RETRY_MS: i64 = 15_000;

/// Begins a run of the host; earlier runs that never ended leave a line in every ledger (B4).
pub async fn begin(host: &Host) -> Result<Run, StoreError> {
    use isocial_model::receipt::{Line, Receipt};
    let (run, unclean) = host.deployment.begin_run().await?;
    if !unclean.is_empty() {
        tracing::warn!(
            runs = unclean.len(),
            "the last run did not end cleanly; every ledger gets a line about it"
        );
        let now = host.clock.now();
        let last = unclean.last();
        let line = Receipt {
            at: now,
            line: Line::UncleanStop {
                noticed: now,
                run: last.map(|r| r.number),
                began: last.map(|r| r.began),
            },
        };
        host.deployment
            .append_receipts(std::slice::from_ref(&line))
            .await?;
        for scope in host.deployment.scopes_after_unclean(&unclean).await? {
            host.deployment
                .org(&scope)
                .await?
                .append_receipts(std::slice::from_ref(&line))
                .await?;
        }
    }
    host.books.begin(run);
    Ok(run)
}

/// Ends a run: the books are closed, so that every ledger adds up to what the sandbox counted, and the run is marked as ended.
pub async fn end(host: &Host, run: Run) -> Result<(), StoreError> {
    books::close(host, run).await?;
    host.deployment.end_run(run).await
}

/// Runs jobs and keeps streams open until `stop` is cancelled; jobs in hand are finished first.
pub async fn serve(host: Arc<Host>, stop: CancellationToken) {
    let mut workers = tokio::task::JoinSet::new();
    for n in 0..host.settings.workers {
        let (host, stop) = (Arc::clone(&host), stop.clone());
        workers.spawn(async move {
            let owner = owner(&host, n);
            while !stop.is_cancelled() {
                match one(&host, &owner).await {
                    Ok(true) => {}
                    Ok(false) => rest(&host, &stop).await,
                    Err(error) => {
                        tracing::error!(error = %error, "the index of jobs cannot be read; trying again");
                        rest(&host, &stop).await;
                    }
                }
            }
        });
    }
    let (books, stopping) = (Arc::clone(&host), stop.clone());
    workers.spawn(async move {
        while !stopping.is_cancelled() {
            books::tick(&books).await;
            tokio::select! {
                () = stopping.cancelled() => {}
                () = tokio::time::sleep(std::time::Duration::from_millis(TICK_MS)) => {}
            }
        }
    });
    workers.spawn(crate::stream::serve(host, stop));
    while workers.join_next().await.is_some() {}
}

/// Runs jobs until none is due now: what a test or the demo does instead of waiting. The number of jobs that were run.
pub async fn drain(host: &Host, mut each: impl FnMut()) -> Result<u64, StoreError> {
    let owner = owner(host, 0);
    let mut ran = 0;
    while one(host, &owner).await? {
        ran += 1;
        each();
    }
    Ok(ran)
}

/// A name for a worker that no other process has.
pub(crate) fn owner(host: &Host, n: usize) -> String {
    let mut bytes = [0u8; 6];
    host.entropy.fill(&mut bytes);
    format!("{}-{n}", hex::encode(bytes))
}

/// Waits until something can be due.
async fn rest(host: &Host, stop: &CancellationToken) {
    let now = host.clock.now();
    let due = host.deployment.next_due(Lane::Work).await.ok().flatten();
    let wait = due.map_or(LOOK_MS, |d| {
        u64::try_from(d.as_millis() - now.as_millis())
            .unwrap_or(0)
            .clamp(SHORTEST_MS, LOOK_MS)
    });
    tokio::select! {
        () = stop.cancelled() => {}
        () = tokio::time::sleep(std::time::Duration::from_millis(wait)) => {}
    }
}

/// Jobs that one organisation may hold at once: half of the workers, so that whatever its plugins do, half are there for others (HT-14).
fn share(host: &Host) -> u32 {
    u32::try_from(host.settings.workers / 2)
        .unwrap_or(u32::MAX)
        .max(1)
}

/// Takes one due job and runs it. False if none was due.
async fn one(host: &Host, owner: &str) -> Result<bool, StoreError> {
    let Some(mut lease) = host
        .deployment
        .lease_shared(Lane::Work, owner, host.settings.lease_ms, 1, share(host))
        .await?
        .into_iter()
        .next()
    else {
        return Ok(false);
    };
    let next = match dispatch(host, &mut lease, owner).await {
        Ok(Next::Lost) => return Ok(true),
        Ok(Next::Done) => None,
        Ok(Next::Due(at)) => Some(at),
        Err(error) => Some(after(host, &lease, &error)),
    };
    host.deployment.complete(&lease, next).await?;
    Ok(true)
}

async fn dispatch(host: &Host, lease: &mut JobLease, owner: &str) -> Result<Next, JobError> {
    match lease.kind() {
        JobKind::Collect => collect::run(host, lease).await,
        JobKind::Recheck => recheck::run(host, lease).await,
        JobKind::Detect => watch::run(host, lease).await,
        JobKind::Notify => notify::run(host, lease, owner).await,
        JobKind::Export => export::run(host, lease).await,
        JobKind::Retain => retain::run(host, lease).await,
        // Streams are another lane's.
        JobKind::Stream => Ok(Next::Done),
    }
}

/// A job that failed comes back; the failure is logged here, once.
fn after(host: &Host, lease: &JobLease, error: &JobError) -> Instant {
    tracing::error!(job.id = %lease.job(), job.kind = lease.kind().name(), error = %error, "a job failed and will be tried again");
    host.clock.now().plus_ms(RETRY_MS)
}
