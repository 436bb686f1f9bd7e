//! Tokens: where syllables, emoji, tags, links and breaks are in a text, each with what the word lists say about it.
//!
//! Lives here: what a token is, phrases, whether a text is written without accents. Not here: splitting (`scan`), what follows from it (`sentiment` …).

use crate::{
    lexicon::{BARE, WORDS},
    scan::Scan,
    table::{Entry, join},
};

/// What sort of token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A syllable, or a word of another language.
    Word,
    /// Digits first.
    Number,
    /// An emoji or emoticon.
    Smile,
    /// A `#` with what follows.
    Tag,
    /// The end of a sentence.
    Stop {
        /// It asks.
        asks: bool,
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
pub(crate) struct Token {
    /// Byte offsets in the text.
    pub(crate) start: u32,
    pub(crate) end: u32,
    /// Sort.
    pub(crate) kind: Kind,
    /// Hash of the syllable.
    pub(crate) hash: u64,
    /// What the lists say; a phrase's entry stands at its first syllable.
    pub(crate) entry: Entry,
    /// Whether the lists know the syllable or the phrase that it is in.
    pub(crate) known: bool,
    /// Tenths of valence before any rule.
    pub(crate) valence: i8,
    /// It has letters or tones that Vietnamese writes.
    pub(crate) accented: bool,
    /// It has letters that Vietnamese does not write.
    pub(crate) strange: bool,
    /// Every letter is a capital (two at least).
    pub(crate) shouted: bool,
    /// The first letter is a capital.
    pub(crate) capital: bool,
    /// There are capitals behind the first letter, and small ones.
    pub(crate) mixed: bool,
    /// There is a digit.
    pub(crate) digit: bool,
    /// It is a later syllable of a phrase.
    pub(crate) covered: bool,
    /// A letter is repeated for emphasis.
    pub(crate) drawn_out: bool,
}

impl Token {
    /// A token of which nothing is known yet.
    pub(crate) fn new(kind: Kind, start: usize, end: usize) -> Self {
        Self {
            start: start as u32,
            end: end as u32,
            kind,
            hash: 0,
            entry: Entry::default(),
            known: false,
            valence: 0,
            accented: false,
            strange: false,
            shouted: false,
            capital: false,
            mixed: false,
            digit: false,
            covered: false,
            drawn_out: false,
        }
    }
    /// The text that it stands for.
    pub(crate) fn of<'t>(&self, text: &'t str) -> &'t str {
        text.get(self.start as usize..self.end as usize)
            .unwrap_or("")
    }
}

/// Splits a text, reusing `tokens`, and looks everything up.
pub(crate) fn split(text: &str, tokens: &mut Vec<Token>) {
    tokens.clear();
    Scan::run(text, tokens);
    let bare = is_bare(tokens);
    let mut at = 0;
    while at < tokens.len() {
        at += look_up(tokens, at, bare);
    }
}

/// Whether a text is written without accents: fewer than one word in eight has any.
pub(crate) fn is_bare(tokens: &[Token]) -> bool {
    let words = tokens.iter().filter(|t| t.kind == Kind::Word);
    let (all, accented) = words.fold((0u32, 0u32), |(all, accented), t| {
        (all + 1, accented + u32::from(t.accented))
    });
    accented * 8 < all
}

/// Syllables in the longest phrase.
const LONGEST: usize = 7;

/// Looks up the longest phrase that begins here; returns how many tokens it takes.
fn look_up(tokens: &mut [Token], at: usize, bare: bool) -> usize {
    let Some(first) = tokens.get(at).filter(|t| t.kind == Kind::Word) else {
        return 1;
    };
    let find = |hash| {
        if bare {
            BARE.get(hash).or_else(|| WORDS.get(hash))
        } else {
            WORDS.get(hash)
        }
    };
    let mut best = find(first.hash).map(|entry| (1, entry));
    if WORDS.starts_phrase(first.hash) || (bare && BARE.starts_phrase(first.hash)) {
        let mut hash = first.hash;
        for (n, token) in tokens.iter().skip(at).take(LONGEST).enumerate().skip(1) {
            if token.kind != Kind::Word {
                break;
            }
            hash = join(hash, token.hash);
            if let Some(entry) = find(hash) {
                best = Some((n + 1, entry));
            }
        }
    }
    let Some((taken, entry)) = best else { return 1 };
    for (n, token) in tokens.iter_mut().skip(at).take(taken).enumerate() {
        token.known = true;
        if n == 0 {
            token.entry = entry;
            token.valence = entry.valence();
        } else {
            token.covered = true;
        }
    }
    taken
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(text: &str) -> Vec<Token> {
        let mut tokens = Vec::new();
        split(text, &mut tokens);
        tokens
    }

    fn words(text: &str) -> Vec<String> {
        tokens(text).iter().map(|t| t.of(text).to_owned()).collect()
    }

    fn valences(text: &str) -> Vec<i8> {
        tokens(text)
            .iter()
            .filter(|t| t.valence != 0)
            .map(|t| t.valence)
            .collect()
    }

    #[test]
    fn text_is_split_with_exact_spans() {
        assert_eq!(
            words("Máy đẹp, giá 5tr!!"),
            ["Máy", "đẹp", ",", "giá", "5tr", "!!"]
        );
        assert_eq!(
            words("⟦user:1⟧ xem https://vi.example/a:/b nhé"),
            ["⟦user:1⟧", "xem", "https://vi.example/a:/b", "nhé"]
        );
        assert_eq!(
            words("#BrelloViệtNam hay :))))"),
            ["#BrelloViệtNam", "hay", ":))"]
        );
    }

    #[test]
    fn composed_and_decomposed_text_read_alike() {
        let decomposed = "Tuye\u{323}\u{302}t vo\u{31b}\u{300}i qua\u{301}";
        assert_eq!(valences("Tuyệt vời quá"), valences(decomposed));
        assert_eq!(words(decomposed).len(), 3);
        assert!(valences(decomposed)[0] > 15);
    }

    #[test]
    fn text_without_accents_is_read_by_its_own_list() {
        assert_eq!(
            valences("San pham tuyet voi"),
            valences("Sản phẩm tuyệt vời")
        );
        assert!(valences("that vong qua")[0] < 0);
        // The same letters within accented text are no such words
        assert!(valences("tuyet voi là tên của một quán ăn ở đây").is_empty());
    }

    #[test]
    fn the_longest_phrase_counts() {
        assert!(valences("không có gì để chê").iter().all(|v| *v > 0));
        assert_eq!(valences("Pin trâu").len(), 1);
        assert!(valences("yêu cầu hỗ trợ").is_empty());
    }
}
