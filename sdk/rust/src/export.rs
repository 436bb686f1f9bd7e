//! Export formats: turn rows into the bytes of one file.

use std::cell::RefCell;

use crate::bindings::exports::isocial::plugin::export_format::GuestWriter;
pub use crate::bindings::exports::isocial::plugin::export_format::{
    Cell, Column, ColumnKind, Options,
};
pub use crate::types::{Fault, Instant};

/// Required of every export format: the writer of one file.
pub trait ExportFormat: Sized + 'static {
    /// Begins a file. A fault is told with the first rows, or at the end of a file without any.
    fn begin(columns: Vec<Column>, options: Options) -> Result<Self, Fault>;
    /// Bytes for these rows, each with as many cells as there are columns; at most 500 rows a call, 4 MiB of bytes.
    fn write(&mut self, rows: Vec<Vec<Cell>>) -> Result<Vec<u8>, Fault>;
    /// The last bytes. Nothing is called afterwards.
    fn finish(self) -> Result<Vec<u8>, Fault>;
}

impl Options {
    /// The format's configuration as a typed value.
    ///
    /// The host has checked it against the manifest's schema, so a fault here means that schema and type disagree.
    pub fn config<T: serde::de::DeserializeOwned>(&self) -> Result<T, Fault> {
        serde_json::from_str(&self.config).map_err(|error| Fault::bad_config("", error.to_string()))
    }
}

/// The exported resource around a writer: what WIT says with `&self`, the trait says with `&mut self` and `self`.
#[doc(hidden)]
#[derive(Debug)]
pub struct ExportedWriter<T>(RefCell<Option<Result<T, Fault>>>);

fn finished() -> Fault {
    Fault::other("finished", "the file is finished: begin another one")
}

impl<T: ExportFormat> GuestWriter for ExportedWriter<T> {
    fn new(columns: Vec<Column>, options: Options) -> Self {
        crate::log::install_panic_hook();
        Self(RefCell::new(Some(T::begin(columns, options))))
    }
    fn write(&self, rows: Vec<Vec<Cell>>) -> Result<Vec<u8>, Fault> {
        match self.0.borrow_mut().as_mut() {
            Some(Ok(writer)) => writer.write(rows),
            Some(Err(fault)) => Err(fault.clone()),
            None => Err(finished()),
        }
    }
    fn finish(&self) -> Result<Vec<u8>, Fault> {
        self.0.take().unwrap_or_else(|| Err(finished()))?.finish()
    }
}
