//! Export formats: rows of granted columns, and the bytes of one file.
//!
//! Lives here: granted columns, projection of rows, the cap on chunks; cells and their neutralisation in `cells`. Not here: which
//! rows (`pipeline`).

mod cells;

use std::collections::{BTreeMap, BTreeSet};

use isocial_model::{
    Kind, Labeled,
    connector::Fault,
    contract::{Right, Rights, VOCABULARY},
    export::{Cell, Column, Options, Row},
    language::Analysis,
    post::Post,
    receipt::{Receipt, Verdict},
};

use crate::{
    bounds::{neutral_fault, within},
    canon::Canon,
    door::{Door, Given, InForce},
    neutral,
    open::OpenReceipt,
    passed::{Passed, Untrusted},
    redact::Redactor,
    rejection::{ProjectError, Rejection, fault_name},
};

pub(crate) use cells::{bucket, emotion_name, entity_name};

/// The resource that contracts of exports name.
const WRITER: &str = "writer";

/// What begins a file.
#[derive(Debug, Clone, PartialEq)]
pub struct WriterStart {
    /// In the order of the cells.
    pub columns: Vec<Column>,
    /// What the file is.
    pub options: Options,
}

/// One mention, in full: the gate takes from it the granted columns.
#[derive(Debug, Clone, Copy)]
pub struct ExportRow<'a> {
    /// The post.
    pub post: &'a Labeled<Post>,
    /// Its analysis, if there is one.
    pub analysis: Option<&'a Analysis>,
    /// Our own id of the mention.
    pub mention: &'a str,
    /// The monitor's name.
    pub monitor: &'a str,
}

/// What admission knows about the call.
#[derive(Debug)]
pub struct RowsContext {
    pub(crate) rows: u32,
}

impl RowsContext {
    /// How many rows were given: fewer than asked where some are restricted or held.
    pub fn rows(&self) -> u32 {
        self.rows
    }
}

/// Rows in a call.
const ROWS_MAX: usize = 500;
/// Bytes of a chunk.
const CHUNK_MAX: usize = 4 * 1024 * 1024;

/// The columns that these rights allow, in their fixed order.
pub fn columns_for(rights: &Rights) -> Vec<Column> {
    cells::COLUMNS
        .iter()
        .filter(|known| rights.has(known.field))
        .map(|known| Column {
            name: known.name.into(),
            title: known.title.into(),
            kind: known.kind,
        })
        .collect()
}

impl Door {
    /// The columns that are granted to this export.
    pub fn columns(&self) -> Vec<Column> {
        self.effective(WRITER)
            .map_or_else(Vec::new, |effective| columns_for(&effective.rights))
    }

    /// Projects the start of a file: its columns, which must be granted and of their own kind, titled as the caller likes.
    ///
    /// The guest's constructor returns nothing: close the receipt by [`Door::admit_started`].
    pub fn project_writer(
        &self,
        mut columns: Vec<Column>,
        mut options: Options,
    ) -> Result<(Passed<WriterStart>, OpenReceipt<RowsContext>), ProjectError> {
        let in_force = self.in_force(Kind::ExportFormat, WRITER)?;
        self.known(&columns)?;
        for (index, column) in columns.iter().enumerate() {
            if columns
                .iter()
                .skip(index + 1)
                .any(|other| other.name == column.name)
            {
                return Err(ProjectError::Invalid {
                    what: "columns",
                    why: "each column once",
                });
            }
        }
        if options.config.len() > 4096 {
            return Err(ProjectError::TooMuch {
                what: "options.config",
                given: options.config.len() as u64,
                allowed: 4096,
            });
        }
        for column in &mut columns {
            column.title =
                self.cell_text(neutral::short_line(std::mem::take(&mut column.title), 128));
        }
        options.title = self.cell_text(neutral::short_line(options.title, 256));
        let mut canon = Canon::of(WRITER);
        canon.value(&columns);
        canon.value(&options);
        let bytes_in = (options.title.len() + options.config.len()) as u64
            + columns
                .iter()
                .map(|c| (c.name.len() + c.title.len()) as u64)
                .sum::<u64>();
        let given = Self::given(in_force, in_force.fields.clone(), 0, bytes_in, canon);
        let open = self.open(in_force, WRITER, given, RowsContext { rows: 0 });
        Ok((Passed::new(WriterStart { columns, options }), open))
    }

    /// Closes the receipt of a file's start.
    pub fn admit_started(&self, open: OpenReceipt<RowsContext>) -> Receipt {
        let (closing, _) = open.close();
        closing.receipt(Verdict::Ok, 0, 0)
    }

    /// Projects ≤ 500 rows for these columns (as given to [`Door::project_writer`]). Restricted and held posts are left out and counted.
    pub fn project_rows(
        &self,
        columns: &[Column],
        rows: &[ExportRow<'_>],
    ) -> Result<(Passed<Vec<Row>>, OpenReceipt<RowsContext>), ProjectError> {
        let in_force = self.in_force(Kind::ExportFormat, WRITER)?;
        let known = self.known(columns)?;
        if rows.len() > ROWS_MAX {
            return Err(ProjectError::TooMuch {
                what: "rows",
                given: rows.len() as u64,
                allowed: ROWS_MAX as u64,
            });
        }
        let mut writer = cells::Writer {
            door: self,
            redactor: Redactor::new(&self.own).strict(self.strict),
            bytes: 0,
        };
        let mut fields = BTreeSet::new();
        let (mut projected, mut skipped) = (Vec::with_capacity(rows.len()), 0);
        for row in rows {
            let label = row.post.label();
            if label.restricted || label.held {
                skipped += 1;
                continue;
            }
            let of = in_force.of(label);
            let mut cells = Vec::with_capacity(known.len());
            for column in &known {
                let level = if of.export_ids_only && !column.with_ids {
                    0
                } else {
                    of.rights.level(column.field)
                };
                let cell = if level == 0 {
                    Cell::Absent
                } else {
                    writer.cell(column, level, row, &of.rights)
                };
                if level > 0 {
                    fields.insert((column.field, level));
                }
                cells.push(cell);
            }
            projected.push(cells);
        }
        let mut canon = Canon::of("write");
        canon.value(&projected);
        let named = fields.into_iter().filter_map(|(path, level)| {
            VOCABULARY
                .iter()
                .find(|f| f.path == path)
                .map(|field| Right { field, level }.to_string())
        });
        let given = Given {
            redacted: writer.redactor.counts(),
            restricted_skipped: skipped,
            ..Self::given(
                in_force,
                named.collect(),
                projected.len() as u32,
                writer.bytes,
                canon,
            )
        };
        let context = RowsContext {
            rows: projected.len() as u32,
        };
        let open = self.open(in_force, "write", given, context);
        Ok((Passed::new(projected), open))
    }

    /// Projects the end of a file.
    pub fn project_finish(&self) -> Result<(Passed<()>, OpenReceipt<RowsContext>), ProjectError> {
        let in_force = self.in_force(Kind::ExportFormat, WRITER)?;
        let given = Self::given(in_force, Vec::new(), 0, 0, Canon::of("finish"));
        let open = self.open(in_force, "finish", given, RowsContext { rows: 0 });
        Ok((Passed::new(()), open))
    }

    /// Admits the bytes of one chunk, of `write` or `finish` · ≤ 4 MiB. The format's own fault is a [`Rejection::Fault`].
    pub fn admit_chunk(
        &self,
        answer: Untrusted<Result<Vec<u8>, Fault>>,
        open: OpenReceipt<RowsContext>,
    ) -> (Result<Vec<u8>, Rejection>, Receipt) {
        let (answer, bytes_out) = answer.open();
        let (closing, context) = open.close();
        let result = match answer {
            Ok(bytes) => within(
                "chunk",
                bytes.len(),
                0,
                CHUNK_MAX,
                "at most 4,194,304 bytes",
            )
            .map(|()| bytes),
            Err(fault) => Err(Rejection::Fault(neutral_fault(fault))),
        };
        let (verdict, items) = match &result {
            Ok(_) => (Verdict::Ok, context.rows),
            Err(Rejection::Fault(fault)) => (Verdict::Fault(fault_name(fault).into()), 0),
            Err(rejection) => (Verdict::Rejected(rejection.name().into()), 0),
        };
        (result, closing.receipt(verdict, items, bytes_out))
    }

    /// The gate's own columns behind the given ones; refused if one is not granted.
    fn known(&self, columns: &[Column]) -> Result<Vec<&'static cells::Known>, ProjectError> {
        if columns.is_empty() {
            return Err(ProjectError::Nothing("a file needs at least one column"));
        }
        let rights = self.effective(WRITER).map(|effective| &effective.rights);
        columns
            .iter()
            .map(|column| {
                let known = cells::COLUMNS
                    .iter()
                    .find(|known| known.name == column.name && known.kind == column.kind);
                known
                    .filter(|known| rights.is_some_and(|rights| rights.has(known.field)))
                    .ok_or(ProjectError::Invalid {
                        what: "columns",
                        why: "columns that are granted, as `columns` lists them",
                    })
            })
            .collect()
    }

    fn given(
        in_force: &InForce,
        fields: Vec<String>,
        items: u32,
        bytes_in: u64,
        canon: Canon,
    ) -> Given {
        Given {
            fields,
            purposes: in_force.effective.purposes.clone(),
            items,
            bytes_in,
            redacted: BTreeMap::new(),
            restricted_skipped: 0,
            canon,
        }
    }

    /// Text for a cell: neutralised against formulas where a spreadsheet may open the file (HP-28).
    pub(crate) fn cell_text(&self, text: String) -> String {
        if self.spec.spreadsheet {
            cells::without_formula(text)
        } else {
            text
        }
    }
}

#[cfg(test)]
mod tests;
