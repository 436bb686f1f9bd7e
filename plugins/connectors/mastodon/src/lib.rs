//! Reads hashtags of one Mastodon server: their timelines, what it pushes, what a search finds, and whether what was read still exists.
//!
//! Only what is public is passed on as public: a post that is unlisted or for followers, and any post of an account that does not want
//! to be found, is marked so that the host drops it.

mod config;
mod cursor;
mod recheck;
mod search;
mod status;
mod stream;
mod timeline;

use isocial_sdk::{
    connector::{Answer, Connector, Fault, Job, Outcome, Page, Place, Request},
    http,
    json::At,
};

use crate::config::Source;

/// The connector.
#[derive(Debug)]
pub struct Mastodon;

isocial_sdk::connector!(Mastodon, recheck, stream);

/// The network's registered name.
const NETWORK: &str = "mastodon";
/// The manifest's slot for an access token.
const TOKEN: &str = "token";

/// The fault of an account that has nothing to read.
fn nothing_to_read() -> Fault {
    Fault::bad_config(
        "/hashtags",
        "expected at least one hashtag, here or in the query; or a word in it, and search switched on",
    )
}

impl Connector for Mastodon {
    fn next(job: &Job, place: &Place) -> Result<Outcome, Fault> {
        match place {
            Place::Cursor(_) => timeline::next(job, place, &Source::of(job)?),
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
        timeline::respond(job, place, &Source::of(job)?, scratch, answers)
    }

    /// The newest post of the first hashtag or search tells whether the server shows it, and to whom.
    fn check(job: &Job) -> Result<Vec<Request>, Fault> {
        let source = Source::of(job)?;
        Ok(vec![match source.units().first() {
            Some((false, tag)) => timeline::request(&source, tag, 1, None),
            Some((true, term)) => search::request(&source, term, 1, "0", 0),
            None => return Err(nothing_to_read()),
        }])
    }

    fn checked(job: &Job, answers: Vec<Answer>) -> Result<String, Fault> {
        let source = Source::of(job)?;
        let response = http::single(answers)?;
        let body = http::json_body(&response, job.now, Some(TOKEN))?;
        let whole = At::root(&body);
        if source.tags.is_empty() {
            whole.list("statuses")?;
            return Ok(format!("{} can be searched", source.host));
        }
        whole.elements()?;
        Ok(format!("{} shows its hashtags", source.host))
    }
}

#[cfg(test)]
mod tests {
    use super::Mastodon;

    #[test]
    fn recorded_exchanges_replay() {
        let mut subject = isocial_testkit::Native::connector::<Mastodon>()
            .and_recheck::<Mastodon>()
            .and_stream::<Mastodon>();
        let report = isocial_testkit::replay(env!("CARGO_MANIFEST_DIR"), &mut subject).unwrap();
        assert_eq!(report.missing(), []);
    }
}
