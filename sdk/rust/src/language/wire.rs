//! How batches and analyses cross the boundary: the packing of `wit/language-pack.wit`, hidden from packs.
//!
//! Lives here: unpacking what the host gives, packing what a pack answers. Not here: checks of the answer, which are the host's.

use super::words::{Analyses, Batch, Emotion, LanguageGuess, Sentiment, Target, Topic};
use crate::bindings::exports::isocial::plugin::language_pack as wit;

/// Where an entity's score and kind begin behind its end.
const END_BITS: u32 = 20;

/// The batch in words. Numbers that are missing leave what they would say empty; the host sends them all.
pub(crate) fn batch(given: wit::Batch) -> Batch {
    let mut numbers = given.numbers.as_slice();
    let mut run = |count: u32| {
        let at = (count as usize).min(numbers.len());
        let (run, rest) = numbers.split_at(at);
        numbers = rest;
        run
    };
    let ends = run(given.documents).to_vec();
    let hint_ends = run(given.hints);
    let hint = run(if given.hinted { given.documents } else { 0 });
    let days = run(if given.dated { given.documents } else { 0 });
    let targets = run(given.targets.saturating_mul(3));
    let mut from = ends.last().map_or(0, |end| *end as usize);
    let hints = hint_ends.iter().map(|end| {
        let tag = given.text.get(from..*end as usize).unwrap_or_default();
        from = *end as usize;
        tag.to_owned()
    });
    Batch {
        hints: hints.collect(),
        hint: hint.iter().map(|index| *index as u8).collect(),
        days: days.iter().map(|day| day.cast_signed()).collect(),
        targets: targets
            .chunks_exact(3)
            .map(|t| Target {
                document: t[0],
                start: t[1],
                end: t[2],
            })
            .collect(),
        ends,
        text: given.text,
        tasks: given.tasks,
    }
}

/// Whole hundredths of what is 0 or more, halves upwards: exactly what the host's own rounding gives.
#[inline]
fn hundredths(number: f32) -> u32 {
    let scaled = number * 100.0;
    let whole = scaled as u32;
    whole + u32::from(scaled - whole as f32 >= 0.5)
}

fn sentiment(s: &Sentiment) -> u32 {
    let strength = hundredths(s.score.abs()).min(100);
    let intensity = if s.score < 0.0 {
        100 - strength
    } else {
        100 + strength
    };
    hundredths(s.negative)
        | hundredths(s.neutral) << 7
        | hundredths(s.positive) << 14
        | intensity << 21
        | (s.label as u32) << 29
}

fn place(document: u32, start: u32) -> u32 {
    document | start << 8
}

/// The answers in numbers.
pub(crate) fn analyses(a: &Analyses) -> wit::Analyses {
    let mut numbers = Vec::with_capacity(
        a.language.len()
            + a.sentiment.len()
            + a.target_sentiment.len()
            + a.emotions.len()
            + a.topics.len()
            + 2 * (a.entities.len() + a.phrases.len()),
    );
    let guess = |g: &LanguageGuess| u32::from(g.code) | hundredths(g.confidence) << 8;
    numbers.extend(a.language.iter().map(guess));
    numbers.extend(a.sentiment.iter().map(sentiment));
    numbers.extend(a.target_sentiment.iter().map(sentiment));
    let emotion = |e: &Emotion| e.document | hundredths(e.score) << 8 | (e.label as u32) << 15;
    numbers.extend(a.emotions.iter().map(emotion));
    let topic = |t: &Topic| t.document | hundredths(t.score) << 8 | u32::from(t.topic) << 15;
    numbers.extend(a.topics.iter().map(topic));
    for e in &a.entities {
        let behind = hundredths(e.score) | (e.kind as u32) << 7;
        numbers.extend([place(e.document, e.start), e.end | behind << END_BITS]);
    }
    for p in &a.phrases {
        numbers.extend([place(p.document, p.start), p.end]);
    }
    wit::Analyses {
        languages: a.languages.join(","),
        numbers,
        guesses: a.language.len() as u32,
        sentiments: a.sentiment.len() as u32,
        target_sentiments: a.target_sentiment.len() as u32,
        emotions: a.emotions.len() as u32,
        topics: a.topics.len() as u32,
        entities: a.entities.len() as u32,
        phrases: a.phrases.len() as u32,
    }
}

#[cfg(test)]
mod tests {
    use super::super::{EmotionLabel, Entity, EntityKind, SentimentLabel, Span, Tasks};
    use super::*;

    #[test]
    fn a_batch_is_unpacked_run_by_run() {
        let batch = batch(wit::Batch {
            text: "chàohellovien-GB".into(),
            numbers: vec![5, 10, 12, 17, 1, 255, 20_000, u32::MAX, 1, 0, 2],
            documents: 2,
            hints: 2,
            hinted: true,
            dated: true,
            targets: 1,
            tasks: Tasks::SENTIMENT,
        });
        let documents: Vec<_> = batch.documents().map(|d| (d.text, d.hint, d.day)).collect();
        assert_eq!(
            documents,
            [
                ("chào", Some("en-GB"), Some(20_000)),
                ("hello", None, Some(-1))
            ]
        );
        assert_eq!(batch.targets_of(1).collect::<Vec<_>>(), [(0, 0..2)]);
    }

    #[test]
    fn a_batch_that_is_cut_off_is_read_as_far_as_it_goes() {
        let batch = batch(wit::Batch {
            text: "chào".into(),
            numbers: vec![5],
            documents: 9,
            hints: u32::MAX,
            hinted: true,
            dated: true,
            targets: u32::MAX,
            tasks: Tasks::empty(),
        });
        assert_eq!(
            (batch.len(), batch.hints.len(), batch.targets.len()),
            (1, 0, 0)
        );
    }

    #[test]
    fn answers_are_packed_in_hundredths() {
        let sentiment = |label, score| Sentiment {
            label,
            negative: 0.125,
            neutral: 0.0,
            positive: 0.875,
            score,
        };
        let packed = analyses(&Analyses {
            languages: vec!["vi".into(), "en".into()],
            language: vec![LanguageGuess {
                code: 255,
                confidence: 0.994,
            }],
            sentiment: vec![sentiment(SentimentLabel::Positive, -0.02)],
            emotions: vec![Emotion {
                document: 3,
                label: EmotionLabel::Trust,
                score: 1.0,
            }],
            entities: vec![Entity {
                document: 127,
                start: 7,
                end: 262_144,
                kind: EntityKind::Other,
                score: 0.5,
            }],
            phrases: vec![Span {
                document: 1,
                start: 2,
                end: 3,
            }],
            topics: vec![Topic {
                document: 2,
                topic: 65_535,
                score: 0.004,
            }],
            ..Analyses::default()
        });
        assert_eq!(packed.languages, "vi,en");
        assert_eq!(
            packed.numbers,
            [
                255 | 99 << 8,
                0b1101 | 88 << 14 | 98 << 21 | 2 << 29,
                3 | 100 << 8 | 9 << 15,
                2 | 65_535 << 15,
                127 | 7 << 8,
                262_144 | 50 << 20 | 6 << 27,
                1 | 2 << 8,
                3,
            ]
        );
    }
}
