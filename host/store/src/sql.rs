//! Lists as one bound value: JSON that `json_each` opens, so that a statement's text never depends on how many there are.

use isocial_model::key::Hash128;

/// Row numbers, for `select value from json_each($n)`.
pub(crate) fn numbers(ids: &[i64]) -> String {
    serde_json::to_string(ids).unwrap_or_default()
}

/// Hashes, for `select unhex(value) from json_each($n)`.
pub(crate) fn hashes(hashes: &[Hash128]) -> String {
    serde_json::to_string(&hashes.iter().map(hex::encode).collect::<Vec<_>>()).unwrap_or_default()
}

/// Texts, for `select value from json_each($n)`.
pub(crate) fn texts<T: AsRef<str>>(texts: &[T]) -> String {
    serde_json::to_string(&texts.iter().map(AsRef::as_ref).collect::<Vec<_>>()).unwrap_or_default()
}
