//! What a character is to us, and its folded form.
//!
//! Lives here: classes and folding of single characters, with a table for the first 13,312 of them. Not here: words (`segment`).

use std::sync::LazyLock;

use caseless::Caseless;
use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

/// What a character is to the segmenter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Class {
    /// Space, punctuation, symbols: ends words, is none.
    Other,
    /// Part of a word.
    Word,
    /// A word of its own: scripts written without spaces.
    Single,
    /// Begins an emoji.
    Emoji,
    /// Belongs to what stands before it.
    Extend,
}

/// Characters below this are looked up; it covers Latin, Greek, Cyrillic, Arabic, Indic, Thai, kana and symbols.
const TABLE_LEN: usize = 0x3400;

struct Table {
    class: Box<[Class]>,
    /// 0 where one character alone does not tell.
    fold: Box<[u16]>,
}

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    let chars = || (0..TABLE_LEN as u32).map(|code| char::from_u32(code).unwrap_or('\0'));
    Table {
        class: chars().map(class_slow).collect(),
        fold: chars().map(|c| fold_alone(c).unwrap_or(0)).collect(),
    }
});

/// The class of a character.
pub(crate) fn class(c: char) -> Class {
    TABLE
        .class
        .get(c as usize)
        .copied()
        .unwrap_or_else(|| class_slow(c))
}

/// The folded form of a character that folds to one character whatever stands beside it.
pub(crate) fn fold_char(c: char) -> Option<char> {
    match c as u32 {
        0xAC00..=0xD7A3 | 0x3400..=0x9FFF => Some(c),
        code => match TABLE.fold.get(code as usize) {
            Some(&folded) if folded != 0 => char::from_u32(u32::from(folded)),
            _ => None,
        },
    }
}

fn fold_alone(c: char) -> Option<u16> {
    // Conjoining jamo compose with each other, marks with what is before them.
    if is_combining_mark(c) || is_ignorable(c) || ('\u{1100}'..='\u{11FF}').contains(&c) {
        return None;
    }
    let folded = fold_slow(c.encode_utf8(&mut [0; 4]));
    let mut chars = folded.chars();
    match (chars.next(), chars.next()) {
        (Some(one), None) if !is_combining_mark(one) => u16::try_from(u32::from(one)).ok(),
        _ => None,
    }
}

/// NFKC and full case folding until nothing changes, without characters that cannot be seen.
pub(crate) fn fold_slow(text: &str) -> String {
    let mut folded: String = text.chars().filter(|&c| !is_ignorable(c)).nfkc().collect();
    // Folding can undo normalisation and the reverse; two rounds settle all of Unicode, four are a bound.
    for _ in 0..4 {
        let next: String = folded
            .chars()
            .default_case_fold()
            .nfkc()
            .filter(|&c| !is_ignorable(c))
            .collect();
        if next == folded {
            break;
        }
        folded = next;
    }
    folded
}

/// Whether a character is invisible and changes no word: soft hyphen, joiners, directions, variation selectors, keycap frame.
pub(crate) fn is_ignorable(c: char) -> bool {
    matches!(c,
        '\u{AD}' | '\u{34F}' | '\u{61C}' | '\u{180B}'..='\u{180F}' | '\u{200C}'..='\u{200F}' | '\u{202A}'..='\u{202E}'
        | '\u{2060}'..='\u{206F}' | '\u{20E3}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' | '\u{E0100}'..='\u{E01EF}')
}

/// Whether a character may follow inside an emoji, apart from a joiner and what it joins.
pub(crate) fn is_emoji_tail(c: char) -> bool {
    matches!(c, '\u{FE0E}' | '\u{FE0F}' | '\u{20E3}' | '\u{1F3FB}'..='\u{1F3FF}' | '\u{E0020}'..='\u{E007F}')
}

/// Whether a character is half of a flag.
pub(crate) fn is_flag_half(c: char) -> bool {
    ('\u{1F1E6}'..='\u{1F1FF}').contains(&c)
}

/// Whether two letters of this script say enough for a wildcard.
pub(crate) fn is_cjk(c: char) -> bool {
    matches!(c as u32, 0x2E80..=0x2FDF | 0x3005..=0x30FF | 0x31F0..=0x9FFF | 0xAC00..=0xD7A3 | 0xF900..=0xFAFF | 0x20000..=0x3FFFF)
}

fn class_slow(c: char) -> Class {
    if c == '_' {
        Class::Word
    } else if is_ignorable(c) || is_combining_mark(c) || matches!(c, '\u{FF9E}' | '\u{FF9F}') {
        Class::Extend
    } else if c.is_alphanumeric() {
        if is_spaceless(c) {
            Class::Single
        } else {
            Class::Word
        }
    } else if is_emoji(c) {
        Class::Emoji
    } else if matches!(c as u32, 0x2E80..=0x2FD5) {
        // Radicals are symbols that normalise to ideographs.
        Class::Single
    } else {
        Class::Other
    }
}

/// Letters of scripts written without spaces between words; their digits form words like all digits.
fn is_spaceless(c: char) -> bool {
    match c as u32 {
        0x0E00..=0x0EFF | 0x1000..=0x109F | 0x1780..=0x17FF | 0xAA60..=0xAA7F => !c.is_numeric(),
        0x2E80..=0x2FDF
        | 0x3005..=0x3007
        | 0x3021..=0x30FF
        | 0x31F0..=0x31FF
        | 0x3400..=0x9FFF
        | 0xF900..=0xFAFF
        | 0xFF66..=0xFF9D
        | 0x20000..=0x3FFFF => true,
        _ => false,
    }
}

fn is_emoji(c: char) -> bool {
    matches!(c as u32,
        0x203C | 0x2049 | 0x2194..=0x2199 | 0x21A9 | 0x21AA | 0x231A | 0x231B | 0x2328 | 0x23CF | 0x23E9..=0x23FA
        | 0x25AA | 0x25AB | 0x25B6 | 0x25C0 | 0x25FB..=0x25FE | 0x2600..=0x27BF | 0x2934 | 0x2935 | 0x2B05..=0x2B07
        | 0x2B1B | 0x2B1C | 0x2B50 | 0x2B55 | 0x3030 | 0x303D | 0x3297 | 0x3299 | 0x1F000..=0x1FAFF)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_says_what_the_slow_way_says() {
        for code in 0..TABLE_LEN as u32 {
            let Some(c) = char::from_u32(code) else {
                continue;
            };
            assert_eq!(class(c), class_slow(c), "U+{code:04X}");
            if let Some(folded) = fold_char(c) {
                assert_eq!(
                    folded.to_string(),
                    fold_slow(&c.to_string()),
                    "U+{code:04X}"
                );
            }
        }
    }

    #[test]
    fn identity_ranges_are_stable_under_folding() {
        for code in (0xAC00..=0xD7A3).chain(0x3400..=0x9FFF) {
            let c = char::from_u32(code).expect("no surrogates here");
            assert_eq!(fold_slow(&c.to_string()), c.to_string());
        }
    }

    #[test]
    fn folding_is_full_and_keeps_diacritics() {
        for (text, folded) in [
            ("Straße", "strasse"),
            ("ﬁn", "fin"),
            ("ΣΊΣΥΦΟΣ", "σίσυφοσ"),
            ("Ｔｏｋｙｏ", "tokyo"),
            ("PHỞ", "phở"),
            ("Pho\u{31B}\u{309}", "phở"),
        ] {
            assert_eq!(fold_slow(text), folded);
        }
    }
}
