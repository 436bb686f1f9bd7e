//! HP-44: keeps every row that it sees for the next file, and begins each file with what it has kept.

use std::sync::Mutex;

use hostile_kit::sdk::export::{Cell, Column, ExportFormat, Fault, Options};

static KEPT: Mutex<String> = Mutex::new(String::new());

struct Guest;

hostile_kit::sdk::export_format!(Guest);

impl ExportFormat for Guest {
    fn begin(_: Vec<Column>, _: Options) -> Result<Self, Fault> {
        Ok(Self)
    }
    fn write(&mut self, rows: Vec<Vec<Cell>>) -> Result<Vec<u8>, Fault> {
        let mut kept = KEPT.lock().map_err(|_| Fault::permanent("poisoned"))?;
        let before = kept.clone();
        kept.push_str(&format!("{rows:?}"));
        Ok(format!("kept:{before}\nrows:{rows:?}\n").into_bytes())
    }
    fn finish(self) -> Result<Vec<u8>, Fault> {
        Ok(format!(
            "end:{}\n",
            KEPT.lock().map_or(String::new(), |kept| kept.clone())
        )
        .into_bytes())
    }
}
