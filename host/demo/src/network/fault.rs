//! What every API answer passes: the rate limit, and what goes wrong on purpose.

use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use axum::{
    Json,
    body::{Body, Bytes},
    extract::{Request, State as Shared},
    http::{HeaderName, HeaderValue, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use futures_util::{StreamExt, future, stream};
use serde_json::Value;

use super::{answer, entity, state::State, statuses};

/// Counts a request, lets it wait, refuses it where it is over the limit or unlucky, and writes the limit's fields.
pub(super) async fn guard(
    Shared(state): Shared<Arc<State>>,
    request: Request,
    next: Next,
) -> Response {
    let faults = state.faults();
    let number = state.requests.fetch_add(1, Ordering::SeqCst) + 1;
    let unlucky = |every: Option<u32>| {
        every.is_some_and(|every| every > 0 && number.is_multiple_of(u64::from(every)))
    };
    if faults.latency_ms > 0 {
        tokio::time::sleep(Duration::from_millis(faults.latency_ms)).await;
    }
    let (mut remaining, passes, reset) = state.spend();
    let mut response = if !passes || unlucky(faults.throttle_every) {
        remaining = 0;
        answer::error(StatusCode::TOO_MANY_REQUESTS, "Too many requests")
    } else if unlucky(faults.error_every) {
        answer::error(
            StatusCode::INTERNAL_SERVER_ERROR,
            "We're sorry, but something went wrong on our end.",
        )
    } else {
        next.run(request).await
    };
    let fields = [
        ("x-ratelimit-limit", state.options.rate_limit.to_string()),
        ("x-ratelimit-remaining", remaining.to_string()),
        ("x-ratelimit-reset", entity::time(reset)),
    ];
    for (name, value) in fields {
        if let Ok(value) = HeaderValue::from_str(&value) {
            response
                .headers_mut()
                .insert(HeaderName::from_static(name), value);
        }
    }
    state.served.fetch_add(1, Ordering::SeqCst);
    response
}

/// A page of statuses, as it is or as the faults want it; `empty` is what an empty page looks like here.
pub(super) fn page(state: &State, value: Value, empty: Value, link: Option<&str>) -> Response {
    let faults = state.faults();
    let number = state.pages.fetch_add(1, Ordering::SeqCst) + 1;
    let hit = |on: Option<u32>| on.is_some_and(|on| u64::from(on) == number);
    if hit(faults.empty_on) {
        return statuses::with_link(Json(empty).into_response(), link);
    }
    if hit(faults.broken_json_on) || hit(faults.cut_on) {
        let whole = value.to_string().into_bytes();
        let length = whole.len();
        let half = Bytes::from(whole).slice(..length / 2);
        let mut response = if hit(faults.cut_on) {
            // The length of the whole is announced, half of it comes, then the connection breaks.
            let cut =
                std::io::Error::new(std::io::ErrorKind::ConnectionReset, "cut off on purpose");
            let breaks = async move {
                // Long enough for the first half to leave the buffers.
                tokio::time::sleep(Duration::from_millis(50)).await;
                Err(cut)
            };
            let pieces = stream::once(future::ready(Ok(half))).chain(stream::once(breaks));
            let mut response = Response::new(Body::from_stream(pieces));
            response
                .headers_mut()
                .insert(header::CONTENT_LENGTH, HeaderValue::from(length));
            response
        } else {
            Response::new(Body::from(half))
        };
        response.headers_mut().insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/json; charset=utf-8"),
        );
        return statuses::with_link(response, link);
    }
    statuses::with_link(Json(value).into_response(), link)
}
