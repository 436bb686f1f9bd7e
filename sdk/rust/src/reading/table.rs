//! Word tables: hashed at compile time from word lists, so that a fresh instance has nothing to build.
//!
//! Lives here: the hashes, the list's format, the lookup. Not here: which lists there are, and how a language spells (its pack's).
//!
//! A list has one entry a line, its columns separated by tabs: the word or phrase in lower case; its valence in tenths
//! (`.` where another list says it); flags; an emotion's letter (`.` for none); a topic's letter. Later columns may be missing.

/// Where the hash of a word begins.
pub const SEED: u64 = 0xcbf2_9ce4_8422_2325;
/// A slot that holds nothing.
const FREE: u64 = 0;
/// Bits of the set of first words of phrases.
const STARTS: usize = 4096;

/// Takes one more byte into a word's hash (FNV-1a).
#[inline]
pub const fn mix(hash: u64, byte: u8) -> u64 {
    (hash ^ byte as u64).wrapping_mul(0x0100_0000_01b3)
}

/// The hash of a phrase from the hash of what precedes and of its next word.
#[inline]
pub const fn join(phrase: u64, word: u64) -> u64 {
    (phrase.rotate_left(7) ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

/// Spreads a hash over all bits: the low ones choose the slot, the high ones are its tag.
#[inline]
const fn spread(hash: u64) -> u64 {
    let hash = (hash ^ (hash >> 32)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    hash ^ (hash >> 29)
}

/// What a list says about a word, in 24 bits: valence, flags, emotion, topic.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Entry(u32);

impl Entry {
    /// Turns what follows around: "not".
    pub const NEGATES: u8 = 1;
    /// Makes what follows stronger: "very".
    pub const BOOSTS: u8 = 2;
    /// Makes what follows weaker: "slightly".
    pub const DAMPS: u8 = 4;
    /// What follows counts more than what precedes: "but".
    pub const TURNS: u8 = 8;
    /// A function word: evidence of the language, never part of a key phrase.
    pub const FUNCTION: u8 = 16;
    /// A function word of another language.
    pub const FOREIGN: u8 = 32;
    /// Names of days and months, titles and the like: capitals that name nothing.
    pub const PLAIN_CAPITAL: u8 = 64;
    /// A given name.
    pub const GIVEN_NAME: u8 = 128;
    /// A valence that another list states.
    const ELSEWHERE: i8 = i8::MIN;

    const fn new(valence: i8, flags: u8, emotion: u8, topic: u8) -> Self {
        Self(
            (valence as u8 as u32) << 16
                | (flags as u32) << 8
                | (emotion as u32) << 4
                | topic as u32,
        )
    }
    /// Tenths of valence, −40 to 40; nothing if the list leaves it to another.
    #[inline]
    pub const fn valence(self) -> Option<i8> {
        match (self.0 >> 16) as u8 as i8 {
            Self::ELSEWHERE => None,
            valence => Some(valence),
        }
    }
    /// Whether it has one of these flags.
    #[inline]
    pub const fn is(self, flags: u8) -> bool {
        (self.0 >> 8) as u8 & flags != 0
    }
    /// Number of the emotion in the order of the interface, from 1; 0 is none.
    #[inline]
    pub const fn emotion(self) -> u8 {
        (self.0 >> 4 & 15) as u8
    }
    /// Number of the topic in the manifest's list, from 1; 0 is none.
    #[inline]
    pub const fn topic(self) -> u8 {
        (self.0 & 15) as u8
    }
    /// An emoji's or emoticon's entry.
    pub const fn feeling(valence: i8, emotion: u8) -> Self {
        Self::new(valence, 0, emotion, 0)
    }
    /// A phrase's entry with what remains true of its first word: that it is a function word, and its valence if the phrase has none.
    pub const fn with_flags_of(self, first: Self, keep_all: bool) -> Self {
        if keep_all {
            let emotion = if self.emotion() == 0 {
                first.emotion()
            } else {
                self.emotion()
            };
            let topic = if self.topic() == 0 {
                first.topic()
            } else {
                self.topic()
            };
            Self(
                (first.0 | self.0) & 0xff00
                    | first.0 & 0x00ff_0000
                    | (emotion as u32) << 4
                    | topic as u32,
            )
        } else {
            Self(self.0 | first.0 & (Self::FUNCTION as u32) << 8)
        }
    }
    /// What is left of a word inside a phrase that has been counted.
    pub const fn only_function(self) -> Self {
        Self(self.0 & ((Self::FUNCTION | Self::FOREIGN) as u32) << 8)
    }
    /// The same with another valence.
    pub const fn with_valence(self, valence: i8) -> Self {
        Self((valence as u8 as u32) << 16 | self.0 & 0xffff)
    }
}

/// Words and phrases with their entries: open addressing over `N` slots, a power of two, each a tag of 40 bits and an entry.
///
/// Words themselves are not kept: a tag of 40 bits beside the slot's number makes a false hit unlikely enough (2⁻⁴⁰ a word).
/// A pack fills it while compiling, line by line, because how a language spells is the pack's own:
///
/// ```
/// use isocial_sdk::reading::table::{Key, Table, ascii_key};
///
/// const fn read<const N: usize>(list: &str) -> Table<N> {
///     let bytes = list.as_bytes();
///     let (mut table, mut at) = (Table::new(), 0);
///     while at < bytes.len() {
///         at = table.line(bytes, ascii_key(bytes, at));
///     }
///     table
/// }
/// static WORDS: Table<16> = read("good\t19\nfed up\t-18\n");
/// ```
#[derive(Debug)]
pub struct Table<const N: usize> {
    slots: [u64; N],
    starts: [u64; STARTS / 64],
    count: usize,
}

/// The key of a line: what a pack's spelling makes of its first column.
#[derive(Debug, Clone, Copy)]
pub struct Key {
    /// Hash of the word or phrase.
    pub hash: u64,
    /// Hash of its first word; the same where it has only one.
    pub first: u64,
    /// Where the columns begin.
    pub next: usize,
}

impl<const N: usize> Table<N> {
    /// An empty table.
    ///
    /// # Panics
    ///
    /// While compiling, if `N` is no power of two.
    #[expect(clippy::new_without_default, reason = "it is made while compiling")]
    pub const fn new() -> Self {
        assert!(N.is_power_of_two(), "a table has a power of two of slots");
        Self {
            slots: [FREE; N],
            starts: [0; STARTS / 64],
            count: 0,
        }
    }

    /// Takes the line with this key and returns where the next one begins.
    ///
    /// # Panics
    ///
    /// While compiling, if the line does not fit the format, stands twice, or needs a larger table.
    pub const fn line(&mut self, bytes: &[u8], key: Key) -> usize {
        let (entry, end) = read_entry(bytes, key.next);
        if key.first != key.hash {
            let bit = spread(key.first) as usize % STARTS;
            self.starts[bit / 64] |= 1 << (bit % 64);
        }
        self.put(spread(key.hash), entry);
        self.count += 1;
        assert!(self.count * 4 <= N * 3, "the list needs a larger table");
        end
    }

    const fn put(&mut self, hash: u64, entry: Entry) {
        let tag = hash >> 24 << 24;
        assert!(tag != FREE, "a word hashes to the mark of a free slot");
        let mut slot = hash as usize & (N - 1);
        while self.slots[slot] != FREE {
            assert!(
                self.slots[slot] >> 24 << 24 != tag,
                "a word stands twice in a list"
            );
            slot = (slot + 1) & (N - 1);
        }
        self.slots[slot] = tag | entry.0 as u64;
    }

    /// What the list says about a word or phrase, by its hash.
    #[inline]
    pub const fn get(&self, hash: u64) -> Option<Entry> {
        let hash = spread(hash);
        let tag = hash >> 24;
        let mut slot = hash as usize & (N - 1);
        loop {
            match self.slots[slot] {
                FREE => return None,
                found if found >> 24 == tag => return Some(Entry((found & 0xff_ffff) as u32)),
                _ => slot = (slot + 1) & (N - 1),
            }
        }
    }

    /// Whether a phrase may begin with this word.
    #[inline]
    pub const fn starts_phrase(&self, hash: u64) -> bool {
        let bit = spread(hash) as usize % STARTS;
        self.starts[bit / 64] >> (bit % 64) & 1 != 0
    }
}

/// The key of the line that begins here, for languages whose words are hashed byte by byte in lower case.
///
/// # Panics
///
/// While compiling, if there is none.
pub const fn ascii_key(bytes: &[u8], mut at: usize) -> Key {
    let (mut hash, mut first, mut word) = (0, 0, SEED);
    let mut words = 0;
    loop {
        let end = bytes[at] == b'\t';
        if end || bytes[at] == b' ' {
            hash = if words == 0 { word } else { join(hash, word) };
            if words == 0 {
                first = word;
            }
            words += 1;
            word = SEED;
        } else {
            assert!(
                !bytes[at].is_ascii_uppercase() && bytes[at] != b'\n',
                "a key is in lower case and has a valence"
            );
            word = mix(word, bytes[at]);
        }
        at += 1;
        if end {
            return Key {
                hash,
                first,
                next: at,
            };
        }
    }
}

/// The entry and where the next line begins.
const fn read_entry(bytes: &[u8], mut at: usize) -> (Entry, usize) {
    let (mut valence, mut sign, mut flags, mut emotion, mut topic) = (0i8, 1i8, 0u8, 0u8, 0u8);
    let mut column = 0;
    while at < bytes.len() && bytes[at] != b'\n' {
        let byte = bytes[at];
        at += 1;
        if byte == b'\t' {
            column += 1;
            continue;
        }
        match (column, byte) {
            (0, b'.') => valence = Entry::ELSEWHERE,
            (0, b'-') => sign = -1,
            (0, b'0'..=b'9') => valence = valence * 10 + (byte - b'0') as i8,
            (1 | 2, b'.') => {}
            (1, b'!') => flags |= Entry::NEGATES,
            (1, b'+') => flags |= Entry::BOOSTS,
            (1, b'-') => flags |= Entry::DAMPS,
            (1, b'/') => flags |= Entry::TURNS,
            (1, b'f') => flags |= Entry::FUNCTION,
            (1, b'x') => flags |= Entry::FOREIGN,
            (1, b'c') => flags |= Entry::PLAIN_CAPITAL,
            (1, b'n') => flags |= Entry::GIVEN_NAME,
            (2, b'a'..=b'o') => emotion = byte - b'a' + 1,
            (3, b'a'..=b'o') => topic = byte - b'a' + 1,
            _ => panic!("a column of a word list holds something else than its letters"),
        }
    }
    if valence != Entry::ELSEWHERE {
        valence *= sign;
    }
    (Entry::new(valence, flags, emotion, topic), at + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn read<const N: usize>(list: &str) -> Table<N> {
        let bytes = list.as_bytes();
        let (mut table, mut at) = (Table::new(), 0);
        while at < bytes.len() {
            at = table.line(bytes, ascii_key(bytes, at));
        }
        table
    }

    static SMALL: Table<16> = read("good\t19\nnot\t.\t!f\nfed up\t-18\t.\ta\tb\n");

    fn hash_of(key: &str) -> u64 {
        let mut words = key.split(' ').map(|word| word.bytes().fold(SEED, mix));
        let first = words.next().unwrap();
        words.fold(first, join)
    }

    #[test]
    fn words_and_phrases_are_found_with_all_their_columns() {
        assert_eq!(SMALL.get(hash_of("good")).unwrap().valence(), Some(19));
        let not = SMALL.get(hash_of("not")).unwrap();
        assert!(
            not.valence().is_none()
                && not.is(Entry::NEGATES)
                && not.is(Entry::FUNCTION)
                && !not.is(Entry::BOOSTS)
        );
        let fed_up = SMALL.get(hash_of("fed up")).unwrap();
        assert_eq!(
            (fed_up.valence(), fed_up.emotion(), fed_up.topic()),
            (Some(-18), 1, 2)
        );
        assert!(SMALL.starts_phrase(hash_of("fed")) && !SMALL.starts_phrase(hash_of("good")));
    }

    #[test]
    fn what_is_not_listed_is_not_found() {
        for word in ["", "goo", "goods", "fed", "up", "not good"] {
            assert!(SMALL.get(hash_of(word)).is_none(), "{word}");
        }
    }
}
