//! Spain: identity numbers of citizens (DNI) and foreigners (NIE): the letter at the end is the number modulo 23 in a fixed order
//! (Royal Decree 1553/2005, Order INT/2058/2008).

use super::{compact, glued, value};

const LETTERS: &[u8; 23] = b"TRWAGMYFPDXBNJZSQVHLCKE";

fn right(number: u64, letter: u8) -> bool {
    LETTERS.get((number % 23) as usize) == Some(&letter)
}

/// 12345678Z, 12.345.678-Z, from the offset of its first digit: where it ends. The letter is written in upper case, unless joined.
pub(in super::super) fn dni(bytes: &[u8], start: usize) -> Option<usize> {
    if glued(bytes, start) {
        return None;
    }
    let (chars, end) = compact::<9>(bytes, start)?;
    let (letter, number) = chars.split_last()?;
    let written = bytes.get(end - 1).is_some_and(u8::is_ascii_uppercase)
        || bytes.get(end - 2).is_some_and(u8::is_ascii_digit);
    // A space before the letter makes it a word: 12345678 Z.
    let spaced = bytes.get(end - 2) == Some(&b' ');
    (number.iter().all(u8::is_ascii_digit)
        && written
        && !spaced
        && value(number) > 99_999
        && right(value(number), *letter))
    .then_some(end)
}

/// X1234567L, X-1234567-L, from the offset of its first letter: where it ends. X, Y and Z count as 0, 1 and 2.
pub(in super::super) fn nie(bytes: &[u8], start: usize) -> Option<usize> {
    if glued(bytes, start) {
        return None;
    }
    let (chars, end) = compact::<9>(bytes, start)?;
    let (first, rest) = chars.split_first()?;
    let (letter, number) = rest.split_last()?;
    let lead = match first {
        b'X' => 0,
        b'Y' => 10_000_000,
        b'Z' => 20_000_000,
        _ => return None,
    };
    (number.iter().all(u8::is_ascii_digit) && right(lead + value(number), *letter)).then_some(end)
}
