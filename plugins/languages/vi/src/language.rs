//! Language: whether a text is Vietnamese, or says too little to know.

use isocial_sdk::reading::{
    Tongue,
    table::Entry,
    token::{Kind, Token},
};

/// Evidence: words with Vietnamese signs, known words, strange words, all words.
fn evidence(tokens: &[Token]) -> (f32, f32, f32, f32) {
    let (mut accented, mut known, mut strange, mut all) = (0.0f32, 0.0f32, 0.0f32, 0.0f32);
    for token in tokens.iter().filter(|t| t.kind == Kind::Word) {
        all += 1.0;
        if token.strange {
            strange += 1.0;
        } else if token.known
            && (token.accented
                || token.covered
                || token.entry.is(Entry::FUNCTION) && token.end - token.start > 2)
        {
            known += 1.0;
        } else if token.accented && token.end - token.start <= 10 {
            accented += 1.0;
        } else if token.end - token.start > 8 {
            // No syllable of Vietnamese is as long as this
            strange += 0.5;
        }
    }
    (accented, known, strange, all)
}

/// Whether a text is Vietnamese: no confidence if the evidence is against it or too thin. Clearly in another language is one with
/// nothing that Vietnamese writes in at least five words.
pub(crate) fn tongue(tokens: &[Token]) -> Tongue {
    let (accented, known, strange, all) = evidence(tokens);
    let foreign =
        (all >= 5.0 && (known + accented) * 12.0 < all) || strange > known + accented + 1.0;
    let ours = known + 0.6 * accented;
    if all == 0.0 || known == 0.0 || ours <= strange {
        return Tongue {
            confidence: None,
            foreign,
        };
    }
    let share = (ours - strange) / all;
    let confidence = (0.4 + share).min(1.0) * (0.5 + 0.5 * ours / (ours + 0.6));
    Tongue {
        confidence: (confidence >= 0.5).then_some(confidence.min(0.99)),
        foreign,
    }
}
