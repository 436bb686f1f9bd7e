//! The word lists, as static tables.
//!
//! Lives here: which lists there are and how a word's entry is put together from them. Not here: the tables' format (the SDK's).

use isocial_sdk::reading::table::{Entry, Table, ascii_key};

const fn read<const N: usize>(list: &str) -> Table<N> {
    let bytes = list.as_bytes();
    let (mut table, mut at) = (Table::new(), 0);
    while at < bytes.len() {
        at = table.line(bytes, ascii_key(bytes, at));
    }
    table
}

/// Our own words and phrases: function words, negations, intensifiers, emotions, topics, and valences that take precedence.
pub(crate) static OWN: Table<4096> = read(include_str!("../words/own.txt"));
/// The valences of the VADER list (MIT; see NOTICE): words and emoticons.
pub(crate) static VALENCES: Table<16384> = read(include_str!("../words/vader.txt"));

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

#[cfg(test)]
mod tests {
    use isocial_sdk::reading::table::{SEED, mix};

    use super::*;

    fn hash_of(word: &str) -> u64 {
        word.bytes().fold(SEED, mix)
    }

    #[test]
    fn our_words_take_precedence_and_borrow_valences() {
        assert_eq!(word(hash_of("like")).and_then(Entry::valence), Some(6));
        let hate = word(hash_of("hate")).unwrap();
        assert!(hate.valence().unwrap() < -20 && hate.emotion() == 1);
        assert!(word(hash_of("not")).unwrap().is(Entry::NEGATES));
        assert!(word(hash_of("sesquipedalian")).is_none());
    }
}
