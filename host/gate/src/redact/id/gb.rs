//! United Kingdom: National Insurance numbers (HMRC, NIM39110): two letters, six digits, a letter A–D. No check digit; letters and
//! pairs that HMRC does not give out are excluded.

use super::{compact, glued};

const PAIRS_NOT_GIVEN: [&[u8; 2]; 7] = [b"BG", b"GB", b"KN", b"NK", b"NT", b"TN", b"ZZ"];

/// AB123456C, AB 12 34 56 C, from the offset of its first letter: where it ends.
pub(in super::super) fn nino(bytes: &[u8], start: usize) -> Option<usize> {
    if glued(bytes, start) {
        return None;
    }
    let (chars, end) = compact::<9>(bytes, start)?;
    let [first, second, digits @ .., suffix] = &chars;
    let pair = [*first, *second];
    let given = pair
        .iter()
        .all(|c| c.is_ascii_uppercase() && !b"DFIQUV".contains(c))
        && *second != b'O'
        && !PAIRS_NOT_GIVEN.contains(&&pair);
    (given && digits.iter().all(u8::is_ascii_digit) && (b'A'..=b'D').contains(suffix))
        .then_some(end)
}
