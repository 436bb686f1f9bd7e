//! One step: what is asked, and the page that the answer becomes.
//!
//! Lives here: conditional requests, pages of a long feed, redirects. Not here: what a feed says (`document`).

use isocial_sdk::{
    connector::{Change, ComeBack, Fault, Instant, Job, Outcome, Page, Place, Request, Response},
    http, uri,
};
use serde::{Deserialize, Serialize};

use crate::{
    document::{self, Document},
    identity,
};

/// What feeds are asked for, the best first.
const ACCEPT: &str = "application/atom+xml, application/rss+xml, application/feed+json, application/rdf+xml;q=0.9, \
     application/json;q=0.8, application/xml;q=0.8, text/xml;q=0.8, */*;q=0.1";
/// Temporary redirects that are followed in one step.
const MOST_HOPS: u8 = 3;

/// Where reading stands.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Cursor {
    /// The validators of the last feed that was read wholly, or of the one whose first page began this pass.
    #[serde(rename = "e", default, skip_serializing_if = "Option::is_none")]
    etag: Option<String>,
    #[serde(rename = "m", default, skip_serializing_if = "Option::is_none")]
    modified: Option<String>,
    /// The fingerprint of that feed's bytes, for servers without validators.
    #[serde(rename = "f", default, skip_serializing_if = "Option::is_none")]
    bytes: Option<String>,
    /// The time of its oldest item.
    #[serde(rename = "o", default, skip_serializing_if = "Option::is_none")]
    oldest: Option<Instant>,
    /// In the middle of a feed: the fingerprint of the last item that was passed on, and how many there were up to it.
    #[serde(rename = "k", default, skip_serializing_if = "Option::is_none")]
    last: Option<String>,
    #[serde(rename = "n", default, skip_serializing_if = "is_zero")]
    done: usize,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde calls it with a reference"
)]
fn is_zero(n: &usize) -> bool {
    *n == 0
}

fn cursor(place: &Place) -> Result<Cursor, Fault> {
    place.cursor().map_or_else(
        || Ok(Cursor::default()),
        |bytes| {
            serde_json::from_slice(bytes)
                .map_err(|_| Fault::permanent("the cursor is not this connector's: begin again"))
        },
    )
}

/// Asks for a feed.
pub(crate) fn request(address: impl Into<String>) -> Request {
    Request::get(address).with_header("accept", ACCEPT)
}

fn asked(address: &str, cursor: &Cursor) -> Request {
    let mut request = request(address);
    // In the middle of a feed its rest is wanted, changed or not.
    if cursor.last.is_none() {
        if let Some(etag) = &cursor.etag {
            request = request.with_header("if-none-match", etag);
        }
        if let Some(modified) = &cursor.modified {
            request = request.with_header("if-modified-since", modified);
        }
    }
    request
}

/// The request of a step.
pub(crate) fn next(address: &str, place: &Place) -> Result<Outcome, Fault> {
    Ok(Outcome::again(vec![asked(address, &cursor(place)?)], [0]))
}

/// The fault that an answer stands for, or nothing if it is 200–299; where it moved to is an absolute address.
pub(crate) fn fault(response: &Response, address: &str, now: Instant) -> Option<Fault> {
    let fault = http::fault(response, now, None)?;
    Some(match fault {
        Fault::Moved(target) => match uri::resolve(address, &target) {
            Some(target) if target != address => Fault::Moved(target),
            _ => Fault::Upstream(response.status),
        },
        other => other,
    })
}

/// The page of a step, or one more request where the feed is elsewhere for now.
pub(crate) fn respond(
    job: &Job,
    address: &str,
    place: &Place,
    scratch: &[u8],
    response: &Response,
) -> Result<Outcome, Fault> {
    let before = cursor(place)?;
    match response.status {
        304 => return Ok(unchanged(job, &before).into()),
        302 | 303 | 307 => {
            let hops = scratch.first().copied().unwrap_or(MOST_HOPS);
            let target = response
                .header("location")
                .and_then(|target| uri::resolve(address, target))
                .filter(|_| hops < MOST_HOPS)
                .ok_or(Fault::Upstream(response.status))?;
            return Ok(Outcome::again(vec![asked(&target, &before)], [hops + 1]));
        }
        _ => {}
    }
    if let Some(fault) = fault(response, address, job.now) {
        return Err(fault);
    }
    let bytes = identity::fingerprint(&response.body);
    if before.last.is_none() && before.bytes.as_ref() == Some(&bytes) {
        return Ok(unchanged(job, &before).into());
    }
    let feed = document::read(response, address)?;
    Ok(page(job, before, feed, response, bytes).into())
}

/// A page for a feed that is as it was.
fn unchanged(job: &Job, cursor: &Cursor) -> Page {
    let page = Page::new();
    match cursor.oldest {
        Some(oldest) if oldest < job.now => page.having_seen(oldest, job.now, true),
        _ => page,
    }
}

/// A field of an answer that can be sent back as it is.
fn validator(response: &Response, name: &str) -> Option<String> {
    let value = response.header(name)?.trim();
    let sendable = value.bytes().all(|b| (0x20..0x7f).contains(&b));
    (sendable && (1..=1024).contains(&value.len())).then(|| value.to_owned())
}

fn page(job: &Job, before: Cursor, feed: Document, response: &Response, bytes: String) -> Page {
    let total = feed.items.len();
    let mark = |item: &crate::item::Item| identity::fingerprint(item.id.as_bytes());
    // What was added since the last page stands before what was passed on; it comes with the next pass.
    let start = before.last.as_ref().map_or(0, |last| {
        let known = feed.items.iter().position(|item| mark(item) == *last);
        known.map_or(before.done.min(total), |index| index + 1)
    });
    let most = job.budget.items.clamp(1, 250) as usize;
    let end = total.min(start + most);
    let oldest = feed.items.iter().filter_map(|item| item.published).min();
    let last = feed.items.get(end.wrapping_sub(1)).map(mark);

    let mut page = Page::new();
    // Counted with the first page of a pass: the later ones read the same feed again.
    page.rejected = if start == 0 { feed.rejected } else { 0 };
    page.changes = feed
        .items
        .into_iter()
        .skip(start)
        .take(end.saturating_sub(start))
        .filter(|item| !item.older_than(job.since))
        .map(|item| Change::Upsert(item.into_post(&feed.about)))
        .collect();

    let first = before.last.is_none();
    let mut cursor = if first {
        Cursor {
            etag: validator(response, "etag"),
            modified: validator(response, "last-modified"),
            bytes: Some(bytes),
            oldest,
            ..Cursor::default()
        }
    } else {
        Cursor {
            last: None,
            done: 0,
            ..before
        }
    };
    if feed.broken {
        // What is broken is asked for again, whatever its validators say.
        (cursor.etag, cursor.modified, cursor.bytes) = (None, None, None);
    }
    if end < total {
        (cursor.last, cursor.done) = (last, end);
        page.next = ComeBack::Immediately;
    } else if let Some(oldest) = oldest.filter(|oldest| *oldest < job.now) {
        page = page.having_seen(oldest, job.now, !feed.broken && feed.rejected == 0);
    }
    // A cursor of strings and numbers can always be written.
    page.with_cursor(serde_json::to_vec(&cursor).unwrap_or_default())
}
