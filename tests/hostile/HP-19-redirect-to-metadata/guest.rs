//! HP-19: follows by hand where an allowed host sends it.

use hostile_kit::{
    config,
    sdk::connector::{Answer, Fault, Job, Outcome, Place, Request},
    tell,
};

hostile_kit::connector!(next, respond);

fn next(job: &Job, _: &Place) -> Result<Outcome, Fault> {
    let base = config(job).base;
    Ok(Outcome::again(
        vec![Request::get(format!("{base}/start"))],
        "sent",
    ))
}

fn respond(job: &Job, scratch: &[u8], answers: Vec<Answer>) -> Result<Outcome, Fault> {
    let location = answers.iter().find_map(|answer| match answer {
        Answer::Response(response) if scratch == b"sent" => {
            response.header("location").map(str::to_owned)
        }
        _ => None,
    });
    match location {
        Some(location) => Ok(Outcome::again(vec![Request::get(location)], "followed")),
        None => Ok(tell(job, &format!("{answers:?}"))),
    }
}
