//! Payment cards (ISO/IEC 7812): 12–19 digits with a network's first digits and the check digit of Luhn.
//!
//! Prefixes and lengths are those that the networks publish: Visa, Mastercard, American Express, Discover, Diners Club, JCB,
//! UnionPay, Maestro, RuPay, Mir, Troy, Elo.

use super::{context, groups::Window};

/// Words before a number that is a card's whatever its prefix.
const NAMES: &[&str] = &[
    "card",
    "cards",
    "visa",
    "mastercard",
    "amex",
    "maestro",
    "cc",
    "pan",
    "thẻ",
    "karte",
    "kreditkarte",
    "carte",
    "tarjeta",
    "carta",
    "cartão",
    "cartao",
    "kartu",
];

/// Whether a word before the number says that it is a card's.
pub(super) fn named(window: &Window<'_>) -> bool {
    context::named(window.text, window.start(), NAMES)
}

/// Whether the window is a card: bare, or in groups with one space or dash between.
pub(super) fn is_card(window: &Window<'_>) -> bool {
    (12..=19).contains(&window.digits.len())
        && window.joined_by(b" -")
        && luhn(window.digits)
        && ((known_prefix(window) && grouped(window)) || named(window))
}

/// Groups as cards show them: four digits each but the last, or 4-6-5 and 4-6-4; not a list of short numbers.
fn grouped(window: &Window<'_>) -> bool {
    let all_but_last = window
        .groups
        .split_last()
        .map(|(_, head)| head)
        .unwrap_or_default();
    all_but_last.iter().all(|g| g.len() == 4)
        || window.shaped(&[4, 6, 5])
        || window.shaped(&[4, 6, 4])
}

/// First digits that networks use, with the lengths that go with them.
fn known_prefix(window: &Window<'_>) -> bool {
    let (two, three, four) = (window.prefix(2), window.prefix(3), window.prefix(4));
    let maestro = matches!(four, 5018 | 5020 | 5038 | 5893 | 6304 | 6759 | 6761..=6763)
        || two == 50
        || (56..=58).contains(&two)
        || two == 67;
    match window.digits.len() {
        12 => maestro,
        13 => window.digit(0) == 4,
        14 => matches!(two, 36 | 38 | 39) || (300..=305).contains(&three) || three == 309,
        15 => two == 34 || two == 37 || four == 1800 || four == 2131,
        16 => {
            matches!(two, 36 | 40..=49 | 50..=69 | 81 | 82)
                || (2200..=2720).contains(&four)
                || (3528..=3589).contains(&four)
                || matches!(three, 300..=305 | 309)
                || four == 9792
        }
        17 | 18 => two == 62 || maestro,
        19 => window.digit(0) == 4 || matches!(two, 62 | 64 | 65) || four == 6011 || maestro,
        _ => false,
    }
}

/// The check digit of ISO/IEC 7812-1, annex B.
pub(super) fn luhn(digits: &[u8]) -> bool {
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(i, d)| {
            let d = u32::from(d - b'0');
            match (i % 2, d) {
                (0, d) => d,
                (_, d) if d > 4 => d * 2 - 9,
                (_, d) => d * 2,
            }
        })
        .sum();
    sum.is_multiple_of(10) && digits.iter().any(|d| *d != b'0')
}
