//! Entities: what capitals, digits, tags and the words around them name. Modest: no list of the world's names.

use crate::{
    table::Entry,
    tokens::{Kind, Token},
};

/// What sort of thing is named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the words are their own meaning")]
pub enum Sort {
    Person,
    Organisation,
    Place,
    Product,
    Event,
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
/// Words that end an organisation's name.
const ORGANISATIONS: [&str; 16] = [
    "Inc",
    "Ltd",
    "LLC",
    "Corp",
    "Corporation",
    "Company",
    "Group",
    "Bank",
    "University",
    "Airlines",
    "Airways",
    "FC",
    "Foundation",
    "Institute",
    "Council",
    "Association",
];
/// Words that end a place's name.
const PLACES: [&str; 14] = [
    "Street", "Avenue", "Road", "City", "Park", "Square", "River", "Lake", "Island", "Bay",
    "Airport", "Station", "Beach", "County",
];
/// Words that end an event's name.
const EVENTS: [&str; 10] = [
    "Festival",
    "Cup",
    "Conference",
    "Expo",
    "Summit",
    "Championship",
    "Olympics",
    "Awards",
    "Marathon",
    "Con",
];
/// Words before a person's name.
const TITLES: [&str; 10] = [
    "Mr",
    "Mrs",
    "Ms",
    "Dr",
    "Sir",
    "President",
    "Senator",
    "Prof",
    "Professor",
    "Captain",
];
/// Words before a place's name.
const WHERE: [&str; 5] = ["in", "at", "near", "from", "to"];

/// What a text names, in its order.
pub(crate) fn named(text: &str, tokens: &[Token]) -> Vec<Named> {
    let mut found = Vec::new();
    let shouting = {
        let words = tokens.iter().filter(|t| t.kind == Kind::Word && !t.in_tag);
        let (all, capitals) = words.fold((0u32, 0u32), |(all, capitals), t| {
            (all + 1, capitals + u32::from(t.capital))
        });
        // Where most words have capitals, capitals name nothing
        all >= 4 && capitals * 10 > all * 7
    };
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
        let run = tokens.get(at..end).unwrap_or_default();
        if let Some(name) = judge(text, tokens, at, run) {
            found.push(name);
        }
        at = end;
    }
    found
}

fn begins(token: &Token, shouting: bool) -> bool {
    token.kind == Kind::Word
        && !token.in_tag
        && (token.mixed
            || (token.digit && token.capital)
            || (token.capital && !shouting && !plain(token)))
}

/// A capital here means nothing: a function word, a day, a greeting.
fn plain(token: &Token) -> bool {
    let entry = token.entry;
    (entry.is(Entry::FUNCTION)
        || entry.is(Entry::PLAIN_CAPITAL)
        || entry.is(Entry::NEGATES)
        || entry.is(Entry::TURNS))
        && !token.mixed
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
    let (first, last) = (run.first()?, run.last()?);
    let before = at.checked_sub(1).and_then(|n| tokens.get(n));
    let opens_sentence = before.is_none_or(|b| {
        matches!(
            b.kind,
            Kind::Stop { .. } | Kind::Mask | Kind::Tag | Kind::Smile
        )
    });
    let previous = before.map_or("", |b| b.of(text));
    let ending = last.of(text);
    let name = |sort, score| {
        Some(Named {
            start: first.start,
            end: last.end,
            sort,
            score,
        })
    };
    let has_digit = run.iter().any(|t| t.digit);
    if first.entry.is(Entry::GIVEN_NAME) && !has_digit {
        return name(Sort::Person, if run.len() > 1 { 0.85 } else { 0.6 });
    }
    if TITLES.contains(&previous) {
        return name(Sort::Person, 0.8);
    }
    if ORGANISATIONS.contains(&ending) && run.len() > 1 {
        return name(Sort::Organisation, 0.85);
    }
    if PLACES.contains(&ending) && run.len() > 1 {
        return name(Sort::Place, 0.8);
    }
    if EVENTS.contains(&ending) && run.len() > 1 {
        return name(Sort::Event, 0.75);
    }
    if has_digit
        && run
            .iter()
            .any(|t| t.kind == Kind::Word && t.capital || t.mixed)
    {
        return name(Sort::Product, 0.7);
    }
    if opens_sentence && run.len() == 1 {
        // The capital may only be the sentence's; a word that no list knows, or capitals within, may still name something
        let unusual =
            first.mixed || (!first.known && !first.shouted && first.end - first.start > 3);
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
    if run.len() == 1 && first.known && first.entry.topic() != 0 {
        return None;
    }
    if WHERE.contains(&previous) && !first.mixed {
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
