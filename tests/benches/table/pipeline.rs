//! `pipeline`: posts from a connector's answer to the committed row, through everything that stands between them.

use std::{path::Path, sync::Arc, time::Instant};

use anyhow::{Context as _, ensure};
use isocial_egress::{Egress, EgressConfig};
use isocial_model::{Clock, Entropy, time::SystemClock};
use isocial_pipeline::{
    Host, Parts, Probe, Settings,
    enable::{self, NewPlugin},
    input, worker,
};
use isocial_store::{Deployment, NewOrganisation, OperatorSession, Region, StoreOptions};
use isocial_vault::OsEntropy;

use crate::{
    bench::{Bench, component, open_sandbox, open_vault},
    corpus,
    row::{Outcome, Row, median},
};

/// Posts a round.
const POSTS: usize = 20_000;
/// Posts of the long run.
const SOAK: usize = 1_000_000;
/// Posts before the first round.
const WARM: usize = 2_000;
/// Rounds, of which the middle one counts, each into an organisation of its own.
const ROUNDS: usize = 3;

/// Reads archives of invented posts as a deployment does, and counts the rows.
pub(crate) fn row(bench: &Bench) -> anyhow::Result<Row> {
    let folder = bench.folder().join("deployment");
    std::fs::create_dir_all(&folder)?;
    let (posts, rounds) = if bench.soak {
        (SOAK, 1)
    } else {
        (POSTS, ROUNDS)
    };
    let rates = rates(&folder, &corpus::archive(23, posts), posts, rounds)?;
    Ok(Row {
        id: "pipeline",
        unit: "posts/s",
        outcome: Outcome::Value(median(rates)),
        method: format!(
            "{posts} invented posts as an archive in memory, all of which one query matches: archive connector (its calls included), gate, match, isocial-en with all tasks, \
             and the rows, full text, counts and receipts in an encrypted file; wall time to the last commit, rows counted in the database; median of {rounds} rounds after {WARM} posts of warm-up"
        ),
    })
}

/// Posts a second of each round, after a warm-up, of a new deployment in this folder.
pub(crate) fn rates(
    folder: &Path,
    lines: &str,
    posts: usize,
    rounds: usize,
) -> anyhow::Result<Vec<f64>> {
    let warm = corpus::archive(24, WARM);
    tokio::runtime::Runtime::new()?.block_on(async {
        let (host, operator) = host(folder).await?;
        let run = worker::begin(&host).await?;
        archive(&host, &operator, "warm-up", &warm, WARM).await?;
        let mut rates = Vec::new();
        for round in 0..rounds {
            let slug = format!("round-{round}");
            rates.push(archive(&host, &operator, &slug, lines, posts).await?);
        }
        worker::end(&host, run).await?;
        host.deployment.close().await;
        anyhow::Ok(rates)
    })
}

/// A host with the two packages that this needs, as `isocial serve` would put it together.
pub(crate) async fn host(folder: &Path) -> anyhow::Result<(Arc<Host>, OperatorSession)> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let entropy: Arc<dyn Entropy> = Arc::new(OsEntropy);
    let vault = open_vault(folder, true)?;
    let sandbox = open_sandbox(folder, &vault)?;
    let egress = Egress::new(EgressConfig::default(), Arc::clone(&clock))?;
    let deployment = Deployment::open(StoreOptions::new(folder), vault, Arc::clone(&clock)).await?;
    let host = Host::new(Parts {
        deployment,
        sandbox,
        egress,
        clock,
        entropy,
        settings: Settings::default(),
        probe: Probe::none(),
    })?;
    for package in ["isocial-archive", "isocial-en"] {
        host.register(&component(package)?).await?;
    }
    let token = host
        .deployment
        .first_operator_token()
        .await?
        .context("a new deployment has no operator")?;
    let operator = host
        .deployment
        .check_operator_token(&String::from_utf8_lossy(token.expose()))
        .await?
        .context("the new token does not open")?;
    Ok((host, operator))
}

/// Reads the lines into a new organisation: posts a second.
pub(crate) async fn archive(
    host: &Arc<Host>,
    operator: &OperatorSession,
    slug: &str,
    lines: &str,
    posts: usize,
) -> anyhow::Result<f64> {
    let new = NewOrganisation {
        slug: slug.into(),
        name: slug.into(),
        region: Region::Local,
    };
    let org = host
        .deployment
        .create_organisation(operator, &new)
        .await?
        .id;
    let scope = host
        .deployment
        .enter_as_operator(operator, &org)
        .await?
        .context("the new organisation is gone")?;
    let db = host.deployment.org(&scope).await?;
    let workspace = db.create_workspace("Brand").await?;
    let plugin = |package| NewPlugin {
        workspace: &workspace,
        package,
        config: "{}",
        hosts: Vec::new(),
        credentials: Vec::new(),
    };
    enable::plugin(host, &db, plugin("isocial/en")).await?;
    let installation = enable::plugin(host, &db, plugin("isocial/archive")).await?;
    let config = serde_json::json!({ "digest": "ab".repeat(32) }).to_string();
    let source = enable::source(host, &db, &installation, &config, None).await?;
    enable::monitor(
        host,
        &scope,
        &db,
        &workspace,
        "Lumo",
        "lumo OR #homelight",
        vec![source.clone()],
    )
    .await?;

    let began = Instant::now();
    let read = input::read(host, &scope, &source, lines.as_bytes(), |_| {}).await?;
    let seconds = began.elapsed().as_secs_f64();

    let totals = db.totals().await?;
    let wanted = posts as u64;
    ensure!(
        read.lines == wanted
            && totals.posts == wanted
            && totals.mentions == wanted
            && totals.analysed == wanted
            && totals.without_receipt == 0,
        "of {wanted} lines the database has {totals:?}: the figure means nothing"
    );
    Ok(wanted as f64 / seconds)
}
