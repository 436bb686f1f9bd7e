//! Scores the pack: `cargo run --release -p plugin-vi --example score_vi -- DEV.jsonl [--target]`; without a path, `ISOCIAL_NLP_DEV` names it.
//!
//! The rows and what is printed: `isocial_testkit::reading::score`.
#![expect(clippy::print_stdout, reason = "a command's output")]

use std::{error::Error, fs};

fn main() -> Result<(), Box<dyn Error>> {
    let mut path = std::env::var("ISOCIAL_NLP_DEV").ok();
    let mut towards = false;
    for argument in std::env::args().skip(1) {
        if argument == "--target" {
            towards = true;
        } else {
            path = Some(argument);
        }
    }
    let path = path.ok_or("give the path of a JSON Lines file, or set ISOCIAL_NLP_DEV")?;
    let lines = fs::read_to_string(path)?;
    print!(
        "{}",
        isocial_testkit::reading::score::<plugin_vi::Vietnamese>(&lines, towards, false)?
    );
    Ok(())
}
