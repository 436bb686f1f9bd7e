//! A feed of any format: which one it is, and what it says.

use isocial_sdk::connector::{Fault, Response};

use crate::{
    atom, decode,
    item::{About, Item},
    json_feed, rss,
    xml::{self, Space, Tree},
};

/// A feed.
#[derive(Debug, Default)]
pub(crate) struct Document {
    pub(crate) about: About,
    /// In the feed's order, each name once.
    pub(crate) items: Vec<Item>,
    /// Items that could not be read.
    pub(crate) rejected: u32,
    /// Whether the syntax broke somewhere.
    pub(crate) broken: bool,
}

/// Reads the body of an answer.
pub(crate) fn read(response: &Response, address: &str) -> Result<Document, Fault> {
    let text = decode::text(response);
    let text = text.trim_start_matches('\u{feff}').trim_start();
    let mut feed = if text.starts_with('{') {
        json_feed::read(text, address)?
    } else {
        let from = text.find('<').unwrap_or(text.len());
        of_xml(text.get(from..).unwrap_or_default(), address)?
    };
    let mut names = std::collections::BTreeSet::new();
    feed.items.retain(|item| names.insert(item.id.clone()));
    if feed.broken && feed.items.is_empty() {
        // Of a feed that breaks before its first item nothing is known.
        return Err(Fault::other(
            "broken-feed",
            "the feed breaks before its first item ends",
        ));
    }
    Ok(feed)
}

fn of_xml(text: &str, address: &str) -> Result<Document, Fault> {
    let Tree { root, broken } = xml::read(text)?;
    let mut feed = match (root.space, root.name.as_str()) {
        (_, "rss" | "rdf" | "channel") => rss::read(&root, address),
        (Space::Atom | Space::Plain, "feed" | "entry") => atom::read(&root, address),
        (_, "html") => {
            return Err(Fault::other(
                "not-a-feed",
                "the address is of a page, not of its feed",
            ));
        }
        _ => {
            return Err(Fault::other(
                "not-a-feed",
                "expected RSS, Atom or JSON Feed",
            ));
        }
    };
    if let Some(broken) = broken {
        feed.broken = true;
        // The one that was open, and those that begin after the break.
        let open = u32::from(broken.open.iter().any(|name| xml::is_item(name)));
        let rest = text
            .get(broken.at..)
            .unwrap_or_default()
            .to_ascii_lowercase();
        let begun = |mark: &str| {
            let starts = rest.match_indices(mark).filter(|(at, _)| {
                let next = rest.as_bytes().get(at + mark.len());
                next.is_some_and(|b| b.is_ascii_whitespace() || matches!(b, b'>' | b'/'))
            });
            starts.count() as u32
        };
        feed.rejected += open + begun("<item") + begun("<entry");
    }
    Ok(feed)
}
