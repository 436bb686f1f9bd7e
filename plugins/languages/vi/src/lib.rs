//! Vietnamese language pack: language, sentiment, emotions, entities, key phrases and topics by word lists and rules.
//!
//! Lives here: what is Vietnamese, and the pack's native entry. Not here: what every such pack does (`isocial_sdk::reading`), anything
//! that keeps, sends or remembers.

mod entities;
mod fold;
mod language;
mod lexicon;
mod scan;
mod sentiment;
mod tokens;

use isocial_sdk::{
    language::{Analyses, Batch, Fault, LanguagePack},
    reading::{self, Hit, Named, Opinion, Phrasing, Reading, Rules, Run, Tongue, token::Token},
};

/// The Vietnamese language pack.
#[derive(Debug)]
pub struct Vietnamese;

isocial_sdk::language_pack!(Vietnamese);

/// Reads texts one after another.
pub type Reader = reading::Reader<Vietnamese>;

impl LanguagePack for Vietnamese {
    /// Analyses a batch for the tasks that it names; nothing is looked at for the others.
    fn analyze(batch: &Batch) -> Result<Analyses, Fault> {
        reading::analyze::<Self>(batch)
    }
}

impl Rules for Vietnamese {
    const CODE: &'static str = "vi";
    const PHRASING: Phrasing = Phrasing {
        words: 5,
        too_short: 1,
    };

    fn split(text: &str, tokens: &mut Vec<Token>) {
        tokens::split(text, tokens);
    }
    fn tongue(tokens: &[Token]) -> Tongue {
        language::tongue(tokens)
    }
    fn hits(text: &str, tokens: &[Token], hits: &mut Vec<Hit>) {
        sentiment::hits(text, tokens, hits);
    }
    fn decide(_: &[Token], hits: &[Hit], weight: impl Fn(&Hit) -> f32) -> Opinion {
        sentiment::decide(hits, weight)
    }
    /// A capital may always begin a name: which words are written with one says little in Vietnamese.
    fn may_name(_: &Token) -> bool {
        true
    }
    fn judge(run: Run<'_>) -> Option<Named> {
        entities::judge(run)
    }
}

/// Reads one text with every analysis: the same code that runs in the sandbox, for comparison.
pub fn analyze_native(text: &str) -> Reading {
    reading::read::<Vietnamese>(text)
}
