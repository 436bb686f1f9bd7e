//! Streams: sources that push, read as long as the host runs.
//!
//! There are two sorts. A source's *own* stream (`own`) is opened for one account of one organisation: its connector may see the query's
//! terms and the host may attach a credential. A *shared* stream (`shared`) is a network's public stream, read once for all: its connector
//! sees no query, posts are matched in memory against every organisation's queries, and only what matches is written, into the stores of
//! those whom it concerns; they commit first, the stream's cursor last.
//!
//! Lives here: which sort a connector's stream is, the supervisor that keeps streams open, what is known of how they fare. Not here:
//! opening and framing connections (`egress`), landing pages (`land`).

mod deliver;
mod fare;
mod open;
mod own;
mod readers;
mod shared;

use std::{collections::HashMap, sync::Arc, time::Duration};

use isocial_store::{JobKind, JobLease, Lane, OrgScope, StoreError};
use tokio::task::{AbortHandle, JoinSet};
use tokio_util::sync::CancellationToken;

pub use fare::{Fare, Fares};

use crate::{explain::Withheld, host::Host, job::Next, library::Loaded, worker};

/// Pause between two looks at which streams ought to be open · milliseconds.
const LOOK_MS: u64 = 500;

/// Whether, and how, a connector's sources push.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sort {
    /// The connector has no stream.
    None,
    /// One stream a source.
    Own,
    /// One stream for all sources with the same configuration and the same grant.
    Shared,
}

/// The sort of a connector's streams, by what its contracts for them read: where nothing of a customer's but the source's configuration
/// goes in, neither a query nor a state nor a credential, everybody would read the same.
pub fn sort(loaded: &Loaded) -> Sort {
    if !loaded.plugin.abilities().stream {
        return Sort::None;
    }
    let of_customer = ["query.terms", "job.state"];
    let mut contracts = loaded
        .manifest
        .contracts
        .iter()
        .filter(|c| matches!(c.function.as_str(), "open" | "frames"));
    if contracts.any(|c| of_customer.iter().any(|field| c.input.has(field))) {
        Sort::Own
    } else {
        Sort::Shared
    }
}

/// Sets a source's stream in motion for a monitor that reads it.
pub(crate) async fn begin(
    host: &Host,
    scope: &OrgScope,
    withheld: &Withheld,
    source: &isocial_store::setup::Account,
    installation: &isocial_store::setup::Installation,
    monitor: &isocial_model::MonitorId,
) -> Result<(), StoreError> {
    let Some(loaded) = host.library.get(&installation.package) else {
        return Ok(());
    };
    match sort(&loaded) {
        Sort::None => {}
        Sort::Own => {
            host.deployment
                .schedule(scope, JobKind::Stream, source.id.as_str(), host.clock.now())
                .await?;
        }
        Sort::Shared => {
            let name = shared::name(host, withheld, source, installation);
            host.deployment.watch_stream(scope, &name, monitor).await?;
        }
    }
    Ok(())
}

/// How a source's stream fares on this node; absent where it has none, or none that this node has tried to open.
pub fn fare(
    host: &Host,
    withheld: &Withheld,
    source: &isocial_store::setup::Account,
    installation: &isocial_store::setup::Installation,
) -> Option<Fare> {
    let loaded = host.library.get(&installation.package)?;
    match sort(&loaded) {
        Sort::None => None,
        Sort::Own => host.streams.of(source.id.as_str()),
        Sort::Shared => host
            .streams
            .of(&shared::name(host, withheld, source, installation)),
    }
}

/// Keeps streams open until `stop` is cancelled; then ends them in order.
pub async fn serve(host: Arc<Host>, stop: CancellationToken) {
    let most = host.settings.streams;
    if most == 0 {
        return;
    }
    let owner = worker::owner(&host, usize::MAX);
    let mut own = JoinSet::new();
    let mut shared = JoinSet::new();
    let mut named: HashMap<String, AbortHandle> = HashMap::new();
    while !stop.is_cancelled() {
        while own.try_join_next().is_some() {}
        while shared.try_join_next().is_some() {}
        named.retain(|_, task| !task.is_finished());
        let free = most.saturating_sub(own.len() + named.len());
        match due(&host, &owner, free).await {
            Ok((leases, streams)) => {
                for lease in leases {
                    own.spawn(tend(Arc::clone(&host), lease, stop.child_token()));
                }
                for name in streams.into_iter().take(free) {
                    named.entry(name).or_insert_with_key(|name| {
                        let stop = stop.child_token();
                        shared.spawn(shared::tend(Arc::clone(&host), name.clone(), stop))
                    });
                }
            }
            Err(error) => {
                tracing::error!(error = %error, "the index of streams cannot be read; trying again");
            }
        }
        tokio::select! {
            () = stop.cancelled() => {}
            () = tokio::time::sleep(Duration::from_millis(LOOK_MS)) => {}
        }
    }
    while own.join_next().await.is_some() {}
    while shared.join_next().await.is_some() {}
}

/// Sources' own streams that are due, leased, and the names of all shared ones.
async fn due(
    host: &Host,
    owner: &str,
    free: usize,
) -> Result<(Vec<JobLease>, Vec<String>), StoreError> {
    let deployment = &host.deployment;
    let waiting = deployment.next_due(Lane::Streams).await?;
    let leases = if waiting.is_some_and(|at| at <= host.clock.now()) && free > 0 {
        deployment
            .lease_due(Lane::Streams, owner, host.settings.lease_ms, free as u32)
            .await?
    } else {
        Vec::new()
    };
    Ok((leases, deployment.streams().await?))
}

/// Runs one source's own stream until it ends, and says when it is to be opened again.
async fn tend(host: Arc<Host>, mut lease: JobLease, stop: CancellationToken) {
    let next = match own::run(&host, &mut lease, &stop).await {
        Ok(Next::Lost) => return,
        Ok(Next::Done) => None,
        Ok(Next::Due(at)) => Some(at),
        Err(error) => {
            tracing::error!(job.id = %lease.job(), error = %error, "a stream failed and will be opened again");
            Some(host.clock.now().plus_ms(worker::RETRY_MS))
        }
    };
    if let Err(error) = host.deployment.complete(&lease, next).await {
        tracing::error!(job.id = %lease.job(), error = %error, "the end of a stream could not be kept; its lease runs out by itself");
    }
}
