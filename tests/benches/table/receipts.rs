//! `receipt_bytes`, `receipt_share`: what a call's line takes of the disk, and what all receipts take of the pipeline's time.

use std::{path::Path, sync::Arc, time::Instant};

use anyhow::{Context as _, ensure};
use isocial_catalog::Package;
use isocial_gate::Door;
use isocial_model::{
    connector::{Budget, ConnectorCall, Frame, Job, QueryPlan},
    language::Tasks,
    receipt::{Line, Receipt},
};
use isocial_pipeline::{Host, worker};
use isocial_store::{NewOrganisation, OperatorSession, OrgDb, PageCommit, Region};

use crate::{
    bench::{Bench, component},
    corpus, pipeline,
    row::{Outcome, Row, median},
};

/// Ids of the rows.
pub(crate) const IDS: [&str; 2] = ["receipt_bytes", "receipt_share"];

/// Posts of the round that gives the lines and the time that they are a share of.
const POSTS: usize = 20_000;
/// Frames a connector's call and posts a pack's, as the pipeline makes them.
const PAGE: usize = 250;
const BATCH: usize = 128;
/// Lines that are written to see how large they lie.
const LINES: usize = 50_000;
/// Commits with and without receipts that are compared, one after the other.
const COMMITS: usize = 400;
/// Times that everything is drawn up.
const ROUNDS: usize = 5;

/// Both rows, out of one round of the pipeline.
pub(crate) fn rows(bench: &Bench) -> anyhow::Result<Vec<Row>> {
    let folder = bench.folder().join("receipts");
    std::fs::create_dir_all(&folder)?;
    let archive = corpus::archive(23, POSTS);
    let runtime = tokio::runtime::Runtime::new()?;
    let (host, operator) = runtime.block_on(pipeline::host(&folder))?;
    let (seconds, lines, commit, ids) = runtime.block_on(async {
        let run = worker::begin(&host).await?;
        let warm = corpus::archive(24, PAGE * 8);
        pipeline::archive(&host, &operator, "warm-up", &warm, PAGE * 8).await?;
        let mut seconds = Vec::new();
        for n in 0..3 {
            let slug = format!("round-{n}");
            let rate = pipeline::archive(&host, &operator, &slug, &archive, POSTS).await?;
            seconds.push(POSTS as f64 / rate);
        }
        worker::end(&host, run).await?;
        let db = by_slug(&host, &operator, "round-2").await?;
        let lines = calls(&db).await?;
        let filled = made(&host, &operator, "filled").await?;
        let empty = made(&host, &operator, "empty").await?;
        let commit = commits(&made(&host, &operator, "commits").await?, &lines).await?;
        fill(&filled, &lines).await?;
        let ids = (filled.id().to_string(), empty.id().to_string());
        drop((filled, empty, db));
        host.deployment.close().await;
        anyhow::Ok((median(seconds), lines, commit, ids))
    })?;
    drop(host);
    let written = LINES.div_ceil(lines.len()) * lines.len();
    let grown = size(&folder, &ids.0)? - size(&folder, &ids.1)?;
    let pages = POSTS.div_ceil(PAGE);
    let drawn = draw_up(bench, &archive)?;
    let share = (drawn + commit * pages as f64) / seconds * 100.0;
    Ok(vec![
        Row {
            id: "receipt_bytes",
            unit: "B",
            outcome: Outcome::Value(grown as f64 / written as f64),
            method: format!(
                "the call lines of a round of `pipeline` ({} of them, {:.0} B each as JSON), written {written} times in all to an organisation's encrypted file: \
                 its growth over an empty one a line, with the table of terms and both chains",
                lines.len(),
                lines.iter().map(|l| l.canonical().len()).sum::<usize>() as f64
                    / lines.len() as f64
            ),
        },
        Row {
            id: "receipt_share",
            unit: "%",
            outcome: Outcome::Value(share),
            method: format!(
                "of a round of `pipeline` ({POSTS} posts, {:.0} ms): commitments and lines of its {} calls in the gate ({:.1} ms) and what a page's commit takes longer \
                 with its receipts than without, heads included ({:.0} µs, middle of {COMMITS} pairs, {pages} pages)",
                seconds * 1_000.0,
                lines.len(),
                drawn * 1_000.0,
                commit * 1e6
            ),
        },
    ])
}

async fn made(host: &Arc<Host>, operator: &OperatorSession, slug: &str) -> anyhow::Result<OrgDb> {
    let new = NewOrganisation {
        slug: slug.into(),
        name: slug.into(),
        region: Region::Local,
    };
    host.deployment.create_organisation(operator, &new).await?;
    by_slug(host, operator, slug).await
}

async fn by_slug(
    host: &Arc<Host>,
    operator: &OperatorSession,
    slug: &str,
) -> anyhow::Result<OrgDb> {
    let org = host
        .deployment
        .organisation_by_slug(operator, slug)
        .await?
        .context("it was made")?;
    let scope = host.deployment.enter_as_operator(operator, &org.id).await?;
    Ok(host.deployment.org(&scope.context("it is there")?).await?)
}

/// The call lines of a ledger.
async fn calls(db: &OrgDb) -> anyhow::Result<Vec<Receipt>> {
    let (mut all, mut after) = (Vec::new(), 0);
    loop {
        let page = db.receipts(after, 1_000).await?;
        let Some(last) = page.last() else { break };
        after = last.seq;
        let lines = page.into_iter().map(|kept| kept.receipt);
        all.extend(lines.filter(|r| matches!(r.line, Line::Call(_))));
    }
    ensure!(!all.is_empty(), "the round left no call lines");
    Ok(all)
}

async fn fill(db: &OrgDb, lines: &[Receipt]) -> anyhow::Result<()> {
    for _ in 0..LINES.div_ceil(lines.len()) {
        for part in lines.chunks(256) {
            db.append_receipts(part).await?;
        }
    }
    Ok(())
}

/// Seconds that a commit takes longer with a page's receipts: the middle difference of pairs.
async fn commits(db: &OrgDb, lines: &[Receipt]) -> anyhow::Result<f64> {
    let each = lines.len().div_ceil(POSTS.div_ceil(PAGE)).max(1);
    let mut differences = Vec::new();
    for part in lines.chunks(each).cycle().take(COMMITS) {
        let with = PageCommit {
            receipts: part.to_vec(),
            counters: vec![("collected".into(), 1)],
            ..PageCommit::default()
        };
        let without = PageCommit {
            receipts: Vec::new(),
            ..with.clone()
        };
        let began = Instant::now();
        db.commit_page(without).await?;
        let bare = began.elapsed().as_secs_f64();
        let began = Instant::now();
        db.commit_page(with).await?;
        differences.push(began.elapsed().as_secs_f64() - bare);
    }
    // Heads come with one commit in several: the mean has them, the middle alone would not.
    let mean = differences.iter().sum::<f64>() / differences.len() as f64;
    Ok(median(differences).max(mean))
}

/// Seconds that the gate takes for the receipts of one round: the middle of several.
fn draw_up(bench: &Bench, archive: &str) -> anyhow::Result<f64> {
    let door = |package: &str| -> anyhow::Result<Door> {
        bench.door(&Package::read(&component(package)?)?)
    };
    let (connector, pack) = (door("isocial-archive")?, door("isocial-en")?);
    let job = Job {
        plan: QueryPlan::default(),
        config: serde_json::json!({ "digest": "ab".repeat(32) }).to_string(),
        state: None,
        budget: Budget {
            items: 250,
            requests: 16,
        },
        now: isocial_model::Instant(1_760_000_000_000),
        since: None,
    };
    let lines: Vec<&str> = archive.lines().collect();
    let frames: Vec<ConnectorCall> = lines
        .chunks(PAGE)
        .map(|part| ConnectorCall::Frames {
            job: job.clone(),
            cursor: Some(vec![0; 16]),
            first: 0,
            frames: part
                .iter()
                .map(|line| Frame::Text((*line).into()))
                .collect(),
        })
        .collect();
    let tasks = Tasks {
        language: true,
        sentiment: true,
        emotions: true,
        entities: true,
        topics: true,
        translation: false,
    };
    let posts = corpus::posts(23, POSTS);
    let mut batches = Vec::new();
    for part in posts.chunks(BATCH) {
        let (passed, open) = pack.project_documents(part, &[], tasks)?;
        batches.push(passed.into_guest());
        drop(open);
    }
    let mut rounds = Vec::new();
    for _ in 0..ROUNDS {
        let began = Instant::now();
        for call in &frames {
            std::hint::black_box(connector.measure_call(call)?);
        }
        for batch in &batches {
            std::hint::black_box(pack.measure_batch(batch)?);
        }
        rounds.push(began.elapsed().as_secs_f64());
    }
    Ok(median(rounds))
}

/// Bytes of an organisation's closed file.
fn size(folder: &Path, org: &str) -> anyhow::Result<u64> {
    let file = folder
        .join("organisations/local")
        .join(org)
        .join("store.db");
    let size = std::fs::metadata(&file).with_context(|| file.display().to_string())?;
    Ok(size.len())
}
