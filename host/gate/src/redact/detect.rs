//! Detection: mail addresses, handles, addresses of machines, bank accounts; each grown from a trigger, in linear time.
//!
//! Lives here: the order of the detectors and those that start at `@`, `:` or letters. Not here: runs of digits (`digits`), links (`link`).

use std::net::Ipv6Addr;

use memchr::{memchr, memchr_iter, memmem};

use super::{DetailKind, OwnHandles, digits, fold::Triggers, iban, link};

/// A detail, by its offsets in the folded text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) kind: DetailKind,
}

/// Finds every detail; the result is in order and free of overlaps.
pub(super) fn detect(text: &str, triggers: Triggers, own: &OwnHandles, found: &mut Vec<Found>) {
    if triggers.colon && memmem::find(text.as_bytes(), b"://").is_some() {
        link::secrets(text, found);
    }
    if triggers.at {
        addresses(text, own, found);
    }
    if triggers.digits >= 4 {
        iban::ibans(text, found);
        digits::numbers(text, found);
    }
    if triggers.colon {
        machine_addresses(text, found);
    }
    if found.len() > 1 {
        settle(found);
    }
}

/// Sorts, and of overlapping details keeps their union under the more telling kind: nothing of either may stay.
fn settle(found: &mut Vec<Found>) {
    found.sort_by_key(|f| (f.start, f.kind));
    found.dedup_by(|next, kept| {
        let overlaps = next.start < kept.end;
        if overlaps {
            kept.end = kept.end.max(next.end);
            kept.kind = kept.kind.min(next.kind);
        }
        overlaps
    });
}

/// Scripts that write without spaces: a letter of theirs beside an ASCII word is another word.
fn unspaced(c: char) -> bool {
    matches!(c as u32, 0xE00..=0xEFF | 0x1000..=0x109F | 0x1780..=0x17FF | 0x2E80..=0xD7FF | 0xF900..=0xFAFF | 0x20000..=0x3FFFF)
}

/// A letter, digit or mark outside ASCII.
fn foreign_letter(c: char) -> bool {
    !c.is_ascii() && (c.is_alphanumeric() || matches!(c as u32, 0x300..=0x36F | 0x8E0..=0x963))
}

fn local_part(b: u8) -> bool {
    b.is_ascii_alphanumeric() || b"._%+-'&=~!#$*/?^`{|}".contains(&b)
}

/// Mail addresses and handles: everything that stands at an `@`.
fn addresses(text: &str, own: &OwnHandles, found: &mut Vec<Found>) {
    let bytes = text.as_bytes();
    // Secrets in links are found already, in order; the `@` behind a password begins no domain of a mail address.
    let secrets = found.len();
    let mut done = 0;
    for at in memchr_iter(b'@', bytes) {
        let password = found
            .get(..secrets)
            .unwrap_or_default()
            .binary_search_by_key(&at, |f| f.end);
        if at < done || password.is_ok() {
            continue;
        }
        let domain = domain_end(text, at + 1);
        let start = local_start(text, at, done);
        if let Some(end) = domain
            && start < at
        {
            found.push(Found {
                start,
                end,
                kind: DetailKind::Mail,
            });
            done = end;
            continue;
        }
        let Some(end) = handle_end(text, at, domain) else {
            continue;
        };
        // A handle that is written as `user@host` belongs to another server's account, so only an exact match is one's own.
        if !own.holds(text.get(at + 1..end).unwrap_or_default()) {
            found.push(Found {
                start: at,
                end,
                kind: DetailKind::User,
            });
        }
        done = end;
    }
}

/// Where the part before the `@` begins; `at` itself if there is none. Looks back at most 64 characters.
fn local_start(text: &str, at: usize, floor: usize) -> usize {
    let before = text.get(floor..at).unwrap_or_default();
    let mut start = at;
    let mut all_unspaced = None;
    for (count, (offset, c)) in before.char_indices().rev().enumerate() {
        if count >= 64 {
            break;
        }
        let fits = if c.is_ascii() {
            all_unspaced != Some(true) && local_part(c as u8)
        } else if unspaced(c) {
            // 联系an@… is a word and an address; 联系@… is an address.
            all_unspaced.is_none_or(|all| all) && foreign_letter(c)
        } else {
            all_unspaced != Some(true) && foreign_letter(c)
        };
        if !fits {
            break;
        }
        all_unspaced.get_or_insert(unspaced(c));
        start = floor + offset;
    }
    // An address does not begin with punctuation.
    let lead = text.get(start..at).unwrap_or_default();
    let trimmed =
        lead.trim_start_matches(|c: char| c.is_ascii() && !c.is_ascii_alphanumeric() && c != '_');
    at - trimmed.len()
}

/// Where the domain that begins at `from` ends, if there is one: labels with a dot and a last one of at least two letters, or `[…]`.
fn domain_end(text: &str, from: usize) -> Option<usize> {
    let rest = text.get(from..)?;
    if let Some(inner) = rest.strip_prefix('[') {
        let close = memchr(b']', inner.as_bytes().get(..inner.len().min(48))?)?;
        return Some(from + 1 + close + 1);
    }
    let foreign = rest.chars().next().is_some_and(foreign_letter);
    let (mut end, mut labels, mut label_start) = (0, 0usize, 0);
    let mut good_end = None;
    for (offset, c) in rest.char_indices().chain([(rest.len(), ' ')]) {
        if offset > 253 {
            break;
        }
        let inside = c.is_ascii_alphanumeric()
            || c == '-'
            || c == '_'
            || (foreign_letter(c) && (foreign || !unspaced(c)));
        if inside {
            end = offset + c.len_utf8();
            continue;
        }
        // A label has ended.
        let label = rest
            .get(label_start..end.max(label_start))
            .unwrap_or_default()
            .trim_end_matches('-');
        if label.is_empty() {
            break;
        }
        labels += 1;
        if labels >= 2 && label.chars().count() >= 2 && label.chars().any(|c| !c.is_ascii_digit()) {
            good_end = Some(from + label_start + label.len());
        }
        if labels >= 4
            && good_end.is_none()
            && rest
                .get(..end)
                .is_some_and(|d| d.parse::<std::net::Ipv4Addr>().is_ok())
        {
            return Some(from + end);
        }
        if c != '.' {
            break;
        }
        label_start = offset + 1;
        end = label_start;
    }
    good_end
}

/// Where a handle at this `@` ends, if there is one.
fn handle_end(text: &str, at: usize, domain: Option<usize>) -> Option<usize> {
    let rest = text.get(at + 1..)?;
    let first = rest.chars().next()?;
    let foreign = foreign_letter(first);
    let mut end = 0;
    for (count, (offset, c)) in rest.char_indices().enumerate() {
        let fits = c.is_ascii_alphanumeric()
            || matches!(c, '_' | '.' | '-')
            || (foreign_letter(c) && (foreign || !unspaced(c)));
        // Handles of some networks are domain names; no name has more than 253 characters.
        if !fits || count >= 253 || (foreign && unspaced(c) && count >= 30) {
            break;
        }
        end = offset + c.len_utf8();
    }
    let name = rest.get(..end)?.trim_end_matches(['.', '-']);
    if name.is_empty() || !name.chars().any(char::is_alphanumeric) {
        return None;
    }
    let before = text.get(..at)?.chars().next_back();
    let inside_word =
        before.is_some_and(|c| c.is_ascii_alphanumeric() || (foreign_letter(c) && !unspaced(c)));
    // `3@15` is a price and `c@t` a joke; a word that runs into `@name` is still somebody's name.
    if inside_word && (name.len() < 3 || name.bytes().all(|b| b.is_ascii_digit() || b == b'.')) {
        return None;
    }
    let mut end = at + 1 + name.len();
    // `@user@host`
    if text.as_bytes().get(end) == Some(&b'@')
        && let Some(host) = domain_end(text, end + 1)
    {
        end = host;
    }
    Some(
        end.max(
            domain
                .filter(|_| before.is_none_or(|c| !c.is_alphanumeric()))
                .unwrap_or(0),
        ),
    )
}

/// IPv6: runs of hex digits, colons and dots with at least two colons.
fn machine_addresses(text: &str, found: &mut Vec<Found>) {
    let bytes = text.as_bytes();
    let fits = |b: u8| b.is_ascii_hexdigit() || b == b':' || b == b'.';
    let mut done = 0;
    for colon in memchr_iter(b':', bytes) {
        if colon < done {
            continue;
        }
        let mut start = colon;
        while start > done
            && bytes.get(start - 1).is_some_and(u8::is_ascii_hexdigit)
            && colon - start < 4
        {
            start -= 1;
        }
        let mut end = colon;
        while end - start < 46 && bytes.get(end).copied().is_some_and(fits) {
            end += 1;
        }
        done = end;
        let glued = |b: Option<&u8>| {
            b.is_some_and(|b| b.is_ascii_alphanumeric() || *b >= 0x80 || *b == b'_')
        };
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
        if (start > 0 && glued(bytes.get(start - 1))) || glued(bytes.get(end)) {
            continue;
        }
        if run.len() >= 4
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
