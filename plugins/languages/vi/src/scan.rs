//! The scanner: goes through a text byte by byte and says where one token ends and the next begins.
//!
//! Lives here: splitting into syllables, links, smiles. Not here: what a token is, and phrases (`tokens`).

use isocial_sdk::reading::{
    emoji::emoji,
    scan::Scan,
    token::{Kind, Token},
};

use crate::{
    fold::{Syllable, fold, is_accent},
    lexicon,
};

/// Splits a whole text.
pub(crate) fn run(text: &str, tokens: &mut Vec<Token>) {
    let mut scan = Scan::new(text, tokens);
    while !scan.is_done() {
        step(&mut scan);
    }
}

fn step(scan: &mut Scan<'_, '_>) {
    let byte = scan.byte(scan.at);
    match byte {
        b'\n' | b'.' | b'!' | b'?' => stop(scan),
        b if b.is_ascii_whitespace() => scan.at += 1,
        b'0'..=b'9' => number(scan),
        b'h' | b'H' | b'w' | b'W' if link(scan) => {}
        b if b.is_ascii_alphabetic() => word(scan),
        b'@' if scan.handle() => {}
        b'#' => tag(scan),
        b if b < 0x80 => punctuation(scan),
        _ => other(scan),
    }
}

fn link(scan: &mut Scan<'_, '_>) -> bool {
    let found = scan.starts(b"http://") || scan.starts(b"https://") || scan.starts(b"www.");
    if found {
        let end = scan.chunk_end(scan.at);
        scan.push(Kind::Link, end);
    }
    found
}

fn number(scan: &mut Scan<'_, '_>) {
    let (end, letters) = scan.digits();
    let mut token = Token::new(Kind::Number, scan.at, end);
    token.digit = true;
    token.mixed = letters;
    scan.tokens.push(token);
    scan.at = end;
}

fn tag(scan: &mut Scan<'_, '_>) {
    let mut end = scan.at + 1;
    while end < scan.text.len() {
        let char = scan.char(end);
        if !(char.is_alphanumeric() || char == '_' || is_accent(char as u32)) {
            break;
        }
        end += char.len_utf8();
    }
    if end == scan.at + 1 {
        scan.at = end;
    } else {
        scan.push(Kind::Tag, end);
    }
}

fn punctuation(scan: &mut Scan<'_, '_>) {
    let after_digit = scan.at > 0 && scan.byte(scan.at - 1).is_ascii_digit();
    let found = if after_digit {
        None
    } else {
        scan.text.get(scan.at..).and_then(lexicon::emoticon)
    };
    if let Some((length, valence, emotion)) = found {
        let next = scan.byte(scan.at + length);
        if !(scan.byte(scan.at + length - 1).is_ascii_alphanumeric()
            && next.is_ascii_alphanumeric())
            && next != b'/'
        {
            scan.smile(scan.at + length, valence, emotion);
            // A smile is drawn out by its mouth
            while matches!(scan.byte(scan.at), b')' | b'(')
                && matches!(scan.byte(scan.at - 1), b')' | b'(')
            {
                scan.at += 1;
            }
            return;
        }
    }
    match scan.byte(scan.at) {
        b',' | b';' | b':' | b'-' | b'(' | b')' | b'"' | b'/' | b'|' | b'[' | b']' | b'+' => {
            scan.push(Kind::Pause, scan.at + 1);
        }
        _ => scan.at += 1,
    }
}

fn stop(scan: &mut Scan<'_, '_>) {
    let run = scan.stops();
    let kind = if run.dots && run.end - scan.at >= 2 {
        Kind::Pause
    } else {
        Kind::Stop {
            asks: run.asks,
            exclaims: run.exclaims,
        }
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
    } else if fold(char as u32).letter() != 0 || char.is_alphabetic() {
        word(scan);
    } else if matches!(char, '—' | '–' | '…' | '“' | '”' | '«' | '»' | '•') {
        scan.push(Kind::Pause, scan.at + char.len_utf8());
    } else {
        scan.at += char.len_utf8();
    }
}

fn word(scan: &mut Scan<'_, '_>) {
    let start = scan.at;
    let mut at = start;
    let mut syllable = Syllable::EMPTY;
    let (mut capitals, mut smalls, mut digit, mut strange, mut drawn_out) =
        (0u32, 0u32, false, false, false);
    let (mut previous, mut run) = (0u8, 0u32);
    while at < scan.text.len() {
        let byte = scan.byte(at);
        if byte.is_ascii_digit() {
            digit = true;
            syllable = syllable.digit(byte);
            at += 1;
            continue;
        }
        let (code, length) = if byte < 0x80 {
            (u32::from(byte), 1)
        } else {
            let char = scan.char(at);
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
    token.capital = fold(scan.char(start) as u32).capital();
    token.mixed = capitals > u32::from(token.capital) && smalls > 0;
    token.digit = digit;
    token.drawn_out = drawn_out;
    scan.tokens.push(token);
    scan.at = at;
}
