//! The pack as the host calls it: a batch in, flat answers out.
//!
//! Lives here: which analyses are answered, and the words of the interface. Not here: the analyses themselves.

use isocial_sdk::language::{
    Analyses, AnalysesBuilder, Batch, EmotionLabel, EntityKind, Fault, LanguagePack, Sentiment,
    Tasks,
};

use crate::{Feeling, Opinion, Polarity, Reader, Sort};

/// The English language pack.
#[derive(Debug)]
pub struct English;

/// The code of its language.
const CODE: &str = "en";
/// Confidence where only the network says that a text is in this language, and the text does not speak against it.
const BY_HINT: f32 = 0.5;

impl LanguagePack for English {
    /// Analyses a batch for the tasks that it names; nothing is looked at for the others.
    fn analyze(batch: &Batch) -> Result<Analyses, Fault> {
        let mut answers = AnalysesBuilder::new(batch);
        let mut reader = Reader::default();
        let asks = |task| batch.tasks & task == task;
        for document in batch.documents() {
            let text = document.text;
            reader.take(text);
            let mut answer = answers.document(&document);
            if asks(Tasks::LANGUAGE) {
                let hinted = document.hint.is_some_and(is_ours);
                match reader.english() {
                    Some(confidence) if hinted => {
                        answer.language(CODE, 1.0 - (1.0 - confidence) / 2.0);
                    }
                    Some(confidence) => answer.language(CODE, confidence),
                    None if hinted && !reader.is_foreign() => answer.language(CODE, BY_HINT),
                    None => {}
                }
            }
            if asks(Tasks::SENTIMENT) {
                answer.sentiment(sentiment(reader.opinion()));
            }
            if asks(Tasks::EMOTIONS) {
                for (feeling, score) in reader.feelings() {
                    answer.emotion(emotion(feeling), score);
                }
            }
            if asks(Tasks::ENTITIES) {
                for named in reader.named(text) {
                    answer.entity(
                        named.start as usize..named.end as usize,
                        entity(named.sort),
                        named.score,
                    );
                }
                for (start, end) in reader.phrases() {
                    answer.phrase(start as usize..end as usize);
                }
            }
            if asks(Tasks::TOPICS) {
                for (topic, score) in reader.topics() {
                    answer.topic(topic, score);
                }
            }
            if asks(Tasks::SENTIMENT) && !batch.targets.is_empty() {
                for (target, span) in batch.targets_of(document.index) {
                    let opinion = reader.opinion_towards(span.start as u32, span.end as u32);
                    answers.target(target, sentiment(opinion));
                }
            }
        }
        Ok(answers.finish())
    }
}

/// Whether a language tag is of this language, whatever its region.
fn is_ours(hint: &str) -> bool {
    hint.split(['-', '_'])
        .next()
        .is_some_and(|code| code.eq_ignore_ascii_case(CODE))
}

fn sentiment(opinion: Opinion) -> Sentiment {
    if opinion.polarity == Polarity::Unknown {
        return Sentiment::unknown();
    }
    Sentiment::from_probabilities(
        [opinion.negative, opinion.neutral, opinion.positive],
        opinion.score,
    )
}

fn emotion(feeling: Feeling) -> EmotionLabel {
    match feeling {
        Feeling::Anger => EmotionLabel::Anger,
        Feeling::Anticipation => EmotionLabel::Anticipation,
        Feeling::Disgust => EmotionLabel::Disgust,
        Feeling::Fear => EmotionLabel::Fear,
        Feeling::Joy => EmotionLabel::Joy,
        Feeling::Love => EmotionLabel::Love,
        Feeling::Optimism => EmotionLabel::Optimism,
        Feeling::Sadness => EmotionLabel::Sadness,
        Feeling::Surprise => EmotionLabel::Surprise,
        Feeling::Trust => EmotionLabel::Trust,
    }
}

fn entity(sort: Sort) -> EntityKind {
    match sort {
        Sort::Person => EntityKind::Person,
        Sort::Organisation => EntityKind::Organisation,
        Sort::Place => EntityKind::Place,
        Sort::Product => EntityKind::Product,
        Sort::Event => EntityKind::Event,
        Sort::Other => EntityKind::Other,
    }
}
