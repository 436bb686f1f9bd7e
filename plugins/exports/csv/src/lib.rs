//! CSV after RFC 4180: CRLF line ends, quotes only where they are needed, UTF-8, with a byte order mark where that is wanted.
//!
//! Formulas are no concern of this plugin: the manifest says `spreadsheet = true`, so the host neutralises cells before they come here.

use csv::{QuoteStyle, Terminator, Writer, WriterBuilder};
use isocial_sdk::{
    export::{Cell, Column, ExportFormat, Fault, Options},
    time::to_rfc3339,
};
use serde::Deserialize;

/// What can be set; the same as in the manifest.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Config {
    header: Header,
    delimiter: Delimiter,
    bom: bool,
}

/// What the first row holds.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Header {
    #[default]
    Titles,
    Names,
    None,
}

/// What stands between cells.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
enum Delimiter {
    #[default]
    #[serde(rename = ",")]
    Comma,
    #[serde(rename = ";")]
    Semicolon,
    #[serde(rename = "\t")]
    Tab,
}

/// The writer of one file.
#[derive(Debug)]
pub struct Csv {
    delimiter: u8,
    columns: usize,
    /// The mark and the header, until they have been written.
    beginning: Vec<u8>,
}

isocial_sdk::export_format!(Csv);

impl ExportFormat for Csv {
    fn begin(columns: Vec<Column>, options: Options) -> Result<Self, Fault> {
        let config: Config = options.config()?;
        let delimiter = match config.delimiter {
            Delimiter::Comma => b',',
            Delimiter::Semicolon => b';',
            Delimiter::Tab => b'\t',
        };
        let mut beginning = if config.bom {
            "\u{feff}".as_bytes().to_vec()
        } else {
            Vec::new()
        };
        let header = match config.header {
            Header::Titles => Some(columns.iter().map(|c| c.title.clone()).collect::<Vec<_>>()),
            Header::Names => Some(columns.iter().map(|c| c.name.clone()).collect()),
            Header::None => None,
        };
        let columns = columns.len();
        if let Some(header) = header.filter(|_| columns > 0) {
            beginning.extend(rows(delimiter, columns, [header])?);
        }
        Ok(Self {
            delimiter,
            columns,
            beginning,
        })
    }

    fn write(&mut self, cells: Vec<Vec<Cell>>) -> Result<Vec<u8>, Fault> {
        let texts = cells
            .into_iter()
            .map(|row| row.into_iter().map(text).collect());
        let written = rows(self.delimiter, self.columns, texts)?;
        let mut bytes = std::mem::take(&mut self.beginning);
        bytes.extend(written);
        Ok(bytes)
    }

    fn finish(self) -> Result<Vec<u8>, Fault> {
        Ok(self.beginning)
    }
}

/// Rows as bytes.
fn rows(
    delimiter: u8,
    columns: usize,
    rows: impl IntoIterator<Item = Vec<String>>,
) -> Result<Vec<u8>, Fault> {
    let mut builder = WriterBuilder::new();
    builder
        .delimiter(delimiter)
        .terminator(Terminator::CRLF)
        .quote_style(QuoteStyle::Necessary)
        .flexible(true);
    let mut writer: Writer<Vec<u8>> = builder.from_writer(Vec::new());
    for row in rows {
        if row.len() != columns {
            let found = row.len();
            return Err(Fault::other(
                "cells",
                format!("a row has {found} cells, but there are {columns} columns"),
            ));
        }
        writer
            .write_record(row)
            .map_err(|error| Fault::other("csv", error.to_string()))?;
    }
    writer
        .into_inner()
        .map_err(|error| Fault::other("csv", error.to_string()))
}

/// A cell as text: instants as RFC 3339, an absent one as nothing.
fn text(cell: Cell) -> String {
    match cell {
        Cell::Text(text) => text,
        Cell::Integer(number) => number.to_string(),
        Cell::Number(number) if number.is_finite() => number.to_string(),
        // Absent, or a number that no table can show.
        Cell::Absent | Cell::Number(_) => String::new(),
        Cell::Boolean(yes) => yes.to_string(),
        Cell::Instant(instant) => to_rfc3339(instant).unwrap_or_else(|| instant.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use isocial_sdk::export::ColumnKind;

    use super::*;

    fn begin(config: &str) -> Csv {
        let column = |name: &str, title: &str| Column {
            name: name.into(),
            title: title.into(),
            kind: ColumnKind::Text,
        };
        let options = Options {
            title: "Lumora".into(),
            now: 0,
            config: config.into(),
        };
        Csv::begin(
            vec![column("text", "Text"), column("likes", "Likes, all")],
            options,
        )
        .unwrap()
    }

    fn whole(mut file: Csv, rows: Vec<Vec<Cell>>) -> String {
        let mut bytes = if rows.is_empty() {
            Vec::new()
        } else {
            file.write(rows).unwrap()
        };
        bytes.extend(file.finish().unwrap());
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn what_is_written_reads_back() {
        let texts = [
            "plain",
            "with, comma",
            "with \"quotes\"",
            "two\r\nlines",
            "",
            " spaces ",
            "cà phê ☕",
        ];
        let rows = texts
            .iter()
            .map(|t| vec![Cell::Text((*t).into()), Cell::Integer(3)])
            .collect();
        let out = whole(begin("{}"), rows);
        assert!(
            out.starts_with("Text,\"Likes, all\"\r\nplain,3\r\n"),
            "{out}"
        );
        let mut reader = csv::Reader::from_reader(out.as_bytes());
        let read: Vec<String> = reader.records().map(|r| r.unwrap()[0].to_owned()).collect();
        assert_eq!(read, texts);
    }

    #[test]
    fn settings_are_followed() {
        let row = || vec![vec![Cell::Text("a;b".into()), Cell::Absent]];
        let out = whole(
            begin(r#"{"bom":true,"delimiter":";","header":"names"}"#),
            row(),
        );
        assert_eq!(out, "\u{feff}text;likes\r\n\"a;b\";\r\n");
        assert_eq!(
            whole(begin(r#"{"header":"none","delimiter":"\t"}"#), row()),
            "a;b\t\r\n"
        );
    }

    #[test]
    fn a_file_without_rows_still_has_its_header_and_each_header_comes_once() {
        assert_eq!(whole(begin("{}"), Vec::new()), "Text,\"Likes, all\"\r\n");
        let mut file = begin("{}");
        let row = || vec![vec![Cell::Boolean(true), Cell::Instant(1_772_600_767_000)]];
        let first = file.write(row()).unwrap();
        assert_eq!(file.write(row()).unwrap(), b"true,2026-03-04T05:06:07Z\r\n");
        assert!(first.starts_with(b"Text,"));
        assert!(
            matches!(file.write(vec![vec![Cell::Absent]]), Err(Fault::Other((code, _))) if code == "cells")
        );
        assert!(file.finish().unwrap().is_empty());
    }

    #[test]
    fn settings_that_cannot_be_are_a_typed_fault() {
        let options = Options {
            title: String::new(),
            now: 0,
            config: r#"{"header":"bold"}"#.into(),
        };
        assert!(matches!(
            Csv::begin(Vec::new(), options),
            Err(Fault::BadConfig(_))
        ));
    }
}
