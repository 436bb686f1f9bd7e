//! Neutral text: control and bidirectional characters taken out of what plugins write (HP-14).
//!
//! Lives here: what may stand in a text, a line and an id. Not here: which field is which.

/// Characters that change how a text is read rather than what it says: they are taken out of texts and refused in ids.
fn misleading(c: char) -> bool {
    c.is_control()
        || matches!(c as u32, 0x202A..=0x202E | 0x2066..=0x2069 | 0xFFF9..=0xFFFB | 0xFFFE | 0xFFFF)
}

/// One pass over the bytes: whether the text could hold anything that has to go.
fn suspicious(text: &str) -> bool {
    text.bytes().any(|b| {
        (b < 0x20 && b != b'\n' && b != b'\t') || b == 0x7F || b == 0xC2 || b == 0xE2 || b == 0xEF
    })
}

/// Makes a text of several lines neutral: line ends become `\n`, other control characters go. True if anything was changed.
pub(crate) fn text(text: &mut String) -> bool {
    if !suspicious(text)
        || !text.chars().any(|c| {
            (misleading(c) && !matches!(c, '\n' | '\t')) || matches!(c, '\u{2028}' | '\u{2029}')
        })
    {
        return false;
    }
    let mut clean = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\r' if chars.peek() == Some(&'\n') => {}
            '\r' | '\u{2028}' | '\u{2029}' | '\u{85}' => clean.push('\n'),
            '\n' | '\t' => clean.push(c),
            c if misleading(c) => {}
            c => clean.push(c),
        }
    }
    *text = clean;
    true
}

/// Makes a text one neutral line: control characters and line ends become spaces. True if anything was changed.
pub(crate) fn line(text: &mut String) -> bool {
    if !text
        .chars()
        .any(|c| misleading(c) || matches!(c, '\u{2028}' | '\u{2029}'))
    {
        return false;
    }
    let blank = |c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}');
    *text = text
        .chars()
        .filter(|c| blank(*c) || !misleading(*c))
        .map(|c| if blank(c) { ' ' } else { c })
        .collect();
    true
}

/// Cuts a text to at most `max` bytes, at a character. True if anything was cut.
pub(crate) fn cut(text: &mut String, max: usize) -> bool {
    if text.len() <= max {
        return false;
    }
    text.truncate(text.floor_char_boundary(max));
    true
}

/// One neutral line of at most `max` bytes.
pub(crate) fn short_line(mut value: String, max: usize) -> String {
    line(&mut value);
    cut(&mut value, max);
    value
}

/// Whether this can be an id: 1 to `max` bytes, nothing misleading, no white space at either end.
pub(crate) fn is_id(id: &str, max: usize) -> bool {
    !id.is_empty()
        && id.len() <= max
        && !id.starts_with(char::is_whitespace)
        && !id.ends_with(char::is_whitespace)
        && (id.bytes().all(|b| (0x20..0x7F).contains(&b))
            || !id
                .chars()
                .any(|c| misleading(c) || matches!(c, '\u{2028}' | '\u{2029}')))
}

/// Whether this can be a link that people may follow: http or https, of one piece, at most `max` bytes.
pub(crate) fn is_link(link: &str, max: usize) -> bool {
    let scheme = |scheme: &str| {
        link.len() > scheme.len()
            && link
                .get(..scheme.len())
                .is_some_and(|head| head.eq_ignore_ascii_case(scheme))
    };
    link.len() <= max
        && (scheme("https://") || scheme("http://"))
        && !link.chars().any(|c| c.is_whitespace() || misleading(c))
}

/// Whether this can be a language tag: letters, digits and dashes, at most 35 bytes.
pub(crate) fn is_language(tag: &str) -> bool {
    (2..=35).contains(&tag.len())
        && tag.starts_with(|c: char| c.is_ascii_alphabetic())
        && tag.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_misleads_goes_and_what_people_write_stays() {
        let cases = [
            ("a\u{0}b\u{1b}[31mred\u{7f}\u{9b}", "ab[31mred"),
            (
                "one\r\ntwo\rthree\u{2028}four\u{85}five\ttab",
                "one\ntwo\nthree\nfour\nfive\ttab",
            ),
            ("\u{202E}gpj.exe\u{202C} \u{2066}x\u{2069}", "gpj.exe x"),
            (
                "👩‍👩‍👧 xin chào “bạn” – مرحبا\u{200F}!",
                "👩‍👩‍👧 xin chào “bạn” – مرحبا\u{200F}!",
            ),
        ];
        for (given, expected) in cases {
            let mut value = given.to_owned();
            assert_eq!(text(&mut value), given != expected);
            assert_eq!(value, expected);
        }
    }

    #[test]
    fn a_line_stays_one_line() {
        assert_eq!(
            short_line("a\r\nb\u{2029}c\u{202E}d".into(), 100),
            "a  b cd"
        );
        assert_eq!(short_line("ấấấ".into(), 4), "ấ");
    }

    #[test]
    fn ids_and_links_are_refused_not_repaired() {
        assert!(is_id("at://did:plc:x/app.bsky.feed.post/3k", 512) && is_id("bài-1", 512));
        for bad in ["", " a", "a\n", "a\u{202E}b", "a\u{0}b", &"x".repeat(513)] {
            assert!(!is_id(bad, 512), "{bad:?}");
        }
        assert!(is_link("https://example.com/a", 2048) && is_link("HTTP://example.com", 2048));
        for bad in [
            "javascript:alert(1)",
            "data:text/html,x",
            "https://",
            "https://a b",
            "https://a\u{202E}b",
            "//example.com",
            "é",
        ] {
            assert!(!is_link(bad, 2048), "{bad:?}");
        }
        assert!(
            is_language("zh-Hant-TW")
                && !is_language("e")
                && !is_language("vi vn")
                && !is_language("-x")
        );
    }
}
