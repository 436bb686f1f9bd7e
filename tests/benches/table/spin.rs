//! `spin_kill`, `spin_neighbours`: plugins that never end, as many as one organisation may run: when they are killed, and what another
//! organisation's calls notice of them.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use anyhow::{Context as _, bail};
use isocial_catalog::Package;
use isocial_gate::Door;
use isocial_model::{Labeled, language::Tasks, post::Post};
use isocial_sandbox::{Executor, Limits, Plugin, Sandbox, SandboxConfig, Stop, Turn};

use crate::{
    bench::{Bench, component},
    corpus,
    row::{Against, Outcome, Row, median},
};

/// The rows of this file.
pub(crate) const IDS: [&str; 2] = ["spin_kill", "spin_neighbours"];

/// Milliseconds that a spinner may run: an alert channel's budget.
const BUDGET_MS: u32 = 200;
/// Calls of the neighbour a round, of which the hundredth-slowest counts.
const CALLS: usize = 2_000;
/// Rounds with spinners and without, in turn; the middle one counts.
const ROUNDS: usize = 5;
/// Posts a call of the neighbour: what a page of a busy source brings for one pack.
const BATCH: usize = 128;

/// A pack that reads nothing for ever.
const SPINNER: &str = r#"(module
  (memory (export "memory") 1)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 8192))
  (func (export "isocial:plugin/language-pack@0.1.0#analyze")
    (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32)
    (loop $l (br $l)) (i32.const 1024)))"#;

const MANIFEST: &str = r#"[plugin]
id = "sample/spinner"
version = "0.1.0"
kind = "language-pack"
interface = "isocial:plugin/language-pack@0.1.0"
name = "Spinner"
description = "Never ends."
licence = "Apache-2.0"
languages = ["en"]

[[contract]]
function = "analyze"
purposes = ["analysis/sentiment"]
input = ["post.text:redacted"]
output = { sentiment = "enum(negative,neutral,positive)", score = "f32[-1,1]/0.01" }
batch-max = 128
"#;

const TASKS: Tasks = Tasks {
    language: false,
    sentiment: true,
    emotions: false,
    entities: false,
    topics: false,
    translation: false,
};

/// A pack with its door.
#[derive(Clone)]
struct Pack {
    plugin: Plugin,
    door: Arc<Door>,
}

impl Pack {
    fn new(bench: &Bench, sandbox: &Sandbox, bytes: &[u8]) -> anyhow::Result<Self> {
        Ok(Self {
            plugin: sandbox.load(bytes)?,
            door: Arc::new(bench.door(&Package::read(bytes)?)?),
        })
    }

    /// One call on the executor: how long the sandbox had it, waiting for a thread included, and why it was stopped if it was.
    async fn call(
        &self,
        executor: &Executor,
        turn: Turn,
        posts: &[Labeled<Post>],
    ) -> anyhow::Result<(Duration, Option<Stop>)> {
        let (passed, open) = self.door.project_documents(posts, &[], TASKS)?;
        let plugin = self.plugin.clone();
        let began = Instant::now();
        let called = executor.run(turn, move || plugin.analyze(passed)).await?;
        let took = began.elapsed();
        Ok((
            took,
            match called.outcome {
                Ok(answer) => {
                    let _receipt = self.door.admit_analyses(answer, open);
                    None
                }
                Err(stopped) => {
                    let _receipt = self.door.fail((&stopped).into(), open);
                    Some(stopped.why)
                }
            },
        ))
    }
}

/// Both rows.
pub(crate) fn rows(bench: &Bench) -> anyhow::Result<Vec<Row>> {
    let defaults = SandboxConfig::default();
    let config = SandboxConfig {
        language_pack: Limits {
            time_ms: BUDGET_MS,
            wall_ms: BUDGET_MS + 20,
            ..defaults.language_pack
        },
        cache_dir: Some(bench.folder().join("code")),
        ..defaults
    };
    let threads = config.executor_threads();
    let sandbox = bench.sandbox_with(config)?;
    let executor = Arc::new(Executor::new(threads)?);
    let spinner = isocial_package::Package::build(&wat::parse_str(SPINNER)?, MANIFEST)?;
    let spinner = Pack::new(bench, &sandbox, &spinner)?;
    let neighbour = Pack::new(bench, &sandbox, &component("isocial-en")?)?;
    let posts = Arc::new(corpus::posts(256, BATCH));
    // As the server has it: its own runtime, at its own priority.
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?;
    let (mut alone, mut beside, mut late) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        alone.push(runtime.block_on(p99(&executor, &neighbour, &posts))?);
        let stop = Arc::new(AtomicBool::new(false));
        // One organisation keeps as many spinners going as it gets threads, and as many again waiting.
        let spinners: Vec<_> = (0..2 * executor.share())
            .map(|n| {
                let (executor, spinner, posts, stop) = (
                    Arc::clone(&executor),
                    spinner.clone(),
                    Arc::clone(&posts),
                    Arc::clone(&stop),
                );
                runtime.spawn(async move {
                    let turn = Turn {
                        org: 1,
                        plugin: Some(n as u64),
                    };
                    spin(&executor, turn, &spinner, &posts, &stop).await
                })
            })
            .collect();
        beside.push(runtime.block_on(p99(&executor, &neighbour, &posts))?);
        stop.store(true, Ordering::Relaxed);
        for spinner in spinners {
            late.extend(runtime.block_on(spinner)??);
        }
    }
    late.sort_by(f64::total_cmp);
    let kill = late
        .get(late.len() * 99 / 100)
        .copied()
        .context("no spinner ran")?;
    let share = executor.share();
    Ok(vec![
        Row {
            id: IDS[0],
            unit: "ms",
            outcome: Outcome::Value(kill),
            method: format!(
                "loops without end of one organisation, {share} at once on {threads} threads beside a busy neighbour: from their budget of {BUDGET_MS} ms to their end, p99 of {}",
                late.len()
            ),
        },
        Row {
            id: IDS[1],
            unit: "ms",
            outcome: Outcome::Compared(
                median(beside),
                Against {
                    name: "without spinners",
                    value: median(alone),
                },
            ),
            method: format!(
                "p99 of {CALLS} calls in a row of isocial-en by another organisation (batches of {BATCH}, sentiment), from handing over to the answer, beside those spinners; median of {ROUNDS} rounds, in turn with rounds without"
            ),
        },
    ])
}

/// Milliseconds of the hundredth-slowest call.
async fn p99(executor: &Executor, pack: &Pack, posts: &[Labeled<Post>]) -> anyhow::Result<f64> {
    let turn = Turn {
        org: 2,
        plugin: Some(u64::MAX),
    };
    let mut times = Vec::with_capacity(CALLS);
    for _ in 0..CALLS {
        let (took, stopped) = pack.call(executor, turn, posts).await?;
        if let Some(why) = stopped {
            bail!("the neighbour's call was stopped: {why}");
        }
        times.push(took.as_secs_f64() * 1e3);
    }
    times.sort_by(f64::total_cmp);
    times
        .get(CALLS * 99 / 100)
        .copied()
        .context("no call was made")
}

/// Spins until told to stop: by how many milliseconds each was killed after its budget. The time that a call waits for a thread is not
/// the guest's, so it is measured inside the executor.
async fn spin(
    executor: &Executor,
    turn: Turn,
    pack: &Pack,
    posts: &[Labeled<Post>],
    stop: &AtomicBool,
) -> anyhow::Result<Vec<f64>> {
    let mut late = Vec::new();
    while !stop.load(Ordering::Relaxed) {
        let (passed, open) = pack.door.project_documents(posts, &[], TASKS)?;
        let plugin = pack.plugin.clone();
        let (took, called) = executor
            .run(turn, move || {
                let began = Instant::now();
                let called = plugin.analyze(passed);
                (began.elapsed(), called)
            })
            .await?;
        match called.outcome {
            Err(stopped) if stopped.why == Stop::Time => {
                let _receipt = pack.door.fail((&stopped).into(), open);
                late.push(took.as_secs_f64() * 1e3 - f64::from(BUDGET_MS));
            }
            other => bail!("a spinner ended otherwise: {:?}", other.err()),
        }
    }
    Ok(late)
}
