//! Secrets in links: user names and passwords before the host, and values in the query that grant something.

use memchr::memmem;

use super::{DetailKind, detect::Found};

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

/// Finds secrets in every link of the text.
pub(super) fn secrets(text: &str, found: &mut Vec<Found>) {
    let bytes = text.as_bytes();
    let mut done = 0;
    for separator in memmem::find_iter(bytes, b"://") {
        let start = separator + 3;
        if start < done {
            continue;
        }
        let rest = text.get(start..).unwrap_or_default();
        let length = rest
            .find(|c: char| {
                c.is_whitespace()
                    || c.is_control()
                    || matches!(c, '<' | '>' | '"' | '`' | '«' | '»' | '“' | '”' | '⟦' | '⟧')
            })
            .unwrap_or(rest.len());
        done = start + length;
        let link = rest.get(..length).unwrap_or_default();
        let authority = link.find(['/', '?', '#', '\\']).unwrap_or(length);
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
            parameters(text, start + query + 1, start + length, found);
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
