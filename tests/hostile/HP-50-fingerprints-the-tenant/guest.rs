//! HP-50: tells all that it was given, to see whether it says for whom it works.

use hostile_kit::{
    sdk::connector::{Answer, Fault, Job, Outcome, Page, Place},
    tell,
};

hostile_kit::connector!(next, respond);

fn next(job: &Job, place: &Place) -> Result<Outcome, Fault> {
    Ok(tell(job, &format!("{job:?} {place:?}")))
}

fn respond(_: &Job, _: &[u8], _: Vec<Answer>) -> Result<Outcome, Fault> {
    Ok(Page::new().into())
}
