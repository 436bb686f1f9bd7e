//! English language pack: language, sentiment, emotions, entities, key phrases and topics by word lists and rules.
//!
//! Lives here: what is English, and the pack's native entry. Not here: what every such pack does (`isocial_sdk::reading`), anything
//! that keeps, sends or remembers.

mod entities;
mod language;
mod lexicon;
mod model;
mod scan;
mod sentiment;
mod tokens;

use isocial_sdk::{
    language::{Analyses, Batch, Fault, LanguagePack},
    reading::{self, Hit, Named, Opinion, Phrasing, Reading, Rules, Run, Tongue, token::Token},
};

/// The English language pack.
#[derive(Debug)]
pub struct English;

isocial_sdk::language_pack!(English);

/// Reads texts one after another.
pub type Reader = reading::Reader<English>;

impl LanguagePack for English {
    /// Analyses a batch for the tasks that it names; nothing is looked at for the others.
    fn analyze(batch: &Batch) -> Result<Analyses, Fault> {
        reading::analyze::<Self>(batch)
    }
}

impl Rules for English {
    const CODE: &'static str = "en";
    const PHRASING: Phrasing = Phrasing {
        words: 4,
        too_short: 2,
    };

    fn split(text: &str, tokens: &mut Vec<Token>) {
        tokens::split(text, tokens);
    }
    fn tongue(tokens: &[Token]) -> Tongue {
        language::tongue(tokens)
    }
    fn hits(_: &str, tokens: &[Token], hits: &mut Vec<Hit>) {
        sentiment::hits(tokens, hits);
    }
    fn decide(tokens: &[Token], hits: &[Hit], weight: impl Fn(&Hit) -> f32) -> Opinion {
        sentiment::decide(tokens, hits, weight)
    }
    fn may_name(token: &Token) -> bool {
        entities::may_name(token)
    }
    fn judge(run: Run<'_>) -> Option<Named> {
        entities::judge(run)
    }
}

/// Reads one text with every analysis: the same code that runs in the sandbox, for comparison.
pub fn analyze_native(text: &str) -> Reading {
    reading::read::<English>(text)
}

/// The numbers that the sentiment model looks at, for the program that trains it.
pub fn features(reader: &Reader) -> Vec<f32> {
    sentiment::features(reader.tokens(), reader.hits(), |_| 1.0).to_vec()
}
