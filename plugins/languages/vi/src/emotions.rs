//! Emotions: which of ten a text shows, by words and emoji; a negated word shows nothing.

use crate::{
    table::Entry,
    tokens::{Kind, Token},
};

/// An emotion. The order is that of the numbers in the word list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "the words are their own meaning")]
pub enum Feeling {
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

impl Feeling {
    /// All of them, by their number from 1.
    pub const ALL: [Self; 10] = [
        Self::Anger,
        Self::Anticipation,
        Self::Disgust,
        Self::Fear,
        Self::Joy,
        Self::Love,
        Self::Optimism,
        Self::Sadness,
        Self::Surprise,
        Self::Trust,
    ];
}

/// Emotions a text may be given.
const MOST: usize = 8;

/// The emotions of a text, strongest first.
pub(crate) fn feelings(tokens: &[Token]) -> Vec<(Feeling, f32)> {
    let mut sums = [0.0f32; 10];
    for (at, token) in tokens.iter().enumerate() {
        let number = token.entry.emotion() as usize;
        if let Some(sum) = number.checked_sub(1).and_then(|n| sums.get_mut(n))
            && !negated(tokens, at)
        {
            *sum += if token.shouted || token.drawn_out {
                1.3
            } else {
                1.0
            };
        }
    }
    let mut found: Vec<_> = Feeling::ALL
        .into_iter()
        .zip(sums)
        .filter(|(_, sum)| *sum > 0.0)
        .map(|(feeling, sum)| (feeling, sum / (sum + 1.0)))
        .collect();
    found.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    found.truncate(MOST);
    found
}

fn negated(tokens: &[Token], at: usize) -> bool {
    let before = tokens.get(..at).unwrap_or_default().iter().rev();
    before
        .take_while(|t| matches!(t.kind, Kind::Word))
        .take(3)
        .any(|t| t.entry.is(Entry::NEGATES))
}
