//! Whether posts still exist: asked by the ids that the server gave them.
//!
//! A server answers the look-up of many with those that exist: one that is absent from a whole and well-formed answer is gone, and
//! nothing else is. Servers before Mastodon 4.3 know no such look-up; the configuration says so, and they are asked one by one.

use std::collections::BTreeMap;

use isocial_sdk::{
    connector::{Answer, Fault, Job, Recheck, Request, Response, Verdict},
    http,
    json::At,
};

use crate::{Mastodon, TOKEN, config::Source, status::Reader};

/// Ids a look-up, as many as the network takes.
const BATCH: usize = 20;

impl Recheck for Mastodon {
    fn ask(job: &Job, refs: &[String]) -> Result<Vec<Request>, Fault> {
        let source = Source::of(job)?;
        let most = job.budget.requests.clamp(1, 16) as usize;
        let urls = if source.singly {
            let one = |id: &String| source.api(["v1", "statuses", id]);
            refs.iter().take(most).map(one).collect::<Vec<_>>()
        } else {
            let many = |ids: &[String]| {
                ids.iter().fold(source.api(["v1", "statuses"]), |url, id| {
                    url.query("id[]", id)
                })
            };
            refs.chunks(BATCH).take(most).map(many).collect()
        };
        let requests = urls
            .into_iter()
            .map(|url| Request::get(url).with_credential(TOKEN));
        Ok(requests.collect())
    }

    /// What the budget left out stays unknown.
    fn judge(job: &Job, refs: &[String], answers: Vec<Answer>) -> Result<Vec<Verdict>, Fault> {
        let source = Source::of(job)?;
        let size = if source.singly { 1 } else { BATCH };
        let mut answers = answers.into_iter();
        let mut verdicts = Vec::with_capacity(refs.len());
        for ids in refs.chunks(size) {
            let Some(answer) = answers.next() else {
                verdicts.extend(ids.iter().map(|_| Verdict::Unknown));
                continue;
            };
            let response = http::response(answer)?;
            verdicts.extend(if source.singly {
                vec![single(job, &source, ids, &response)?]
            } else {
                many(job, &source, ids, &response)?
            });
        }
        Ok(verdicts)
    }
}

fn single(
    job: &Job,
    source: &Source,
    ids: &[String],
    response: &Response,
) -> Result<Verdict, Fault> {
    match response.status {
        404 | 410 => return Ok(Verdict::Gone),
        // Another page of the server's, or one that it no longer shows to us.
        300..=399 | 401 | 403 => return Ok(Verdict::Unknown),
        _ => {}
    }
    let body = http::json_body(response, job.now, Some(TOKEN))?;
    let status = At::root(&body);
    let own = status.id("id").ok().is_some_and(|id| ids.contains(&id));
    let post = Reader::new(source).post(&status).ok().filter(|_| own);
    Ok(post.map_or(Verdict::Unknown, Verdict::Changed))
}

fn many(
    job: &Job,
    source: &Source,
    ids: &[String],
    response: &Response,
) -> Result<Vec<Verdict>, Fault> {
    // No such look-up: nothing is known, least of all that all posts are gone.
    if matches!(response.status, 404 | 405 | 410) {
        return Ok(ids.iter().map(|_| Verdict::Unknown).collect());
    }
    let body = http::json_body(response, job.now, Some(TOKEN))?;
    let statuses = At::root(&body).elements()?;
    let reader = Reader::new(source);
    let mut found = BTreeMap::new();
    for status in &statuses {
        // One without an id may be any of them: then absence proves nothing.
        let id = status.id("id")?;
        found.insert(id, reader.post(status).ok());
    }
    let verdict = |id: &String| match found.get(id) {
        Some(Some(post)) => Verdict::Changed(post.clone()),
        Some(None) => Verdict::Unknown,
        None => Verdict::Gone,
    };
    Ok(ids.iter().map(verdict).collect())
}
