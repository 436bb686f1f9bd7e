//! Italy: the tax code of a person (codice fiscale, Decree of 23 December 1976): six letters of the names, year, month as a letter,
//! day with sex, place, and a check letter. Digits may stand as letters where two persons would have the same code.

use super::{compact, glued};

/// What a character at an odd place (the first is odd) counts; digits count as the letters A–J.
const ODD: [u32; 26] = [
    1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23,
];

/// RSSMRA85T10A562S, RSS MRA 85T10 A562S, from the offset of its first letter: where it ends.
pub(in super::super) fn fiscal_code(bytes: &[u8], start: usize) -> Option<usize> {
    if glued(bytes, start) {
        return None;
    }
    let (code, end) = compact::<16>(bytes, start)?;
    let letter = |at: usize| code.get(at).is_some_and(u8::is_ascii_uppercase);
    let digit = |at: usize| {
        code.get(at)
            .is_some_and(|c| c.is_ascii_digit() || b"LMNPQRSTUV".contains(c))
    };
    let month = code.get(8).is_some_and(|c| b"ABCDEHLMPRST".contains(c));
    let form = (0..6).all(letter)
        && month
        && letter(11)
        && letter(15)
        && [6, 7, 9, 10, 12, 13, 14].into_iter().all(digit);
    (form && checked(&code)).then_some(end)
}

fn checked(code: &[u8; 16]) -> bool {
    let rank = |c: u8| {
        if c.is_ascii_digit() {
            c - b'0'
        } else {
            c - b'A'
        }
    };
    let sum: u32 = code
        .iter()
        .take(15)
        .enumerate()
        .map(|(nth, c)| match nth % 2 {
            0 => ODD.get(usize::from(rank(*c))).copied().unwrap_or(0),
            _ => u32::from(rank(*c)),
        })
        .sum();
    code.last().is_some_and(|c| u32::from(c - b'A') == sum % 26)
}
