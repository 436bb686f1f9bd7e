//! Entities: what capitals, digits, tags and the words around them name. Modest: no list of the world's names.

use crate::tokens::{Kind, Token};

/// What sort of thing is named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the words are their own meaning")]
pub enum Sort {
    Person,
    Organisation,
    Place,
    Product,
    Other,
}

/// Something named in a text.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Named {
    /// Byte offset of the start.
    pub start: u32,
    /// Byte offset of the end.
    pub end: u32,
    /// What sort.
    pub sort: Sort,
    /// How sure, 0–1.
    pub score: f32,
}

/// Names a text may be given.
const MOST: usize = 64;
/// Family names that a person's name begins with.
const FAMILIES: [&str; 20] = [
    "Nguyễn", "Trần", "Lê", "Phạm", "Huỳnh", "Hoàng", "Phan", "Vũ", "Võ", "Đặng", "Bùi", "Đỗ",
    "Hồ", "Ngô", "Dương", "Lý", "Đinh", "Trịnh", "Mai", "Lương",
];
/// Words before an organisation's name.
const ORGANISATIONS: [&str; 10] = [
    "ty",
    "hãng",
    "đoàn",
    "hàng",
    "trường",
    "bank",
    "shop",
    "nhà",
    "bộ",
    "Ty",
];
/// Words before a place's name.
const PLACES: [&str; 14] = [
    "ở",
    "tại",
    "phố",
    "quận",
    "tỉnh",
    "huyện",
    "đường",
    "phường",
    "xã",
    "từ",
    "đến",
    "nước",
    "quán",
    "gần",
];

/// What a text names, in its order.
pub(crate) fn named(text: &str, tokens: &[Token]) -> Vec<Named> {
    let words = tokens.iter().filter(|t| t.kind == Kind::Word);
    let (all, capitals) = words.fold((0u32, 0u32), |(all, capitals), t| {
        (all + 1, capitals + u32::from(t.capital))
    });
    // Where most words have capitals, capitals name nothing
    let shouting = all >= 4 && capitals * 10 > all * 7;
    let mut found = Vec::new();
    let mut at = 0;
    while at < tokens.len() && found.len() < MOST {
        let Some(token) = tokens.get(at) else { break };
        if token.kind == Kind::Tag {
            found.push(Named {
                start: token.start,
                end: token.end,
                sort: Sort::Other,
                score: 0.5,
            });
            at += 1;
            continue;
        }
        if !begins(token, shouting) {
            at += 1;
            continue;
        }
        let mut end = at + 1;
        while tokens
            .get(end)
            .is_some_and(|t| continues(text, tokens, end, t, shouting))
        {
            end += 1;
        }
        found.extend(judge(
            text,
            tokens,
            at,
            tokens.get(at..end).unwrap_or_default(),
        ));
        at = end;
    }
    found
}

fn begins(token: &Token, shouting: bool) -> bool {
    token.kind == Kind::Word
        && (token.mixed || (token.digit && token.capital) || (token.capital && !shouting))
}

/// Whether the token at `at` belongs to the name that the token before it is part of.
fn continues(text: &str, tokens: &[Token], at: usize, token: &Token, shouting: bool) -> bool {
    let before = at.checked_sub(1).and_then(|n| tokens.get(n));
    let adjoins =
        before.is_some_and(|b| text.get(b.end as usize..token.start as usize) == Some(" "));
    adjoins
        && (begins(token, shouting) || (token.kind == Kind::Number && token.end - token.start <= 4))
}

fn judge(text: &str, tokens: &[Token], at: usize, run: &[Token]) -> Option<Named> {
    let (mut first, last) = (run.first()?, run.last()?);
    let before = at.checked_sub(1).and_then(|n| tokens.get(n));
    let opens_sentence = before.is_none_or(|b| {
        matches!(
            b.kind,
            Kind::Stop { .. } | Kind::Mask | Kind::Tag | Kind::Smile
        )
    });
    let mut names = run;
    if opens_sentence && first.known && !first.mixed && !FAMILIES.contains(&first.of(text)) {
        // The capital is the sentence's: a name may follow it ("Mua Zentora …")
        names = run.get(1..)?;
        first = names.first()?;
    }
    let previous = first_before(text, tokens, first);
    let name = |sort, score| {
        Some(Named {
            start: first.start,
            end: last.end,
            sort,
            score,
        })
    };
    if names.len() >= 2 && FAMILIES.contains(&first.of(text)) {
        return name(Sort::Person, 0.8);
    }
    if names.iter().any(|t| t.digit)
        && names
            .iter()
            .any(|t| t.kind == Kind::Word && t.capital || t.mixed)
    {
        return name(Sort::Product, 0.7);
    }
    if opens_sentence && run.len() == 1 {
        let unusual =
            first.mixed || (!first.known && !first.accented && first.end - first.start > 3);
        return if unusual {
            name(
                if first.mixed {
                    Sort::Product
                } else {
                    Sort::Other
                },
                0.4,
            )
        } else {
            None
        };
    }
    if first.known && names.len() == 1 && !first.mixed {
        return None;
    }
    if ORGANISATIONS.contains(&previous) {
        return name(Sort::Organisation, 0.6);
    }
    if PLACES.contains(&previous) {
        return name(Sort::Place, 0.5);
    }
    name(
        if first.mixed || first.shouted {
            Sort::Organisation
        } else {
            Sort::Other
        },
        0.5,
    )
}

fn first_before<'t>(text: &'t str, tokens: &[Token], first: &Token) -> &'t str {
    let before = tokens.iter().rev().find(|t| t.end <= first.start);
    before
        .filter(|t| t.kind == Kind::Word)
        .map_or("", |t| t.of(text))
}
