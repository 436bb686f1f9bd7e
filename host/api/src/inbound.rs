//! `/in/{token}`: where networks deliver. No token of an operator or a member opens it; its own unguessable part does, and only this.
//!
//! Lives here: HTTP around a delivery, its bounds, its answers. Not here: what a delivery must prove and leads to (`pipeline::inbound`).
//!
//! | answer | when |
//! | --- | --- |
//! | 204 | taken: it is on disk |
//! | 200 with a body | a challenge that the connector answers |
//! | 404, 401 | an address that is none, a signature that is none: the same body |
//! | 413 | a body above 1 MiB, or more query pairs than a connector may be given |
//! | 429 with Retry-After | this address has had its share of the minute |
//! | 503 with Retry-After | not now; nothing of it was kept |

use std::time::Duration;

use axum::{
    Router,
    body::Body,
    extract::{Path, RawQuery, Request, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
    routing::post,
};
use isocial_model::AccountId;
use isocial_pipeline::inbound::{self, Incoming, Inside, Refusal};
use isocial_store::OrgScope;

use crate::Shared;

/// Largest body · bytes.
const BODY_BYTES: usize = 1024 * 1024;
/// Longest time for a delivery to come in and to be committed; less than any other request has, so that it is told when to come again.
const DELIVERY: Duration = Duration::from_secs(25);
/// Longest token that is looked up · bytes.
const TOKEN_BYTES: usize = 128;
/// Fields that are kept in memory of one delivery; a connector sees those of the gate's list only.
const FIELDS: usize = 64;

/// The route.
pub(crate) fn router() -> Router<Shared> {
    Router::new().route("/in/{token}", post(deliver).get(challenge))
}

async fn deliver(
    State(shared): State<Shared>,
    Path(token): Path<String>,
    RawQuery(query): RawQuery,
    request: Request,
) -> Response {
    let (parts, body) = request.into_parts();
    let taken = async {
        let (scope, source, inside) = enter(&shared, &token).await?;
        let incoming = Incoming {
            query: pairs(query.as_deref()),
            headers: fields(&parts.headers),
            body: whole(&parts.headers, body).await?,
        };
        // Its own task: what has begun to be committed is not dropped because the network has gone away.
        let host = std::sync::Arc::clone(&shared.host);
        let done = tokio::spawn(async move {
            let taken = inbound::deliver(&host, &scope, &source, incoming).await;
            drop(inside);
            taken
        });
        done.await.unwrap_or(Err(Refusal::Later(60)))
    };
    match tokio::time::timeout(DELIVERY, taken).await {
        Ok(Ok(())) => StatusCode::NO_CONTENT.into_response(),
        Ok(Err(refusal)) => refused(refusal),
        Err(_) => refused(Refusal::Later(60)),
    }
}

async fn challenge(
    State(shared): State<Shared>,
    Path(token): Path<String>,
    RawQuery(query): RawQuery,
) -> Response {
    let answered = async {
        let (scope, source, _inside) = enter(&shared, &token).await?;
        inbound::challenge(&shared.host, &scope, &source, pairs(query.as_deref())).await
    };
    match tokio::time::timeout(DELIVERY, answered).await {
        Ok(Ok(text)) => {
            let plain = HeaderValue::from_static("text/plain; charset=utf-8");
            ([(header::CONTENT_TYPE, plain)], text).into_response()
        }
        Ok(Err(refusal)) => refused(refusal),
        Err(_) => refused(Refusal::Later(60)),
    }
}

/// Whose address this is, and a place among the deliveries in hand.
async fn enter(shared: &Shared, token: &str) -> Result<(OrgScope, AccountId, Inside), Refusal> {
    if token.len() > TOKEN_BYTES {
        return Err(Refusal::Unknown);
    }
    let found = shared.host.deployment.scope_for_address(token).await;
    let (scope, source) = found
        .map_err(|error| {
            tracing::error!(error = %error, "an address cannot be looked up; the network is asked to come again");
            Refusal::Later(60)
        })?
        .ok_or(Refusal::Unknown)?;
    let inside = shared
        .turnstile
        .enter(&source, shared.host.clock.now())
        .map_err(|(seconds, own)| {
            if own {
                Refusal::TooMany(seconds)
            } else {
                Refusal::Later(seconds)
            }
        })?;
    Ok((scope, source, inside))
}

/// The body, if it is not too large; a length that says so is not waited for.
async fn whole(headers: &HeaderMap, body: Body) -> Result<Vec<u8>, Refusal> {
    let said = headers
        .get(header::CONTENT_LENGTH)
        .and_then(|v| v.to_str().ok()?.parse::<usize>().ok());
    if said.is_some_and(|length| length > BODY_BYTES) {
        return Err(Refusal::TooLarge);
    }
    match axum::body::to_bytes(body, BODY_BYTES).await {
        Ok(bytes) => Ok(bytes.into()),
        // Too large without having said so, or broken off: the network sees one of the two only if it is still there.
        Err(_) => Err(Refusal::TooLarge),
    }
}

fn pairs(query: Option<&str>) -> Vec<(String, String)> {
    let Some(query) = query else {
        return Vec::new();
    };
    axum::extract::Query::<Vec<(String, String)>>::try_from_uri(
        &format!("/?{query}").parse().unwrap_or_default(),
    )
    .map(|pairs| pairs.0)
    .unwrap_or_default()
}

/// Fields as text, names in lower case. Values that are no text are left out: nothing that is signed or shown is among them.
fn fields(headers: &HeaderMap) -> Vec<(String, String)> {
    headers
        .iter()
        .filter_map(|(name, value)| {
            Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned()))
        })
        .take(FIELDS)
        .collect()
}

/// What the network is told. It is a program of strangers: no problem+json, nothing of the inside.
fn refused(refusal: Refusal) -> Response {
    let (status, after) = match refusal {
        Refusal::Unknown => (StatusCode::NOT_FOUND, None),
        Refusal::Forged => (StatusCode::UNAUTHORIZED, None),
        Refusal::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, None),
        Refusal::TooMany(seconds) => (StatusCode::TOO_MANY_REQUESTS, Some(seconds)),
        Refusal::Later(seconds) => (StatusCode::SERVICE_UNAVAILABLE, Some(seconds)),
    };
    let mut response = (status, "not taken\n").into_response();
    if let Some(seconds) = after {
        response
            .headers_mut()
            .insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}
