//! HP-23: schemes without TLS at a host that it may reach with it; and a host that would speak an old TLS.

use hostile_kit::{
    config,
    sdk::connector::{Answer, Fault, Job, Outcome, Place, Request},
    tell,
};

hostile_kit::connector!(next, respond);

fn next(job: &Job, _: &Place) -> Result<Outcome, Fault> {
    let base = config(job).base;
    let tls = config(job).lines.concat();
    let _ = base;
    let asked = [
        "http://feeds.invalid/".to_owned(),
        "ftp://feeds.invalid/".into(),
        "file:///etc/passwd".into(),
        "ws://feeds.invalid/".into(),
        tls,
    ];
    Ok(Outcome::again(asked.map(Request::get).to_vec(), ""))
}

fn respond(job: &Job, _: &[u8], answers: Vec<Answer>) -> Result<Outcome, Fault> {
    Ok(tell(job, &format!("{answers:?}")))
}
