//! Tokens: where words, emoji, tags, links and breaks are in a text, each with what the word lists say about it.
//!
//! Lives here: what a token is. Not here: splitting (`scan` and the packs), what follows from tokens (`opinion`, `entities` …).

use super::table::Entry;

/// What sort of token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Letters, perhaps with digits.
    Word,
    /// Digits first.
    Number,
    /// An emoji or emoticon.
    Smile,
    /// A `#` with what follows; a pack may let its words follow as tokens of their own.
    Tag,
    /// The end of a sentence.
    Stop {
        /// It asks.
        asks: bool,
        /// It exclaims.
        exclaims: bool,
    },
    /// Other punctuation.
    Pause,
    /// A link.
    Link,
    /// A redacted detail or a handle.
    Mask,
}

/// One token of a text.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Token {
    /// Byte offset of the start in the text.
    pub start: u32,
    /// Byte offset of the end.
    pub end: u32,
    /// Sort.
    pub kind: Kind,
    /// Hash of the word as its pack spells it.
    pub hash: u64,
    /// What the lists say; a phrase's entry stands at its first word.
    pub entry: Entry,
    /// Whether the lists know the word, or the phrase that it is in.
    pub known: bool,
    /// Tenths of valence before any rule.
    pub valence: i8,
    /// Every letter is a capital (two at least).
    pub shouted: bool,
    /// The first letter is a capital.
    pub capital: bool,
    /// There are capitals behind the first letter, and small ones.
    pub mixed: bool,
    /// There is a digit.
    pub digit: bool,
    /// Letters are repeated for emphasis: "soooo".
    pub drawn_out: bool,
    /// It has signs that the language writes and few others do.
    pub accented: bool,
    /// There is a letter that the language does not write.
    pub strange: bool,
    /// It is a word of the tag before it.
    pub in_tag: bool,
    /// It is a later word of a phrase that has been counted.
    pub covered: bool,
}

impl Token {
    /// A token of which nothing is known yet.
    #[inline]
    pub fn new(kind: Kind, start: usize, end: usize) -> Self {
        Self {
            start: start as u32,
            end: end as u32,
            kind,
            hash: 0,
            entry: Entry::default(),
            known: false,
            valence: 0,
            shouted: false,
            capital: false,
            mixed: false,
            digit: false,
            drawn_out: false,
            accented: false,
            strange: false,
            in_tag: false,
            covered: false,
        }
    }
    /// The text that it stands for.
    #[inline]
    pub fn of<'t>(&self, text: &'t str) -> &'t str {
        text.get(self.start as usize..self.end as usize)
            .unwrap_or("")
    }
}

/// Whether most words of a text have capitals, so that capitals name nothing.
pub(super) fn is_shouting(tokens: &[Token]) -> bool {
    let words = tokens.iter().filter(|t| t.kind == Kind::Word && !t.in_tag);
    let (all, capitals) = words.fold((0u32, 0u32), |(all, capitals), t| {
        (all + 1, capitals + u32::from(t.capital))
    });
    all >= 4 && capitals * 10 > all * 7
}

/// Whether the word at this place is negated by one of the three words before it.
pub(super) fn is_negated(tokens: &[Token], at: usize) -> bool {
    let before = tokens.get(..at).unwrap_or_default().iter().rev();
    before
        .take_while(|t| matches!(t.kind, Kind::Word))
        .take(3)
        .any(|t| t.entry.is(Entry::NEGATES))
}
