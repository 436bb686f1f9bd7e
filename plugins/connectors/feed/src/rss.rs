//! RSS in all its versions, RDF among them.

use isocial_sdk::connector::Instant;

use crate::{
    date,
    document::Document,
    item::{About, Enclosure, Item, Words, web},
    xml::{Element, Space},
};

/// Reads a feed.
pub(crate) fn read(root: &Element, address: &str) -> Document {
    let channel = if root.name == "channel" {
        root
    } else {
        root.child(Space::Plain, "channel").unwrap_or(root)
    };
    let base = base(channel, address).unwrap_or_else(|| address.to_owned());
    let mut feed = Document {
        about: About {
            address: address.to_owned(),
            title: channel
                .said(Space::Plain, "title")
                .map(|title| Words::Html(title).line()),
            language: channel
                .said(Space::Plain, "language")
                .or_else(|| channel.said(Space::Dc, "language")),
        },
        ..Document::default()
    };
    // RSS 0.9 and 1.0 have the items beside the channel, the others inside; some writers mix it up.
    let inside = channel.elements().filter(|_| !std::ptr::eq(channel, root));
    for element in inside.chain(root.elements()) {
        if element.name != "item" {
            continue;
        }
        match item(element, address, &base) {
            Some(item) => feed.items.push(item),
            None => feed.rejected += 1,
        }
    }
    feed
}

/// What relative addresses are relative to, if it is said.
fn base(element: &Element, around: &str) -> Option<String> {
    web(around, element.attribute_of(Space::Xml, "base")?)
}

fn item(element: &Element, address: &str, around: &str) -> Option<Item> {
    let own = base(element, around);
    let base = own.as_deref().unwrap_or(around);
    let plain = |name: &str| element.said(Space::Plain, name);
    let guid = element.child(Space::Plain, "guid");
    let guid_text = guid
        .map(|guid| guid.text().trim().to_owned())
        .filter(|id| !id.is_empty());
    // A guid is an address unless it says otherwise; many say nothing and are none.
    let permalink = guid
        .filter(|guid| {
            guid.attribute("ispermalink")
                .is_none_or(|v| v.eq_ignore_ascii_case("true"))
        })
        .and(guid_text.as_deref())
        .filter(|id| id.contains("://"))
        .and_then(|id| web(base, id));
    let link = plain("link")
        .and_then(|link| web(base, &link))
        .or_else(|| crate::atom::link(element, base, "alternate"))
        .or(permalink);
    // RDF names an item by an attribute.
    let about = element.attribute_any("about");
    let body = element
        .said(Space::Content, "encoded")
        .or_else(|| element.child(Space::Plain, "description").map(markup))
        .or_else(|| element.child(Space::Itunes, "summary").map(markup))
        .or_else(|| element.child(Space::Media, "description").map(markup));
    let mut item = Item {
        title: plain("title")
            .or_else(|| element.said(Space::Media, "title"))
            .or_else(|| element.said(Space::Dc, "title"))
            .map(|title| Words::Html(title).line()),
        body: body.map(Words::Html),
        author: element
            .said(Space::Dc, "creator")
            .or_else(|| plain("author").and_then(|author| name_of(&author)))
            .or_else(|| element.said(Space::Itunes, "author"))
            .or_else(|| {
                element
                    .child(Space::Atom, "author")?
                    .said(Space::Atom, "name")
            }),
        language: element
            .said(Space::Dc, "language")
            .or_else(|| element.attribute_of(Space::Xml, "lang").map(str::to_owned)),
        published: when(
            element,
            &[
                (Space::Plain, "pubdate"),
                (Space::Dc, "date"),
                (Space::Dc, "created"),
                (Space::Atom, "published"),
                (Space::Plain, "date"),
            ],
        ),
        updated: when(
            element,
            &[(Space::Atom, "updated"), (Space::Dc, "modified")],
        ),
        categories: categories(element),
        enclosures: enclosures(element, base),
        base: own.or_else(|| link.clone()),
        link,
        ..Item::default()
    };
    if item.published.is_none() {
        item.published = item.updated;
    }
    item.named(address, guid_text.as_deref().or(about))
}

/// What an element holds as markup: escaped, or as elements.
fn markup(element: &Element) -> String {
    if element.has_markup() {
        element.markup()
    } else {
        element.text()
    }
}

/// The name in `mail@host.example (Name)` or `Name <mail@host.example>`; an address alone is nobody's name.
pub(crate) fn name_of(author: &str) -> Option<String> {
    let named = match (author.split_once('('), author.split_once('<')) {
        (Some((before, rest)), _) if before.contains('@') => {
            rest.split(')').next().unwrap_or_default()
        }
        (_, Some((before, rest))) if rest.contains('@') => before,
        _ => author,
    };
    let named = named.trim().trim_matches('"').trim();
    (!named.is_empty() && !named.contains('@')).then(|| named.to_owned())
}

fn when(element: &Element, names: &[(Space, &str)]) -> Option<Instant> {
    names
        .iter()
        .find_map(|(space, name)| date::read(&element.said(*space, name)?))
}

fn categories(element: &Element) -> Vec<String> {
    let wanted = |child: &&Element| {
        matches!(
            (child.space, child.name.as_str()),
            (Space::Plain, "category") | (Space::Dc, "subject")
        )
    };
    let words = element.elements().filter(wanted).map(|category| {
        category
            .text()
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ")
    });
    words.filter(|word| !word.is_empty()).take(64).collect()
}

fn enclosures(element: &Element, base: &str) -> Vec<Enclosure> {
    let mut found: Vec<Enclosure> = Vec::new();
    let groups = element
        .elements()
        .filter(|child| child.space == Space::Media && child.name == "group");
    let all = element.elements().chain(groups.flat_map(Element::elements));
    for child in all {
        let kind = match (child.space, child.name.as_str()) {
            (Space::Plain, "enclosure") => child.attribute("type"),
            (Space::Media, "content") => child
                .attribute("type")
                .or_else(|| child.attribute("medium")),
            (Space::Media, "thumbnail") => Some("image"),
            _ => continue,
        };
        let Some(url) = child.attribute("url").and_then(|url| web(base, url)) else {
            continue;
        };
        if !found.iter().any(|own| own.url == url) {
            found.push(Enclosure {
                url,
                kind: kind.map(str::to_ascii_lowercase),
                alt: child
                    .said(Space::Media, "description")
                    .or_else(|| child.said(Space::Media, "title")),
            });
        }
    }
    found
}
