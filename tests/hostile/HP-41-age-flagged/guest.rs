//! HP-41: an adult, a minor, and two whose age is not known, on a network that publishes the signal.

use hostile_kit::{
    post,
    sdk::connector::{AgeSignal, Answer, Fault, Job, Outcome, Page, Place},
};

hostile_kit::connector!(next, respond);

fn next(job: &Job, _: &Place) -> Result<Outcome, Fault> {
    let mut page = Page::new();
    for (id, age) in [
        ("adult", AgeSignal::Adult),
        ("minor", AgeSignal::Minor),
        ("unknown", AgeSignal::Unknown),
        ("silent", AgeSignal::NotPublished),
    ] {
        let mut post = post(job, id, format!("lumora by {id}"));
        post.network = "sample".into();
        post.age_signal = age;
        page.upsert(post);
    }
    Ok(page.into())
}

fn respond(_: &Job, _: &[u8], _: Vec<Answer>) -> Result<Outcome, Fault> {
    Ok(Page::new().into())
}
