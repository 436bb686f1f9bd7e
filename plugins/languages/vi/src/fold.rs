//! Letters of Vietnamese: lower case, accents composed or not, tone apart from its place in the syllable.
//!
//! Lives here: the case table, and the hash of a syllable that is the same for `hoà`, `hòa`, `HÒA` and decomposed spellings.

use isocial_sdk::reading::table::{SEED, mix};

/// The letters with their tones: level, falling, rising, dipping, broken, heavy.
const VOWELS: [&str; 12] = [
    "aàáảãạ",
    "ăằắẳẵặ",
    "âầấẩẫậ",
    "eèéẻẽẹ",
    "êềếểễệ",
    "iìíỉĩị",
    "oòóỏõọ",
    "ôồốổỗộ",
    "ơờớởỡợ",
    "uùúủũụ",
    "ưừứửữự",
    "yỳýỷỹỵ",
];
/// Letters from 1: a to z, then those that only their sign tells apart.
const LETTERS: [char; 7] = ['ă', 'â', 'đ', 'ê', 'ô', 'ơ', 'ư'];

/// A letter in lower case, its tone, whether it was a capital: 0 is no letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Folded(u16);

impl Folded {
    const CAPITAL: u16 = 1 << 15;
    const fn new(letter: u8, tone: u8) -> Self {
        Self(letter as u16 | (tone as u16) << 8)
    }
    /// Number of the letter, 1 to 33; 0 is no letter.
    pub(crate) const fn letter(self) -> u8 {
        self.0 as u8
    }
    /// 0 level to 5 heavy.
    pub(crate) const fn tone(self) -> u8 {
        (self.0 >> 8) as u8 & 7
    }
    /// Whether it was a capital.
    pub(crate) const fn capital(self) -> bool {
        self.0 & Self::CAPITAL != 0
    }
}

/// U+00C0 to U+01B1, and U+1EA0 to U+1EF9.
static LOW: [u16; 0x1B2 - 0xC0] = table::<{ 0x1B2 - 0xC0 }>(0xC0);
static HIGH: [u16; 0x1EFA - 0x1EA0] = table::<{ 0x1EFA - 0x1EA0 }>(0x1EA0);

const fn table<const N: usize>(base: u32) -> [u16; N] {
    let mut table = [0u16; N];
    let mut row = 0;
    while row < VOWELS.len() {
        let bytes = VOWELS[row].as_bytes();
        let (mut at, mut tone) = (0, 0);
        let letter = letter_of(decode(bytes, 0).0);
        while at < bytes.len() {
            let (code, next) = decode(bytes, at);
            place(&mut table, base, code, letter, tone);
            tone += 1;
            at = next;
        }
        row += 1;
    }
    place(&mut table, base, 'đ' as u32, letter_of('đ' as u32), 0);
    table
}

const fn place<const N: usize>(table: &mut [u16; N], base: u32, code: u32, letter: u8, tone: u8) {
    if code < base || code >= base + N as u32 {
        return;
    }
    table[(code - base) as usize] = Folded::new(letter, tone).0;
    let capital = if code < 0x100 { code - 0x20 } else { code - 1 };
    table[(capital - base) as usize] = Folded::new(letter, tone).0 | Folded::CAPITAL;
}

/// The character at a place of valid UTF-8, and where the next one begins.
pub(crate) const fn decode(bytes: &[u8], at: usize) -> (u32, usize) {
    let first = bytes[at] as u32;
    if first < 0x80 {
        (first, at + 1)
    } else if first < 0xE0 {
        ((first & 0x1F) << 6 | bytes[at + 1] as u32 & 0x3F, at + 2)
    } else if first < 0xF0 {
        (
            (first & 0x0F) << 12 | (bytes[at + 1] as u32 & 0x3F) << 6 | bytes[at + 2] as u32 & 0x3F,
            at + 3,
        )
    } else {
        let high = (first & 0x07) << 18 | (bytes[at + 1] as u32 & 0x3F) << 12;
        (
            high | (bytes[at + 2] as u32 & 0x3F) << 6 | bytes[at + 3] as u32 & 0x3F,
            at + 4,
        )
    }
}

const fn letter_of(code: u32) -> u8 {
    if code >= 'a' as u32 && code <= 'z' as u32 {
        return (code - 'a' as u32) as u8 + 1;
    }
    let mut n = 0;
    while n < LETTERS.len() {
        if LETTERS[n] as u32 == code {
            return 27 + n as u8;
        }
        n += 1;
    }
    0
}

/// Folds one character.
pub(crate) const fn fold(code: u32) -> Folded {
    match code {
        0x61..=0x7A => Folded::new((code - 0x60) as u8, 0),
        0x41..=0x5A => Folded(Folded::new((code - 0x40) as u8, 0).0 | Folded::CAPITAL),
        0xC0..=0x1B1 => Folded(LOW[(code - 0xC0) as usize]),
        0x1EA0..=0x1EF9 => Folded(HIGH[(code - 0x1EA0) as usize]),
        _ => Folded(0),
    }
}

/// Whether a character is an accent that belongs to the letter before it.
pub(crate) const fn is_accent(code: u32) -> bool {
    matches!(
        code,
        0x300 | 0x301 | 0x302 | 0x303 | 0x306 | 0x309 | 0x31B | 0x323
    )
}

/// A syllable being read: letters one after another, each with its accents, to a hash.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Syllable {
    hash: u64,
    /// The last letter, which accents may still change; 0 before the first.
    pending: u8,
    tone: u8,
    /// Letters that only Vietnamese has, or tones.
    accents: u32,
}

impl Syllable {
    /// Nothing yet.
    pub(crate) const EMPTY: Self = Self {
        hash: SEED,
        pending: 0,
        tone: 0,
        accents: 0,
    };

    /// Takes a letter; one that repeats the letter before it is for emphasis and counts once.
    #[must_use]
    pub(crate) const fn letter(mut self, folded: Folded) -> Self {
        let letter = folded.letter();
        if folded.tone() != 0 {
            self.tone = folded.tone();
            self.accents += 1;
        }
        if letter == self.pending {
            return self;
        }
        if letter > 26 {
            self.accents += 1;
        }
        self.hash = self.settled();
        self.pending = letter;
        self
    }

    /// Takes a digit.
    #[must_use]
    pub(crate) const fn digit(mut self, digit: u8) -> Self {
        self.hash = self.settled();
        self.pending = 64 + digit;
        self
    }

    /// Takes an accent of the letter before.
    #[must_use]
    pub(crate) const fn accent(mut self, code: u32) -> Self {
        self.accents += 1;
        match code {
            0x300 => self.tone = 1,
            0x301 => self.tone = 2,
            0x309 => self.tone = 3,
            0x303 => self.tone = 4,
            0x323 => self.tone = 5,
            _ => {
                let base = if self.pending == 0 || self.pending > 26 {
                    ' '
                } else {
                    (self.pending - 1 + b'a') as char
                };
                let marked = match (code, base) {
                    (0x302, 'a') => 'â',
                    (0x302, 'e') => 'ê',
                    (0x302, 'o') => 'ô',
                    (0x306, 'a') => 'ă',
                    (0x31B, 'o') => 'ơ',
                    (0x31B, 'u') => 'ư',
                    _ => ' ',
                };
                if marked != ' ' {
                    self.pending = letter_of(marked as u32);
                }
            }
        }
        self
    }

    const fn settled(&self) -> u64 {
        if self.pending == 0 {
            self.hash
        } else {
            mix(self.hash, self.pending)
        }
    }

    /// The hash of the whole syllable.
    pub(crate) const fn hash(&self) -> u64 {
        let hash = self.settled();
        if self.tone == 0 {
            hash
        } else {
            mix(hash, 128 + self.tone)
        }
    }
    /// How many of its letters have accents.
    pub(crate) const fn accents(&self) -> u32 {
        self.accents
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hash(word: &str) -> u64 {
        let mut syllable = Syllable::EMPTY;
        for char in word.chars() {
            let code = char as u32;
            syllable = if is_accent(code) {
                syllable.accent(code)
            } else {
                syllable.letter(fold(code))
            };
        }
        syllable.hash()
    }

    #[test]
    fn spellings_of_one_syllable_are_one() {
        for same in [
            ["hoà", "hòa"],
            ["TUYỆT", "tuyệt"],
            ["Đẹp", "đẹpppp"],
            ["quá", "quáaaa"],
            ["thuỷ", "thủy"],
        ] {
            assert_eq!(hash(same[0]), hash(same[1]), "{same:?}");
        }
        assert_eq!(hash("tuye\u{302}\u{323}t"), hash("tuyệt"));
        assert_eq!(hash("tuye\u{323}\u{302}t"), hash("tuyệt"));
        assert_eq!(hash("ngu\u{31b}o\u{31b}\u{300}i"), hash("người"));
        assert_eq!(hash("a\u{306}n"), hash("ăn"));
    }

    #[test]
    fn accents_tell_syllables_apart() {
        let words = [
            "ma", "má", "mà", "mả", "mã", "mạ", "mă", "mâ", "mo", "mơ", "mô", "mư", "mu", "cứu",
            "cứ", "đa", "da",
        ];
        for (n, a) in words.iter().enumerate() {
            for b in words.iter().skip(n + 1) {
                assert_ne!(hash(a), hash(b), "{a} {b}");
            }
        }
    }

    #[test]
    fn case_table_agrees_with_unicode() {
        for code in (0xC0..=0x1B1).chain(0x1EA0..=0x1EF9) {
            let char = char::from_u32(code).unwrap();
            let folded = fold(code);
            if folded.letter() != 0 {
                let lower = char.to_lowercase().next().unwrap();
                assert_eq!(
                    (fold(lower as u32).letter(), fold(lower as u32).tone()),
                    (folded.letter(), folded.tone()),
                    "{char}"
                );
                assert_eq!(folded.capital(), char.is_uppercase(), "{char}");
            }
        }
        assert_eq!(
            VOWELS
                .iter()
                .flat_map(|row| row.chars())
                .filter(|c| fold(*c as u32).letter() != 0)
                .count(),
            72
        );
    }
}
