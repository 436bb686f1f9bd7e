//! Mastodon's entities, as its published description has them.

use isocial_model::Instant;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::state::State;
use crate::week::{Person, SamplePost, Visibility, Week, fold};

/// `2026-03-05T10:11:12.345Z`; the epoch where the instant is beyond the calendar.
pub(super) fn time(at: Instant) -> String {
    stamp(at).strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}

/// The same as a timestamp.
pub(super) fn stamp(at: Instant) -> Timestamp {
    Timestamp::from_millisecond(at.as_millis()).unwrap_or_default()
}

/// A `Status`, as everybody sees it.
pub(super) fn status(state: &State, index: usize, post: &SamplePost) -> Value {
    let (shown, edited) = state.shown(index, post);
    let people = &state.week.people;
    let author = people.get(post.author);
    let answered = post.answers.and_then(|at| state.week.posts.get(at));
    let server = author.map_or(Week::HOME, Person::server);
    let username = author.map_or("", |person| person.username.as_str());
    json!({
        "id": post.id.to_string(),
        "uri": format!("https://{server}/users/{username}/statuses/{}", post.id),
        "url": format!("https://{server}/@{username}/{}", post.id),
        "created_at": time(post.created),
        "edited_at": edited.map(time),
        "in_reply_to_id": answered.map(|post| post.id.to_string()),
        "in_reply_to_account_id": answered.and_then(|post| people.get(post.author)).map(|person| person.id.to_string()),
        "sensitive": post.sensitive,
        "spoiler_text": post.spoiler,
        "visibility": visibility(post.visibility),
        "language": post.language.map(crate::week::Tongue::tag),
        "replies_count": post.counts[0],
        "reblogs_count": post.counts[1],
        "favourites_count": post.counts[2],
        "quotes_count": 0,
        "content": shown.html,
        "reblog": null,
        "quote": null,
        "account": author.map(|person| account(state, post.author, person)),
        "media_attachments": post.picture.iter().map(|alt| media(post, alt)).collect::<Vec<_>>(),
        "mentions": post.mentions.iter().filter_map(|at| people.get(*at)).map(mention).collect::<Vec<_>>(),
        "tags": post.tags.iter().map(|name| tag(name)).collect::<Vec<_>>(),
        "emojis": [],
        "card": post.link.as_deref().map(card),
        "poll": null,
    })
}

fn visibility(of: Visibility) -> &'static str {
    match of {
        Visibility::Public => "public",
        Visibility::Unlisted => "unlisted",
        Visibility::Restricted => "private",
        Visibility::Private | Visibility::Unknown => "direct",
    }
}

fn account(state: &State, index: usize, person: &Person) -> Value {
    let picture = |kind: &str| format!("https://{}/{kind}/original/missing.png", Week::HOME);
    let wrote = || state.week.posts.iter().filter(|post| post.author == index);
    json!({
        "id": person.id.to_string(),
        "username": person.username,
        "acct": person.acct(),
        "display_name": person.name,
        "locked": false,
        "bot": person.bot,
        "discoverable": person.findable,
        "indexable": person.findable,
        "noindex": !person.findable,
        "group": false,
        "created_at": time(person.joined.floor(Instant::DAY_MS)),
        "note": "",
        "url": person.url(),
        "uri": person.uri(),
        "avatar": picture("avatars"),
        "avatar_static": picture("avatars"),
        "header": picture("headers"),
        "header_static": picture("headers"),
        "followers_count": person.followers,
        "following_count": person.followers % 97,
        "statuses_count": wrote().count(),
        "last_status_at": wrote().next_back().map(|post| stamp(post.created).strftime("%Y-%m-%d").to_string()),
        "hide_collections": null,
        "emojis": [],
        "roles": [],
        "fields": [],
    })
}

fn mention(person: &Person) -> Value {
    json!({
        "id": person.id.to_string(),
        "username": person.username,
        "url": person.url(),
        "acct": person.acct(),
    })
}

fn tag(name: &str) -> Value {
    json!({ "name": name.to_lowercase(), "url": format!("https://{}/tags/{}", Week::HOME, fold(name)) })
}

fn media(post: &SamplePost, alt: &str) -> Value {
    let file = format!("https://{}/media/{}.png", Week::HOME, post.id);
    json!({
        "id": (post.id ^ 1).to_string(),
        "type": "image",
        "url": file,
        "preview_url": file,
        "remote_url": null,
        "meta": { "original": { "width": 1200, "height": 800, "size": "1200x800", "aspect": 1.5 } },
        "description": alt,
        "blurhash": null,
    })
}

fn card(url: &str) -> Value {
    let site = url
        .strip_prefix("https://")
        .and_then(|bare| bare.split('/').next())
        .unwrap_or_default();
    json!({
        "url": url,
        "title": site,
        "description": "",
        "language": null,
        "type": "link",
        "author_name": "",
        "author_url": "",
        "provider_name": site,
        "provider_url": format!("https://{site}/"),
        "html": "",
        "width": 0,
        "height": 0,
        "image": null,
        "image_description": "",
        "embed_url": "",
        "blurhash": null,
        "published_at": null,
        "authors": [],
    })
}

/// The `Instance`, version 2.
pub(super) fn instance(state: &State) -> Value {
    let streaming = state.base_url.replacen("http", "ws", 1);
    json!({
        "domain": Week::HOME,
        "title": "Plaza",
        "version": "4.5.0",
        "source_url": format!("https://{}/source", Week::HOME),
        "description": "A sample network of invented people.",
        "usage": { "users": { "active_month": state.week.people.len() } },
        "thumbnail": { "url": format!("https://{}/thumbnail.png", Week::HOME), "blurhash": null, "versions": {} },
        "icon": [],
        "languages": ["en", "vi"],
        "configuration": {
            "urls": { "streaming": streaming, "status": null, "about": null, "privacy_policy": null, "terms_of_service": null },
            "vapid": { "public_key": "" },
            "accounts": { "max_featured_tags": 10, "max_pinned_statuses": 5 },
            "statuses": { "max_characters": 500, "max_media_attachments": 4, "characters_reserved_per_url": 23 },
            "media_attachments": {
                "supported_mime_types": ["image/png"],
                "image_size_limit": 16_777_216,
                "image_matrix_limit": 33_177_600,
                "video_size_limit": 103_809_024,
                "video_frame_rate_limit": 120,
                "video_matrix_limit": 8_294_400,
            },
            "polls": { "max_options": 4, "max_characters_per_option": 50, "min_expiration": 300, "max_expiration": 2_629_746 },
            "translation": { "enabled": false },
            "limited_federation": false,
        },
        "registrations": { "enabled": false, "approval_required": false, "message": null, "min_age": null, "reason_required": null, "url": null },
        "api_versions": { "mastodon": 7 },
        "contact": { "email": format!("hello@{}", Week::HOME), "account": null },
        "rules": [],
    })
}
