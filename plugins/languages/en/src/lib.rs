//! English language pack: language, sentiment, emotions, entities, key phrases and topics by word lists and rules.
//!
//! Lives here: the pack and its native entry. Not here: anything that keeps, sends or remembers.

mod emotions;
mod entities;
mod language;
mod lexicon;
mod model;
mod pack;
mod phrases;
mod scan;
mod sentiment;
mod table;
mod tokens;
mod topics;

pub use emotions::Feeling;
pub use entities::{Named, Sort};
pub use lexicon::TOPICS;
pub use pack::English;
pub use sentiment::{Opinion, Polarity};

use sentiment::Hit;
use tokens::Token;

isocial_sdk::language_pack!(English);

/// What the pack reads from one text.
#[derive(Debug, Clone, PartialEq)]
pub struct Reading {
    /// Confidence that the text is English; nothing if it seems to be in another language or says too little.
    pub english: Option<f32>,
    /// Opinion of the whole text.
    pub opinion: Opinion,
    /// Emotions, strongest first, with 0–1.
    pub feelings: Vec<(Feeling, f32)>,
    /// What is named, in the text's order.
    pub named: Vec<Named>,
    /// Key phrases as byte offsets, in the text's order.
    pub phrases: Vec<(u32, u32)>,
    /// Index into [`TOPICS`] with 0–1, strongest first.
    pub topics: Vec<(u16, f32)>,
}

/// Reads texts one after another, reusing its buffers.
#[derive(Debug, Default)]
pub struct Reader {
    tokens: Vec<Token>,
    hits: Vec<Hit>,
}

impl Reader {
    /// Takes in the next text; the questions below are about it.
    pub fn take(&mut self, text: &str) {
        tokens::split(text, &mut self.tokens);
        sentiment::hits(&self.tokens, &mut self.hits);
    }
    /// Confidence that it is English; nothing if it seems to be in another language or says too little.
    pub fn english(&self) -> Option<f32> {
        language::english(&self.tokens)
    }
    /// Whether it is clearly in another language.
    pub fn is_foreign(&self) -> bool {
        language::foreign(&self.tokens)
    }
    /// Opinion of the whole text; unknown if it is in another language or has no words.
    pub fn opinion(&self) -> Opinion {
        if self.is_foreign() {
            Opinion::UNKNOWN
        } else {
            sentiment::opinion(&self.tokens, &self.hits)
        }
    }
    /// Opinion towards what stands at these byte offsets.
    pub fn opinion_towards(&self, start: u32, end: u32) -> Opinion {
        if self.is_foreign() {
            return Opinion::UNKNOWN;
        }
        sentiment::opinion_towards(&self.tokens, &self.hits, start, end)
    }
    /// Emotions, strongest first, at most 8.
    pub fn feelings(&self) -> Vec<(Feeling, f32)> {
        emotions::feelings(&self.tokens)
    }
    /// What is named, at most 64.
    pub fn named(&self, text: &str) -> Vec<Named> {
        entities::named(text, &self.tokens)
    }
    /// Key phrases, at most 8.
    pub fn phrases(&self) -> Vec<(u32, u32)> {
        phrases::phrases(&self.tokens)
    }
    /// Topics, strongest first, at most 4.
    pub fn topics(&self) -> Vec<(u16, f32)> {
        topics::topics(&self.tokens)
    }
    /// The numbers that the sentiment model looks at, for the program that trains it.
    pub fn features(&self) -> Vec<f32> {
        sentiment::features(&self.tokens, &self.hits, |_| 1.0).to_vec()
    }
}

/// Reads one text with every analysis: the same code that runs in the sandbox, for comparison.
pub fn analyze_native(text: &str) -> Reading {
    let mut reader = Reader::default();
    reader.take(text);
    Reading {
        english: reader.english(),
        opinion: reader.opinion(),
        feelings: reader.feelings(),
        named: reader.named(text),
        phrases: reader.phrases(),
        topics: reader.topics(),
    }
}
