//! Language packs: read text in their languages. They get redacted text without ids or authors, in flat batches.

pub use crate::bindings::exports::isocial::plugin::language_pack::{
    Analyses, Batch, Emotion, EmotionLabel, Entity, EntityKind, LanguageGuess, Sentiment,
    SentimentLabel, Span, Target, Tasks, Topic,
};
pub use crate::types::Fault;

/// Required of every language pack.
pub trait LanguagePack {
    /// Analyses a batch: read it with [`Batch::documents`], answer with [`AnalysesBuilder`].
    fn analyze(batch: &Batch) -> Result<Analyses, Fault>;
}
