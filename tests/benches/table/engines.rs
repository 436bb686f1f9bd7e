//! `guest_js`, `guest_python`: what a plugin costs that brings its language's whole engine along, beside a Rust plugin of its kind.
//!
//! The guests are the example plugins of `examples/`, under the limits that their READMEs name.

use std::{collections::BTreeMap, path::Path, time::Instant};

use anyhow::{Context as _, ensure};
use isocial_catalog::Package;
use isocial_gate::{Door, EgressGrant, NoticeDraft};
use isocial_model::{Instant as Time, Labeled, channel::Severity, language::Tasks, post::Post};
use isocial_sandbox::{LimitGrant, Plugin, Sandbox, SandboxConfig};
use isocial_tests::examples::{DUTCH, Example, NTFY};

use crate::{
    bench::{Bench, component},
    corpus,
    row::{Against, Outcome, Row, median},
};

/// The rows of this file.
pub(crate) const IDS: [&str; 2] = ["guest_js", "guest_python"];

/// Posts a batch.
const BATCH: usize = 128;
/// Rounds, of which the middle one counts; one more before them warms up.
const ROUNDS: usize = 9;
/// Calls a round: tenths of a second with the slower guest.
const CALLS: usize = 8;
/// Where the channels send to.
const HOST: &str = "hooks.lotus-bikes.example";

/// A plugin and the door of an organisation that uses it.
struct Way {
    plugin: Plugin,
    door: Door,
    bytes: usize,
}

impl Way {
    fn new(bench: &Bench, sandbox: &Sandbox, bytes: &[u8]) -> anyhow::Result<Self> {
        let package = Package::read(bytes)?;
        let contracts = &package.manifest().contracts;
        let egress = EgressGrant {
            tenant_hosts: vec![HOST.into()],
            hosts: contracts.iter().flat_map(|c| c.egress.clone()).collect(),
            ..EgressGrant::default()
        };
        Ok(Self {
            plugin: sandbox.load_granted(bytes, &package.reference().id)?,
            door: bench.door_to(&package, egress)?,
            bytes: bytes.len(),
        })
    }

    /// Seconds of one call that composes a message.
    fn compose(&self, destination: &str) -> anyhow::Result<f64> {
        let draft = NoticeDraft {
            idempotency_key: "ntc_1".into(),
            attempt: 1,
            rule: "Crisis".into(),
            monitor: "Lotus Bikes".into(),
            severity: Severity::Critical,
            event: "spike".into(),
            count: 128,
            expected: Some(12.5),
            start: Time(1_772_622_000_000),
            end: Time(1_772_625_600_000),
            link: "https://track.example/incidents/9".into(),
            attributes: Vec::new(),
        };
        let none: [Labeled<Post>; 0] = [];
        let (passed, open) = self.door.project_notice(&draft, &none, destination)?;
        let began = Instant::now();
        let called = self.plugin.channel(passed);
        let seconds = began.elapsed().as_secs_f64();
        self.door.admit_channel(called.outcome?, open).0?;
        Ok(seconds)
    }

    /// Seconds of one batch.
    fn read(&self, posts: &[Labeled<Post>]) -> anyhow::Result<f64> {
        let tasks = Tasks {
            language: true,
            sentiment: true,
            ..Tasks::default()
        };
        let (passed, open) = self.door.project_documents(posts, &[], tasks)?;
        let began = Instant::now();
        let called = self.plugin.analyze(passed);
        let seconds = began.elapsed().as_secs_f64();
        let admitted = self.door.admit_analyses(called.outcome?, open).0?;
        ensure!(
            admitted.posts.iter().flatten().count() == posts.len(),
            "some posts were not analysed: the figure means nothing"
        );
        Ok(seconds)
    }
}

/// Calls a second of both, in turn; the middle of the rounds.
fn in_turn(
    mut foreign: impl FnMut() -> anyhow::Result<f64>,
    mut rust: impl FnMut() -> anyhow::Result<f64>,
) -> anyhow::Result<(f64, f64)> {
    let mut times = [Vec::new(), Vec::new()];
    for round in 0..=ROUNDS {
        let (mut theirs, mut ours) = (0.0, 0.0);
        for _ in 0..CALLS {
            theirs += foreign()?;
            ours += rust()?;
        }
        if round > 0 {
            times[0].push(theirs);
            times[1].push(ours);
        }
    }
    let [theirs, ours] = times.map(|times| CALLS as f64 / median(times));
    Ok((theirs, ours))
}

/// A sandbox in which the examples have what their READMEs ask an operator for.
fn sandbox(bench: &Bench) -> anyhow::Result<Sandbox> {
    let grant = |example: &Example| LimitGrant {
        instances: example.instances,
        ..LimitGrant::default()
    };
    bench.sandbox_with(SandboxConfig {
        grants: BTreeMap::from([
            ("example/ntfy".to_owned(), grant(&NTFY)),
            ("example/dutch".to_owned(), grant(&DUTCH)),
        ]),
        ..SandboxConfig::default()
    })
}

/// Both rows.
pub(crate) fn rows(bench: &Bench) -> anyhow::Result<Vec<Row>> {
    let sandbox = sandbox(bench)?;
    let row =
        |id, unit, example: &Example, measure: &dyn Fn(&Path) -> anyhow::Result<Row>| match example
            .package()?
        {
            Some(package) => measure(&package),
            None => Ok(Row {
                id,
                unit,
                outcome: Outcome::NotRun(example.install.into()),
                method: format!("examples/{}", example.folder),
            }),
        };
    Ok(vec![
        row("guest_js", "calls/s", &NTFY, &|package| {
            javascript(bench, &sandbox, package)
        })?,
        row("guest_python", "posts/s", &DUTCH, &|package| {
            python(bench, &sandbox, package)
        })?,
    ])
}

fn javascript(bench: &Bench, sandbox: &Sandbox, package: &Path) -> anyhow::Result<Row> {
    let bytes = std::fs::read(package).context("the package in JavaScript")?;
    let foreign = Way::new(bench, sandbox, &bytes)?;
    let rust = Way::new(bench, sandbox, &component("isocial-webhook")?)?;
    let ntfy = format!(r#"{{"server":"https://{HOST}","topic":"alerts-7Kd2"}}"#);
    let webhook = format!(r#"{{"url":"https://{HOST}/isocial"}}"#);
    let (theirs, ours) = in_turn(|| foreign.compose(&ntfy), || rust.compose(&webhook))?;
    Ok(Row {
        id: "guest_js",
        unit: "calls/s",
        outcome: Outcome::Compared(
            theirs,
            Against {
                name: "isocial/webhook, in Rust",
                value: ours,
            },
        ),
        method: format!(
            "one `compose` a call in a fresh instance, sandbox only; guest examples/ntfy-channel-js ({} MiB, componentize-js 0.23.0); one thread, {CALLS} calls a round in turn with the other, median of {ROUNDS} rounds after one of warm-up",
            foreign.bytes >> 20
        ),
    })
}

fn python(bench: &Bench, sandbox: &Sandbox, package: &Path) -> anyhow::Result<Row> {
    let bytes = std::fs::read(package).context("the package in Python")?;
    let foreign = Way::new(bench, sandbox, &bytes)?;
    let rust = Way::new(bench, sandbox, &component("isocial-en")?)?;
    let posts = corpus::posts(128, BATCH);
    let (theirs, ours) = in_turn(|| foreign.read(&posts), || rust.read(&posts))?;
    Ok(Row {
        id: "guest_python",
        unit: "posts/s",
        outcome: Outcome::Compared(
            theirs * BATCH as f64,
            Against {
                name: "isocial/en, in Rust",
                value: ours * BATCH as f64,
            },
        ),
        method: format!(
            "language and sentiment of a batch of {BATCH} invented posts in a fresh instance, sandbox only; guest examples/dutch-pack-py ({} MiB, componentize-py 0.25.1); one thread, {CALLS} batches a round in turn with the other, median of {ROUNDS} rounds after one of warm-up",
            foreign.bytes >> 20
        ),
    })
}
