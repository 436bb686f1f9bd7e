//! Routing: the one thing about a post that the pipeline must know to choose a language pack for it.

use isocial_model::{Labeled, Opening, post::Post};

/// The primary subtag of the language that the network gave, lower-case: `en` of `en-GB`. Absent where the network gave none.
pub fn language_tag(post: &Labeled<Post>) -> Option<String> {
    let tag = post.open(Opening::Gate).language.as_deref()?;
    let primary = tag.split(['-', '_']).next().unwrap_or_default();
    let plausible =
        (2..=8).contains(&primary.len()) && primary.bytes().all(|b| b.is_ascii_alphabetic());
    plausible.then(|| primary.to_ascii_lowercase())
}
