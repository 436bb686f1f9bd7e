//! Whether posts still exist: asked by the ids that the server gave them.
//!
//! A server answers the look-up of many with those that exist: one that is absent from a whole and well-formed answer is gone, and
//! nothing else is.

use std::collections::BTreeMap;

use isocial_sdk::{
    connector::{Answer, Fault, Job, Recheck, Request, Verdict},
    http,
    json::At,
};

use crate::{Mastodon, TOKEN, config::Source, status::Reader};

/// Ids a look-up, as many as the network takes.
const BATCH: usize = 20;

impl Recheck for Mastodon {
    fn ask(job: &Job, refs: &[String]) -> Result<Vec<Request>, Fault> {
        let source = Source::of(job)?;
        let requests = refs.chunks(BATCH).map(|ids| {
            let url = ids.iter().fold(source.api(["v1", "statuses"]), |url, id| {
                url.query("id[]", id)
            });
            Request::get(url).with_credential(TOKEN)
        });
        Ok(requests.collect())
    }

    fn judge(job: &Job, refs: &[String], answers: Vec<Answer>) -> Result<Vec<Verdict>, Fault> {
        let source = Source::of(job)?;
        let mut answers = answers.into_iter();
        let mut verdicts = Vec::with_capacity(refs.len());
        for ids in refs.chunks(BATCH) {
            let answer = answers
                .next()
                .ok_or_else(|| Fault::other("answers", "expected an answer for each request"))?;
            let response = http::response(answer)?;
            let body = http::json_body(&response, job.now, Some(TOKEN))?;
            let statuses = At::root(&body).elements()?;
            let reader = Reader::new(&source, statuses.clone());
            let mut found = BTreeMap::new();
            for status in &statuses {
                // One without an id may be any of them: then absence proves nothing.
                found.insert(status.id("id")?, reader.post(status).ok());
            }
            verdicts.extend(ids.iter().map(|id| match found.get(id) {
                Some(Some(post)) => Verdict::Changed(post.clone()),
                Some(None) => Verdict::Unknown,
                None => Verdict::Gone,
            }));
        }
        Ok(verdicts)
    }
}
