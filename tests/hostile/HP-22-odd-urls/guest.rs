//! HP-22: addresses that two parsers read in two ways.

use hostile_kit::{
    config,
    sdk::connector::{Answer, Fault, Job, Outcome, Place, Request},
    tell,
};

hostile_kit::connector!(next, respond);

fn next(job: &Job, _: &Place) -> Result<Outcome, Fault> {
    let base = config(job).base;
    let _ = base;
    let asked = [
        "https://user:secret@feeds.invalid/",
        "https://feeds.invalid@evil.invalid/",
        "https:\\\\evil.invalid\\@feeds.invalid/",
        "https://feeds.invalid./",
        "https://FEEDS.Evil.INVALID/",
        "https://f\u{435}eds.invalid/",
        "https://feeds.invalid:8443/",
        "https://feeds.invalid%2eevil.invalid/",
        "https://feeds.invalid\t.evil.invalid/",
        "//feeds.invalid/",
    ];
    Ok(Outcome::again(asked.map(Request::get).to_vec(), ""))
}

fn respond(job: &Job, _: &[u8], answers: Vec<Answer>) -> Result<Outcome, Fault> {
    Ok(tell(job, &format!("{answers:?}")))
}
