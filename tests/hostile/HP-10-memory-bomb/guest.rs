//! HP-10: takes memory until there is none, and touches every page of it.

use hostile_kit::sdk::connector::{Answer, Fault, Job, Outcome, Place};

hostile_kit::connector!(next, respond);

fn next(_: &Job, _: &Place) -> Result<Outcome, Fault> {
    let mut all: Vec<Vec<u8>> = Vec::new();
    loop {
        all.push(std::hint::black_box(vec![1; 1 << 20]));
    }
}

fn respond(job: &Job, _: &[u8], _: Vec<Answer>) -> Result<Outcome, Fault> {
    next(job, &Place::Cursor(None))
}
