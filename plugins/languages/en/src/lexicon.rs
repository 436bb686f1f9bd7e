//! The word lists, as static tables, and what the pack knows of emoji.
//!
//! Lives here: which lists there are and how a word's entry is put together from them. Not here: the tables' format (`table`).

use crate::table::{Entry, Table};

/// Our own words and phrases: function words, negations, intensifiers, emotions, topics, and valences that take precedence.
pub(crate) static OWN: Table<4096> = Table::of(include_str!("../words/own.txt"));
/// The valences of the VADER list (MIT; see NOTICE): words and emoticons.
pub(crate) static VALENCES: Table<16384> = Table::of(include_str!("../words/vader.txt"));

/// What the lists say about a word: our own entry, its valence taken from the other list where ours leaves it open.
pub(crate) fn word(hash: u64) -> Option<Entry> {
    let Some(own) = OWN.get(hash) else {
        return VALENCES.get(hash);
    };
    if own.valence().is_some() {
        return Some(own);
    }
    let valence = VALENCES.get(hash).and_then(Entry::valence).unwrap_or(0);
    Some(own.with_valence(valence))
}

/// The topics that the manifest declares, in its order.
pub const TOPICS: [&str; 12] = [
    "service",
    "price",
    "quality",
    "delivery",
    "safety",
    "staff",
    "app",
    "design",
    "privacy",
    "environment",
    "availability",
    "campaign",
];

/// Emoji with a valence in tenths and an emotion's number (0 for none), by code point.
const EMOJI: &[(u32, i8, u8)] = &[
    (0x203C, 3, 0),
    (0x2620, -10, 0),
    (0x2639, -20, 8),
    (0x263A, 18, 5),
    (0x2665, 24, 6),
    (0x2705, 10, 0),
    (0x270A, 8, 0),
    (0x270C, 12, 5),
    (0x2728, 12, 0),
    (0x274C, -14, 0),
    (0x2763, 24, 6),
    (0x2764, 26, 6),
    (0x2B50, 14, 0),
    (0x1F31F, 16, 0),
    (0x1F339, 14, 6),
    (0x1F37B, 12, 5),
    (0x1F381, 12, 5),
    (0x1F382, 16, 5),
    (0x1F389, 20, 5),
    (0x1F38A, 18, 5),
    (0x1F3C6, 18, 0),
    (0x1F440, 1, 0),
    (0x1F44A, 6, 0),
    (0x1F44C, 16, 0),
    (0x1F44D, 18, 0),
    (0x1F44E, -22, 0),
    (0x1F44F, 16, 5),
    (0x1F480, -2, 0),
    (0x1F493, 22, 6),
    (0x1F494, -22, 8),
    (0x1F495, 24, 6),
    (0x1F496, 24, 6),
    (0x1F497, 24, 6),
    (0x1F498, 22, 6),
    (0x1F499, 22, 6),
    (0x1F49A, 22, 6),
    (0x1F49B, 22, 6),
    (0x1F49C, 22, 6),
    (0x1F49D, 22, 6),
    (0x1F49E, 24, 6),
    (0x1F49F, 20, 6),
    (0x1F4A9, -18, 3),
    (0x1F4AA, 16, 7),
    (0x1F4AF, 20, 0),
    (0x1F525, 16, 0),
    (0x1F595, -28, 1),
    (0x1F5A4, 12, 6),
    (0x1F600, 18, 5),
    (0x1F601, 18, 5),
    (0x1F602, 10, 5),
    (0x1F603, 20, 5),
    (0x1F604, 20, 5),
    (0x1F605, 4, 0),
    (0x1F606, 12, 5),
    (0x1F607, 16, 5),
    (0x1F608, 4, 0),
    (0x1F609, 12, 5),
    (0x1F60A, 22, 5),
    (0x1F60B, 18, 5),
    (0x1F60C, 14, 5),
    (0x1F60D, 28, 6),
    (0x1F60E, 16, 5),
    (0x1F60F, 2, 0),
    (0x1F610, -5, 0),
    (0x1F611, -10, 0),
    (0x1F612, -18, 1),
    (0x1F613, -10, 8),
    (0x1F614, -16, 8),
    (0x1F615, -12, 8),
    (0x1F616, -16, 0),
    (0x1F617, 14, 6),
    (0x1F618, 24, 6),
    (0x1F619, 18, 6),
    (0x1F61A, 20, 6),
    (0x1F61B, 10, 5),
    (0x1F61C, 12, 5),
    (0x1F61D, 10, 5),
    (0x1F61E, -18, 8),
    (0x1F61F, -16, 4),
    (0x1F620, -24, 1),
    (0x1F621, -28, 1),
    (0x1F622, -18, 8),
    (0x1F623, -16, 0),
    (0x1F624, -18, 1),
    (0x1F625, -14, 8),
    (0x1F626, -14, 4),
    (0x1F627, -16, 4),
    (0x1F628, -16, 4),
    (0x1F629, -12, 8),
    (0x1F62A, -10, 8),
    (0x1F62B, -14, 8),
    (0x1F62C, -6, 4),
    (0x1F62D, -8, 8),
    (0x1F62E, 2, 9),
    (0x1F62F, 2, 9),
    (0x1F630, -16, 4),
    (0x1F631, -8, 4),
    (0x1F632, 2, 9),
    (0x1F633, -2, 9),
    (0x1F635, -8, 0),
    (0x1F637, -10, 0),
    (0x1F638, 16, 5),
    (0x1F639, 10, 5),
    (0x1F63B, 26, 6),
    (0x1F641, -18, 8),
    (0x1F642, 8, 0),
    (0x1F643, -2, 0),
    (0x1F644, -14, 1),
    (0x1F64C, 20, 5),
    (0x1F64F, 14, 7),
    (0x1F680, 12, 7),
    (0x1F90D, 20, 6),
    (0x1F911, 4, 0),
    (0x1F914, -3, 0),
    (0x1F917, 20, 5),
    (0x1F920, 10, 5),
    (0x1F921, -16, 3),
    (0x1F922, -24, 3),
    (0x1F923, 12, 5),
    (0x1F926, -16, 1),
    (0x1F929, 26, 5),
    (0x1F92C, -28, 1),
    (0x1F92E, -26, 3),
    (0x1F92F, 4, 9),
    (0x1F970, 28, 6),
    (0x1F972, -4, 8),
    (0x1F973, 24, 5),
    (0x1F97A, -4, 8),
    (0x1F9E1, 22, 6),
];

/// Valence in tenths and the emotion's number of an emoji that the pack knows.
pub(crate) fn emoji(char: char) -> Option<(i8, u8)> {
    let code = char as u32;
    let at = EMOJI.binary_search_by_key(&code, |entry| entry.0).ok()?;
    EMOJI
        .get(at)
        .map(|&(_, valence, emotion)| (valence, emotion))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::hash_of;

    #[test]
    fn our_words_take_precedence_and_borrow_valences() {
        assert_eq!(word(hash_of("like")).and_then(Entry::valence), Some(6));
        let hate = word(hash_of("hate")).unwrap();
        assert!(hate.valence().unwrap() < -20 && hate.emotion() == 1);
        assert!(word(hash_of("not")).unwrap().is(Entry::NEGATES));
        assert!(word(hash_of("sesquipedalian")).is_none());
    }

    #[test]
    fn emoji_are_sorted_and_found() {
        assert!(EMOJI.windows(2).all(|pair| pair[0].0 < pair[1].0));
        assert_eq!(emoji('😡'), Some((-28, 1)));
        assert_eq!(emoji('x'), None);
    }
}
