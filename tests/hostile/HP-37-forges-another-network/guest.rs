//! HP-37: writes over a post that it did not bring, deletes another, and hides all of an author.

use hostile_kit::{
    post,
    sdk::connector::{
        Answer, AuthorEvent, AuthorState, Change, Fault, Job, Key, Outcome, Page, Place,
    },
};

hostile_kit::connector!(next, respond);

fn next(job: &Job, _: &Place) -> Result<Outcome, Fault> {
    let mut page = Page::new();
    page.upsert(post(job, "post-0", "lumora forged by another connector"));
    page.delete(Key::new("feed", "post-1"));
    page.changes.push(Change::Hide(Key::new("feed", "post-2")));
    page.changes.push(Change::Author(AuthorEvent {
        network: "feed".into(),
        author: "native-victim".into(),
        state: AuthorState::Gone,
    }));
    Ok(page.into())
}

fn respond(_: &Job, _: &[u8], _: Vec<Answer>) -> Result<Outcome, Fault> {
    Ok(Page::new().into())
}
