//! An export at the gate: its chunks on the way out, and the cells of arbitrary posts on the way in, which no spreadsheet may run.
#![no_main]

use std::sync::LazyLock;

use isocial_fuzz::{NOW, door, value};
use isocial_gate::{Door, ExportRow, Untrusted};
use isocial_model::{
    Class, Label, Labeled,
    connector::Fault,
    export::{Cell, Options},
    post::Post,
};
use libfuzzer_sys::fuzz_target;

static CSV: LazyLock<Door> =
    LazyLock::new(|| door(include_str!("../../../plugins/exports/csv/plugin.toml")));

fn chunk(bytes: &[u8]) -> Option<()> {
    let (answer, size): (Result<Vec<u8>, Fault>, u32) = value(bytes)?;
    // A list that is longer than any that the fuzzer could write down.
    let answer = answer.map(|mut bytes| {
        bytes.resize(bytes.len().max(size as usize % (5 << 20)), 0);
        bytes
    });
    let (_, open) = CSV.project_finish().expect("a file may end");
    let (admitted, receipt) = CSV.admit_chunk(Untrusted::from_guest(answer, 0), open);
    assert!(serde_json::to_string(&receipt.line).is_ok());
    assert!(admitted.is_err() || admitted.is_ok_and(|bytes| bytes.len() <= 4 << 20));
    Some(())
}

fn rows(bytes: &[u8]) -> Option<()> {
    let (posts, title): (Vec<Post>, String) = value(bytes)?;
    let posts: Vec<Labeled<Post>> = posts
        .into_iter()
        .map(|post| {
            let label = Label::of(Class::PublicText, Some(&post.network));
            Labeled::new(label, post)
        })
        .collect();
    let columns = CSV.columns();
    let options = Options {
        title,
        now: NOW,
        config: "{}".into(),
    };
    let (start, open) = CSV.project_writer(columns.clone(), options).ok()?;
    drop(start);
    CSV.admit_started(open);
    let given: Vec<ExportRow<'_>> = posts
        .iter()
        .map(|post| ExportRow {
            post,
            analysis: None,
            mention: "mnt_1",
            monitor: "=Lotus",
        })
        .collect();
    let (rows, open) = CSV.project_rows(&columns, &given).ok()?;
    for row in rows.get() {
        assert_eq!(row.len(), columns.len());
        for cell in row {
            if let Cell::Text(text) = cell {
                let first = text.trim_start_matches([' ', '\u{feff}']).chars().next();
                assert!(!matches!(first, Some('=' | '+' | '-' | '@' | '\t' | '\r')), "{text:?}");
            }
        }
    }
    CSV.admit_chunk(Untrusted::from_guest(Ok(Vec::new()), 0), open)
        .0
        .ok()
        .map(drop)
}

fuzz_target!(|bytes: &[u8]| {
    if let Some((which, rest)) = bytes.split_first() {
        let _ = if which & 1 == 0 { chunk(rest) } else { rows(rest) };
    }
});
