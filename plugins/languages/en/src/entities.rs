//! Entities: what capitals, digits, tags and the words around them name. Modest: no list of the world's names.

use isocial_sdk::{
    language::EntityKind,
    reading::{Named, Run, table::Entry, token::Token},
};

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

/// Capitals that name nothing: of a function word, a day, a greeting.
const PLAIN: u8 = Entry::FUNCTION | Entry::PLAIN_CAPITAL | Entry::NEGATES | Entry::TURNS;

/// Whether a capital of this word may begin a name.
pub(crate) fn may_name(token: &Token) -> bool {
    token.mixed || !token.entry.is(PLAIN)
}

/// What a run of words with capitals names.
pub(crate) fn judge(run: Run<'_>) -> Option<Named> {
    let (first, last) = (run.names.first()?, run.names.last()?);
    let (sort, score) = sort(run, first, last)?;
    Some(Named {
        start: first.start,
        end: last.end,
        sort,
        score,
    })
}

fn sort(run: Run<'_>, first: &Token, last: &Token) -> Option<(EntityKind, f32)> {
    let alone = run.names.len() == 1;
    let previous = run.before().map_or("", |b| b.of(run.text));
    let ending = last.of(run.text);
    if first.entry.is(Entry::GIVEN_NAME) && !run.names.iter().any(|t| t.digit) {
        return Some((EntityKind::Person, if alone { 0.6 } else { 0.85 }));
    }
    if TITLES.contains(&previous) {
        return Some((EntityKind::Person, 0.8));
    }
    if ORGANISATIONS.contains(&ending) && !alone {
        return Some((EntityKind::Organisation, 0.85));
    }
    if PLACES.contains(&ending) && !alone {
        return Some((EntityKind::Place, 0.8));
    }
    if EVENTS.contains(&ending) && !alone {
        return Some((EntityKind::Event, 0.75));
    }
    if Run::is_product(run.names) {
        return Some((EntityKind::Product, 0.7));
    }
    if run.opens_sentence() && alone {
        // The capital may only be the sentence's; a word that no list knows may still name something
        let unusual = !first.known && !first.shouted && first.end - first.start > 3;
        return Run::alone(first, unusual);
    }
    if alone && first.known && first.entry.topic() != 0 {
        return None;
    }
    if WHERE.contains(&previous) && !first.mixed {
        return Some((EntityKind::Place, 0.5));
    }
    Some(Run::unnamed(first))
}
