//! Names of persons, in strict mode: a given name of our list in capitals, with the capitalised words behind it.
//!
//! Lives here: the form. The list is in `given`. A title (`Mrs. …`) stands for a given name. What is in no list and has no title stays:
//! strict mode lowers what a plugin learns of persons, it promises nothing.

use super::{DetailKind, detect::Found, given, work};

/// Titles in front of names, in lower case.
const TITLES: &[&str] = &[
    "mr", "mrs", "ms", "miss", "dr", "prof", "sir", "madam", "herr", "frau", "monsieur", "madame",
    "mme", "mlle", "señor", "señora", "sr", "sra", "signor", "signora", "senhor", "senhora", "ông",
    "bà", "anh", "chị",
];
/// Words of a name behind the given one.
const BEHIND_MAX: usize = 3;
/// The longest word that is looked at, in bytes.
const WORD_MAX: usize = 32;

/// Words of letters with where they begin and end.
fn words(text: &str) -> impl Iterator<Item = (usize, usize)> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let rest = text.get(at..)?;
        let start = at + rest.find(char::is_alphabetic)?;
        let word = text.get(start..)?;
        let end = start
            + word
                .find(|c: char| !(c.is_alphabetic() || matches!(c, '\'' | '’' | '-')))
                .unwrap_or(word.len());
        work::did(end - at);
        at = end;
        Some((start, end))
    })
}

fn capital(word: &str) -> bool {
    word.chars().next().is_some_and(char::is_uppercase) && word.chars().count() > 1
}

/// Whether nothing but a space, or a point and a space behind a title or an initial, stands between two words.
fn beside(text: &str, end: usize, start: usize) -> bool {
    matches!(text.get(end..start), Some(" " | ". "))
}

/// Finds names.
pub(super) fn names(text: &str, found: &mut Vec<Found>) {
    let mut words = words(text).peekable();
    let mut titled = None;
    while let Some((start, mut end)) = words.next() {
        let word = text.get(start..end).unwrap_or_default();
        let after_title = titled
            .take()
            .is_some_and(|title| beside(text, title, start));
        if word.len() > WORD_MAX {
            continue;
        }
        let bare = word.trim_end_matches("'s").trim_end_matches("’s");
        let lower = bare.to_lowercase();
        if TITLES.contains(&lower.as_str()) && bare != lower {
            titled = Some(end);
            continue;
        }
        if !capital(word) {
            continue;
        }
        let sure = given::SURE.binary_search(&lower.as_str()).is_ok();
        let doubtful = given::DOUBTFUL.binary_search(&lower.as_str()).is_ok();
        if !(sure || doubtful || after_title) {
            continue;
        }
        let mut behind = 0;
        while behind < BEHIND_MAX
            && let Some((next, next_end)) = words.peek().copied()
            && text.get(end..next) == Some(" ")
            && text.get(next..next_end).is_some_and(capital)
        {
            end = next_end;
            behind += 1;
            words.next();
        }
        if sure || after_title || behind > 0 {
            let end = text.get(start..end).map_or(end, |name| {
                start + name.trim_end_matches("'s").trim_end_matches("’s").len()
            });
            found.push(Found {
                start,
                end,
                kind: DetailKind::Person,
            });
        }
    }
}
