//! What language packs that read by word lists and rules have in common: a pack brings its lists and its language's rules ([`Rules`]),
//! and this makes a language pack of them.
//!
//! Lives here: word [`table`]s, [`token`]s, the scanner's ground ([`scan`]), the way from hits to an [`opinion`], names, key phrases,
//! emotions, topics, emoji, and the answer to a batch. Not here: anything that only one language has.

pub mod emoji;
mod entities;
pub mod opinion;
mod phrases;
mod ranked;
pub mod scan;
pub mod table;
pub mod token;

pub use entities::{Named, Run};
pub use opinion::{Hit, Opinion, Polarity};
pub use phrases::Phrasing;
pub use ranked::TOPICS;

use std::marker::PhantomData;

use crate::language::{Analyses, AnalysesBuilder, Batch, EmotionLabel, Fault, Tasks};
use phrases::Phrase;
use token::{Kind, Token};

/// Confidence where only the network says that a text is in this language, and the text does not speak against it.
const BY_HINT: f32 = 0.5;

/// What a text's words say about its language.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Tongue {
    /// Confidence (0–1) that it is the pack's; nothing if it seems to be in another language or says too little.
    pub confidence: Option<f32>,
    /// It is clearly in another language.
    pub foreign: bool,
}

/// A language: its lists and rules.
pub trait Rules {
    /// Its code, BCP 47, without a region.
    const CODE: &'static str;
    /// What its key phrases are like.
    const PHRASING: Phrasing;

    /// Splits a text into tokens behind those that are there, and looks them up.
    fn split(text: &str, tokens: &mut Vec<Token>);
    /// Which language the tokens speak for.
    fn tongue(tokens: &[Token]) -> Tongue;
    /// Puts behind `hits` every word that says something good or bad, with its valence after the rules.
    fn hits(text: &str, tokens: &[Token], hits: &mut Vec<Hit>);
    /// What the hits come to, each weighed.
    fn decide(tokens: &[Token], hits: &[Hit], weight: impl Fn(&Hit) -> f32) -> Opinion;
    /// Whether a capital of this word may begin a name.
    fn may_name(token: &Token) -> bool;
    /// What a run of words with capitals names.
    fn judge(run: Run<'_>) -> Option<Named>;
}

/// What a pack reads from one text.
#[derive(Debug, Clone, PartialEq)]
pub struct Reading {
    /// Which language it is in.
    pub tongue: Tongue,
    /// Opinion of the whole text.
    pub opinion: Opinion,
    /// Emotions, strongest first, with 0–1.
    pub feelings: Vec<(EmotionLabel, f32)>,
    /// What is named, in the text's order.
    pub named: Vec<Named>,
    /// Key phrases as byte offsets, in the text's order.
    pub phrases: Vec<(u32, u32)>,
    /// Index into [`TOPICS`] with 0–1, strongest first.
    pub topics: Vec<(u16, f32)>,
}

/// Reads texts one after another in one language, reusing its buffers: after the first few texts nothing is allocated.
#[derive(Debug)]
pub struct Reader<R> {
    tokens: Vec<Token>,
    hits: Vec<Hit>,
    tongue: Tongue,
    feelings: Vec<(EmotionLabel, f32)>,
    named: Vec<Named>,
    phrases: Vec<Phrase>,
    topics: Vec<(u16, f32)>,
    rules: PhantomData<fn() -> R>,
}

impl<R> Default for Reader<R> {
    fn default() -> Self {
        Self {
            tokens: Vec::with_capacity(64),
            hits: Vec::with_capacity(16),
            tongue: Tongue::default(),
            feelings: Vec::new(),
            named: Vec::new(),
            phrases: Vec::new(),
            topics: Vec::new(),
            rules: PhantomData,
        }
    }
}

impl<R: Rules> Reader<R> {
    /// Takes in the next text; the questions below are about it.
    pub fn take(&mut self, text: &str) {
        self.tokens.clear();
        R::split(text, &mut self.tokens);
        self.tongue = R::tongue(&self.tokens);
        self.hits.clear();
        R::hits(text, &self.tokens, &mut self.hits);
    }
    /// Which language it is in.
    pub fn tongue(&self) -> Tongue {
        self.tongue
    }
    /// Opinion of the whole text; unknown if it is in another language or has no words.
    pub fn opinion(&self) -> Opinion {
        let anything = self
            .tokens
            .iter()
            .any(|t| matches!(t.kind, Kind::Word | Kind::Smile));
        if self.tongue.foreign || !anything {
            Opinion::UNKNOWN
        } else {
            R::decide(&self.tokens, &self.hits, |_| 1.0)
        }
    }
    /// Opinion towards what stands at these byte offsets.
    pub fn opinion_towards(&self, start: u32, end: u32) -> Opinion {
        if self.tongue.foreign {
            return Opinion::UNKNOWN;
        }
        opinion::nearness(&self.tokens, &self.hits, start, end).map_or(Opinion::UNKNOWN, |near| {
            R::decide(&self.tokens, &self.hits, near)
        })
    }
    /// Emotions, strongest first, at most 8.
    pub fn feelings(&mut self) -> &[(EmotionLabel, f32)] {
        ranked::feelings(&self.tokens, &mut self.feelings);
        &self.feelings
    }
    /// What is named, at most 64.
    pub fn named(&mut self, text: &str) -> &[Named] {
        entities::named::<R>(text, &self.tokens, &mut self.named);
        &self.named
    }
    /// Key phrases as byte offsets, at most 8.
    pub fn phrases(&mut self) -> impl Iterator<Item = (u32, u32)> {
        phrases::phrases(&self.tokens, R::PHRASING, &mut self.phrases);
        self.phrases.iter().map(|phrase| (phrase.start, phrase.end))
    }
    /// Topics by index into [`TOPICS`], strongest first, at most 4.
    pub fn topics(&mut self) -> &[(u16, f32)] {
        ranked::topics(&self.tokens, &mut self.topics);
        &self.topics
    }
    /// The tokens of the text, for programs that train.
    pub fn tokens(&self) -> &[Token] {
        &self.tokens
    }
    /// Its hits, for programs that train.
    pub fn hits(&self) -> &[Hit] {
        &self.hits
    }
}

/// Reads one text with every analysis: the same code that runs in the sandbox, for comparison.
pub fn read<R: Rules>(text: &str) -> Reading {
    let mut reader = Reader::<R>::default();
    reader.take(text);
    Reading {
        tongue: reader.tongue(),
        opinion: reader.opinion(),
        feelings: reader.feelings().to_vec(),
        named: reader.named(text).to_vec(),
        phrases: reader.phrases().collect(),
        topics: reader.topics().to_vec(),
    }
}

/// Analyses a batch for the tasks that it names; nothing is looked at for the others.
pub fn analyze<R: Rules>(batch: &Batch) -> Result<Analyses, Fault> {
    let mut answers = AnalysesBuilder::new(batch);
    let mut reader = Reader::<R>::default();
    let asks = |task| batch.tasks & task == task;
    for document in batch.documents() {
        let text = document.text;
        reader.take(text);
        let mut answer = answers.document(&document);
        if asks(Tasks::LANGUAGE) {
            let hinted = document.hint.is_some_and(is_of::<R>);
            let tongue = reader.tongue();
            match tongue.confidence {
                Some(confidence) if hinted => {
                    answer.language(R::CODE, 1.0 - (1.0 - confidence) / 2.0);
                }
                Some(confidence) => answer.language(R::CODE, confidence),
                None if hinted && !tongue.foreign => answer.language(R::CODE, BY_HINT),
                None => {}
            }
        }
        if asks(Tasks::SENTIMENT) {
            answer.sentiment(reader.opinion().into());
        }
        if asks(Tasks::EMOTIONS) {
            for (feeling, score) in reader.feelings() {
                answer.emotion(*feeling, *score);
            }
        }
        if asks(Tasks::ENTITIES) {
            for named in reader.named(text) {
                answer.entity(
                    named.start as usize..named.end as usize,
                    named.sort,
                    named.score,
                );
            }
            for (start, end) in reader.phrases() {
                answer.phrase(start as usize..end as usize);
            }
        }
        if asks(Tasks::TOPICS) {
            for (topic, score) in reader.topics() {
                answer.topic(*topic, *score);
            }
        }
        if asks(Tasks::SENTIMENT) && !batch.targets.is_empty() {
            for (target, span) in batch.targets_of(document.index) {
                let opinion = reader.opinion_towards(span.start as u32, span.end as u32);
                answers.target(target, opinion.into());
            }
        }
    }
    Ok(answers.finish())
}

/// Whether a language tag is of this language, whatever its region.
fn is_of<R: Rules>(hint: &str) -> bool {
    hint.split(['-', '_'])
        .next()
        .is_some_and(|code| code.eq_ignore_ascii_case(R::CODE))
}
