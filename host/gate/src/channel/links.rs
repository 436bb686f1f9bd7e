//! Links in messages: only to the deployment's own pages (HP-27).
//!
//! Lives here: finding links in texts and bodies. A body is read as JSON where it is JSON, so that escapes hide nothing.

use isocial_model::channel::{Block, Email};

use crate::{bounds::rule, rejection::Rejection};

/// Links that are no destinations: names of formats, which services ask for in their messages.
const FORMAT_NAMES: [&str; 2] = [
    "http://adaptivecards.io/schemas/adaptive-card.json",
    "https://adaptivecards.io/schemas/adaptive-card.json",
];

/// Whether a link leads to the deployment's own pages.
pub(crate) fn is_ours(link: &str, own_base: &str) -> bool {
    let base = own_base.trim_end_matches('/');
    // A name alone that begins with `www.` becomes a link of the base's scheme or the other one; it leads to the same pages.
    let base = match base.split_once("://") {
        Some((_, bare)) if begins_bare(link) => bare,
        Some(_) => base,
        None => return false,
    };
    link.strip_prefix(base)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?', '#']))
        && !link.contains(|c: char| {
            c.is_whitespace() || c.is_control() || matches!(c, '\\' | '"' | '<' | '>')
        })
}

/// Whether this is a name that services make a link of although it has no scheme.
fn begins_bare(text: &str) -> bool {
    text.get(..4)
        .is_some_and(|start| start.eq_ignore_ascii_case("www."))
        && text
            .chars()
            .nth(4)
            .is_some_and(|first| first.is_alphanumeric() || first == '%')
}

/// Where the links of a text are: from the scheme, or a bare `www.`, to the next character that cannot be in one.
fn spans(text: &str) -> Vec<(usize, usize)> {
    let lower = text.to_ascii_lowercase();
    let mut spans: Vec<(usize, usize)> = Vec::new();
    let starts = lower.match_indices(['h', 'w']).filter(|(at, _)| {
        let rest = lower.get(*at..).unwrap_or_default();
        let before = lower.get(..*at).unwrap_or_default().chars().next_back();
        rest.starts_with("http://")
            || rest.starts_with("https://")
            || begins_bare(rest) && !before.is_some_and(|c| c.is_alphanumeric() || c == '-')
    });
    for (at, _) in starts {
        let rest = lower.get(at..).unwrap_or_default();
        if spans.last().is_some_and(|(_, end)| at < *end) {
            continue;
        }
        let length = rest
            .find(|c: char| c.is_whitespace() || matches!(c, '"' | '<' | '>' | '|' | '⟦'))
            .unwrap_or(rest.len());
        spans.push((at, at + length));
    }
    spans
}

/// The text with `⟦link⟧` in place of every link that is not ours.
pub(crate) fn without(text: &str, own_base: &str) -> String {
    let (mut out, mut done) = (String::with_capacity(text.len()), 0);
    for (start, end) in spans(text) {
        if is_ours(
            text.get(start..end)
                .unwrap_or_default()
                .trim_end_matches(['.', ',', ')']),
            own_base,
        ) {
            continue;
        }
        out.push_str(text.get(done..start).unwrap_or_default());
        out.push_str("⟦link⟧");
        done = end;
    }
    out.push_str(text.get(done..).unwrap_or_default());
    out
}

/// Whether a text holds a link that is neither ours nor in what was given.
fn foreign_in_text(text: &str, own_base: &str, given: &str) -> bool {
    spans(text).into_iter().any(|(start, end)| {
        let link = text
            .get(start..end)
            .unwrap_or_default()
            .trim_end_matches([')', ']', '}', '.', ',', ';', '*', '_', '\'', '\\']);
        !is_ours(link, own_base) && !FORMAT_NAMES.contains(&link) && !given.contains(link)
    })
}

/// Whether a body holds such a link: in JSON in any string, otherwise as it is and percent-decoded.
pub(crate) fn foreign_in_body(body: &[u8], own_base: &str, given: &str) -> bool {
    fn walk(value: &serde_json::Value, foreign: &dyn Fn(&str) -> bool) -> bool {
        match value {
            serde_json::Value::String(text) => foreign(text),
            serde_json::Value::Array(list) => list.iter().any(|v| walk(v, foreign)),
            serde_json::Value::Object(map) => {
                map.iter().any(|(k, v)| foreign(k) || walk(v, foreign))
            }
            _ => false,
        }
    }
    let foreign = |text: &str| foreign_in_text(text, own_base, given);
    if let Ok(value) = serde_json::from_slice::<serde_json::Value>(body) {
        return walk(&value, &foreign);
    }
    let text = String::from_utf8_lossy(body);
    foreign(&text)
        || url::form_urlencoded::parse(body).any(|(name, value)| foreign(&name) || foreign(&value))
}

/// Checks that the links of a mail's actions are ours.
pub(crate) fn actions_are_ours(email: &Email, own_base: &str) -> Result<(), Rejection> {
    let ours = |block: &Block| {
        if let Block::Action(_, link) = block {
            is_ours(link, own_base)
        } else {
            true
        }
    };
    if email.blocks.iter().all(ours) {
        Ok(())
    } else {
        Err(rule(
            "foreign-link",
            "a link elsewhere".into(),
            "links to the deployment's own pages only",
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BASE: &str = "https://www.track.example/";

    /// HP-27: services make links of names that begin with `www.` although nothing says `https`.
    #[test]
    fn hp_27_a_bare_name_is_a_link_too() {
        for text in [
            "see www.evil.example",
            "see WWW.Evil.example/x?y=1, now",
            "(www.evil.example)",
            "me@www.evil.example",
            "x/www.evil.example",
            "www.www.evil.example",
            "www.track.example.evil.example/",
            "https://www.track.example/ and www.évil.example",
        ] {
            assert!(foreign_in_text(text, BASE, ""), "{text}");
            assert!(without(text, BASE).contains("⟦link⟧"), "{text}");
            let body = serde_json::json!({ "blocks": [{ "text": text }] }).to_string();
            assert!(foreign_in_body(body.as_bytes(), BASE, ""), "{text}");
        }
        assert!(foreign_in_body(b"text=see+www%2Eevil.example", BASE, ""));
        for text in [
            "the www. of it",
            "awww.how nice",
            "www",
            "www.track.example/incidents/1",
            "https://www.track.example/x",
            "a-www.b",
        ] {
            assert!(!foreign_in_text(text, BASE, ""), "{text}");
            assert_eq!(without(text, BASE), text);
        }
        assert!(!foreign_in_text(
            "www.given.example/a",
            BASE,
            "www.given.example/a"
        ));
    }
}
