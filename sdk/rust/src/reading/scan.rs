//! The scanner's ground: a place in a text, and the tokens that every language splits alike.
//!
//! Lives here: handles, masks, smiles, runs of stops and digits. Not here: words, and which tokens there are (the packs).

use super::{
    table::Entry,
    token::{Kind, Token},
};

/// Longest mask in bytes that is looked for behind a `⟦`.
const MASK_BYTES: usize = 40;

/// A text that is being split.
#[derive(Debug)]
pub struct Scan<'t, 'v> {
    /// The text.
    pub text: &'t str,
    /// Where the next token begins.
    pub at: usize,
    /// What was found.
    pub tokens: &'v mut Vec<Token>,
}

/// A run of `.`, `!`, `?` and line ends.
#[derive(Debug, Clone, Copy)]
pub struct Stops {
    /// Where it ends.
    pub end: usize,
    /// There is a question mark.
    pub asks: bool,
    /// There is an exclamation mark.
    pub exclaims: bool,
    /// There is nothing but full stops.
    pub dots: bool,
}

impl<'t, 'v> Scan<'t, 'v> {
    /// Begins at the text's start.
    pub fn new(text: &'t str, tokens: &'v mut Vec<Token>) -> Self {
        Self {
            text,
            at: 0,
            tokens,
        }
    }
    /// Whether the text is at its end.
    #[inline]
    pub fn is_done(&self) -> bool {
        self.at >= self.text.len()
    }
    /// The byte at a place; a space behind the end.
    #[inline]
    pub fn byte(&self, at: usize) -> u8 {
        self.text.as_bytes().get(at).copied().unwrap_or(b' ')
    }
    /// The character at a place; a space behind the end and inside another character.
    #[inline]
    pub fn char(&self, at: usize) -> char {
        self.text
            .get(at..)
            .and_then(|rest| rest.chars().next())
            .unwrap_or(' ')
    }
    /// The bytes from one place to another; none where there are none.
    #[inline]
    pub fn slice(&self, start: usize, end: usize) -> &'t [u8] {
        self.text.as_bytes().get(start..end).unwrap_or_default()
    }
    /// The next byte that is white space, from a place on.
    pub fn chunk_end(&self, from: usize) -> usize {
        let rest = self.slice(from, self.text.len());
        from + rest
            .iter()
            .position(u8::is_ascii_whitespace)
            .unwrap_or(rest.len())
    }
    /// Whether the text goes on with this, in whatever case.
    pub fn starts(&self, prefix: &[u8]) -> bool {
        self.slice(self.at, self.at + prefix.len())
            .eq_ignore_ascii_case(prefix)
    }

    /// A token from here to `end`.
    #[inline]
    pub fn push(&mut self, kind: Kind, end: usize) {
        self.tokens.push(Token::new(kind, self.at, end));
        self.at = end;
    }
    /// An emoji or emoticon from here to `end`, with tenths of valence and an emotion's number.
    pub fn smile(&mut self, end: usize, valence: i8, emotion: u8) {
        let mut token = Token::new(Kind::Smile, self.at, end);
        token.valence = valence;
        token.entry = Entry::feeling(valence, emotion);
        token.known = true;
        self.tokens.push(token);
        self.at = end;
    }
    /// A handle, if an `@` here begins one.
    pub fn handle(&mut self) -> bool {
        let mut end = self.at + 1;
        while self.byte(end).is_ascii_alphanumeric() || self.byte(end) == b'_' {
            end += 1;
        }
        let found = end > self.at + 1;
        if found {
            self.push(Kind::Mask, end);
        }
        found
    }
    /// A redacted detail, `⟦user:1⟧`, of which the first character stands here.
    pub fn mask(&mut self) {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let end = rest
            .find('⟧')
            .filter(|n| *n <= MASK_BYTES)
            .map_or('⟦'.len_utf8(), |n| n + '⟧'.len_utf8());
        self.push(Kind::Mask, self.at + end);
    }
    /// Where the digits that begin here end, with points and colons between digits and letters behind them; and whether there are letters.
    pub fn digits(&self) -> (usize, bool) {
        let (mut at, mut letters) = (self.at, false);
        while self.byte(at).is_ascii_alphanumeric()
            || (matches!(self.byte(at), b'.' | b',' | b':') && self.byte(at + 1).is_ascii_digit())
        {
            letters |= self.byte(at).is_ascii_alphabetic();
            at += 1;
        }
        (at, letters)
    }
    /// The run of stops that begins here.
    pub fn stops(&self) -> Stops {
        let mut run = Stops {
            end: self.at,
            asks: false,
            exclaims: false,
            dots: true,
        };
        while let byte @ (b'.' | b'!' | b'?' | b'\n') = self.byte(run.end) {
            run.asks |= byte == b'?';
            run.exclaims |= byte == b'!';
            run.dots &= byte == b'.';
            run.end += 1;
        }
        run
    }
}
