//! What crosses between host and export formats. Mirrors `wit/export-format.wit`.

use serde::{Deserialize, Serialize};

use crate::time::Instant;

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ColumnKind {
    /// Text.
    Text,
    /// Whole number.
    Integer,
    /// Number.
    Number,
    /// Yes or no.
    Boolean,
    /// Instant.
    Instant,
}

/// A column, in the order of the cells.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Column {
    /// Kebab-case, unique in the file.
    pub name: String,
    /// Heading for people.
    pub title: String,
    /// What it holds.
    pub kind: ColumnKind,
}

/// What the file is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Options {
    /// Title.
    pub title: String,
    /// When it was begun.
    pub now: Instant,
    /// Canonical JSON.
    pub config: String,
}

/// One value.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cell {
    /// Nothing.
    Absent,
    /// Text.
    Text(String),
    /// Whole number.
    Integer(i64),
    /// Number.
    Number(f64),
    /// Yes or no.
    Boolean(bool),
    /// Instant.
    Instant(Instant),
}

/// One row, as many cells as there are columns.
pub type Row = Vec<Cell>;
