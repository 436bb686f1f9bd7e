//! Cutting text into words, hashtags, mentions, addresses and emoji, once, with places in the original.
//!
//! The same function cuts posts and queries, so both sides always agree. Rules: a word is a run of letters, digits, marks and
//! `_`; `.` and `,` between digits stay inside; apostrophes and hyphens separate (the query `car-sharing` is a phrase);
//! letters of scripts without spaces (Han, kana, Thai, Lao, Khmer, Myanmar) are one word each; an emoji with its
//! modifiers is one word; an address is one opaque place.

use crate::chars::{Class, class, fold_char, fold_slow, is_emoji_tail, is_flag_half, is_ignorable};

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A word or an emoji.
    Word,
    /// A hashtag; its text is without `#`.
    Tag,
    /// A web address; no word looks into it.
    Address,
}

/// Receives what is found, in order.
pub(crate) trait Sink {
    /// The buffer that folded text is appended to.
    fn folded(&mut self) -> &mut String;
    /// A token: its folded text starts at `from` in the buffer; `start..end` is its place in the original.
    fn token(&mut self, kind: Kind, from: usize, start: usize, end: usize);
    /// A mention such as `@name` or `@name@host`, without the first `@`; its words come as tokens as well.
    fn mention(&mut self, start: usize, end: usize);
}

/// Which bytes an ASCII word is made of.
const fn is_word_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// Cuts `text`.
pub(crate) fn segment(text: &str, sink: &mut impl Sink) {
    let bytes = text.as_bytes();
    let mut at = 0;
    // Whether a word ended right here: `a#b` is no hashtag, `a@b` no mention.
    let mut after_word = false;
    while let Some(&byte) = bytes.get(at) {
        if is_word_byte(byte) {
            if !after_word
                && matches!(byte | 0x20, b'h' | b'w')
                && let Some(end) = address_end(text, at)
            {
                let from = sink.folded().len();
                sink.token(Kind::Address, from, at, end);
                at = end;
                continue;
            }
            let end = ascii_run(bytes, at);
            if bytes.get(end).is_none_or(u8::is_ascii) {
                let from = sink.folded().len();
                sink.folded()
                    .push_str(text.get(at..end).unwrap_or_default());
                if let Some(added) = sink.folded().get_mut(from..) {
                    added.make_ascii_lowercase();
                }
                sink.token(Kind::Word, from, at, end);
                at = end;
            } else {
                at = word(text, at, sink);
            }
            after_word = true;
        } else if byte.is_ascii() {
            let next = match byte {
                b'#' if !after_word => tag(text, at, at + 1, sink),
                b'@' if !after_word => {
                    mention(text, at, sink);
                    None
                }
                _ => None,
            };
            after_word = next.is_some();
            at = next.unwrap_or(at + 1);
        } else {
            let Some(c) = text.get(at..).and_then(|rest| rest.chars().next()) else {
                break;
            };
            let (next, was_word) = match class(c) {
                Class::Word => (word(text, at, sink), true),
                Class::Single => (single(text, at, sink), true),
                Class::Emoji => (emoji(text, at, sink), false),
                // A mark without a base, or a keycap frame after punctuation.
                Class::Extend => (at + c.len_utf8(), after_word),
                Class::Other if c == '＃' && !after_word => {
                    let after = at + c.len_utf8();
                    tag(text, at, after, sink).map_or((after, false), |end| (end, true))
                }
                Class::Other => (at + c.len_utf8(), false),
            };
            at = next;
            after_word = was_word;
        }
    }
}

/// The end of a run of ASCII word bytes, with `.` and `,` between digits inside.
fn ascii_run(bytes: &[u8], start: usize) -> usize {
    let mut at = start;
    while let Some(&byte) = bytes.get(at) {
        let inside = is_word_byte(byte)
            || (matches!(byte, b'.' | b',')
                && at > start
                && bytes.get(at - 1).is_some_and(u8::is_ascii_digit)
                && bytes.get(at + 1).is_some_and(u8::is_ascii_digit));
        if !inside {
            break;
        }
        at += 1;
    }
    at
}

/// The end of a run of word characters of any script.
fn run(text: &str, start: usize) -> usize {
    let mut end = start;
    let mut digit = false;
    let mut chars = text
        .get(start..)
        .unwrap_or_default()
        .char_indices()
        .peekable();
    while let Some((offset, c)) = chars.next() {
        let inside = match class(c) {
            Class::Word | Class::Extend => true,
            _ => {
                digit
                    && matches!(c, '.' | ',')
                    && chars.peek().is_some_and(|(_, next)| next.is_ascii_digit())
            }
        };
        if !inside {
            break;
        }
        digit = c.is_ascii_digit();
        end = start + offset + c.len_utf8();
    }
    end
}

fn word(text: &str, start: usize, sink: &mut impl Sink) -> usize {
    let end = run(text, start);
    fold_token(text, start, end, sink);
    end
}

fn single(text: &str, start: usize, sink: &mut impl Sink) -> usize {
    let mut end = start;
    for (nth, c) in text.get(start..).unwrap_or_default().chars().enumerate() {
        if nth > 0 && class(c) != Class::Extend {
            break;
        }
        end += c.len_utf8();
    }
    fold_token(text, start, end, sink);
    end
}

fn fold_token(text: &str, start: usize, end: usize, sink: &mut impl Sink) {
    let written = text.get(start..end).unwrap_or_default();
    let from = sink.folded().len();
    let simple = written.chars().all(|c| match fold_char(c) {
        Some(folded) => {
            sink.folded().push(folded);
            true
        }
        None => false,
    });
    if simple {
        sink.token(Kind::Word, from, start, end);
        return;
    }
    sink.folded().truncate(from);
    let folded = fold_slow(written);
    pieces(&folded, &mut |piece| {
        let from = sink.folded().len();
        sink.folded().push_str(piece);
        sink.token(Kind::Word, from, start, end);
    });
}

/// Cuts what normalisation made of one word: `℅`-like characters become several.
fn pieces(folded: &str, emit: &mut impl FnMut(&str)) {
    let mut at = 0;
    while let Some(c) = folded.get(at..).and_then(|rest| rest.chars().next()) {
        let end = match class(c) {
            Class::Word => run(folded, at),
            Class::Single => {
                let rest = folded.get(at + c.len_utf8()..).unwrap_or_default();
                at + c.len_utf8()
                    + rest
                        .chars()
                        .take_while(|&c| class(c) == Class::Extend)
                        .map(char::len_utf8)
                        .sum::<usize>()
            }
            _ => {
                at += c.len_utf8();
                continue;
            }
        };
        emit(folded.get(at..end).unwrap_or_default());
        at = end;
    }
}

fn emoji(text: &str, start: usize, sink: &mut impl Sink) -> usize {
    let mut chars = text
        .get(start..)
        .unwrap_or_default()
        .char_indices()
        .peekable();
    let from = sink.folded().len();
    let mut end = start;
    let Some((_, first)) = chars.next() else {
        return start + 1;
    };
    sink.folded().push(first);
    end += first.len_utf8();
    if is_flag_half(first)
        && let Some((_, second)) = chars.next_if(|&(_, c)| is_flag_half(c))
    {
        sink.folded().push(second);
        end += second.len_utf8();
    }
    while let Some(&(_, c)) = chars.peek() {
        if is_emoji_tail(c) {
            if !is_ignorable(c) {
                sink.folded().push(c);
            }
            chars.next();
            end += c.len_utf8();
        } else if c == '\u{200D}' {
            chars.next();
            match chars.next_if(|&(_, joined)| class(joined) == Class::Emoji) {
                Some((_, joined)) => {
                    sink.folded().push(c);
                    sink.folded().push(joined);
                    end += c.len_utf8() + joined.len_utf8();
                }
                None => break,
            }
        } else {
            break;
        }
    }
    sink.token(Kind::Word, from, start, end);
    end
}

/// A hashtag whose `#` is at `start`: word characters with at least one that is no digit.
fn tag(text: &str, start: usize, name: usize, sink: &mut impl Sink) -> Option<usize> {
    let rest = text.get(name..)?;
    let mut end = name;
    let mut letters = false;
    for c in rest.chars() {
        match class(c) {
            Class::Word | Class::Single => letters |= !c.is_numeric() && c != '_',
            Class::Extend if end > name && c != '\u{20E3}' => {}
            _ => break,
        }
        end += c.len_utf8();
    }
    if !letters {
        return None;
    }
    let from = sink.folded().len();
    sink.folded().push_str(&fold_tag(text.get(name..end)?));
    sink.token(Kind::Tag, from, start, end);
    Some(end)
}

/// The folded form of a hashtag's name: what stays of it as one word.
pub(crate) fn fold_tag(name: &str) -> String {
    let folded = fold_slow(name.trim_start_matches(['#', '＃']));
    folded
        .chars()
        .filter(|&c| matches!(class(c), Class::Word | Class::Single | Class::Extend))
        .collect()
}

fn mention(text: &str, at: usize, sink: &mut impl Sink) {
    let start = at + 1;
    let bytes = text.as_bytes();
    let name = |from: usize| {
        let mut end = from;
        while bytes
            .get(end)
            .is_some_and(|&b| is_word_byte(b) || matches!(b, b'.' | b'-'))
        {
            end += 1;
        }
        while end > from && matches!(bytes.get(end - 1), Some(b'.' | b'-')) {
            end -= 1;
        }
        end
    };
    let mut end = name(start);
    if end == start {
        return;
    }
    if bytes.get(end) == Some(&b'@') {
        let host = name(end + 1);
        if host > end + 1 {
            end = host;
        }
    }
    sink.mention(start, end);
}

/// The end of the web address that starts at `start`, if one does.
fn address_end(text: &str, start: usize) -> Option<usize> {
    let rest = text.get(start..)?;
    let bytes = rest.as_bytes();
    let starts = |prefix: &[u8]| {
        bytes
            .get(..prefix.len())
            .is_some_and(|b| b.eq_ignore_ascii_case(prefix))
    };
    let scheme = [&b"https://"[..], b"http://", b"www."]
        .into_iter()
        .find(|p| starts(p))?;
    let mut end = 0;
    for c in rest.chars() {
        let inside = if c.is_ascii() {
            !c.is_ascii_whitespace()
                && !c.is_ascii_control()
                && !matches!(c, '<' | '>' | '"' | '`' | '{' | '}' | '|' | '\\' | '^')
        } else {
            matches!(class(c), Class::Word | Class::Single | Class::Extend)
        };
        if !inside {
            break;
        }
        end += c.len_utf8();
    }
    let written = rest.get(..end)?;
    let open = written.contains('(');
    let trimmed = written.trim_end_matches(|c| {
        matches!(
            c,
            '.' | ',' | ';' | ':' | '!' | '?' | '\'' | '*' | '_' | '~' | ']'
        ) || (c == ')' && !open)
    });
    (trimmed.len() > scheme.len()).then_some(start + trimmed.len())
}

#[cfg(test)]
pub(crate) mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Collects tokens as strings.
    #[derive(Default)]
    pub(crate) struct Collected {
        folded: String,
        pub(crate) tokens: Vec<(Kind, String, usize, usize)>,
        pub(crate) mentions: Vec<(usize, usize)>,
    }

    impl Sink for Collected {
        fn folded(&mut self) -> &mut String {
            &mut self.folded
        }
        fn token(&mut self, kind: Kind, from: usize, start: usize, end: usize) {
            self.tokens
                .push((kind, self.folded[from..].to_owned(), start, end));
        }
        fn mention(&mut self, start: usize, end: usize) {
            self.mentions.push((start, end));
        }
    }

    fn words(text: &str) -> Vec<String> {
        let mut out = Collected::default();
        segment(text, &mut out);
        out.tokens
            .into_iter()
            .map(|(kind, word, ..)| match kind {
                Kind::Word => word,
                Kind::Tag => format!("#{word}"),
                Kind::Address => "<address>".into(),
            })
            .collect()
    }

    #[test]
    fn texts_are_cut_as_people_read_them() {
        let cases: [(&str, &[&str]); 16] = [
            (
                "Lumora's new Car-Sharing!",
                &["lumora", "s", "new", "car", "sharing"],
            ),
            (
                "v2.0 costs 1,000.50, ok. 3",
                &["v2.0", "costs", "1,000.50", "ok", "3"],
            ),
            ("Phở bò ở HÀ NỘI", &["phở", "bò", "ở", "hà", "nội"]),
            ("Pho\u{31B}\u{309} ngon", &["phở", "ngon"]),
            ("我买了汽车", &["我", "买", "了", "汽", "车"]),
            ("トヨタのcar", &["ト", "ヨ", "タ", "の", "car"]),
            ("ｶﾞｽ", &["ガ", "ス"]),
            ("삼성은 좋다", &["삼성은", "좋다"]),
            ("ที่นี่", &["ที่", "นี่"]),
            ("हिन्दी में", &["हिन्दी", "में"]),
            (
                "love❤️it 👍🏽👨‍👩‍👧 🇻🇳🇫🇷",
                &["love", "❤", "it", "👍🏽", "👨‍👩‍👧", "🇻🇳", "🇫🇷"],
            ),
            (
                "#LumoraFail (#phở) a#b #1 #",
                &["#lumorafail", "#phở", "a", "b", "1"],
            ),
            (
                "see https://shop.example/a?b=1. Now www.x.example)",
                &["see", "<address>", "now", "<address>"],
            ),
            ("Straße ＦＵＬＬ ﬁne", &["strasse", "full", "fine"]),
            ("foo_bar brand™ co\u{AD}op", &["foo_bar", "brand", "coop"]),
            ("1️⃣ …  -- ", &["1"]),
        ];
        for (text, expected) in cases {
            assert_eq!(words(text), expected, "{text}");
        }
    }

    #[test]
    fn mentions_are_found_and_mail_is_not() {
        let text = "hi @lumora_care, ask @an@home.example. not an@mail.example";
        let mut out = Collected::default();
        segment(text, &mut out);
        let found: Vec<&str> = out.mentions.iter().map(|&(s, e)| &text[s..e]).collect();
        assert_eq!(found, ["lumora_care", "an@home.example"]);
    }

    proptest! {
        #[test]
        fn places_are_on_boundaries_and_ascending(text in any::<String>()) {
            let mut out = Collected::default();
            segment(&text, &mut out);
            let mut last = 0;
            for (_, _, start, end) in out.tokens {
                prop_assert!(start < end && start >= last.min(start) && text.get(start..end).is_some());
                prop_assert!(start >= last || last == end);
                last = end;
            }
        }

        #[test]
        fn cutting_a_folded_word_again_changes_nothing(text in "(\\PC|[ #_.,'0-9a-zA-Z]|[ก-๛]|[가-힣]|[ぁ-ヿ]|[\u{300}-\u{345}]|[ﬀ-ﻼ]|[Ⅰ-⓿]|\u{200D}|[☀-➿]){0,24}") {
            let mut out = Collected::default();
            segment(&text, &mut out);
            for (kind, word, ..) in out.tokens {
                let again = match kind {
                    Kind::Word => word.clone(),
                    Kind::Tag => format!("#{word}"),
                    Kind::Address => continue,
                };
                let mut second = Collected::default();
                segment(&again, &mut second);
                let texts: Vec<_> = second.tokens.iter().map(|(k, w, ..)| (*k, w.as_str())).collect();
                prop_assert_eq!(texts, vec![(kind, word.as_str())]);
            }
        }
    }
}
