//! Export formats: rows of granted columns, and the bytes of one file.
//!
//! Lives here: columns, cells, neutralisation against formulas, the cap on chunks. Not here: which rows (`pipeline`).

use isocial_model::{
    Labeled,
    connector::Fault,
    contract::Rights,
    export::{Column, Options, Row},
    language::Analysis,
    post::Post,
    receipt::Receipt,
};

use crate::{
    door::Door,
    open::OpenReceipt,
    passed::{Passed, Untrusted},
    rejection::{ProjectError, Rejection},
};

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

/// The columns that these rights allow, in their fixed order.
pub fn columns_for(rights: &Rights) -> Vec<Column> {
    let _ = rights;
    todo!()
}

impl Door {
    /// The columns that are granted to this export.
    pub fn columns(&self) -> Vec<Column> {
        self.effective("writer").map_or_else(Vec::new, |effective| columns_for(&effective.rights))
    }

    /// Projects the start of a file. Columns that are not granted are refused; the constructor returns nothing, so that the open
    /// receipt is closed by [`Door::admit_started`].
    pub fn project_writer(
        &self,
        columns: Vec<Column>,
        options: Options,
    ) -> Result<(Passed<WriterStart>, OpenReceipt<RowsContext>), ProjectError> {
        let _ = (columns, options);
        todo!()
    }

    /// Closes the receipt of a file's start.
    pub fn admit_started(&self, open: OpenReceipt<RowsContext>) -> Receipt {
        let _ = open;
        todo!()
    }

    /// Projects ≤ 500 rows for these columns (as given to [`Door::project_writer`]). Restricted and held posts are left out and counted.
    pub fn project_rows(
        &self,
        columns: &[Column],
        rows: &[ExportRow<'_>],
    ) -> Result<(Passed<Vec<Row>>, OpenReceipt<RowsContext>), ProjectError> {
        let _ = (columns, rows);
        todo!()
    }

    /// Projects the end of a file.
    pub fn project_finish(&self) -> Result<(Passed<()>, OpenReceipt<RowsContext>), ProjectError> {
        todo!()
    }

    /// Admits the bytes of one chunk, of `write` or `finish` · ≤ 4 MiB.
    pub fn admit_chunk(
        &self,
        answer: Untrusted<Result<Vec<u8>, Fault>>,
        open: OpenReceipt<RowsContext>,
    ) -> (Result<Vec<u8>, Rejection>, Receipt) {
        let _ = (answer, open);
        todo!()
    }
}
