//! The scanner: goes through a text byte by byte and says where one token ends and the next begins.
//!
//! Lives here: splitting, lower-casing, spelling variants. Not here: what a token is, and phrases (`tokens`).

use crate::{
    lexicon,
    table::{Entry, SEED, mix},
    tokens::{Kind, Token},
};

/// A text that is being split.
pub(crate) struct Scan<'t, 'v> {
    text: &'t str,
    bytes: &'t [u8],
    at: usize,
    tokens: &'v mut Vec<Token>,
}

impl Scan<'_, '_> {
    /// Splits a whole text.
    pub(crate) fn run(text: &str, tokens: &mut Vec<Token>) {
        let mut scan = Scan {
            text,
            bytes: text.as_bytes(),
            at: 0,
            tokens,
        };
        while scan.at < scan.bytes.len() {
            scan.step();
        }
    }

    fn byte(&self, at: usize) -> u8 {
        self.bytes.get(at).copied().unwrap_or(b' ')
    }

    fn char(&self, at: usize) -> char {
        self.text
            .get(at..)
            .and_then(|rest| rest.chars().next())
            .unwrap_or(' ')
    }

    /// Whether `at` is at the start of the text or behind white space.
    fn fresh(&self, at: usize) -> bool {
        at == 0 || self.byte(at - 1).is_ascii_whitespace()
    }

    fn chunk_end(&self, from: usize) -> usize {
        self.bytes
            .iter()
            .skip(from)
            .position(u8::is_ascii_whitespace)
            .map_or(self.bytes.len(), |n| from + n)
    }

    fn push(&mut self, kind: Kind, end: usize) {
        self.tokens.push(Token::new(kind, self.at, end));
        self.at = end;
    }

    fn step(&mut self) {
        let byte = self.byte(self.at);
        match byte {
            b'\n' => self.stop(),
            b if b.is_ascii_whitespace() => self.at += 1,
            b'0'..=b'9' => self.number(),
            b if b.is_ascii_alphabetic() => {
                if self.fresh(self.at) && self.link() {
                    return;
                }
                self.word(false);
            }
            b'@' if self.byte(self.at + 1).is_ascii_alphanumeric()
                || self.byte(self.at + 1) == b'_' =>
            {
                let end = self.name_end(self.at + 1);
                self.push(Kind::Mask, end);
            }
            b'#' => self.tag(),
            b if b < 0x80 => self.punctuation(),
            _ => self.other(),
        }
    }

    fn name_end(&self, from: usize) -> usize {
        let mut at = from;
        while self.byte(at).is_ascii_alphanumeric() || self.byte(at) == b'_' {
            at += 1;
        }
        at
    }

    fn link(&mut self) -> bool {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let starts = |prefix: &[u8]| {
            rest.get(..prefix.len())
                .is_some_and(|head| head.eq_ignore_ascii_case(prefix))
        };
        let end = self.chunk_end(self.at);
        let whole = starts(b"http") && end - self.at <= 5;
        if whole || starts(b"http://") || starts(b"https://") || starts(b"www.") {
            self.push(Kind::Link, end);
            return true;
        }
        if end - self.at <= 4 {
            // Emoticons that begin with a letter, such as xd or D:, stand alone
            if let Some(valence) = self.emoticon(self.at, end).filter(|_| {
                rest.iter()
                    .take(end - self.at)
                    .any(u8::is_ascii_punctuation)
            }) {
                self.smile(end, valence, 0);
                return true;
            }
        }
        false
    }

    fn emoticon(&self, start: usize, end: usize) -> Option<i8> {
        let slice = self.bytes.get(start..end)?;
        let hash = slice
            .iter()
            .fold(SEED, |hash, byte| mix(hash, byte.to_ascii_lowercase()));
        lexicon::VALENCES.get(hash).and_then(Entry::valence)
    }

    fn smile(&mut self, end: usize, valence: i8, emotion: u8) {
        let mut token = Token::new(Kind::Smile, self.at, end);
        token.valence = valence;
        token.entry = Entry::feeling(valence, emotion);
        token.known = true;
        self.tokens.push(token);
        self.at = end;
    }

    fn number(&mut self) {
        let start = self.at;
        let mut at = start;
        let mut letters = false;
        while self.byte(at).is_ascii_alphanumeric()
            || (matches!(self.byte(at), b'.' | b',' | b':') && self.byte(at + 1).is_ascii_digit())
        {
            letters |= self.byte(at).is_ascii_alphabetic();
            at += 1;
        }
        let mut token = Token::new(Kind::Number, start, at);
        token.digit = true;
        if letters {
            token.hash = self
                .bytes
                .get(start..at)
                .unwrap_or_default()
                .iter()
                .fold(SEED, |h, b| mix(h, b.to_ascii_lowercase()));
            if let Some(entry) = lexicon::word(token.hash) {
                token.kind = Kind::Word;
                token.known = true;
                token.entry = entry;
                token.valence = entry.valence().unwrap_or(0);
            }
        }
        self.tokens.push(token);
        self.at = at;
    }

    fn tag(&mut self) {
        let mut end = self.at + 1;
        loop {
            let char = self.char(end);
            if end >= self.bytes.len() || !(char.is_alphanumeric() || char == '_') {
                break;
            }
            end += char.len_utf8();
        }
        if end == self.at + 1 {
            self.at = end;
            return;
        }
        self.tokens.push(Token::new(Kind::Tag, self.at, end));
        self.at += 1;
        while self.at < end {
            if self.byte(self.at) == b'_' {
                self.at += 1;
            } else if self.byte(self.at).is_ascii_digit() {
                while self.byte(self.at).is_ascii_digit() {
                    self.at += 1;
                }
            } else {
                self.word(true);
            }
        }
    }

    fn punctuation(&mut self) {
        let byte = self.byte(self.at);
        if matches!(
            byte,
            b':' | b';'
                | b'='
                | b'<'
                | b'>'
                | b'('
                | b')'
                | b'^'
                | b'\\'
                | b'|'
                | b'['
                | b']'
                | b'-'
                | b'8'
                | b'%'
        ) && (self.at == 0 || !self.byte(self.at - 1).is_ascii_digit())
        {
            let limit = (self.at + 5).min(self.bytes.len());
            for end in (self.at + 2..=limit).rev() {
                let last = self.byte(end - 1);
                if last.is_ascii_alphanumeric()
                    && (self.byte(end).is_ascii_alphanumeric() || !self.fresh(self.at))
                {
                    continue;
                }
                if !last.is_ascii() || self.byte(end) == b'/' {
                    continue;
                }
                if let Some(valence) = self.emoticon(self.at, end) {
                    self.smile(end, valence, 0);
                    return;
                }
            }
        }
        match byte {
            b'.' | b'!' | b'?' => self.stop(),
            b',' | b';' | b':' | b'-' | b'(' | b')' | b'"' | b'/' | b'|' | b'[' | b']' => {
                self.push(Kind::Pause, self.at + 1);
            }
            _ => self.at += 1,
        }
    }

    fn stop(&mut self) {
        let start = self.at;
        let (mut at, mut asks, mut exclaims) = (start, false, false);
        while matches!(self.byte(at), b'.' | b'!' | b'?' | b'\n') && at < self.bytes.len() {
            asks |= self.byte(at) == b'?';
            exclaims |= self.byte(at) == b'!';
            at += 1;
        }
        let last = at - start;
        let ellipsis = last >= 2 && !asks && !exclaims;
        self.push(
            if ellipsis {
                Kind::Pause
            } else {
                Kind::Stop { asks, exclaims }
            },
            at,
        );
    }

    /// What begins with a character outside ASCII.
    fn other(&mut self) {
        let char = self.char(self.at);
        if char == '⟦' {
            let end = self.text.get(self.at..).and_then(|rest| {
                rest.find('⟧')
                    .filter(|n| *n <= 40)
                    .map(|n| self.at + n + '⟧'.len_utf8())
            });
            self.push(Kind::Mask, end.unwrap_or(self.at + char.len_utf8()));
        } else if let Some((valence, emotion)) = lexicon::emoji(char) {
            self.smile(self.at + char.len_utf8(), valence, emotion);
        } else if char.is_alphabetic() {
            self.word(false);
        } else if matches!(char, '—' | '–' | '…' | '“' | '”' | '«' | '»') {
            self.push(Kind::Pause, self.at + char.len_utf8());
        } else {
            self.at += char.len_utf8();
        }
    }

    /// A word; within a tag it ends before a capital that follows a small letter, and has no apostrophes.
    fn word(&mut self, in_tag: bool) {
        let start = self.at;
        let mut hash = SEED;
        let mut stem: Option<u64> = None;
        let (mut capitals, mut smalls, mut letters, mut digit, mut run, mut longest) =
            (0u32, 0u32, 0u32, false, 0u32, 0u32);
        let mut previous = 0u8;
        let mut strange = false;
        let mut at = start;
        while at < self.bytes.len() {
            let byte = self.byte(at);
            if byte.is_ascii_alphabetic() {
                let upper = byte.is_ascii_uppercase();
                if in_tag && upper && previous.is_ascii_lowercase() {
                    break;
                }
                capitals += u32::from(upper);
                smalls += u32::from(!upper);
                letters += 1;
                let low = byte.to_ascii_lowercase();
                run = if previous.to_ascii_lowercase() == low {
                    run + 1
                } else {
                    1
                };
                longest = longest.max(run);
                hash = mix(hash, low);
                previous = byte;
                at += 1;
            } else if byte.is_ascii_digit() {
                if in_tag {
                    break;
                }
                digit = true;
                hash = mix(hash, byte);
                previous = byte;
                at += 1;
            } else if byte == b'\'' && !in_tag && self.byte(at + 1).is_ascii_alphabetic() {
                stem = Some(hash);
                hash = mix(hash, byte);
                previous = byte;
                at += 1;
            } else if byte >= 0x80 {
                let char = self.char(at);
                if char == '’' && !in_tag && self.byte(at + 3).is_ascii_alphabetic() {
                    stem = Some(hash);
                    hash = mix(hash, b'\'');
                    previous = b'\'';
                    at += 3;
                } else if char.is_alphabetic() {
                    letters += 1;
                    strange = true;
                    capitals += u32::from(char.is_uppercase());
                    smalls += u32::from(char.is_lowercase());
                    let mut utf8 = [0; 4];
                    for low in char.to_lowercase() {
                        for byte in low.encode_utf8(&mut utf8).bytes() {
                            hash = mix(hash, byte);
                        }
                    }
                    previous = 0;
                    at += char.len_utf8();
                } else {
                    break;
                }
            } else {
                break;
            }
        }
        if at == start {
            // Nothing that a word is made of: step over the character
            self.at += self.char(start).len_utf8();
            return;
        }
        let mut entry = lexicon::word(hash);
        if entry.is_none()
            && self.byte(at) == b'-'
            && !in_tag
            && self.byte(at + 1).is_ascii_alphabetic()
        {
            let (end, whole) = self.hyphenated(at, hash);
            if let Some(found) = lexicon::word(whole) {
                (at, hash, entry) = (end, whole, Some(found));
            }
        }
        if entry.is_none() {
            let negation = self
                .bytes
                .get(start..at)
                .is_some_and(|w| w.len() > 3 && w.to_ascii_lowercase().ends_with(b"n't"));
            entry = if negation {
                lexicon::word(NOT)
            } else {
                stem.and_then(lexicon::word)
            };
        }
        let drawn_out = longest >= 3;
        if entry.is_none() && drawn_out {
            entry = self
                .shortened(start, at, 2)
                .or_else(|| self.shortened(start, at, 1));
        }
        let mut token = Token::new(Kind::Word, start, at);
        token.hash = hash;
        token.known = entry.is_some();
        token.entry = entry.unwrap_or_default();
        token.valence = token.entry.valence().unwrap_or(0);
        token.shouted = letters >= 2 && smalls == 0 && capitals == letters;
        token.capital = self.char(start).is_uppercase();
        token.mixed = capitals > u32::from(token.capital) && smalls > 0;
        token.digit = digit;
        token.drawn_out = drawn_out;
        token.strange = strange;
        token.in_tag = in_tag;
        self.tokens.push(token);
        self.at = at;
    }

    /// The end and hash of a word of several parts, such as `must-have`.
    fn hyphenated(&self, from: usize, hash: u64) -> (usize, u64) {
        let (mut at, mut hash) = (from, hash);
        while self.byte(at).is_ascii_alphabetic()
            || (self.byte(at) == b'-' && self.byte(at + 1).is_ascii_alphabetic())
        {
            hash = mix(hash, self.byte(at).to_ascii_lowercase());
            at += 1;
        }
        (at, hash)
    }

    /// What the lists say about the word with its runs of letters cut to `keep`.
    fn shortened(&self, start: usize, end: usize, keep: u32) -> Option<Entry> {
        let (mut hash, mut previous, mut run) = (SEED, 0u8, 0u32);
        for byte in self.bytes.get(start..end)? {
            let low = byte.to_ascii_lowercase();
            run = if low == previous { run + 1 } else { 1 };
            previous = low;
            if run <= keep {
                hash = mix(hash, low);
            }
        }
        lexicon::word(hash)
    }
}

/// The hash of "not".
const NOT: u64 = mix(mix(mix(SEED, b'n'), b'o'), b't');
