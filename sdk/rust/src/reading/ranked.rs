//! What a text shows most of: emotions by words and emoji, topics by words.

use super::token::{Token, is_negated};
use crate::language::EmotionLabel;

/// Emotions a text may be given.
const EMOTIONS: usize = 8;
/// Topics a text may be given.
const TOPICS_MOST: usize = 4;

/// The emotions by their number in word lists, from 1.
const FEELINGS: [EmotionLabel; 10] = [
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

/// The taxonomy `isocial-brand-12`, in the order that manifests declare.
pub const TOPICS: [&str; 12] = [
    "service",
    "price",
    "quality",
    "delivery",
    "safety",
    "staff",
    "app",
    "design",
    "privacy",
    "environment",
    "availability",
    "campaign",
];

/// Sums into `found` what is above 0, greatest first, equals in their order, at most `most`.
fn rank<T>(words: impl Iterator<Item = T>, sums: &[f32], most: usize, found: &mut Vec<(T, f32)>) {
    found.clear();
    found.extend(
        words
            .zip(sums)
            .filter(|(_, sum)| **sum > 0.0)
            .map(|(word, sum)| (word, sum / (sum + 1.0))),
    );
    found.sort_by(|a, b| b.1.total_cmp(&a.1));
    found.truncate(most);
}

/// The emotions of a text, strongest first; a negated word shows nothing.
pub(super) fn feelings(tokens: &[Token], found: &mut Vec<(EmotionLabel, f32)>) {
    let mut sums = [0.0f32; FEELINGS.len()];
    for (at, token) in tokens.iter().enumerate() {
        let number = token.entry.emotion() as usize;
        if let Some(sum) = number.checked_sub(1).and_then(|n| sums.get_mut(n))
            && !is_negated(tokens, at)
        {
            *sum += if token.shouted || token.drawn_out {
                1.3
            } else {
                1.0
            };
        }
    }
    rank(FEELINGS.into_iter(), &sums, EMOTIONS, found);
}

/// Topics of a text by index into [`TOPICS`], strongest first.
pub(super) fn topics(tokens: &[Token], found: &mut Vec<(u16, f32)>) {
    let mut sums = [0.0f32; TOPICS.len()];
    for token in tokens {
        let number = token.entry.topic() as usize;
        if let Some(sum) = number.checked_sub(1).and_then(|n| sums.get_mut(n)) {
            *sum += 1.0;
        }
    }
    rank(0u16.., &sums, TOPICS_MOST, found);
}
