//! The smallest language pack that there can be: it answers every batch with nothing.
//!
//! Lives here: what the rows `instantiate`, `fresh_call` and `empty_call` of the table run. Not here: anything that takes time.

use isocial_sdk::language::{Analyses, AnalysesBuilder, Batch, Fault, LanguagePack};

/// The pack without answers.
#[derive(Debug)]
pub struct Empty;

impl LanguagePack for Empty {
    /// Looks at nothing.
    fn analyze(batch: &Batch) -> Result<Analyses, Fault> {
        Ok(AnalysesBuilder::new(batch).finish())
    }
}

isocial_sdk::language_pack!(Empty);
