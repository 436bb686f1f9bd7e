//! Coordinates (ISO 6709 and how maps write them): a latitude and a longitude to within some 10 metres.
//!
//! Decimal degrees need four decimals each (0.0001° is 11 m); coarser pairs name a town, and two such numbers are mostly prices.
//! Degrees with minutes count from minutes on.

use memchr::{memchr_iter, memmem};

use super::{DetailKind, detect::Found, work};

/// Decimals from which a pair of bare numbers is a place.
const DECIMALS_MIN: usize = 4;

/// Finds decimal pairs: `10.762622, 106.660172`, `48.8584° N, 2.2945° E`, `@10.7626,106.6601`.
pub(super) fn decimal(text: &str, found: &mut Vec<Found>) {
    let bytes = text.as_bytes();
    let mut done = 0;
    for point in memchr_iter(b'.', bytes) {
        if point < done
            || !bytes
                .get(point + 1..point + 4)
                .is_some_and(|d| d.iter().all(u8::is_ascii_digit))
        {
            continue;
        }
        let Some(latitude) = number_at(text, point) else {
            continue;
        };
        let gap = bytes.get(latitude.end..).unwrap_or_default();
        let signs = gap
            .iter()
            .take(6)
            .take_while(|b| matches!(b, b' ' | b',' | b';' | b'/' | b'\t'))
            .count();
        let encoded = usize::from(gap.starts_with(b"%2C") || gap.starts_with(b"%2c")) * 3;
        let from = latitude.end + signs + encoded;
        let second = bytes
            .get(from..)
            .unwrap_or_default()
            .iter()
            .take(5)
            .position(|b| *b == b'.');
        let Some(longitude) = second
            .filter(|_| signs + encoded > 0)
            .and_then(|at| number_at(text, from + at))
        else {
            continue;
        };
        work::did(longitude.end - latitude.start);
        let telling = (latitude.decimals >= DECIMALS_MIN && longitude.decimals >= DECIMALS_MIN)
            || (latitude.marked && longitude.marked);
        if longitude.start <= from && telling && latitude.degrees <= 90 && longitude.degrees <= 180
        {
            done = longitude.end;
            found.push(Found {
                start: latitude.start,
                end: longitude.end,
                kind: DetailKind::Coordinates,
            });
        }
    }
}

/// One half of a pair.
struct Half {
    start: usize,
    end: usize,
    degrees: u32,
    decimals: usize,
    /// With a sign of degrees or a letter of the compass.
    marked: bool,
}

/// The number around a point, with its sign, the sign of degrees and the letter of the compass.
fn number_at(text: &str, point: usize) -> Option<Half> {
    let bytes = text.as_bytes();
    let whole = bytes
        .get(..point)?
        .iter()
        .rev()
        .take(4)
        .take_while(|b| b.is_ascii_digit())
        .count();
    if !(1..=3).contains(&whole) {
        return None;
    }
    let mut start = point - whole;
    let degrees = bytes
        .get(start..point)?
        .iter()
        .fold(0, |n, d| n * 10 + u32::from(d - b'0'));
    if start > 0 && matches!(bytes.get(start - 1), Some(b'-' | b'+')) {
        start -= 1;
    }
    let before = start.checked_sub(1).and_then(|i| bytes.get(i));
    if before.is_some_and(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'$')) {
        return None;
    }
    let decimals = bytes
        .get(point + 1..)?
        .iter()
        .take(18)
        .take_while(|b| b.is_ascii_digit())
        .count();
    let mut end = point + 1 + decimals;
    let mut marked = false;
    let rest = text.get(end..)?;
    if let Some(tail) = rest.strip_prefix('°') {
        end = text.len() - tail.len();
        marked = true;
    }
    let letter = bytes.get(end..)?;
    let space = usize::from(letter.first() == Some(&b' '));
    if matches!(letter.get(space), Some(b'N' | b'S' | b'E' | b'W' | b'O'))
        && !letter.get(space + 1).is_some_and(u8::is_ascii_alphanumeric)
    {
        end += space + 1;
        marked = true;
    }
    let glued = bytes
        .get(end)
        .is_some_and(|b| b.is_ascii_alphanumeric() && !matches!(b, b'z'));
    (!glued && decimals >= 3).then_some(Half {
        start,
        end,
        degrees,
        decimals,
        marked,
    })
}

/// Finds degrees with minutes: `48°51'29.6"N 2°17'40.2"E`.
pub(super) fn with_minutes(text: &str, found: &mut Vec<Found>) {
    let bytes = text.as_bytes();
    let mut halves: Option<(usize, usize)> = None;
    let mut done = 0;
    for sign in memmem::find_iter(bytes, "°") {
        if sign < done {
            continue;
        }
        let whole = bytes
            .get(..sign)
            .unwrap_or_default()
            .iter()
            .rev()
            .take(3)
            .take_while(|b| b.is_ascii_digit())
            .count();
        let Some(end) = minutes_end(text, sign + 2).filter(|_| whole > 0) else {
            halves = None;
            continue;
        };
        let start = sign - whole;
        done = end;
        // The second half follows the first with a comma or space between.
        if let Some((first, first_end)) = halves
            && text.get(first_end..start).is_some_and(|gap| {
                gap.len() <= 4 && gap.chars().all(|c| c == ',' || c.is_whitespace())
            })
        {
            found.push(Found {
                start: first,
                end,
                kind: DetailKind::Coordinates,
            });
            halves = None;
        } else {
            halves = Some((start, end));
        }
    }
}

/// Where minutes, seconds and the letter of the compass behind a sign of degrees end.
fn minutes_end(text: &str, from: usize) -> Option<usize> {
    let mut rest = text.get(from..)?;
    let mut parts = 0;
    for marks in [&['\'', '′', '’'][..], &['"', '″', '”', '\'']] {
        let tail = rest.trim_start_matches(' ');
        let length = tail
            .bytes()
            .take(8)
            .take_while(|b| b.is_ascii_digit() || *b == b'.')
            .count();
        work::did(length);
        if length == 0 || rest.len() - tail.len() > 1 {
            break;
        }
        let Some(after) = tail.get(length..).and_then(|t| t.strip_prefix(marks)) else {
            break;
        };
        rest = after;
        parts += 1;
    }
    rest = rest.strip_prefix('\'').unwrap_or(rest);
    if parts == 0 {
        return None;
    }
    let tail = rest.strip_prefix(' ').unwrap_or(rest);
    if tail.starts_with(['N', 'S', 'E', 'W', 'O'])
        && !tail
            .as_bytes()
            .get(1)
            .copied()
            .is_some_and(|b| b.is_ascii_alphanumeric())
    {
        rest = tail.get(1..)?;
    }
    Some(text.len() - rest.len())
}
