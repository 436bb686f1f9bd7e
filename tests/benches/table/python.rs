//! `pipeline_python`: the whole way of a post beside a Python program that is put together from known parts, both on one core.

use std::{
    ffi::OsStr,
    io::Write,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context as _, bail, ensure};

use crate::{
    bench::Bench,
    corpus,
    pack::python,
    pipeline,
    row::{Against, Outcome, Row, median},
};

/// The row of this file.
pub(crate) const ID: &str = "pipeline_python";
/// The argument by which this program is started for the measurement, followed by the file of posts and a folder.
pub(crate) const CHILD: &str = "--measure-one-core";

/// Posts of ours a run, and of the peer, which takes the first of them.
const POSTS: usize = 20_000;
const POSTS_OF_PEER: usize = 2_000;
/// Runs of both in turn.
const RUNS: usize = 3;
/// What makes the peer.
const INSTALL: &str = "python3 -m venv tools/py && tools/py/bin/pip install presidio-analyzer==2.2.360 vaderSentiment==3.3.2, then ISOCIAL_TEST_TOOLS=$PWD/tools";

/// The row.
pub(crate) fn row(bench: &Bench) -> anyhow::Result<Row> {
    let row = |outcome, method: String| Row {
        id: ID,
        unit: "posts/s",
        outcome,
        method,
    };
    let not_run = |what: &str| {
        row(
            Outcome::NotRun(what.into()),
            "the whole way of a post beside Presidio, vaderSentiment and sqlite3 in one Python program".into(),
        )
    };
    let Some(python) = python() else {
        return Ok(not_run(INSTALL));
    };
    if !Path::new("/usr/bin/taskset").is_file() {
        return Ok(not_run(
            "needs taskset (util-linux), which keeps both on one core",
        ));
    }
    let lines = corpus::archive(23, POSTS);
    let ours = file(bench, "ours.jsonl", &lines, POSTS)?;
    let theirs = file(bench, "theirs.jsonl", &lines, POSTS_OF_PEER)?;
    let script = isocial_tests::root().join("tests/nlp/pipeline.py");
    let (mut rates, mut peer) = (Vec::new(), Vec::new());
    for run in 0..RUNS {
        match on_one_core(&python, [script.as_os_str(), theirs.as_os_str()])? {
            Some(rate) => peer.push(rate),
            None => return Ok(not_run(INSTALL)),
        }
        let folder = bench.folder().join(format!("one-core-{run}"));
        let me = std::env::current_exe()?;
        let rate = on_one_core(
            &me,
            [OsStr::new(CHILD), ours.as_os_str(), folder.as_os_str()],
        )?;
        rates.push(rate.context("the measuring process gave no rate")?);
    }
    Ok(row(
        Outcome::Compared(
            median(rates),
            Against {
                name: "Presidio, vader, sqlite3",
                value: median(peer),
            },
        ),
        format!(
            "{POSTS} invented posts as in the row pipeline, in a process of its own, all of its threads on one core; the peer is tests/nlp/pipeline.py on the first {POSTS_OF_PEER} of \
             them on the same core (parse, Presidio's pattern recognisers, one regex, vaderSentiment, sqlite3 without full text and without encryption); ours does all five tasks, \
             full text, encryption, counts and receipts; median of {RUNS} runs in turn"
        ),
    ))
}

fn file(bench: &Bench, name: &str, lines: &str, count: usize) -> anyhow::Result<PathBuf> {
    let path = bench.folder().join(name);
    let some: Vec<&str> = lines.lines().take(count).collect();
    std::fs::write(&path, some.join("\n") + "\n")?;
    Ok(path)
}

/// Posts a second that a program says of itself on the first core; nothing if it says that it cannot run.
fn on_one_core<'a>(
    program: &Path,
    arguments: impl IntoIterator<Item = &'a OsStr>,
) -> anyhow::Result<Option<f64>> {
    let output = Command::new("/usr/bin/taskset")
        .args(["--cpu-list", "0"])
        .arg(program)
        .args(arguments)
        .output()
        .with_context(|| format!("{} does not start", program.display()))?;
    let said = String::from_utf8_lossy(&output.stdout);
    if said.starts_with("NOT RUN") {
        return Ok(None);
    }
    let rate = said.lines().find_map(|line| line.strip_suffix(" posts/s"));
    match rate.and_then(|rate| rate.trim().parse().ok()) {
        Some(rate) if output.status.success() => Ok(Some(rate)),
        _ => bail!(
            "{} gave no rate: {}",
            program.display(),
            String::from_utf8_lossy(&output.stderr).trim_end()
        ),
    }
}

/// The process that measures ours: prints posts a second.
pub(crate) fn child(mut args: impl Iterator<Item = String>) -> anyhow::Result<()> {
    let posts = args.next().context("the file of posts is missing")?;
    let folder = args.next().context("the folder is missing")?;
    let lines = std::fs::read_to_string(posts)?;
    std::fs::create_dir_all(&folder)?;
    let rates = pipeline::rates(Path::new(&folder), &lines, lines.lines().count(), 1)?;
    ensure!(rates.len() == 1, "no round was measured");
    writeln!(std::io::stdout(), "{:.0} posts/s", median(rates))?;
    Ok(())
}
