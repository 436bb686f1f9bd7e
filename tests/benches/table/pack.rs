//! `pack_en_native`, `pack_en_vader`, `gate_post`: the English pack in its sandbox, beside the same code outside it and beside a peer, and
//! what the gate costs before and after it.

use std::{io::Write, process::Command, time::Instant};

use anyhow::{Context as _, bail, ensure};
use isocial_catalog::Package;
use isocial_gate::Door;
use isocial_model::{
    Labeled,
    language::{Batch, Tasks},
    post::Post,
};
use isocial_sandbox::Plugin;
use isocial_sdk::language::{self as guest, LanguagePack};
use plugin_en::English;

use crate::{
    bench::{Bench, component},
    corpus,
    row::{Against, Outcome, Row, median},
};

/// Posts a batch: the pack's own `batch-max`.
pub(crate) const BATCH: usize = 128;
/// Batches a round.
pub(crate) const BATCHES: usize = 64;
/// Rounds, of which the middle one counts; one more before them warms up.
const ROUNDS: usize = 15;
/// Runs of the peer.
pub(crate) const PEER_RUNS: usize = 3;

/// Every analysis that the pack's contract has a purpose for.
pub(crate) const EVERYTHING: Tasks = Tasks {
    language: true,
    sentiment: true,
    emotions: true,
    entities: true,
    topics: true,
    translation: false,
};
/// What the peer does.
pub(crate) const SENTIMENT: Tasks = Tasks {
    language: false,
    sentiment: true,
    emotions: false,
    entities: false,
    topics: false,
    translation: false,
};

/// Seconds of one round.
#[derive(Debug, Default)]
pub(crate) struct Times {
    gate: f64,
    pub(crate) sandboxed: f64,
    native: f64,
}

/// The pack as an organisation has it.
pub(crate) struct Way {
    pub(crate) plugin: Plugin,
    door: Door,
    posts: Vec<Labeled<Post>>,
}

impl Way {
    pub(crate) fn new(bench: &Bench) -> anyhow::Result<Self> {
        let bytes = component("isocial-en")?;
        Ok(Self {
            plugin: bench.sandbox()?.load(&bytes)?,
            door: bench.door(&Package::read(&bytes)?)?,
            posts: corpus::posts(128, BATCH * BATCHES),
        })
    }

    /// Every batch once through the gate, the sandbox and the gate again, and once through the same code outside the sandbox.
    fn round(&self, tasks: Tasks) -> anyhow::Result<Times> {
        let mut times = Times::default();
        for posts in self.posts.chunks(BATCH) {
            let began = Instant::now();
            let (passed, open) = self.door.project_documents(posts, &[], tasks)?;
            times.gate += began.elapsed().as_secs_f64();

            let outside = as_guest(passed.get());
            let began = Instant::now();
            let native = English::analyze(&outside);
            times.native += began.elapsed().as_secs_f64();

            let began = Instant::now();
            let called = self.plugin.analyze(passed);
            times.sandboxed += began.elapsed().as_secs_f64();

            let answer = called.outcome?;
            let began = Instant::now();
            let (admitted, _receipt) = self.door.admit_analyses(answer, open);
            times.gate += began.elapsed().as_secs_f64();

            let admitted = admitted?;
            let scores = native.map_err(|fault| anyhow::anyhow!("outside: {fault:?}"))?;
            ensure!(
                admitted.posts.iter().flatten().count() == posts.len()
                    && scores.sentiment.len() == posts.len(),
                "some posts were not analysed: the figures mean nothing"
            );
        }
        Ok(times)
    }

    pub(crate) fn rounds(&self, tasks: Tasks) -> anyhow::Result<Vec<Times>> {
        self.round(tasks)?;
        (0..ROUNDS).map(|_| self.round(tasks)).collect()
    }

    /// Seconds of the sandbox alone, a fresh instance for each batch of so many posts.
    pub(crate) fn fresh(&self, size: usize, tasks: Tasks) -> anyhow::Result<f64> {
        let mut seconds = 0.0;
        for posts in self.posts.chunks(size) {
            let (passed, _open) = self.door.project_documents(posts, &[], tasks)?;
            let began = Instant::now();
            let called = self.plugin.analyze(passed);
            seconds += began.elapsed().as_secs_f64();
            called.outcome?;
        }
        Ok(seconds)
    }

    /// The documents as the pack gets them: batches of so many posts.
    pub(crate) fn batches(&self, size: usize, tasks: Tasks) -> anyhow::Result<Vec<Batch>> {
        let project = |posts: &[Labeled<Post>]| {
            let (passed, _open) = self.door.project_documents(posts, &[], tasks)?;
            Ok(passed.get().clone())
        };
        self.posts.chunks(size).map(project).collect()
    }

    /// The same in one text each, written to a file for peers.
    pub(crate) fn write_texts(&self, file: &std::path::Path) -> anyhow::Result<()> {
        let mut lines = std::io::BufWriter::new(std::fs::File::create(file)?);
        for batch in self.batches(BATCH, SENTIMENT)? {
            for document in as_guest(&batch).documents() {
                let line =
                    serde_json::json!({ "text": document.text, "label": "neutral", "lang": "en" });
                writeln!(lines, "{line}")?;
            }
        }
        Ok(lines.flush()?)
    }
}

/// The same batch in the guest's own types.
fn as_guest(batch: &Batch) -> guest::Batch {
    let mut tasks = guest::Tasks::empty();
    for (asked, task) in [
        (batch.tasks.language, guest::Tasks::LANGUAGE),
        (batch.tasks.sentiment, guest::Tasks::SENTIMENT),
        (batch.tasks.emotions, guest::Tasks::EMOTIONS),
        (batch.tasks.entities, guest::Tasks::ENTITIES),
        (batch.tasks.topics, guest::Tasks::TOPICS),
    ] {
        if asked {
            tasks = tasks | task;
        }
    }
    guest::Batch {
        text: batch.text.clone(),
        ends: batch.ends.clone(),
        hints: batch.hints.clone(),
        hint: batch.hint.clone(),
        days: batch.days.clone(),
        targets: Vec::new(),
        tasks,
    }
}

/// The middle of some part of the rounds, in posts a second.
pub(crate) fn rate(rounds: &[Times], part: impl Fn(&Times) -> f64) -> f64 {
    (BATCH * BATCHES) as f64 / median(rounds.iter().map(part).collect())
}

/// `pack_en_native`.
pub(crate) fn against_native(bench: &Bench) -> anyhow::Result<Row> {
    let rounds = Way::new(bench)?.rounds(EVERYTHING)?;
    Ok(Row {
        id: "pack_en_native",
        unit: "posts/s",
        outcome: Outcome::Compared(
            rate(&rounds, |t| t.sandboxed),
            Against {
                name: "same code, native",
                value: rate(&rounds, |t| t.native),
            },
        ),
        method: format!(
            "isocial-en with all five tasks, sandbox only (fresh instance a batch, values into and out of it; the gate is gate_post); native is English::analyze on the same batches, \
             taken in turn with it; {BATCHES} batches of {BATCH} invented posts, one thread, median of {ROUNDS} rounds after one of warm-up"
        ),
    })
}

/// `gate_post`.
pub(crate) fn gate(bench: &Bench) -> anyhow::Result<Row> {
    let rounds = Way::new(bench)?.rounds(EVERYTHING)?;
    Ok(Row {
        id: "gate_post",
        unit: "µs",
        outcome: Outcome::Value(1e6 / rate(&rounds, |t| t.gate)),
        method: format!(
            "project_documents (contract, redaction, receipt) and admit_analyses of isocial-en's real answers to five tasks, a post; one organisation's real keys; \
             {BATCHES} batches of {BATCH} invented posts, every third with handles, links or personal details; one thread, median of {ROUNDS} rounds after one of warm-up"
        ),
    })
}

/// `pack_en_vader`.
pub(crate) fn against_vader(bench: &Bench) -> anyhow::Result<Row> {
    let id = "pack_en_vader";
    let unit = "posts/s";
    let way = Way::new(bench)?;
    let file = bench.folder().join("peer.jsonl");
    way.write_texts(&file)?;
    let (mut peer, mut rounds) = (Vec::new(), Vec::new());
    for _ in 0..PEER_RUNS {
        match vader(&file)? {
            Ok(rate) => peer.push(rate),
            Err(install) => {
                return Ok(Row {
                    id,
                    unit,
                    outcome: Outcome::NotRun(install),
                    method: "isocial-en beside vaderSentiment on the same input".into(),
                });
            }
        }
        rounds.extend(way.rounds(SENTIMENT)?);
    }
    Ok(Row {
        id,
        unit,
        outcome: Outcome::Compared(
            rate(&rounds, |t| t.sandboxed),
            Against {
                name: "vaderSentiment 3.3.2",
                value: median(peer),
            },
        ),
        method: format!(
            "isocial-en with sentiment only, sandboxed as in pack_en_native, median of {PEER_RUNS} × {ROUNDS} rounds in turn with the peer, which is tests/nlp/vader.py as a child process on the same {} redacted texts, \
             its start and reading the file not counted, median of {PEER_RUNS} runs",
            BATCH * BATCHES
        ),
    })
}

/// Python with the peer in it, by `ISOCIAL_TEST_PYTHON` or in the folder `ISOCIAL_TEST_TOOLS`.
pub(crate) fn python() -> Option<std::path::PathBuf> {
    let tools = || std::env::var_os("ISOCIAL_TEST_TOOLS");
    std::env::var_os("ISOCIAL_TEST_PYTHON")
        .map(Into::into)
        .or_else(|| Some(std::path::Path::new(&tools()?).join("py/bin/python")))
        .filter(|python: &std::path::PathBuf| python.exists())
}

/// Posts a second of the peer on this file, or the line that installs it.
fn vader(file: &std::path::Path) -> anyhow::Result<Result<f64, String>> {
    let install = || {
        "python3 -m venv tools/py && tools/py/bin/pip install vaderSentiment==3.3.2, then ISOCIAL_TEST_TOOLS=$PWD/tools".to_owned()
    };
    let Some(python) = python() else {
        return Ok(Err(install()));
    };
    let script = isocial_tests::root().join("tests/nlp/vader.py");
    let output = Command::new(&python)
        .arg(script)
        .arg(file)
        .output()
        .with_context(|| format!("{} does not start", python.display()))?;
    let said = String::from_utf8_lossy(&output.stdout);
    if said.starts_with("NOT RUN") {
        return Ok(Err(install()));
    }
    let rate = said
        .lines()
        .find_map(|line| line.strip_suffix(" posts/s"))
        .and_then(|rate| rate.trim().parse().ok());
    match rate {
        Some(rate) if output.status.success() => Ok(Ok(rate)),
        _ => bail!(
            "tests/nlp/vader.py gave no rate: {}",
            String::from_utf8_lossy(&output.stderr).trim_end()
        ),
    }
}
