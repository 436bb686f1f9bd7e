//! Reads one feed: RSS 0.9x to 2.0, RDF, Atom 0.3 and 1.0, JSON Feed.
//!
//! An item that leaves the feed is no deletion: feeds hold only the newest. An edit comes as the same item again, so every item of a
//! feed that has changed is passed on, and the host's upserts make what is the same harmless.

mod atom;
mod date;
mod decode;
mod document;
mod identity;
mod item;
mod json_feed;
mod push;
mod rss;
mod step;
mod xml;

use isocial_sdk::{
    connector::{Answer, Connector, Fault, Job, Outcome, Page, Place, Request},
    http, uri,
};
use serde::Deserialize;

/// The connector.
#[derive(Debug)]
pub struct Feed;

isocial_sdk::connector!(Feed, inbound);

/// The registered name for what comes from feeds.
const NETWORK: &str = "feed";

/// What is read.
#[derive(Debug, Deserialize)]
struct Config {
    /// The feed's address.
    url: String,
}

/// The feed's address, checked.
fn address(job: &Job) -> Result<String, Fault> {
    let Config { url } = job.config()?;
    let url = url.trim().to_owned();
    // Plain http is the host's to refuse: an operator may have made an exception for an address of the same machine.
    if uri::parts(&url).is_some_and(|parts| matches!(parts.scheme, "https" | "http")) {
        // A fragment is never sent.
        Ok(url.split('#').next().unwrap_or_default().to_owned())
    } else {
        Err(Fault::bad_config(
            "/url",
            "expected the https address of a feed",
        ))
    }
}

impl Connector for Feed {
    fn next(job: &Job, place: &Place) -> Result<Outcome, Fault> {
        match place {
            Place::Cursor(_) => step::next(&address(job)?, place),
            // No page leaves a task.
            Place::Task(_) => Ok(Page::new().into()),
        }
    }

    fn respond(
        job: &Job,
        place: &Place,
        scratch: &[u8],
        answers: Vec<Answer>,
    ) -> Result<Outcome, Fault> {
        step::respond(job, &address(job)?, place, scratch, &http::single(answers)?)
    }

    fn check(job: &Job) -> Result<Vec<Request>, Fault> {
        Ok(vec![step::request(address(job)?)])
    }

    fn checked(job: &Job, answers: Vec<Answer>) -> Result<String, Fault> {
        let address = address(job)?;
        let response = http::single(answers)?;
        if let Some(fault) = step::fault(&response, &address, job.now) {
            return Err(fault);
        }
        let feed = document::read(&response, &address)?;
        let name = feed.about.title.as_deref().unwrap_or("a feed");
        let name: String = name.chars().filter(|c| !c.is_control()).take(100).collect();
        Ok(isocial_sdk::text::truncated(
            format!("{} items now: {name}", feed.items.len()),
            256,
        ))
    }
}

#[cfg(test)]
mod tests {
    use isocial_testkit::Cover;

    use super::Feed;

    #[test]
    fn recorded_exchanges_replay() {
        let mut subject = isocial_testkit::Native::connector::<Feed>().and_inbound::<Feed>();
        let report = isocial_testkit::replay(env!("CARGO_MANIFEST_DIR"), &mut subject).unwrap();
        // Feeds tell of no deletions.
        assert_eq!(report.missing(), [Cover::Deletion]);
    }
}
