//! A shared stream: opened once for all who read it, under the deployment's own keys and ledger; its cursor moves when everybody whom a
//! page concerns has committed. A repeat after a crash is absorbed by idempotent upserts.
//!
//! Its connector sees no query, no state and no credential: nothing of any organisation's but the configuration that all readers share.
//! What it logs is counted by the sandbox and kept nowhere.

use std::{sync::Arc, time::Duration};

use isocial_egress::{FrameStream, NoCredentials};
use isocial_model::{
    Instant,
    connector::{Budget, Frame, Job, QueryPlan},
};
use isocial_store::{setup::Account, setup::Installation};
use tokio_util::sync::CancellationToken;

use super::{
    deliver::{self, Seen, Source, deliver},
    open::{self, FRAMES, Opened, Part, Parts, Trials},
    readers::Readers,
};
use crate::{
    collect::name as fault_name,
    explain::Withheld,
    host::Host,
    job::JobError,
    plugged::Plugged,
    tenant::{door, grant_of, turn_of},
};

/// How long a frame waits for company · milliseconds.
const GATHER_MS: u64 = 1_000;
/// How often it is written down that a stream was seen though nothing in it was for a reader · milliseconds.
const COVER_MS: u64 = 10 * 60_000;
/// How often it is looked at who reads, beside every change on this node: other nodes change things too · milliseconds.
const LOOK_MS: u64 = 30_000;

/// Why a shared stream is no longer read.
enum Ended {
    /// The other side closed it, or it broke, or could not be opened.
    Closed { why: String, at: Option<Instant> },
    /// The host stops.
    Stopped,
    /// Nobody reads it any more, or there is no such stream.
    Nobody,
    /// Another node moved its cursor: it is read there.
    Elsewhere,
    /// Its connector runs in another version now: it is opened anew at once.
    Replaced,
}

/// The name of the stream that this source would read together with others.
///
/// Sources whose organisations withhold different things do not share: the connector sees what is left to it, the same for all.
pub(super) fn name(
    host: &Host,
    withheld: &Withheld,
    source: &Account,
    installation: &Installation,
) -> String {
    let terms = [installation.grant.as_str(), &withheld.canonical()].concat();
    host.deployment
        .stream_name(&installation.package.id, &source.config, &terms)
}

/// Keeps one shared stream open until nobody reads it any more or `stop` is cancelled.
pub(super) async fn tend(host: Arc<Host>, stream: String, stop: CancellationToken) {
    while !stop.is_cancelled() {
        let ended = run(&host, &stream, &stop).await.unwrap_or_else(|error| {
            tracing::error!(stream = %stream, error = %error, "a shared stream failed and will be opened again");
            Ended::Closed {
                why: "failed".into(),
                at: None,
            }
        });
        let wait = |why: &str, at: Option<Instant>| {
            let back_off = host
                .streams
                .waits(&stream, why, &*host.clock, &*host.entropy);
            back_off.max(at.unwrap_or(back_off))
        };
        let again = match ended {
            Ended::Stopped => return,
            Ended::Nobody => {
                host.streams.forget(&stream);
                return;
            }
            Ended::Closed { why, at } => wait(&why, at),
            Ended::Elsewhere => wait("elsewhere", None),
            Ended::Replaced => continue,
        };
        let ms = again.as_millis() - host.clock.now().as_millis();
        tokio::select! {
            () = stop.cancelled() => {}
            () = tokio::time::sleep(Duration::from_millis(u64::try_from(ms).unwrap_or(0))) => {}
        }
    }
}

async fn run(host: &Host, stream: &str, stop: &CancellationToken) -> Result<Ended, JobError> {
    let changes = host.changes();
    let readers = Readers::gather(host, stream).await?;
    let Some(first) = readers.all.first() else {
        return Ok(Ended::Nobody);
    };
    let grant = grant_of(&first.installation)?;
    let door = door(
        host,
        &first.loaded,
        &grant,
        first.tenant.withheld.layers(&grant),
        host.deployment.shared_keys(),
        Vec::new(),
    )
    .map_err(crate::tenant::PlugError::from)?
    .with_abandoned(Arc::clone(&host.books.abandoned));
    let turn = turn_of(stream);
    let plugged = Plugged {
        door: Arc::new(door),
        plugin: first.loaded.plugin.with_tally(host.books.tally.clone()),
        credentials: Arc::new(NoCredentials),
        turn,
        account: stream.into(),
        said: None,
        health: host.ward.of(turn, &first.loaded.package),
    };
    let config = first.account.config.clone();
    let recheck_ms = host.recheck_ms(&first.loaded);
    let (cursor, version) = host.deployment.stream_cursor(stream).await?;
    let mut reading = Reading {
        host,
        stream,
        plugged,
        config,
        recheck_ms,
        seen: vec![None; readers.all.len()],
        readers: Arc::new(readers),
        changes,
        cursor,
        version,
        trials: Trials::default(),
    };
    let mut receipts = Vec::new();
    let job = reading.job();
    let cursor = reading.cursor.clone();
    let opened = open::open(host, &reading.plugged, job, cursor, stop, &mut receipts).await;
    host.books.keep_own(host, receipts).await?;
    let mut frames = match opened {
        Opened::Stream(frames) => *frames,
        Opened::None => {
            reading.leave().await?;
            return Ok(Ended::Nobody);
        }
        Opened::Not { why, at, lasting } => {
            tracing::info!(stream = %stream, fault = %why, "a shared stream was not opened");
            let floor = lasting.then(|| host.clock.now().plus_ms(Instant::HOUR_MS));
            return Ok(Ended::Closed {
                why,
                at: at.or(floor),
            });
        }
    };
    host.streams.opened(stream);
    let ended = reading.read(&mut frames, stop).await;
    deliver::cover(&reading.readers, &mut reading.seen).await;
    let how = match &ended {
        Ok(Ended::Closed { why, .. }) => why.as_str(),
        Ok(Ended::Stopped) => "stopped",
        Ok(Ended::Nobody) => "unread",
        Ok(Ended::Elsewhere) => "elsewhere",
        Ok(Ended::Replaced) => "reopened",
        Err(_) => "failed",
    };
    let line = open::closing(host.clock.now(), &frames, how);
    host.deployment.append_receipts(&[line]).await?;
    ended
}

/// An open shared stream and how far it has been read.
struct Reading<'a> {
    host: &'a Host,
    stream: &'a str,
    plugged: Plugged,
    config: String,
    recheck_ms: Option<i64>,
    readers: Arc<Readers>,
    seen: Seen,
    /// The change of configuration up to which `readers` holds.
    changes: u64,
    cursor: Option<Vec<u8>>,
    version: u64,
    trials: Trials,
}

impl Reading<'_> {
    fn job(&self) -> Job {
        Job {
            plan: QueryPlan { nodes: Vec::new() },
            config: self.config.clone(),
            state: None,
            budget: Budget {
                items: FRAMES as u32,
                requests: 1,
            },
            now: self.host.clock.now(),
            since: None,
        }
    }

    async fn read(
        &mut self,
        frames: &mut FrameStream,
        stop: &CancellationToken,
    ) -> Result<Ended, JobError> {
        let mut cover = tokio::time::interval(Duration::from_millis(COVER_MS));
        cover.tick().await;
        let mut look = tokio::time::interval(Duration::from_millis(LOOK_MS));
        look.tick().await;
        loop {
            let batch = tokio::select! {
                () = stop.cancelled() => return Ok(Ended::Stopped),
                _ = cover.tick() => {
                    deliver::cover(&self.readers, &mut self.seen).await;
                    continue;
                }
                _ = look.tick() => {
                    if let Some(ended) = self.look().await? {
                        return Ok(ended);
                    }
                    continue;
                }
                batch = frames.next_batch(FRAMES, Duration::from_millis(GATHER_MS)) => batch,
            };
            let Some(batch) = batch else {
                return Ok(Ended::Closed {
                    why: "closed:0".into(),
                    at: None,
                });
            };
            if self.changes != self.host.changes()
                && let Some(ended) = self.look().await?
            {
                return Ok(ended);
            }
            let closed = batch.frames.iter().find_map(|f| match f {
                Frame::Closed(code) => Some(*code),
                _ => None,
            });
            self.host.counters.frames.add(batch.frames.len() as u64);
            let mut parts = Parts::new(batch.first, batch.frames);
            while let Some(part) = parts.next() {
                if let Some(ended) = self.part(part, &mut parts).await? {
                    return Ok(ended);
                }
            }
            if let Some(code) = closed {
                return Ok(Ended::Closed {
                    why: format!("closed:{code}"),
                    at: None,
                });
            }
        }
    }

    /// One call's frames, all the way to the cursor.
    async fn part(&mut self, part: Part, parts: &mut Parts) -> Result<Option<Ended>, JobError> {
        let host = self.host;
        let mut receipts = Vec::new();
        let cursor = self.cursor.clone();
        let page = open::page(
            host,
            &self.plugged,
            self.job(),
            cursor,
            &part,
            &mut receipts,
        )
        .await
        .map_err(|error| {
            host.counters.steps_failed.add(1);
            parts.failed(part, error, &self.plugged, &mut self.trials, &mut receipts)
        });
        let numbers = host.books.keep_own(host, receipts).await?;
        let page = match page {
            Ok(mut page) => {
                self.trials.page(&mut page);
                page
            }
            Err(Ok(())) => return Ok(None),
            Err(Err(error)) => {
                let at = open::lasting(&error).then(|| host.clock.now().plus_ms(Instant::HOUR_MS));
                let why = fault_name(&error);
                return Ok(Some(Ended::Closed { why, at }));
            }
        };
        let next = page.cursor.clone();
        host.counters.rejected.add(u64::from(page.rejected));
        host.counters.refused.add(page.dropped_items());
        let source = Source {
            package: self.plugged.door.package(),
            seq: numbers.last().copied().unwrap_or_default(),
            turn: self.plugged.turn,
            recheck_ms: self.recheck_ms,
        };
        let delivered = deliver(host, &self.readers, page, &source, &mut self.seen).await?;
        tracing::debug!(stream = %self.stream, posts = delivered.posts, stores = delivered.stores, "a page of a shared stream");
        if let Some(next) = next {
            let moved = host
                .deployment
                .move_stream_cursor(self.stream, self.version, &next)
                .await?;
            if !moved {
                return Ok(Some(Ended::Elsewhere));
            }
            self.version += 1;
            self.cursor = Some(next);
        }
        host.streams.flows(self.stream);
        Ok(None)
    }

    /// Looks anew who reads; the stream itself goes on, for it sees no query, unless nobody is left or another version reads it now.
    async fn look(&mut self) -> Result<Option<Ended>, JobError> {
        deliver::cover(&self.readers, &mut self.seen).await;
        self.changes = self.host.changes();
        let readers = Readers::gather(self.host, self.stream).await?;
        self.seen = vec![None; readers.all.len()];
        self.readers = Arc::new(readers);
        Ok(match self.readers.all.first() {
            None => Some(Ended::Nobody),
            Some(first) if first.loaded.package != *self.plugged.door.package() => {
                Some(Ended::Replaced)
            }
            Some(_) => None,
        })
    }

    /// Takes everybody off a stream that does not exist.
    async fn leave(&self) -> Result<(), JobError> {
        let deployment = &self.host.deployment;
        for registered in deployment.stream_monitors(self.stream).await? {
            if let Some(scope) = deployment.scope_for_match(&registered).await? {
                deployment
                    .unwatch_stream(&scope, self.stream, registered.monitor())
                    .await?;
            }
        }
        Ok(())
    }
}
