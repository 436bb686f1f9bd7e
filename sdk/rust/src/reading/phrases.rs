//! Key phrases: runs of words that are not function words, the longest and rarest kept.

use super::{
    table::Entry,
    token::{Kind, Token},
};

/// Phrases a text may be given.
const MOST: usize = 8;
/// Bytes from which a single word is a phrase.
const LONG_WORD: u32 = 6;
/// What carries no matter of its own.
const EMPTY: u8 = Entry::FUNCTION | Entry::NEGATES | Entry::BOOSTS | Entry::DAMPS | Entry::TURNS;

/// What a language's key phrases are like.
#[derive(Debug, Clone, Copy)]
pub struct Phrasing {
    /// Words, as the language writes them apart, in the longest phrase.
    pub words: usize,
    /// Bytes of a word that is too short to be in one.
    pub too_short: u32,
}

/// A phrase that is being considered.
#[derive(Debug, Clone, Copy)]
pub(super) struct Phrase {
    pub(super) start: u32,
    pub(super) end: u32,
    words: usize,
    worth: f32,
}

/// Finds the key phrases, in the text's order.
pub(super) fn phrases(tokens: &[Token], phrasing: Phrasing, found: &mut Vec<Phrase>) {
    found.clear();
    let mut run: Option<Phrase> = None;
    for token in tokens {
        let content = matches!(token.kind, Kind::Word)
            && !token.in_tag
            && token.end - token.start > phrasing.too_short
            && !token.entry.is(EMPTY);
        if !content {
            keep(found, run.take());
            continue;
        }
        let worth =
            1.0 + if token.known { 0.0 } else { 0.4 } + if token.capital { 0.3 } else { 0.0 };
        match &mut run {
            Some(run) if run.words < phrasing.words => {
                run.end = token.end;
                run.words += 1;
                run.worth += worth;
            }
            full => {
                keep(found, full.take());
                *full = Some(Phrase {
                    start: token.start,
                    end: token.end,
                    words: 1,
                    worth,
                });
            }
        }
    }
    keep(found, run);
    if found.len() > MOST {
        found.sort_by(|a, b| b.worth.total_cmp(&a.worth).then(a.start.cmp(&b.start)));
        found.truncate(MOST);
        found.sort_by_key(|phrase| phrase.start);
    }
}

/// Keeps a run of two words or more, or one long word.
fn keep(found: &mut Vec<Phrase>, run: Option<Phrase>) {
    found.extend(run.filter(|run| run.words > 1 || run.end - run.start >= LONG_WORD));
}
