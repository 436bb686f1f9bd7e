//! The word lists, as static tables, and what the pack knows of emoticons.
//!
//! Lives here: which lists there are, and how their keys are spelled. Not here: the tables' format (the SDK's).

use isocial_sdk::reading::table::{Key, Table, join};

use crate::fold::{Syllable, decode, fold};

const fn read<const N: usize>(list: &str) -> Table<N> {
    let bytes = list.as_bytes();
    let (mut table, mut at) = (Table::new(), 0);
    while at < bytes.len() {
        at = table.line(bytes, key(bytes, at));
    }
    table
}

/// The key of the line that begins here: its syllables, separated by single spaces.
const fn key(bytes: &[u8], mut at: usize) -> Key {
    let (mut hash, mut first, mut word) = (0, 0, Syllable::EMPTY);
    let mut words = 0;
    loop {
        let (code, next) = decode(bytes, at);
        let end = code == b'\t' as u32;
        if end || code == b' ' as u32 {
            hash = if words == 0 {
                word.hash()
            } else {
                join(hash, word.hash())
            };
            if words == 0 {
                first = hash;
            }
            words += 1;
            word = Syllable::EMPTY;
        } else if code >= b'0' as u32 && code <= b'9' as u32 {
            word = word.digit(code as u8);
        } else {
            let letter = fold(code);
            assert!(
                letter.letter() != 0 && !letter.capital(),
                "a key is in lower case and has a valence"
            );
            word = word.letter(letter);
        }
        at = next;
        if end {
            return Key { hash, first, next };
        }
    }
}

/// Words and phrases as they are spelled with accents, and short forms that have none.
pub(crate) static WORDS: Table<4096> = read(include_str!("../words/words.txt"));
/// The same words without accents, where that leaves no doubt: for texts that have none.
pub(crate) static BARE: Table<2048> = read(include_str!("../words/bare.txt"));

/// Emoticons with a valence in tenths and an emotion's number, the longest first.
const EMOTICONS: &[(&str, i8, u8)] = &[
    (":-)", 14, 5),
    (":-(", -14, 8),
    (";-)", 12, 5),
    (":'(", -16, 8),
    (":((", -18, 8),
    (":))", 10, 5),
    ("=))", 10, 5),
    ("=((", -16, 8),
    ("T_T", -14, 8),
    ("^_^", 16, 5),
    ("-_-", -10, 0),
    (">.<", -8, 0),
    (":)", 12, 5),
    (":(", -14, 8),
    ("=)", 10, 5),
    ("=(", -14, 8),
    (":D", 16, 5),
    (";)", 10, 5),
    (":v", 2, 0),
    (":3", 8, 6),
    ("<3", 22, 6),
    ("^^", 12, 5),
    (":P", 8, 5),
    (":/", -8, 0),
];

/// The emoticon that this text begins with: its length in bytes, valence and emotion.
pub(crate) fn emoticon(text: &str) -> Option<(usize, i8, u8)> {
    EMOTICONS
        .iter()
        .find(|(picture, ..)| text.starts_with(picture))
        .map(|&(picture, valence, emotion)| (picture.len(), valence, emotion))
}

#[cfg(test)]
mod tests {
    use isocial_sdk::reading::table::Entry;

    use super::*;

    /// The hash of a word or phrase, its syllables separated by single spaces.
    fn hash_of(phrase: &str) -> u64 {
        let line = format!("{phrase}\t");
        key(line.as_bytes(), 0).hash
    }

    #[test]
    fn lists_hold_what_people_write() {
        let valence = |word: &str| {
            WORDS
                .get(hash_of(word))
                .and_then(Entry::valence)
                .unwrap_or(0)
        };
        assert!(
            valence("tuyệt vời") > 15 && valence("thất vọng") < -15 && valence("pin trâu") > 15
        );
        assert!(WORDS.get(hash_of("ko")).unwrap().is(Entry::NEGATES));
        assert!(
            BARE.get(hash_of("tuyet voi")).is_some() && BARE.get(hash_of("tuyệt vời")).is_none()
        );
    }

    #[test]
    fn longer_emoticons_come_first() {
        for (n, (picture, ..)) in EMOTICONS.iter().enumerate() {
            assert!(
                EMOTICONS
                    .iter()
                    .take(n)
                    .all(|(earlier, ..)| !picture.starts_with(earlier)),
                "{picture}"
            );
        }
        assert_eq!(emoticon(":)) hay"), Some((3, 10, 5)));
    }
}
