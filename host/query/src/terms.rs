//! Words of a query: cut like posts, with wildcards.

use std::ops::Range;

use crate::{
    Doubt, Fix, Form, Node, Problem, Word,
    chars::{Class, class, is_cjk},
    parse::Parser,
    query::is_letter,
    segment::{Kind, Sink, segment},
};

/// Tokens with their places.
#[derive(Default)]
struct Tokens {
    folded: String,
    tokens: Vec<(Kind, String, Range<usize>)>,
}

impl Sink for Tokens {
    fn folded(&mut self) -> &mut String {
        &mut self.folded
    }
    fn token(&mut self, kind: Kind, from: usize, start: usize, end: usize) {
        self.tokens.push((
            kind,
            self.folded.get(from..).unwrap_or_default().to_owned(),
            start..end,
        ));
    }
    fn mention(&mut self, _: usize, _: usize) {}
}

fn cut(text: &str) -> Vec<(Kind, String, Range<usize>)> {
    let mut tokens = Tokens::default();
    segment(text, &mut tokens);
    tokens.tokens
}

/// Conditions and wildcards of a tree.
pub(crate) fn count(node: &Node) -> (usize, usize) {
    let sum = |children: &[Node]| {
        children
            .iter()
            .map(count)
            .fold((0, 0), |(a, b), (c, d)| (a + c, b + d))
    };
    match node {
        Node::All(children) | Node::Any(children) => sum(children),
        Node::Not(child) => count(child),
        Node::Near(near) => {
            let (left, right) = (count(&near.left), count(&near.right));
            (left.0 + right.0, left.1 + right.1)
        }
        Node::Text(text) => (
            text.words.len(),
            text.words
                .iter()
                .filter(|word| matches!(word.form, Form::Prefix | Form::Wild))
                .count(),
        ),
        Node::EntityText(words) => (words.len(), 0),
        _ => (1, 0),
    }
}

/// Words in quotes; empty if there is an error.
pub(crate) fn phrase(parser: &mut Parser<'_>, span: Range<usize>) -> Vec<Word> {
    let text = parser.slice(span.clone());
    for (at, _) in text.match_indices('?') {
        let inside = |c: Option<char>| c.is_some_and(|c| class(c) == Class::Word);
        let (before, after) = (
            text.get(..at).unwrap_or_default(),
            text.get(at + 1..).unwrap_or_default(),
        );
        if inside(before.chars().next_back()) && inside(after.chars().next()) {
            parser.lint(
                Doubt::WildcardInQuotes,
                span.start + at..span.start + at + 1,
                Vec::new(),
            );
        }
    }
    words(parser, span)
}

/// Words of a bare chunk; empty if there is an error.
pub(crate) fn bare(parser: &mut Parser<'_>, span: Range<usize>) -> Vec<Word> {
    let chunk = parser.slice(span.clone());
    let fuzzy = chunk.trim_end_matches(|c: char| c.is_ascii_digit());
    if let Some(word) = fuzzy.strip_suffix('~') {
        let fix = Fix {
            span: span.clone(),
            text: word.to_owned(),
        };
        parser.error(
            Problem::NotYet {
                what: "a fuzzy word (`word~`)".into(),
            },
            span,
            "the word alone",
            Some(fix),
        );
        return Vec::new();
    }
    if chunk.contains('?')
        && cut(chunk)
            .first()
            .is_none_or(|token| token.0 != Kind::Address)
    {
        return open_word(parser, span).into_iter().collect();
    }
    words(parser, span)
}

fn words(parser: &mut Parser<'_>, span: Range<usize>) -> Vec<Word> {
    let text = parser.slice(span.clone());
    let within = |inner: &Range<usize>| span.start + inner.start..span.start + inner.end;
    let tokens = cut(text);
    if let Some((.., place)) = tokens.iter().find(|(kind, ..)| *kind == Kind::Address) {
        let address = text.get(place.clone()).unwrap_or_default().to_owned();
        let fix = (tokens.len() == 1).then(|| Fix {
            span: span.clone(),
            text: format!("url:{address}"),
        });
        parser.error(
            Problem::Unexpected {
                found: "a web address".into(),
            },
            within(place),
            "`url:…` or `domain:…`",
            fix,
        );
        return Vec::new();
    }
    if tokens.is_empty() {
        let written = text.chars().take(40).collect();
        let fix = Fix {
            span: span.clone(),
            text: String::new(),
        };
        parser.error(
            Problem::NoWord { written },
            span,
            "a letter, digit or emoji",
            Some(fix).filter(|_| text.len() <= 3),
        );
        return Vec::new();
    }
    let mut words: Vec<Word> = Vec::with_capacity(tokens.len());
    let mut stars = 0;
    for (nth, (kind, folded, place)) in tokens.iter().enumerate() {
        let between = nth
            .checked_sub(1)
            .and_then(|before| tokens.get(before))
            .and_then(|before| text.get(before.2.end..place.start));
        let last_here = tokens.get(nth + 1).is_none_or(|next| next.2 != *place);
        let mut rest = text.get(place.end..).unwrap_or_default().chars();
        let starred = last_here && rest.next() == Some('*');
        let mut form = if *kind == Kind::Tag {
            Form::Tag
        } else {
            Form::Exact
        };
        if starred {
            stars += 1;
            let whole = within(&(place.start..place.end + 1));
            if rest
                .next()
                .is_some_and(|c| !matches!(class(c), Class::Other) || c == '*')
            {
                let what = "a `*` inside a word".to_owned();
                parser.error(
                    Problem::NotYet { what },
                    whole,
                    "`*` at the end of a word",
                    None,
                );
                return Vec::new();
            }
            match folded.chars().next().map_or(Class::Other, class) {
                // One character is a whole word there, so the beginning of it is the word.
                Class::Single => {}
                Class::Word if *kind == Kind::Word && folded.chars().all(is_letter) => {
                    form = Form::Prefix;
                    if !long_enough(parser, folded, whole) {
                        return Vec::new();
                    }
                }
                _ => {
                    let what = "a `*` after a hashtag or an emoji".to_owned();
                    parser.error(Problem::NotYet { what }, whole, "`*` after a word", None);
                    return Vec::new();
                }
            }
        }
        words.push(Word {
            text: folded.as_str().into(),
            form,
            glued: matches!(between, Some("'" | "’")),
        });
    }
    if text.matches('*').count() > stars {
        let what = "a `*` that does not follow a word".to_owned();
        parser.error(
            Problem::NotYet { what },
            span,
            "`*` at the end of a word",
            None,
        );
        return Vec::new();
    }
    words
}

/// A word with `?` for single characters.
fn open_word(parser: &mut Parser<'_>, span: Range<usize>) -> Option<Word> {
    let chunk = parser.slice(span.clone());
    let mut folded = String::new();
    for (nth, piece) in chunk.split('?').enumerate() {
        if nth > 0 {
            folded.push('?');
        }
        let tokens = cut(piece);
        let sound = match tokens.as_slice() {
            [] => piece.is_empty() && nth > 0,
            [(Kind::Word, text, place)] => {
                folded.push_str(text);
                *place == (0..piece.len()) && text.chars().all(is_letter)
            }
            _ => false,
        };
        if !sound {
            let fix = Fix {
                span: span.clone(),
                text: format!("\"{}\"", chunk.replace(['?', '*'], " ").trim()),
            };
            let what = "a `?` beside other signs than letters".to_owned();
            parser.error(
                Problem::NotYet { what },
                span,
                "`?` inside or at the end of a word, such as `organi?e`",
                Some(fix),
            );
            return None;
        }
    }
    let start: String = folded.split('?').next().unwrap_or_default().to_owned();
    long_enough(parser, &start, span).then(|| Word {
        text: folded.into(),
        form: Form::Wild,
        glued: false,
    })
}

/// Whether enough letters stand before a wildcard.
fn long_enough(parser: &mut Parser<'_>, start: &str, span: Range<usize>) -> bool {
    let min = if start.chars().any(is_cjk) { 2 } else { 3 };
    let letters = start.chars().filter(|&c| class(c) == Class::Word).count();
    if parser.stored || letters >= min {
        return true;
    }
    let written = parser.slice(span.clone()).to_owned();
    let fix = Fix {
        span: span.clone(),
        text: start.to_owned(),
    };
    parser.error(
        Problem::ShortPrefix { written, min },
        span,
        "more letters, or the word without a wildcard",
        Some(fix),
    );
    false
}

/// The words of an entity.
pub(crate) fn entity(parser: &mut Parser<'_>, span: Range<usize>) -> Vec<Word> {
    let found = words(parser, span.clone());
    if found.iter().any(|word| word.form != Form::Exact) {
        let what = "a wildcard or hashtag in `entity`".to_owned();
        parser.error(Problem::NotYet { what }, span, "whole words", None);
        return Vec::new();
    }
    found
}
