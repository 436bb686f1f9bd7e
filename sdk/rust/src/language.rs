//! Language packs: read text in their languages. They get redacted text without ids or authors, in flat batches.
//!
//! The flat lists of the interface are hidden: [`Batch::documents`] hands out one document after another, and an
//! [`AnalysesBuilder`] takes one answer a document and makes the flat lists.
//!
//! ```
//! use isocial_sdk::language::{Analyses, AnalysesBuilder, Batch, LanguagePack, Sentiment};
//! use isocial_sdk::types::Fault;
//!
//! struct Cheerful;
//! impl LanguagePack for Cheerful {
//!     fn analyze(batch: &Batch) -> Result<Analyses, Fault> {
//!         let mut answers = AnalysesBuilder::new(batch);
//!         for document in batch.documents() {
//!             let mut answer = answers.document(&document);
//!             answer.language("en", 0.9);
//!             if document.text.contains("lovely") {
//!                 answer.sentiment(Sentiment::from_probabilities([0.0, 0.1, 0.9], 0.8));
//!             }
//!         }
//!         Ok(answers.finish())
//!     }
//! }
//! isocial_sdk::language_pack!(Cheerful);
//! ```

use std::ops::Range;

pub use crate::bindings::exports::isocial::plugin::language_pack::Tasks;
pub use crate::types::Fault;
pub use words::{
    Analyses, Batch, Emotion, EmotionLabel, Entity, EntityKind, LanguageGuess, Sentiment,
    SentimentLabel, Span, Target, Topic,
};

pub(crate) mod wire;
mod words;

/// Required of every language pack.
pub trait LanguagePack {
    /// Analyses a batch: read it with [`Batch::documents`], answer with [`AnalysesBuilder`].
    fn analyze(batch: &Batch) -> Result<Analyses, Fault>;
}

/// Index that stands for no hint and for an unknown language.
const NONE: u8 = u8::MAX;

/// One document of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Document<'a> {
    /// Its index in the batch.
    pub index: u32,
    /// Its text, redacted.
    pub text: &'a str,
    /// Which language the network says it is in (BCP 47), where the grant names that.
    pub hint: Option<&'a str>,
    /// Day of publication, in days since 1970-01-01, where the grant names that.
    pub day: Option<i32>,
}

impl Batch {
    /// How many documents there are.
    pub fn len(&self) -> usize {
        self.ends.len()
    }
    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }
    /// The documents, in order. Offsets that make no sense give an empty text, so that indices stay true.
    pub fn documents(&self) -> impl Iterator<Item = Document<'_>> {
        let mut start = 0;
        self.ends.iter().enumerate().map(move |(i, end)| {
            let end = *end as usize;
            let text = self.text.get(start..end).unwrap_or_default();
            start = end;
            let hint = self.hint.get(i).filter(|h| **h != NONE);
            Document {
                index: i as u32,
                text,
                hint: hint
                    .and_then(|h| self.hints.get(usize::from(*h)))
                    .map(String::as_str),
                day: self.days.get(i).copied(),
            }
        })
    }
    /// The targets of one document: index among the batch's targets, and byte offsets within the document.
    pub fn targets_of(&self, document: u32) -> impl Iterator<Item = (usize, Range<usize>)> {
        let targets = self
            .targets
            .iter()
            .enumerate()
            .filter(move |(_, t)| t.document == document);
        targets.map(|(i, t)| (i, t.start as usize..t.end as usize))
    }
}

impl Sentiment {
    /// Not known, rather than guessed.
    pub const fn unknown() -> Self {
        Self {
            label: SentimentLabel::Unknown,
            negative: 0.0,
            neutral: 0.0,
            positive: 0.0,
            score: 0.0,
        }
    }
    /// Opinion by the probabilities of negative, neutral and positive, and an intensity from −1 to 1.
    ///
    /// The probabilities are scaled to add up to 1 and the label is the most probable one, neutral where two are equal. Unknown
    /// where nothing is probable.
    pub fn from_probabilities(probabilities: [f32; 3], score: f32) -> Self {
        let [negative, neutral, positive] = probabilities.map(|p| if p > 0.0 { p } else { 0.0 });
        let sum = negative + neutral + positive;
        if !sum.is_finite() || sum <= 0.0 || score.is_nan() {
            return Self::unknown();
        }
        let label = if negative > neutral && negative > positive {
            SentimentLabel::Negative
        } else if positive > neutral && positive > negative {
            SentimentLabel::Positive
        } else {
            SentimentLabel::Neutral
        };
        Self {
            label,
            negative: negative / sum,
            neutral: neutral / sum,
            positive: positive / sum,
            score: score.clamp(-1.0, 1.0),
        }
    }
}

/// Takes one answer a document and makes the flat lists. Documents are answered in their order; one that is not is unknown.
#[derive(Debug)]
pub struct AnalysesBuilder {
    documents: usize,
    targets: usize,
    out: Analyses,
}

impl AnalysesBuilder {
    /// Begins the answers to this batch.
    pub fn new(batch: &Batch) -> Self {
        Self {
            documents: batch.len(),
            targets: batch.targets.len(),
            out: Analyses::default(),
        }
    }
    /// The answer to one document.
    pub fn document<'a>(&'a mut self, document: &Document<'a>) -> Answer<'a> {
        Answer {
            builder: self,
            index: document.index,
            text: document.text,
        }
    }
    /// The opinion towards a target, by its index among the batch's targets.
    pub fn target(&mut self, target: usize, sentiment: Sentiment) {
        place(
            &mut self.out.target_sentiment,
            self.targets,
            target,
            sentiment,
            Sentiment::unknown(),
        );
    }
    /// The flat lists.
    pub fn finish(mut self) -> Analyses {
        // Answers are asked for in the order of the documents; a pack that went another way is put right here.
        order(&mut self.out.emotions, |e| e.document);
        order(&mut self.out.entities, |e| e.document);
        order(&mut self.out.phrases, |p| p.document);
        order(&mut self.out.topics, |t| t.document);
        self.out
    }

    fn language(&mut self, index: usize, code: &str, confidence: f32) {
        let known = self.out.languages.iter().position(|l| l == code);
        let code = known.unwrap_or_else(|| {
            self.out.languages.push(code.to_owned());
            self.out.languages.len() - 1
        });
        let guess = LanguageGuess {
            code: u8::try_from(code).unwrap_or(NONE),
            confidence: confidence.clamp(0.0, 1.0),
        };
        place(
            &mut self.out.language,
            self.documents,
            index,
            guess,
            LanguageGuess {
                code: NONE,
                confidence: 0.0,
            },
        );
    }
}

/// Sorts what is not sorted yet.
fn order<T>(list: &mut [T], document: fn(&T) -> u32) {
    if !list.is_sorted_by_key(document) {
        list.sort_by_key(document);
    }
}

/// Sets one of `count` answers; before the first one, all are `unknown`.
fn place<T: Clone>(list: &mut Vec<T>, count: usize, index: usize, answer: T, unknown: T) {
    if list.is_empty() {
        list.resize(count, unknown);
    }
    if let Some(slot) = list.get_mut(index) {
        *slot = answer;
    }
}

/// What a pack says of one document. What it does not say is unknown. Scores and confidences are 0–1.
#[derive(Debug)]
pub struct Answer<'a> {
    builder: &'a mut AnalysesBuilder,
    index: u32,
    text: &'a str,
}

impl Answer<'_> {
    /// The language (BCP 47) that it is in.
    pub fn language(&mut self, code: &str, confidence: f32) {
        self.builder.language(self.index as usize, code, confidence);
    }
    /// The opinion that it shows.
    pub fn sentiment(&mut self, sentiment: Sentiment) {
        let (documents, index) = (self.builder.documents, self.index as usize);
        place(
            &mut self.builder.out.sentiment,
            documents,
            index,
            sentiment,
            Sentiment::unknown(),
        );
    }
    /// An emotion that it shows; at most 8 a document are kept.
    pub fn emotion(&mut self, label: EmotionLabel, score: f32) {
        self.builder.out.emotions.push(Emotion {
            document: self.index,
            label,
            score: score.clamp(0.0, 1.0),
        });
    }
    /// Something that it names, at these bytes of its text; at most 64 a document are kept.
    ///
    /// A span that is empty, out of the text or breaks a character is left out, with a line in the log.
    pub fn entity(&mut self, span: Range<usize>, kind: EntityKind, score: f32) {
        if let Some((start, end)) = self.span(span) {
            let entity = Entity {
                document: self.index,
                start,
                end,
                kind,
                score: score.clamp(0.0, 1.0),
            };
            self.builder.out.entities.push(entity);
        }
    }
    /// A key phrase, at these bytes of its text; at most 32 a document are kept. Spans as for entities.
    pub fn phrase(&mut self, span: Range<usize>) {
        if let Some((start, end)) = self.span(span) {
            self.builder.out.phrases.push(Span {
                document: self.index,
                start,
                end,
            });
        }
    }
    /// What it is about, as an index into the manifest's `topics`; at most 8 a document are kept.
    pub fn topic(&mut self, topic: u16, score: f32) {
        self.builder.out.topics.push(Topic {
            document: self.index,
            topic,
            score: score.clamp(0.0, 1.0),
        });
    }

    fn span(&self, span: Range<usize>) -> Option<(u32, u32)> {
        if self.text.get(span.clone()).is_none_or(str::is_empty) {
            crate::log::warn(&format!(
                "span {}..{} is no part of document {}",
                span.start, span.end, self.index
            ));
            return None;
        }
        Some((
            u32::try_from(span.start).ok()?,
            u32::try_from(span.end).ok()?,
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn batch() -> Batch {
        Batch {
            text: "chàohellohola".into(),
            ends: vec![5, 10, 14],
            hints: vec!["vi".into(), "en".into()],
            hint: vec![0, 255, 9],
            days: Vec::new(),
            targets: vec![
                Target {
                    document: 2,
                    start: 0,
                    end: 2,
                },
                Target {
                    document: 0,
                    start: 0,
                    end: 1,
                },
            ],
            tasks: Tasks::SENTIMENT,
        }
    }

    #[test]
    fn a_flat_batch_reads_as_documents() {
        let batch = batch();
        let documents: Vec<_> = batch.documents().map(|d| (d.text, d.hint, d.day)).collect();
        assert_eq!(
            documents,
            [
                ("chào", Some("vi"), None),
                ("hello", None, None),
                ("hola", None, None)
            ]
        );
        assert_eq!(batch.targets_of(2).collect::<Vec<_>>(), [(0, 0..2)]);
    }

    #[test]
    fn answers_become_flat_lists_in_order() {
        let batch = batch();
        let documents: Vec<_> = batch.documents().collect();
        let mut answers = AnalysesBuilder::new(&batch);
        let mut last = answers.document(&documents[2]);
        last.language("es", 2.0);
        last.entity(0..4, EntityKind::Other, 0.5);
        let mut first = answers.document(&documents[0]);
        first.entity(0..2, EntityKind::Place, 0.5);
        first.entity(0..3, EntityKind::Place, 0.5); // inside `à`
        first.entity(1..1, EntityKind::Place, 0.5);
        first.entity(0..99, EntityKind::Place, 0.5);
        first.sentiment(Sentiment::from_probabilities([1.0, 1.0, 2.0], 7.0));
        answers.target(1, Sentiment::from_probabilities([1.0, 0.0, 0.0], -0.5));
        let out = answers.finish();
        assert_eq!(out.languages, ["es"]);
        assert_eq!(
            out.language.iter().map(|l| l.code).collect::<Vec<_>>(),
            [255, 255, 0]
        );
        assert!(out.language[2].confidence > 0.99);
        assert_eq!(
            out.entities
                .iter()
                .map(|e| (e.document, e.end))
                .collect::<Vec<_>>(),
            [(0, 2), (2, 4)]
        );
        let sentiment = out.sentiment[0];
        assert_eq!(
            (sentiment.label, sentiment.positive, sentiment.score),
            (SentimentLabel::Positive, 0.5, 1.0)
        );
        assert_eq!(out.sentiment[1], Sentiment::unknown());
        assert_eq!(
            out.target_sentiment
                .iter()
                .map(|s| s.label)
                .collect::<Vec<_>>(),
            [SentimentLabel::Unknown, SentimentLabel::Negative]
        );
        assert!(out.topics.is_empty() && out.emotions.is_empty());
    }

    #[test]
    fn probabilities_that_make_no_sense_are_unknown() {
        for p in [
            [0.0; 3],
            [f32::NAN; 3],
            [f32::INFINITY, 0.0, 0.0],
            [-1.0; 3],
        ] {
            assert_eq!(
                Sentiment::from_probabilities(p, 0.0).label,
                SentimentLabel::Unknown
            );
        }
        assert_eq!(
            Sentiment::from_probabilities([0.4, 0.2, 0.4], 0.0).label,
            SentimentLabel::Neutral
        );
    }
}
