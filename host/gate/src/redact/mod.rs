//! Redaction: replaces personal details in text before a plugin may see it (SECURITY model B6).
//!
//! Lives here: detectors, tokens, offset mapping. Not here: who may see what (`rights`).

use std::{borrow::Cow, collections::BTreeMap};

/// Why a text cannot be redacted: it is then not passed on at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RedactError {
    /// Longer than any text that the host keeps.
    #[error("text of {0} bytes cannot be redacted: expected at most 65,536")]
    TooLong(usize),
}

/// Handles that are not redacted: those of the organisation's own monitors.
#[derive(Debug, Clone, Default)]
pub struct OwnHandles(Vec<String>);

impl OwnHandles {
    /// From handles as people write them, with or without `@`; case does not matter.
    pub fn new<S: AsRef<str>>(handles: &[S]) -> Self {
        Self(handles.iter().map(|h| h.as_ref().trim_start_matches('@').to_lowercase()).collect())
    }
}

/// A redacted text, with the way back to the original's offsets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Redacted<'a> {
    text: Cow<'a, str>,
    counts: BTreeMap<&'static str, u32>,
}

impl Redacted<'_> {
    /// The text with tokens in place of details.
    pub fn text(&self) -> &str {
        &self.text
    }
    /// What was replaced: kind to count.
    pub fn counts(&self) -> &BTreeMap<&'static str, u32> {
        &self.counts
    }
    /// The span of the original that a span of the redacted text stands for; nothing if it touches a token or is no span.
    pub fn span_back(&self, start: u32, end: u32) -> Option<(u32, u32)> {
        let _ = (start, end);
        todo!()
    }
    /// The span of the redacted text for a span of the original; nothing if it touches a replaced detail or is no span.
    pub fn span_forward(&self, start: u32, end: u32) -> Option<(u32, u32)> {
        let _ = (start, end);
        todo!()
    }
}

/// Redacts a text; details become tokens such as `⟦mail:1⟧`, the same value the same token.
///
/// Fails closed: a text that cannot be handled is not passed on.
pub fn redact<'a>(text: &'a str, own: &OwnHandles) -> Result<Redacted<'a>, RedactError> {
    let _ = (text, own);
    todo!()
}
