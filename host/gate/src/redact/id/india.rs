//! India: Aadhaar (UIDAI; twelve digits, the last by Verhoeff's scheme) and the tax department's Permanent Account Number.

use super::super::{context, groups::Window};

const NAMES: &[&str] = &[
    "aadhaar",
    "aadhar",
    "adhaar",
    "adhar",
    "uid",
    "uidai",
    "आधार",
];

/// 2345 6789 0124. Bare ones count beside the name, for every tenth number of twelve digits has a good check digit.
pub(super) fn aadhaar(window: &Window<'_>) -> bool {
    let grouped = window.shaped(&[4, 4, 4]) && window.joined_by(b" -");
    window.digit(0) >= 2
        && verhoeff(window.digits)
        && (grouped
            || (window.groups.len() == 1 && context::named(window.text, window.start(), NAMES)))
}

/// ABCPE1234F: five letters, of which the fourth says what the holder is, four digits, a letter.
pub(in super::super) fn pan(word: &[u8]) -> bool {
    let upper = |range: std::ops::Range<usize>| {
        word.get(range)
            .is_some_and(|w| w.iter().all(u8::is_ascii_uppercase))
    };
    word.len() == 10
        && upper(0..5)
        && upper(9..10)
        && word.get(3).is_some_and(|b| b"ABCFGHJLPT".contains(b))
        && word
            .get(5..9)
            .is_some_and(|w| w.iter().all(u8::is_ascii_digit) && w != b"0000")
}

/// The dihedral group D5 and Verhoeff's permutation.
const PRODUCT: [[u8; 10]; 10] = [
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
    [1, 2, 3, 4, 0, 6, 7, 8, 9, 5],
    [2, 3, 4, 0, 1, 7, 8, 9, 5, 6],
    [3, 4, 0, 1, 2, 8, 9, 5, 6, 7],
    [4, 0, 1, 2, 3, 9, 5, 6, 7, 8],
    [5, 9, 8, 7, 6, 0, 4, 3, 2, 1],
    [6, 5, 9, 8, 7, 1, 0, 4, 3, 2],
    [7, 6, 5, 9, 8, 2, 1, 0, 4, 3],
    [8, 7, 6, 5, 9, 3, 2, 1, 0, 4],
    [9, 8, 7, 6, 5, 4, 3, 2, 1, 0],
];
const PERMUTED: [u8; 10] = [1, 5, 7, 6, 2, 8, 3, 0, 9, 4];

fn verhoeff(digits: &[u8]) -> bool {
    let permute = |digit: u8, times: usize| {
        (0..times % 8).fold(digit, |d, _| {
            PERMUTED.get(usize::from(d)).copied().unwrap_or(0)
        })
    };
    let check = digits.iter().rev().enumerate().fold(0u8, |c, (nth, d)| {
        let next = permute(d - b'0', nth);
        PRODUCT
            .get(usize::from(c))
            .and_then(|row| row.get(usize::from(next)))
            .copied()
            .unwrap_or(0)
    });
    check == 0
}

#[cfg(test)]
mod tests {
    #[test]
    fn verhoeff_knows_its_published_example() {
        assert!(super::verhoeff(b"2363"));
        assert!(!super::verhoeff(b"2364"));
    }
}
