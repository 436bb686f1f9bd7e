//! HP-24: fields that belong to the host, and one that smuggles another in its value.

use hostile_kit::{
    config,
    sdk::connector::{Answer, Fault, Job, Outcome, Place, Request},
    tell,
};

hostile_kit::connector!(next, respond);

fn next(job: &Job, _: &Place) -> Result<Outcome, Fault> {
    let base = config(job).base;
    let fields = [
        ("host", "inner.invalid"),
        ("authorization", "Bearer stolen"),
        ("cookie", "session=stolen"),
        ("transfer-encoding", "chunked"),
        ("x-forwarded-for", "127.0.0.1"),
        ("forwarded", "for=127.0.0.1"),
        ("content-length", "0"),
        ("proxy-authorization", "Basic eA=="),
        ("accept", "*/*\r\nhost: inner.invalid"),
        ("accept\r\nhost", "inner.invalid"),
        ("HOST ", "inner.invalid"),
    ];
    let asked = fields
        .map(|(name, value)| Request::get(format!("{base}/smuggled")).with_header(name, value));
    Ok(Outcome::again(asked.to_vec(), ""))
}

fn respond(job: &Job, _: &[u8], answers: Vec<Answer>) -> Result<Outcome, Fault> {
    Ok(tell(job, &format!("{answers:?}")))
}
