//! From hits to an opinion: what turns, questions and nearness make of them, and how three probabilities become one.
//!
//! Lives here: what languages have in common. Not here: which words hit and how much they decide (the packs).

use super::{
    table::Entry,
    token::{Kind, Token},
};
use crate::language::{Sentiment, SentimentLabel};

/// What an opinion is.
pub type Polarity = SentimentLabel;

/// An opinion with its probabilities.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Opinion {
    /// The most probable polarity.
    pub polarity: Polarity,
    /// Probability, as are the next two; they add up to 1, or are all 0 where the polarity is unknown.
    pub negative: f32,
    /// Probability.
    pub neutral: f32,
    /// Probability.
    pub positive: f32,
    /// Intensity, −1 to 1.
    pub score: f32,
}

impl Opinion {
    /// No opinion is stated.
    pub const UNKNOWN: Self = Self {
        polarity: Polarity::Unknown,
        negative: 0.0,
        neutral: 0.0,
        positive: 0.0,
        score: 0.0,
    };

    /// The opinion that three logits (negative, neutral, positive) and an intensity are.
    pub fn of(logits: [f32; 3], score: f32) -> Self {
        let [negative, neutral, positive] = softmax(logits);
        let polarity = if neutral >= negative && neutral >= positive {
            Polarity::Neutral
        } else if positive >= negative {
            Polarity::Positive
        } else {
            Polarity::Negative
        };
        Self {
            polarity,
            negative,
            neutral,
            positive,
            score,
        }
    }
}

impl From<Opinion> for Sentiment {
    fn from(opinion: Opinion) -> Self {
        if opinion.polarity == Polarity::Unknown {
            return Self::unknown();
        }
        Self::from_probabilities(
            [opinion.negative, opinion.neutral, opinion.positive],
            opinion.score,
        )
    }
}

/// A word or phrase that says something good or bad, after the rules.
#[derive(Debug, Clone, Copy)]
pub struct Hit {
    /// Index of the token.
    pub token: u32,
    /// Valence, about −5 to 5.
    pub value: f32,
}

/// How soon the score approaches its ends.
const SOFTNESS: f32 = 15.0;

/// A sum of valences brought to −1 to 1.
pub fn score(sum: f32) -> f32 {
    sum / (sum * sum + SOFTNESS).sqrt()
}

fn softmax(logits: [f32; 3]) -> [f32; 3] {
    let top = logits.iter().copied().fold(f32::MIN, f32::max);
    let powers = logits.map(|logit| exp(logit - top));
    let sum: f32 = powers.iter().sum();
    powers.map(|power| power / sum)
}

/// eˣ for x ≤ 0 from additions and multiplications only, so that every machine gives the same bits.
fn exp(x: f32) -> f32 {
    // (1 + y/2⁸ …)^256 by a short series on x/256 and eight squarings
    let y = x.max(-80.0) / 256.0;
    let mut power = 1.0 + y * (1.0 + y * (0.5 + y * (1.0 / 6.0 + y / 24.0)));
    for _ in 0..8 {
        power *= power;
    }
    power
}

/// Weighs what precedes the last "but", and what follows it, if anything does.
pub fn weigh_turns(tokens: &[Token], hits: &mut [Hit], (before, behind): (f32, f32)) {
    let Some(turn) = tokens
        .iter()
        .rposition(|t| t.kind == Kind::Word && !t.in_tag && t.entry.is(Entry::TURNS))
    else {
        return;
    };
    if hits.iter().all(|hit| hit.token as usize <= turn) {
        return;
    }
    for hit in hits {
        hit.value *= if (hit.token as usize) < turn {
            before
        } else {
            behind
        };
    }
}

/// Weighs what stands in a question.
pub fn weigh_questions(tokens: &[Token], hits: &mut [Hit], asked: f32) {
    let mut from = 0;
    for (at, token) in tokens.iter().enumerate() {
        if let Kind::Stop { asks, .. } = token.kind {
            if asks {
                for hit in hits
                    .iter_mut()
                    .filter(|hit| (from..at).contains(&(hit.token as usize)))
                {
                    hit.value *= asked;
                }
            }
            from = at + 1;
        }
    }
}

/// How much the opinion in another clause, and in another sentence, counts for a target beside one in its own.
const ELSEWHERE: (f32, f32) = (0.4, 0.2);
/// What remains of an opinion where none stands in the target's own clause.
const FROM_AFAR: f32 = 0.9;

/// How much each hit counts for a target at these byte offsets: what is said in its clause counts most. Nothing if no token is there.
pub(super) fn nearness<'t>(
    tokens: &'t [Token],
    hits: &[Hit],
    start: u32,
    end: u32,
) -> Option<impl Fn(&Hit) -> f32 + use<'t>> {
    let first = tokens.iter().position(|t| t.end > start && t.start < end)?;
    let near = move |hit: &Hit| {
        let at = hit.token as usize;
        // The name itself says nothing about it: "Happy Foods", "Hell Burger"
        if tokens
            .get(at)
            .is_some_and(|t| t.start >= start && t.end <= end)
        {
            return 0.0;
        }
        let between = tokens.get(first.min(at)..first.max(at)).unwrap_or_default();
        if between.iter().any(|t| matches!(t.kind, Kind::Stop { .. })) {
            ELSEWHERE.1
        } else if between
            .iter()
            .any(|t| t.kind == Kind::Pause || t.entry.is(Entry::TURNS))
        {
            ELSEWHERE.0
        } else {
            1.0
        }
    };
    let nearest = hits.iter().map(near).fold(0.0f32, f32::max);
    let scale = match nearest {
        n if n <= 0.0 || n >= 1.0 => 1.0,
        n => FROM_AFAR / n,
    };
    Some(move |hit: &Hit| near(hit) * scale)
}
