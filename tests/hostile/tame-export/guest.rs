//! The well-behaved export: writes the number of its rows.

use hostile_kit::sdk::export::{Cell, Column, ExportFormat, Fault, Options};

struct Guest(usize);

hostile_kit::sdk::export_format!(Guest);

impl ExportFormat for Guest {
    fn begin(_: Vec<Column>, _: Options) -> Result<Self, Fault> {
        Ok(Self(0))
    }
    fn write(&mut self, rows: Vec<Vec<Cell>>) -> Result<Vec<u8>, Fault> {
        self.0 += rows.len();
        Ok(Vec::new())
    }
    fn finish(self) -> Result<Vec<u8>, Fault> {
        Ok(format!("{} rows\n", self.0).into_bytes())
    }
}
