//! Whatever a server sends, reading it ends in a page or a fault, within the interface's bounds.

#![expect(
    clippy::unwrap_used,
    reason = "a test ends where its file is not as it must be"
)]

use std::{fs, path::Path};

use isocial_sdk::connector::{
    Answer, Budget, Change, Connector, Header, Job, Outcome, Place, QueryPlan, Response,
};
use plugin_feed::Feed;

/// A step of a seeded generator: the test's chance is the same on every run.
fn roll(seed: &mut u64) -> usize {
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    (*seed >> 11) as usize
}

/// Some bytes changed, left out, doubled or cut.
fn spoil(body: &[u8], seed: &mut u64) -> Vec<u8> {
    let mut bytes = body.to_vec();
    for _ in 0..=roll(seed) % 6 {
        if bytes.is_empty() {
            break;
        }
        let at = roll(seed) % bytes.len();
        match roll(seed) % 5 {
            0 => bytes[at] = roll(seed) as u8,
            1 => drop(bytes.remove(at)),
            2 => bytes.truncate(at),
            3 => {
                let end = (at + roll(seed) % 40).min(bytes.len());
                let piece = bytes[at..end].to_vec();
                bytes.splice(at..at, piece);
            }
            _ => bytes[at] = b"<>&\"'{}[]:,\0\xff/"[roll(seed) % 14],
        }
    }
    bytes
}

fn job() -> Job {
    Job {
        plan: QueryPlan { nodes: Vec::new() },
        config: r#"{"url":"https://news.example/feed.xml"}"#.into(),
        state: None,
        budget: Budget {
            items: 250,
            requests: 4,
        },
        now: 1_772_625_600_000,
        since: None,
    }
}

/// Reads a body, and returns how many items it gave and how many it could not.
fn read(body: Vec<u8>, media_type: &str) -> Option<(usize, u32)> {
    let answer = Answer::Response(Response {
        status: 200,
        headers: vec![Header {
            name: "content-type".into(),
            value: media_type.into(),
        }],
        body,
    });
    match Feed::respond(&job(), &Place::Cursor(None), &[0], vec![answer]) {
        Ok(Outcome::Page(page)) => {
            assert!(page.changes.len() <= 250);
            assert!(
                page.cursor
                    .as_ref()
                    .is_some_and(|cursor| cursor.len() <= 4096)
            );
            for change in &page.changes {
                let Change::Upsert(post) = change else {
                    panic!("only posts")
                };
                assert!((1..=512).contains(&post.native_id.len()));
                assert!(
                    post.text
                        .as_ref()
                        .is_none_or(|text| !text.is_empty() && text.len() <= 65_536)
                );
                assert!(
                    post.title
                        .as_ref()
                        .is_none_or(|title| !title.is_empty() && title.len() <= 1024)
                );
                assert!(
                    post.url
                        .as_ref()
                        .is_none_or(|url| url.to_ascii_lowercase().starts_with("http"))
                );
                assert!(
                    post.links.len() <= 64 && post.media.len() <= 32 && post.hashtags.len() <= 64
                );
            }
            Some((page.changes.len(), page.rejected))
        }
        Ok(Outcome::Again(_)) => panic!("a whole answer asks for no more"),
        Err(_) => None,
    }
}

#[test]
fn spoilt_feeds_end_in_a_page_or_a_fault() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("exchanges");
    let mut seed = 0x5eed_cafe;
    let mut pages = 0;
    for name in [
        "rss2.xml",
        "atom.xml",
        "atom03.xml",
        "rdf.xml",
        "rss091.xml",
        "feed.json",
    ] {
        let body = fs::read(folder.join(name)).unwrap();
        for _ in 0..500 {
            pages += usize::from(read(spoil(&body, &mut seed), "text/xml").is_some());
        }
    }
    assert!(
        pages > 300,
        "only {pages} of 3,000 could be read: what is hardly broken must be"
    );
}

/// Feeds that others wrote, broken ones among them, in the folder that the variable names; they are not part of this project.
#[test]
fn feeds_of_others_can_be_read() {
    let Some(folder) = std::env::var_os("ISOCIAL_TEST_FEEDS") else {
        return not_run(
            "plugin-feed: feeds of others · set ISOCIAL_TEST_FEEDS to a folder of feeds",
        );
    };
    let (mut whole, mut unread) = (0, Vec::new());
    let mut paths: Vec<_> = vec![std::path::PathBuf::from(folder)];
    while let Some(path) = paths.pop() {
        if path.is_dir() {
            paths.extend(
                fs::read_dir(path)
                    .unwrap()
                    .map(|entry| entry.unwrap().path()),
            );
            continue;
        }
        let kind = path
            .extension()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        if !matches!(kind.as_str(), "xml" | "json" | "rss" | "atom") {
            continue;
        }
        // What another reader made of it may lie beside it: then the number of items must agree.
        if path.to_string_lossy().ends_with(".serde.json") {
            continue;
        }
        let model = fs::read(path.with_extension("serde.json")).ok();
        let model =
            model.and_then(|model| serde_json::from_slice::<serde_json::Value>(&model).ok());
        let expected = model.and_then(|model| Some(model.get("entries")?.as_array()?.len()));
        match read(fs::read(&path).unwrap(), &format!("application/{kind}")) {
            Some((items, rejected)) if expected.is_some_and(|n| n != items + rejected as usize) => {
                unread.push((
                    path.file_name().unwrap_or_default().to_owned(),
                    Some((items, rejected)),
                ));
            }
            Some((items, rejected)) if items > 0 || rejected == 0 => whole += 1,
            other => unread.push((path.file_name().unwrap_or_default().to_owned(), other)),
        }
    }
    assert!(
        whole > 0 && unread.len() * 10 <= whole,
        "{whole} read, not these: {unread:?}"
    );
}

/// Says that a check was not run, where somebody collects that.
fn not_run(what: &str) {
    use std::io::Write as _;
    let Some(path) = std::env::var_os("ISOCIAL_NOT_RUN_FILE") else {
        return;
    };
    let mut file = fs::OpenOptions::new()
        .create(true)
        .append(true)
        .open(path)
        .unwrap();
    writeln!(file, "{what}").unwrap();
}
