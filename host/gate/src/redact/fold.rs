//! Folding: the text as detectors read it. Look-alike characters become ASCII, invisible ones vanish, offsets are kept.
//!
//! Lives here: what a character is read as, and the trigger pass over bytes. Not here: detection.
//!
//! The text that a plugin gets is not folded: only what is found in the folded text is replaced in the original.

use unicode_normalization::char::decompose_compatible;

/// What one pass over the bytes has seen.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Triggers {
    /// There is an `@`.
    pub(super) at: bool,
    /// There is a `:`.
    pub(super) colon: bool,
    /// There are characters that may have to be folded.
    pub(super) odd: bool,
    /// How many ASCII digits.
    pub(super) digits: u32,
}

impl Triggers {
    /// Every detector reads.
    pub(super) const ALL: Self = Self {
        at: true,
        colon: true,
        odd: false,
        digits: u32::MAX,
    };
    /// Whether any detector could find anything.
    pub(super) fn any(self) -> bool {
        self.at || self.colon || self.digits >= 2
    }
}

const AT: u8 = 1;
const COLON: u8 = 2;
const ODD: u8 = 4;

/// Lead bytes of characters that folding may change. `E1` begins most Vietnamese letters: it is looked at with its next byte.
const CLASS: [u8; 256] = {
    let mut table = [0u8; 256];
    table[b'@' as usize] = AT;
    table[b':' as usize] = COLON;
    let odd = [
        0xC2, 0xCC, 0xCD, 0xD8, 0xD9, 0xDB, 0xDF, 0xE0, 0xE1, 0xE2, 0xE3, 0xEA, 0xEF, 0xF0, 0xF3,
    ];
    let mut i = 0;
    while i < odd.len() {
        table[odd[i]] = ODD;
        i += 1;
    }
    table
};

/// One pass over the bytes.
pub(super) fn triggers(text: &str) -> Triggers {
    let (mut flags, mut digits) = (0u8, 0u32);
    for &byte in text.as_bytes() {
        flags |= CLASS[usize::from(byte)];
        digits += u32::from(byte.wrapping_sub(b'0') < 10);
    }
    Triggers {
        at: flags & AT != 0,
        colon: flags & COLON != 0,
        odd: flags & ODD != 0,
        digits,
    }
}

/// What a character is read as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reading {
    /// Itself.
    Same,
    /// Nothing: it is invisible.
    Gone,
    /// This ASCII character.
    Ascii(u8),
    /// These ASCII characters, so many of them: `⑩` is 10.
    Several([u8; SEVERAL], u8),
}

/// The most ASCII characters that one character is read as; what stands for more is no part of a detail.
const SEVERAL: usize = 5;

/// First characters of the runs of ten decimal digits outside ASCII and outside what compatibility decomposition covers.
#[rustfmt::skip]
const DIGIT_RUNS: &[u32] = &[
    0x0660, 0x06F0, 0x07C0, 0x0966, 0x09E6, 0x0A66, 0x0AE6, 0x0B66, 0x0BE6, 0x0C66, 0x0CE6, 0x0D66,
    0x0DE6, 0x0E50, 0x0ED0, 0x0F20, 0x1040, 0x1090, 0x17E0, 0x1810, 0x1946, 0x19D0, 0x1A80, 0x1A90,
    0x1B50, 0x1BB0, 0x1C40, 0x1C50, 0xA620, 0xA8D0, 0xA900, 0xA9D0, 0xA9F0, 0xAA50, 0xABF0, 0x104A0,
    0x10D30, 0x11066, 0x110F0, 0x11136, 0x111D0, 0x112F0, 0x11450, 0x114D0, 0x11650, 0x116C0, 0x11730, 0x118E0,
    0x11950, 0x11C50, 0x11D50, 0x11DA0, 0x11F50, 0x16A60, 0x16AC0, 0x16B50, 0x1E140, 0x1E2F0, 0x1E4F0, 0x1E950,
];

/// `before` is the last ASCII character that was kept, if it directly precedes.
fn reading(c: char, before: Option<u8>) -> Reading {
    let code = c as u32;
    match code {
        // ASCII, then letters of the scripts that make up most text: quickly themselves.
        0..=0x7F
        | 0xC0..=0x2AF
        | 0x370..=0x58F
        | 0x5D0..=0x5EA
        | 0x620..=0x65F
        | 0x671..=0x6D3
        | 0x1E00..=0x1FFF
        | 0x2016..=0x2023
        | 0x2025..=0x2027
        | 0x2030..=0x2042
        | 0x3041..=0x30FF
        | 0x3400..=0x9FFF
        | 0xAC00..=0xD7A3
        | 0x1F300..=0x1FAFF => Reading::Same,
        // Marks on digits and signs are decoration: they hide a number from a reader of bytes, not from one of pixels.
        0x300..=0x36F | 0x20D0..=0x20F0 => {
            if code == 0x34F || before.is_some_and(|b| !b.is_ascii_alphabetic()) {
                Reading::Gone
            } else {
                Reading::Same
            }
        }
        0xAD
        | 0x61C
        | 0x115F
        | 0x1160
        | 0x17B4
        | 0x17B5
        | 0x180B..=0x180F
        | 0x200B..=0x200F
        | 0x202A..=0x202E
        | 0x2060..=0x206F
        | 0x3164
        | 0xFE00..=0xFE0F
        | 0xFEFF
        | 0xFFA0
        | 0xFFF9..=0xFFFB
        | 0x1D173..=0x1D17A
        | 0xE0000..=0xE0FFF => Reading::Gone,
        0x2010..=0x2015 | 0x2212 | 0x2043 | 0xFE58 => Reading::Ascii(b'-'),
        0x3002 | 0xFF61 => Reading::Ascii(b'.'),
        0x2044 | 0x2215 => Reading::Ascii(b'/'),
        _ => slow_reading(c),
    }
}

fn slow_reading(c: char) -> Reading {
    let code = c as u32;
    if let Some(run) = DIGIT_RUNS
        .iter()
        .find(|run| (**run..**run + 10).contains(&code))
    {
        return Reading::Ascii(b'0' + (code - run) as u8);
    }
    let mut read = [0u8; SEVERAL];
    let mut count = 0;
    decompose_compatible(c, |d| {
        if let Some(room) = read.get_mut(count)
            && d.is_ascii()
        {
            *room = d as u8;
            count += 1;
        } else {
            count = SEVERAL + 1;
        }
    });
    match (count, read) {
        (1, [byte, ..]) => Reading::Ascii(byte),
        (2..=SEVERAL, read) => Reading::Several(read, count as u8),
        _ => Reading::Same,
    }
}

/// The folded text of the last call, with the offsets of the original; kept to be used again without allocating.
#[derive(Debug, Default)]
pub(super) struct Folded {
    text: String,
    /// For each byte of `text`, and its end, the offset in the original.
    map: Vec<u32>,
    differs: bool,
}

impl Folded {
    /// Says that the folded text is the original.
    pub(super) fn same(&mut self) {
        self.differs = false;
    }

    /// Folds; false if that changes nothing, in which case nothing was kept.
    pub(super) fn fold(&mut self, original: &str) -> bool {
        self.differs = false;
        let mut before = None;
        let mut first = None;
        for (at, c) in original.char_indices() {
            if !c.is_ascii() && reading(c, before) != Reading::Same {
                first = Some(at);
                break;
            }
            before = c.is_ascii().then_some(c as u8);
        }
        let Some(first) = first else { return false };
        self.differs = true;
        self.text.clear();
        self.map.clear();
        self.text
            .push_str(original.get(..first).unwrap_or_default());
        self.map.extend(0..first as u32);
        let mut before = self.text.bytes().next_back().filter(u8::is_ascii);
        for (at, c) in original.char_indices().skip_while(|(at, _)| *at < first) {
            match reading(c, before) {
                Reading::Same => {
                    self.text.push(c);
                    self.map
                        .extend(std::iter::repeat_n(at as u32, c.len_utf8()));
                    before = c.is_ascii().then_some(c as u8);
                }
                Reading::Ascii(byte) => {
                    self.text.push(char::from(byte));
                    self.map.push(at as u32);
                    before = Some(byte);
                }
                Reading::Several(bytes, count) => {
                    for byte in bytes.into_iter().take(usize::from(count)) {
                        self.text.push(char::from(byte));
                        self.map.push(at as u32);
                        before = Some(byte);
                    }
                }
                Reading::Gone => {}
            }
        }
        self.map.push(original.len() as u32);
        true
    }

    /// The folded text.
    pub(super) fn text<'a>(&'a self, original: &'a str) -> &'a str {
        if self.differs { &self.text } else { original }
    }

    /// The offset in the original at which what begins at an offset of the folded text begins.
    pub(super) fn start(&self, at: usize) -> usize {
        if self.differs {
            self.map.get(at).map_or(0, |at| *at as usize)
        } else {
            at
        }
    }

    /// The offset in the original at which what ends at an offset of the folded text ends: never inside a character.
    pub(super) fn end(&self, at: usize) -> usize {
        if !self.differs {
            return at;
        }
        let last = at.checked_sub(1).and_then(|i| self.map.get(i));
        self.map
            .get(at..)
            .unwrap_or_default()
            .iter()
            .find(|offset| Some(*offset) != last)
            .map_or(0, |at| *at as usize)
    }
}
