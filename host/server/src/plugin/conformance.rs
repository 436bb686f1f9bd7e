//! The kind's conformance suite, run on a component: every call goes through the real gate and the real sandbox.
//!
//! Lives here: which cases a kind has, and telling how they went. Not here: the calls (`bench`, `gated`), the cases (`recorded` for
//! what a plugin's folder holds, one module a kind for what every plugin of that kind must stand).

mod bench;
mod channel;
mod connector;
mod export;
mod gated;
mod inbound;
mod language;
mod recorded;

use std::path::Path;

use anyhow::Context as _;
use isocial_model::Kind;
use serde::Serialize;

use self::bench::Bench;
use crate::wiring::Grants;

/// How one case went.
#[derive(Debug, Serialize)]
struct Outcome {
    /// `recorded`, `built-in` or `cover`.
    group: &'static str,
    /// The case.
    name: String,
    /// Whether it holds.
    ok: bool,
    /// Why it does not.
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<String>,
    /// What is worth knowing although it holds.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    notes: Vec<String>,
    /// Calls of the plugin, each with its receipt.
    calls: u64,
}

/// What a case came to: notes, or the first thing that is wrong.
type Held = Result<Vec<String>, String>;

/// All cases of a run.
#[derive(Debug)]
struct Suite {
    bench: Bench,
    outcomes: Vec<Outcome>,
}

impl Suite {
    /// Runs a case; that each of its calls has left its receipt is part of every one.
    fn case(&mut self, group: &'static str, name: &str, run: impl FnOnce(&Bench) -> Held) -> bool {
        let before = self.bench.calls();
        let held = run(&self.bench).and_then(|notes| self.bench.books_are_closed().map(|()| notes));
        let calls = self.bench.calls() - before;
        let (problem, notes) = match held {
            Ok(notes) => (None, notes),
            Err(problem) => (Some(problem), Vec::new()),
        };
        let ok = problem.is_none();
        self.outcomes.push(Outcome {
            group,
            name: name.to_owned(),
            ok,
            problem,
            notes,
            calls,
        });
        ok
    }
}

/// Runs the suite; fails if any case does.
pub(crate) async fn run(
    folder: &Path,
    component: &Path,
    grants: Grants,
    json: bool,
) -> anyhow::Result<()> {
    let bytes = std::fs::read(component)
        .with_context(|| format!("{} cannot be read", component.display()))?;
    let folder = folder.to_path_buf();
    // Guest code never runs on the threads of the runtime.
    let suite = tokio::task::spawn_blocking(move || suite(&folder, &bytes, grants)).await??;
    let failed = suite.outcomes.iter().filter(|o| !o.ok).count();
    if json {
        tell_programs(&suite, failed)?;
    } else {
        tell_people(&suite, failed);
    }
    anyhow::ensure!(
        failed == 0,
        "{failed} of {} cases do not hold",
        suite.outcomes.len()
    );
    Ok(())
}

fn suite(folder: &Path, component: &[u8], grants: Grants) -> anyhow::Result<Suite> {
    let bench = Bench::new(component, grants)?;
    let kind = bench.kind();
    let mut suite = Suite {
        bench,
        outcomes: Vec::new(),
    };
    match kind {
        Kind::Connector => connector::cases(&mut suite, folder)?,
        Kind::AlertChannel => channel::cases(&mut suite, folder)?,
        Kind::LanguagePack => language::cases(&mut suite),
        Kind::ExportFormat => export::cases(&mut suite),
    }
    Ok(suite)
}

#[expect(clippy::print_stdout, reason = "this command's output")]
fn tell_people(suite: &Suite, failed: usize) {
    println!("{} · {}", suite.bench.package(), suite.bench.kind());
    for outcome in &suite.outcomes {
        let word = if outcome.ok { "ok    " } else { "FAILED" };
        println!("{word}  {:<9} {}", outcome.group, outcome.name);
        for line in outcome.problem.iter().chain(&outcome.notes) {
            println!("          {line}");
        }
    }
    let calls: u64 = suite.outcomes.iter().map(|o| o.calls).sum();
    println!(
        "\n{} cases, {failed} failed · {calls} calls, each with its receipt",
        suite.outcomes.len()
    );
}

#[expect(clippy::print_stdout, reason = "this command's output")]
fn tell_programs(suite: &Suite, failed: usize) -> anyhow::Result<()> {
    let report = serde_json::json!({
        "plugin": suite.bench.package(), "kind": suite.bench.kind(), "cases": suite.outcomes, "failed": failed,
    });
    println!("{}", serde_json::to_string_pretty(&report)?);
    Ok(())
}
