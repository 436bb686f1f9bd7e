//! Parameters and answers in Mastodon's manner: repeated keys, JSON errors, Link headers.

use std::fmt::Write;

use axum::{
    Json,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::json;

/// Query parameters in their order, repeated ones kept.
#[derive(Debug, Default)]
pub(super) struct Params(pub(super) Vec<(String, String)>);

impl Params {
    /// The last value of `name`, as the real server takes it.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .rev()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }

    /// All values of `name[]`.
    pub(super) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        let list = self
            .0
            .iter()
            .filter(move |(key, _)| key.strip_suffix("[]") == Some(name));
        list.map(|(_, value)| value.as_str())
    }

    /// Whether `name` is switched on.
    pub(super) fn on(&self, name: &str) -> bool {
        matches!(self.get(name), Some("1" | "true" | "t" | "on"))
    }

    /// An id parameter; what is no number bounds nothing.
    pub(super) fn id(&self, name: &str) -> Option<u64> {
        self.get(name)?.parse().ok()
    }

    /// `limit`: 20 unless told, 40 at most.
    pub(super) fn limit(&self) -> usize {
        self.get("limit")
            .map_or(20, |limit| limit.parse().unwrap_or(0))
            .min(40)
    }
}

/// An error as Mastodon gives it.
pub(super) fn error(status: StatusCode, message: &str) -> Response {
    (status, Json(json!({ "error": message }))).into_response()
}

/// The `Authorization: Bearer` token, or the stream's own ways of carrying one.
pub(super) fn token<'a>(headers: &'a HeaderMap, params: &'a Params) -> Option<&'a str> {
    let bearer = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok());
    bearer
        .and_then(|value| value.strip_prefix("Bearer "))
        .or_else(|| params.get("access_token"))
        .or_else(|| {
            headers
                .get(header::SEC_WEBSOCKET_PROTOCOL)
                .and_then(|value| value.to_str().ok())
        })
}

/// Writes `text` so that it can stand in a URL's path or query.
pub(super) fn encode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            // Writing to a string cannot fail.
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

/// The `Link` field for a page of ids, newest first: older ones under `next` while the page was full, newer ones under `prev`.
pub(super) fn link(path: &str, params: &Params, ids: &[u64], limit: usize) -> Option<String> {
    let (newest, oldest) = (ids.first()?, ids.last()?);
    let mut kept = String::new();
    for (key, value) in &params.0 {
        if !matches!(
            key.as_str(),
            "max_id" | "min_id" | "since_id" | "access_token"
        ) {
            let _ = write!(kept, "{}={}&", encode(key), encode(value));
        }
    }
    let prev = format!(r#"<{path}?{kept}min_id={newest}>; rel="prev""#);
    if ids.len() < limit {
        return Some(prev);
    }
    Some(format!(
        r#"<{path}?{kept}max_id={oldest}>; rel="next", {prev}"#
    ))
}
