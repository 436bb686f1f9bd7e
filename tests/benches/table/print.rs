//! The table as people read it and as programs do.

use std::fmt::Write;

use serde_json::{Value, json};

use crate::row::{Outcome, Row};

/// The machine's load now: the averages of 1, 5 and 15 minutes, where the system tells.
pub(crate) fn load() -> Option<String> {
    let text = std::fs::read_to_string("/proc/loadavg").ok()?;
    Some(text.split(' ').take(3).collect::<Vec<_>>().join(" "))
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(0, std::num::NonZero::get)
}

/// Four significant figures at least, thousands apart.
fn figure(value: f64) -> String {
    if value < 10.0 {
        return format!("{value:.3}");
    }
    if value < 1_000.0 {
        return format!("{value:.1}");
    }
    let digits = format!("{value:.0}");
    let mut out = String::new();
    for (nth, digit) in digits.chars().enumerate() {
        if nth > 0 && (digits.len() - nth).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// For people: the rows, then each row's method in one line.
pub(crate) fn table(rows: &[Row], before: Option<&str>) -> String {
    let mut out = String::new();
    // Writing to a string cannot fail.
    let _ = writeln!(
        out,
        "{:<18} {:>12} {:<8} {:<24} {:>12} {:>9}",
        "id", "value", "unit", "against", "its value", "ratio"
    );
    for row in rows {
        let line = if let Outcome::NotRun(install) = &row.outcome {
            format!("{:<18} {:>12} {:<8} {install}", row.id, "NOT RUN", row.unit)
        } else {
            let (name, theirs) = row
                .against()
                .map_or(("", String::new()), |a| (a.name, figure(a.value)));
            format!(
                "{:<18} {:>12} {:<8} {name:<24} {theirs:>12} {:>9}",
                row.id,
                row.value().map(figure).unwrap_or_default(),
                row.unit,
                row.ratio().map(figure).unwrap_or_default()
            )
        };
        let _ = writeln!(out, "{}", line.trim_end());
    }
    out.push('\n');
    for row in rows {
        let _ = writeln!(out, "{}: {}", row.id, row.method);
    }
    let _ = writeln!(
        out,
        "\nratio = value ÷ its value; {} cores, load before {}, after {} (1, 5 and 15 minutes)",
        cores(),
        before.unwrap_or("unknown"),
        load().as_deref().unwrap_or("unknown")
    );
    out
}

/// For programs: one object in one line. What there is not is null.
pub(crate) fn json(rows: &[Row], before: Option<&str>) -> Value {
    let rows: Vec<Value> = rows
        .iter()
        .map(|row| {
            json!({
                "id": row.id,
                "value": row.value(),
                "unit": row.unit,
                "against": row.against().map(|a| a.name),
                "against_value": row.against().map(|a| a.value),
                "ratio": row.ratio(),
                "method": row.method,
                "not_run": match &row.outcome { Outcome::NotRun(install) => Some(install), _ => None },
            })
        })
        .collect();
    json!({ "rows": rows, "cores": cores(), "load_before": before, "load_after": load() })
}
