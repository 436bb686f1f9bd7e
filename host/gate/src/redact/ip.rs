//! Addresses of machines: IPv4 in its dotted form, IPv6 in the forms of RFC 4291 and RFC 5952.

use std::net::Ipv6Addr;

use memchr::memchr_iter;

use super::{DetailKind, detect::Found, groups::Group, work};

/// Where four groups of 0–255 with single points between end.
pub(super) fn version4(text: &str, rest: &[Group]) -> Option<usize> {
    let bytes = text.as_bytes();
    let window = rest.get(..4)?;
    let (first, last) = (window.first()?, window.last()?);
    let octet = |g: &Group| {
        let digits = bytes.get(g.start..g.end).unwrap_or_default();
        digits.len() <= 3
            && digits
                .iter()
                .fold(0u32, |n, d| n * 10 + u32::from(d - b'0'))
                < 256
    };
    let dotted = window
        .windows(2)
        .all(|pair| matches!(pair, [a, b] if bytes.get(a.end..b.start) == Some(&b"."[..])));
    if !dotted || !window.iter().all(octet) {
        return None;
    }
    // A fifth group makes it something else: a version, a numbered heading, a telephone.
    let fifth = rest
        .get(4)
        .is_some_and(|g| bytes.get(last.end..g.start) == Some(&b"."[..]));
    let phone = window.iter().all(|g| g.len() == 2) && bytes.get(first.start) == Some(&b'0');
    let word = bytes
        .get(last.end)
        .is_some_and(|b| b.is_ascii_alphabetic() || *b == b'_');
    // Versions and dates are small throughout: 1.2.3.4 is nobody's address.
    let small = window.iter().all(|g| g.len() == 1);
    (!fifth && !phone && !word && !small && !after_version(text, first.start)).then_some(last.end)
}

/// Words before the number of a program's version.
#[rustfmt::skip]
const VERSIONS: &[&str] = &[
    "version", "versions", "ver", "v", "build", "release", "firmware", "patch", "update", "updated", "upgrade", "miui", "emui", "hyperos",
    "ios", "ipados", "macos", "android", "chrome", "firefox",
    "bản", "nhật", "versión", "version", "versão", "versione", "versi", "aktualisierung", "actualización", "atualização", "aggiornamento",
];

/// Whether such a word stands right before this place.
fn after_version(text: &str, start: usize) -> bool {
    let before = text.get(..start).unwrap_or_default();
    let before = before.trim_end_matches([' ', ':', '=', '(']);
    let word = before
        .rfind(|c: char| !c.is_alphabetic())
        .and_then(|at| before.get(at..))
        .map_or(before, |rest| {
            rest.trim_start_matches(|c: char| !c.is_alphabetic())
        });
    work::did(word.len());
    VERSIONS.iter().any(|v| word.to_lowercase() == *v)
}

/// IPv6: runs of hex digits, colons and dots with at least two colons.
pub(super) fn version6(text: &str, found: &mut Vec<Found>) {
    let bytes = text.as_bytes();
    let fits = |b: u8| b.is_ascii_hexdigit() || b == b':' || b == b'.';
    let mut done = 0;
    for colon in memchr_iter(b':', bytes) {
        if colon < done {
            continue;
        }
        let mut start = colon;
        while start > done
            && colon - start < 4
            && bytes.get(start - 1).is_some_and(u8::is_ascii_hexdigit)
        {
            start -= 1;
        }
        let mut end = colon;
        while end - start < 46 && bytes.get(end).copied().is_some_and(fits) {
            end += 1;
        }
        work::did(end - start);
        done = end;
        let run = text
            .get(start..end)
            .unwrap_or_default()
            .trim_end_matches('.');
        let run = if run.ends_with("::") {
            run
        } else {
            run.trim_end_matches(':')
        };
        let end = start + run.len();
        // Most colons stand behind a word or in a time: `10::30` is as little an address as `1.2.3.4`.
        let colons = run.bytes().filter(|b| *b == b':').count();
        let groups = run.split(':').filter(|group| !group.is_empty()).count();
        let lettered = groups == 2 && run.bytes().any(|b| b.is_ascii_alphabetic());
        if run.len() < 4 || colons < 2 || !(groups > 2 || lettered) {
            continue;
        }
        let before = text.get(..start).and_then(|t| t.chars().next_back());
        let behind = text.get(end..).and_then(|t| t.chars().next());
        let glued = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
        if !glued(before)
            && !glued(behind)
            && run.bytes().any(|b| b.is_ascii_digit())
            && run.parse::<Ipv6Addr>().is_ok()
        {
            found.push(Found {
                start,
                end,
                kind: DetailKind::Ip,
            });
        }
    }
}
