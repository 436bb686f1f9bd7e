//! Language: whether a text is English, or another language, or says too little to know.

use isocial_sdk::reading::{
    Tongue,
    table::Entry,
    token::{Kind, Token},
};

/// Evidence for and against, as sums over a text's words.
fn evidence(tokens: &[Token]) -> (f32, f32, u32) {
    let (mut ours, mut other, mut words) = (0.0f32, 0.0f32, 0u32);
    for token in tokens.iter().filter(|t| t.kind == Kind::Word) {
        words += 1;
        let entry = token.entry;
        if token.strange {
            // Letters outside ASCII are rare in English words
            other += 1.0;
        }
        match (entry.is(Entry::FUNCTION), entry.is(Entry::FOREIGN)) {
            (true, true) => ours += 0.2,
            (true, false) => ours += 1.0,
            (false, true) => other += 1.0,
            (false, false) if token.known && !token.in_tag => ours += 0.5,
            (false, false) => {}
        }
    }
    (ours, other, words)
}

/// Whether a text is English: no confidence if the evidence is against it or too thin.
pub(crate) fn tongue(tokens: &[Token]) -> Tongue {
    let (ours, other, words) = evidence(tokens);
    let foreign = other > ours + 1.0 && other * 5.0 >= words as f32;
    if words == 0 || ours <= other || ours < 0.5 {
        return Tongue {
            confidence: None,
            foreign,
        };
    }
    let share = (ours - other) / (words as f32).max(1.0);
    let amount = ours / (ours + 1.0);
    let confidence = (0.45 + 0.9 * share).min(1.0) * (0.55 + 0.45 * amount);
    Tongue {
        confidence: (confidence >= 0.5).then_some(confidence.min(0.99)),
        foreign,
    }
}
