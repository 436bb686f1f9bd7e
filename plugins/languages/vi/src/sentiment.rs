//! Sentiment: from the phrases' valences, by rules, to a sum; from the sum to probabilities.
//!
//! Lives here: the rules and their numbers, all chosen by hand. Not here: the words (`lexicon`).

use isocial_sdk::reading::{
    Hit, Opinion,
    opinion::{score, weigh_questions, weigh_turns},
    table::Entry,
    token::{Kind, Token},
};

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
/// Applies the rules to all phrases with a valence.
pub(crate) fn hits(text: &str, tokens: &[Token], hits: &mut Vec<Hit>) {
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
    weigh_turns(tokens, hits, BUT);
    weigh_questions(tokens, hits, ASKED);
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

/// How steeply the score decides, and what speaks for neither: little said, or as much for as against.
const STEEPNESS: f32 = 3.2;
const NEITHER: f32 = 0.45;
const MIXED: f32 = 0.7;

/// What the hits, each weighed, come to.
pub(crate) fn decide(hits: &[Hit], weight: impl Fn(&Hit) -> f32) -> Opinion {
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
    Opinion::of(logits, score)
}
