//! The scanner: goes through a text byte by byte and says where one token ends and the next begins.
//!
//! Lives here: splitting into syllables, links, smiles. Not here: what a token is, and phrases (`tokens`).

use crate::{
    fold::{Syllable, fold, is_accent},
    lexicon,
    table::Entry,
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

    fn push(&mut self, kind: Kind, end: usize) {
        self.tokens.push(Token::new(kind, self.at, end));
        self.at = end;
    }

    fn step(&mut self) {
        let byte = self.byte(self.at);
        match byte {
            b'\n' | b'.' | b'!' | b'?' => self.stop(),
            b if b.is_ascii_whitespace() => self.at += 1,
            b'0'..=b'9' => self.number(),
            b'h' | b'H' | b'w' | b'W' if self.link() => {}
            b if b.is_ascii_alphabetic() => self.word(),
            b'@' if self.byte(self.at + 1).is_ascii_alphanumeric()
                || self.byte(self.at + 1) == b'_' =>
            {
                let name = self
                    .bytes
                    .iter()
                    .skip(self.at + 1)
                    .take_while(|b| b.is_ascii_alphanumeric() || **b == b'_')
                    .count();
                self.push(Kind::Mask, self.at + 1 + name);
            }
            b'#' => self.tag(),
            b if b < 0x80 => self.punctuation(),
            _ => self.other(),
        }
    }

    fn link(&mut self) -> bool {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let starts = |prefix: &[u8]| {
            rest.get(..prefix.len())
                .is_some_and(|head| head.eq_ignore_ascii_case(prefix))
        };
        if !(starts(b"http://") || starts(b"https://") || starts(b"www.")) {
            return false;
        }
        let end = self.at
            + rest
                .iter()
                .position(u8::is_ascii_whitespace)
                .unwrap_or(rest.len());
        self.push(Kind::Link, end);
        true
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
        token.mixed = letters;
        self.tokens.push(token);
        self.at = at;
    }

    fn tag(&mut self) {
        let mut end = self.at + 1;
        while end < self.bytes.len() {
            let char = self.char(end);
            if !(char.is_alphanumeric() || char == '_' || is_accent(char as u32)) {
                break;
            }
            end += char.len_utf8();
        }
        if end == self.at + 1 {
            self.at = end;
        } else {
            self.push(Kind::Tag, end);
        }
    }

    fn punctuation(&mut self) {
        let after_digit = self.at > 0 && self.byte(self.at - 1).is_ascii_digit();
        let found = if after_digit {
            None
        } else {
            self.text.get(self.at..).and_then(lexicon::emoticon)
        };
        if let Some((length, valence, emotion)) = found {
            let next = self.byte(self.at + length);
            if !(self.byte(self.at + length - 1).is_ascii_alphanumeric()
                && next.is_ascii_alphanumeric())
                && next != b'/'
            {
                self.smile(self.at + length, valence, emotion);
                // A smile is drawn out by its mouth
                while matches!(self.byte(self.at), b')' | b'(')
                    && matches!(self.byte(self.at - 1), b')' | b'(')
                {
                    self.at += 1;
                }
                return;
            }
        }
        match self.byte(self.at) {
            b',' | b';' | b':' | b'-' | b'(' | b')' | b'"' | b'/' | b'|' | b'[' | b']' | b'+' => {
                self.push(Kind::Pause, self.at + 1);
            }
            _ => self.at += 1,
        }
    }

    fn smile(&mut self, end: usize, valence: i8, emotion: u8) {
        let mut token = Token::new(Kind::Smile, self.at, end);
        token.valence = valence;
        token.entry = Entry::feeling(valence, emotion);
        token.known = true;
        self.tokens.push(token);
        self.at = end;
    }

    fn stop(&mut self) {
        let start = self.at;
        let (mut at, mut asks) = (start, false);
        while at < self.bytes.len() && matches!(self.byte(at), b'.' | b'!' | b'?' | b'\n') {
            asks |= self.byte(at) == b'?';
            at += 1;
        }
        let ellipsis = at - start >= 2
            && self
                .bytes
                .get(start..at)
                .is_some_and(|s| s.iter().all(|b| *b == b'.'));
        self.push(
            if ellipsis {
                Kind::Pause
            } else {
                Kind::Stop { asks }
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
        } else if fold(char as u32).letter() != 0 || char.is_alphabetic() {
            self.word();
        } else if matches!(char, '—' | '–' | '…' | '“' | '”' | '«' | '»' | '•') {
            self.push(Kind::Pause, self.at + char.len_utf8());
        } else {
            self.at += char.len_utf8();
        }
    }

    fn word(&mut self) {
        let start = self.at;
        let mut at = start;
        let mut syllable = Syllable::EMPTY;
        let (mut capitals, mut smalls, mut digit, mut strange, mut drawn_out) =
            (0u32, 0u32, false, false, false);
        let (mut previous, mut run) = (0u8, 0u32);
        while at < self.bytes.len() {
            let byte = self.byte(at);
            if byte.is_ascii_digit() {
                digit = true;
                syllable = syllable.digit(byte);
                at += 1;
                continue;
            }
            let (code, length) = if byte < 0x80 {
                (u32::from(byte), 1)
            } else {
                let char = self.char(at);
                (char as u32, char.len_utf8())
            };
            let folded = fold(code);
            if folded.letter() != 0 {
                syllable = syllable.letter(folded);
                capitals += u32::from(folded.capital());
                smalls += u32::from(!folded.capital());
                run = if folded.letter() == previous {
                    run + 1
                } else {
                    1
                };
                drawn_out |= run >= 3;
                previous = folded.letter();
            } else if is_accent(code) {
                syllable = syllable.accent(code);
            } else if byte >= 0x80 && char::from_u32(code).is_some_and(char::is_alphabetic) {
                strange = true;
                syllable = syllable.digit((code % 128) as u8);
            } else {
                break;
            }
            at += length;
        }
        let mut token = Token::new(Kind::Word, start, at);
        token.hash = syllable.hash();
        token.accented = syllable.accents() > 0;
        token.strange = strange;
        token.shouted = capitals >= 2 && smalls == 0;
        token.capital = fold(self.char(start) as u32).capital();
        token.mixed = capitals > u32::from(token.capital) && smalls > 0;
        token.digit = digit;
        token.drawn_out = drawn_out;
        self.tokens.push(token);
        self.at = at;
    }
}
