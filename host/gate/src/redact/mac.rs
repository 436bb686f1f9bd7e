//! Addresses of network cards (IEEE EUI-48): six pairs of hex digits with `:` or `-` between, or three groups of four with `.`.

use memchr::memchr_iter;

use super::{DetailKind, detect::Found, work};

/// Finds them in the form with this sign.
pub(super) fn addresses(text: &str, sign: u8, found: &mut Vec<Found>) {
    let bytes = text.as_bytes();
    let (group, groups) = if sign == b'.' { (4, 3) } else { (2, 6) };
    let length = group * groups + groups - 1;
    let mut done = 0;
    for at in memchr_iter(sign, bytes) {
        let Some(start) = at.checked_sub(group).filter(|start| *start >= done) else {
            continue;
        };
        let end = start + length;
        // Looked at first because it settles nearly all: the next sign at its place.
        if bytes.get(at + group + 1) != Some(&sign) {
            continue;
        }
        work::did(length);
        let Some(address) = bytes.get(start..end) else {
            continue;
        };
        let formed = address.iter().enumerate().all(|(nth, b)| {
            if nth % (group + 1) == group {
                *b == sign
            } else {
                b.is_ascii_hexdigit()
            }
        });
        let glued = |b: Option<&u8>| {
            b.is_some_and(|b| b.is_ascii_alphanumeric() || *b == sign || *b == b'_')
        };
        let before = start.checked_sub(1).and_then(|i| bytes.get(i));
        // A broadcast or an empty address is nobody's, and so are dates and prices in pairs without a letter between dots.
        let telling = sign != b'.'
            || (address.iter().any(u8::is_ascii_alphabetic)
                && address.iter().any(u8::is_ascii_digit));
        if formed && telling && !glued(before) && !glued(bytes.get(end)) {
            found.push(Found {
                start,
                end,
                kind: DetailKind::Mac,
            });
            done = end;
        }
    }
}
