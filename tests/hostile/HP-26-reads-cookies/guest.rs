//! HP-26: writes down every field of an answer.

use hostile_kit::{
    config,
    sdk::connector::{Answer, Fault, Job, Outcome, Place, Request},
    tell,
};

hostile_kit::connector!(next, respond);

fn next(job: &Job, _: &Place) -> Result<Outcome, Fault> {
    let base = config(job).base;
    Ok(Outcome::again(
        vec![Request::get(format!("{base}/cookies"))],
        "",
    ))
}

fn respond(job: &Job, _: &[u8], answers: Vec<Answer>) -> Result<Outcome, Fault> {
    let fields: Vec<String> = answers
        .iter()
        .filter_map(|answer| match answer {
            Answer::Response(response) => Some(&response.headers),
            Answer::Failed(_) => None,
        })
        .flatten()
        .map(|header| format!("{}={}", header.name, header.value))
        .collect();
    Ok(tell(job, &fields.join(" ")))
}
