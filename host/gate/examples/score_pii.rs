//! Scores the gate's detectors of personal details on labelled texts, beside Microsoft Presidio's in the same run.
//!
//! ```text
//! cargo run --release -p isocial-gate --example score_pii -- DEV.jsonl[.gz] [--errors]
//! cargo run --release -p isocial-gate --example score_pii -- POSTS.jsonl[.gz]… --hits
//! ```
//!
//! Rows have `text` and `label`, a list of `start`, `end` (Unicode characters) and `type`. `--errors` shows what was missed or wrongly found;
//! `--hits` shows everything that is found in posts without labels, for a person to judge. Without a path, `ISOCIAL_TEST_PII_DEV` names the file.

#[path = "../../../tests/nlp/score.rs"]
mod score;

use std::{collections::BTreeMap, io::Write, path::PathBuf, time::Instant};

use isocial_gate::redact::{OwnHandles, Redactor};
use score::Span;

/// Texts of the same files over and over, until this many were read: one reading of a small file says little of the rate.
const TIMED: usize = 200_000;

fn found(redactor: &mut Redactor<'_>, text: &str) -> Vec<Span> {
    redactor
        .details(text)
        .unwrap_or_default()
        .into_iter()
        .map(|d| (d.start, d.end, d.label.to_owned()))
        .collect()
}

/// Some characters around a span, in one line.
fn excerpt(text: &str, (start, end, _): &Span) -> String {
    let cut = |from: usize, to: usize| -> String {
        text.chars()
            .skip(from)
            .take(to - from)
            .map(|c| if c.is_control() { ' ' } else { c })
            .collect()
    };
    format!(
        "{}⟨{}⟩{}",
        cut(start.saturating_sub(40), *start),
        cut(*start, *end),
        cut(*end, end + 20)
    )
}

fn main() -> anyhow::Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let asked = |name: &str| args.iter().any(|a| a == name);
    let mut paths: Vec<PathBuf> = args
        .iter()
        .filter(|a| !a.starts_with("--"))
        .map(PathBuf::from)
        .collect();
    if paths.is_empty() {
        paths.extend(std::env::var_os("ISOCIAL_TEST_PII_DEV").map(PathBuf::from));
    }
    anyhow::ensure!(
        !paths.is_empty(),
        "give the path of a JSON Lines file, or set ISOCIAL_TEST_PII_DEV"
    );
    let mut rows = Vec::new();
    for path in &paths {
        rows.extend(score::read(path)?);
    }
    let own = OwnHandles::default();
    let mut redactor = Redactor::new(&own);
    let ours: Vec<Vec<Span>> = rows
        .iter()
        .map(|row| found(&mut redactor, &row.text))
        .collect();
    let mut out = std::io::stdout().lock();
    if asked("--hits") {
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for (row, spans) in rows.iter().zip(&ours) {
            for span in spans {
                *counts.entry(&span.2).or_default() += 1;
                if span.2 != "USER_HANDLE" {
                    writeln!(out, "{:<16} {}", span.2, excerpt(&row.text, span))?;
                }
            }
        }
        writeln!(out, "{} posts; {counts:?}", rows.len())?;
        return Ok(());
    }
    if asked("--errors") {
        for (row, spans) in rows.iter().zip(&ours) {
            for span in row
                .spans
                .iter()
                .filter(|s| !spans.contains(s) && !score::NO_PATTERN.contains(&s.2.as_str()))
            {
                writeln!(out, "missed {:<16} {}", span.2, excerpt(&row.text, span))?;
            }
            for span in spans
                .iter()
                .filter(|s| !row.spans.contains(s) && !score::NO_PATTERN.contains(&s.2.as_str()))
            {
                writeln!(out, "wrong  {:<16} {}", span.2, excerpt(&row.text, span))?;
            }
        }
    }
    let rounds = TIMED.div_ceil(rows.len().max(1));
    let watch = Instant::now();
    for row in std::iter::repeat_n(&rows, rounds).flatten() {
        std::hint::black_box(redactor.details(&row.text).is_ok());
    }
    let rate = (rounds * rows.len()) as f64 / watch.elapsed().as_secs_f64();
    let folder = tempfile::tempdir()?;
    let script = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/nlp/presidio.py");
    let peer = score::peer(&script, &rows, folder.path())?;
    let scores = score::score(&rows, &ours);
    let theirs = peer.as_ref().map(|(found, _)| score::score(&rows, found));
    write!(out, "{}", score::table(&scores, theirs.as_ref()))?;
    match peer {
        Some((_, theirs)) => writeln!(
            out,
            "{rate:.0} posts/s; {} {theirs:.0} posts/s; ratio {:.0}",
            score::PEER,
            rate / theirs
        )?,
        None => writeln!(
            out,
            "{rate:.0} posts/s; {} NOT RUN: {}",
            score::PEER,
            score::INSTALL
        )?,
    }
    Ok(())
}
