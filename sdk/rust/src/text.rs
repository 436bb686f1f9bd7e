//! Bounds of text: cutting without breaking a character.

/// The longest beginning of `text` that has at most `max` bytes and ends on a character's boundary.
pub fn truncate(text: &str, max: usize) -> &str {
    let mut end = max.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or_default()
}

/// `text`, cut to at most `max` bytes on a character's boundary.
pub fn truncated(mut text: String, max: usize) -> String {
    let end = truncate(&text, max).len();
    text.truncate(end);
    text
}

/// `text` without white space around it, cut to at most `max` bytes; nothing if nothing is left.
pub fn present(text: &str, max: usize) -> Option<String> {
    let text = truncate(text.trim(), max).trim_end();
    (!text.is_empty()).then(|| text.to_owned())
}
