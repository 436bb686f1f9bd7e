//! What the demo reads: the sample network, real networks, or an archive.

use std::{path::PathBuf, sync::Arc};

use anyhow::Context as _;
use isocial_demo::{Options, Running, SampleNetwork, Week};
use isocial_model::{Clock, Instant};
use isocial_pipeline::{Host, input, stream, worker};
use sha2::{Digest, Sha256};
use tokio::io::{AsyncBufRead, AsyncReadExt, BufReader};
use tokio_util::sync::CancellationToken;

use super::{clock::AheadClock, setup::Stage};
use crate::{
    cli::Demo,
    config::{Config, Exception},
    progress::Progress,
};

/// How often the demo says how far it is while it listens.
const SAY: std::time::Duration = std::time::Duration::from_millis(250);

/// What is read.
pub(crate) enum Source {
    /// The sample network on loopback.
    Sample(Box<Running>),
    /// Networks that need no login.
    Live {
        /// A feed.
        feed: Option<String>,
        /// A Mastodon instance and a hashtag.
        mastodon: Option<(String, String)>,
        /// Bluesky's public stream: empty for Bluesky's own server, or the address of another Jetstream.
        bluesky: Option<String>,
        /// How long streams are read.
        span: std::time::Duration,
    },
    /// A file of posts.
    Archive {
        /// Where it lies.
        path: PathBuf,
        /// SHA-256 of its bytes, from which ids of posts without one are made.
        digest: String,
    },
}

/// What came of it.
#[derive(Debug, Default)]
pub(crate) struct Collected {
    /// Of an archive.
    pub(crate) read: Option<input::Read>,
    /// Sources that could not be read, with the reason.
    pub(crate) unreachable: Vec<String>,
}

impl Source {
    /// Opens what the arguments name.
    pub(crate) async fn open(
        args: &Demo,
        clock: &Arc<AheadClock>,
        config: &mut Config,
        progress: &Progress,
    ) -> anyhow::Result<Self> {
        if let Some(path) = &args.archive {
            progress.say("reading the archive's digest");
            return Ok(Self::Archive {
                digest: digest(path).await?,
                path: path.clone(),
            });
        }
        if args.live {
            let mastodon = args
                .mastodon
                .clone()
                .map(|instance| (instance, args.hashtag.clone()));
            let nothing_named = args.feed.is_none() && mastodon.is_none();
            let bluesky = args.bluesky.clone();
            return Ok(Self::Live {
                feed: args.feed.clone(),
                mastodon,
                bluesky: bluesky.or_else(|| nothing_named.then(String::new)),
                span: std::time::Duration::from_secs(args.seconds),
            });
        }
        progress.say("starting the sample network");
        let start = clock
            .now()
            .floor(Instant::HOUR_MS)
            .plus_ms(-7 * Instant::DAY_MS);
        let week = Week::generate(args.seed, start);
        let running = SampleNetwork::start(week, clock.clone(), Options::default()).await?;
        for scheme in ["http", "ws"] {
            config.egress.exception.push(Exception {
                host: running.addr.ip().to_string(),
                port: running.addr.port(),
                scheme: scheme.into(),
                addresses: None,
                why: "the sample network on this machine".into(),
            });
        }
        Ok(Self::Sample(Box::new(running)))
    }

    /// The summary's title.
    pub(crate) fn title(&self) -> String {
        match self {
            Self::Sample(_) => format!("A week of {} on the sample network", super::setup::BRAND),
            Self::Live { .. } => "What real networks say".into(),
            Self::Archive { path, .. } => {
                format!(
                    "The archive {}",
                    path.file_name().unwrap_or_default().to_string_lossy()
                )
            }
        }
    }

    /// Reads everything that there is to read now, then shows what a day changes.
    pub(crate) async fn collect(
        &self,
        host: &Arc<Host>,
        stage: &Stage,
        clock: &AheadClock,
        progress: &Progress,
    ) -> anyhow::Result<Collected> {
        let mut done = Collected::default();
        let say = |what: &str| {
            let c = &host.counters;
            progress.say(format!(
                "{what}: {} collected, {} matched, {} analysed",
                c.collected.get(),
                c.matched.get(),
                c.analysed.get()
            ));
        };
        match self {
            Self::Sample(running) => {
                worker::drain(host, || say("collecting the week")).await?;
                running.apply_edits_and_deletions();
                // A day later the posts are asked about, and what was deleted there is deleted here.
                clock.put_ahead(Instant::DAY_MS + Instant::HOUR_MS);
                worker::drain(host, || say("a day later: edits and deletions")).await?;
            }
            Self::Live {
                span,
                mastodon,
                bluesky,
                ..
            } => {
                worker::drain(host, || say("reading real networks")).await?;
                let span = if mastodon.is_some() || bluesky.is_some() {
                    *span
                } else {
                    std::time::Duration::ZERO
                };
                let stop = CancellationToken::new();
                let streams = tokio::spawn(stream::serve(Arc::clone(host), stop.clone()));
                let until = tokio::time::Instant::now() + span;
                while tokio::time::Instant::now() < until {
                    tokio::time::sleep(SAY.min(span)).await;
                    say("listening to real networks");
                }
                done.unreachable = stage.waiting(host).await?;
                stop.cancel();
                streams.await?;
                worker::drain(host, || say("looking at the rules")).await?;
            }
            Self::Archive { path, .. } => {
                let file = open(path).await?;
                let account = stage
                    .archive
                    .as_ref()
                    .context("the archive has no source")?;
                let read = input::read(host, &stage.scope, account, file, |read| {
                    progress.say(format!(
                        "{} lines, {} matched",
                        read.lines, read.landed.matched
                    ));
                })
                .await?;
                done.read = Some(read);
                worker::drain(host, || say("looking at the rules")).await?;
            }
        }
        done.unreachable.extend(stage.unreachable().await?);
        Ok(done)
    }

    /// Stops what was started.
    pub(crate) async fn stop(self) {
        if let Self::Sample(running) = self {
            running.stop().await;
        }
    }
}

/// Opens a file of lines, decompressing it if its first bytes say that it is gzip.
async fn open(path: &std::path::Path) -> anyhow::Result<Box<dyn AsyncBufRead + Unpin + Send>> {
    let failed = || format!("the archive {} cannot be read", path.display());
    let mut file = tokio::fs::File::open(path).await.with_context(failed)?;
    let mut magic = [0u8; 2];
    let zipped = file.read(&mut magic).await.with_context(failed)? == 2 && magic == [0x1f, 0x8b];
    if !zipped {
        let file = tokio::fs::File::open(path).await.with_context(failed)?;
        return Ok(Box::new(BufReader::with_capacity(1 << 16, file)));
    }
    // Decompression is blocking work: a thread of its own sends what it has, or why it cannot go on.
    let file = std::fs::File::open(path).with_context(failed)?;
    let (sender, receiver) = tokio::sync::mpsc::channel::<std::io::Result<bytes::Bytes>>(4);
    std::thread::spawn(move || {
        use std::io::Read as _;
        let mut decoder = flate2::read::MultiGzDecoder::new(std::io::BufReader::new(file));
        loop {
            let mut buffer = vec![0u8; 1 << 16];
            let part = match decoder.read(&mut buffer) {
                Ok(0) => break,
                Ok(n) => {
                    buffer.truncate(n);
                    Ok(bytes::Bytes::from(buffer))
                }
                Err(error) => Err(error),
            };
            let last = part.is_err();
            if sender.blocking_send(part).is_err() || last {
                break;
            }
        }
    });
    Ok(Box::new(tokio_util::io::StreamReader::new(
        tokio_stream::wrappers::ReceiverStream::new(receiver),
    )))
}

/// SHA-256 of the file's bytes.
async fn digest(path: &std::path::Path) -> anyhow::Result<String> {
    let failed = || format!("the archive {} cannot be read", path.display());
    let mut file = tokio::fs::File::open(path).await.with_context(failed)?;
    let mut hasher = Sha256::new();
    let mut buffer = vec![0u8; 1 << 16];
    loop {
        let n = file.read(&mut buffer).await.with_context(failed)?;
        match buffer.get(..n) {
            Some([]) | None => break,
            Some(part) => hasher.update(part),
        }
    }
    Ok(hex::encode(hasher.finalize()))
}
