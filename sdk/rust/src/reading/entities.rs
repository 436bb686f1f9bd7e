//! Entities: what capitals, digits, tags and the words around them name. Modest: no list of the world's names.
//!
//! Lives here: runs of tokens that may be a name. Not here: what a run names, which is the language's (`Rules::judge`).

use super::{
    Rules,
    token::{Kind, Token, is_shouting},
};
use crate::language::EntityKind;

/// Something named in a text.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Named {
    /// Byte offset of the start.
    pub start: u32,
    /// Byte offset of the end.
    pub end: u32,
    /// What sort.
    pub sort: EntityKind,
    /// How sure, 0–1.
    pub score: f32,
}

/// Names a text may be given.
const MOST: usize = 64;
/// Longest number in bytes that belongs to a name: "X 200".
const NUMBER_BYTES: u32 = 4;

/// A run of tokens that may name something, in its text.
#[derive(Debug, Clone, Copy)]
pub struct Run<'t> {
    /// The text.
    pub text: &'t str,
    /// Every token of it.
    pub tokens: &'t [Token],
    /// Index of the run's first token.
    pub at: usize,
    /// The run's own tokens, at least one.
    pub names: &'t [Token],
}

impl<'t> Run<'t> {
    /// The token before the run.
    pub fn before(&self) -> Option<&'t Token> {
        self.at.checked_sub(1).and_then(|n| self.tokens.get(n))
    }
    /// Whether the run opens a sentence, so that its capital may only be the sentence's.
    pub fn opens_sentence(&self) -> bool {
        self.before().is_none_or(|b| {
            matches!(
                b.kind,
                Kind::Stop { .. } | Kind::Mask | Kind::Tag | Kind::Smile
            )
        })
    }
    /// Whether these tokens are a model's name: digits, and capitals.
    pub fn is_product(names: &[Token]) -> bool {
        names.iter().any(|t| t.digit)
            && names
                .iter()
                .any(|t| t.kind == Kind::Word && t.capital || t.mixed)
    }
    /// What a single word at a sentence's beginning names if capitals within, or being known to no list (`unusual`), say that it does.
    pub fn alone(first: &Token, unusual: bool) -> Option<(EntityKind, f32)> {
        if first.mixed {
            Some((EntityKind::Product, 0.4))
        } else {
            unusual.then_some((EntityKind::Other, 0.4))
        }
    }
    /// What a name is of which nothing else is known.
    pub fn unnamed(first: &Token) -> (EntityKind, f32) {
        if first.mixed || first.shouted {
            (EntityKind::Organisation, 0.5)
        } else {
            (EntityKind::Other, 0.5)
        }
    }
}

/// Finds what a text names, in its order.
pub(super) fn named<R: Rules>(text: &str, tokens: &[Token], found: &mut Vec<Named>) {
    found.clear();
    let shouting = is_shouting(tokens);
    let mut at = 0;
    while at < tokens.len() && found.len() < MOST {
        let Some(token) = tokens.get(at) else { break };
        if token.kind == Kind::Tag {
            found.push(Named {
                start: token.start,
                end: token.end,
                sort: EntityKind::Other,
                score: 0.5,
            });
            at += 1;
            continue;
        }
        if !begins::<R>(token, shouting) {
            at += 1;
            continue;
        }
        let mut end = at + 1;
        while tokens
            .get(end)
            .is_some_and(|t| continues::<R>(text, tokens, end, t, shouting))
        {
            end += 1;
        }
        let run = Run {
            text,
            tokens,
            at,
            names: tokens.get(at..end).unwrap_or_default(),
        };
        found.extend(R::judge(run));
        at = end;
    }
}

fn begins<R: Rules>(token: &Token, shouting: bool) -> bool {
    token.kind == Kind::Word
        && !token.in_tag
        && (token.mixed
            || (token.digit && token.capital)
            || (token.capital && !shouting && R::may_name(token)))
}

/// Whether the token at `at` belongs to the name that the token before it is part of.
fn continues<R: Rules>(
    text: &str,
    tokens: &[Token],
    at: usize,
    token: &Token,
    shouting: bool,
) -> bool {
    let may = begins::<R>(token, shouting)
        || (token.kind == Kind::Number && token.end - token.start <= NUMBER_BYTES);
    let before = at.checked_sub(1).and_then(|n| tokens.get(n));
    may && before.is_some_and(|b| text.get(b.end as usize..token.start as usize) == Some(" "))
}
