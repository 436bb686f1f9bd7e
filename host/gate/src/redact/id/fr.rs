//! France: the number of social security (NIR, INSEE): sex, year, month, department, commune, order and a key, 97 less the rest of
//! the first thirteen modulo 97; in Corsica the department is 2A or 2B, counted as 19 and 18.

use super::super::groups::Window;
use super::{compact, glued, value};

/// 1 84 12 76 451 089 46, or bare.
pub(super) fn nir(window: &Window<'_>) -> bool {
    let form = window.groups.len() == 1 || window.joined_by(b" .-");
    let Ok(chars) = <&[u8; 15]>::try_from(window.digits) else {
        return false;
    };
    form && checked(chars)
}

/// The same with a department of Corsica, from the offset of its first digit: where it ends.
pub(in super::super) fn nir_with_letter(bytes: &[u8], start: usize) -> Option<usize> {
    if !matches!(bytes.get(start), Some(b'1' | b'2')) || glued(bytes, start) {
        return None;
    }
    let (chars, end) = compact::<15>(bytes, start)?;
    (chars.get(5..7).is_some_and(|d| d == b"2A" || d == b"2B") && checked(&chars)).then_some(end)
}

fn checked(chars: &[u8; 15]) -> bool {
    let mut digits = *chars;
    let corsica = match chars.get(6) {
        Some(b'A') => Some(*b"19"),
        Some(b'B') => Some(*b"18"),
        _ => None,
    };
    if let (Some(as_digits), Some(room)) = (corsica, digits.get_mut(5..7)) {
        room.copy_from_slice(&as_digits);
    }
    if !digits.iter().all(u8::is_ascii_digit) {
        return false;
    }
    let part = |range: std::ops::Range<usize>| value(digits.get(range).unwrap_or_default());
    let sex = matches!(part(0..1), 1..=4 | 7 | 8);
    let month = matches!(part(3..5), 1..=12 | 20..=42 | 50..=99);
    let department = matches!(part(5..7), 1..=99);
    sex && month && department && part(13..15) == 97 - part(0..13) % 97
}
