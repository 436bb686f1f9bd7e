//! A post made ready for matching: normalised and segmented once.

use isocial_model::{Labeled, post::Post};

/// A part of a post that has text of its own; distances never cross from one to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Part {
    /// The title.
    Title,
    /// The content warning.
    Warning,
    /// The body (`post.text`).
    Body,
    /// The author's display name.
    AuthorName,
}

/// A post made ready for matching.
#[derive(Clone, Default)]
pub struct Doc {}

impl Doc {
    /// Normalises and segments a post.
    pub fn of(post: &Labeled<Post>) -> Self {
        let mut doc = Self::default();
        doc.refill(post);
        doc
    }
    /// Like [`Doc::of`], in the memory of an earlier post.
    pub fn refill(&mut self, post: &Labeled<Post>) {
        let _ = post;
    }
    /// Our own token stream for a full-text index; see the crate's documentation for the encoding.
    pub fn fts_tokens(&self) -> String {
        String::new()
    }
}

impl std::fmt::Debug for Doc {
    /// Shows counts, never text.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Doc").finish_non_exhaustive()
    }
}
