//! Export formats: columns and rows in, bytes out.

use isocial_model::export::{Cell, Column, ColumnKind, Options};

use super::bindings::isocial::plugin::export_format as wit;

same_words!(ColumnKind => wit::ColumnKind { Text, Integer, Number, Boolean, Instant });

impl From<Column> for wit::Column {
    fn from(c: Column) -> Self {
        Self {
            name: c.name,
            title: c.title,
            kind: c.kind.into(),
        }
    }
}

impl From<Options> for wit::Options {
    fn from(o: Options) -> Self {
        Self {
            title: o.title,
            now: o.now.0,
            config: o.config,
        }
    }
}

impl From<Cell> for wit::Cell {
    fn from(cell: Cell) -> Self {
        match cell {
            Cell::Absent => Self::Absent,
            Cell::Text(text) => Self::Text(text),
            Cell::Integer(n) => Self::Integer(n),
            Cell::Number(n) => Self::Number(n),
            Cell::Boolean(b) => Self::Boolean(b),
            Cell::Instant(at) => Self::Instant(at.0),
        }
    }
}
