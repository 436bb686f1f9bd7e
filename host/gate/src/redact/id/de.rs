//! Germany: the tax number of a person (Steuer-Identifikationsnummer, § 139b AO): eleven digits, the last by ISO/IEC 7064,
//! MOD 11,10; among the first ten one digit stands twice or three times and no other one more than once.

use super::super::groups::Window;

/// 65929970489, 65 929 970 489.
pub(super) fn tax_id(window: &Window<'_>) -> bool {
    let form = window.groups.len() == 1 || (window.shaped(&[2, 3, 3, 3]) && window.joined_by(b" "));
    form && window.digit(0) != 0 && repeats(window.digits) && checked(window.digits)
}

fn repeats(digits: &[u8]) -> bool {
    let mut seen = [0u8; 10];
    for digit in digits.iter().take(10) {
        if let Some(n) = seen.get_mut(usize::from(digit - b'0')) {
            *n += 1;
        }
    }
    let again = seen.iter().filter(|n| **n > 1).count();
    again == 1 && seen.iter().all(|n| *n <= 3)
}

fn checked(digits: &[u8]) -> bool {
    let product = digits.iter().take(10).fold(10u32, |product, d| {
        let sum = (u32::from(d - b'0') + product) % 10;
        (if sum == 0 { 10 } else { sum }) * 2 % 11
    });
    let check = (11 - product) % 10;
    digits.last().is_some_and(|d| u32::from(d - b'0') == check)
}
