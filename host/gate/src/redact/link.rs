//! Links (RFC 3986, as people write them) and the secrets in them: user names and passwords before the host, and values in the query that grant something.

use memchr::memmem;

use super::{DetailKind, detect::Found, work};

/// Ends of parameter names whose values are secrets: `api_key` is one, `keyword` is not.
const SECRET_NAMES: [&str; 18] = [
    "token",
    "key",
    "secret",
    "sig",
    "signature",
    "password",
    "passwd",
    "pwd",
    "pass",
    "auth",
    "session",
    "sid",
    "jwt",
    "otp",
    "credential",
    "ticket",
    "invite",
    "authorization",
];

/// Values shorter than this are words, ids of videos, page numbers.
const TOKEN_MIN: usize = 20;

/// Finds every link: from its scheme to the next white space, quotation mark or bracket that no link holds; in order.
pub(super) fn links(text: &str, links: &mut Vec<(usize, usize)>) {
    let bytes = text.as_bytes();
    let mut done = 0;
    for separator in memmem::find_iter(bytes, b"://") {
        if separator < done {
            continue;
        }
        // The longest scheme that anybody writes has ten letters or so.
        let scheme = bytes
            .get(done..separator)
            .unwrap_or_default()
            .iter()
            .rev()
            .take(12)
            .take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.'))
            .count();
        let start = separator + 3;
        let rest = text.get(start..).unwrap_or_default();
        let length = rest.find(ends_link).unwrap_or(rest.len());
        work::did(length);
        done = start + length;
        links.push((separator - scheme, done));
    }
}

fn ends_link(c: char) -> bool {
    c.is_whitespace()
        || c.is_control()
        || matches!(c, '<' | '>' | '"' | '`' | '«' | '»' | '“' | '”' | '⟦' | '⟧')
}

/// The part of a link that people mean by it, if it leads to a host with a name: without the punctuation behind it.
pub(super) fn shown(text: &str, (start, end): (usize, usize)) -> Option<(usize, usize)> {
    let link = text.get(start..end)?;
    let from = ["https://", "http://", "ftp://"]
        .iter()
        .filter_map(|scheme| {
            link.to_ascii_lowercase()
                .find(scheme)
                .map(|at| (at, scheme.len()))
        })
        .min()?;
    let trimmed =
        link.trim_end_matches(['.', ',', '!', '?', ':', ';', '\'', ')', ']', '}', '*', '…']);
    let rest = trimmed.get(from.0 + from.1..)?;
    let authority = rest.split(['/', '?', '#']).next()?;
    let host = authority.rsplit('@').next()?.split(':').next()?;
    let (name, top) = host.rsplit_once('.')?;
    let named =
        !name.is_empty() && top.chars().count() >= 2 && top.chars().all(char::is_alphabetic);
    named.then_some((start + from.0, start + trimmed.len()))
}

/// Finds secrets in every link of the text.
pub(super) fn secrets(text: &str, links: &[(usize, usize)], found: &mut Vec<Found>) {
    for (scheme, end) in links {
        let Some(start) = memmem::find(
            text.as_bytes().get(*scheme..*end).unwrap_or_default(),
            b"://",
        )
        .map(|at| scheme + at + 3) else {
            continue;
        };
        let link = text.get(start..*end).unwrap_or_default();
        let authority = link.find(['/', '?', '#', '\\']).unwrap_or(link.len());
        if let Some(at) = link.get(..authority).and_then(|a| a.rfind('@'))
            && at > 0
        {
            found.push(Found {
                start,
                end: start + at,
                kind: DetailKind::Secret,
            });
        }
        if let Some(query) = link.find(['?', '#']) {
            parameters(text, start + query + 1, *end, found);
        }
    }
}

/// Finds secrets among the parameters between two offsets.
fn parameters(text: &str, from: usize, to: usize, found: &mut Vec<Found>) {
    let mut start = from;
    for part in text
        .get(from..to)
        .unwrap_or_default()
        .split(['&', '#', '?', ';'])
    {
        let end = start + part.len();
        if let Some(equals) = part.find('=') {
            let (name, value) = part.split_at(equals);
            let value = value
                .get(1..)
                .unwrap_or_default()
                .trim_end_matches([')', ']', '}', '.', ',', '!', '\'']);
            let name = name.to_ascii_lowercase();
            let named = value.len() >= 4
                && (name == "code" || SECRET_NAMES.iter().any(|secret| name.ends_with(secret)));
            let mailed = value.contains("%40");
            if named || mailed || token_like(value) {
                let value_start = start + equals + 1;
                let kind = if mailed {
                    DetailKind::Mail
                } else {
                    DetailKind::Secret
                };
                found.push(Found {
                    start: value_start,
                    end: value_start + value.len(),
                    kind,
                });
            }
        }
        start = end + 1;
    }
}

/// Long, of one piece, with letters and digits: nobody types such a thing.
fn token_like(value: &str) -> bool {
    value.len() >= TOKEN_MIN
        && value
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"_-.%~+/=".contains(&b))
        && value.bytes().any(|b| b.is_ascii_digit())
        && value.bytes().any(|b| b.is_ascii_alphabetic())
        && value.split(['-', '_', '.']).any(|piece| piece.len() >= 12)
}
