//! Whatever a server sends, reading it ends in a page or a fault, within the interface's bounds.

use std::{fs, path::Path};

use isocial_sdk::connector::{
    Answer, Budget, Connector, Frame, Job, Outcome, Page, Place, QueryPlan, Recheck, Response,
    Stream,
};
use plugin_mastodon::Mastodon;

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

fn job(config: &str) -> Job {
    Job {
        plan: QueryPlan { nodes: Vec::new() },
        config: config.into(),
        state: None,
        budget: Budget {
            items: 40,
            requests: 4,
        },
        now: 1_772_625_600_000,
        since: None,
    }
}

fn within(page: &Page) {
    assert!(page.changes.len() <= 250);
    assert!(
        page.cursor
            .as_ref()
            .is_some_and(|cursor| cursor.len() <= 4096)
    );
}

#[test]
fn spoilt_answers_end_in_a_page_or_a_fault() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("exchanges");
    let job = job(r#"{"instance":"https://plaza.example","hashtags":["lotus"]}"#);
    let Ok(Outcome::Again(asked)) = Mastodon::next(&job, &Place::Cursor(None)) else {
        panic!("nothing is asked")
    };
    let refs = ["116170083532800007".to_owned(), "1".to_owned()];
    let mut seed = 0x5eed_cafe;
    let mut pages = 0;
    for name in ["walk-1.json", "hidden.json", "partly.json", "lookup.json"] {
        let body = fs::read(folder.join(name)).unwrap();
        for _ in 0..250 {
            let body = spoil(&body, &mut seed);
            let answer = || {
                Answer::Response(Response {
                    status: 200,
                    headers: Vec::new(),
                    body: body.clone(),
                })
            };
            if let Ok(Outcome::Page(page)) =
                Mastodon::respond(&job, &Place::Cursor(None), &asked.scratch, vec![answer()])
            {
                within(&page);
                pages += 1;
            }
            if let Ok(verdicts) = Mastodon::judge(&job, &refs, vec![answer()]) {
                assert_eq!(verdicts.len(), refs.len());
            }
        }
    }
    assert!(
        pages > 50,
        "only {pages} of 1,000 could be read: what is hardly broken must be"
    );
}

#[test]
fn spoilt_frames_are_counted() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("exchanges");
    let socket = fs::read(folder.join("stream.jsonl")).unwrap();
    let events = b"event: update\ndata: {\"id\":\"1\"}\n".to_vec();
    let mut seed = 0xfeed_5eed;
    for (config, body) in [
        (
            r#"{"instance":"plaza.example","hashtags":["lotus"]}"#,
            socket,
        ),
        (
            r#"{"instance":"plaza.example","hashtags":["lotus"],"streaming":"https://plaza.example"}"#,
            events,
        ),
    ] {
        for _ in 0..300 {
            let text = String::from_utf8_lossy(&spoil(&body, &mut seed)).into_owned();
            let frames = text.lines().map(|line| Frame::Text(line.into())).collect();
            if let Ok(page) = Mastodon::frames(&job(config), None, 0, frames) {
                within(&page);
            }
        }
    }
}

/// A cursor never outgrows its bound, however many hashtags there are and however long names are.
#[test]
fn cursors_stay_within_their_bound() {
    let tags: Vec<String> = (0..40).map(|n| format!("{n}{}", "ă".repeat(90))).collect();
    let config = serde_json::json!({ "instance": "plaza.example", "hashtags": tags }).to_string();
    let mut job = job(&config);
    job.budget = Budget {
        items: 250,
        requests: 16,
    };
    let (mut cursor, mut asked_for) = (None, 0);
    for _ in 0..2 {
        let place = Place::Cursor(cursor.clone());
        let Ok(Outcome::Again(again)) = Mastodon::next(&job, &place) else {
            panic!("nothing is asked")
        };
        asked_for += again.requests.len();
        assert!(again.scratch.len() <= 65_536);
        let answers = again.requests.iter().map(|_| {
            Answer::Response(Response {
                status: 200,
                headers: Vec::new(),
                body: b"[]".to_vec(),
            })
        });
        let Ok(Outcome::Page(page)) =
            Mastodon::respond(&job, &place, &again.scratch, answers.collect())
        else {
            panic!("no page")
        };
        within(&page);
        cursor = page.cursor;
    }
    assert_eq!(asked_for, 32, "the first 32 hashtags are read");
    for n in 0..200_u32 {
        let uri = format!("https://plaza.example/{n}{}", "x".repeat(460));
        let status = serde_json::json!({
            "id": n.to_string(), "uri": uri, "created_at": "2026-03-04T00:00:00Z", "content": "", "visibility": "public",
            "account": { "acct": "mai" },
        });
        let frame =
            serde_json::json!({ "event": "update", "payload": status.to_string() }).to_string();
        let page = Mastodon::frames(&job, cursor.as_deref(), 0, vec![Frame::Text(frame)]).unwrap();
        assert_eq!((page.changes.len(), page.rejected), (1, 0));
        within(&page);
        cursor = page.cursor;
    }
}
