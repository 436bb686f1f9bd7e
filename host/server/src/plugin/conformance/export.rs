//! Export formats: what every format must stand. Whether a file opens elsewhere is tested with the programs that open it.

use isocial_gate::{Door, ExportRow};
use isocial_model::{
    Class, Instant, Label, Labeled,
    export::{Column, Options},
    language::{Analysis, Sentiment, SentimentLabel},
    post::{Author, Engagement, Post},
};
use isocial_sandbox::Writer;

use super::{
    Held, Suite,
    bench::{Bench, NOON, OWN_BASE},
};

/// Cells that a spreadsheet would run.
const HOSTILE: [&str; 8] = [
    "=cmd|' /C calc'!A0",
    "+1+cmd",
    "-1+cmd",
    "@SUM(1)",
    "\t=1+1",
    "\r=1+1",
    "a\"b,c;d\ne",
    "＝1+1",
];

pub(super) fn cases(suite: &mut Suite) {
    suite.case("built-in", "no rows", |bench| {
        again(bench, &[]).map(|bytes| vec![format!("{} bytes", bytes.len())])
    });
    suite.case("built-in", "500 rows in one call", |bench| {
        let rows: Vec<Row> = (0..500)
            .map(|i| Row::full(i, &format!("Bell {i} is fine")))
            .collect();
        again(bench, &rows).and_then(|bytes| holds(&bytes, &[]))
    });
    suite.case("built-in", "every optional cell absent", |bench| {
        again(bench, &[Row::bare(1), Row::bare(2)]).and_then(|bytes| holds(&bytes, &[]))
    });
    suite.case("built-in", "cells that a spreadsheet would run", hostile);
    suite.case(
        "built-in",
        "many scripts, emoji and control characters",
        |bench| {
            let texts = [
                "莲花自行车 🚲",
                "دراجة جميلة",
                "Xe đạp đẹp quá 👩‍👩‍👧",
                "a\u{0}b\u{8}c",
                "\u{202E}x",
                &"ộ".repeat(20_000),
            ];
            let rows: Vec<Row> = texts
                .iter()
                .zip(0..)
                .map(|(text, i)| Row::full(i, text))
                .collect();
            again(bench, &rows).and_then(|bytes| holds(&bytes, &[]))
        },
    );
    suite.case("built-in", "two files at once do not mix", two);
}

struct Row {
    post: Labeled<Post>,
    analysis: Option<Analysis>,
    mention: String,
}

impl Row {
    fn of(post: Post, analysis: Option<Analysis>) -> Self {
        let mention = format!("mnt_{}", post.native_id);
        let label = Label::of(Class::PublicText, Some("sample"));
        Self {
            post: Labeled::new(label, post),
            analysis,
            mention,
        }
    }
    fn bare(index: u32) -> Self {
        Self::of(
            Post {
                network: "sample".into(),
                native_id: index.to_string(),
                ..Post::default()
            },
            None,
        )
    }
    fn full(index: u32, text: &str) -> Self {
        let post = Post {
            network: "sample".into(),
            native_id: index.to_string(),
            url: Some(format!("https://sample.example/posts/{index}")),
            text: Some(text.to_owned()),
            title: Some(text.chars().take(40).collect()),
            language: Some("en".into()),
            created: Some(Instant(NOON.0 - i64::from(index) * 1000)),
            author: Some(Author {
                handle: Some("lan.tran".into()),
                ..Author::default()
            }),
            hashtags: vec!["bell".into()],
            links: vec!["https://lotus-bikes.example/".into()],
            rating: Some(0.5),
            engagement: Some(Engagement {
                likes: Some(3),
                ..Engagement::default()
            }),
            country: Some("VN".into()),
            sensitive: Some(false),
            ..Post::default()
        };
        let sentiment = Sentiment {
            label: SentimentLabel::Positive,
            negative: 0.1,
            neutral: 0.2,
            positive: 0.7,
            score: 0.6,
        };
        let analysis = Analysis {
            by: "example/pack@1.0.0".into(),
            language: Some(("en".into(), 0.9)),
            sentiment: Some(sentiment),
            topics: vec![("quality".into(), 0.8)],
            ..Analysis::default()
        };
        Self::of(post, Some(analysis))
    }
    fn given(&self) -> ExportRow<'_> {
        ExportRow {
            post: &self.post,
            analysis: self.analysis.as_ref(),
            mention: &self.mention,
            monitor: "A monitor",
        }
    }
}

/// A file that is being written.
struct File<'b> {
    bench: &'b Bench,
    door: std::sync::Arc<Door>,
    columns: Vec<Column>,
    writer: Writer,
    bytes: Vec<u8>,
}

impl<'b> File<'b> {
    fn begin(bench: &'b Bench, title: &str) -> Result<Self, String> {
        let door = bench.door(&[], OWN_BASE)?;
        let config = bench
            .manifest()
            .config
            .canonical(&serde_json::json!({}))
            .map_err(|e| e.to_string())?;
        let options = Options {
            title: title.to_owned(),
            now: NOON,
            config,
        };
        let columns = door.columns();
        let (passed, open) = door
            .project_writer(columns.clone(), options)
            .map_err(|e| e.to_string())?;
        bench.count();
        match bench.plugin().writer(passed).0 {
            Ok(writer) => {
                bench.keep(door.admit_started(open))?;
                Ok(Self {
                    bench,
                    door,
                    columns,
                    writer,
                    bytes: Vec::new(),
                })
            }
            Err(stopped) => {
                bench.keep(door.fail((&stopped).into(), open))?;
                Err(format!(
                    "the sandbox stopped the writer's constructor: {}",
                    stopped.why
                ))
            }
        }
    }
    fn write(&mut self, rows: &[Row]) -> Result<(), String> {
        let given: Vec<ExportRow<'_>> = rows.iter().map(Row::given).collect();
        let projected = self.door.project_rows(&self.columns, &given);
        let (chunk, _) = self.bench.call(
            &self.door,
            projected,
            |passed| self.writer.write(passed),
            Door::admit_chunk,
        )?;
        self.bytes.extend(chunk.map_err(|e| e.to_string())?);
        Ok(())
    }
    fn finish(self) -> Result<Vec<u8>, String> {
        let Self {
            bench,
            door,
            writer,
            mut bytes,
            ..
        } = self;
        let (chunk, _) = bench.call(
            &door,
            door.project_finish(),
            |passed| writer.finish(passed),
            Door::admit_chunk,
        )?;
        bytes.extend(chunk.map_err(|e| e.to_string())?);
        Ok(bytes)
    }
}

fn file(bench: &Bench, rows: &[Row]) -> Result<Vec<u8>, String> {
    let mut file = File::begin(bench, "A search")?;
    if !rows.is_empty() {
        file.write(rows)?;
    }
    file.finish()
}

/// The file, written twice: the same bytes.
fn again(bench: &Bench, rows: &[Row]) -> Result<Vec<u8>, String> {
    let bytes = file(bench, rows)?;
    if bytes == file(bench, rows)? {
        Ok(bytes)
    } else {
        Err("the same rows gave other bytes the second time".into())
    }
}

fn holds(bytes: &[u8], none_of: &[&[u8]]) -> Held {
    if bytes.is_empty() {
        return Err("rows were given and the file is empty".into());
    }
    match none_of
        .iter()
        .find(|part| bytes.windows(part.len()).any(|window| window == **part))
    {
        Some(part) => Err(format!(
            "the file holds `{}`",
            String::from_utf8_lossy(part).escape_debug()
        )),
        None => Ok(vec![format!("{} bytes", bytes.len())]),
    }
}

/// Neutralised by the host where the manifest says that spreadsheets open the file; the format must keep it so.
fn hostile(bench: &Bench) -> Held {
    let rows: Vec<Row> = HOSTILE
        .iter()
        .zip(0..)
        .map(|(text, i)| Row::full(i, text))
        .collect();
    let bytes = again(bench, &rows)?;
    let live: &[&[u8]] = &[
        b",=cmd", b";=cmd", b"\"=cmd", b"\n=cmd", b">=cmd", b",@SUM", b"\"@SUM",
    ];
    holds(
        &bytes,
        if bench.manifest().spreadsheet {
            live
        } else {
            &[]
        },
    )
}

/// Two writers, each in an instance of its own, called in turn.
fn two(bench: &Bench) -> Held {
    let (a, b) = (
        [Row::full(1, "alpha alpha"), Row::full(2, "alpha two")],
        [Row::full(3, "beta beta"), Row::full(4, "beta two")],
    );
    let (alone_a, alone_b) = (file(bench, &a)?, file(bench, &b)?);
    let (mut one, mut other) = (
        File::begin(bench, "A search")?,
        File::begin(bench, "A search")?,
    );
    one.write(&a)?;
    other.write(&b)?;
    let (one, other) = (one.finish()?, other.finish()?);
    if one == alone_a && other == alone_b {
        Ok(Vec::new())
    } else {
        Err("a file differs when another one is written beside it".into())
    }
}
