//! Writes one block of text a row: a line a cell, an empty line between rows.

use isocial_sdk::export::{Cell, Column, ExportFormat, Fault, Options};

struct {{Type}} {
    titles: Vec<String>,
}

isocial_sdk::export_format!({{Type}});

impl ExportFormat for {{Type}} {
    fn begin(columns: Vec<Column>, _options: Options) -> Result<Self, Fault> {
        Ok(Self { titles: columns.into_iter().map(|column| column.title).collect() })
    }

    fn write(&mut self, rows: Vec<Vec<Cell>>) -> Result<Vec<u8>, Fault> {
        let mut out = String::new();
        for row in rows {
            for (title, cell) in self.titles.iter().zip(row) {
                match cell {
                    Cell::Text(text) => out += &format!("{title}: {text}\n"),
                    Cell::Integer(number) => out += &format!("{title}: {number}\n"),
                    _ => {}
                }
            }
            out.push('\n');
        }
        Ok(out.into_bytes())
    }

    fn finish(self) -> Result<Vec<u8>, Fault> {
        Ok(Vec::new())
    }
}

#[test]
fn rows_become_blocks() {
    use isocial_sdk::export::ColumnKind;
    let columns = vec![Column { name: "text".into(), title: "Text".into(), kind: ColumnKind::Text }];
    let options = Options { title: String::new(), now: 0, config: "{}".into() };
    let mut file = {{Type}}::begin(columns, options).unwrap();
    assert_eq!(file.write(vec![vec![Cell::Text("Tea".into())]]).unwrap(), b"Text: Tea\n\n");
}
