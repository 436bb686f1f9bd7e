//! What of a query a network may be asked.

use isocial_model::connector::QueryPlan;

use crate::Query;

/// The part of a query that networks can be asked for; conditions that are ours alone become `Other`.
pub fn plan(query: &Query) -> QueryPlan {
    let _ = query;
    QueryPlan::default()
}

/// Handles that the query names as author or mention, without `@`: redaction leaves these readable.
pub fn handles_in_query(query: &Query) -> Vec<String> {
    let _ = query;
    Vec::new()
}

/// Hashtags that the query asks for (not those it excludes), without `#`.
pub fn hashtags_of(query: &Query) -> Vec<String> {
    let _ = query;
    Vec::new()
}
