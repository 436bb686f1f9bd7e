//! Mastodon's `Status` as a post.
//!
//! Only `uri` names a post on the whole network: ids are each server's own. An id is what recheck needs, so it is the reference.

use isocial_sdk::{
    connector::{
        Attribute, Author, Change, Engagement, Kind, Media, MediaKind, Mentioned, Post, Visibility,
    },
    html,
    json::{At, JsonError},
    text, time, uri,
};
use serde_json::Value;

use crate::{NETWORK, config::Source};

/// Reads the statuses of one server.
pub(crate) struct Reader<'a> {
    source: &'a Source,
}

fn field<'a>(value: &'a Value, name: &str) -> Option<&'a Value> {
    value.get(name).filter(|value| !value.is_null())
}
fn string<'a>(value: &'a Value, name: &str) -> Option<&'a str> {
    field(value, name)?.as_str().filter(|text| !text.is_empty())
}
fn count(value: &Value, name: &str) -> Option<u64> {
    field(value, name)?.as_u64()
}
fn flag(value: &Value, name: &str) -> Option<bool> {
    field(value, name)?.as_bool()
}
fn list<'a>(value: &'a Value, name: &str) -> &'a [Value] {
    field(value, name)
        .and_then(Value::as_array)
        .map_or(&[], Vec::as_slice)
}
/// A web address that is short enough to be kept whole.
fn address(value: &Value, name: &str) -> Option<String> {
    let text = string(value, name)?;
    let web = text.starts_with("https://") || text.starts_with("http://");
    (web && text.len() <= 2048).then(|| text.to_owned())
}

impl<'a> Reader<'a> {
    pub(crate) fn new(source: &'a Source) -> Self {
        Self { source }
    }

    /// The change that a status is: always an upsert; the host hides what is not public.
    pub(crate) fn change(&self, status: &At<'_>) -> Result<Change, JsonError> {
        self.post(status).map(Change::Upsert)
    }

    /// A status as a post. Fields that the network requires must be there; one of another form among the rest is left out.
    pub(crate) fn post(&self, at: &At<'_>) -> Result<Post, JsonError> {
        let uri = at.text("uri")?;
        if !(1..=512).contains(&uri.len()) {
            return Err(at.error("expected a uri of 1 to 512 bytes"));
        }
        let id = at.id("id")?;
        let account = at.object("account")?.value();
        let content = at.text("content")?;
        let created = at.time("created_at")?;
        let visibility = match at.text("visibility")? {
            "public" => Visibility::Public,
            "unlisted" => Visibility::Unlisted,
            "private" => Visibility::Restricted,
            "direct" => Visibility::Private,
            _ => Visibility::Unknown,
        };
        let status = at.value();
        let reblog = field(status, "reblog").filter(|reblog| reblog.is_object());
        let quoted = field(status, "quote")
            .and_then(|quote| string(field(quote, "quoted_status")?, "uri"))
            .filter(|uri| uri.len() <= 512);
        let answered = at.opt_id("in_reply_to_id").ok().flatten();

        let mut post = Post::new(NETWORK, uri);
        post.ref_ = (id.len() <= 256).then_some(id);
        post.url = address(status, "url").or_else(|| address(status, "uri"));
        post.kind = match (reblog, &answered, quoted) {
            (Some(_), _, _) => Kind::Repost,
            (None, Some(_), _) => Kind::Reply,
            (None, None, Some(_)) => Kind::Quote,
            (None, None, None) => Kind::Post,
        };
        post.text = text::present(&html::to_text(content), 64 * 1024);
        post.content_warning = text::present(at.text("spoiler_text").unwrap_or_default(), 1024);
        post.language = string(status, "language")
            .filter(|tag| tag.len() <= 35)
            .map(str::to_owned);
        post.created = Some(created);
        post.edited = string(status, "edited_at").and_then(time::rfc3339);
        post.author = self.author(account).known();
        post.visibility = if wants_to_be_found(account) {
            visibility
        } else {
            // As public as before for people, but not for us: the host keeps only what is public.
            match visibility {
                Visibility::Public | Visibility::Unlisted => Visibility::Restricted,
                other => other,
            }
        };
        post.in_reply_to = answered.map(|id| self.named(&id));
        post.repost_of = reblog
            .and_then(|reblog| string(reblog, "uri"))
            .filter(|uri| uri.len() <= 512)
            .map(str::to_owned);
        post.quote_of = quoted.map(str::to_owned);
        post.hashtags = list(status, "tags")
            .iter()
            .filter_map(|tag| string(tag, "name"))
            .filter(|name| name.len() <= 128)
            .take(64)
            .map(str::to_owned)
            .collect();
        post.mentions = list(status, "mentions")
            .iter()
            .filter_map(|mention| self.handle(mention))
            .take(64)
            .map(|handle| Mentioned {
                native_id: None,
                handle: Some(handle),
            })
            .collect();
        post.links = links(status, content);
        post.media = list(status, "media_attachments")
            .iter()
            .take(32)
            .map(media)
            .collect();
        post.engagement = Engagement {
            likes: count(status, "favourites_count"),
            reposts: count(status, "reblogs_count"),
            replies: count(status, "replies_count"),
            quotes: count(status, "quotes_count"),
            views: None,
        }
        .known();
        post.sensitive = flag(status, "sensitive");
        post.attributes = vec![Attribute::new("instance", self.source.host.clone())];
        Ok(post)
    }

    /// The name of the status with this id, which no uri can be. Its uri would say more, but is not always at hand, and a name that
    /// changes from one reading to the next would look like an edit.
    fn named(&self, id: &str) -> String {
        text::truncated(format!("local:{}/{id}", self.source.host), 512)
    }

    fn author(&self, account: &Value) -> Author {
        let profile = address(account, "url");
        Author {
            native_id: string(account, "uri")
                .filter(|uri| uri.len() <= 512)
                .map(str::to_owned)
                .or_else(|| profile.clone().filter(|url| url.len() <= 512)),
            handle: self.handle(account),
            display_name: string(account, "display_name").and_then(|name| text::present(name, 512)),
            profile_url: profile,
            // Some servers say -1 for a number that the account hides.
            followers: count(account, "followers_count"),
            verified: None,
            automated: flag(account, "bot"),
        }
    }

    /// The handle with its server: accounts of the server that is asked come without.
    fn handle(&self, account: &Value) -> Option<String> {
        let acct = string(account, "acct")?.trim_start_matches('@');
        let whole = if acct.contains('@') {
            acct.to_owned()
        } else {
            // The server's own name for itself, where it has one beside the address that it was asked at.
            let host = string(account, "url").and_then(uri::host);
            format!("{acct}@{}", host.as_ref().unwrap_or(&self.source.host))
        };
        (whole.len() <= 256 && !acct.is_empty()).then_some(whole)
    }
}

/// Whether the account lets strangers find its posts; what it does not say it does not refuse.
fn wants_to_be_found(account: &Value) -> bool {
    flag(account, "noindex") != Some(true)
        && flag(account, "discoverable") != Some(false)
        && flag(account, "indexable") != Some(false)
        && flag(account, "suspended") != Some(true)
}

/// Links to pages: neither those of mentions nor those of hashtags, and the card's.
fn links(status: &Value, content: &str) -> Vec<String> {
    let people: Vec<&str> = list(status, "mentions")
        .iter()
        .filter_map(|mention| string(mention, "url"))
        .collect();
    let tags: Vec<String> = list(status, "tags")
        .iter()
        .filter_map(|tag| string(tag, "name"))
        .map(str::to_lowercase)
        .collect();
    let of_tag = |link: &str| {
        let path = uri::parts(link).map_or("", |parts| parts.path);
        let mut steps = path.trim_end_matches('/').rsplit('/');
        let name = steps.next().map(|name| uri::decode(name).to_lowercase());
        matches!(steps.next(), Some("tags" | "tag"))
            && name.is_some_and(|name| tags.contains(&name))
    };
    let mut found = html::links(content);
    found.retain(|link| link.len() <= 2048 && !people.contains(&link.as_str()) && !of_tag(link));
    if let Some(card) = field(status, "card").and_then(|card| address(card, "url"))
        && !found.contains(&card)
        && found.len() < 64
    {
        found.push(card);
    }
    found
}

fn media(attachment: &Value) -> Media {
    Media {
        kind: match string(attachment, "type") {
            Some("image") => MediaKind::Image,
            Some("video" | "gifv") => MediaKind::Video,
            Some("audio") => MediaKind::Audio,
            _ => MediaKind::Other,
        },
        url: address(attachment, "remote_url").or_else(|| address(attachment, "url")),
        alt: string(attachment, "description").and_then(|alt| text::present(alt, 4096)),
    }
}
