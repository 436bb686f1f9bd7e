//! The scanner: goes through a text byte by byte and says where one token ends and the next begins.
//!
//! Lives here: splitting, lower-casing, spelling variants. Not here: what a token is, and phrases (`tokens`).

use isocial_sdk::reading::{
    emoji::emoji,
    scan::Scan,
    table::{Entry, SEED, mix},
    token::{Kind, Token},
};

use crate::lexicon;

/// Bytes of the longest emoticon that begins with a letter.
const LETTERED: usize = 4;

/// Splits a whole text.
pub(crate) fn run(text: &str, tokens: &mut Vec<Token>) {
    let mut scan = Scan::new(text, tokens);
    while !scan.is_done() {
        step(&mut scan);
    }
}

/// Whether `at` is at the start of the text or behind white space.
fn fresh(scan: &Scan<'_, '_>, at: usize) -> bool {
    at == 0 || scan.byte(at - 1).is_ascii_whitespace()
}

fn step(scan: &mut Scan<'_, '_>) {
    let byte = scan.byte(scan.at);
    match byte {
        b'\n' => stop(scan),
        b if b.is_ascii_whitespace() => scan.at += 1,
        b'0'..=b'9' => number(scan),
        b if b.is_ascii_alphabetic() => {
            if fresh(scan, scan.at) && link(scan) {
                return;
            }
            word(scan, false);
        }
        b'@' if scan.handle() => {}
        b'#' => tag(scan),
        b if b < 0x80 => punctuation(scan),
        _ => other(scan),
    }
}

/// A link, or an emoticon that begins with a letter, such as xd: or D:, and stands alone.
fn link(scan: &mut Scan<'_, '_>) -> bool {
    if matches!(scan.byte(scan.at), b'h' | b'H' | b'w' | b'W') {
        let end = scan.chunk_end(scan.at);
        let whole = scan.starts(b"http") && end - scan.at <= 5;
        if whole || scan.starts(b"http://") || scan.starts(b"https://") || scan.starts(b"www.") {
            scan.push(Kind::Link, end);
            return true;
        }
    }
    let (mut end, mut punctuated) = (scan.at, false);
    while end < scan.text.len() && !scan.byte(end).is_ascii_whitespace() {
        if end - scan.at == LETTERED {
            return false;
        }
        punctuated |= scan.byte(end).is_ascii_punctuation();
        end += 1;
    }
    let found = if punctuated {
        emoticon(scan, scan.at, end)
    } else {
        None
    };
    if let Some(valence) = found {
        scan.smile(end, valence, 0);
    }
    found.is_some()
}

fn emoticon(scan: &Scan<'_, '_>, start: usize, end: usize) -> Option<i8> {
    let hash = scan
        .slice(start, end)
        .iter()
        .fold(SEED, |hash, byte| mix(hash, byte.to_ascii_lowercase()));
    lexicon::VALENCES.get(hash).and_then(Entry::valence)
}

fn number(scan: &mut Scan<'_, '_>) {
    let start = scan.at;
    let (at, letters) = scan.digits();
    let mut token = Token::new(Kind::Number, start, at);
    token.digit = true;
    if letters {
        token.hash = scan
            .slice(start, at)
            .iter()
            .fold(SEED, |h, b| mix(h, b.to_ascii_lowercase()));
        if let Some(entry) = lexicon::word(token.hash) {
            token.kind = Kind::Word;
            token.known = true;
            token.entry = entry;
            token.valence = entry.valence().unwrap_or(0);
        }
    }
    scan.tokens.push(token);
    scan.at = at;
}

fn tag(scan: &mut Scan<'_, '_>) {
    let mut end = scan.at + 1;
    loop {
        let char = scan.char(end);
        if end >= scan.text.len() || !(char.is_alphanumeric() || char == '_') {
            break;
        }
        end += char.len_utf8();
    }
    if end == scan.at + 1 {
        scan.at = end;
        return;
    }
    scan.tokens.push(Token::new(Kind::Tag, scan.at, end));
    scan.at += 1;
    while scan.at < end {
        if scan.byte(scan.at) == b'_' {
            scan.at += 1;
        } else if scan.byte(scan.at).is_ascii_digit() {
            while scan.byte(scan.at).is_ascii_digit() {
                scan.at += 1;
            }
        } else {
            word(scan, true);
        }
    }
}

fn punctuation(scan: &mut Scan<'_, '_>) {
    let byte = scan.byte(scan.at);
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
    ) && (scan.at == 0 || !scan.byte(scan.at - 1).is_ascii_digit())
    {
        let limit = (scan.at + 5).min(scan.text.len());
        for end in (scan.at + 2..=limit).rev() {
            let last = scan.byte(end - 1);
            if last.is_ascii_alphanumeric()
                && (scan.byte(end).is_ascii_alphanumeric() || !fresh(scan, scan.at))
            {
                continue;
            }
            if !last.is_ascii() || scan.byte(end) == b'/' {
                continue;
            }
            if let Some(valence) = emoticon(scan, scan.at, end) {
                scan.smile(end, valence, 0);
                return;
            }
        }
    }
    match byte {
        b'.' | b'!' | b'?' => stop(scan),
        b',' | b';' | b':' | b'-' | b'(' | b')' | b'"' | b'/' | b'|' | b'[' | b']' => {
            scan.push(Kind::Pause, scan.at + 1);
        }
        _ => scan.at += 1,
    }
}

fn stop(scan: &mut Scan<'_, '_>) {
    let run = scan.stops();
    let (asks, exclaims) = (run.asks, run.exclaims);
    let ellipsis = run.end - scan.at >= 2 && !asks && !exclaims;
    let kind = if ellipsis {
        Kind::Pause
    } else {
        Kind::Stop { asks, exclaims }
    };
    scan.push(kind, run.end);
}

/// What begins with a character outside ASCII.
fn other(scan: &mut Scan<'_, '_>) {
    let char = scan.char(scan.at);
    if char == '⟦' {
        scan.mask();
    } else if let Some((valence, emotion)) = emoji(char) {
        scan.smile(scan.at + char.len_utf8(), valence, emotion);
    } else if char.is_alphabetic() {
        word(scan, false);
    } else if matches!(char, '—' | '–' | '…' | '“' | '”' | '«' | '»') {
        scan.push(Kind::Pause, scan.at + char.len_utf8());
    } else {
        scan.at += char.len_utf8();
    }
}

/// A word; within a tag it ends before a capital that follows a small letter, and has no apostrophes.
fn word(scan: &mut Scan<'_, '_>, in_tag: bool) {
    let start = scan.at;
    let mut hash = SEED;
    let mut stem: Option<u64> = None;
    let (mut capitals, mut smalls, mut letters, mut digit, mut run, mut longest) =
        (0u32, 0u32, 0u32, false, 0u32, 0u32);
    let mut previous = 0u8;
    let mut strange = false;
    let mut at = start;
    while at < scan.text.len() {
        let byte = scan.byte(at);
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
        } else if byte == b'\'' && !in_tag && scan.byte(at + 1).is_ascii_alphabetic() {
            stem = Some(hash);
            hash = mix(hash, byte);
            previous = byte;
            at += 1;
        } else if byte >= 0x80 {
            let char = scan.char(at);
            if char == '’' && !in_tag && scan.byte(at + 3).is_ascii_alphabetic() {
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
        scan.at += scan.char(start).len_utf8();
        return;
    }
    let mut entry = lexicon::word(hash);
    if entry.is_none()
        && scan.byte(at) == b'-'
        && !in_tag
        && scan.byte(at + 1).is_ascii_alphabetic()
    {
        let (end, whole) = hyphenated(scan, at, hash);
        if let Some(found) = lexicon::word(whole) {
            (at, hash, entry) = (end, whole, Some(found));
        }
    }
    if entry.is_none() {
        let word = scan.slice(start, at);
        let negation = word.len() > 3
            && word
                .last_chunk::<3>()
                .is_some_and(|end| end.eq_ignore_ascii_case(b"n't"));
        entry = if negation {
            lexicon::word(NOT)
        } else {
            stem.and_then(lexicon::word)
        };
    }
    let drawn_out = longest >= 3;
    if entry.is_none() && drawn_out {
        entry = shortened(scan, start, at, 2).or_else(|| shortened(scan, start, at, 1));
    }
    let mut token = Token::new(Kind::Word, start, at);
    token.hash = hash;
    token.known = entry.is_some();
    token.entry = entry.unwrap_or_default();
    token.valence = token.entry.valence().unwrap_or(0);
    token.shouted = letters >= 2 && smalls == 0 && capitals == letters;
    token.capital = scan.char(start).is_uppercase();
    token.mixed = capitals > u32::from(token.capital) && smalls > 0;
    token.digit = digit;
    token.drawn_out = drawn_out;
    token.strange = strange;
    token.in_tag = in_tag;
    scan.tokens.push(token);
    scan.at = at;
}

/// The end and hash of a word of several parts, such as `must-have`.
fn hyphenated(scan: &Scan<'_, '_>, from: usize, hash: u64) -> (usize, u64) {
    let (mut at, mut hash) = (from, hash);
    while scan.byte(at).is_ascii_alphabetic()
        || (scan.byte(at) == b'-' && scan.byte(at + 1).is_ascii_alphabetic())
    {
        hash = mix(hash, scan.byte(at).to_ascii_lowercase());
        at += 1;
    }
    (at, hash)
}

/// What the lists say about the word with its runs of letters cut to `keep`.
fn shortened(scan: &Scan<'_, '_>, start: usize, end: usize, keep: u32) -> Option<Entry> {
    let (mut hash, mut previous, mut run) = (SEED, 0u8, 0u32);
    for byte in scan.slice(start, end) {
        let low = byte.to_ascii_lowercase();
        run = if low == previous { run + 1 } else { 1 };
        previous = low;
        if run <= keep {
            hash = mix(hash, low);
        }
    }
    lexicon::word(hash)
}

/// The hash of "not".
const NOT: u64 = mix(mix(mix(SEED, b'n'), b'o'), b't');
