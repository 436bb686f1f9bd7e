//! One line: JSON to a post.

use isocial_sdk::{
    connector::{Author, Engagement, Instant, Kind, Post, Visibility},
    text::{present, truncated},
    time::rfc3339,
};
use serde::Deserialize;
use serde_json::Value;

/// A line, under the names that archives of posts use. What has another type than expected makes the line unreadable.
#[derive(Deserialize)]
struct Line {
    #[serde(alias = "native_id", alias = "native-id")]
    id: Option<Id>,
    network: Option<String>,
    text: Option<String>,
    title: Option<String>,
    #[serde(alias = "content_warning", alias = "content-warning")]
    spoiler: Option<String>,
    url: Option<String>,
    #[serde(alias = "created_at", alias = "created-at", alias = "date")]
    created: Option<Time>,
    #[serde(alias = "edited_at", alias = "edited-at")]
    edited: Option<Time>,
    #[serde(alias = "language")]
    lang: Option<String>,
    author: Option<Writer>,
    kind: Option<String>,
    #[serde(alias = "in-reply-to")]
    in_reply_to: Option<Id>,
    #[serde(default)]
    hashtags: Vec<String>,
    #[serde(default)]
    links: Vec<String>,
    likes: Option<u64>,
    reposts: Option<u64>,
    replies: Option<u64>,
    quotes: Option<u64>,
    views: Option<u64>,
    rating: Option<f32>,
    country: Option<String>,
    sensitive: Option<bool>,
}

/// An id as text or as a number.
#[derive(Deserialize)]
#[serde(untagged)]
enum Id {
    Text(String),
    Number(i64),
}

impl Id {
    fn into_text(self) -> Option<String> {
        match self {
            Self::Text(text) => present(&text, 512),
            Self::Number(number) => Some(number.to_string()),
        }
    }
}

/// RFC 3339, or milliseconds since 1970.
#[derive(Deserialize)]
#[serde(untagged)]
enum Time {
    Text(String),
    Millis(Instant),
}

impl Time {
    fn instant(&self) -> Option<Instant> {
        match self {
            Self::Text(text) => rfc3339(text),
            Self::Millis(millis) => Some(*millis),
        }
    }
}

/// A handle alone, or more.
#[derive(Deserialize)]
#[serde(untagged)]
enum Writer {
    Handle(String),
    Known {
        #[serde(alias = "native_id", alias = "native-id")]
        id: Option<Id>,
        #[serde(alias = "username", alias = "acct")]
        handle: Option<String>,
        #[serde(alias = "display_name", alias = "display-name")]
        name: Option<String>,
        #[serde(alias = "profile_url", alias = "profile-url")]
        url: Option<String>,
        followers: Option<u64>,
        verified: Option<bool>,
        #[serde(alias = "bot")]
        automated: Option<bool>,
    },
}

impl Writer {
    fn author(self) -> Option<Author> {
        let handle = |text: &str| present(text.trim().trim_start_matches('@'), 256);
        let author = match self {
            Self::Handle(text) => Author {
                handle: handle(&text),
                ..Author::default()
            },
            Self::Known {
                id,
                handle: given,
                name,
                url,
                followers,
                verified,
                automated,
            } => Author {
                native_id: id.and_then(Id::into_text),
                handle: given.as_deref().and_then(handle),
                display_name: name.as_deref().and_then(|n| present(n, 512)),
                profile_url: url.and_then(address),
                followers,
                verified,
                automated,
            },
        };
        author.known()
    }
}

/// The post on a line; nothing if the line is no JSON object, a field has the wrong type, or there is neither text nor title.
pub(crate) fn post(line: &str, digest: &str, number: u64) -> Option<Post> {
    let line = line.trim_start_matches('\u{feff}');
    let value: Value = serde_json::from_str(line).ok().filter(Value::is_object)?;
    let line = Line::deserialize(value).ok()?;
    let mut post = Post::new(
        "archive",
        native_id(line.id, line.network.as_deref(), digest, number),
    );
    post.text = line
        .text
        .filter(|text| !text.trim().is_empty())
        .map(|text| truncated(text, 65_536));
    post.title = line.title.as_deref().and_then(|title| present(title, 1024));
    if post.text.is_none() && post.title.is_none() {
        return None;
    }
    post.content_warning = line.spoiler.as_deref().and_then(|text| present(text, 1024));
    post.url = line.url.and_then(address);
    post.kind = kind(line.kind.as_deref().unwrap_or("post"));
    post.created = line
        .created
        .as_ref()
        .map(|time| time.instant().ok_or(()))
        .transpose()
        .ok()?;
    post.edited = line
        .edited
        .as_ref()
        .map(|time| time.instant().ok_or(()))
        .transpose()
        .ok()?;
    post.language = line.lang.filter(|tag| (1..=35).contains(&tag.len()));
    post.author = line.author.and_then(Writer::author);
    post.visibility = Visibility::Public;
    post.in_reply_to = line.in_reply_to.and_then(Id::into_text);
    post.hashtags = short(
        line.hashtags.iter().map(|tag| tag.trim_start_matches('#')),
        128,
    );
    post.links = line
        .links
        .into_iter()
        .filter_map(address)
        .take(64)
        .collect();
    let Line {
        likes,
        reposts,
        replies,
        quotes,
        views,
        ..
    } = line;
    post.engagement = Engagement {
        likes,
        reposts,
        replies,
        quotes,
        views,
    }
    .known();
    post.rating = line.rating.filter(|rating| (0.0..=1.0).contains(rating));
    post.country = line
        .country
        .filter(|code| code.len() == 2 && code.bytes().all(|b| b.is_ascii_uppercase()));
    post.sensitive = line.sensitive;
    Some(post)
}

/// The line's own id, apart from those of other networks in the same file; else one of the digest and the line's number.
fn native_id(id: Option<Id>, network: Option<&str>, digest: &str, number: u64) -> String {
    match (
        id.and_then(Id::into_text),
        network.and_then(|n| present(n, 32)),
    ) {
        (Some(id), Some(network)) => truncated(format!("{network}:{id}"), 512),
        (Some(id), None) => id,
        (None, _) => format!("{digest}:{number}"),
    }
}

fn kind(name: &str) -> Kind {
    match name {
        "reply" => Kind::Reply,
        "repost" => Kind::Repost,
        "quote" => Kind::Quote,
        "comment" => Kind::Comment,
        "review" => Kind::Review,
        "article" => Kind::Article,
        "video" => Kind::Video,
        _ => Kind::Post,
    }
}

fn address(url: String) -> Option<String> {
    let good = url.len() <= 2048 && (url.starts_with("https://") || url.starts_with("http://"));
    good.then_some(url)
}

fn short<'a>(list: impl Iterator<Item = &'a str>, most: usize) -> Vec<String> {
    list.filter_map(|text| present(text, most))
        .take(64)
        .collect()
}
