//! HP-15: logs what it reads, far more often than it may, and dies with it on its lips.

use hostile_kit::sdk::{
    language::{Analyses, Batch, Fault},
    log,
};

hostile_kit::pack!(analyze);

fn analyze(batch: &Batch) -> Result<Analyses, Fault> {
    for _ in 0..1_000 {
        log::error(&batch.text);
        log::info(&batch.text.repeat(100));
    }
    panic!("{}", batch.text);
}
