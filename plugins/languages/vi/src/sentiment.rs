//! Sentiment: from the phrases' valences, by rules, to a sum; from the sum to probabilities.
//!
//! Lives here: the rules and their numbers, all chosen by hand. Not here: the words (`lexicon`).

use crate::{
    table::Entry,
    tokens::{Kind, Token},
};

/// What an opinion is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Polarity {
    /// Against.
    Negative,
    /// Neither.
    Neutral,
    /// For.
    Positive,
    /// Not known, rather than guessed.
    Unknown,
}

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
}

/// A phrase that says something good or bad, after the rules.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Hit {
    /// Index of the token.
    pub(crate) token: u32,
    /// Valence, about −5 to 5.
    pub(crate) value: f32,
}

/// How far before a phrase a negation reaches, in phrases, and an intensifier.
const REACH: usize = 4;
const REACH_OF_BOOST: usize = 2;
/// What a negation makes of praise, and of blame ("no fault" is mild praise).
const NEGATED: (f32, f32) = (-0.9, -0.6);
/// What an intensifier adds, and what a damper leaves.
const BOOST: f32 = 0.5;
const DAMPED: f32 = 0.6;
/// What letters repeated for emphasis add.
const DRAWN_OUT: f32 = 0.3;
/// Weight of what precedes the last "but", and of what follows.
const BUT: (f32, f32) = (0.7, 1.2);
/// Weight of what stands in a question.
const ASKED: f32 = 0.5;
/// How soon the score approaches its ends.
const SOFTNESS: f32 = 15.0;

/// Applies the rules to all phrases with a valence, reusing `hits`.
pub(crate) fn hits(text: &str, tokens: &[Token], hits: &mut Vec<Hit>) {
    hits.clear();
    for (at, token) in tokens.iter().enumerate() {
        if let Some(value) = rated(text, tokens, at) {
            hits.push(Hit {
                token: at as u32,
                value,
            });
        }
        if token.valence == 0 || token.covered {
            continue;
        }
        let mut value = f32::from(token.valence) / 10.0;
        if token.kind == Kind::Word {
            if token.entry.is(Entry::TURNS) {
                hits.push(Hit {
                    token: at as u32,
                    value,
                });
                continue;
            }
            if token.drawn_out || token.shouted {
                value += value.signum() * DRAWN_OUT;
            }
            value = in_context(tokens, at, value);
        }
        hits.push(Hit {
            token: at as u32,
            value,
        });
    }
    weigh_turns(tokens, hits);
    weigh_questions(tokens, hits);
}

/// "5 sao", "10 điểm", "1*": a rating in figures.
fn rated(text: &str, tokens: &[Token], at: usize) -> Option<f32> {
    let number = tokens.get(at).filter(|t| t.kind == Kind::Number)?;
    let figure: u32 = number.of(text).parse().ok()?;
    let unit = tokens
        .get(at + 1)
        .filter(|t| t.kind == Kind::Word)?
        .of(text);
    let place = match unit {
        "sao" | "Sao" | "SAO" | "star" | "stars" if figure <= 5 => figure as f32 / 5.0,
        "điểm" | "diem" | "đ" if figure <= 10 => figure as f32 / 10.0,
        _ => return None,
    };
    Some((place - 0.6) * 6.0)
}

/// A valence after the negations and intensifiers around it in the same clause.
fn in_context(tokens: &[Token], at: usize, value: f32) -> f32 {
    let mut value = value;
    let mut negated = false;
    let mut distance = 0;
    for token in tokens.get(..at).unwrap_or_default().iter().rev() {
        match token.kind {
            Kind::Stop { .. } | Kind::Pause | Kind::Link | Kind::Tag => break,
            Kind::Smile | Kind::Mask | Kind::Number => continue,
            Kind::Word => {}
        }
        if token.covered {
            continue;
        }
        distance += 1;
        let entry = token.entry;
        if distance > REACH
            || entry.is(Entry::TURNS)
            || (token.valence.unsigned_abs() > 8 && !entry.is(Entry::NEGATES))
        {
            break;
        }
        if entry.is(Entry::NEGATES) {
            negated = !negated;
        } else if entry.is(Entry::BOOSTS) && distance <= REACH_OF_BOOST {
            value += value.signum() * BOOST;
        } else if entry.is(Entry::DAMPS) && distance <= REACH_OF_BOOST {
            value *= DAMPED;
        }
    }
    // Vietnamese also intensifies behind the word: "đẹp lắm", "tốt quá"
    let behind = tokens
        .iter()
        .skip(at + 1)
        .take_while(|t| t.kind == Kind::Word)
        .filter(|t| !t.covered)
        .take(1);
    for token in behind {
        if token.entry.is(Entry::BOOSTS) {
            value += value.signum() * BOOST;
        }
    }
    match (negated, value > 0.0) {
        (false, _) => value,
        (true, true) => value * NEGATED.0,
        (true, false) => value * NEGATED.1,
    }
}

fn weigh_turns(tokens: &[Token], hits: &mut [Hit]) {
    let Some(turn) = tokens
        .iter()
        .rposition(|t| t.kind == Kind::Word && t.entry.is(Entry::TURNS))
    else {
        return;
    };
    if hits.iter().all(|hit| hit.token as usize <= turn) {
        return;
    }
    for hit in hits {
        hit.value *= if (hit.token as usize) < turn {
            BUT.0
        } else {
            BUT.1
        };
    }
}

fn weigh_questions(tokens: &[Token], hits: &mut [Hit]) {
    let mut from = 0;
    for (at, token) in tokens.iter().enumerate() {
        if let Kind::Stop { asks } = token.kind {
            if asks {
                for hit in hits
                    .iter_mut()
                    .filter(|hit| (from..at).contains(&(hit.token as usize)))
                {
                    hit.value *= ASKED;
                }
            }
            from = at + 1;
        }
    }
}

/// A sum of valences brought to −1 to 1.
fn score(sum: f32) -> f32 {
    sum / (sum * sum + SOFTNESS).sqrt()
}

/// eˣ for x ≤ 0 from additions and multiplications only, so that every machine gives the same bits.
fn exp(x: f32) -> f32 {
    let y = x.max(-80.0) / 256.0;
    let mut power = 1.0 + y * (1.0 + y * (0.5 + y * (1.0 / 6.0 + y / 24.0)));
    for _ in 0..8 {
        power *= power;
    }
    power
}

/// The opinion of a text.
pub(crate) fn opinion(tokens: &[Token], hits: &[Hit]) -> Opinion {
    let anything = tokens
        .iter()
        .any(|t| matches!(t.kind, Kind::Word | Kind::Smile));
    if anything {
        decide(hits, |_| 1.0)
    } else {
        Opinion::UNKNOWN
    }
}

/// How much the opinion in another clause, and in another sentence, counts for a target beside one in its own.
const ELSEWHERE: (f32, f32) = (0.4, 0.2);
/// What remains of an opinion where none stands in the target's own clause.
const FROM_AFAR: f32 = 0.9;

/// The opinion towards the target at these byte offsets: what is said in its clause counts most.
pub(crate) fn opinion_towards(tokens: &[Token], hits: &[Hit], start: u32, end: u32) -> Opinion {
    let Some(first) = tokens.iter().position(|t| t.end > start && t.start < end) else {
        return Opinion::UNKNOWN;
    };
    let nearness = |hit: &Hit| {
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
    let nearest = hits.iter().map(nearness).fold(0.0f32, f32::max);
    let scale = match nearest {
        n if n <= 0.0 || n >= 1.0 => 1.0,
        n => FROM_AFAR / n,
    };
    decide(hits, |hit| nearness(hit) * scale)
}

/// How steeply the score decides, and what speaks for neither: little said, or as much for as against.
const STEEPNESS: f32 = 3.2;
const NEITHER: f32 = 0.45;
const MIXED: f32 = 0.7;

fn decide(hits: &[Hit], weight: impl Fn(&Hit) -> f32) -> Opinion {
    let (mut good, mut bad) = (0.0f32, 0.0f32);
    for hit in hits {
        let value = hit.value * weight(hit);
        if value > 0.0 {
            good += value;
        } else {
            bad -= value;
        }
    }
    let score = score(good - bad);
    let balance = if good + bad > 0.0 {
        2.0 * good.min(bad) / (good + bad)
    } else {
        0.0
    };
    let logits = [
        -STEEPNESS * score,
        NEITHER + MIXED * balance,
        STEEPNESS * score,
    ];
    let top = logits.iter().copied().fold(f32::MIN, f32::max);
    let powers = logits.map(|logit| exp(logit - top));
    let sum: f32 = powers.iter().sum();
    let [negative, neutral, positive] = powers.map(|power| power / sum);
    let polarity = if neutral >= negative && neutral >= positive {
        Polarity::Neutral
    } else if positive >= negative {
        Polarity::Positive
    } else {
        Polarity::Negative
    };
    Opinion {
        polarity,
        negative,
        neutral,
        positive,
        score,
    }
}
