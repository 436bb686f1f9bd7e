//! All cases of a plugin's folder: loading, running, comparing with what is expected.

use std::{
    collections::BTreeSet,
    fmt, fs,
    path::{Path, PathBuf},
};

use serde::Deserialize;
use serde_json::Value;

use crate::{
    case::{Case, Cover},
    check,
    run::{Subject, run_case},
};

/// The variable that makes expected outcomes be written instead of compared.
const BLESS: &str = "ISOCIAL_BLESS";

/// What was replayed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// Names of the cases.
    pub cases: Vec<String>,
    /// What they cover between them.
    pub covered: BTreeSet<Cover>,
}

impl Report {
    /// What no case covers.
    pub fn missing(&self) -> Vec<Cover> {
        Cover::ALL
            .into_iter()
            .filter(|cover| !self.covered.contains(cover))
            .collect()
    }
}

/// Why a replay failed; its debug form is the message, so that `unwrap` in a test reads well.
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Failure {
    /// A file cannot be read, or is not of the expected form.
    #[error("{}: {problem}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
    /// A case does not hold.
    #[error("case `{case}`: {problem}")]
    Case {
        /// Its name.
        case: String,
        /// What was expected and what was found.
        problem: String,
    },
}

impl fmt::Debug for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

fn file(path: &Path) -> impl FnOnce(String) -> Failure {
    let path = path.to_owned();
    move |problem| Failure::File { path, problem }
}

/// The cases in `<plugin>/exchanges`, by name. A folder without any is a failure: a test that tests nothing must not pass.
pub fn load_cases(plugin: &Path) -> Result<Vec<Case>, Failure> {
    let folder = plugin.join("exchanges");
    let entries = fs::read_dir(&folder)
        .map_err(|e| e.to_string())
        .map_err(file(&folder))?;
    let mut paths: Vec<PathBuf> = entries.filter_map(|e| Some(e.ok()?.path())).collect();
    paths.retain(|p| p.extension().is_some_and(|e| e == "toml"));
    paths.sort();
    if paths.is_empty() {
        return Err(file(&folder)(
            "no case is there: write at least one, `<case>.toml`".into(),
        ));
    }
    paths.iter().map(|path| load(path)).collect()
}

fn load(path: &Path) -> Result<Case, Failure> {
    let text = fs::read_to_string(path)
        .map_err(|e| e.to_string())
        .map_err(file(path))?;
    let mut case: Case = toml::from_str(&text)
        .map_err(|e| e.to_string())
        .map_err(file(path))?;
    case.name = path
        .file_stem()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    if case.calls.is_empty() {
        return Err(file(path)("a case has at least one [[call]]".into()));
    }
    Ok(case)
}

/// Replays every case in `<plugin>/exchanges` and compares with `<case>.expected.json`; `ISOCIAL_BLESS=1` writes these instead.
pub fn replay(plugin: impl AsRef<Path>, subject: &mut dyn Subject) -> Result<Report, Failure> {
    let plugin = plugin.as_ref();
    let networks = networks(plugin)?;
    let folder = plugin.join("exchanges");
    let bless = std::env::var_os(BLESS).is_some_and(|v| v == "1");
    let mut report = Report {
        cases: Vec::new(),
        covered: BTreeSet::new(),
    };
    for case in load_cases(plugin)? {
        let failed = |problem: String| Failure::Case {
            case: case.name.clone(),
            problem,
        };
        let outcomes = run_case(&case, &folder, subject).map_err(|e| failed(e.to_string()))?;
        for (i, outcome) in outcomes.iter().enumerate() {
            check::outcome(outcome, &networks)
                .map_err(|problem| failed(format!("call {}: {problem}", i + 1)))?;
        }
        compare(
            &folder.join(format!("{}.expected.json", case.name)),
            outcomes,
            bless,
        )
        .map_err(|e| match e {
            Failure::Case { problem, .. } => failed(problem),
            other => other,
        })?;
        report.covered.extend(case.covers.iter().copied());
        report.cases.push(case.name.clone());
    }
    Ok(report)
}

fn compare(path: &Path, outcomes: Vec<Value>, bless: bool) -> Result<(), Failure> {
    let found = Value::Array(outcomes);
    let text = serde_json::to_string_pretty(&found)
        .map_err(|e| e.to_string())
        .map_err(file(path))?
        + "\n";
    if bless {
        return fs::write(path, text)
            .map_err(|e| e.to_string())
            .map_err(file(path));
    }
    let expected = fs::read_to_string(path).map_err(|e| {
        format!("{e}; run the test with {BLESS}=1 to write it, and read what it wrote")
    });
    let expected = expected.map_err(file(path))?;
    let expected: Value = serde_json::from_str(&expected)
        .map_err(|e| e.to_string())
        .map_err(file(path))?;
    match difference(&expected, &found, "") {
        Some(problem) => Err(Failure::Case {
            case: String::new(),
            problem,
        }),
        None => Ok(()),
    }
}

/// The first difference, by JSON pointer.
fn difference(expected: &Value, found: &Value, at: &str) -> Option<String> {
    match (expected, found) {
        (Value::Object(e), Value::Object(f)) => e
            .keys()
            .chain(f.keys().filter(|k| !e.contains_key(*k)))
            .find_map(|k| {
                difference(
                    e.get(k).unwrap_or(&Value::Null),
                    f.get(k).unwrap_or(&Value::Null),
                    &format!("{at}/{k}"),
                )
            }),
        (Value::Array(e), Value::Array(f)) if e.len() == f.len() => e
            .iter()
            .zip(f)
            .enumerate()
            .find_map(|(i, (e, f))| difference(e, f, &format!("{at}/{i}"))),
        (e, f) if e == f => None,
        (e, f) => Some(format!("{at}: expected {e}, found {f}")),
    }
}

#[derive(Deserialize)]
struct Manifest {
    plugin: Plugin,
}
#[derive(Deserialize)]
struct Plugin {
    #[serde(default)]
    networks: Vec<String>,
}

fn networks(plugin: &Path) -> Result<Vec<String>, Failure> {
    let path = plugin.join("plugin.toml");
    let text = fs::read_to_string(&path)
        .map_err(|e| e.to_string())
        .map_err(file(&path))?;
    let manifest: Manifest = toml::from_str(&text)
        .map_err(|e| e.to_string())
        .map_err(file(&path))?;
    Ok(manifest.plugin.networks)
}
