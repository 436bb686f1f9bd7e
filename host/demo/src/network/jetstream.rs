//! The whole network's stream, as Jetstream (version 1) has it: every public post, its edits and deletions, resumable by time.
//!
//! Source: the published description of Jetstream's `/subscribe`; identity events come whatever collections are wanted.

use std::{collections::HashSet, sync::Arc};

use axum::{
    extract::{
        Query, State as Shared,
        ws::{Message, WebSocket, WebSocketUpgrade},
    },
    http::StatusCode,
    response::Response,
};
use serde_json::{Value, json};
use tokio::sync::broadcast::error::RecvError;

use super::{
    answer::{self, Params},
    entity,
    state::{Event, State},
};
use crate::week::{Person, SamplePost, Tongue, Visibility};

/// The collection of posts.
const POSTS: &str = "app.bsky.feed.post";
/// What record keys and revisions are written with: sorts as the numbers do.
const SORTABLE: &[u8; 32] = b"234567abcdefghijklmnopqrstuvwxyz";
/// What accounts' and versions' names are written with.
const BASE32: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";

/// `GET /subscribe`, upgraded.
pub(super) async fn subscribe(
    Shared(state): Shared<Arc<State>>,
    Query(params): Query<Vec<(String, String)>>,
    upgrade: WebSocketUpgrade,
) -> Response {
    let params = Params(params);
    let cursor = match params.get("cursor").map(str::parse::<i64>) {
        None => None,
        Some(Ok(at)) => Some(at),
        Some(Err(_)) => return answer::error(StatusCode::BAD_REQUEST, "invalid cursor"),
    };
    let mut wanted = params
        .0
        .iter()
        .filter(|(key, _)| key == "wantedCollections")
        .peekable();
    let posts = wanted.peek().is_none() || wanted.any(|(_, value)| value == POSTS);
    upgrade.on_upgrade(move |socket| tell(state, socket, cursor, posts))
}

/// Tells what happened after the cursor, then what happens.
async fn tell(state: Arc<State>, mut socket: WebSocket, cursor: Option<i64>, posts: bool) {
    let mut news = state.events.subscribe();
    let mut at = match cursor {
        Some(cursor) => state.position_after(cursor),
        None => state.log_length(),
    };
    super::stream::set_off(&state);
    let mut introduced = HashSet::new();
    loop {
        for (time_us, event) in state.log_from(at) {
            at += 1;
            for text in texts(&state, time_us, event, posts, &mut introduced) {
                if socket.send(Message::Text(text.into())).await.is_err() {
                    return;
                }
            }
        }
        tokio::select! {
            () = state.stopping.cancelled() => {
                drop(socket.send(Message::Close(None)).await);
                return;
            }
            told = news.recv() => if matches!(told, Err(RecvError::Closed)) { return; },
            heard = socket.recv() => if matches!(heard, Some(Ok(Message::Close(_)) | Err(_)) | None) { return; },
        }
    }
}

/// What is told of an event: an account is introduced before its first post.
fn texts(
    state: &State,
    time_us: i64,
    event: Event,
    posts: bool,
    introduced: &mut HashSet<usize>,
) -> Vec<String> {
    let Some(post) = state.week.posts.get(event.index()) else {
        return Vec::new();
    };
    let Some(person) = state.week.people.get(post.author) else {
        return Vec::new();
    };
    if post.visibility != Visibility::Public {
        return Vec::new();
    }
    let did = did(person);
    let mut texts = Vec::new();
    if introduced.insert(post.author) {
        let handle = format!("{}.sample.example", person.username.replace('_', "-"));
        let identity = json!({
            "did": did, "time_us": time_us, "kind": "identity",
            "identity": { "did": did, "handle": handle, "seq": time_us, "time": entity::time(post.created) },
        });
        texts.push(identity.to_string());
    }
    if posts {
        let commit = commit(event, post);
        let event = json!({ "did": did, "time_us": time_us, "kind": "commit", "commit": commit });
        texts.push(event.to_string());
    }
    texts
}

fn commit(event: Event, post: &SamplePost) -> Value {
    let rev = sortable(post.id);
    let rkey = record_key(post);
    let operation = match event {
        Event::Delete(_) => {
            return json!({ "rev": rev, "operation": "delete", "collection": POSTS, "rkey": rkey });
        }
        Event::Update(_) => "create",
        Event::Edit(_) => "update",
    };
    let shown = match (event, &post.later) {
        (Event::Edit(_), Some(later)) => later,
        _ => &post.first,
    };
    let version = post.id.wrapping_add(u64::from(operation == "update"));
    json!({
        "rev": rev, "operation": operation, "collection": POSTS, "rkey": rkey,
        "record": {
            "$type": POSTS,
            "createdAt": entity::time(post.created),
            "langs": post.language.map(Tongue::tag).into_iter().collect::<Vec<_>>(),
            "text": shown.text,
        },
        "cid": format!("bafyrei{}", letters(BASE32, version, 52)),
    })
}

/// The account's permanent name.
pub(super) fn did(person: &Person) -> String {
    format!("did:plc:{}", letters(BASE32, person.id, 24))
}

/// A record key in the form of a time: microseconds and a clock's number.
fn record_key(post: &SamplePost) -> String {
    let micros = u64::try_from(post.created.as_millis()).unwrap_or(0) * 1_000 + post.id % 1_000;
    sortable((micros << 10) | (post.id / 1_000 % 1_024))
}

/// Thirteen letters that sort as the number does.
fn sortable(number: u64) -> String {
    (0..13)
        .rev()
        .map(|n| letter(SORTABLE, (number >> (n * 5)) & 31))
        .collect()
}

/// So many letters out of a number, the same for the same number (SplitMix64).
fn letters(alphabet: &[u8; 32], mut state: u64, many: usize) -> String {
    (0..many)
        .map(|_| {
            state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut z = state;
            z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            letter(alphabet, (z ^ (z >> 31)) & 31)
        })
        .collect()
}

fn letter(alphabet: &[u8; 32], n: u64) -> char {
    alphabet.get(n as usize).copied().map_or('2', char::from)
}
