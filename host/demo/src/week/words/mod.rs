//! What people say: sentence templates and the words that fill their slots, one file a language.
//!
//! Slots: `{brand}` `{rival}` `{model}` `{part}` `{place}` `{when}` `{km}` `{days}` `{mail}` `{phone}` `{card}`.
//! Lives here: text. Not here: who says it and when (`week::draw`).

mod english;
mod vietnamese;

use super::{Stance, Tongue};

/// Everything that can be said in one language.
#[derive(Debug)]
pub(super) struct Words {
    /// Short beginnings that fit before any sentence.
    pub(super) openers: &'static [&'static str],
    /// Sentences about a brand, by stance.
    pub(super) positive: &'static [&'static str],
    pub(super) neutral: &'static [&'static str],
    pub(super) negative: &'static [&'static str],
    /// What may follow them.
    pub(super) positive_more: &'static [&'static str],
    pub(super) neutral_more: &'static [&'static str],
    pub(super) negative_more: &'static [&'static str],
    /// Sentences about the recall, by stance, and what may follow the angry ones.
    pub(super) crisis_positive: &'static [&'static str],
    pub(super) crisis_neutral: &'static [&'static str],
    pub(super) crisis_negative: &'static [&'static str],
    pub(super) crisis_more: &'static [&'static str],
    /// What may follow the calm ones.
    pub(super) crisis_advice: &'static [&'static str],
    /// City life without any brand: about scooters in general, then about anything.
    pub(super) scooters: &'static [&'static str],
    pub(super) city: &'static [&'static str],
    pub(super) city_more: &'static [&'static str],
    /// Sentences that give away personal details.
    pub(super) personal: &'static [&'static str],
    /// What an edit adds, by whether it corrects or softens.
    pub(super) edits: &'static [&'static str],
    /// Content warnings and alternative texts.
    pub(super) warnings: &'static [&'static str],
    pub(super) pictures: &'static [&'static str],
    /// Slot fillers.
    pub(super) parts: &'static [&'static str],
    pub(super) places: &'static [&'static str],
    pub(super) whens: &'static [&'static str],
    /// Hashtags beside the four of the week.
    pub(super) tags: &'static [&'static str],
}

impl Words {
    /// The words of a language.
    pub(super) const fn of(tongue: Tongue) -> &'static Self {
        match tongue {
            Tongue::English => &english::WORDS,
            Tongue::Vietnamese => &vietnamese::WORDS,
        }
    }

    /// Sentences about a brand, and what may follow them.
    pub(super) const fn about(
        &self,
        stance: Stance,
    ) -> (&'static [&'static str], &'static [&'static str]) {
        match stance {
            Stance::Positive => (self.positive, self.positive_more),
            Stance::Neutral => (self.neutral, self.neutral_more),
            Stance::Negative => (self.negative, self.negative_more),
        }
    }

    /// Sentences about the recall, and what may follow them.
    pub(super) const fn recall(
        &self,
        stance: Stance,
    ) -> (&'static [&'static str], &'static [&'static str]) {
        match stance {
            Stance::Positive => (self.crisis_positive, self.crisis_advice),
            Stance::Neutral => (self.crisis_neutral, self.crisis_advice),
            Stance::Negative => (self.crisis_negative, self.crisis_more),
        }
    }
}

/// Emojis that go with a stance.
pub(super) const fn emojis(stance: Stance) -> &'static [&'static str] {
    match stance {
        Stance::Positive => &["😍", "🎉", "👍", "💚", "🛴✨", "😊", "🙌", "🔥"],
        Stance::Neutral => &["🛴", "🤔", "👀", "📍", "ℹ️"],
        Stance::Negative => &["😡", "👎", "😤", "🤦‍♀️", "💔", "😞", "🙄"],
    }
}
