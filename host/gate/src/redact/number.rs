//! What a run of digits is: the order in which the detectors of numbers are asked, and what no number is.
//!
//! A number is only taken for a detail if its form, its check digits or the words around it say so: prices, years, dates, times
//! and order numbers have other forms (the table test names them).

use super::{
    DetailKind, card, context,
    context::Announced,
    detect::Found,
    groups::{self, DIGITS_MAX, Group, Window},
    id, ip, phone, work,
};

/// Finds cards, telephones, IPv4 addresses and identity numbers of digits. `links` are the text's links, in order.
pub(super) fn numbers(
    text: &str,
    links: &[(usize, usize)],
    room: &mut Vec<Group>,
    found: &mut Vec<Found>,
) {
    groups::runs(text, room, |run| {
        if run.len() < 4 && run.iter().map(|g| g.len()).sum::<usize>() < 6 {
            return;
        }
        let mut first = 0;
        while let Some(rest) = run.get(first..).filter(|rest| !rest.is_empty()) {
            if let Some((used, detail)) = read(text, links, rest) {
                found.push(detail);
                first += used;
            } else {
                first += 1;
            }
        }
    });
}

/// Reads what begins with the first of these groups: how many groups it takes, and what it is. The longest reading wins, so that no
/// tail of a number stays.
fn read(text: &str, links: &[(usize, usize)], rest: &[Group]) -> Option<(usize, Found)> {
    let head = *rest.first()?;
    let bytes = text.as_bytes();
    if glued_before(bytes, head.start) {
        return None;
    }
    if let Some(end) = ip::version4(text, rest) {
        let kind = DetailKind::Ip;
        return Some((
            4,
            Found {
                start: head.start,
                end,
                kind,
            },
        ));
    }
    let mut buffer = [0u8; DIGITS_MAX];
    let mut counts = [0usize; DIGITS_MAX];
    let (mut used, mut count) = (0, 0);
    for group in rest.iter().take(DIGITS_MAX) {
        let digits = bytes.get(group.start..group.end)?;
        let Some(room) = buffer.get_mut(count..count + digits.len()) else {
            break;
        };
        room.copy_from_slice(digits);
        count += digits.len();
        *counts.get_mut(used)? = count;
        used += 1;
    }
    if count < 6 {
        return None;
    }
    work::did(count);
    let inside_link = inside(links, head.start);
    let mut announced = None;
    // What has a form of its own is read first, so that `0912 345 678 24/7` ends where the number does.
    for reading in [Reading::Strong, Reading::Weak] {
        for used in (1..=used).rev() {
            let count = *counts.get(used - 1)?;
            if count < 6 {
                break;
            }
            let window = Window {
                text,
                groups: rest.get(..used)?,
                digits: buffer.get(..count)?,
            };
            work::did(count);
            let extension = phone::extension_end(&window);
            if extension.is_none() && glued_after(bytes, window.end()) {
                continue;
            }
            let announced = *announced
                .get_or_insert_with(|| context::announced(text, phone::sign_start(&window)));
            // Links are full of numbers that are nobody's.
            if inside_link
                && used == 1
                && announced != Announced::Phone
                && window.before(1) != Some(b'+')
                && !card::named(&window)
            {
                continue;
            }
            let whole = rest.len() == used;
            let Some((start, kind)) =
                classify(&window, announced, extension.is_some(), reading, whole)
            else {
                continue;
            };
            let end = extension
                .filter(|_| kind == DetailKind::Phone)
                .unwrap_or(window.end());
            return Some((used, Found { start, end, kind }));
        }
    }
    None
}

/// How sure a reading has to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reading {
    /// By form or check digits.
    Strong,
    /// By what stands around it.
    Weak,
}

fn classify(
    window: &Window<'_>,
    announced: Announced,
    extended: bool,
    reading: Reading,
    whole: bool,
) -> Option<(usize, DetailKind)> {
    let start = window.start();
    let signed = window.before(1) == Some(b'+');
    let phone = |start| (start, DetailKind::Phone);
    if reading == Reading::Weak {
        return phone::by_words(window, announced, whole).map(phone);
    }
    if !extended && !signed {
        if card::is_card(window) {
            return Some((start, DetailKind::Card));
        }
        // Before telephones: the provinces of Vietnam begin with the same zeros as a call abroad.
        if let Some(kind) = id::of_digits(window, announced) {
            return Some((start, kind));
        }
    }
    phone::by_form(window, announced, extended).map(phone)
}

fn inside(links: &[(usize, usize)], at: usize) -> bool {
    let before = links.partition_point(|(_, end)| *end <= at);
    links.get(before).is_some_and(|(start, _)| *start <= at)
}

/// Digits that go on as a word are part of a name: `R2D2`, `abc123`; and so are the ones behind a decimal comma.
fn glued_before(bytes: &[u8], start: usize) -> bool {
    let at = |back: usize| start.checked_sub(back).and_then(|i| bytes.get(i));
    match at(1) {
        Some(b'_' | b'#') => true,
        Some(b',') => at(2).is_some_and(u8::is_ascii_digit),
        Some(b) => b.is_ascii_alphabetic(),
        None => false,
    }
}

fn glued_after(bytes: &[u8], end: usize) -> bool {
    match bytes.get(end) {
        Some(b'_' | b'%') => true,
        // A decimal comma: `1.234.567,89`.
        Some(b',') => bytes.get(end + 1).is_some_and(u8::is_ascii_digit),
        Some(b) => b.is_ascii_alphabetic(),
        None => false,
    }
}
