//! Topics: which of the declared ones a text is about, by its words.

use crate::{lexicon::TOPICS, tokens::Token};

/// Topics a text may be given.
const MOST: usize = 4;

/// Topics of a text by index, strongest first.
pub(crate) fn topics(tokens: &[Token]) -> Vec<(u16, f32)> {
    let mut sums = [0.0f32; TOPICS.len()];
    for token in tokens {
        if let Some(sum) = (token.entry.topic() as usize)
            .checked_sub(1)
            .and_then(|n| sums.get_mut(n))
        {
            *sum += 1.0;
        }
    }
    let mut found: Vec<_> = (0u16..)
        .zip(sums)
        .filter(|(_, sum)| *sum > 0.0)
        .map(|(topic, sum)| (topic, sum / (sum + 1.0)))
        .collect();
    found.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    found.truncate(MOST);
    found
}
