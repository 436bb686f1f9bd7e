//! What the server pushes: new posts, edits and deletions of its hashtags.
//!
//! A deletion names a post by the server's own id, and a post is kept by its uri. So the cursor remembers what the ids of the newest
//! posts stand for: a post is mostly deleted soon after it was written. A deletion of an older post names nothing that this connector
//! could know; the host's recheck, which asks by the id, finds it. Frames move no timeline cursor: what a broken connection missed
//! the next walk reads.

use isocial_sdk::{
    connector::{
        AuthenticationProblem, Change, Fault, Frame, Job, Key, Page, Stream, Subscription,
    },
    json::{self, At},
    log,
};
use serde_json::{Value, json};

use crate::{Mastodon, NETWORK, TOKEN, config::Source, cursor::Cursor, status::Reader};

/// Messages after the opening, each for one hashtag more.
const MOST_MESSAGES: usize = 8;
/// Seconds between pings: proxies close what is silent for a minute.
const PING_S: u32 = 30;

impl Stream for Mastodon {
    /// The first nine hashtags by WebSocket, or the first by server-sent events; what is not streamed is polled.
    fn open(job: &Job, _cursor: Option<&[u8]>) -> Result<Subscription, Fault> {
        let source = Source::of(job)?;
        let (first, others) = source
            .tags
            .split_first()
            .ok_or_else(crate::nothing_to_read)?;
        let subscription = if source.events {
            let url = source.streaming(["hashtag"]).query("tag", first);
            Subscription::sse(url.to_string())
        } else {
            let url = source
                .streaming([])
                .query("stream", "hashtag")
                .query("tag", first);
            let mut subscription = Subscription::websocket(url.to_string());
            subscription.ping = PING_S;
            let message = |tag: &String| {
                Frame::Text(
                    json!({ "type": "subscribe", "stream": "hashtag", "tag": tag }).to_string(),
                )
            };
            subscription.greeting = others.iter().take(MOST_MESSAGES).map(message).collect();
            subscription
        };
        Ok(subscription.with_credential(TOKEN))
    }

    fn frames(
        job: &Job,
        cursor: Option<&[u8]>,
        _first: u64,
        frames: Vec<Frame>,
    ) -> Result<Page, Fault> {
        let source = Source::of(job)?;
        let mut cursor = Cursor::read(cursor)?;
        let mut page = Page::new();
        for frame in frames {
            let text = match frame {
                Frame::Text(text) => text,
                Frame::Binary(_) => {
                    page.rejected += 1;
                    continue;
                }
                Frame::Closed(_) => break,
            };
            let told = if source.events {
                of_event(&text)
            } else {
                of_message(&text)?
            };
            match told {
                Some(told) => apply(&told, &source, &mut cursor, &mut page),
                None => page.rejected += 1,
            }
        }
        Ok(page.with_cursor(cursor.write()?))
    }
}

/// One event: its name, and what it is about.
struct Told {
    event: String,
    payload: String,
}

/// A message of a WebSocket; nothing if it cannot be read. The server also says there why it refuses.
fn of_message(text: &str) -> Result<Option<Told>, Fault> {
    let Ok(message) = json::parse(text.as_bytes()) else {
        return Ok(None);
    };
    if let Some(error) = message.get("error").and_then(Value::as_str) {
        return Err(if error.to_ascii_lowercase().contains("token") {
            Fault::authentication(TOKEN, AuthenticationProblem::Rejected)
        } else {
            Fault::other("stream-refused", "the server refuses this stream")
        });
    }
    let Some(event) = message.get("event").and_then(Value::as_str) else {
        return Ok(None);
    };
    let payload = match message.get("payload") {
        // A JSON value as text, as the network has it; some software leaves it a value.
        Some(Value::String(text)) => text.clone(),
        Some(value) => value.to_string(),
        None => String::new(),
    };
    Ok(Some(Told {
        event: event.into(),
        payload,
    }))
}

/// A server-sent event; nothing if it cannot be read.
fn of_event(text: &str) -> Option<Told> {
    let (mut event, mut payload) = (None, Vec::new());
    for line in text.lines() {
        let (name, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match name {
            "event" => event = Some(value.to_owned()),
            "data" => payload.push(value),
            _ => {}
        }
    }
    Some(Told {
        event: event?,
        payload: payload.join("\n"),
    })
}

fn apply(told: &Told, source: &Source, cursor: &mut Cursor, page: &mut Page) {
    match told.event.as_str() {
        "update" | "status.update" => {
            let post = json::parse(told.payload.as_bytes())
                .ok()
                .and_then(|status| Reader::new(source).post(&At::root(&status)).ok());
            match post {
                Some(post) => {
                    // An edit is no reason to forget a newer post for it.
                    if told.event == "update" {
                        cursor.remember(&post);
                    }
                    page.changes.push(Change::Upsert(post));
                }
                None => page.rejected += 1,
            }
        }
        "delete" => match cursor.forget(told.payload.trim().trim_matches('"')) {
            Some(uri) => page.delete(Key::new(NETWORK, uri)),
            None => log::debug("a deletion of an older post is left to recheck"),
        },
        // Notices to the account that reads, and whatever comes later.
        _ => {}
    }
}
