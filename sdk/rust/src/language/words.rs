//! What language packs speak of. It crosses the boundary packed (`wire`), so that a pack's author need not know how.

use super::Tasks;

/// Documents, flat: one string and where each document ends in it. At most 128 documents or 256 KiB.
#[derive(Debug, Clone, Default)]
pub struct Batch {
    /// All texts one after another, redacted.
    pub text: String,
    /// Byte offset in `text` at which each document ends, ascending.
    pub ends: Vec<u32>,
    /// Distinct language hints, BCP 47.
    pub hints: Vec<String>,
    /// Index into `hints` a document, 255 = none; empty if hints were not granted.
    pub hint: Vec<u8>,
    /// Days since 1970-01-01 a document; empty if days were not granted.
    pub days: Vec<i32>,
    /// Spans for sentiment towards a target.
    pub targets: Vec<Target>,
    /// Analyses that are asked for.
    pub tasks: Tasks,
}

impl Default for Tasks {
    /// None.
    fn default() -> Self {
        Self::empty()
    }
}

/// A span of a document that sentiment is asked about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Target {
    /// Index of the document.
    pub document: u32,
    /// Byte offset within the document.
    pub start: u32,
    /// Byte offset within the document.
    pub end: u32,
}

/// Answers, flat: each list is empty (not asked, or not known to this pack) or has what its comment says.
///
/// Numbers are rounded to hundredths when they cross.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Analyses {
    /// Distinct language codes, BCP 47.
    pub languages: Vec<String>,
    /// One a document.
    pub language: Vec<LanguageGuess>,
    /// One a document.
    pub sentiment: Vec<Sentiment>,
    /// One a target of the batch, in order.
    pub target_sentiment: Vec<Sentiment>,
    /// At most 8 a document, ordered by document.
    pub emotions: Vec<Emotion>,
    /// At most 64 a document, ordered by document.
    pub entities: Vec<Entity>,
    /// Key phrases, at most 32 a document, ordered by document.
    pub phrases: Vec<Span>,
    /// At most 8 a document, ordered by document.
    pub topics: Vec<Topic>,
}

/// Which language a document is in.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LanguageGuess {
    /// Index into `languages`; 255 = unknown.
    pub code: u8,
    /// 0–1.
    pub confidence: f32,
}

/// The label with the highest probability, or `Unknown` rather than a guess.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SentimentLabel {
    /// Against.
    Negative,
    /// Neither.
    Neutral,
    /// For.
    Positive,
    /// Not known, rather than guessed.
    Unknown,
}

/// Opinion of a document, or towards a target.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sentiment {
    /// The label.
    pub label: SentimentLabel,
    /// Probability, as are the next two; they add up to 1, or are all 0 where unknown.
    pub negative: f32,
    /// Probability.
    pub neutral: f32,
    /// Probability.
    pub positive: f32,
    /// Intensity, −1 to 1.
    pub score: f32,
}

/// Emotions that a pack may name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the words are their own meaning")]
pub enum EmotionLabel {
    Anger,
    Anticipation,
    Disgust,
    Fear,
    Joy,
    Love,
    Optimism,
    Sadness,
    Surprise,
    Trust,
}

/// An emotion that a document shows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Emotion {
    /// Index of the document.
    pub document: u32,
    /// Which.
    pub label: EmotionLabel,
    /// 0–1.
    pub score: f32,
}

/// What sort of thing is named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the words are their own meaning")]
pub enum EntityKind {
    Person,
    Organisation,
    Place,
    Product,
    Event,
    Work,
    Other,
}

/// Something named in a document.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Entity {
    /// Index of the document.
    pub document: u32,
    /// Byte offset within the document, on a character boundary.
    pub start: u32,
    /// Byte offset within the document, on a character boundary.
    pub end: u32,
    /// What sort.
    pub kind: EntityKind,
    /// 0–1.
    pub score: f32,
}

/// A phrase of a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// Index of the document.
    pub document: u32,
    /// Byte offset within the document, on a character boundary.
    pub start: u32,
    /// Byte offset within the document, on a character boundary.
    pub end: u32,
}

/// What a document is about, by the pack's declared taxonomy.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Topic {
    /// Index of the document.
    pub document: u32,
    /// Index into the manifest's `topics`.
    pub topic: u16,
    /// 0–1.
    pub score: f32,
}
