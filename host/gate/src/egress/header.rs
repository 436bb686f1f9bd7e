//! Header fields: which a plugin may set, and which it may read.

/// Whether a plugin may see this field of an answer (name in lower case): type, validators, link, location, retry and rate limits.
pub fn answer_headers_allowed(name: &str) -> bool {
    let _ = name;
    todo!()
}
