//! JSON Lines: one object a row, the columns' names as keys, absent cells left out. Made for programs, so nothing is prettified.

use isocial_sdk::{
    export::{Cell, Column, ExportFormat, Fault, Options},
    time::to_rfc3339,
};
use serde_json::Value;

/// The writer of one file.
#[derive(Debug)]
pub struct JsonLines {
    /// Each column's key, as JSON, with the colon.
    keys: Vec<String>,
}

isocial_sdk::export_format!(JsonLines);

impl ExportFormat for JsonLines {
    fn begin(columns: Vec<Column>, _options: Options) -> Result<Self, Fault> {
        let key = |column: Column| format!("{}:", Value::String(column.name));
        Ok(Self {
            keys: columns.into_iter().map(key).collect(),
        })
    }

    fn write(&mut self, rows: Vec<Vec<Cell>>) -> Result<Vec<u8>, Fault> {
        let mut out = String::new();
        for row in rows {
            if row.len() != self.keys.len() {
                let (found, expected) = (row.len(), self.keys.len());
                return Err(Fault::other(
                    "cells",
                    format!("a row has {found} cells, but there are {expected} columns"),
                ));
            }
            let mut between = "{";
            for (key, cell) in self.keys.iter().zip(row) {
                if let Some(value) = value(cell) {
                    out.push_str(between);
                    out.push_str(key);
                    out.push_str(&value.to_string());
                    between = ",";
                }
            }
            out.push_str(if between == "{" { "{}\n" } else { "}\n" });
        }
        Ok(out.into_bytes())
    }

    fn finish(self) -> Result<Vec<u8>, Fault> {
        Ok(Vec::new())
    }
}

/// A cell as JSON: instants as RFC 3339, numbers that JSON does not have as nothing.
fn value(cell: Cell) -> Option<Value> {
    Some(match cell {
        Cell::Absent => return None,
        Cell::Text(text) => Value::String(text),
        Cell::Integer(number) => number.into(),
        Cell::Number(number) => serde_json::Number::from_f64(number).map(Value::Number)?,
        Cell::Boolean(yes) => yes.into(),
        Cell::Instant(instant) => to_rfc3339(instant).map_or_else(|| instant.into(), Value::String),
    })
}

#[cfg(test)]
mod tests {
    use isocial_sdk::export::ColumnKind;

    use super::*;

    fn begin(names: &[&str]) -> JsonLines {
        let column = |name: &&str| Column {
            name: (*name).into(),
            title: String::new(),
            kind: ColumnKind::Text,
        };
        let options = Options {
            title: "Lumora".into(),
            now: 0,
            config: "{}".into(),
        };
        JsonLines::begin(names.iter().map(column).collect(), options).unwrap()
    }

    #[test]
    fn every_row_is_one_line_that_reads_back() {
        let mut file = begin(&["text", "likes", "score", "seen", "at"]);
        let text = "two\nlines, \"quotes\" and \u{2028} cà phê";
        let rows = vec![
            vec![
                Cell::Text(text.into()),
                Cell::Integer(-3),
                Cell::Number(0.25),
                Cell::Boolean(true),
                Cell::Instant(1_772_600_767_000),
            ],
            vec![
                Cell::Absent,
                Cell::Absent,
                Cell::Number(f64::NAN),
                Cell::Absent,
                Cell::Absent,
            ],
        ];
        let mut bytes = file.write(rows).unwrap();
        bytes.extend(file.finish().unwrap());
        let out = String::from_utf8(bytes).unwrap();
        let lines: Vec<Value> = out
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        assert_eq!(lines.len(), 2);
        assert_eq!(lines[0]["text"], text);
        assert_eq!(lines[0]["at"], "2026-03-04T05:06:07Z");
        assert_eq!(
            (&lines[0]["likes"], &lines[0]["score"], &lines[0]["seen"]),
            (&(-3).into(), &0.25.into(), &true.into())
        );
        assert_eq!(lines[1], serde_json::json!({}));
        assert!(
            out.starts_with(r#"{"text":"two\nlines"#),
            "columns keep their order: {out}"
        );
    }

    #[test]
    fn a_file_without_rows_is_empty_and_a_short_row_is_a_fault() {
        assert!(begin(&["text"]).finish().unwrap().is_empty());
        assert!(
            matches!(begin(&["text"]).write(vec![Vec::new()]), Err(Fault::Other((code, _))) if code == "cells")
        );
    }
}
