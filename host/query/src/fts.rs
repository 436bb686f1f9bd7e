//! The bridge to a database's full-text index: our own tokens, written so that the simplest tokenizer takes them as they are.
//!
//! A document becomes one line of words, separated by single spaces, made of `a`–`z` and `0`–`9` only, so that FTS5's `ascii` and
//! `unicode61` tokenizers (and any other that keeps such words whole) index exactly our tokens:
//!
//! | word | stands for |
//! | --- | --- |
//! | `w` + the token | a word that is `a`–`z` and `0`–`9` only |
//! | `x` + hex of its UTF-8 | any other word or emoji |
//! | `t` + hex of its UTF-8 | a hashtag |
//! | `u` | a web address, which holds a place and is no word |
//! | `zt`, `zc`, `zb` | title, content warning, body begin: no phrase reaches across |
//! | `zx` | what follows has no place in the text: |
//! | `h` + hex of its UTF-8 | a host of a link, and every name above it |
//! | `n` + the name in hex | the network |
//!
//! Tokens are cut after 64 bytes, on both sides alike. Hex and `w` words keep their beginnings, so that `word*` is an FTS5
//! prefix. Identities (author, display name, mentioned accounts, the post's own address) are never part of it: they have a table of
//! their own, and their conditions do not narrow the expression.

use std::fmt::Write;

use crate::{AddressOf, Doc, Form, Node, Part, Query, Scope, Text, address, segment::Kind};

/// Bytes of a token that are indexed.
const MAX_BYTES: usize = 64;

impl Doc {
    /// Our own token stream for a full-text index; the crate's documentation has the encoding.
    pub fn fts_tokens(&self) -> String {
        let mut out = String::new();
        for (part, mark) in [
            (Part::Title, "zt"),
            (Part::Warning, "zc"),
            (Part::Body, "zb"),
        ] {
            let range = self.part(part);
            if range.is_empty() {
                continue;
            }
            word(&mut out, mark);
            for token in self
                .tokens()
                .get(range.start as usize..range.end as usize)
                .unwrap_or_default()
            {
                let text = self.text(token.piece);
                word(
                    &mut out,
                    &match token.kind {
                        Kind::Word => encode_word(text),
                        Kind::Tag => encode('t', text),
                        Kind::Address => "u".into(),
                    },
                );
            }
        }
        word(&mut out, "zx");
        for tag in self.tags() {
            word(&mut out, &encode('t', self.text(tag.piece)));
        }
        for link in self.links().iter().filter(|link| !link.own) {
            address::above(self.text(link.host))
                .for_each(|host| word(&mut out, &encode('h', host)));
        }
        if let Some(network) = self.network() {
            word(&mut out, &encode('n', self.text(network.piece)));
        }
        out
    }
}

fn word(out: &mut String, word: &str) {
    if !out.is_empty() {
        out.push(' ');
    }
    out.push_str(word);
}

fn is_simple(text: &str) -> bool {
    text.bytes()
        .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
}

fn encode_word(text: &str) -> String {
    if is_simple(text) {
        let cut = text.get(..MAX_BYTES).unwrap_or(text);
        return format!("w{cut}");
    }
    encode('x', text)
}

fn encode(kind: char, text: &str) -> String {
    let mut out = String::from(kind);
    for byte in text.bytes().take(MAX_BYTES) {
        // Writing to a string cannot fail.
        let _ = write!(out, "{byte:02x}");
    }
    out
}

/// An FTS5 `MATCH` expression that finds every post the query could match, and perhaps more; `None` where the text cannot narrow it.
///
/// It is made from what matches must contain: `NOT`, distances, fields and measures are left to [`evaluate`](crate::evaluate). It holds
/// only letters, digits, `"`, `*`, parentheses, spaces and the words `AND` and `OR`, and is safe as a bound parameter of any column.
pub fn fts_query(query: &Query) -> Option<String> {
    expression(query.root())
}

fn expression(node: &Node) -> Option<String> {
    match node {
        Node::All(nodes) => join(nodes.iter().filter_map(expression).collect(), " AND "),
        Node::Any(nodes) => join(
            nodes.iter().map(expression).collect::<Option<Vec<_>>>()?,
            " OR ",
        ),
        Node::Near(near) => join(
            [&near.left, &near.right]
                .into_iter()
                .filter_map(|side| expression(side))
                .collect(),
            " AND ",
        ),
        Node::Text(text) => phrase(text),
        Node::Hashtag(tag) => Some(format!("\"{}\"", encode('t', tag))),
        Node::Address(address) if address.of == AddressOf::Link => {
            Some(format!("\"{}\"", encode('h', &address.host)))
        }
        Node::Network(name) => Some(format!("\"{}\"", encode('n', name))),
        _ => None,
    }
}

fn join(mut parts: Vec<String>, operator: &str) -> Option<String> {
    match parts.len() {
        0 | 1 => parts.pop(),
        _ => Some(format!("({})", parts.join(operator))),
    }
}

fn phrase(text: &Text) -> Option<String> {
    if text.scope == Scope::AuthorName {
        return None;
    }
    let encode_one = |word: &crate::Word| match word.form {
        Form::Tag => encode('t', &word.text),
        _ => encode_word(&word.text),
    };
    if text.slop.is_none()
        && text
            .words
            .iter()
            .all(|word| matches!(word.form, Form::Exact | Form::Tag))
    {
        let words: Vec<String> = text.words.iter().map(encode_one).collect();
        return Some(format!("\"{}\"", words.join(" ")));
    }
    let parts = text.words.iter().map(|word| match word.form {
        Form::Exact | Form::Tag => format!("\"{}\"", encode_one(word)),
        Form::Prefix | Form::Wild => beginning(word.text.split('?').next().unwrap_or_default()),
    });
    join(parts.collect(), " AND ")
}

/// Words that begin so, in either encoding: what follows decides which one a word has.
fn beginning(start: &str) -> String {
    let other = encode('x', start);
    if is_simple(start) {
        let cut = start.get(..MAX_BYTES).unwrap_or(start);
        return format!("(\"w{cut}\" * OR \"{other}\" *)");
    }
    format!("\"{other}\" *")
}
