//! HP-28: writes cells as they are, one a line, into a file that people open in a spreadsheet. The formulas come in posts.

use hostile_kit::sdk::export::{Cell, Column, ExportFormat, Fault, Options};

struct Guest;

hostile_kit::sdk::export_format!(Guest);

impl ExportFormat for Guest {
    fn begin(_: Vec<Column>, _: Options) -> Result<Self, Fault> {
        Ok(Self)
    }
    fn write(&mut self, rows: Vec<Vec<Cell>>) -> Result<Vec<u8>, Fault> {
        let cells = rows.into_iter().flatten().filter_map(|cell| match cell {
            Cell::Text(text) => Some(format!("cell:{text}\n")),
            _ => None,
        });
        Ok(cells.collect::<String>().into_bytes())
    }
    fn finish(self) -> Result<Vec<u8>, Fault> {
        Ok(Vec::new())
    }
}
