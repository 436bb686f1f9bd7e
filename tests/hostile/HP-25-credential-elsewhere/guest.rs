//! HP-25: an echo in the right place; another path, twice; a placeholder in query and field; a field of the slot's own name.

use hostile_kit::{
    config,
    sdk::connector::{Answer, Fault, Job, Outcome, Place, Request},
    tell,
};

hostile_kit::connector!(next, respond);

fn next(job: &Job, _: &Place) -> Result<Outcome, Fault> {
    let base = config(job).base;
    let slot = |path: &str| Request::get(format!("{base}{path}")).with_credential("token");
    let asked = vec![
        slot("/vault/echo"),
        slot("/elsewhere"),
        slot("/vault/%2e%2e/elsewhere"),
        slot("/vaulted"),
        Request::get(format!("{base}/elsewhere?token={{credential}}"))
            .with_header("x-copy", "{credential}"),
        slot("/vault/echo").with_header("x-token", "mine"),
    ];
    Ok(Outcome::again(asked, ""))
}

fn respond(job: &Job, _: &[u8], answers: Vec<Answer>) -> Result<Outcome, Fault> {
    let bodies: Vec<String> = answers
        .iter()
        .map(|answer| match answer {
            Answer::Response(response) => String::from_utf8_lossy(&response.body).into_owned(),
            Answer::Failed(failure) => format!("{failure:?}"),
        })
        .collect();
    Ok(tell(job, &bodies.join(" | ")))
}
