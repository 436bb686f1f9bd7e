//! JSON Feed 1.0 and 1.1.

use isocial_sdk::{
    connector::Fault,
    json::{self, At},
};
use serde_json::Value;

use crate::{
    date,
    document::Document,
    item::{About, Enclosure, Item, Words, web},
};

/// Reads a feed.
pub(crate) fn read(text: &str, address: &str) -> Result<Document, Fault> {
    let whole = json::parse(text.as_bytes())?;
    let root = At::root(&whole);
    if whole.get("items").is_none() {
        return Err(Fault::other(
            "not-a-feed",
            "expected JSON Feed, which has items",
        ));
    }
    let mut feed = Document {
        about: About {
            address: address.to_owned(),
            title: string(&whole, "title").map(|title| Words::Plain(title).line()),
            language: string(&whole, "language"),
        },
        ..Document::default()
    };
    let author = author(&whole);
    for at in root.list("items")? {
        match item(at.value(), address, author.as_ref()) {
            Some(item) => feed.items.push(item),
            None => feed.rejected += 1,
        }
    }
    Ok(feed)
}

fn string(value: &Value, name: &str) -> Option<String> {
    let text = value.get(name)?.as_str()?.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

fn list<'a>(value: &'a Value, name: &str) -> &'a [Value] {
    value
        .get(name)
        .and_then(Value::as_array)
        .map_or(&[], Vec::as_slice)
}

/// Name and address of the first author, as either version has it.
fn author(value: &Value) -> Option<(String, Option<String>)> {
    let first = list(value, "authors")
        .first()
        .or_else(|| value.get("author"))?;
    Some((
        crate::rss::name_of(&string(first, "name")?)?,
        string(first, "url"),
    ))
}

fn item(value: &Value, address: &str, of_feed: Option<&(String, Option<String>)>) -> Option<Item> {
    value.as_object()?;
    // An id should be text; numbers are met with.
    let id = string(value, "id").or_else(|| Some(value.get("id")?.as_number()?.to_string()));
    let (name, url) = author(value)
        .or_else(|| of_feed.cloned())
        .map_or((None, None), |(name, url)| (Some(name), url));
    let when = |name: &str| date::read(&string(value, name)?);
    let link = |name: &str| web(address, &string(value, name)?);
    let mut enclosures: Vec<Enclosure> = ["image", "banner_image"]
        .into_iter()
        .filter_map(link)
        .map(|url| Enclosure {
            url,
            kind: Some("image".into()),
            alt: None,
        })
        .collect();
    enclosures.extend(list(value, "attachments").iter().filter_map(|attachment| {
        Some(Enclosure {
            url: web(address, &string(attachment, "url")?)?,
            kind: string(attachment, "mime_type").map(|kind| kind.to_ascii_lowercase()),
            alt: string(attachment, "title"),
        })
    }));
    let tags = list(value, "tags").iter().filter_map(Value::as_str);
    let item = Item {
        link: link("url"),
        title: string(value, "title").map(|title| Words::Plain(title).line()),
        body: string(value, "content_html")
            .map(Words::Html)
            .or_else(|| string(value, "content_text").map(Words::Plain))
            .or_else(|| string(value, "summary").map(Words::Plain)),
        author: name,
        author_url: url.and_then(|url| web(address, &url)),
        language: string(value, "language"),
        published: when("date_published"),
        updated: when("date_modified"),
        categories: tags
            .map(|tag| tag.split_whitespace().collect::<Vec<_>>().join(" "))
            .filter(|tag| !tag.is_empty())
            .take(64)
            .collect(),
        enclosures,
        links: link("external_url").into_iter().collect(),
        ..Item::default()
    };
    item.named(address, id.as_deref())
}
