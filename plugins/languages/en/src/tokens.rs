//! Phrases of several words, over the tokens of a text.
//!
//! Lives here: which words belong together. Not here: splitting (`scan`), what a token is (the SDK's).

use isocial_sdk::reading::{
    table::join,
    token::{Kind, Token},
};

use crate::{lexicon::OWN, scan};

/// Splits a text and looks everything up.
pub(crate) fn split(text: &str, tokens: &mut Vec<Token>) {
    scan::run(text, tokens);
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
