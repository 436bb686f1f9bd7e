//! Scores of detectors of personal details on labelled texts: precision, recall and F2 by type. Shared by the gate's example
//! `score_pii` and the row `pii_presidio` of the bench table, so that both say the same of the same answers.
//!
//! A found span counts if type, beginning and end are the labelled ones. F2 weighs recall four times: what is missed reaches a plugin.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
    io::{BufRead as _, BufReader, Read, Write as _},
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context as _, bail};
use serde_json::Value;

/// The peer, and the line that installs it.
pub(crate) const PEER: &str = "Presidio 2.2.360";
/// How the peer is installed.
pub(crate) const INSTALL: &str = "python3 -m venv tools/py && tools/py/bin/pip install presidio-analyzer==2.2.360, then ISOCIAL_TEST_TOOLS=$PWD/tools";

/// Types of labels that no pattern can find, and handles, which data sets of this kind do not label.
pub(crate) const NO_PATTERN: [&str; 13] = [
    "PERSON",
    "ADDRESS",
    "STREET_ADDRESS",
    "LOCATION",
    "GPE",
    "ORGANIZATION",
    "TITLE",
    "AGE",
    "NRP",
    "ZIP_CODE",
    "DATE_TIME",
    "USER_HANDLE",
    "NATIONALITY",
];

/// A span: beginning and end in characters, type.
pub(crate) type Span = (usize, usize, String);

/// A labelled text.
#[derive(Debug, Clone)]
pub(crate) struct Labelled {
    /// The text.
    pub(crate) text: String,
    /// Its labels.
    pub(crate) spans: Vec<Span>,
}

/// Reads JSON lines with `text` and, if there are any, `label`s; gzipped if the name says so.
pub(crate) fn read(path: &Path) -> anyhow::Result<Vec<Labelled>> {
    let file =
        std::fs::File::open(path).with_context(|| format!("{} cannot be read", path.display()))?;
    let plain: Box<dyn Read> = if path.extension().is_some_and(|e| e == "gz") {
        Box::new(flate2::read::MultiGzDecoder::new(file))
    } else {
        Box::new(file)
    };
    let mut rows = Vec::new();
    for (nth, line) in BufReader::new(plain).lines().enumerate() {
        let line = line?;
        let row: Value =
            serde_json::from_str(&line).with_context(|| format!("line {}", nth + 1))?;
        let text = row["text"]
            .as_str()
            .with_context(|| format!("line {} has no text", nth + 1))?
            .to_owned();
        rows.push(Labelled {
            text,
            spans: spans(&row["label"]),
        });
    }
    Ok(rows)
}

/// The spans of a `label`; what is no list of spans is none.
pub(crate) fn spans(label: &Value) -> Vec<Span> {
    let span = |value: &Value| {
        let at = |name: &str| value[name].as_u64().map(|n| n as usize);
        Some((at("start")?, at("end")?, value["type"].as_str()?.to_owned()))
    };
    label
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(span)
        .collect()
}

/// Right, wrong and missed.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Score {
    pub(crate) right: u32,
    pub(crate) wrong: u32,
    pub(crate) missed: u32,
}

impl Score {
    /// How many there are.
    pub(crate) fn labelled(self) -> u32 {
        self.right + self.missed
    }
    fn part(of: u32, rest: u32) -> f64 {
        if of + rest == 0 {
            0.0
        } else {
            f64::from(of) / f64::from(of + rest)
        }
    }
    /// Right among what was found.
    pub(crate) fn precision(self) -> f64 {
        Self::part(self.right, self.wrong)
    }
    /// Right among what there is.
    pub(crate) fn recall(self) -> f64 {
        Self::part(self.right, self.missed)
    }
    /// Five right against five right, four missed and one wrong.
    pub(crate) fn f2(self) -> f64 {
        Self::part(5 * self.right, 4 * self.missed + self.wrong)
    }
    fn add(&mut self, other: Self) {
        self.right += other.right;
        self.wrong += other.wrong;
        self.missed += other.missed;
    }
}

/// Scores by type, without the types that no pattern finds.
pub(crate) fn score(rows: &[Labelled], found: &[Vec<Span>]) -> BTreeMap<String, Score> {
    let mut scores: BTreeMap<String, Score> = BTreeMap::new();
    for (row, found) in rows.iter().zip(found) {
        let labelled: BTreeSet<&Span> = row.spans.iter().collect();
        let found: BTreeSet<&Span> = found.iter().collect();
        let mut count = |spans: BTreeSet<&Span>, to: fn(&mut Score) -> &mut u32| {
            for (_, _, kind) in spans
                .into_iter()
                .filter(|s| !NO_PATTERN.contains(&s.2.as_str()))
            {
                *to(scores.entry(kind.clone()).or_default()) += 1;
            }
        };
        count(&labelled & &found, |s| &mut s.right);
        count(&found - &labelled, |s| &mut s.wrong);
        count(&labelled - &found, |s| &mut s.missed);
    }
    scores
}

/// All types together, of those that are labelled at all and those that were found.
pub(crate) fn total(scores: &BTreeMap<String, Score>) -> Score {
    let mut total = Score::default();
    for score in scores.values() {
        total.add(*score);
    }
    total
}

/// Both side by side, a line a type.
pub(crate) fn table(
    ours: &BTreeMap<String, Score>,
    peer: Option<&BTreeMap<String, Score>>,
) -> String {
    let mut out = String::new();
    let mut line = |name: &str, ours: Score, peer: Option<Score>| {
        let three =
            |s: Score| format!("{:>9.3} {:>7.3} {:>7.3}", s.precision(), s.recall(), s.f2());
        // Writing to a string cannot fail.
        let _ = writeln!(
            out,
            "{name:<20} {:>6} {}  {}",
            ours.labelled(),
            three(ours),
            peer.map(three).unwrap_or_default()
        );
    };
    let types: BTreeSet<&String> = ours
        .keys()
        .chain(peer.into_iter().flat_map(BTreeMap::keys))
        .collect();
    for kind in types {
        let mine = ours.get(kind).copied().unwrap_or_default();
        let theirs = peer.map(|peer| peer.get(kind).copied().unwrap_or_default());
        let labelled = mine.labelled().max(theirs.map_or(0, Score::labelled));
        // A type that one side alone finds and nobody labelled: wrong hits, and they count below.
        let mine = if mine.labelled() == 0 {
            Score {
                missed: labelled,
                ..mine
            }
        } else {
            mine
        };
        line(kind, mine, theirs);
    }
    line("all patterns", total(ours), peer.map(total));
    format!(
        "{:<20} {:>6} {:>9} {:>7} {:>7}  {:>9} {:>7} {:>7}\n{out}",
        "type", "labels", "precision", "recall", "F2", "peer's P", "R", "F2"
    )
}

/// Python with the peer in it, by `ISOCIAL_TEST_PYTHON` or in the folder `ISOCIAL_TEST_TOOLS`.
fn python() -> Option<PathBuf> {
    let tools = || std::env::var_os("ISOCIAL_TEST_TOOLS");
    std::env::var_os("ISOCIAL_TEST_PYTHON")
        .map(PathBuf::from)
        .or_else(|| Some(Path::new(&tools()?).join("py/bin/python")))
        .filter(|python| python.exists())
}

/// What the peer found in these texts, and how many of them it reads in a second; nothing if it is not installed. `folder` is room for two files.
pub(crate) fn peer(
    script: &Path,
    rows: &[Labelled],
    folder: &Path,
) -> anyhow::Result<Option<(Vec<Vec<Span>>, f64)>> {
    let Some(python) = python() else {
        return Ok(None);
    };
    let (input, output) = (folder.join("peer.in.jsonl"), folder.join("peer.out.jsonl"));
    let mut lines = std::io::BufWriter::new(std::fs::File::create(&input)?);
    for (nth, row) in rows.iter().enumerate() {
        writeln!(
            lines,
            "{}",
            serde_json::json!({ "id": nth, "text": row.text })
        )?;
    }
    lines.flush()?;
    let done = Command::new(&python)
        .arg(script)
        .arg(&input)
        .arg("--out")
        .arg(&output)
        .output()
        .with_context(|| format!("{} does not start", python.display()))?;
    let said = String::from_utf8_lossy(&done.stdout);
    if said.starts_with("NOT RUN") {
        return Ok(None);
    }
    let rate = said
        .lines()
        .find_map(|line| line.strip_suffix(" posts/s")?.trim().parse().ok());
    let (Some(rate), true) = (rate, done.status.success()) else {
        bail!(
            "{} gave no rate: {}",
            script.display(),
            String::from_utf8_lossy(&done.stderr).trim_end()
        );
    };
    let found = BufReader::new(std::fs::File::open(&output)?)
        .lines()
        .map(|line| Ok(spans(&serde_json::from_str::<Value>(&line?)?["label"])))
        .collect::<anyhow::Result<Vec<_>>>()?;
    anyhow::ensure!(
        found.len() == rows.len(),
        "the peer answered {} of {} texts",
        found.len(),
        rows.len()
    );
    Ok(Some((found, rate)))
}
