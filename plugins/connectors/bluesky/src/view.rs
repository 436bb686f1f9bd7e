//! A post as the network's own view of it shows it: the record with its author's profile and counts.

use isocial_sdk::{
    connector::{Engagement, Instant, Post},
    text,
};
use serde_json::Value;

use crate::{
    at::PostUri,
    post::{self, label},
};

/// Whose post it is, and its key.
pub(crate) fn uri(view: &Value) -> Option<PostUri> {
    PostUri::parse(view.get("uri")?.as_str()?)
}

/// Its version.
pub(crate) fn cid(view: &Value) -> Option<&str> {
    view.get("cid")?.as_str()
}

/// Reads a view (`app.bsky.feed.defs#postView`); nothing if it is not one of a post.
pub(crate) fn read(view: &Value, now: Instant) -> Option<Post> {
    let uri = uri(view)?;
    let mut post = post::read(&uri, cid(view), view.get("record")?, now)?;
    let profile = view
        .get("author")
        .filter(|a| a.get("did").and_then(Value::as_str) == Some(uri.did.as_str()));
    let own_labels = profile.and_then(|p| p.get("labels")?.as_array());
    let values = |labels: &'_ [Value]| -> Vec<String> {
        let values = labels.iter().filter_map(|l| l.get("val")?.as_str());
        values.map(str::to_owned).collect()
    };
    let about_author = own_labels.map(|list| values(list)).unwrap_or_default();
    if let Some(profile) = profile {
        let field = |key: &str| profile.get(key).and_then(Value::as_str);
        let mut author = post::author(&uri.did, field("handle"));
        author.display_name = field("displayName").and_then(|name| text::present(name, 512));
        author.automated = about_author.iter().any(|l| l == "bot").then_some(true);
        let status = profile
            .get("verification")
            .and_then(|v| v.get("verifiedStatus")?.as_str());
        author.verified = (status == Some("valid")).then_some(true);
        post.author = Some(author);
    }
    let about_post = view
        .get("labels")
        .and_then(Value::as_array)
        .map(|list| values(list))
        .unwrap_or_default();
    let said = post.content_warning.take();
    let mut all: Vec<&str> = said
        .as_deref()
        .into_iter()
        .flat_map(|s| s.split(", "))
        .collect();
    all.extend(about_post.iter().chain(&about_author).map(String::as_str));
    label(&mut post, all.into_iter());
    let count = |key: &str| view.get(key).and_then(Value::as_u64);
    post.engagement = Engagement {
        likes: count("likeCount"),
        reposts: count("repostCount"),
        replies: count("replyCount"),
        quotes: count("quoteCount"),
        views: None,
    }
    .known();
    Some(post)
}
