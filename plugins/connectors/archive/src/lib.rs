//! Reads a file of posts, a JSON object a line, that the host streams in. No path reaches this plugin.

use isocial_sdk::connector::{
    Answer, Connector, Fault, Frame, Job, Outcome, Page, Place, Post, Request, Stream, Subscription, Visibility,
};

/// The connector.
#[derive(Debug)]
pub struct Archive;

isocial_sdk::connector!(Archive, stream);

impl Connector for Archive {
    fn next(_job: &Job, _place: &Place) -> Result<Outcome, Fault> {
        Ok(Page::new().into())
    }
    fn respond(_job: &Job, _place: &Place, _scratch: &[u8], _answers: Vec<Answer>) -> Result<Outcome, Fault> {
        Ok(Page::new().into())
    }
    fn check(_job: &Job) -> Result<Vec<Request>, Fault> {
        Ok(Vec::new())
    }
    fn checked(_job: &Job, _answers: Vec<Answer>) -> Result<String, Fault> {
        Ok("an archive needs no account".into())
    }
}

impl Stream for Archive {
    fn open(_job: &Job, _cursor: Option<&[u8]>) -> Result<Subscription, Fault> {
        Ok(Subscription::input_lines())
    }
    fn frames(_job: &Job, _cursor: Option<&[u8]>, first: u64, frames: Vec<Frame>) -> Result<Page, Fault> {
        let mut page = Page::new();
        for (number, frame) in (first..).zip(frames) {
            let Frame::Text(line) = frame else { continue };
            let value = serde_json::from_str::<serde_json::Value>(&line).ok();
            match value.as_ref().and_then(|v| v.get("text")).and_then(serde_json::Value::as_str) {
                Some(text) => {
                    let mut post = Post::new("archive", number.to_string());
                    post.text = Some(text.into());
                    post.visibility = Visibility::Public;
                    page.upsert(post);
                }
                None => page.rejected += 1,
            }
        }
        Ok(page)
    }
}
