//! The well-behaved connector: gives the texts that it is configured with, once. Feeds other cases; in the place of a hostile guest it
//! proves that a check can fail.

use hostile_kit::{
    config, post,
    sdk::connector::{Answer, Fault, Job, Outcome, Page, Place},
};

hostile_kit::connector!(next, respond);

fn next(job: &Job, place: &Place) -> Result<Outcome, Fault> {
    let mut page = Page::new().with_cursor("read");
    if place.cursor().is_none() {
        let config = config(job);
        let id = if config.id.is_empty() {
            "post"
        } else {
            &config.id
        };
        for (n, line) in config.lines.into_iter().enumerate() {
            page.upsert(post(job, format!("{id}-{n}"), line));
        }
    }
    Ok(page.into())
}

fn respond(_: &Job, _: &[u8], _: Vec<Answer>) -> Result<Outcome, Fault> {
    Ok(Page::new().into())
}
