//! Whether posts still exist and are the same.
//!
//! A reference may be of a post that another source of the same organisation has read, so an answer counts only as far as the server
//! that gave it can know: that a record is not there, not that an account is not.

use isocial_sdk::connector::{Answer, Fault, Instant, Job, Request, Verdict};
use isocial_sdk::http;
use serde_json::Value;

use crate::{
    POSTS, SESSION,
    at::PostUri,
    config::Mode,
    post, view,
    xrpc::{self, Refusal},
};

/// Where posts are asked about that came with the stream.
const PUBLIC: &str = "https://public.api.bsky.app";
/// Most references a call: each may be a request of its own.
const MOST: usize = 16;

/// The requests for these references.
pub(crate) fn ask(mode: &Mode, refs: &[String]) -> Result<Vec<Request>, Fault> {
    if refs.len() > MOST {
        return Err(Fault::permanent(format!(
            "expected at most {MOST} references, got {}",
            refs.len()
        )));
    }
    let posts: Vec<PostUri> = refs
        .iter()
        .filter_map(|r| Some(PostUri::from_reference(r)?.0))
        .collect();
    if posts.is_empty() {
        return Ok(Vec::new());
    }
    let views = |service: &str| {
        posts.iter().fold(
            xrpc::query(service, "app.bsky.feed.getPosts"),
            |url, post| url.query("uris", post),
        )
    };
    Ok(match mode {
        Mode::Account { service, .. } => posts
            .iter()
            .map(|post| {
                let url = xrpc::query(service, "com.atproto.repo.getRecord");
                Request::get(
                    url.query("repo", &post.did)
                        .query("collection", POSTS)
                        .query("rkey", &post.rkey),
                )
            })
            .collect(),
        Mode::Search { service } => vec![Request::get(views(service)).with_credential(SESSION)],
        Mode::Stream { .. } => vec![Request::get(views(PUBLIC))],
    })
}

/// One verdict a reference.
pub(crate) fn judge(job: &Job, mode: &Mode, refs: &[String], answers: Vec<Answer>) -> Vec<Verdict> {
    let slot = matches!(mode, Mode::Search { .. }).then_some(SESSION);
    let mut bodies = answers.into_iter().map(|answer| {
        let response = http::response(answer).ok()?;
        Some(xrpc::body(&response, job.now, slot))
    });
    if let Mode::Account { account, .. } = mode {
        let mut verdict = |reference: &String| {
            let Some((uri, cid)) = PostUri::from_reference(reference) else {
                return Verdict::Unknown;
            };
            match bodies.next().flatten() {
                Some(Ok(record)) => same(&uri, cid, &record, job.now),
                Some(Err(refusal)) => refused(&uri, &refusal, account),
                None => Verdict::Unknown,
            }
        };
        return refs.iter().map(&mut verdict).collect();
    }
    let Some(Ok(body)) = bodies.next().flatten() else {
        return refs.iter().map(|_| Verdict::Unknown).collect();
    };
    let Some(posts) = body.get("posts").and_then(Value::as_array) else {
        return refs.iter().map(|_| Verdict::Unknown).collect();
    };
    refs.iter()
        .map(|reference| seen(reference, posts, job.now))
        .collect()
}

/// By the record itself.
fn same(uri: &PostUri, cid: Option<&str>, record: &Value, now: Instant) -> Verdict {
    let text = |key: &str| record.get(key).and_then(Value::as_str);
    let found = text("uri").and_then(PostUri::parse);
    let (Some(found_cid), true) = (text("cid"), found.as_ref() == Some(uri)) else {
        return Verdict::Unknown;
    };
    if cid == Some(found_cid) {
        return Verdict::Alive;
    }
    let post = record
        .get("value")
        .and_then(|value| post::read(uri, Some(found_cid), value, now));
    post.map_or(Verdict::Unknown, Verdict::Changed)
}

/// By the server's refusal. Only what it says of the record counts, and what it says of an account of its own.
fn refused(uri: &PostUri, refusal: &Refusal, account: &str) -> Verdict {
    match refusal.name.as_str() {
        "RecordNotFound" => Verdict::Gone,
        // Not public now; it may be again.
        "RepoDeactivated" | "RepoTakendown" | "RepoSuspended" => {
            Verdict::Changed(post::withdrawn(uri))
        }
        "RepoNotFound" if uri.did == account => Verdict::Gone,
        _ => Verdict::Unknown,
    }
}

/// By the network's views: a post that is asked for and not shown is not public any more.
fn seen(reference: &str, posts: &[Value], now: Instant) -> Verdict {
    let Some((uri, cid)) = PostUri::from_reference(reference) else {
        return Verdict::Unknown;
    };
    match posts
        .iter()
        .find(|view| view::uri(view).as_ref() == Some(&uri))
    {
        None => Verdict::Gone,
        Some(view) if cid.is_some() && cid == view::cid(view) => Verdict::Alive,
        Some(view) => view::read(view, now).map_or(Verdict::Unknown, Verdict::Changed),
    }
}
