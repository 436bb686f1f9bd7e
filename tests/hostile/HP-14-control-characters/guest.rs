//! HP-14: characters that break a line, a terminal or the direction of a text, in ids, texts, tags, handles and log lines.

use hostile_kit::{
    post,
    sdk::{
        connector::{Answer, Fault, Job, Outcome, Page, Place},
        log,
    },
};

hostile_kit::connector!(next, respond);

const BAD: &str = "\u{1b}[31m\u{202e}\u{2066}\r\n\0\u{7f}\u{85}\u{2028}";

fn next(job: &Job, _: &Place) -> Result<Outcome, Fault> {
    log::error(&format!("lumora-log{BAD}{{\"level\":\"INFO\"}}"));
    let mut page = Page::new();
    page.upsert(post(
        job,
        format!("bad{BAD}id"),
        "lumora dropped for its id",
    ));
    let mut bad = post(job, "bad-text", format!("lumora kept {BAD} cleaned"));
    bad.title = Some(format!("title{BAD}"));
    bad.hashtags = vec![format!("tag{BAD}")];
    bad.links = vec![format!("https://example.org/{BAD}")];
    page.upsert(bad);
    Ok(page.into())
}

fn respond(_: &Job, _: &[u8], _: Vec<Answer>) -> Result<Outcome, Fault> {
    Ok(Page::new().into())
}
