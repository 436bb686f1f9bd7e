//! Brazil: tax numbers of persons (CPF) and companies (CNPJ), each with two check digits modulo 11 (Receita Federal).
//!
//! Since 2026 a CNPJ may hold letters; such ones are not looked for yet.

use super::super::{context, groups::Window};

const NAMES: &[&str] = &["cpf", "cpfs"];

/// 529.982.247-25. Bare ones count unless they are a telephone's: eleven digits are a mobile number as well.
pub(super) fn cpf(window: &Window<'_>, phone: bool) -> bool {
    let written = window.shaped(&[3, 3, 3, 2])
        && (window.joined_as(b"..-") || window.joined_as(b"---") || window.joined_as(b"   "));
    let bare = window.groups.len() == 1 || window.shaped(&[9, 2]);
    checked(window.digits, 9)
        && (written
            || (bare
                && (context::named(window.text, window.start(), NAMES)
                    || (!phone && window.digit(0) > 1 && window.digit(2) != 9))))
}

/// 11.222.333/0001-81, or bare.
pub(super) fn cnpj(window: &Window<'_>) -> bool {
    let written = window.shaped(&[2, 3, 3, 4, 2]) && window.joined_as(b"../-");
    (written || window.groups.len() == 1) && checked(window.digits, 12)
}

/// Weights grow from 2 at the last digit and start again after 9 in a CNPJ, after 11 in a CPF.
fn checked(digits: &[u8], body: usize) -> bool {
    let top = if body == 9 { 11 } else { 9 };
    let right = |count: usize| {
        let head = digits.get(..count).unwrap_or_default();
        let weights = (2..=top).cycle();
        let sum: u32 = head
            .iter()
            .rev()
            .zip(weights)
            .map(|(d, w)| u32::from(d - b'0') * w)
            .sum();
        let check = match sum % 11 {
            0 | 1 => 0,
            rest => 11 - rest,
        };
        digits
            .get(count)
            .is_some_and(|d| u32::from(d - b'0') == check)
    };
    let all_same = digits
        .windows(2)
        .all(|pair| matches!(pair, [a, b] if a == b));
    !all_same && right(body) && right(body + 1)
}
