//! Tokens: where words, emoji, tags, links and breaks are in a text, each with what the word lists say about it.
//!
//! Lives here: what a token is, phrases. Not here: splitting (`scan`), what follows from it (`sentiment`, `entities` …).

use crate::{
    lexicon::OWN,
    scan::Scan,
    table::{Entry, join},
};

/// What sort of token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Letters, perhaps with digits.
    Word,
    /// Digits first.
    Number,
    /// An emoji or emoticon.
    Smile,
    /// A `#` with what follows; its words come after it as tokens of their own.
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
pub(crate) struct Token {
    /// Byte offsets in the text.
    pub(crate) start: u32,
    pub(crate) end: u32,
    /// Sort.
    pub(crate) kind: Kind,
    /// Hash of the word in lower case.
    pub(crate) hash: u64,
    /// What the lists say; a phrase's entry stands at its first word.
    pub(crate) entry: Entry,
    /// Whether the lists know the word.
    pub(crate) known: bool,
    /// Tenths of valence before any rule.
    pub(crate) valence: i8,
    /// Every letter is a capital (two at least).
    pub(crate) shouted: bool,
    /// The first letter is a capital.
    pub(crate) capital: bool,
    /// There are capitals behind the first letter, and small ones.
    pub(crate) mixed: bool,
    /// There is a digit.
    pub(crate) digit: bool,
    /// Letters are repeated for emphasis: "soooo".
    pub(crate) drawn_out: bool,
    /// There is a letter outside ASCII.
    pub(crate) strange: bool,
    /// It is a word of the tag before it.
    pub(crate) in_tag: bool,
    /// It is a later word of a phrase that has been counted.
    pub(crate) covered: bool,
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
            shouted: false,
            capital: false,
            mixed: false,
            digit: false,
            drawn_out: false,
            strange: false,
            in_tag: false,
            covered: false,
        }
    }
    /// The text that it stands for.
    pub(crate) fn of<'t>(&self, text: &'t str) -> &'t str {
        text.get(self.start as usize..self.end as usize)
            .unwrap_or("")
    }
}

/// Splits a text, reusing `tokens`.
pub(crate) fn split(text: &str, tokens: &mut Vec<Token>) {
    tokens.clear();
    Scan::run(text, tokens);
    mark_phrases(tokens);
}

/// Gives phrases of up to four words their entry, at the first word, and marks the others as covered.
fn mark_phrases(tokens: &mut [Token]) {
    let mut at = 0;
    while at < tokens.len() {
        let advance = match tokens.get(at) {
            Some(first) if first.kind == Kind::Word && OWN.starts_phrase(first.hash) => {
                mark_phrase(tokens, at)
            }
            _ => 1,
        };
        at += advance;
    }
}

fn mark_phrase(tokens: &mut [Token], at: usize) -> usize {
    let mut hash = 0;
    let mut best = None;
    for (n, token) in tokens.iter().skip(at).take(4).enumerate() {
        if token.kind != Kind::Word {
            break;
        }
        hash = if n == 0 {
            token.hash
        } else {
            join(hash, token.hash)
        };
        if n > 0
            && let Some(entry) = OWN.get(hash)
        {
            best = Some((n, entry));
        }
    }
    let Some((last, entry)) = best else { return 1 };
    let opinion = entry.valence();
    for (n, token) in tokens.iter_mut().skip(at).take(last + 1).enumerate() {
        if let Some(valence) = opinion {
            token.valence = if n == 0 { valence } else { 0 };
            token.covered = n > 0;
        }
        if n == 0 {
            token.entry = entry.with_flags_of(token.entry, opinion.is_none());
        } else if opinion.is_some() {
            token.entry = token.entry.only_function();
        }
    }
    last + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        let mut tokens = Vec::new();
        split(text, &mut tokens);
        tokens.iter().map(|t| t.of(text).to_owned()).collect()
    }

    fn valences(text: &str) -> Vec<i8> {
        let mut tokens = Vec::new();
        split(text, &mut tokens);
        tokens
            .iter()
            .filter(|t| t.valence != 0)
            .map(|t| t.valence)
            .collect()
    }

    #[test]
    fn text_is_split_with_exact_spans() {
        assert_eq!(
            words("Zentora's app, isn't it great?!"),
            ["Zentora's", "app", ",", "isn't", "it", "great", "?!"]
        );
        assert_eq!(
            words("see https://example.com/a:/b now"),
            ["see", "https://example.com/a:/b", "now"]
        );
        assert_eq!(
            words("⟦user:1⟧ at 8:30 and @brello_hq"),
            ["⟦user:1⟧", "at", "8:30", "and", "@brello_hq"]
        );
        assert_eq!(words("café—naïve"), ["café", "—", "naïve"]);
    }

    #[test]
    fn tags_are_split_into_their_words() {
        assert_eq!(
            words("#WorstServiceEver"),
            ["#WorstServiceEver", "Worst", "Service", "Ever"]
        );
        assert!(valences("#WorstServiceEver").iter().any(|v| *v < 0));
        assert_eq!(words("# 1 #"), ["1"]);
    }

    #[test]
    fn emoticons_and_emoji_have_valences() {
        assert!(
            valences("thanks:)").len() == 2 && valences(":(")[0] < 0 && valences("ok 👎")[1] < 0
        );
        assert!(valences("at 8:30 or note: parts").is_empty());
    }

    #[test]
    fn spelling_variants_find_their_word() {
        assert_eq!(valences("goooood"), valences("good"));
        assert_eq!(valences("GREAT"), valences("great"));
        assert!(valences("Brello’s").is_empty());
    }

    #[test]
    fn phrases_count_once() {
        assert_eq!(valences("I can't stand it").len(), 1);
        assert!(valences("the bus stop").is_empty());
        let mut tokens = Vec::new();
        split("customer service rules", &mut tokens);
        assert_eq!(tokens[0].entry.topic(), 1);
    }
}
