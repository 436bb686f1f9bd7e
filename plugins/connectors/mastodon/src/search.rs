//! Full-text search, for who has a token: each word and phrase of the query by itself.
//!
//! A search gives the newest first, and begins where the last pass over it ended. Within a pass pages are numbered, because their
//! bounds by id are rounded to seconds by the server; what is posted meanwhile moves a page on and repeats a post, which is harmless.

use isocial_sdk::{
    connector::{Answer, Fault, Instant, Job, Page, Request},
    http,
    json::At,
};
use serde::{Deserialize, Serialize};

use crate::{
    TOKEN,
    config::Source,
    status::Reader,
    timeline::{held, settled},
};

/// Statuses of one pass; the rest is more than a search gives.
const DEEPEST: u32 = 2_000;

/// Where a search stands.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Walk {
    /// Everything up to here was seen; absent before the first pass is over.
    #[serde(rename = "l", default, skip_serializing_if = "Option::is_none")]
    pub(crate) low: Option<String>,
    /// The newest of this pass.
    #[serde(rename = "h", default, skip_serializing_if = "Option::is_none")]
    high: Option<String>,
    /// How many of this pass were read.
    #[serde(rename = "o", default)]
    pub(crate) offset: u32,
}

/// A request for a page of a search.
pub(crate) fn request(source: &Source, term: &str, limit: u32, from: &str, offset: u32) -> Request {
    let url = source
        .api(["v2", "search"])
        .query("q", term)
        .query("type", "statuses")
        .query("limit", limit)
        .query("min_id", from)
        .query_opt("offset", (offset > 0).then_some(offset));
    Request::get(url).with_credential(TOKEN)
}

/// What a search's answer came to.
pub(crate) struct Found {
    pub(crate) walk: Walk,
    /// Until when everything was seen, where the pass is over.
    pub(crate) until: Option<Instant>,
    pub(crate) more: bool,
    /// The search has more than it gives.
    pub(crate) capped: bool,
}

/// Reads a page of a search.
pub(crate) fn read(
    job: &Job,
    source: &Source,
    walk: &Walk,
    (from, limit): (&str, u32),
    answer: Answer,
    page: &mut Page,
) -> Result<Found, Fault> {
    let response = http::response(answer)?;
    let body = http::json_body(&response, job.now, Some(TOKEN))?;
    let statuses = At::root(&body).list("statuses")?;
    let full = statuses.len() >= limit as usize;
    let reader = Reader::new(source);
    let mut high = walk.high.clone();
    // More than was asked for is left for the next page, which begins after what was taken.
    for status in statuses.iter().take(limit as usize) {
        if let Ok(id) = status.id("id")
            && number(&id) > high.as_deref().and_then(number)
        {
            high = Some(id);
        }
        match reader.change(status) {
            Ok(change) => page.changes.push(change),
            Err(_) => page.rejected += 1,
        }
    }
    let offset = walk.offset.saturating_add(limit);
    let capped = full && offset >= DEEPEST;
    if full && !capped {
        let low = walk.low.clone();
        return Ok(Found {
            walk: Walk { low, high, offset },
            until: None,
            more: true,
            capped: false,
        });
    }
    let low = high.map_or_else(|| from.to_owned(), |high| held(job, from, high));
    Ok(Found {
        walk: Walk {
            low: Some(low),
            ..Walk::default()
        },
        until: Some(settled(job)),
        more: false,
        capped,
    })
}

fn number(id: &str) -> Option<u64> {
    id.parse().ok()
}
