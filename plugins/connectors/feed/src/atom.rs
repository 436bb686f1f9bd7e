//! Atom 1.0, and 0.3 before it.

use isocial_sdk::connector::Instant;

use crate::{
    date,
    document::Document,
    item::{About, Enclosure, Item, Words, web},
    xml::{Element, Space},
};

/// Reads a feed. Atom's names are looked for in the space that its root has, which careless writers leave out.
pub(crate) fn read(root: &Element, address: &str) -> Document {
    let around = base(root, address).unwrap_or_else(|| address.to_owned());
    let mut feed = Document {
        about: About {
            address: address.to_owned(),
            title: root
                .child(root.space, "title")
                .map(|title| words(title).line()),
            language: root.attribute_of(Space::Xml, "lang").map(str::to_owned),
        },
        ..Document::default()
    };
    let alone = (root.name == "entry").then_some(root);
    let entries = root
        .elements()
        .filter(|child| child.space == root.space && child.name == "entry");
    let author = author(root).filter(|_| alone.is_none());
    for element in alone.into_iter().chain(entries) {
        match entry(element, address, &around, author.as_ref()) {
            Some(item) => feed.items.push(item),
            None => feed.rejected += 1,
        }
    }
    feed
}

fn base(element: &Element, around: &str) -> Option<String> {
    web(around, element.attribute_of(Space::Xml, "base")?)
}

/// The address that an element's links name as `relation`.
pub(crate) fn link(element: &Element, base: &str, relation: &str) -> Option<String> {
    links(element, base, relation).next()
}

fn links<'a>(
    element: &'a Element,
    base: &'a str,
    relation: &'a str,
) -> impl Iterator<Item = String> + 'a {
    element
        .elements()
        .filter(move |link| {
            let space = link.space == Space::Atom || link.space == element.space;
            space && link.name == "link" && link.attribute("rel").unwrap_or("alternate") == relation
        })
        .filter_map(move |link| web(base, link.attribute("href")?))
}

fn entry(
    element: &Element,
    address: &str,
    around: &str,
    of_feed: Option<&(String, Option<String>)>,
) -> Option<Item> {
    let own = base(element, around);
    let base_url = own.as_deref().unwrap_or(around);
    let space = element.space;
    let content = element.child(space, "content");
    let body = content
        .filter(|content| !content.text().trim().is_empty())
        .or_else(|| element.child(space, "summary"));
    let inner = body.and_then(|body| base(body, base_url));
    let when = |names: &[&str]| -> Option<Instant> {
        names
            .iter()
            .find_map(|name| date::read(&element.said(space, name)?))
    };
    let source = element.child(space, "source");
    let (author, author_url) = author(element)
        .or_else(|| author(source?))
        .or_else(|| of_feed.cloned())
        .map_or((None, None), |(name, url)| (Some(name), url));
    let enclosures = element
        .elements()
        .filter(|link| {
            link.space == space && link.name == "link" && link.attribute("rel") == Some("enclosure")
        })
        .filter_map(|link| {
            Some(Enclosure {
                url: web(base_url, link.attribute("href")?)?,
                kind: link.attribute("type").map(str::to_ascii_lowercase),
                alt: link.attribute("title").map(str::to_owned),
            })
        });
    let mut item = Item {
        // What stands elsewhere is the page where there is no other.
        link: link(element, base_url, "alternate")
            .or_else(|| web(base_url, content?.attribute("src")?)),
        title: element
            .child(space, "title")
            .map(|title| words(title).line()),
        body: body.map(words),
        author,
        author_url: author_url.and_then(|url| web(base_url, &url)),
        language: body
            .and_then(|body| body.attribute_of(Space::Xml, "lang"))
            .or_else(|| element.attribute_of(Space::Xml, "lang"))
            .map(str::to_owned),
        published: when(&["published", "issued", "created"]),
        updated: when(&["updated", "modified"]),
        categories: element
            .elements()
            .filter(|category| category.space == space && category.name == "category")
            .filter_map(|category| {
                category
                    .attribute("label")
                    .or_else(|| category.attribute("term"))
            })
            .map(|word| word.split_whitespace().collect::<Vec<_>>().join(" "))
            .filter(|word| !word.is_empty())
            .take(64)
            .collect(),
        enclosures: enclosures.collect(),
        links: links(element, base_url, "related")
            .chain(links(element, base_url, "via"))
            .collect(),
        base: inner.or(own),
        ..Item::default()
    };
    if item.base.is_none() {
        item.base = Some(around.to_owned());
    }
    let id = element.said(space, "id");
    item.named(address, id.as_deref())
}

/// Name and address of the first author.
fn author(element: &Element) -> Option<(String, Option<String>)> {
    let author = element.child(element.space, "author")?;
    let name = crate::rss::name_of(&author.said(element.space, "name")?)?;
    let url = author
        .said(element.space, "uri")
        .or_else(|| author.said(element.space, "url"));
    Some((name, url))
}

/// A text construct, read as its type says; 0.3 says it by media type and mode.
fn words(element: &Element) -> Words {
    let kind = element
        .attribute("type")
        .unwrap_or("text")
        .trim()
        .to_ascii_lowercase();
    let escaped = element
        .attribute("mode")
        .is_some_and(|mode| mode.eq_ignore_ascii_case("escaped"));
    match kind.as_str() {
        "xhtml" | "application/xhtml+xml" => Words::Html(element.markup()),
        _ if element.has_markup() => Words::Html(element.markup()),
        "html" | "text/html" => Words::Html(element.text()),
        _ if escaped => Words::Html(element.text()),
        _ => Words::Plain(element.text()),
    }
}
