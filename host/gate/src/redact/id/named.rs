//! Driving licences and passports: no common form and mostly no check, so a number counts only if it is called one.

use memchr::memmem;

use super::super::{DetailKind, detect::Found, work};

/// Letters that such a word holds, whatever its case at the beginning and its ending.
const ANCHORS: [(&str, DetailKind); 4] = [
    ("icense", DetailKind::Licence),
    ("icence", DetailKind::Licence),
    ("ICENSE", DetailKind::Licence),
    ("assport", DetailKind::Passport),
];
/// Words between the name and the number.
const BETWEEN: [&str; 9] = ["number", "no", "nr", "num", "is", "id", "s", "my", "the"];
const DRIVING: [&str; 5] = ["driver", "drivers", "driver's", "driver’s", "driving"];
/// How far behind the name the number may begin, in bytes.
const REACH: usize = 32;

/// Finds what is called a driving licence or a passport.
pub(in super::super) fn papers(text: &str, found: &mut Vec<Found>) {
    for (anchor, kind) in ANCHORS {
        for at in memmem::find_iter(text.as_bytes(), anchor) {
            if kind == DetailKind::Licence && !driving(text, at) {
                continue;
            }
            if let Some((start, end)) = number(text, at + anchor.len()) {
                found.push(Found { start, end, kind });
            }
        }
    }
}

/// Whether the word before says what the licence is for; `at` is behind the licence's first letter.
fn driving(text: &str, at: usize) -> bool {
    let head = text
        .get(..at.saturating_sub(1))
        .unwrap_or_default()
        .trim_end_matches(' ');
    DRIVING.iter().any(|word| {
        head.len()
            .checked_sub(word.len())
            .and_then(|from| head.get(from..))
            .is_some_and(|tail| tail.eq_ignore_ascii_case(word))
    })
}

/// The number behind an offset: a word with at least four digits.
fn number(text: &str, from: usize) -> Option<(usize, usize)> {
    let bytes = text.as_bytes();
    let mut at = from;
    while at < from + REACH {
        work::did(1);
        let byte = *bytes.get(at)?;
        if matches!(byte, b' ' | b':' | b'#' | b'.' | b'-' | b'\'' | b'(' | b'=') {
            at += 1;
            continue;
        }
        if !byte.is_ascii_alphanumeric() {
            return None;
        }
        let length = bytes
            .get(at..)?
            .iter()
            .take(24)
            .take_while(|b| b.is_ascii_alphanumeric() || **b == b'-')
            .count();
        let word = text.get(at..at + length)?.trim_end_matches('-');
        if word.bytes().filter(u8::is_ascii_digit).count() >= 4 {
            return (5..=20)
                .contains(&word.len())
                .then_some((at, at + word.len()));
        }
        if !BETWEEN.iter().any(|known| known.eq_ignore_ascii_case(word)) {
            return None;
        }
        at += length;
    }
    None
}
