//! Runs of digits: payment cards, telephone numbers, IPv4 addresses, identity numbers; and what they are not.
//!
//! Lives here: how groups of digits are read. A number is only taken for a detail if its form says so: prices, years, dates,
//! times and order numbers have other forms (the table test names them).

use super::{DetailKind, detect::Found};

/// One group of digits inside a run.
#[derive(Debug, Clone, Copy)]
struct Group {
    start: usize,
    end: usize,
}

impl Group {
    fn len(self) -> usize {
        self.end - self.start
    }
}

/// Groups in a run that are looked at: beyond it a run is a table, and is read from its next group on.
const GROUPS_MAX: usize = 24;

/// Finds cards, telephones, IPv4 addresses and identity numbers.
pub(super) fn numbers(text: &str, found: &mut Vec<Found>) {
    let bytes = text.as_bytes();
    let mut groups: Vec<Group> = Vec::new();
    let mut at = 0;
    while let Some(offset) = bytes
        .get(at..)
        .and_then(|rest| rest.iter().position(u8::is_ascii_digit))
    {
        let start = at + offset;
        let end = digits_end(bytes, start);
        if let Some(last) = groups.last()
            && (!joins(bytes, last.end, start) || groups.len() >= GROUPS_MAX)
        {
            run(text, &groups, found);
            groups.clear();
        }
        groups.push(Group { start, end });
        at = end;
    }
    if !groups.is_empty() {
        run(text, &groups, found);
    }
}

pub(super) fn digits_end(bytes: &[u8], start: usize) -> usize {
    bytes
        .get(start..)
        .and_then(|rest| rest.iter().position(|b| !b.is_ascii_digit()))
        .map_or(bytes.len(), |n| start + n)
}

/// Whether what stands between two groups can stand inside one number: at most three signs, with at most one dash or slash.
fn joins(bytes: &[u8], from: usize, to: usize) -> bool {
    let between = bytes.get(from..to).unwrap_or_default();
    if between.len() > 4 {
        // A no-break space is two bytes.
        return false;
    }
    let mut rest = between;
    while let Some((first, tail)) = rest.split_first() {
        rest = match first {
            b' ' | b'-' | b'.' | b'(' | b')' | b'/' => tail,
            _ => return false,
        };
    }
    // ` / ` stands between two numbers, `/` inside one.
    between != b" / "
        && between
            .iter()
            .filter(|b| matches!(b, b'-' | b'.' | b'/'))
            .count()
            <= 1
}

/// Reads one run of groups, from left to right; at each group the longest reading wins.
fn run(text: &str, groups: &[Group], found: &mut Vec<Found>) {
    let total: usize = groups.iter().map(|g| g.len()).sum();
    if total < 4 {
        return;
    }
    let mut first = 0;
    while first < groups.len() {
        let read = read_at(text, groups, first);
        match read {
            Some((used, found_here)) => {
                found.push(found_here);
                first += used;
            }
            None => first += 1,
        }
    }
}

fn read_at(text: &str, groups: &[Group], first: usize) -> Option<(usize, Found)> {
    let rest = groups.get(first..)?;
    let head = *rest.first()?;
    let bytes = text.as_bytes();
    if glued_before(bytes, head.start) {
        return None;
    }
    if let Some(end) = ipv4(bytes, rest) {
        return Some((
            4,
            Found {
                start: head.start,
                end,
                kind: DetailKind::Ip,
            },
        ));
    }
    // Longest first, so that no tail of a number stays.
    for used in (1..=rest.len()).rev() {
        let window = rest.get(..used)?;
        let last = *window.last()?;
        let count: usize = window.iter().map(|g| g.len()).sum();
        if !(7..=19).contains(&count) || (count < 9 && used > 4) {
            continue;
        }
        if glued_after(bytes, last.end) {
            continue;
        }
        if let Some((start, kind)) = classify(text, window, count) {
            return Some((
                used,
                Found {
                    start,
                    end: last.end,
                    kind,
                },
            ));
        }
    }
    None
}

/// Digits that go on as a word are part of a name: `R2D2`, `abc123`.
fn glued_before(bytes: &[u8], start: usize) -> bool {
    start
        .checked_sub(1)
        .and_then(|i| bytes.get(i))
        .is_some_and(|b| b.is_ascii_alphabetic() || *b == b'_' || *b == b'#')
}

fn glued_after(bytes: &[u8], end: usize) -> bool {
    match bytes.get(end) {
        Some(b) if b.is_ascii_alphabetic() || *b == b'_' || *b == b'%' => true,
        // A decimal comma or point: `1.234.567,89`.
        Some(b'.' | b',') => {
            bytes.get(end + 1).is_some_and(u8::is_ascii_digit) && bytes.get(end) == Some(&b',')
        }
        _ => false,
    }
}

/// The window's digits, of at most 19.
fn digits_of<'b>(bytes: &[u8], window: &[Group], buffer: &'b mut [u8; 20]) -> Option<&'b [u8]> {
    let mut n = 0;
    for group in window {
        for b in bytes.get(group.start..group.end)? {
            *buffer.get_mut(n)? = *b;
            n += 1;
        }
    }
    buffer.get(..n)
}

/// What stands between the groups of a window is always one of these.
fn separated_by(bytes: &[u8], window: &[Group], allowed: &[u8]) -> bool {
    window.windows(2).all(|pair| match pair {
        [a, b] => {
            let between = bytes.get(a.end..b.start).unwrap_or_default();
            between.len() == 1 && between.iter().all(|sign| allowed.contains(sign))
        }
        _ => true,
    })
}

fn classify(text: &str, window: &[Group], count: usize) -> Option<(usize, DetailKind)> {
    let bytes = text.as_bytes();
    let mut buffer = [0u8; 20];
    let digits = digits_of(bytes, window, &mut buffer)?;
    let head = *window.first()?;
    let plain = separated_by(bytes, window, b" -.");
    if (12..=19).contains(&count)
        && separated_by(bytes, window, b" -")
        && card_prefix(digits)
        && luhn(digits)
    {
        return Some((head.start, DetailKind::Card));
    }
    // Before telephones: the provinces of Vietnam begin with the same zeros as a call abroad.
    if count == 12
        && digits.first() == Some(&b'0')
        && plain
        && vietnamese_id(digits)
        && window.len() <= 4
        && !grouped_as_phone(window)
        && !after_plus(bytes, head)
    {
        return Some((head.start, DetailKind::Id));
    }
    if let Some(start) = international(bytes, window, digits) {
        return Some((start, DetailKind::Phone));
    }
    let lens: [usize; 4] = std::array::from_fn(|i| window.get(i).map_or(0, |g| g.len()));
    if window.len() == 3 && lens == [3, 2, 4, 0] && separated_by(bytes, window, b"-") {
        return Some((head.start, DetailKind::Id));
    }
    if is_dated(text, window) {
        return None;
    }
    if national(bytes, window, digits, lens) {
        return Some((with_parenthesis(bytes, head.start), DetailKind::Phone));
    }
    if (7..=15).contains(&count) && announced(text, head.start) {
        return Some((with_parenthesis(bytes, head.start), DetailKind::Phone));
    }
    None
}

fn with_parenthesis(bytes: &[u8], start: usize) -> usize {
    if start > 0 && bytes.get(start - 1) == Some(&b'(') {
        start - 1
    } else {
        start
    }
}

/// `+` or `00` and a country code: 8–15 digits (E.164).
fn international(bytes: &[u8], window: &[Group], digits: &[u8]) -> Option<usize> {
    let head = window.first()?;
    let before = |back: usize| head.start.checked_sub(back).and_then(|i| bytes.get(i));
    let plus = match (before(1), before(2)) {
        (Some(b'+'), _) => Some(head.start - 1),
        (Some(b'(' | b' '), Some(b'+')) => Some(head.start - 2),
        _ => None,
    };
    if let Some(start) = plus {
        // `10+12345678` is a sum.
        let after_digit = start
            .checked_sub(1)
            .and_then(|i| bytes.get(i))
            .is_some_and(u8::is_ascii_digit);
        let good = (8..=15).contains(&digits.len())
            && digits.first().is_some_and(|d| *d != b'0')
            && !after_digit;
        return good.then_some(start);
    }
    let zeros = digits.starts_with(b"00") && digits.get(2).is_some_and(|d| *d != b'0');
    (zeros && (11..=17).contains(&digits.len())).then_some(head.start)
}

fn after_plus(bytes: &[u8], head: Group) -> bool {
    head.start > 0 && bytes.get(head.start - 1) == Some(&b'+')
}

/// Groups of three or four that are read out: a telephone number, not an identity number.
fn grouped_as_phone(window: &[Group]) -> bool {
    window.len() == 3 && window.iter().all(|g| g.len() == 4)
}

/// The forms in which numbers are written at home.
fn national(bytes: &[u8], window: &[Group], digits: &[u8], lens: [usize; 4]) -> bool {
    let count = digits.len();
    let digit = |i: usize| digits.get(i).copied().unwrap_or(0);
    let parenthesised = window.first().is_some_and(|head| {
        head.start > 0
            && bytes.get(head.start - 1) == Some(&b'(')
            && bytes.get(head.end) == Some(&b')')
            && (2..=5).contains(&head.len())
    });
    if parenthesised && (8..=12).contains(&count) {
        return true;
    }
    // With the trunk 0: 0912 345 678, 06 12 34 56 78, 020 7946 0958, 090-1234-5678, 0812-3456-7890.
    if digit(0) == b'0'
        && digit(1) != b'0'
        && (9..=12).contains(&count)
        && lens[0] >= 2
        && window.len() <= 6
    {
        // 0123.456 is a decimal fraction only when the 0 stands alone, which `lens` has excluded.
        return true;
    }
    let dashes = separated_by(bytes, window, b"-. ");
    match (window.len(), lens) {
        // North America: 415-555-0123, 415.555.0123, 1 415 555 0123.
        (3, [3, 3, 4, 0]) => {
            dashes && (b'2'..=b'9').contains(&digit(0)) && (b'2'..=b'9').contains(&digit(3))
        }
        (4, [1, 3, 3, 4]) => dashes && digit(0) == b'1' && digit(1) >= b'2' && digit(4) >= b'2',
        // India: 98765 43210, 9876543210. China: 138 1234 5678, 13812345678. Vietnam without the plus: 84912345678.
        (2, [5, 5, 0, 0]) => {
            separated_by(bytes, window, b" -") && (b'6'..=b'9').contains(&digit(0))
        }
        (3, [3, 4, 4, 0]) => {
            separated_by(bytes, window, b" -") && digit(0) == b'1' && digit(1) >= b'3'
        }
        (1, [10, 0, 0, 0]) => (b'6'..=b'9').contains(&digit(0)) && !numbered(bytes, window),
        (1, [11, 0, 0, 0]) => {
            !numbered(bytes, window)
                && ((digit(0) == b'1' && digit(1) >= b'3')
                    || (digits.starts_with(b"84")
                        && matches!(digit(2), b'3' | b'5' | b'7' | b'8' | b'9')))
        }
        // Spain, Portugal, Poland: only with dashes; with spaces or points it may as well be a price.
        (3, [3, 3, 3, 0]) => separated_by(bytes, window, b"-") && digit(0) >= b'5',
        _ => false,
    }
}

/// An identity number of Vietnam: province 001–096, century and sex 0–3.
fn vietnamese_id(digits: &[u8]) -> bool {
    let province = digits
        .get(..3)
        .and_then(|d| std::str::from_utf8(d).ok())
        .and_then(|d| d.parse::<u16>().ok());
    province.is_some_and(|p| (1..=96).contains(&p))
        && digits.get(3).is_some_and(|d| (b'0'..=b'3').contains(d))
}

/// Whether the window begins with a date with a year: 24.12.2025, 2025-12-24, 05/06/2024 15.
fn is_dated(text: &str, window: &[Group]) -> bool {
    let bytes = text.as_bytes();
    window.windows(3).any(|triple| {
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

/// Words that say that a number follows which is no telephone: `order 9876543210`.
fn numbered(bytes: &[u8], window: &[Group]) -> bool {
    let Some(head) = window.first() else {
        return false;
    };
    let before = context(bytes, head.start);
    [
        &b"order"[..],
        b"invoice",
        b"no.",
        b"nr.",
        b"id",
        b"#",
        b"ref",
        b"ticket",
        b"isbn",
        b"sku",
        b"$",
        b"\xE2\x82\xAC",
    ]
    .iter()
    .any(|word| ends_with_word(&before, word))
}

/// Words that say that a telephone number follows, in the languages that the language packs read.
const ANNOUNCING: [&str; 40] = [
    "tel",
    "tel.",
    "phone",
    "call",
    "mobile",
    "cell",
    "whatsapp",
    "zalo",
    "viber",
    "telegram",
    "fax",
    "hotline",
    "ring",
    "text",
    "sđt",
    "sdt",
    "đt",
    "điện thoại",
    "gọi",
    "liên hệ",
    "teléfono",
    "móvil",
    "tlf",
    "llame al",
    "téléphone",
    "tél",
    "portable",
    "telefon",
    "handy",
    "telefono",
    "cellulare",
    "telefone",
    "celular",
    "fone",
    "هاتف",
    "फ़ोन",
    "फोन",
    "telepon",
    "電話",
    "电话",
];

/// Whether the words before a number announce a telephone.
fn announced(text: &str, start: usize) -> bool {
    let before = context(text.as_bytes(), start);
    ANNOUNCING
        .iter()
        .any(|word| ends_with_word(&before, word.as_bytes()))
        || ["전화", "手机", "連絡先"]
            .iter()
            .any(|word| before.ends_with(word.as_bytes()))
}

/// The 24 bytes before a number in lower case, without the signs right before it.
fn context(bytes: &[u8], start: usize) -> Vec<u8> {
    let window = bytes
        .get(start.saturating_sub(24)..start)
        .unwrap_or_default();
    let text = String::from_utf8_lossy(window).to_lowercase();
    text.trim_end_matches([' ', ':', '(', '+', '=', '：', '-'])
        .as_bytes()
        .to_vec()
}

fn ends_with_word(before: &[u8], word: &[u8]) -> bool {
    before.ends_with(word)
        && before
            .len()
            .checked_sub(word.len() + 1)
            .and_then(|i| before.get(i))
            .is_none_or(|b| !b.is_ascii_alphanumeric())
}

/// Four groups of 0–255 with single points between.
fn ipv4(bytes: &[u8], rest: &[Group]) -> Option<usize> {
    let window = rest.get(..4)?;
    let last = window.last()?;
    let octet = |g: &Group| {
        g.len() <= 3
            && bytes
                .get(g.start..g.end)
                .and_then(|d| std::str::from_utf8(d).ok())
                .and_then(|d| d.parse::<u16>().ok())
                .is_some_and(|n| n < 256)
    };
    // A fifth group makes it something else: a version, a numbered heading, a telephone.
    let fifth = rest
        .get(4)
        .is_some_and(|g| bytes.get(last.end..g.start) == Some(&b"."[..]));
    let phone =
        window.iter().all(|g| g.len() == 2) && bytes.get(window.first()?.start) == Some(&b'0');
    (separated_by(bytes, window, b".") && window.iter().all(octet) && !fifth && !phone)
        .then_some(last.end)
}

/// First digits that payment networks use, with the lengths that go with them.
fn card_prefix(digits: &[u8]) -> bool {
    let count = digits.len();
    let prefix = |n: usize| {
        digits
            .get(..n)
            .and_then(|d| std::str::from_utf8(d).ok())
            .and_then(|d| d.parse::<u32>().ok())
            .unwrap_or(0)
    };
    let (two, three, four) = (prefix(2), prefix(3), prefix(4));
    match count {
        13 => digits.first() == Some(&b'4'),
        14 => two == 36 || two == 38 || two == 39 || (300..=305).contains(&three),
        15 => two == 34 || two == 37,
        16 => {
            digits.first() == Some(&b'4')
                || (51..=55).contains(&two)
                || (2200..=2720).contains(&four)
                || four == 6011
                || matches!(two, 50 | 56..=69 | 81 | 82)
                || (3528..=3589).contains(&four)
                || four == 9792
                || two == 36
        }
        19 => digits.first() == Some(&b'4') || two == 62 || (56..=69).contains(&two),
        12 | 17 | 18 => two == 62 || (56..=69).contains(&two) || two == 50,
        _ => false,
    }
}

/// The check digit of payment cards.
pub(super) fn luhn(digits: &[u8]) -> bool {
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(i, d)| {
            let d = u32::from(d - b'0');
            if i % 2 == 0 {
                d
            } else if d > 4 {
                d * 2 - 9
            } else {
                d * 2
            }
        })
        .sum();
    sum.is_multiple_of(10)
}
