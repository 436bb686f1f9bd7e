//! HP-42: dates its posts ten years ahead.

use hostile_kit::{
    post,
    sdk::connector::{Answer, Fault, Job, Outcome, Page, Place},
};

hostile_kit::connector!(next, respond);

fn next(job: &Job, _: &Place) -> Result<Outcome, Fault> {
    let mut page = Page::new();
    for (id, at) in [("ahead", job.now + 315_360_000_000), ("never", i64::MAX)] {
        let mut post = post(job, id, format!("lumora {id}"));
        post.created = Some(at);
        post.edited = Some(at);
        page.upsert(post);
    }
    Ok(page.into())
}

fn respond(_: &Job, _: &[u8], _: Vec<Answer>) -> Result<Outcome, Fault> {
    Ok(Page::new().into())
}
