//! The smallest language pack that there can be: it answers a batch of nothing with nothing, and each document with one fixed value of
//! each kind that is asked for.
//!
//! Lives here: what the rows `instantiate`, `fresh_call`, `empty_call` and `boundary` of the table run. Not here: anything that reads.

use isocial_sdk::language::{
    Analyses, AnalysesBuilder, Batch, EmotionLabel, EntityKind, Fault, LanguagePack, Sentiment,
    Tasks,
};

/// The pack that reads nothing.
#[derive(Debug)]
pub struct Empty;

impl LanguagePack for Empty {
    /// Looks at no text; what it answers has the shape of what a pack answers.
    fn analyze(batch: &Batch) -> Result<Analyses, Fault> {
        let mut answers = AnalysesBuilder::new(batch);
        let asks = |task| batch.tasks & task == task;
        for document in batch.documents() {
            let all = 0..document.text.len();
            let mut answer = answers.document(&document);
            if asks(Tasks::LANGUAGE) {
                answer.language("en", 0.9);
            }
            if asks(Tasks::SENTIMENT) {
                answer.sentiment(Sentiment::from_probabilities([0.2, 0.5, 0.3], 0.1));
            }
            if asks(Tasks::EMOTIONS) {
                answer.emotion(EmotionLabel::Joy, 0.5);
            }
            if asks(Tasks::TOPICS) {
                answer.topic(0, 0.5);
            }
            if asks(Tasks::ENTITIES) {
                answer.entity(all.clone(), EntityKind::Other, 0.5);
                answer.phrase(all);
            }
        }
        Ok(answers.finish())
    }
}

isocial_sdk::language_pack!(Empty);
