//! One item as the formats have it between them, and the post that it becomes.

use isocial_sdk::{
    connector::{Attribute, Author, Instant, Kind, Media, MediaKind, Post, Visibility},
    html, text, uri,
};

use crate::NETWORK;

/// Words that are text, or markup of which people see the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Words {
    /// As it stands.
    Plain(String),
    /// To be read as a browser shows it.
    Html(String),
}

impl Words {
    /// What people read.
    pub(crate) fn read(&self) -> String {
        match self {
            Self::Plain(text) => text.trim().to_owned(),
            Self::Html(markup) => html::to_text(markup),
        }
    }
    /// The same on one line.
    pub(crate) fn line(&self) -> String {
        self.read().split_whitespace().collect::<Vec<_>>().join(" ")
    }
    fn is_empty(&self) -> bool {
        let (Self::Plain(text) | Self::Html(text)) = self;
        text.trim().is_empty()
    }
}

/// What a feed says of itself.
#[derive(Debug, Default, Clone)]
pub(crate) struct About {
    /// Its address.
    pub(crate) address: String,
    /// Its title, one line.
    pub(crate) title: Option<String>,
    /// Its language.
    pub(crate) language: Option<String>,
}

/// Something attached.
#[derive(Debug, Clone)]
pub(crate) struct Enclosure {
    pub(crate) url: String,
    /// Media type, or its first word.
    pub(crate) kind: Option<String>,
    pub(crate) alt: Option<String>,
}

/// One item.
#[derive(Debug, Default, Clone)]
pub(crate) struct Item {
    /// Its name on the network; set by [`Item::named`].
    pub(crate) id: String,
    pub(crate) link: Option<String>,
    pub(crate) title: Option<String>,
    pub(crate) body: Option<Words>,
    pub(crate) author: Option<String>,
    pub(crate) author_url: Option<String>,
    pub(crate) language: Option<String>,
    pub(crate) published: Option<Instant>,
    pub(crate) updated: Option<Instant>,
    pub(crate) categories: Vec<String>,
    pub(crate) enclosures: Vec<Enclosure>,
    /// Addresses that the item is about, beside its own.
    pub(crate) links: Vec<String>,
    /// What relative addresses in its body are relative to.
    pub(crate) base: Option<String>,
}

/// Marks of what a post may hold.
const MOST_TEXT: usize = 64 * 1024;
const MOST_URL: usize = 2048;

/// An address of a page, made absolute.
pub(crate) fn web(base: &str, reference: &str) -> Option<String> {
    let reference = reference.trim();
    if reference.is_empty() {
        return None;
    }
    let whole = uri::resolve(base, reference)?;
    let web = ["https://", "http://"].iter().any(|scheme| {
        whole
            .get(..scheme.len())
            .is_some_and(|own| own.eq_ignore_ascii_case(scheme))
    });
    let clean = !whole.contains(|c: char| c.is_whitespace() || c.is_control());
    (web && clean && whole.len() <= MOST_URL).then_some(whole)
}

/// A language tag, as BCP 47 writes it; nothing if it is none.
fn language(tag: &str) -> Option<String> {
    let tag = tag.trim().replace('_', "-");
    let mut parts = tag.split('-');
    let first = parts.next().is_some_and(|part| {
        (2..=3).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphabetic())
    });
    let rest = parts.all(|part| {
        (1..=8).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphanumeric())
    });
    (first && rest && tag.len() <= 35).then_some(tag)
}

impl Item {
    /// Whether all that is known of its time is before what is wanted.
    pub(crate) fn older_than(&self, since: Option<Instant>) -> bool {
        since
            .zip(self.published.max(self.updated))
            .is_some_and(|(since, newest)| newest < since)
    }
    /// Gives the item its name; nothing if it says nothing at all.
    pub(crate) fn named(mut self, feed: &str, id: Option<&str>) -> Option<Self> {
        self.body = self.body.filter(|body| !body.is_empty());
        self.title = self.title.filter(|title| !title.is_empty());
        if self.body.is_none() && self.title.is_none() && self.link.is_none() {
            return None;
        }
        let body = self.body.as_ref().map(|body| {
            let (Words::Plain(text) | Words::Html(text)) = body;
            text.as_str()
        });
        self.id = crate::identity::of(
            feed,
            id,
            self.link.as_deref(),
            [self.title.as_deref(), body],
        );
        Some(self)
    }

    /// The item as a post.
    pub(crate) fn into_post(self, about: &About) -> Post {
        let mut post = Post::new(NETWORK, self.id);
        let base = self
            .base
            .as_deref()
            .or(self.link.as_deref())
            .unwrap_or(&about.address);
        post.kind = Kind::Article;
        post.visibility = Visibility::Public;
        post.text = self
            .body
            .as_ref()
            .and_then(|body| text::present(&body.read(), MOST_TEXT));
        post.title = self
            .title
            .as_deref()
            .and_then(|title| text::present(title, 1024));
        let said = self.language.as_deref().and_then(language);
        post.language = said.or_else(|| about.language.as_deref().and_then(language));
        post.created = self.published.or(self.updated);
        post.edited = self
            .updated
            .filter(|updated| post.created.is_some_and(|made| made < *updated));
        post.author = Author {
            display_name: self
                .author
                .as_deref()
                .and_then(|name| text::present(name, 512)),
            profile_url: self.author_url,
            ..Author::default()
        }
        .known();
        if let Some(Words::Html(markup)) = &self.body {
            post.links = links(base, markup);
        }
        for link in self.links {
            if post.links.len() < 64 && !post.links.contains(&link) {
                post.links.push(link);
            }
        }
        post.media = self.enclosures.iter().take(32).map(media).collect();
        post.hashtags = hashtags(&self.categories);
        let mut attribute = |key, value: Option<String>| {
            if let Some(value) = value {
                post.attributes.push(Attribute::new(key, value));
            }
        };
        attribute("feed", Some(about.address.clone()));
        attribute(
            "source-title",
            about
                .title
                .as_deref()
                .and_then(|title| text::present(title, 1024)),
        );
        attribute("tags", text::present(&self.categories.join(", "), 1024));
        post.url = self.link;
        post
    }
}

/// Pages that this markup links to, each once, at most 64. Addresses may be relative.
fn links(base: &str, markup: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for tag in markup.split('<').skip(1) {
        let anchor = tag
            .strip_prefix(['a', 'A'])
            .filter(|rest| rest.starts_with(char::is_whitespace));
        let Some(link) = anchor
            .and_then(href)
            .and_then(|href| web(base, &html::decode_entities(href)))
        else {
            continue;
        };
        if !found.contains(&link) {
            found.push(link);
        }
        if found.len() == 64 {
            break;
        }
    }
    found
}

/// The value of `href` among attributes, in whatever quotes.
fn href(attributes: &str) -> Option<&str> {
    let end = |text: &str, stops: &[char]| text.find(stops).unwrap_or(text.len());
    let mut rest = attributes;
    loop {
        rest = rest.trim_start();
        let name_end = end(rest, &['=', '>', ' ', '\t', '\n', '\r', '/']);
        let (name, after) = rest.split_at(name_end);
        let Some(value) = after.trim_start().strip_prefix('=').map(str::trim_start) else {
            let next = after.get(1..).filter(|_| !after.starts_with('>'))?;
            rest = next;
            continue;
        };
        let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''));
        let (inside, next) = match quote {
            Some(quote) => value.get(1..)?.split_once(quote)?,
            None => value.split_at(end(value, &['>', ' ', '\t', '\n', '\r'])),
        };
        if name.eq_ignore_ascii_case("href") {
            return Some(inside);
        }
        rest = next;
    }
}

/// Categories of one word, as people would write them with `#`.
fn hashtags(categories: &[String]) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for category in categories {
        let tag = category.trim_start_matches('#');
        let word =
            (1..=128).contains(&tag.len()) && tag.chars().all(|c| c.is_alphanumeric() || c == '_');
        if word && found.len() < 64 && !found.iter().any(|own| own == tag) {
            found.push(tag.to_owned());
        }
    }
    found
}

fn media(enclosure: &Enclosure) -> Media {
    let kind = enclosure.kind.as_deref().unwrap_or_default();
    Media {
        kind: match kind.split('/').next().unwrap_or_default().trim() {
            "image" => MediaKind::Image,
            "video" => MediaKind::Video,
            "audio" => MediaKind::Audio,
            _ => MediaKind::Other,
        },
        url: Some(enclosure.url.clone()),
        alt: enclosure
            .alt
            .as_deref()
            .and_then(|alt| text::present(alt, 4096)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_of_markup_are_made_absolute() {
        let markup = "<p><a class=x href='/one?a=1&amp;b=2'>1</a> <A TITLE=\"href='no'\" HREF=two>2</A> <a\nid=q\nhref = \"https://x.example/\">3</a>\
             <a href='mailto:a@b.example'>m</a><abbr href='/no'> <a name=only> <a href='/one?a=1&#38;b=2'> <a href=\"/unfinished";
        assert_eq!(
            links("https://news.example/d/", markup),
            [
                "https://news.example/one?a=1&b=2",
                "https://news.example/d/two",
                "https://x.example/"
            ]
        );
    }

    #[test]
    fn languages_and_hashtags_are_what_they_should_be() {
        assert_eq!(language("en_us").as_deref(), Some("en-us"));
        for bad in ["", "english language", "e", "en-", "1n"] {
            assert_eq!(language(bad), None, "{bad}");
        }
        let tags = ["#Xe_Đạp", "two words", "Bikes", "Bikes", ""].map(String::from);
        assert_eq!(hashtags(&tags), ["Xe_Đạp", "Bikes"]);
    }
}
