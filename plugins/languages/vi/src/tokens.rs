//! Phrases of several syllables, over the tokens of a text, and whether a text is written without accents.
//!
//! Lives here: which syllables belong together. Not here: splitting (`scan`), what a token is (the SDK's).

use isocial_sdk::reading::{
    table::join,
    token::{Kind, Token},
};

use crate::{
    lexicon::{BARE, WORDS},
    scan,
};

/// Splits a text and looks everything up.
pub(crate) fn split(text: &str, tokens: &mut Vec<Token>) {
    scan::run(text, tokens);
    let bare = is_bare(tokens);
    let mut at = 0;
    while at < tokens.len() {
        at += look_up(tokens, at, bare);
    }
}

/// Whether a text is written without accents: fewer than one word in eight has any.
fn is_bare(tokens: &[Token]) -> bool {
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
            token.valence = entry.valence().unwrap_or(0);
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
