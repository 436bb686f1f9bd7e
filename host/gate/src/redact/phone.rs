//! Telephone numbers: E.164 (ITU-T) and the forms in which they are written at home.
//!
//! Lives here: which window of digits is one. Forms at home come from the national numbering plans (their names stand at the
//! forms); weak forms, as a number of seven digits, count only beside a word that announces a telephone (`context`).

use super::{
    context::{self, Announced},
    groups::{Group, Window},
};

/// Country codes of two digits (ITU-T E.164, list of assigned codes); 1 and 7 have one digit, all others three.
#[rustfmt::skip]
const TWO_DIGIT_CODES: [u32; 43] = [
    20, 27, 30, 31, 32, 33, 34, 36, 39, 40, 41, 43, 44, 45, 46, 47, 48, 49, 51, 52, 53, 54, 55, 56, 57, 58, 60, 61, 62, 63, 64, 65, 66,
    81, 82, 84, 86, 90, 91, 92, 93, 94, 95,
];

/// How many digits a number with its country code has: at least and at most. A trunk 0 in brackets may come on top.
const fn lengths(code: u32) -> (usize, usize) {
    match code {
        // North America: exactly ten behind the code.
        1 | 7 | 33 | 34 => (11, 11),
        84 | 55 => (10, 13),
        91 => (12, 12),
        44 | 81 => (11, 12),
        86 => (11, 13),
        _ => (8, 15),
    }
}

/// Where the number begins, with its `+` and a bracket that is part of it.
pub(super) fn sign_start(window: &Window<'_>) -> usize {
    let start = window.start();
    match (window.before(1), window.before(2)) {
        (Some(b'+'), Some(b'(')) | (Some(b'(' | b' '), Some(b'+')) => start - 2,
        (Some(b'+'), _) => start - 1,
        (Some(b'('), _) if closes(window) => start - 1,
        _ => start,
    }
}

fn closes(window: &Window<'_>) -> bool {
    let bytes = window.text.as_bytes();
    window
        .groups
        .iter()
        .take(3)
        .any(|g| bytes.get(g.end) == Some(&b')'))
}

/// What stands before an extension, the longest first.
const EXTENSIONS: [&[u8]; 5] = [b"extension", b"ext.", b"ext", b"x", b"#"];

/// Where an extension behind the window ends: `x5662`, `ext. 12`, `#34`.
pub(super) fn extension_end(window: &Window<'_>) -> Option<usize> {
    let rest = window.text.as_bytes().get(window.end()..)?;
    let spaces = rest.iter().take(2).take_while(|b| **b == b' ').count();
    let word = rest.get(spaces..)?;
    let sign = EXTENSIONS.iter().find(|sign| {
        word.get(..sign.len())
            .is_some_and(|w| w.eq_ignore_ascii_case(sign))
    })?;
    let tail = word.get(sign.len()..)?;
    let gap = usize::from(sign.len() > 1 && tail.first() == Some(&b' '));
    let digits = tail
        .get(gap..)?
        .iter()
        .take(7)
        .take_while(|b| b.is_ascii_digit())
        .count();
    let end = spaces + sign.len() + gap + digits;
    let word_goes_on = rest.get(end).is_some_and(u8::is_ascii_alphanumeric);
    ((1..=6).contains(&digits) && !word_goes_on).then(|| window.end() + end)
}

/// Reads a window as a telephone number by its form alone: where it begins, with plus and bracket.
pub(super) fn by_form(window: &Window<'_>, announced: Announced, extended: bool) -> Option<usize> {
    let start = sign_start(window);
    if amount(window) {
        return None;
    }
    if plus(window) {
        return assigned(window.digits, window).then_some(start);
    }
    // Inside a row of groups `00` is no sign: it is the middle of an account or a card.
    let inside = matches!(
        (window.before(1), window.before(2)),
        (Some(b' ' | b'-' | b'.'), Some(b'0'..=b'9'))
    );
    let abroad = window.digits.strip_prefix(b"00").filter(|_| !inside);
    if abroad.is_some_and(|digits| assigned(digits, window)) {
        return Some(start);
    }
    let counts = window.digits.len() >= 7 && announced != Announced::Other && !dated(window);
    let at_home = || {
        trunk(window)
            || bracketed(window)
            || north_america(window, extended)
            || without_trunk(window)
    };
    (counts && at_home()).then_some(start)
}

/// Reads a window as a telephone number by the words around it. `whole` says that no further group follows.
pub(super) fn by_words(window: &Window<'_>, announced: Announced, whole: bool) -> Option<usize> {
    let start = sign_start(window);
    let count = window.digits.len();
    if dated(window) || amount(window) {
        return None;
    }
    if plus(window) {
        // Too short or too long for its country, or of no country: still a number that somebody has, if nothing of it is left over.
        let good = whole && (8..=15).contains(&count) && window.digit(0) != 0;
        return good.then_some(start);
    }
    let telling = announced == Announced::Phone || context::behind(window.text, window.end());
    let said = telling
        && (6..=15).contains(&count)
        && steady(window)
        && !(count == 6 && window.groups.len() == 1);
    (said || (announced != Announced::Other && alone(window))).then_some(start)
}

/// Whether a `+` stands before the number; `10+12345678` is a sum.
fn plus(window: &Window<'_>) -> bool {
    let start = sign_start(window);
    let bytes = window.text.as_bytes();
    let sum = start
        .checked_sub(1)
        .and_then(|i| bytes.get(i))
        .is_some_and(u8::is_ascii_digit);
    !sum && bytes
        .get(start..window.start())
        .is_some_and(|sign| sign.contains(&b'+'))
}

/// Whether these digits begin with a country code and have as many as it allows.
fn assigned(digits: &[u8], window: &Window<'_>) -> bool {
    let value = |count: usize| {
        let head = digits.get(..count).unwrap_or_default();
        head.iter().fold(0, |n, d| n * 10 + u32::from(d - b'0'))
    };
    let code = match value(1) {
        0 => return false,
        one @ (1 | 7) => one,
        _ if TWO_DIGIT_CODES.contains(&value(2)) => value(2),
        _ => value(3),
    };
    let (least, most) = lengths(code);
    // `(0)` behind the code is not dialled.
    let trunk = window
        .groups
        .iter()
        .any(|g| g.len() == 1 && window.text.as_bytes().get(g.start) == Some(&b'0'));
    let most = (most + usize::from(trunk)).min(15);
    (least..=most).contains(&digits.len())
}

/// With the trunk 0 of Vietnam, the United Kingdom, Germany, France, Italy, Japan and most others: 0912 345 678, 020 7946 0958,
/// 06 12 34 56 78, 090-1234-5678.
fn trunk(window: &Window<'_>) -> bool {
    let head = window.groups.first().copied().map_or(0, Group::len);
    let count = window.digits.len();
    if window.digit(0) != 0
        || window.digit(1) == 0
        || !(9..=12).contains(&count)
        || head < 2
        || window.groups.len() > 6
    {
        return false;
    }
    if window.groups.iter().all(|g| g.len() == 2) {
        // France writes pairs; a list of hours or days does so too, but counts up.
        let pairs = window
            .digits
            .chunks(2)
            .map(|pair| pair.iter().fold(0u32, |n, d| n * 10 + u32::from(d - b'0')));
        let counted = pairs.clone().zip(pairs.skip(1)).all(|(a, b)| b == a + 1);
        return count == 10 && !counted && window.joined_by(b" .-") && uniform(window);
    }
    // Twelve digits in one piece are Germany's or Indonesia's mobiles; others are numbers of something else. One-digit groups are counted.
    let long = count < 12
        || window.groups.len() > 1
        || window.digit(1) == 8
        || matches!(window.prefix(3), 15..=17);
    // `/` stands behind the area only: 0171/1234567.
    let parted = window.between().skip(1).all(|gap| !gap.contains(&b'/'));
    long && parted && window.groups.iter().all(|g| g.len() > 1)
}

/// An area in brackets: (024) 3825 1234, (11) 91234-5678, (84) 7564-8830.
fn bracketed(window: &Window<'_>) -> bool {
    let Some(area) = window.groups.first() else {
        return false;
    };
    let closed = window.text.as_bytes().get(area.end) == Some(&b')');
    let year = area.len() == 4 && matches!(window.prefix(2), 19 | 20);
    window.groups.len() > 1
        && window.before(1) == Some(b'(')
        && closed
        && !year
        && (2..=5).contains(&area.len())
        && (8..=12).contains(&window.digits.len())
        && window.groups.iter().skip(1).all(|g| g.len() > 1)
}

/// North American Numbering Plan: 415-555-0123, 415.555.0123, 1 415 555 0123. Areas and exchanges begin with 2–9.
fn north_america(window: &Window<'_>, extended: bool) -> bool {
    let plain = window.joined_by(b"-. ") && (uniform(window) || window.joined_as(b" -"));
    if window.shaped(&[3, 3, 4]) {
        let valid = window.digit(0) >= 2 && window.digit(3) >= 2;
        return plain && (valid || extended);
    }
    if window.shaped(&[1, 3, 3, 4]) {
        return plain && window.digit(0) == 1 && window.digit(1) >= 2 && window.digit(4) >= 2;
    }
    false
}

/// Plans without a trunk digit, or written without it.
fn without_trunk(window: &Window<'_>) -> bool {
    let soft = window.joined_by(b" -");
    let first = window.digit(0);
    match window.groups.len() {
        // India: 9876543210. China: 13812345678. Vietnam without its plus: 84912345678.
        1 if window.fraction() => false,
        1 => match window.digits.len() {
            10 => first >= 6 && !zeros_behind(window) && lively(window),
            11 => {
                (first == 1 && window.digit(1) >= 3 && lively(window))
                    || (window.prefix(2) == 84 && matches!(window.digit(2), 3 | 5 | 7 | 8 | 9))
            }
            12 => window.prefix(2) == 91 && window.digit(2) >= 6,
            _ => false,
        },
        2 => {
            // India: 98765 43210. Brazil: 91234-5678. Italy: 347 1234567.
            (soft && window.shaped(&[5, 5]) && first >= 6)
                || (window.joined_by(b"-") && window.shaped(&[5, 4]) && first == 9)
                || (soft
                    && (window.shaped(&[3, 7]) || window.shaped(&[3, 6]))
                    && first == 3
                    && window.digit(1) >= 2
                    && !zeros_behind(window))
        }
        3 => {
            // China: 138 1234 5678. Brazil: 11 91234-5678, 11 3123-4567. Spain, Portugal, Poland: 612-345-678; with spaces or points
            // it may as well be a price.
            (soft && window.shaped(&[3, 4, 4]) && first == 1 && window.digit(1) >= 3)
                || (window.shaped(&[2, 5, 4]) && first >= 1 && window.digit(2) == 9 && soft)
                || (window.shaped(&[2, 4, 4])
                    && first >= 1
                    && (2..=5).contains(&window.digit(2))
                    && window.joined_as(b" -"))
                || (window.joined_by(b"-") && window.shaped(&[3, 3, 3]) && first >= 5)
                || (window.joined_by(b" ")
                    && window.shaped(&[3, 3, 4])
                    && first == 3
                    && !zeros_behind(window))
        }
        // Spain: 612 34 56 78, 91 123 45 67.
        4 => {
            window.joined_by(b" ")
                && ((window.shaped(&[3, 2, 2, 2]) && first >= 6)
                    || (window.shaped(&[2, 3, 2, 2]) && first >= 8))
        }
        _ => false,
    }
}

/// The only thing in its line, in groups of two to five: a letterhead's.
fn alone(window: &Window<'_>) -> bool {
    window.groups.len() > 1
        && (8..=12).contains(&window.digits.len())
        && window.groups.iter().all(|g| (2..=5).contains(&g.len()))
        && !ranged(window)
        && context::alone(window.text, sign_start(window), window.end())
}

/// 2010-2014, 1999 2000: years.
fn ranged(window: &Window<'_>) -> bool {
    let bytes = window.text.as_bytes();
    window.groups.iter().all(|g| {
        g.len() == 4
            && bytes
                .get(g.start..g.start + 2)
                .is_some_and(|d| d == b"19" || d == b"20")
    })
}

/// The same sign between all groups.
fn uniform(window: &Window<'_>) -> bool {
    let mut between = window.between();
    let first = between.next();
    between.all(|gap| Some(gap) == first)
}

/// Groups that one says in one breath: no more than six of them, not all of one digit unless the whole number is spelled out.
fn steady(window: &Window<'_>) -> bool {
    let singles = window.groups.iter().filter(|g| g.len() == 1).count();
    (window.groups.len() <= 6 && singles <= 2)
        || (singles == window.groups.len() && window.digits.len() >= 9)
}

/// Ends in four zeros, as amounts do.
fn zeros_behind(window: &Window<'_>) -> bool {
    window.digits.ends_with(b"0000")
}

/// At least four different digits: 9999999999 is said for many.
fn lively(window: &Window<'_>) -> bool {
    let seen = window
        .digits
        .iter()
        .fold(0u16, |seen, d| seen | (1 << (d - b'0')));
    seen.count_ones() >= 4
}

/// An amount: in thousands and ending in a full one, or of some millions, or beside a currency.
fn amount(window: &Window<'_>) -> bool {
    let Some((head, rest)) = window.groups.split_first() else {
        return false;
    };
    let thousands = !rest.is_empty()
        && head.len() <= 3
        && rest.iter().all(|g| g.len() == 3)
        && window.joined_by(b" .");
    if thousands && (window.digits.ends_with(b"000") || window.digits.len() == 7) {
        return true;
    }
    let before = window
        .text
        .get(..window.start())
        .and_then(|t| t.chars().next_back());
    let behind = window.text.get(window.end()..).unwrap_or_default();
    let behind = behind.strip_prefix(' ').unwrap_or(behind).chars().next();
    let currency =
        |c: Option<char>| c.is_some_and(|c| matches!(c, '$' | '€' | '£' | '¥' | '₫' | '₹' | '₩'));
    currency(before) || currency(behind)
}

/// Whether the window holds a date with a year: 24.12.2025, 2025-12-24, 05/06/2024 15.
fn dated(window: &Window<'_>) -> bool {
    let bytes = window.text.as_bytes();
    window.groups.windows(3).any(|triple| {
        let [a, b, c] = triple else { return false };
        let year = |g: &Group| {
            g.len() == 4
                && bytes
                    .get(g.start..g.start + 2)
                    .is_some_and(|d| d == b"19" || d == b"20")
        };
        let short = |g: &Group| g.len() <= 2;
        let same = bytes.get(a.end..b.start) == bytes.get(b.end..c.start) && b.start - a.end == 1;
        same && ((short(a) && short(b) && year(c)) || (year(a) && short(b) && short(c)))
    })
}
