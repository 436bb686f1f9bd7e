//! Reads public posts on Bluesky: of one account from its own server, of a search, or of the whole network's stream.
//!
//! Lives here: which part of the plugin answers a call. Each way of reading has a module: `account`, `search`, `stream`;
//! `recheck` asks whether posts still exist; `post` reads a record, wherever it came from.

mod account;
mod at;
mod config;
mod mark;
mod post;
mod query;
mod recheck;
mod search;
mod stream;
mod tid;
mod view;
mod xrpc;

use isocial_sdk::connector::{
    Answer, Connector, Fault, Frame, Job, Outcome, Page, Place, Recheck, Request, Stream,
    Subscription, Verdict,
};

use config::{Config, Mode};

/// The connector.
#[derive(Debug)]
pub struct Bluesky;

isocial_sdk::connector!(Bluesky, recheck, stream);

/// The network's registered name.
const NETWORK: &str = "bluesky";
/// The manifest's slot that holds the session of an app password.
const SESSION: &str = "session";
/// The collection that posts are records of.
const POSTS: &str = "app.bsky.feed.post";

impl Connector for Bluesky {
    fn next(job: &Job, place: &Place) -> Result<Outcome, Fault> {
        match Config::of(job)?.mode {
            Mode::Account { account, service } => account::next(job, place, &account, &service),
            Mode::Search { service } => search::next(job, place, &service),
            // Posts come as frames.
            Mode::Stream { .. } => Ok(Page::new().into()),
        }
    }

    fn respond(
        job: &Job,
        place: &Place,
        scratch: &[u8],
        answers: Vec<Answer>,
    ) -> Result<Outcome, Fault> {
        match Config::of(job)?.mode {
            Mode::Account { account, service } => {
                account::respond(job, place, scratch, answers, &account, &service)
            }
            Mode::Search { .. } => search::respond(job, place, answers),
            Mode::Stream { .. } => Ok(Page::new().into()),
        }
    }

    fn check(job: &Job) -> Result<Vec<Request>, Fault> {
        Ok(match Config::of(job)?.mode {
            Mode::Account { account, service } => vec![account::check(&account, &service)],
            Mode::Search { service } => vec![search::check(&service)],
            Mode::Stream { .. } => Vec::new(),
        })
    }

    fn checked(job: &Job, answers: Vec<Answer>) -> Result<String, Fault> {
        match Config::of(job)?.mode {
            Mode::Account { .. } => account::checked(job, answers),
            Mode::Search { .. } => search::checked(job, answers),
            Mode::Stream { .. } => Ok("the public stream needs no account".into()),
        }
    }
}

impl Recheck for Bluesky {
    fn ask(job: &Job, refs: &[String]) -> Result<Vec<Request>, Fault> {
        recheck::ask(&Config::of(job)?.mode, refs)
    }
    fn judge(job: &Job, refs: &[String], answers: Vec<Answer>) -> Result<Vec<Verdict>, Fault> {
        Ok(recheck::judge(job, &Config::of(job)?.mode, refs, answers))
    }
}

impl Stream for Bluesky {
    fn open(job: &Job, cursor: Option<&[u8]>) -> Result<Subscription, Fault> {
        match Config::of(job)?.mode {
            Mode::Stream { service } => stream::open(&service, cursor),
            _ => Err(Fault::bad_config(
                "/mode",
                "expected `stream`: the other ways of reading have no stream",
            )),
        }
    }
    fn frames(
        job: &Job,
        cursor: Option<&[u8]>,
        first: u64,
        frames: Vec<Frame>,
    ) -> Result<Page, Fault> {
        stream::frames(job, cursor, first, frames)
    }
}

#[cfg(test)]
mod tests;
