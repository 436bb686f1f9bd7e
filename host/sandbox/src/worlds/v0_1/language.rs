//! Language packs: batches packed into one string and one list of numbers, and analyses unpacked from the like.
//!
//! Lives here: the layout of `wit/language-pack.wit` and what cannot be read by it. Not here: whether an answer may be used (the gate's).

use isocial_model::language::{
    Analyses, Batch, Emotion, EmotionLabel, Entity, EntityKind, LanguageGuess, Phrase, Sentiment,
    SentimentLabel, Tasks, Topic,
};
use wasmtime::Error;

use super::bindings::isocial::plugin::language_pack as wit;

/// Language codes that are looked at; the gate refuses an answer with so many.
const LANGUAGES_MOST: usize = 256;

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

impl From<Batch> for wit::Batch {
    fn from(b: Batch) -> Self {
        let (mut text, mut numbers) = (b.text, b.ends);
        let documents = numbers.len() as u32;
        numbers.reserve_exact(b.hints.len() + b.hint.len() + b.days.len() + 3 * b.targets.len());
        for hint in &b.hints {
            text.push_str(hint);
            numbers.push(text.len() as u32);
        }
        numbers.extend(b.hint.iter().copied().map(u32::from));
        numbers.extend(b.days.iter().map(|day| day.cast_unsigned()));
        let targets = b.targets.iter();
        numbers.extend(targets.flat_map(|t| [t.document, t.start, t.end]));
        Self {
            text,
            numbers,
            documents,
            hints: b.hints.len() as u32,
            hinted: !b.hint.is_empty(),
            dated: !b.days.is_empty(),
            targets: b.targets.len() as u32,
            tasks: b.tasks.into(),
        }
    }
}

/// A number's fields, from its lowest bit on.
struct Fields(u32);

impl Fields {
    fn take(&mut self, bits: u32) -> u32 {
        let field = self.0 & ((1 << bits) - 1);
        self.0 >>= bits;
        field
    }
    fn hundredths(&mut self) -> f32 {
        self.take(7) as f32 / 100.0
    }
    /// One of these words by its number.
    fn word<T: Copy>(&mut self, bits: u32, words: &[T], run: &'static str) -> Result<T, Error> {
        let number = self.take(bits);
        let word = words.get(number as usize).copied();
        word.ok_or_else(|| unreadable(run, "a label of another number than the interface has"))
    }
    /// What was read, if the bits above it are 0.
    fn end<T>(self, value: T, run: &'static str) -> Result<T, Error> {
        if self.0 == 0 {
            Ok(value)
        } else {
            Err(unreadable(run, "bits above the last field"))
        }
    }
}

fn unreadable(run: &'static str, found: &'static str) -> Error {
    Error::msg(format!("the answer's {run} hold {found}"))
}

/// An answer's numbers, run after run.
struct Runs<'a>(&'a [u32]);

impl Runs<'_> {
    /// The next run of `count` items of `N` numbers, each read by `read`. Nothing is allocated before the run is known to be there.
    fn read<const N: usize, T>(
        &mut self,
        count: u32,
        run: &'static str,
        read: impl Fn([Fields; N], &'static str) -> Result<T, Error>,
    ) -> Result<Vec<T>, Error> {
        let length = (count as usize).checked_mul(N);
        let split = length.and_then(|length| self.0.split_at_checked(length));
        let (numbers, rest) = split.ok_or_else(|| unreadable(run, "more than there is"))?;
        self.0 = rest;
        let (items, _) = numbers.as_chunks::<N>();
        let mut found = Vec::with_capacity(items.len());
        for item in items {
            found.push(read(item.map(Fields), run)?);
        }
        Ok(found)
    }
}

/// The labels in the order of the interface.
const SENTIMENTS: [SentimentLabel; 4] = [
    SentimentLabel::Negative,
    SentimentLabel::Neutral,
    SentimentLabel::Positive,
    SentimentLabel::Unknown,
];
const EMOTIONS: [EmotionLabel; 10] = [
    EmotionLabel::Anger,
    EmotionLabel::Anticipation,
    EmotionLabel::Disgust,
    EmotionLabel::Fear,
    EmotionLabel::Joy,
    EmotionLabel::Love,
    EmotionLabel::Optimism,
    EmotionLabel::Sadness,
    EmotionLabel::Surprise,
    EmotionLabel::Trust,
];
const KINDS: [EntityKind; 7] = [
    EntityKind::Person,
    EntityKind::Organisation,
    EntityKind::Place,
    EntityKind::Product,
    EntityKind::Event,
    EntityKind::Work,
    EntityKind::Other,
];

fn sentiment([mut n]: [Fields; 1], run: &'static str) -> Result<Sentiment, Error> {
    let (negative, neutral, positive) = (n.hundredths(), n.hundredths(), n.hundredths());
    let score = (n.take(8) as f32 - 100.0) / 100.0;
    let label = n.word(2, &SENTIMENTS, run)?;
    let sentiment = Sentiment {
        label,
        negative,
        neutral,
        positive,
        score,
    };
    n.end(sentiment, run)
}

impl TryFrom<wit::Analyses> for Analyses {
    type Error = Error;

    /// Reads an answer. Fails where it is not laid out as the interface says; whether its values may be used is the gate's to say.
    fn try_from(a: wit::Analyses) -> Result<Self, Error> {
        let mut runs = Runs(&a.numbers);
        let language = runs.read(a.guesses, "guesses", |[mut n], run| {
            let guess = LanguageGuess {
                code: n.take(8) as u8,
                confidence: n.hundredths(),
            };
            n.end(guess, run)
        })?;
        let analyses = Self {
            language,
            sentiment: runs.read(a.sentiments, "sentiments", sentiment)?,
            target_sentiment: runs.read(a.target_sentiments, "target-sentiments", sentiment)?,
            emotions: runs.read(a.emotions, "emotions", |[mut n], run| {
                let (document, score) = (n.take(8), n.hundredths());
                let label = n.word(4, &EMOTIONS, run)?;
                n.end(
                    Emotion {
                        document,
                        label,
                        score,
                    },
                    run,
                )
            })?,
            topics: runs.read(a.topics, "topics", |[mut n], run| {
                let topic = Topic {
                    document: n.take(8),
                    score: n.hundredths(),
                    topic: n.take(16) as u16,
                };
                n.end(topic, run)
            })?,
            entities: runs.read(a.entities, "entities", |[mut from, mut to], run| {
                let entity = Entity {
                    document: from.take(8),
                    start: from.take(24),
                    end: to.take(20),
                    score: to.hundredths(),
                    kind: to.word(4, &KINDS, run)?,
                };
                to.end(entity, run)
            })?,
            phrases: runs.read(a.phrases, "phrases", |[mut from, Fields(end)], _| {
                Ok(Phrase {
                    document: from.take(8),
                    start: from.take(24),
                    end,
                })
            })?,
            languages: a
                .languages
                .split(',')
                .take(LANGUAGES_MOST)
                .filter(|_| !a.languages.is_empty())
                .map(str::to_owned)
                .collect(),
        };
        if runs.0.is_empty() {
            Ok(analyses)
        } else {
            Err(unreadable("numbers", "more than its runs"))
        }
    }
}
