//! Deciding whether a post matches.

use isocial_model::language::Analysis;

use crate::{Doc, Part, Query};

/// What can be said of a condition: Kleene's three values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Truth {
    /// It does not hold.
    No,
    /// Only analysis can tell.
    Maybe,
    /// It holds.
    Yes,
}

/// Decides a query on a post; with an analysis the answer is never [`Truth::Maybe`].
pub fn evaluate(query: &Query, doc: &Doc, analysis: Option<&Analysis>) -> Truth {
    let _ = (query, doc, analysis);
    Truth::No
}

/// Where the query's words are in the body: ascending byte ranges of `post.text`, without overlap.
pub fn hits(query: &Query, doc: &Doc) -> Vec<(usize, usize)> {
    hits_in(query, doc, Part::Body)
}

/// Where the query's words are in one part of the post.
pub fn hits_in(query: &Query, doc: &Doc, part: Part) -> Vec<(usize, usize)> {
    let _ = (query, doc, part);
    Vec::new()
}
