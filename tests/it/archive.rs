//! `isocial demo --archive`: of ten thousand texts none is lost, doubled or changed, told by the texts themselves.

use std::{
    collections::{BTreeMap, BTreeSet},
    io::Write as _,
    path::{Path, PathBuf},
};

use flate2::{Compression, write::GzEncoder};
use serde_json::{Value, json};

use crate::demo::{check_books, check_files, number, run, summary};

const SEED: u64 = 20_261_123;
const LINES: usize = 10_500;
/// Bytes that a text may have; longer ones are cut there.
const TEXT_BYTES: usize = 65_536;
/// How many posts have each text.
type Texts = BTreeMap<String, usize>;

/// SplitMix64: the same file for the same seed.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % n as u64) as usize
    }
    fn of<'a>(&mut self, list: &[&'a str]) -> &'a str {
        list[self.below(list.len())]
    }
}

/// An invented sentence, and whether the query of these tests finds it.
fn sentence(dice: &mut Dice, n: usize) -> (String, bool) {
    let who = dice.of(&[
        "My neighbour",
        "Chị hàng xóm",
        "Das Café am Fluß",
        "جارتي",
        "隣の人",
        "Дедушка",
        "La señora Núñez",
        "👩‍🚀",
    ]);
    let what = dice.of(&[
        "loves the brass kettle",
        "đã mua chiếc xe đạp mới",
        "fährt mit der Fähre",
        "يحب القهوة",
        "は橋を渡った",
        "чинит старый мост",
        "está harta del ruido",
        "🚲💨 again",
        "said: \"never\\again\"",
        "wrote\ntwo lines\tand a tab",
    ]);
    let found = dice.below(9) == 0;
    let object = match (found, dice.below(2)) {
        (true, 0) => "a Lantern",
        (true, _) => "đèn lồng đỏ",
        (false, 0) => "a lamp",
        (false, _) => "cái đèn",
    };
    let end = dice.of(&[".", "!", " …", " ❤️", "?!", ""]);
    // Some come again and again, as in real archives.
    let mark = if dice.below(4) == 0 {
        String::new()
    } else {
        format!(" · {n}")
    };
    (format!("{who} {what}, {object}{mark}{end}"), found)
}

/// The same JSON with everything beyond ASCII escaped, as some programs write it.
fn ascii(json: &str) -> String {
    let mut out = String::new();
    for c in json.chars() {
        if c.is_ascii() {
            out.push(c);
        } else {
            for unit in c.encode_utf16(&mut [0; 2]) {
                let _ = std::fmt::Write::write_fmt(&mut out, format_args!("\\u{unit:04x}"));
            }
        }
    }
    out
}

/// A file of lines, and what is to become of it.
#[derive(Default)]
struct Made {
    bytes: Vec<u8>,
    /// Lines that hold no post.
    unreadable: u64,
    /// Lines that hold a post.
    posts: u64,
    /// Lines that hold a post which an earlier line holds as well.
    again: u64,
    /// Texts of all posts, and of those that the query finds.
    texts: Texts,
    found: Texts,
    /// Ids that lines have themselves.
    ids: BTreeSet<String>,
}

impl Made {
    fn line(&mut self, line: &[u8], end: &[u8]) {
        self.bytes.extend_from_slice(line);
        self.bytes.extend_from_slice(end);
    }
    fn post(&mut self, text: &str, found: bool) {
        self.posts += 1;
        *self.texts.entry(text.into()).or_default() += 1;
        if found {
            *self.found.entry(text.into()).or_default() += 1;
        }
    }
}

fn made() -> Made {
    let mut dice = Dice(SEED);
    let mut made = Made::default();
    let mut with_id: Vec<(Value, String)> = Vec::new();
    let broken: [&[u8]; 7] = [
        b"{\"text\": \"the end is miss",
        b"[\"a list\"]",
        b"\"only a string\"",
        b"{\"text\": 7}",
        b"{\"text\": \"   \"}",
        b"{\"note\": \"no text\"}",
        b"\xff\xfe\x00\x01",
    ];
    for n in 0..LINES {
        let end: &[u8] = if dice.below(5) == 0 { b"\r\n" } else { b"\n" };
        match n {
            4_000 => {
                // Longer than a text may be: its beginning is kept.
                let text = format!("A long, long story {}", "đi mãi ".repeat(35_000));
                let kept = &text[..text.floor_char_boundary(TEXT_BYTES)];
                made.line(json!({ "text": text }).to_string().as_bytes(), end);
                assert!(text.len() > 300_000);
                made.post(kept, false);
                continue;
            }
            // Longer than a line may be.
            5_000 => {
                made.line(
                    json!({ "text": "no end ".repeat(200_000) })
                        .to_string()
                        .as_bytes(),
                    end,
                );
                made.unreadable += 1;
                continue;
            }
            // Not UTF-8: what can be read of it is kept.
            6_000 => {
                made.line(b"{\"text\": \"the caf\xe9 at the corner\"}", end);
                made.post("the caf\u{fffd} at the corner", false);
                continue;
            }
            _ => {}
        }
        match dice.below(200) {
            0 => {
                let line = broken[dice.below(broken.len())];
                made.line(line, end);
                made.unreadable += 1;
                continue;
            }
            1 => {
                made.line(b"", end);
                made.unreadable += 1;
                continue;
            }
            // The same post once more.
            2 if !with_id.is_empty() => {
                let (line, _) = &with_id[dice.below(with_id.len())];
                let line = line.to_string();
                made.line(line.as_bytes(), end);
                made.posts += 1;
                made.again += 1;
                continue;
            }
            _ => {}
        }
        let (text, found) = sentence(&mut dice, n);
        let mut line = json!({ "text": text });
        if dice.below(6) == 0 {
            let minute = dice.below(60);
            line["created"] = json!(format!(
                "2026-03-{:02}T10:{minute:02}:00Z",
                1 + dice.below(28)
            ));
            line["author"] = match dice.below(2) {
                0 => json!("@rosa"),
                _ => json!({ "handle": "bao", "name": "Bảo", "followers": 12 }),
            };
        }
        if dice.below(10) == 0 {
            let id = if dice.below(2) == 0 {
                json!(n)
            } else {
                json!(format!("p-{n}"))
            };
            made.ids
                .insert(id.as_str().map_or_else(|| id.to_string(), str::to_owned));
            line["id"] = id;
            with_id.push((line.clone(), text.clone()));
        }
        let mut written = line.to_string();
        if dice.below(7) == 0 {
            written = ascii(&written);
        }
        if n == 0 {
            written.insert(0, '\u{feff}');
        }
        // The last line has no end.
        made.line(written.as_bytes(), if n + 1 == LINES { b"" } else { end });
        made.post(&text, found);
    }
    made
}

/// The rows of the exported JSON Lines.
fn rows(summary: &Value) -> Vec<Value> {
    let jsonl = check_files(summary).pop().expect("two files");
    jsonl
        .lines()
        .map(|line| serde_json::from_str(line).expect("each line is JSON"))
        .collect()
}

fn texts(rows: &[Value]) -> Texts {
    let mut texts = Texts::new();
    for row in rows {
        let text = row["text"].as_str().unwrap_or_default();
        *texts.entry(text.to_owned()).or_default() += 1;
    }
    texts
}

/// That these are the same, said briefly.
fn same(found: &Texts, expected: &Texts) {
    let lost: Vec<_> = expected
        .iter()
        .filter(|(t, n)| found.get(*t) != Some(n))
        .take(3)
        .collect();
    let new: Vec<_> = found
        .iter()
        .filter(|(t, n)| expected.get(*t) != Some(n))
        .take(3)
        .collect();
    assert!(
        lost.is_empty() && new.is_empty(),
        "expected but not found so often: {lost:.200?}; found but not expected so often: {new:.200?}"
    );
}

fn each_once(rows: &[Value]) {
    for key in ["mention-id", "native-id"] {
        let ids: BTreeSet<_> = rows.iter().filter_map(|r| r[key].as_str()).collect();
        assert_eq!(
            ids.len(),
            rows.len(),
            "`{key}` is not in each row, each once"
        );
    }
}

/// What every run over a file says of itself.
fn check_counts(summary: &Value) {
    check_books(summary);
    assert_eq!(
        number(summary, "lines"),
        number(summary, "collected") + number(summary, "rejected"),
        "a line was lost"
    );
    assert_eq!(
        number(summary, "collected"),
        number(summary, "matched") + number(summary, "dropped")
    );
    assert_eq!(
        number(summary, "matched"),
        number(summary, "stored") + number(summary, "repeated")
    );
    assert_eq!(number(summary, "deleted"), 0);
}

fn read(folder: &Path, file: &Path, more: &[&str]) -> Value {
    let file = file.to_str().expect("a temporary path is text");
    let mut args = vec!["--archive", file];
    args.extend(more);
    summary(&run(folder, &[], &args))
}

/// Two gzip members one after the other, as `cat a.gz b.gz` makes them, cut in the middle of a line.
fn zipped(bytes: &[u8]) -> Vec<u8> {
    let (first, second) = bytes.split_at(bytes.len() / 2);
    let mut out = Vec::new();
    for part in [first, second] {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(part).expect("memory can be written to");
        out.extend(encoder.finish().expect("memory can be written to"));
    }
    out
}

#[test]
fn ten_thousand_texts_are_all_there_afterwards() {
    let made = made();
    assert_eq!(made.posts + made.unreadable, LINES as u64);
    assert!(
        made.posts > 10_000 && made.unreadable > 50 && made.again > 20 && made.found.len() > 500
    );
    let distinct = made.texts.len() as u64;
    assert!(
        made.posts - made.again - distinct > 200,
        "some texts come again and again"
    );
    for file in ["texts.jsonl", "texts.jsonl.gz"] {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join(file);
        let bytes = if file.ends_with("gz") {
            zipped(&made.bytes)
        } else {
            made.bytes.clone()
        };
        std::fs::write(&path, bytes).expect("the folder is writable");
        let summary = read(folder.path(), &path, &[]);
        check_counts(&summary);
        assert_eq!(number(&summary, "lines"), LINES as u64);
        assert_eq!(number(&summary, "rejected"), made.unreadable);
        assert_eq!(number(&summary, "collected"), made.posts);
        assert_eq!(number(&summary, "dropped"), 0);
        assert_eq!(number(&summary, "repeated"), made.again);
        let rows = rows(&summary);
        each_once(&rows);
        same(&texts(&rows), &made.texts);
        let kept: BTreeSet<_> = rows
            .iter()
            .filter_map(|r| r["native-id"].as_str())
            .collect();
        assert!(made.ids.iter().all(|id| kept.contains(id.as_str())));
    }
}

#[test]
fn a_query_finds_exactly_its_texts_among_ten_thousand() {
    let made = made();
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("texts.jsonl");
    std::fs::write(&path, &made.bytes).expect("the folder is writable");
    let summary = read(
        folder.path(),
        &path,
        &["--query", "lantern OR \"đèn lồng\""],
    );
    check_counts(&summary);
    assert_eq!(number(&summary, "collected"), made.posts);
    let rows = rows(&summary);
    each_once(&rows);
    same(&texts(&rows), &made.found);
}

/// Without what the gate takes out of any text: control characters, and those that turn the direction of writing.
fn plain(text: &str) -> String {
    let turns = |c: char| matches!(c as u32, 0x2028..=0x202E | 0x2066..=0x2069 | 0xFFF9..=0xFFFB | 0xFFFE | 0xFFFF);
    let cut = &text[..text.floor_char_boundary(TEXT_BYTES)];
    cut.chars()
        .filter(|c| !c.is_control() && !turns(*c))
        .collect()
}

fn plain_texts(texts: impl Iterator<Item = String>) -> Texts {
    let mut plain_texts = Texts::new();
    for text in texts {
        *plain_texts.entry(plain(&text)).or_default() += 1;
    }
    plain_texts
}

/// Over a file that a person has, such as real people's texts; none is part of this project, so its absence is never a failure.
#[test]
fn texts_of_a_given_archive_are_all_there_afterwards() {
    let name = "texts_of_a_given_archive_are_all_there_afterwards";
    let Some(path) = std::env::var_os("ISOCIAL_TEST_ARCHIVE").map(PathBuf::from) else {
        isocial_tests::note_not_run(
            name,
            "ISOCIAL_TEST_ARCHIVE=<a .jsonl or .jsonl.gz with `text` in each line and no `id`>",
        );
        return;
    };
    let mut bytes = std::fs::read(&path).expect("the named archive can be read");
    if bytes.starts_with(&[0x1f, 0x8b]) {
        let mut whole = Vec::new();
        std::io::copy(
            &mut flate2::read::MultiGzDecoder::new(bytes.as_slice()),
            &mut whole,
        )
        .expect("it is gzip");
        bytes = whole;
    }
    let file = String::from_utf8_lossy(&bytes);
    let expected = plain_texts(file.lines().filter_map(|line| {
        let line: Value = serde_json::from_str(line).ok()?;
        let text = line["text"].as_str()?.to_owned();
        (!text.trim().is_empty()).then_some(text)
    }));
    let folder = tempfile::tempdir().expect("a temporary folder");
    let summary = read(folder.path(), &path, &[]);
    check_counts(&summary);
    assert_eq!(number(&summary, "lines"), file.lines().count() as u64);
    let rows = rows(&summary);
    each_once(&rows);
    let found = plain_texts(
        rows.iter()
            .map(|r| r["text"].as_str().unwrap_or_default().to_owned()),
    );
    same(&found, &expected);
}
