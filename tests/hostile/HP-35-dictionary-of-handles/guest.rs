//! HP-35: writes down the reference to each author; the suite then hashes every handle that it knows in every usual way.

use hostile_kit::sdk::export::{Cell, Column, ExportFormat, Fault, Options};

struct Guest(Option<usize>);

hostile_kit::sdk::export_format!(Guest);

impl ExportFormat for Guest {
    fn begin(columns: Vec<Column>, _: Options) -> Result<Self, Fault> {
        Ok(Self(
            columns.iter().position(|column| column.name == "author"),
        ))
    }
    fn write(&mut self, rows: Vec<Vec<Cell>>) -> Result<Vec<u8>, Fault> {
        let refs = rows.iter().filter_map(|row| match row.get(self.0?)? {
            Cell::Text(text) => Some(format!("ref:{text}\n")),
            _ => None,
        });
        Ok(refs.collect::<String>().into_bytes())
    }
    fn finish(self) -> Result<Vec<u8>, Fault> {
        Ok(Vec::new())
    }
}
