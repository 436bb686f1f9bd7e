//! Sentiment: from the words' valences, by rules, to hits; from hits to features; from features to probabilities.
//!
//! Lives here: the rules. Not here: the trained numbers (`model`), the words (`lexicon`).

use isocial_sdk::reading::{
    Hit, Opinion,
    opinion::{score, weigh_questions, weigh_turns},
    table::Entry,
    token::{Kind, Token},
};

use crate::model::{FEATURES, WEIGHTS};

/// How far before a word a negation or intensifier reaches, in words.
const REACH: usize = 4;
/// What a negation makes of a valence.
const NEGATED: f32 = -0.70;
/// What an intensifier next to the word adds.
const BOOST: f32 = 0.30;
/// What capitals add where not everything is in capitals.
const SHOUT: f32 = 0.70;
/// What letters repeated for emphasis add.
const DRAWN_OUT: f32 = 0.35;
/// Weight of what precedes the last "but", and of what follows.
const BUT: (f32, f32) = (0.5, 1.4);
/// Weight of what stands in a question.
const ASKED: f32 = 0.75;
/// Applies the rules to all words with a valence.
pub(crate) fn hits(tokens: &[Token], hits: &mut Vec<Hit>) {
    let words = tokens.iter().filter(|t| t.kind == Kind::Word && !t.in_tag);
    let (all, shouted) = words.fold((0, 0), |(all, shouted), t| {
        (all + 1, shouted + usize::from(t.shouted))
    });
    let shouting_differs = shouted > 0 && shouted < all;
    for (at, token) in tokens.iter().enumerate() {
        if token.valence == 0 || token.covered {
            continue;
        }
        let mut value = f32::from(token.valence) / 10.0;
        if token.kind == Kind::Word {
            if (token.entry.is(Entry::BOOSTS) || token.entry.is(Entry::NEGATES))
                && boosts_next(tokens, at)
            {
                continue;
            }
            let sign = value.signum();
            if token.shouted && shouting_differs {
                value += sign * SHOUT;
            }
            if token.drawn_out {
                value += sign * DRAWN_OUT;
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

/// Whether the next word has a valence that this intensifier belongs to: "pretty bad", "damn good".
fn boosts_next(tokens: &[Token], at: usize) -> bool {
    tokens
        .iter()
        .skip(at + 1)
        .take(2)
        .take_while(|t| t.kind == Kind::Word)
        .any(|t| t.valence != 0 && !t.covered)
}

/// A valence after the intensifiers and negations before it in the same clause.
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
        if distance > REACH || entry.is(Entry::TURNS) {
            break;
        }
        let near = 1.0 - 0.1 * (distance - 1) as f32;
        if entry.is(Entry::NEGATES) {
            negated = !negated;
        } else if entry.is(Entry::BOOSTS) && distance <= 3 {
            let shout = if token.shouted { 0.3 } else { 0.0 };
            value += value.signum() * (BOOST + shout) * near;
        } else if entry.is(Entry::DAMPS) && distance <= 3 {
            value -= value.signum() * BOOST.min(value.abs()) * near;
        }
    }
    if negated { value * NEGATED } else { value }
}

/// What the model looks at, for a whole text (`weight` is 1 for each hit) or for the surroundings of a target.
pub(crate) fn features(
    tokens: &[Token],
    hits: &[Hit],
    weight: impl Fn(&Hit) -> f32,
) -> [f32; FEATURES] {
    let mut sum = 0.0f32;
    let (mut good, mut bad, mut goods, mut bads, mut best, mut worst, mut last) =
        (0.0f32, 0.0f32, 0.0f32, 0.0f32, 0.0f32, 0.0f32, 0.0f32);
    let (mut smile_good, mut smile_bad) = (0.0f32, 0.0f32);
    for hit in hits {
        let value = hit.value * weight(hit);
        sum += value;
        if value > 0.0 {
            good += value;
            goods += 1.0;
            best = best.max(value);
        } else {
            bad -= value;
            bads += 1.0;
            worst = worst.max(-value);
        }
        last = value.signum();
        if tokens
            .get(hit.token as usize)
            .is_some_and(|t| t.kind == Kind::Smile)
        {
            if value > 0.0 {
                smile_good = 1.0;
            } else {
                smile_bad = 1.0;
            }
        }
    }
    let mut count = [0.0f32; 12];
    let mut add = |n: usize, yes: bool| {
        if let Some(place) = count.get_mut(n).filter(|_| yes) {
            *place += 1.0;
        }
    };
    for token in tokens {
        match token.kind {
            Kind::Word => {
                add(0, true);
                add(1, token.shouted && token.end - token.start > 3);
                add(2, token.entry.is(Entry::NEGATES));
                add(3, token.entry.is(Entry::TURNS));
                add(4, token.drawn_out);
                add(5, token.capital && !token.known);
                add(11, token.entry.is(Entry::FUNCTION));
            }
            Kind::Number => add(6, true),
            Kind::Link => add(7, true),
            Kind::Mask => add(8, true),
            Kind::Stop { asks, exclaims } => {
                add(9, asks);
                add(10, exclaims);
            }
            Kind::Tag | Kind::Pause | Kind::Smile => {}
        }
    }
    let [
        words,
        shouts,
        negations,
        turns,
        drawn,
        names,
        numbers,
        links,
        masks,
        questions,
        cries,
        functions,
    ] = count;
    let compound = score(sum);
    [
        1.0,
        compound,
        compound.max(0.0).sqrt(),
        (-compound).max(0.0).sqrt(),
        good / (good + 4.0),
        bad / (bad + 4.0),
        goods.min(5.0) / 5.0,
        bads.min(5.0) / 5.0,
        best / 4.0,
        worst / 4.0,
        last,
        smile_good,
        smile_bad,
        f32::from(u8::from(hits.is_empty())),
        shouts.min(4.0) / 4.0,
        negations.min(3.0) / 3.0,
        turns.min(2.0) / 2.0,
        drawn.min(2.0) / 2.0,
        names.min(8.0) / 8.0,
        numbers.min(4.0) / 4.0,
        links.min(1.0),
        masks.min(2.0) / 2.0,
        questions.min(2.0) / 2.0,
        cries.min(3.0) / 3.0,
        words.min(40.0) / 40.0,
        functions / words.max(1.0),
    ]
}

/// What the hits, each weighed, come to.
pub(crate) fn decide(tokens: &[Token], hits: &[Hit], weight: impl Fn(&Hit) -> f32) -> Opinion {
    let features = features(tokens, hits, weight);
    let logits = WEIGHTS.map(|weights| weights.iter().zip(&features).map(|(w, x)| w * x).sum());
    Opinion::of(logits, features[1])
}
