//! Language packs: flat batches in, flat analyses out.

use isocial_model::language::{
    Analyses, Batch, Emotion, EmotionLabel, Entity, EntityKind, LanguageGuess, Phrase, Sentiment,
    SentimentLabel, Target, Tasks, Topic,
};

use super::{bindings::isocial::plugin::language_pack as wit, vec};

same_words!(wit::SentimentLabel => SentimentLabel { Negative, Neutral, Positive, Unknown });
same_words!(wit::EmotionLabel => EmotionLabel {
    Anger, Anticipation, Disgust, Fear, Joy, Love, Optimism, Sadness, Surprise, Trust
});
same_words!(wit::EntityKind => EntityKind { Person, Organisation, Place, Product, Event, Work, Other });

impl From<Tasks> for wit::Tasks {
    fn from(tasks: Tasks) -> Self {
        [
            (tasks.language, Self::LANGUAGE),
            (tasks.sentiment, Self::SENTIMENT),
            (tasks.emotions, Self::EMOTIONS),
            (tasks.entities, Self::ENTITIES),
            (tasks.topics, Self::TOPICS),
            (tasks.translation, Self::TRANSLATION),
        ]
        .into_iter()
        .filter(|(asked, _)| *asked)
        .fold(Self::empty(), |all, (_, flag)| all | flag)
    }
}

impl From<Target> for wit::Target {
    fn from(t: Target) -> Self {
        Self {
            document: t.document,
            start: t.start,
            end: t.end,
        }
    }
}

impl From<Batch> for wit::Batch {
    fn from(b: Batch) -> Self {
        Self {
            text: b.text,
            ends: b.ends,
            hints: b.hints,
            hint: b.hint,
            days: b.days,
            targets: vec(b.targets),
            tasks: b.tasks.into(),
        }
    }
}

impl From<wit::LanguageGuess> for LanguageGuess {
    fn from(g: wit::LanguageGuess) -> Self {
        Self {
            code: g.code,
            confidence: g.confidence,
        }
    }
}
impl From<wit::Sentiment> for Sentiment {
    fn from(s: wit::Sentiment) -> Self {
        Self {
            label: s.label.into(),
            negative: s.negative,
            neutral: s.neutral,
            positive: s.positive,
            score: s.score,
        }
    }
}
impl From<wit::Emotion> for Emotion {
    fn from(e: wit::Emotion) -> Self {
        Self {
            document: e.document,
            label: e.label.into(),
            score: e.score,
        }
    }
}
impl From<wit::Entity> for Entity {
    fn from(e: wit::Entity) -> Self {
        Self {
            document: e.document,
            start: e.start,
            end: e.end,
            kind: e.kind.into(),
            score: e.score,
        }
    }
}
impl From<wit::Span> for Phrase {
    fn from(s: wit::Span) -> Self {
        Self {
            document: s.document,
            start: s.start,
            end: s.end,
        }
    }
}
impl From<wit::Topic> for Topic {
    fn from(t: wit::Topic) -> Self {
        Self {
            document: t.document,
            topic: t.topic,
            score: t.score,
        }
    }
}

impl From<wit::Analyses> for Analyses {
    fn from(a: wit::Analyses) -> Self {
        Self {
            languages: a.languages,
            language: vec(a.language),
            sentiment: vec(a.sentiment),
            target_sentiment: vec(a.target_sentiment),
            emotions: vec(a.emotions),
            entities: vec(a.entities),
            phrases: vec(a.phrases),
            topics: vec(a.topics),
        }
    }
}
