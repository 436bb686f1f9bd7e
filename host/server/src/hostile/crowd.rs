//! Cases in which one organisation uses all that it can get: another one's work, of one and the same sort, is timed before and meanwhile.

use std::time::{Duration, Instant};

use serde_json::json;

use super::{
    case::{Case, Verdict},
    limits::ended_by,
    stage::{Org, WORD},
};

/// Exports that are timed, before and meanwhile.
const SAMPLES: usize = 24;
/// What a measurement on a busy machine may be off by: an idle worker looks for new jobs twice a second.
const SLACK: Duration = Duration::from_millis(500);

/// Tells an attack that it may end.
pub(super) struct Spinner(tokio::sync::watch::Receiver<bool>);

impl Spinner {
    /// Whether the attack may end.
    pub(super) fn over(&self) -> bool {
        *self.0.borrow()
    }
}

/// Times the exports of a quiet organisation alone, then beside the attack, and fails unless the second p99 is within twice the first.
///
/// The attack returns once it runs; it is kept up by what it has set in motion.
pub(super) async fn beside<T>(
    case: &mut Case<'_>,
    attack: impl AsyncFnOnce(&mut Case<'_>, &Spinner) -> anyhow::Result<T>,
) -> anyhow::Result<T> {
    let quiet = Quiet::settle(case).await?;
    let alone = quiet.p99().await?;
    let (end, over) = tokio::sync::watch::channel(false);
    let attacked = attack(case, &Spinner(over)).await?;
    let beside = quiet.p99().await?;
    let _ = end.send(true);
    anyhow::ensure!(
        beside <= alone * 2 + SLACK,
        "another organisation's p99 went from {alone:?} to {beside:?}"
    );
    Ok(attacked)
}

/// An organisation that goes about its business.
struct Quiet {
    org: Org,
    format: String,
    monitor: String,
}

impl Quiet {
    async fn settle(case: &mut Case<'_>) -> anyhow::Result<Self> {
        let feeder = case.tame("connector").await?;
        let format = case.tame("export").await?;
        let org = case.org().await?;
        let lines = json!({ "lines": [format!("{WORD} of a quiet organisation")] });
        let monitor = org.read(&feeder, &[], &lines).await?.monitor;
        let format = org.enable(&format, &json!({}), &[], &json!({})).await?;
        Ok(Self {
            org,
            format,
            monitor,
        })
    }

    /// The slowest but one in a hundred; of so few, the slowest.
    async fn p99(&self) -> anyhow::Result<Duration> {
        let mut slowest = Duration::ZERO;
        for _ in 0..SAMPLES {
            let begun = Instant::now();
            let file = self.org.file(&self.format, &self.monitor).await?;
            anyhow::ensure!(
                file == "1 rows\n",
                "the quiet organisation's file is {file:?}"
            );
            slowest = slowest.max(begun.elapsed());
        }
        Ok(slowest)
    }
}

/// Sets sources in motion that each spin for all of their time, and goes on adding some until it is over.
pub(super) async fn spin(
    org: &Org,
    installation: &str,
    at_once: usize,
    spinner: &Spinner,
) -> anyhow::Result<()> {
    add(org, installation, at_once).await?;
    let (org, installation) = (org.clone(), installation.to_owned());
    let spinner = Spinner(spinner.0.clone());
    tokio::spawn(async move {
        while !spinner.over() {
            tokio::time::sleep(Duration::from_secs(1)).await;
            if add(&org, &installation, at_once / 2).await.is_err() {
                return;
            }
        }
    });
    Ok(())
}

async fn add(org: &Org, installation: &str, sources: usize) -> anyhow::Result<()> {
    let mut ids = Vec::new();
    for _ in 0..sources {
        ids.push(org.source(installation, &json!({})).await?);
    }
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    org.watch("Spin", &ids).await?;
    Ok(())
}

/// HT-14, the scheduler's part: keywords have a quota, and spinning sources and a heap of exports delay nobody else.
pub(super) async fn crowded_out(case: &mut Case<'_>) -> anyhow::Result<Verdict> {
    let keywords: Vec<String> = (0..10_000).map(|n| format!("keyword{n}")).collect();
    let (org, package) = beside(case, async |case, spinner| {
        let org = case.org().await?;
        for query in [keywords.join(" OR "), "(".repeat(4_000) + WORD] {
            let body = json!({ "workspace": org.workspace, "name": "Heavy", "query": query, "sources": [] });
            let reply = org.api.post(&org.path("monitors"), &body).await?;
            anyhow::ensure!(
                reply.status == 422,
                "a query of {} bytes was taken: {}",
                query.len(),
                reply.problem()
            );
        }
        let package = case.take("plugin").await?;
        let installation = org.enable(&package, &json!({}), &[], &json!({})).await?;
        let format = case.tame("export").await?;
        let format = org.enable(&format, &json!({}), &[], &json!({})).await?;
        for _ in 0..100 {
            let body = json!({ "format": format, "title": "One of many" });
            org.create("exports", &body).await?;
        }
        spin(&org, &installation, 16, spinner).await?;
        Ok((org, package))
    })
    .await?;
    ended_by(&org, &package, &["time"]).await?;
    Ok(Verdict::Contained)
}
