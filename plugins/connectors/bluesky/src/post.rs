//! One record of `app.bsky.feed.post`, as a post.
//!
//! A record must hold text and say that it is a post; anything else about it is used where it is as described and left out where not.

use isocial_sdk::{
    connector::{Author, Instant, Kind, Media, MediaKind, Mentioned, Post, Visibility},
    text, time,
};
use serde_json::Value;

use crate::{
    NETWORK, POSTS,
    at::{self, PostUri},
    tid,
};

/// Labels by which a network marks what not everybody wants to see.
const SENSITIVE: [&str; 8] = [
    "porn",
    "sexual",
    "nudity",
    "nsfl",
    "gore",
    "graphic-media",
    "corpse",
    "self-harm",
];
/// The label of who does not want to be shown to people who are not signed in.
const NOT_FOR_ALL: &str = "!no-unauthenticated";

/// Reads a record; nothing if it is not a post's.
pub(crate) fn read(uri: &PostUri, cid: Option<&str>, record: &Value, now: Instant) -> Option<Post> {
    if record.get("$type").and_then(Value::as_str) != Some(POSTS) {
        return None;
    }
    let mut post = Post::new(NETWORK, uri.to_string());
    post.text = text::present(record.get("text")?.as_str()?, 64 * 1024);
    post.visibility = Visibility::Public;
    post.ref_ = uri.reference(cid);
    post.url = Some(uri.page());
    post.author = Some(author(&uri.did, None));
    post.created = created(record, &uri.rkey, now);
    post.language = list(record, "langs").find_map(|tag| {
        let tag = tag.as_str()?;
        let good = (2..=35).contains(&tag.len())
            && tag.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        good.then(|| tag.to_owned())
    });
    facets(&mut post, record);
    for tag in list(record, "tags") {
        hashtag(&mut post, tag);
    }
    let target = |of: &str| {
        let uri = record.get("reply")?.get(of)?.get("uri")?.as_str()?;
        at_uri(uri)
    };
    (post.in_reply_to, post.thread) = (target("parent"), target("root"));
    if let Some(embed) = record.get("embed") {
        attached(&mut post, embed);
    }
    let labels = list(record.get("labels").unwrap_or(&Value::Null), "values");
    label(&mut post, labels.filter_map(|l| l.get("val")?.as_str()));
    post.kind = match (&post.in_reply_to, &post.quote_of) {
        (Some(_), _) => Kind::Reply,
        (None, Some(_)) => Kind::Quote,
        (None, None) => Kind::Post,
    };
    Some(post)
}

/// A post of which is only known that it is not public at present.
pub(crate) fn withdrawn(uri: &PostUri) -> Post {
    let mut post = Post::new(NETWORK, uri.to_string());
    post.visibility = Visibility::Restricted;
    post
}

/// An account by its DID, with its handle if that is known.
pub(crate) fn author(did: &str, handle: Option<&str>) -> Author {
    Author {
        native_id: Some(did.to_owned()),
        handle: handle
            .filter(|h| at::is_handle(h) && *h != "handle.invalid")
            .map(str::to_owned),
        profile_url: Some(format!("https://bsky.app/profile/{did}")),
        ..Author::default()
    }
}

/// Takes over what labels say: warnings, and who does not want to be shown to everybody.
pub(crate) fn label<'a>(post: &mut Post, labels: impl Iterator<Item = &'a str>) {
    let mut warnings: Vec<&str> = Vec::new();
    for label in labels {
        if label == NOT_FOR_ALL {
            post.visibility = Visibility::Restricted;
        }
        if SENSITIVE.contains(&label) && !warnings.contains(&label) {
            warnings.push(label);
        }
    }
    if !warnings.is_empty() {
        post.sensitive = Some(true);
        post.content_warning = Some(warnings.join(", "));
    }
}

/// When a post says that it was written; where it says nothing usable, when its key was made. Never later than now.
fn created(record: &Value, rkey: &str, now: Instant) -> Option<Instant> {
    let said = record
        .get("createdAt")
        .and_then(Value::as_str)
        .and_then(time::rfc3339);
    said.filter(|at| *at >= 0)
        .or_else(|| tid::time(rkey))
        .map(|at| at.min(now))
}

fn list<'v>(value: &'v Value, key: &str) -> impl Iterator<Item = &'v Value> {
    value
        .get(key)
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
}

/// An at-URI that can be an id.
fn at_uri(uri: &str) -> Option<String> {
    let good =
        uri.starts_with("at://") && uri.len() <= 512 && uri.bytes().all(|b| b.is_ascii_graphic());
    good.then(|| uri.to_owned())
}

/// What is marked in the text: hashtags, accounts, links.
fn facets(post: &mut Post, record: &Value) {
    for feature in list(record, "facets").flat_map(|facet| list(facet, "features")) {
        let field = |key: &str| feature.get(key).unwrap_or(&Value::Null);
        match feature.get("$type").and_then(Value::as_str) {
            Some("app.bsky.richtext.facet#tag") => hashtag(post, field("tag")),
            Some("app.bsky.richtext.facet#link") => link(post, field("uri")),
            Some("app.bsky.richtext.facet#mention") => {
                let did = field("did").as_str().filter(|did| at::is_did(did));
                let known = |did: &str| {
                    post.mentions
                        .iter()
                        .any(|m| m.native_id.as_deref() == Some(did))
                };
                if let Some(did) = did.filter(|did| post.mentions.len() < 64 && !known(did)) {
                    post.mentions.push(Mentioned {
                        native_id: Some(did.to_owned()),
                        handle: None,
                    });
                }
            }
            _ => {}
        }
    }
}

fn hashtag(post: &mut Post, tag: &Value) {
    let tag = tag
        .as_str()
        .unwrap_or_default()
        .trim()
        .trim_start_matches(['#', '＃']);
    let good = (1..=128).contains(&tag.len()) && !tag.chars().any(char::is_control);
    if good && post.hashtags.len() < 64 && !post.hashtags.iter().any(|known| known == tag) {
        post.hashtags.push(tag.to_owned());
    }
}

fn link(post: &mut Post, link: &Value) {
    let Some(link) = web(link) else { return };
    if post.links.len() < 64 && !post.links.contains(&link) {
        post.links.push(link);
    }
}

/// An address of the web.
fn web(value: &Value) -> Option<String> {
    let link = value.as_str()?;
    let good = (link.starts_with("https://") || link.starts_with("http://"))
        && link.len() <= 2048
        && !link.chars().any(|c| c.is_whitespace() || c.is_control());
    good.then(|| link.to_owned())
}

/// Pictures, a video, a page, a quoted post, or a quoted post with one of these.
fn attached(post: &mut Post, embed: &Value) {
    let alt = |value: &Value| {
        value
            .get("alt")
            .and_then(Value::as_str)
            .and_then(|alt| text::present(alt, 4096))
    };
    let mut add = |media: Media| {
        if post.media.len() < 32 {
            post.media.push(media);
        }
    };
    match embed.get("$type").and_then(Value::as_str) {
        Some(kind @ ("app.bsky.embed.images" | "app.bsky.embed.gallery")) => {
            let key = if kind.ends_with("images") {
                "images"
            } else {
                "items"
            };
            for image in list(embed, key) {
                add(Media {
                    alt: alt(image),
                    ..Media::new(MediaKind::Image)
                });
            }
        }
        Some("app.bsky.embed.video") => add(Media {
            alt: alt(embed),
            ..Media::new(MediaKind::Video)
        }),
        Some("app.bsky.embed.external") => {
            let page = embed.get("external").unwrap_or(&Value::Null);
            let field = |key: &str| page.get(key).and_then(Value::as_str);
            let title = field("title")
                .filter(|t| !t.trim().is_empty())
                .or_else(|| field("description"));
            let url = page.get("uri").and_then(web);
            if url.is_some() {
                add(Media {
                    url,
                    alt: title.and_then(|t| text::present(t, 4096)),
                    ..Media::new(MediaKind::Link)
                });
            }
            link(post, page.get("uri").unwrap_or(&Value::Null));
        }
        Some("app.bsky.embed.record") => {
            // Lists, feeds and starter packs are embedded in the same way, and are no quotes.
            let quoted = embed.get("record").and_then(|r| r.get("uri")?.as_str());
            post.quote_of = quoted
                .filter(|uri| PostUri::parse(uri).is_some())
                .map(str::to_owned);
        }
        Some("app.bsky.embed.recordWithMedia") => {
            // Neither part is of this kind again, so this goes one step deep and no further.
            for part in ["record", "media"]
                .into_iter()
                .filter_map(|key| embed.get(key))
            {
                if part.get("$type").and_then(Value::as_str)
                    != Some("app.bsky.embed.recordWithMedia")
                {
                    attached(post, part);
                }
            }
        }
        _ => {}
    }
}
