//! What crosses between host and language packs: flat batches, which cross packed as `wit/language-pack.wit` says.

use serde::{Deserialize, Serialize};

/// Which analyses are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Tasks {
    /// Language.
    pub language: bool,
    /// Sentiment.
    pub sentiment: bool,
    /// Emotions.
    pub emotions: bool,
    /// Entities and key phrases.
    pub entities: bool,
    /// Topics.
    pub topics: bool,
    /// Translation.
    pub translation: bool,
}

/// A span of a document that sentiment is asked about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Target {
    /// Index of the document.
    pub document: u32,
    /// Byte offset of the start within the document.
    pub start: u32,
    /// Byte offset of the end within the document.
    pub end: u32,
}

/// Documents, flat.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Batch {
    /// All texts one after another, redacted · ≤ 256 KiB.
    pub text: String,
    /// Where each document ends in `text`.
    pub ends: Vec<u32>,
    /// Distinct language hints.
    pub hints: Vec<String>,
    /// Index into `hints` a document, 255 = none; empty if not granted.
    pub hint: Vec<u8>,
    /// Days since the epoch a document; empty if not granted.
    pub days: Vec<i32>,
    /// Spans for sentiment towards a target.
    pub targets: Vec<Target>,
    /// Which analyses.
    pub tasks: Tasks,
}

/// Which language a document is in.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct LanguageGuess {
    /// Index into `languages`; 255 = unknown.
    pub code: u8,
    /// 0–1.
    pub confidence: f32,
}

/// The label with the highest probability.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
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

impl SentimentLabel {
    /// The name in queries and exports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Negative => "negative",
            Self::Neutral => "neutral",
            Self::Positive => "positive",
            Self::Unknown => "unknown",
        }
    }
}

/// Opinion of a document.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Sentiment {
    /// The label.
    pub label: SentimentLabel,
    /// Probability.
    pub negative: f32,
    /// Probability.
    pub neutral: f32,
    /// Probability.
    pub positive: f32,
    /// −1 to 1.
    pub score: f32,
}

/// Emotions that a pack may name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
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
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Emotion {
    /// Index of the document.
    pub document: u32,
    /// Which.
    pub label: EmotionLabel,
    /// 0–1.
    pub score: f32,
}

/// What sort of thing is named.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
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
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Entity {
    /// Index of the document.
    pub document: u32,
    /// Byte offset within the document.
    pub start: u32,
    /// Byte offset within the document.
    pub end: u32,
    /// What sort.
    pub kind: EntityKind,
    /// 0–1.
    pub score: f32,
}

/// A phrase of a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Phrase {
    /// Index of the document.
    pub document: u32,
    /// Byte offset within the document.
    pub start: u32,
    /// Byte offset within the document.
    pub end: u32,
}

/// What a document is about.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Topic {
    /// Index of the document.
    pub document: u32,
    /// Index into the manifest's `topics`.
    pub topic: u16,
    /// 0–1.
    pub score: f32,
}

/// Answers, flat; see `wit/language-pack.wit` for what each list holds.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Analyses {
    /// Distinct language codes.
    pub languages: Vec<String>,
    /// One a document, or empty.
    pub language: Vec<LanguageGuess>,
    /// One a document, or empty.
    pub sentiment: Vec<Sentiment>,
    /// One a target, or empty.
    pub target_sentiment: Vec<Sentiment>,
    /// Ordered by document.
    pub emotions: Vec<Emotion>,
    /// Ordered by document.
    pub entities: Vec<Entity>,
    /// Ordered by document.
    pub phrases: Vec<Phrase>,
    /// Ordered by document.
    pub topics: Vec<Topic>,
}

/// The admitted analysis of one post, as the host keeps it. Spans are byte offsets into the post's own text.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Analysis {
    /// Package that made it, `id@version`.
    pub by: String,
    /// Detected language and confidence.
    pub language: Option<(String, f32)>,
    /// Opinion.
    pub sentiment: Option<Sentiment>,
    /// Emotions.
    pub emotions: Vec<(EmotionLabel, f32)>,
    /// Entities: kind, start, end, score.
    pub entities: Vec<(EntityKind, u32, u32, f32)>,
    /// Key phrases: start, end.
    pub phrases: Vec<(u32, u32)>,
    /// Topics by name and score.
    pub topics: Vec<(String, f32)>,
    /// The post made the package fail: nothing was read.
    pub set_aside: bool,
}

impl Analysis {
    /// What is kept of a post that made this package fail: that it was given it, and nothing else. Unless the text or the package changes, it
    /// is not given it again.
    pub fn set_aside(by: String) -> Self {
        Self {
            by,
            set_aside: true,
            ..Self::default()
        }
    }
}
