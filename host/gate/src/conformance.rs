//! Two admitted posts held against each other, for whoever replays a plugin's recorded cases through the real door.
//!
//! Lives here: naming the fields in which two posts differ. Not here: showing what stands in them: who learns from this that two
//! posts are the same must have had the other one already.

use isocial_model::{Labeled, Opening, post::Post};
use serde_json::{Map, Value};

/// Names the fields in which two posts differ, in alphabetical order; none if they are the same. Never tells a value.
pub fn differing_fields(one: &Labeled<Post>, other: &Labeled<Post>) -> Vec<String> {
    let (one, other) = (fields(one), fields(other));
    let differs = |name: &&String| one.get(*name) != other.get(*name);
    let mut names: Vec<String> = one.keys().filter(differs).cloned().collect();
    names.sort();
    names
}

fn fields(post: &Labeled<Post>) -> Map<String, Value> {
    match serde_json::to_value(post.open(Opening::Gate)) {
        Ok(Value::Object(fields)) => fields,
        _ => Map::new(),
    }
}

#[cfg(test)]
mod tests {
    use isocial_model::{Class, Label};

    use super::*;

    #[test]
    fn only_names_are_told() {
        let post = |text: &str, url: Option<&str>| {
            let post = Post {
                text: Some(text.into()),
                url: url.map(Into::into),
                ..Post::default()
            };
            Labeled::new(Label::of(Class::PublicText, Some("feed")), post)
        };
        let one = post("a bell", None);
        assert!(differing_fields(&one, &post("a bell", None)).is_empty());
        let other = post("no bell", Some("https://news.example/1"));
        assert_eq!(differing_fields(&one, &other), ["text", "url"]);
    }
}
