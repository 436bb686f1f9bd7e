//! Tokens: where syllables, emoji, tags, links and breaks are in a text, each with what the word lists say about it.
//!
//! Lives here: splitting, phrases, whether a text is written without accents. Not here: what follows from it (`sentiment` …).

use crate::{
    fold::{Syllable, fold, is_accent},
    lexicon::{self, BARE, WORDS},
    table::{Entry, join},
};

/// What sort of token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A syllable, or a word of another language.
    Word,
    /// Digits first.
    Number,
    /// An emoji or emoticon.
    Smile,
    /// A `#` with what follows.
    Tag,
    /// The end of a sentence.
    Stop {
        /// It asks.
        asks: bool,
    },
    /// Other punctuation.
    Pause,
    /// A link.
    Link,
    /// A redacted detail or a handle.
    Mask,
}

/// One token of a text.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Token {
    /// Byte offsets in the text.
    pub(crate) start: u32,
    pub(crate) end: u32,
    /// Sort.
    pub(crate) kind: Kind,
    /// Hash of the syllable.
    pub(crate) hash: u64,
    /// What the lists say; a phrase's entry stands at its first syllable.
    pub(crate) entry: Entry,
    /// Whether the lists know the syllable or the phrase that it is in.
    pub(crate) known: bool,
    /// Tenths of valence before any rule.
    pub(crate) valence: i8,
    /// It has letters or tones that Vietnamese writes.
    pub(crate) accented: bool,
    /// It has letters that Vietnamese does not write.
    pub(crate) strange: bool,
    /// Every letter is a capital (two at least).
    pub(crate) shouted: bool,
    /// The first letter is a capital.
    pub(crate) capital: bool,
    /// There are capitals behind the first letter, and small ones.
    pub(crate) mixed: bool,
    /// There is a digit.
    pub(crate) digit: bool,
    /// It is a later syllable of a phrase.
    pub(crate) covered: bool,
    /// A letter is repeated for emphasis.
    pub(crate) drawn_out: bool,
}

impl Token {
    fn new(kind: Kind, start: usize, end: usize) -> Self {
        Self {
            start: start as u32,
            end: end as u32,
            kind,
            hash: 0,
            entry: Entry::default(),
            known: false,
            valence: 0,
            accented: false,
            strange: false,
            shouted: false,
            capital: false,
            mixed: false,
            digit: false,
            covered: false,
            drawn_out: false,
        }
    }
    /// The text that it stands for.
    pub(crate) fn of<'t>(&self, text: &'t str) -> &'t str {
        text.get(self.start as usize..self.end as usize)
            .unwrap_or("")
    }
}

/// Splits a text, reusing `tokens`, and looks everything up.
pub(crate) fn split(text: &str, tokens: &mut Vec<Token>) {
    tokens.clear();
    let mut scan = Scan {
        text,
        bytes: text.as_bytes(),
        at: 0,
        tokens,
    };
    while scan.at < scan.bytes.len() {
        scan.step();
    }
    let bare = is_bare(tokens);
    let mut at = 0;
    while at < tokens.len() {
        at += look_up(tokens, at, bare);
    }
}

/// Whether a text is written without accents: fewer than one word in eight has any.
pub(crate) fn is_bare(tokens: &[Token]) -> bool {
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
            token.valence = entry.valence();
        } else {
            token.covered = true;
        }
    }
    taken
}

struct Scan<'t, 'v> {
    text: &'t str,
    bytes: &'t [u8],
    at: usize,
    tokens: &'v mut Vec<Token>,
}

impl Scan<'_, '_> {
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
