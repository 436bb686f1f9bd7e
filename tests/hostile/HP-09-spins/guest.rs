//! HP-09: never comes back.

use hostile_kit::sdk::connector::{Answer, Fault, Job, Outcome, Place};

hostile_kit::connector!(next, respond);

fn next(_: &Job, _: &Place) -> Result<Outcome, Fault> {
    let mut n = 0_u64;
    loop {
        n = std::hint::black_box(n.wrapping_add(1));
    }
}

fn respond(job: &Job, _: &[u8], _: Vec<Answer>) -> Result<Outcome, Fault> {
    next(job, &Place::Cursor(None))
}
