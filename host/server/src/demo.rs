//! `isocial demo`: the main job on the real host, with the sample network, real networks, or an archive as its source.
//!
//! Lives here: setting a demo deployment up and saying what came of it. Not here: anything that a deployment would not do as well.

mod clock;
mod setup;
mod source;
mod tell;

use std::{
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
    sync::Arc,
    time::Instant as Stopwatch,
};

use anyhow::Context as _;
use isocial_pipeline::{Host, worker};
use tokio_util::sync::CancellationToken;

use crate::{
    cli::Demo,
    config::{self, Config},
    progress::Progress,
    summary::{ExportLine, Summary, render},
    wiring,
};

/// The port that the demo serves on, if it is free.
const PORT: u16 = 7700;

/// Runs the demo.
pub(crate) async fn run(args: &Demo, file: Option<&std::path::Path>) -> anyhow::Result<()> {
    let begun = Stopwatch::now();
    let progress = Progress::new(args.json);
    let folder = Folder::new(args.keep.clone())?;
    let (mut config, _) = config::load(file, std::env::vars())?;
    config.data_dir = folder.path().join("data");
    config.log.filter = "error".into();
    let listener = listener(&config).await?;
    config.listen = listener.local_addr()?;
    anyhow::ensure!(
        config.plugins_dir.is_dir(),
        "the demo needs built packages, and there is no folder `{}`\nhint: `cargo run --release -- demo` builds them first",
        config.plugins_dir.display()
    );

    let clock = Arc::new(clock::AheadClock::default());
    let source = source::Source::open(args, &clock, &mut config, &progress).await?;
    progress.say("loading plugins");
    let host = wiring::host_on(&config, clock.clone()).await?;
    let run = worker::begin(&host).await?;
    let stage = setup::Stage::set(&host, &source, args).await?;

    let stop = CancellationToken::new();
    let server = serve(Arc::clone(&host), listener, stop.clone());
    let collected = source.collect(&host, &stage, &clock, &progress).await?;
    let mut exports = setup::export(&host, &stage, &progress).await?;
    for export in &mut exports {
        hand_out(export, &args.exports).await?;
    }

    isocial_pipeline::books::settle(&host).await?;
    let mut summary = tell::summary(&host, &stage, &collected, exports).await?;
    summary.seconds = begun.elapsed().as_secs_f64();
    if !args.once {
        summary.urls = urls(&config, &stage);
    }
    progress.done();
    report(args, &source.title(), &summary);
    if !args.once {
        go_on(&host, &stage, stop.clone(), args.json).await;
    }
    stop.cancel();
    server.await.ok();
    source.stop().await;
    worker::end(&host, run).await?;
    host.deployment.close().await;
    if !summary.unreachable.is_empty() && summary.collected == 0 {
        anyhow::bail!("none of the sources could be reached");
    }
    Ok(())
}

/// Copies an export out of the organisation's own folder, to where the person wants it.
async fn hand_out(export: &mut ExportLine, folder: &std::path::Path) -> anyhow::Result<()> {
    tokio::fs::create_dir_all(folder)
        .await
        .with_context(|| format!("the folder {} cannot be made", folder.display()))?;
    let from = PathBuf::from(&export.file);
    let to = folder
        .join("mentions")
        .with_extension(from.extension().unwrap_or_default());
    tokio::fs::copy(&from, &to)
        .await
        .with_context(|| format!("{} cannot be written", to.display()))?;
    export.file = to.display().to_string();
    Ok(())
}

/// Serves the API beside the jobs.
fn serve(
    host: Arc<Host>,
    listener: tokio::net::TcpListener,
    stop: CancellationToken,
) -> tokio::task::JoinHandle<()> {
    tokio::spawn(async move {
        if let Err(error) = isocial_api::serve(host, listener, stop).await {
            tracing::error!(error = %error, "the API stopped");
        }
    })
}

/// The configured port, the demo's own, or any.
async fn listener(config: &Config) -> anyhow::Result<tokio::net::TcpListener> {
    for address in [
        config.listen,
        SocketAddr::from((Ipv4Addr::LOCALHOST, PORT)),
        SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
    ] {
        if let Ok(listener) = tokio::net::TcpListener::bind(address).await {
            return Ok(listener);
        }
    }
    anyhow::bail!("no port of this machine could be opened for the API")
}

fn urls(config: &Config, stage: &setup::Stage) -> Vec<String> {
    let base = wiring::own_base(config);
    let org = format!("{base}api/v1/organisations/{}", stage.org);
    vec![
        format!("{org}/mentions"),
        format!("{org}/mentions/live"),
        format!("{org}/receipts"),
        format!("{base}api/v1/openapi.json"),
        format!("{base}metrics"),
    ]
}

#[expect(clippy::print_stdout, reason = "the summary is this command's output")]
fn report(args: &Demo, title: &str, summary: &Summary) {
    if args.json {
        println!("{}", serde_json::to_string(summary).unwrap_or_default());
    } else {
        let width = terminal_width();
        print!("{}", render(summary, title, width));
    }
}

/// Columns of the terminal, where it says so.
fn terminal_width() -> usize {
    console_width().filter(|w| *w >= 40).unwrap_or(100)
}

fn console_width() -> Option<usize> {
    std::env::var("COLUMNS").ok().and_then(|c| c.parse().ok())
}

/// Serves until stopped.
#[expect(clippy::print_stderr, reason = "says how to go on, beside the summary")]
async fn go_on(host: &Arc<Host>, stage: &setup::Stage, stop: CancellationToken, quiet: bool) {
    if !quiet {
        eprintln!("operator token (shown once): {}", stage.token_text());
        eprintln!("try: curl -H 'Authorization: Bearer <token>' <one of the addresses above>");
        eprintln!("serving until Ctrl-C");
    }
    let jobs = tokio::spawn(worker::serve(Arc::clone(host), stop.clone()));
    crate::serve::stopped().await;
    stop.cancel();
    jobs.await.ok();
}

/// Where the demo's data lies: a folder that a person keeps, or one that is removed at the end.
enum Folder {
    Kept(PathBuf),
    Removed(tempfile::TempDir),
}

impl Folder {
    fn new(keep: Option<PathBuf>) -> anyhow::Result<Self> {
        match keep {
            Some(folder) => {
                std::fs::create_dir_all(&folder)
                    .with_context(|| format!("the folder {} cannot be made", folder.display()))?;
                Ok(Self::Kept(folder))
            }
            None => Ok(Self::Removed(
                tempfile::tempdir().context("a folder for the demo's data cannot be made")?,
            )),
        }
    }
    fn path(&self) -> &std::path::Path {
        match self {
            Self::Kept(folder) => folder,
            Self::Removed(folder) => folder.path(),
        }
    }
}
