//! `isocial serve`: the API and the jobs, until stopped.

use std::sync::Arc;

use anyhow::Context as _;
use isocial_pipeline::worker;
use tokio_util::sync::CancellationToken;

use crate::{config::Config, watch, wiring};

/// Serves until stopped, then finishes what is in hand.
pub(crate) async fn run(config: &Config) -> anyhow::Result<()> {
    let listener = tokio::net::TcpListener::bind(config.listen)
        .await
        .with_context(|| format!("{} cannot be listened on\nhint: another program may have the port; set `listen` or ISOCIAL_LISTEN", config.listen))?;
    let host = wiring::host(config).await?;
    let run = worker::begin(&host).await?;
    if let Some(token) = host.deployment.first_operator_token().await? {
        show_token(&String::from_utf8_lossy(token.expose()));
    }
    let stop = CancellationToken::new();
    let jobs = tokio::spawn(worker::serve(Arc::clone(&host), stop.clone()));
    let looks = tokio::spawn(watch::serve(
        Arc::clone(&host),
        config.clone(),
        stop.clone(),
    ));
    tracing::info!(listen = %listener.local_addr()?, "serving");
    let api = tokio::spawn(isocial_api::serve(
        Arc::clone(&host),
        listener,
        stop.clone(),
    ));
    stopped().await;
    tracing::info!("stopping: jobs in hand are finished first");
    stop.cancel();
    jobs.await.ok();
    looks.await.ok();
    api.await??;
    worker::end(&host, run).await?;
    host.deployment.close().await;
    Ok(())
}

/// The first operator token goes to the terminal and nowhere else.
#[expect(
    clippy::print_stdout,
    reason = "shown once to the person who starts the server, never logged"
)]
fn show_token(token: &str) {
    println!("operator token (shown this once; keep it): {token}");
}

/// Waits for Ctrl-C or, on Unix, SIGTERM.
pub(crate) async fn stopped() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut term) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = term.recv() => {}
            }
            return;
        }
    }
    let _ = tokio::signal::ctrl_c().await;
}
