//! HP-46: sixteen requests a round, round after round; or seventeen at once.

use hostile_kit::{
    config,
    sdk::connector::{Answer, Fault, Job, Outcome, Place, Request},
};

hostile_kit::connector!(next, respond);

fn next(job: &Job, _: &Place) -> Result<Outcome, Fault> {
    let base = config(job).base;
    let many = if config(job).lines.concat() == "many" {
        17
    } else {
        16
    };
    Ok(Outcome::again(
        (0..many)
            .map(|n| Request::get(format!("{base}/spent/{n}")))
            .collect(),
        "0",
    ))
}

fn respond(job: &Job, scratch: &[u8], answers: Vec<Answer>) -> Result<Outcome, Fault> {
    let _ = (answers, scratch);
    let base = config(job).base;
    Ok(Outcome::again(
        (0..16)
            .map(|n| Request::get(format!("{base}/again/{n}")))
            .collect(),
        "1",
    ))
}
