//! What is pushed: server-sent events and WebSocket, with signs of life.

use std::{
    collections::HashSet,
    convert::Infallible,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use axum::{
    body::{Body, Bytes},
    extract::{
        Query, State as Shared,
        ws::{Message, WebSocket, WebSocketUpgrade},
    },
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::Response,
};
use futures_util::{StreamExt, future, stream};
use serde_json::{Value, json};
use tokio::{
    sync::broadcast::error::RecvError,
    time::{Instant as Tick, Interval, interval_at},
};
use tokio_stream::wrappers::{BroadcastStream, IntervalStream};

use super::{
    answer::{self, Params},
    entity,
    state::{Event, State},
};
use crate::week::{Visibility, fold};

type Asked = Query<Vec<(String, String)>>;

/// `GET /api/v1/streaming/health`
pub(super) async fn health() -> &'static str {
    "OK"
}

/// `GET /api/v1/streaming/hashtag?tag=…`
pub(super) async fn events(
    Shared(state): Shared<Arc<State>>,
    headers: HeaderMap,
    Query(params): Asked,
) -> Response {
    let params = Params(params);
    if let Some(refused) = refuse(&state, &headers, &params) {
        return refused;
    }
    let Some(tag) = params.get("tag").filter(|tag| !tag.is_empty()).map(fold) else {
        return answer::error(StatusCode::BAD_REQUEST, "Missing tag name parameter");
    };
    let told = BroadcastStream::new(state.events.subscribe());
    set_off(&state);
    let stopping = state.stopping.clone().cancelled_owned();
    let heartbeat = IntervalStream::new(heartbeat(&state)).map(|_| ":thump\n".to_owned());
    let told = told.filter_map(move |event| {
        let block = event
            .ok()
            .filter(|event| concerns(&state, *event, &tag))
            .and_then(|event| block(&state, event));
        future::ready(block)
    });
    let lines = stream::iter([":)\n".to_owned()])
        .chain(stream::select(told, heartbeat))
        .take_until(stopping);
    let mut response = Response::new(Body::from_stream(
        lines.map(|line| Ok::<_, Infallible>(Bytes::from(line))),
    ));
    let fields = response.headers_mut();
    fields.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("text/event-stream"),
    );
    fields.insert(
        header::CACHE_CONTROL,
        HeaderValue::from_static("private, no-store"),
    );
    response
}

/// `GET /api/v1/streaming`, upgraded. Subscriptions come with the address or as messages.
pub(super) async fn socket(
    Shared(state): Shared<Arc<State>>,
    headers: HeaderMap,
    Query(params): Asked,
    upgrade: WebSocketUpgrade,
) -> Response {
    let params = Params(params);
    if let Some(refused) = refuse(&state, &headers, &params) {
        return refused;
    }
    let mut tags = HashSet::new();
    match (params.get("stream"), params.get("tag")) {
        (None, _) => {}
        (Some("hashtag" | "hashtag:local"), Some(tag)) if !tag.is_empty() => {
            tags.insert(fold(tag));
        }
        (Some("hashtag" | "hashtag:local"), _) => {
            return answer::error(StatusCode::BAD_REQUEST, "Missing tag name parameter");
        }
        (Some(_), _) => return answer::error(StatusCode::BAD_REQUEST, "Unknown stream type"),
    }
    // A token that came as the subprotocol is answered with, as browsers expect.
    let offered = headers
        .get(header::SEC_WEBSOCKET_PROTOCOL)
        .and_then(|value| value.to_str().ok());
    let upgrade = match offered {
        Some(offered) => upgrade.protocols([offered.to_owned()]),
        None => upgrade,
    };
    upgrade.on_upgrade(move |socket| converse(state, socket, tags))
}

async fn converse(state: Arc<State>, mut socket: WebSocket, mut tags: HashSet<String>) {
    let mut told = state.events.subscribe();
    let mut beat = heartbeat(&state);
    set_off(&state);
    loop {
        let sent = tokio::select! {
            () = state.stopping.cancelled() => {
                drop(socket.send(Message::Close(None)).await);
                return;
            }
            _ = beat.tick() => socket.send(Message::Ping(Bytes::new())).await,
            event = told.recv() => match event {
                Ok(event) => {
                    let concerned = tags.iter().filter(|tag| concerns(&state, event, tag));
                    let frames: Vec<String> = concerned.filter_map(|tag| frame(&state, event, tag)).collect();
                    let mut sent = Ok(());
                    for text in frames {
                        sent = socket.send(Message::Text(text.into())).await;
                    }
                    sent
                }
                Err(RecvError::Lagged(_)) => Ok(()),
                Err(RecvError::Closed) => return,
            },
            heard = socket.recv() => match heard {
                Some(Ok(Message::Text(text))) => {
                    obey(&mut tags, text.as_str());
                    Ok(())
                }
                Some(Ok(Message::Close(_)) | Err(_)) | None => return,
                Some(Ok(_)) => Ok(()),
            },
        };
        if sent.is_err() {
            return;
        }
    }
}

/// Takes a message that subscribes or unsubscribes; others are ignored, as the real server does.
fn obey(tags: &mut HashSet<String>, text: &str) {
    let Ok(message) = serde_json::from_str::<Value>(text) else {
        return;
    };
    let field = |name: &str| {
        message
            .get(name)
            .and_then(Value::as_str)
            .unwrap_or_default()
    };
    if !matches!(field("stream"), "hashtag" | "hashtag:local") || field("tag").is_empty() {
        return;
    }
    match field("type") {
        "subscribe" => drop(tags.insert(fold(field("tag")))),
        "unsubscribe" => drop(tags.remove(&fold(field("tag")))),
        _ => {}
    }
}

fn refuse(state: &State, headers: &HeaderMap, params: &Params) -> Option<Response> {
    if !state.options.stream_needs_token {
        return None;
    }
    match answer::token(headers, params) {
        Some(token) if token == state.options.token => None,
        Some(_) => Some(answer::error(
            StatusCode::UNAUTHORIZED,
            "Invalid access token",
        )),
        None => Some(answer::error(
            StatusCode::UNAUTHORIZED,
            "Missing access token",
        )),
    }
}

fn heartbeat(state: &State) -> Interval {
    let every = Duration::from_millis(state.options.heartbeat_ms.max(1));
    interval_at(Tick::now() + every, every)
}

/// Streams tell of public posts only.
fn concerns(state: &State, event: Event, tag: &str) -> bool {
    let public = state
        .week
        .posts
        .get(event.index())
        .is_some_and(|post| post.visibility == Visibility::Public);
    public && state.tags(event.index()).iter().any(|own| own == tag)
}

/// The event's name and payload.
fn payload(state: &State, event: Event) -> Option<(&'static str, String)> {
    let post = state.week.posts.get(event.index())?;
    Some(match event {
        Event::Update(index) => ("update", entity::status(state, index, post).to_string()),
        Event::Edit(index) => (
            "status.update",
            entity::status(state, index, post).to_string(),
        ),
        Event::Delete(_) => ("delete", post.id.to_string()),
    })
}

fn block(state: &State, event: Event) -> Option<String> {
    payload(state, event).map(|(name, payload)| format!("event: {name}\ndata: {payload}\n\n"))
}

fn frame(state: &State, event: Event, tag: &str) -> Option<String> {
    let (name, payload) = payload(state, event)?;
    Some(json!({ "stream": ["hashtag", tag], "event": name, "payload": payload }).to_string())
}

/// Lets the live week begin with its first reader, where that is wanted.
pub(super) fn set_off(state: &Arc<State>) {
    let Some(gap) = state.options.live_gap_ms else {
        return;
    };
    if state.set_off.swap(true, Ordering::SeqCst) {
        return;
    }
    let state = Arc::clone(state);
    tokio::spawn(async move {
        let live = async {
            loop {
                tokio::time::sleep(Duration::from_millis(gap)).await;
                if state.publish_next().is_none() && state.change_next().is_none() {
                    return;
                }
            }
        };
        tokio::select! { () = live => {}, () = state.stopping.cancelled() => {} }
    });
}
