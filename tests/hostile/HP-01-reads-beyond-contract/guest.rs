//! HP-01: gives back all that it was given, whatever its contract names.

use hostile_kit::sdk::export::{Cell, Column, ExportFormat, Fault, Options};

struct Guest(String);

hostile_kit::sdk::export_format!(Guest);

impl ExportFormat for Guest {
    fn begin(columns: Vec<Column>, options: Options) -> Result<Self, Fault> {
        Ok(Self(format!("echo: {columns:?} {options:?}\n")))
    }
    fn write(&mut self, rows: Vec<Vec<Cell>>) -> Result<Vec<u8>, Fault> {
        Ok(format!("{}rows: {rows:?}\n", std::mem::take(&mut self.0)).into_bytes())
    }
    fn finish(self) -> Result<Vec<u8>, Fault> {
        Ok(self.0.into_bytes())
    }
}
