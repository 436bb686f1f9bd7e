//! Searches with an app password: one after the other, each to its end, then again from a little before the last time.
//!
//! The network promises no completeness: its index lags, and one search ends after some ten thousand posts. So every round begins
//! ten minutes before the last one did, and a search that ends so late is begun again from its oldest post on.

use isocial_sdk::{
    connector::{Answer, ComeBack, Fault, Instant, Job, Outcome, Page, Place, Request},
    http,
    json::At,
    time,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    SESSION,
    mark::OVERLAP_MS,
    query::{self, Search},
    tid, view, xrpc,
};

/// Posts after which an end is taken for the network's own limit.
const DEEP: u32 = 9_000;
/// Most results that the network gives at once.
const MOST: u32 = 100;

/// How far the present round has come.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
struct Mark {
    /// Which searches this is about: others begin anew.
    plan: u64,
    /// When the round began; absent between rounds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    began: Option<Instant>,
    /// Nothing older is asked for; absent in the first round.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    from: Option<Instant>,
    /// Which search.
    #[serde(default)]
    at: usize,
    /// The network's cursor in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    page: Option<String>,
    /// Nothing newer is asked for, once a search was begun again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    until: Option<Instant>,
    /// Posts that this search has found since it was begun.
    #[serde(default)]
    found: u32,
    /// The oldest of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    oldest: Option<Instant>,
}

impl Mark {
    /// Where this job stands; a round that is over, or one of other searches, is followed by a new one.
    fn of(job: &Job, place: &Place, searches: &[Search]) -> Result<Self, Fault> {
        let plan = fingerprint(searches);
        let begun = |from: Option<Instant>| Self {
            plan,
            began: Some(job.now),
            from,
            ..Self::default()
        };
        let Some(cursor) = place.cursor() else {
            return Ok(begun(job.since));
        };
        let mark: Self = serde_json::from_slice(cursor).map_err(|_| {
            Fault::permanent("the cursor is none of this connector's: begin again without one")
        })?;
        Ok(match mark {
            mark if mark.plan != plan || mark.at >= searches.len() => begun(job.since),
            Self {
                began: None, from, ..
            } => begun(from.max(job.since)),
            mark => mark,
        })
    }
}

/// Tells one set of searches from another (FNV-1a): nothing depends on it but whether a round goes on.
fn fingerprint(searches: &[Search]) -> u64 {
    let text = format!("{searches:?}");
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// The request for the next page.
pub(crate) fn next(job: &Job, place: &Place, service: &str) -> Result<Outcome, Fault> {
    let searches = query::searches(&job.plan)?;
    let mark = Mark::of(job, place, &searches)?;
    let Some(search) = searches.get(mark.at) else {
        return Err(Fault::permanent("the cursor is beyond the searches"));
    };
    let at = |instant: Option<Instant>| instant.and_then(time::to_rfc3339);
    let mut url = xrpc::query(service, "app.bsky.feed.searchPosts")
        .query("q", search.words())
        .query("sort", "latest")
        .query_opt("since", at(mark.from))
        .query_opt("until", at(mark.until))
        .query_opt("author", search.author.as_ref())
        .query_opt("lang", search.language.as_ref())
        .query_opt("domain", search.domain.as_ref());
    for tag in &search.tags {
        url = url.query("tag", tag);
    }
    let url = url
        .query("limit", job.budget.items.clamp(1, MOST))
        .query_opt("cursor", mark.page.as_ref());
    let scratch = serde_json::to_vec(&mark).unwrap_or_default();
    Ok(Outcome::again(
        vec![Request::get(url).with_credential(SESSION)],
        scratch,
    ))
}

/// One page of results.
pub(crate) fn respond(job: &Job, place: &Place, answers: Vec<Answer>) -> Result<Outcome, Fault> {
    let searches = query::searches(&job.plan)?;
    let mut mark = Mark::of(job, place, &searches)?;
    let body = results(job, answers)?;
    let body = At::root(&body);
    let posts = body.list("posts").map_err(Fault::from)?;
    let mut page = Page::new();
    let most = job.budget.items.clamp(1, MOST) as usize;
    page.rejected = posts.len().saturating_sub(most) as u32;
    for post in posts.iter().take(most) {
        match view::read(post.value(), job.now) {
            Some(found) => {
                mark.oldest = oldest(mark.oldest, sorted_at(post.value(), job.now));
                page.upsert(found);
            }
            None => page.rejected += 1,
        }
    }
    mark.found = mark.found.saturating_add(posts.len() as u32);
    let cursor = body
        .opt_text("cursor")
        .map_err(Fault::from)?
        .filter(|c| !posts.is_empty() && c.len() <= 1024);
    if let Some(cursor) = cursor {
        if mark.page.as_deref() == Some(cursor) {
            return Err(Fault::other(
                "unexpected-answer",
                "/cursor: expected the search to go on, found the place where it was",
            ));
        }
        mark.page = Some(cursor.to_owned());
    } else {
        // `until` takes no post of its very instant, so it is put a millisecond later; it must move, or the search would go round.
        let deeper = mark
            .oldest
            .filter(|_| mark.found >= DEEP)
            .map(|oldest| oldest.saturating_add(1));
        let until = deeper.filter(|deeper| mark.until.is_none_or(|until| *deeper < until));
        let at = mark.at + usize::from(until.is_none());
        mark = Mark {
            at,
            page: None,
            until,
            found: 0,
            oldest: None,
            ..mark
        };
    }
    let mut page = if mark.at < searches.len() {
        page.coming_back(ComeBack::Immediately)
    } else {
        let began = mark.began.unwrap_or(job.now);
        let seen = mark
            .from
            .filter(|from| *from <= began)
            .map(|from| (from, began));
        mark = Mark {
            plan: mark.plan,
            from: Some(began.saturating_sub(OVERLAP_MS)),
            ..Mark::default()
        };
        match seen {
            Some((from, began)) => page.having_seen(from, began, false),
            None => page,
        }
    };
    page.cursor = serde_json::to_vec(&mark).ok();
    Ok(page.into())
}

/// A search that every server can answer, to see whether the app password works.
pub(crate) fn check(service: &str) -> Request {
    let url = xrpc::query(service, "app.bsky.feed.searchPosts")
        .query("q", "bluesky")
        .query("limit", 1);
    Request::get(url).with_credential(SESSION)
}

/// What came of that.
pub(crate) fn checked(job: &Job, answers: Vec<Answer>) -> Result<String, Fault> {
    At::root(&results(job, answers)?)
        .list("posts")
        .map_err(Fault::from)?;
    Ok("signed in: searches work".into())
}

fn results(job: &Job, answers: Vec<Answer>) -> Result<Value, Fault> {
    let response = http::single(answers)?;
    xrpc::body(&response, job.now, Some(SESSION)).map_err(|refusal| match refusal.name.as_str() {
        "BadQueryString" => {
            Fault::permanent("Bluesky does not understand this search: use simpler words")
        }
        _ => refusal.into(),
    })
}

/// The time by which the network sorts: the earlier of what the post says and when it was indexed.
fn sorted_at(view: &Value, now: Instant) -> Option<Instant> {
    let said = view
        .get("record")
        .and_then(|r| r.get("createdAt")?.as_str())
        .and_then(time::rfc3339);
    let indexed = view
        .get("indexedAt")
        .and_then(Value::as_str)
        .and_then(time::rfc3339);
    let made = view::uri(view).and_then(|uri| tid::time(&uri.rkey));
    oldest(said, indexed).or(made).map(|at| at.min(now))
}

fn oldest(one: Option<Instant>, other: Option<Instant>) -> Option<Instant> {
    one.into_iter().chain(other).min()
}
