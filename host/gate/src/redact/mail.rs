//! Mail addresses (RFC 5321, RFC 6531) and handles: everything that stands at an `@`.
//!
//! Looser than the standards where people are: a local part may hold any letter, a domain needs a dot and a last label that is
//! no number, or square brackets.

use memchr::{memchr, memchr_iter};

use super::{
    DetailKind, OwnHandles,
    detect::{Found, MASK_SECRET},
    work,
};

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
pub(super) fn addresses(text: &str, own: &OwnHandles, from: usize, found: &mut Vec<Found>) {
    let bytes = text.as_bytes();
    // Secrets in links are found already, from `from` on and in order; the `@` behind a password begins the host of a link.
    let secrets = found.len();
    let mut done = 0;
    for at in memchr_iter(b'@', bytes) {
        let password = found
            .get(from..secrets)
            .unwrap_or_default()
            .binary_search_by_key(&at, |f| f.end);
        if at < done || password.is_ok() || behind_secret(text, at) {
            continue;
        }
        work::did(64);
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

/// Whether what stands before this `@` of a link is a secret that was replaced.
fn behind_secret(text: &str, at: usize) -> bool {
    let head = text.get(..at).unwrap_or_default();
    if head.as_bytes().last() == Some(&MASK_SECRET) {
        return true;
    }
    head.strip_suffix('⟧')
        .map(|head| head.trim_end_matches(|c: char| c.is_ascii_digit()))
        .is_some_and(|head| head.ends_with("://⟦secret:"))
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
        work::did(1);
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
        work::did(1);
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
