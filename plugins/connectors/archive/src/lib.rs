//! Reads a file of posts, one JSON object a line, that the host streams in: no path reaches this plugin.
//!
//! `{"text": "…"}` is enough; other fields of a post are used where they are present. A line that cannot be read is counted as
//! rejected, never guessed. Posts without an id get one of the file's digest and the line's number, so that equal texts are kept apart
//! and a second run over the same file changes nothing.

mod line;

use isocial_sdk::connector::{
    Answer, Change, Connector, Fault, Frame, Job, Outcome, Page, Place, Request, Stream,
    Subscription,
};
use serde::Deserialize;

/// The connector.
#[derive(Debug)]
pub struct Archive;

isocial_sdk::connector!(Archive, stream);

/// What the host sets.
#[derive(Debug, Deserialize)]
struct Config {
    /// SHA-256 of the file, hex.
    digest: String,
}

impl Connector for Archive {
    /// Nothing is ever asked for: the lines come as frames.
    fn next(_job: &Job, _place: &Place) -> Result<Outcome, Fault> {
        Ok(Page::new().into())
    }
    fn respond(
        _job: &Job,
        _place: &Place,
        _scratch: &[u8],
        _answers: Vec<Answer>,
    ) -> Result<Outcome, Fault> {
        Ok(Page::new().into())
    }
    fn check(_job: &Job) -> Result<Vec<Request>, Fault> {
        Ok(Vec::new())
    }
    fn checked(job: &Job, _answers: Vec<Answer>) -> Result<String, Fault> {
        let _: Config = job.config()?;
        Ok("a file needs no account".into())
    }
}

impl Stream for Archive {
    fn open(job: &Job, _cursor: Option<&[u8]>) -> Result<Subscription, Fault> {
        let _: Config = job.config()?;
        Ok(Subscription::input_lines())
    }

    /// The cursor is the number of the first line that was not read yet. After a stop the host streams the file from its beginning
    /// again, and what was read before is passed over.
    fn frames(
        job: &Job,
        cursor: Option<&[u8]>,
        first: u64,
        frames: Vec<Frame>,
    ) -> Result<Page, Fault> {
        let config: Config = job.config()?;
        let read = cursor.map_or(Ok(0), line_number)?;
        let mut page = Page::new();
        let mut next = read;
        for (number, frame) in (first..).zip(frames) {
            let text = match frame {
                Frame::Closed(_) => break,
                _ if number < read => continue,
                Frame::Text(text) => Some(text),
                Frame::Binary(_) => None,
            };
            next = number + 1;
            match text
                .as_deref()
                .and_then(|text| line::post(text, &config.digest, number))
            {
                Some(post) => page.changes.push(Change::Upsert(post)),
                None => page.rejected += 1,
            }
        }
        Ok(page.with_cursor(next.to_string()))
    }
}

fn line_number(cursor: &[u8]) -> Result<u64, Fault> {
    let number = std::str::from_utf8(cursor)
        .ok()
        .and_then(|text| text.parse().ok());
    number.ok_or_else(|| Fault::permanent("the cursor is no line number: begin the file again"))
}

#[cfg(test)]
mod tests {
    use isocial_testkit::Cover;

    use super::Archive;

    #[test]
    fn recorded_exchanges_replay() {
        let mut subject = isocial_testkit::Native::connector::<Archive>().and_stream::<Archive>();
        let report = isocial_testkit::replay(env!("CARGO_MANIFEST_DIR"), &mut subject).unwrap();
        // A file neither pages, nor limits rates, nor deletes.
        assert_eq!(
            report.missing(),
            [Cover::Paging, Cover::RateLimited, Cover::Deletion]
        );
    }
}
