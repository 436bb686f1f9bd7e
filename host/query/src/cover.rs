//! Covers: a few keys of which every matching post must have at least one.
//!
//! Lives here: choosing them. The index finds candidates by them, the full-text bridge and the refusal of unbounded queries
//! follow the same reasoning.

use crate::{
    Form, Node, Scope, Text,
    chars::fold_slow,
    hash::{Space, number, pair},
    program::word_number,
};

/// Where a key is looked up; each has a map of its own, so that `author:x` costs nothing on the words of other posts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Place {
    /// A word of the text or the display name, or a hashtag among words.
    Word,
    /// Two words next to each other; `first` is the first one's number.
    Pair {
        first: u64,
    },
    /// The beginning of a word, so many bytes long.
    Prefix {
        bytes: u8,
        lead: [u8; 2],
    },
    Tag,
    Author,
    Mention,
    Host,
    Network,
}

/// One key of a cover.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Key {
    pub(crate) place: Place,
    pub(crate) number: u64,
}

/// Keys, and how often a post will have one of them.
#[derive(Debug, Clone)]
pub(crate) struct Cover {
    pub(crate) keys: Vec<Key>,
    cost: f64,
}

impl Cover {
    fn one(place: Place, number: u64, cost: f64) -> Self {
        Self {
            keys: vec![Key { place, number }],
            cost,
        }
    }
}

/// Whether every match must have something that can be named: what may be saved (a network alone is no such thing).
pub(crate) fn requires_something(node: &Node) -> bool {
    match node {
        Node::Text(_)
        | Node::Hashtag(_)
        | Node::Author(_)
        | Node::Mention(_)
        | Node::Address(_)
        | Node::Near(_) => true,
        Node::All(children) => children.iter().any(requires_something),
        Node::Any(children) => children.iter().all(requires_something),
        _ => false,
    }
}

/// The cheapest cover; `None` if nothing is required. `frequency` guesses how often a post has the word of a number, in posts
/// of a million.
pub(crate) fn cover(node: &Node, frequency: &impl Fn(u64, &str) -> f64) -> Option<Cover> {
    match node {
        Node::All(children) => children
            .iter()
            .filter_map(|child| cover(child, frequency))
            .min_by(cheaper),
        Node::Any(children) => {
            let mut all = Cover {
                keys: Vec::new(),
                cost: 0.0,
            };
            for child in children {
                let cover = cover(child, frequency)?;
                all.cost += cover.cost;
                all.keys.extend(cover.keys);
            }
            Some(all)
        }
        Node::Near(near) => [&near.left, &near.right]
            .into_iter()
            .filter_map(|side| cover(side, frequency))
            .min_by(cheaper),
        Node::Text(text) => cover_text(text, frequency),
        Node::Hashtag(tag) => {
            let number = number(Space::Tag, tag.as_bytes());
            Some(Cover::one(Place::Tag, number, frequency(number, tag) / 4.0))
        }
        Node::Author(name) => Some(Cover::one(
            Place::Author,
            number(Space::Other, fold_slow(name).as_bytes()),
            10.0,
        )),
        Node::Mention(name) => Some(Cover::one(
            Place::Mention,
            number(Space::Other, fold_slow(name).as_bytes()),
            50.0,
        )),
        Node::Address(address) => Some(Cover::one(
            Place::Host,
            number(Space::Other, address.host.as_bytes()),
            200.0,
        )),
        Node::Network(name) => Some(Cover::one(
            Place::Network,
            number(Space::Other, name.as_bytes()),
            300_000.0,
        )),
        _ => None,
    }
}

fn cheaper(a: &Cover, b: &Cover) -> std::cmp::Ordering {
    a.cost.total_cmp(&b.cost)
}

fn cover_text(text: &Text, frequency: &impl Fn(u64, &str) -> f64) -> Option<Cover> {
    let mut best: Option<Cover> = None;
    let mut offer = |cover: Cover| {
        if best.as_ref().is_none_or(|best| cover.cost < best.cost) {
            best = Some(cover);
        }
    };
    let mut before: Option<(u64, f64)> = None;
    for word in &text.words {
        let number = word_number(word, text.scope);
        let cost = frequency(number, &word.text);
        match word.form {
            Form::Exact | Form::Tag => {
                offer(Cover::one(Place::Word, number, cost));
                if let (Some((first, first_cost)), None) = (before, text.slop) {
                    // Two words together are far rarer than the rarer of them.
                    offer(Cover::one(
                        Place::Pair { first },
                        pair(first, number),
                        cost.min(first_cost) / 16.0,
                    ));
                }
                before = Some((number, cost));
            }
            Form::Prefix | Form::Wild => {
                let start = word.text.split('?').next().unwrap_or_default();
                before = None;
                let mut bytes = start.len().min(MAX_PREFIX_BYTES);
                while !start.is_char_boundary(bytes) {
                    bytes -= 1;
                }
                let start = start.get(..bytes).unwrap_or_default();
                let lead = [
                    start.as_bytes().first().copied().unwrap_or_default(),
                    start.as_bytes().get(1).copied().unwrap_or_default(),
                ];
                let place = Place::Prefix {
                    bytes: bytes as u8,
                    lead,
                };
                // A beginning is on many words and asks more of the index than a word does.
                offer(Cover::one(
                    place,
                    prefix_number(text.scope == Scope::AuthorName, start.as_bytes()),
                    cost.max(100.0) * 8.0,
                ));
            }
        }
    }
    best
}

/// Beginnings are looked up at most this long: one bit of a word for each length.
pub(crate) const MAX_PREFIX_BYTES: usize = 63;

/// The number of a beginning of a word.
pub(crate) fn prefix_number(is_name: bool, start: &[u8]) -> u64 {
    number(
        if is_name {
            Space::NamePrefix
        } else {
            Space::WordPrefix
        },
        start,
    )
}
