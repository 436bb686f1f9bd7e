//! HP-20: asks the same name twice; its owner answers every look-up with another address.

use hostile_kit::{
    config,
    sdk::connector::{Answer, Fault, Job, Outcome, Place, Request},
    tell,
};

hostile_kit::connector!(next, respond);

fn next(job: &Job, _: &Place) -> Result<Outcome, Fault> {
    let base = config(job).base;
    Ok(Outcome::again(
        vec![Request::get(format!("{base}/first"))],
        "first",
    ))
}

fn respond(job: &Job, scratch: &[u8], answers: Vec<Answer>) -> Result<Outcome, Fault> {
    if scratch == b"first" {
        Ok(Outcome::again(
            vec![Request::get(format!("{}/second", config(job).base))],
            "second",
        ))
    } else {
        Ok(tell(job, &format!("{answers:?}")))
    }
}
