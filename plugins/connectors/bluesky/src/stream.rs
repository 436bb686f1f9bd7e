//! The whole network's stream (Jetstream, version 1): posts, edits, deletions, and what happens to accounts, as they happen.
//!
//! No query is in it: the stream is shared, and the host matches. Its place is the time of the last event in microseconds. A place
//! that lies further back than the stream reaches is silently moved up by the other side; the page then says what it really saw.

use isocial_sdk::connector::{
    AuthorEvent, AuthorState, Change, Fault, Frame, Instant, Job, Key, Page, Subscription,
};
use isocial_sdk::uri::Uri;
use serde_json::Value;

use crate::{
    NETWORK, POSTS,
    at::{self, PostUri},
    post,
};

/// How far before its place a stream is taken up again, as its publisher advises · microseconds.
const REWIND_US: i64 = 5_000_000;
/// A larger hole between place and first event means that the place lay further back than the stream reaches · microseconds.
const HOLE_US: i64 = 600_000_000;

/// The subscription from this cursor on; without one, from now on.
pub(crate) fn open(service: &str, cursor: Option<&[u8]>) -> Result<Subscription, Fault> {
    let from = cursor
        .map(place)
        .transpose()?
        .map(|at| at.saturating_sub(REWIND_US).max(0));
    let url = Uri::base(service)
        .path(["subscribe"])
        .query("wantedCollections", POSTS)
        .query_opt("cursor", from);
    let mut subscription = Subscription::websocket(url);
    subscription.ping = 30;
    Ok(subscription)
}

/// A batch of frames as a page.
pub(crate) fn frames(
    job: &Job,
    cursor: Option<&[u8]>,
    first: u64,
    frames: Vec<Frame>,
) -> Result<Page, Fault> {
    let before = cursor.map(place).transpose()?;
    let mut page = Page::new();
    let mut span: Option<(i64, i64)> = None;
    for frame in frames {
        let text = match frame {
            Frame::Text(text) => text,
            Frame::Binary(_) => {
                page.rejected += 1;
                continue;
            }
            Frame::Closed(_) => continue,
        };
        let event: Option<Value> = serde_json::from_str(&text).ok();
        let Some((at, change)) = event
            .as_ref()
            .and_then(|event| Some((event.get("time_us")?.as_i64()?, change(event, job.now))))
        else {
            page.rejected += 1;
            continue;
        };
        span = Some(span.map_or((at, at), |(start, end)| (start.min(at), end.max(at))));
        match change {
            Ok(Some(change)) => page.changes.push(change),
            Ok(None) => {}
            Err(Unreadable) => page.rejected += 1,
        }
    }
    let Some((start, end)) = span else {
        return Ok(page);
    };
    let start = match before {
        Some(before) if first > 0 || start.saturating_sub(before) <= HOLE_US => before.min(end),
        _ => start,
    };
    let end_ms = (end / 1000).min(job.now);
    if start / 1000 <= end_ms {
        // What could not be read was not seen.
        let complete = page.rejected == 0;
        page = page.having_seen(start / 1000, end_ms, complete);
    }
    Ok(page.with_cursor(end.max(before.unwrap_or(0)).to_string()))
}

fn place(cursor: &[u8]) -> Result<i64, Fault> {
    let at = std::str::from_utf8(cursor)
        .ok()
        .and_then(|text| text.parse().ok())
        .filter(|at| *at >= 0);
    at.ok_or_else(|| {
        Fault::permanent("the cursor is no time in microseconds: begin again without one")
    })
}

/// An event that is not as described.
struct Unreadable;

/// What an event changes; nothing where it is about something else.
fn change(event: &Value, now: Instant) -> Result<Option<Change>, Unreadable> {
    let text = |value: &Value, key: &str| value.get(key).and_then(Value::as_str).map(str::to_owned);
    let did = text(event, "did")
        .filter(|did| at::is_did(did))
        .ok_or(Unreadable)?;
    match text(event, "kind").as_deref() {
        Some("commit") => {
            let commit = event.get("commit").ok_or(Unreadable)?;
            if text(commit, "collection").as_deref() != Some(POSTS) {
                return Ok(None);
            }
            let uri = text(commit, "rkey")
                .and_then(|rkey| PostUri::new(&did, &rkey))
                .ok_or(Unreadable)?;
            let operation = text(commit, "operation");
            match operation.as_deref() {
                Some("delete") => Ok(Some(Change::Delete(Key::new(NETWORK, uri.to_string())))),
                Some(operation @ ("create" | "update")) => {
                    let record = commit.get("record").ok_or(Unreadable)?;
                    let cid = text(commit, "cid");
                    let mut post =
                        post::read(&uri, cid.as_deref(), record, now).ok_or(Unreadable)?;
                    if operation == "update" {
                        post.edited = event
                            .get("time_us")
                            .and_then(Value::as_i64)
                            .map(|at| (at / 1000).clamp(0, now.max(0)));
                    }
                    Ok(Some(Change::Upsert(post)))
                }
                _ => Err(Unreadable),
            }
        }
        Some("account") => {
            let account = event.get("account").ok_or(Unreadable)?;
            let active = account
                .get("active")
                .and_then(Value::as_bool)
                .ok_or(Unreadable)?;
            let status = text(account, "status");
            let state = match (active, status.as_deref()) {
                (true, _) => AuthorState::Restored,
                (false, Some("deleted")) => AuthorState::Gone,
                // These say something about a server, not about the account.
                (false, Some("desynchronized" | "throttled")) => return Ok(None),
                // Taken down, suspended, deactivated, or for a reason that is not told: it may come back.
                (false, _) => AuthorState::Hidden,
            };
            Ok(Some(Change::Author(AuthorEvent {
                network: NETWORK.into(),
                author: did,
                state,
            })))
        }
        // A new handle, or a kind of event that came later.
        Some(_) => Ok(None),
        None => Err(Unreadable),
    }
}
