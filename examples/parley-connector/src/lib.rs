//! Reads the public messages of one room of Parley.
//!
//! Parley is invented; its API, as its imaginary handbook has it:
//! - `GET /v1/rooms/ROOM/messages?limit=N&after=ID` → `{"messages":[MESSAGE, …]}`, oldest first, at most 100;
//! - `GET /v1/messages?ids=ID,ID` → the same form, with those that still exist, at most 50;
//! - `GET /v1/rooms/ROOM` → `{"name":"…","title":"…"}`;
//! - every request bears an application's key; 429 says in `retry-after` how long to wait.
//!
//! `message.rs` reads a MESSAGE.

use std::collections::BTreeMap;

use isocial_sdk::{
    connector::{
        Answer, ComeBack, Connector, Fault, Job, Outcome, Page, Place, Recheck, Request, Verdict,
    },
    http,
    json::At,
    uri::Uri,
};

mod message;

/// The connector.
#[derive(Debug)]
pub struct Parley;

isocial_sdk::connector!(Parley, recheck);

/// The manifest's slot of the application's key.
const KEY: &str = "key";
/// Messages a page, as many as Parley gives.
const PAGE: u32 = 100;

/// A request of the API.
fn get(uri: Uri) -> Request {
    Request::get(uri.to_string()).with_credential(KEY)
}

/// An address below the API's own.
fn api<'a>(path: impl IntoIterator<Item = &'a str>) -> Uri {
    Uri::https("api.parley.example").path(["v1"]).path(path)
}

/// The room's name.
fn room(job: &Job) -> Result<String, Fault> {
    let mut config: BTreeMap<String, String> = job.config()?;
    config
        .remove("room")
        .ok_or_else(|| Fault::bad_config("/room", "is missing"))
}

impl Connector for Parley {
    fn next(job: &Job, place: &Place) -> Result<Outcome, Fault> {
        let after = place.cursor().map(String::from_utf8_lossy);
        let uri = api(["rooms", &room(job)?, "messages"])
            .query("limit", job.budget.items.min(PAGE))
            .query_opt("after", after);
        Ok(Outcome::again(vec![get(uri)], ""))
    }

    fn respond(
        job: &Job,
        _place: &Place,
        _scratch: &[u8],
        answers: Vec<Answer>,
    ) -> Result<Outcome, Fault> {
        let body = http::json_body(&http::single(answers)?, job.now, Some(KEY))?;
        let messages = At::root(&body).list("messages")?;
        let mut page = Page::new();
        // More than was asked for is asked for again, from the last one that was taken.
        for found in messages.iter().take(PAGE as usize) {
            page.cursor = Some(found.id("id")?.into_bytes());
            match message::read(found) {
                Ok(post) => page.upsert(post),
                Err(_) => page.rejected += 1,
            }
        }
        let next = if messages.is_empty() {
            ComeBack::Scheduled
        } else {
            ComeBack::Immediately
        };
        Ok(page.coming_back(next).into())
    }

    fn check(job: &Job) -> Result<Vec<Request>, Fault> {
        Ok(vec![get(api(["rooms", &room(job)?]))])
    }

    fn checked(job: &Job, answers: Vec<Answer>) -> Result<String, Fault> {
        let body = http::json_body(&http::single(answers)?, job.now, Some(KEY))?;
        let title = At::root(&body).text("title")?.chars().take(60);
        Ok(format!("reads the room {}", title.collect::<String>()))
    }
}

impl Recheck for Parley {
    fn ask(_job: &Job, refs: &[String]) -> Result<Vec<Request>, Fault> {
        Ok(vec![get(api(["messages"]).query("ids", refs.join(",")))])
    }

    /// Who is absent from a whole and well-formed answer is gone, and nobody else is.
    fn judge(job: &Job, refs: &[String], answers: Vec<Answer>) -> Result<Vec<Verdict>, Fault> {
        let body = http::json_body(&http::single(answers)?, job.now, Some(KEY))?;
        let mut found = BTreeMap::new();
        for message in At::root(&body).list("messages")? {
            // One without an id may be any of them: then absence proves nothing.
            found.insert(message.id("id")?, message::read(&message).ok());
        }
        let verdict = |id: &String| match found.remove(id) {
            Some(Some(post)) => Verdict::Changed(post),
            Some(None) => Verdict::Unknown,
            None => Verdict::Gone,
        };
        Ok(refs.iter().map(verdict).collect())
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn recorded_exchanges_replay() {
        let mut subject = isocial_testkit::Native::connector::<super::Parley>();
        isocial_testkit::replay(env!("CARGO_MANIFEST_DIR"), &mut subject).unwrap();
    }
}
