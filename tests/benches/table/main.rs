//! One table of what things cost, measured in one run on one machine: `cargo bench -p isocial-tests --bench table`.
//!
//! `-- --json` prints it for programs, `-- --only ID,ID` measures some rows, `-- --soak` takes the long ones at their full length.
//! Lives here: the arguments, the order of rows, the table. Each row's measurement is in the file of its noun. These are figures to
//! compare within one run, not tests: nothing fails because a machine is slow, only because a result was wrong.

mod bench;
mod corpus;
mod engines;
mod extism;
mod guest;
mod idle;
mod live;
mod matching;
mod pack;
mod pii;
mod pipeline;
mod print;
mod python;
mod receipts;
mod row;
mod spin;
mod start;

use std::{io::Write, process::ExitCode};

use bench::Bench;
use row::Row;

/// Rows that are measured together.
struct Group {
    /// Their ids, in order. They are stable: programs and figures to reach refer to them.
    ids: &'static [&'static str],
    measure: fn(&Bench) -> anyhow::Result<Vec<Row>>,
}

/// Every row, in the order of the table.
const GROUPS: &[Group] = &[
    Group {
        ids: &guest::IDS,
        measure: guest::rows,
    },
    Group {
        ids: &engines::IDS,
        measure: engines::rows,
    },
    Group {
        ids: &["pack_en_native"],
        measure: |bench| Ok(vec![pack::against_native(bench)?]),
    },
    Group {
        ids: &extism::IDS,
        measure: extism::rows,
    },
    Group {
        ids: &["pack_en_vader"],
        measure: |bench| Ok(vec![pack::against_vader(bench)?]),
    },
    Group {
        ids: &["pii_presidio"],
        measure: |bench| Ok(vec![pii::row(bench)?]),
    },
    Group {
        ids: &["gate_post"],
        measure: |bench| Ok(vec![pack::gate(bench)?]),
    },
    Group {
        ids: &["match_1k"],
        measure: |bench| Ok(vec![matching::row(bench, "match_1k", 1_000)?]),
    },
    Group {
        ids: &["match_10k"],
        measure: |bench| Ok(vec![matching::row(bench, "match_10k", 10_000)?]),
    },
    Group {
        ids: &["match_100k"],
        measure: |bench| Ok(vec![matching::row(bench, "match_100k", 100_000)?]),
    },
    Group {
        ids: &["pipeline"],
        measure: |bench| Ok(vec![pipeline::row(bench)?]),
    },
    Group {
        ids: &receipts::IDS,
        measure: receipts::rows,
    },
    Group {
        ids: &[python::ID],
        measure: |bench| Ok(vec![python::row(bench)?]),
    },
    Group {
        ids: &idle::IDS,
        measure: idle::rows,
    },
    Group {
        ids: &[live::ID],
        measure: |bench| Ok(vec![live::row(bench)?]),
    },
    Group {
        ids: &spin::IDS,
        measure: spin::rows,
    },
    Group {
        ids: &[start::ID],
        measure: |bench| Ok(vec![start::row(bench)?]),
    },
];

/// What was asked for.
#[derive(Debug, Default)]
struct Asked {
    json: bool,
    soak: bool,
    only: Vec<String>,
}

impl Asked {
    fn read(mut args: impl Iterator<Item = String>) -> Result<Self, String> {
        let known = || GROUPS.iter().flat_map(|g| g.ids).copied();
        let mut asked = Self::default();
        while let Some(arg) = args.next() {
            let only = match arg.as_str() {
                // What cargo itself adds.
                "--bench" => continue,
                "--json" => {
                    asked.json = true;
                    continue;
                }
                "--soak" => {
                    asked.soak = true;
                    continue;
                }
                "--only" => args.next().unwrap_or_default(),
                other => match other.strip_prefix("--only=") {
                    Some(ids) => ids.to_owned(),
                    None => {
                        return Err(format!(
                            "`{other}` is no option: expected --json, --soak or --only ID,ID"
                        ));
                    }
                },
            };
            let ids: Vec<String> = only.split(',').map(|id| id.trim().to_owned()).collect();
            if let Some(unknown) = ids.iter().find(|id| !known().any(|k| k == *id)) {
                let all: Vec<&str> = known().collect();
                return Err(format!(
                    "`{unknown}` is no row: expected one of {}",
                    all.join(", ")
                ));
            }
            asked.only.extend(ids);
        }
        Ok(asked)
    }

    fn wants(&self, id: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|only| only == id)
    }
}

fn measure(asked: &Asked) -> anyhow::Result<Vec<Row>> {
    let bench = Bench::new(asked.soak)?;
    let mut rows = Vec::new();
    for group in GROUPS {
        if !group.ids.iter().any(|id| asked.wants(id)) {
            continue;
        }
        writeln!(std::io::stderr(), "measuring {} …", group.ids.join(", "))?;
        rows.extend(
            (group.measure)(&bench)?
                .into_iter()
                .filter(|row| asked.wants(row.id)),
        );
    }
    Ok(rows)
}

fn run() -> anyhow::Result<()> {
    match std::env::args().nth(1).as_deref() {
        Some(idle::CHILD) => return idle::child(std::env::args().skip(2)),
        Some(python::CHILD) => return python::child(std::env::args().skip(2)),
        _ => {}
    }
    if let Some(live::CHILD) = std::env::args().nth(1).as_deref() {
        return live::child(std::env::args().skip(2));
    }
    let asked = Asked::read(std::env::args().skip(1)).map_err(anyhow::Error::msg)?;
    let before = print::load();
    let rows = measure(&asked)?;
    let mut out = std::io::stdout().lock();
    if asked.json {
        writeln!(out, "{}", print::json(&rows, before.as_deref()))?;
    } else {
        write!(out, "{}", print::table(&rows, before.as_deref()))?;
    }
    Ok(())
}

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Nothing is left to be done if even this cannot be written.
            let _ = writeln!(std::io::stderr(), "error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
