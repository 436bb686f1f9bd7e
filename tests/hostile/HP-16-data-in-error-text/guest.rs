//! HP-16: fails, and puts what it was told into the failure: 64 KiB of it, as code and as message.

use hostile_kit::{
    config,
    sdk::connector::{Answer, Fault, Job, Outcome, Page, Place},
};

hostile_kit::connector!(next, respond);

fn next(job: &Job, _: &Place) -> Result<Outcome, Fault> {
    let canary = config(job).lines.concat();
    Err(Fault::Other((
        canary.clone(),
        canary.repeat(1 + 65_536 / canary.len().max(1)),
    )))
}

fn respond(_: &Job, _: &[u8], _: Vec<Answer>) -> Result<Outcome, Fault> {
    Ok(Page::new().into())
}
