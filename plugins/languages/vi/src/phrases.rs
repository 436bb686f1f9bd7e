//! Key phrases: runs of words that are not function words, the longest and rarest kept.

use crate::{
    table::Entry,
    tokens::{Kind, Token},
};

/// Phrases a text may be given, and syllables in one.
const MOST: usize = 8;
const WORDS: usize = 5;

/// Byte offsets of the key phrases, in the text's order.
pub(crate) fn phrases(tokens: &[Token]) -> Vec<(u32, u32)> {
    let mut found: Vec<(f32, u32, u32)> = Vec::new();
    let mut run: Option<(u32, u32, usize, f32)> = None;
    for token in tokens {
        let content =
            matches!(token.kind, Kind::Word) && token.end - token.start > 1 && !is_empty(token);
        if content {
            let worth =
                1.0 + if token.known { 0.0 } else { 0.4 } + if token.capital { 0.3 } else { 0.0 };
            run = match run {
                Some((start, _, words, sum)) if words < WORDS => {
                    Some((start, token.end, words + 1, sum + worth))
                }
                full => {
                    keep(&mut found, full);
                    Some((token.start, token.end, 1, worth))
                }
            };
        } else {
            keep(&mut found, run.take());
        }
    }
    keep(&mut found, run);
    found.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    found.truncate(MOST);
    found.sort_by_key(|phrase| phrase.1);
    found
        .into_iter()
        .map(|(_, start, end)| (start, end))
        .collect()
}

/// Whether a syllable carries no matter of its own.
fn is_empty(token: &Token) -> bool {
    let entry = token.entry;
    entry.is(Entry::FUNCTION)
        || entry.is(Entry::NEGATES)
        || entry.is(Entry::BOOSTS)
        || entry.is(Entry::DAMPS)
        || entry.is(Entry::TURNS)
}

/// Keeps a run of two words or more, or one long word.
fn keep(found: &mut Vec<(f32, u32, u32)>, run: Option<(u32, u32, usize, f32)>) {
    if let Some((start, end, words, worth)) = run
        && (words > 1 || end - start >= 6)
    {
        found.push((worth, start, end));
    }
}
