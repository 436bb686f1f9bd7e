//! XML as a small tree, read as forgivingly as can be done without guessing.
//!
//! A tag that is never closed ends with the element around it; an ampersand that begins nothing is one. Entities are never declared
//! here: a document that declares some is refused, so that nothing can grow. Where the syntax itself breaks, what came before stays.

use isocial_sdk::{connector::Fault, html};
use quick_xml::{
    Reader,
    events::{BytesStart, Event},
};

/// Elements within each other. Feeds have about ten; markup inside them a few more.
const DEEPEST: usize = 96;

/// Whose names they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Space {
    /// None, or one of RSS's own.
    Plain,
    Atom,
    Dc,
    Content,
    Media,
    Itunes,
    Xml,
    Other,
}

/// One element.
#[derive(Debug, Clone)]
pub(crate) struct Element {
    pub(crate) space: Space,
    /// Lower case, without prefix.
    pub(crate) name: String,
    attributes: Vec<(Space, String, String)>,
    pub(crate) children: Vec<Node>,
}

/// What stands in an element.
#[derive(Debug, Clone)]
pub(crate) enum Node {
    Text(String),
    Element(Element),
}

/// A document, as far as it goes.
#[derive(Debug)]
pub(crate) struct Tree {
    pub(crate) root: Element,
    /// Where the syntax broke, in bytes; what was open there is not in the tree.
    pub(crate) broken: Option<Broken>,
}

/// A break in the syntax.
#[derive(Debug)]
pub(crate) struct Broken {
    /// Where, in bytes from the beginning.
    pub(crate) at: usize,
    /// Names of what was open there, the outermost first.
    pub(crate) open: Vec<String>,
}

impl Element {
    /// Child elements.
    pub(crate) fn elements(&self) -> impl Iterator<Item = &Self> {
        self.children.iter().filter_map(|node| match node {
            Node::Element(element) => Some(element),
            Node::Text(_) => None,
        })
    }
    /// The first child element of this name that says something.
    pub(crate) fn child(&self, space: Space, name: &str) -> Option<&Self> {
        let own = |element: &&Self| element.space == space && element.name == name;
        let mut found = self.elements().filter(own).peekable();
        let first = found.peek().copied();
        found
            .find(|element| !element.text().trim().is_empty())
            .or(first)
    }
    /// The text of the first child element of this name, trimmed; nothing if it is empty.
    pub(crate) fn said(&self, space: Space, name: &str) -> Option<String> {
        let text = self.child(space, name)?.text();
        let text = text.trim();
        (!text.is_empty()).then(|| text.to_owned())
    }
    /// The value of an attribute without prefix.
    pub(crate) fn attribute(&self, name: &str) -> Option<&str> {
        self.attribute_of(Space::Plain, name)
    }
    /// The value of an attribute.
    pub(crate) fn attribute_of(&self, space: Space, name: &str) -> Option<&str> {
        let found = self
            .attributes
            .iter()
            .find(|(own, n, _)| *own == space && n == name);
        found.map(|(_, _, value)| value.as_str())
    }
    /// The value of an attribute of this name, whatever its prefix.
    pub(crate) fn attribute_any(&self, name: &str) -> Option<&str> {
        let found = self.attributes.iter().find(|(_, n, _)| n == name);
        found.map(|(_, _, value)| value.as_str())
    }
    /// All text in it, markup left out.
    pub(crate) fn text(&self) -> String {
        let mut text = String::new();
        self.push_text(&mut text);
        text
    }
    fn push_text(&self, text: &mut String) {
        for node in &self.children {
            match node {
                Node::Text(own) => text.push_str(own),
                Node::Element(element) => element.push_text(text),
            }
        }
    }
    /// Whether there is markup in it.
    pub(crate) fn has_markup(&self) -> bool {
        self.elements().next().is_some()
    }
    /// What stands in it, as HTML.
    pub(crate) fn markup(&self) -> String {
        let mut out = String::new();
        self.push_markup(&mut out);
        out
    }
    fn push_markup(&self, out: &mut String) {
        for node in &self.children {
            match node {
                Node::Text(text) => escape(text, out),
                Node::Element(element) => {
                    out.push('<');
                    out.push_str(&element.name);
                    for (_, name, value) in &element.attributes {
                        out.push(' ');
                        out.push_str(name);
                        out.push_str("=\"");
                        escape(value, out);
                        out.push('"');
                    }
                    out.push('>');
                    element.push_markup(out);
                    // Elements without content have no end in HTML.
                    if !matches!(element.name.as_str(), "br" | "img" | "hr" | "wbr" | "input") {
                        out.push_str("</");
                        out.push_str(&element.name);
                        out.push('>');
                    }
                }
            }
        }
    }
}

fn escape(text: &str, out: &mut String) {
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            c => out.push(c),
        }
    }
}

/// An element that is still open, with the prefixes that it declares.
struct Open {
    element: Element,
    /// The name with its prefix, as its end must have it.
    full: String,
    prefixes: Vec<(String, Space)>,
}

/// Reads a document.
pub(crate) fn read(text: &str) -> Result<Tree, Fault> {
    let mut reader = Reader::from_str(text);
    let config = reader.config_mut();
    config.expand_empty_elements = true;
    config.check_end_names = false;
    config.allow_unmatched_ends = true;
    config.allow_dangling_amp = true;
    let mut stack: Vec<Open> = Vec::new();
    let mut root: Option<Element> = None;
    let broken = loop {
        match reader.read_event() {
            Err(_) => break Some(reader.error_position()),
            Ok(Event::Eof) if stack.is_empty() => break None,
            Ok(Event::Eof) => break Some(text.len() as u64),
            Ok(Event::DocType(doctype)) => {
                if String::from_utf8_lossy(&doctype)
                    .to_ascii_uppercase()
                    .contains("<!ENTITY")
                {
                    return Err(Fault::permanent(
                        "the feed declares entities, which no feed needs",
                    ));
                }
            }
            Ok(Event::Start(start)) => {
                // What follows the first element is not the document.
                if stack.is_empty() && root.is_some() {
                    break None;
                }
                if stack.len() == DEEPEST {
                    break Some(reader.buffer_position());
                }
                let opened = open(&start, &stack);
                stack.push(opened);
            }
            Ok(Event::End(end)) => {
                let full = String::from_utf8_lossy(end.name().as_ref()).into_owned();
                if let Some(index) = stack.iter().rposition(|open| open.full == full) {
                    close(&mut stack, index, &mut root);
                }
            }
            Ok(Event::Text(piece)) => push(&mut stack, &String::from_utf8_lossy(&piece)),
            Ok(Event::CData(piece)) => push(&mut stack, &String::from_utf8_lossy(&piece)),
            Ok(Event::GeneralRef(name)) => {
                let whole = format!("&{};", String::from_utf8_lossy(&name));
                push(&mut stack, &html::decode_entities(&whole));
            }
            Ok(Event::Decl(_) | Event::PI(_) | Event::Comment(_) | Event::Empty(_)) => {}
        }
    };
    let broken = broken.map(|at| Broken {
        at: usize::try_from(at).unwrap_or(text.len()).min(text.len()),
        open: stack.iter().map(|open| open.element.name.clone()).collect(),
    });
    if broken.is_some() {
        keep_whole(stack, &mut root);
    }
    match root {
        Some(root) => Ok(Tree { root, broken }),
        None => Err(Fault::other("not-a-feed", "expected XML or JSON")),
    }
}

/// Closes the open elements from `index` on.
fn close(stack: &mut Vec<Open>, index: usize, root: &mut Option<Element>) {
    while stack.len() > index {
        let Some(done) = stack.pop() else { return };
        match stack.last_mut() {
            Some(around) => around.element.children.push(Node::Element(done.element)),
            None => *root = Some(done.element),
        }
    }
}

/// At a break: keeps what surrounds items, and drops the one that was open.
fn keep_whole(mut stack: Vec<Open>, root: &mut Option<Element>) {
    let item = stack.iter().position(|open| is_item(&open.element.name));
    if let Some(index) = item {
        stack.truncate(index);
    }
    close(&mut stack, 0, root);
}

/// Whether this is what feeds call an item.
pub(crate) fn is_item(name: &str) -> bool {
    matches!(name, "item" | "entry")
}

fn push(stack: &mut [Open], text: &str) {
    let Some(open) = stack.last_mut() else { return };
    match open.element.children.last_mut() {
        Some(Node::Text(own)) => own.push_str(text),
        _ => open.element.children.push(Node::Text(text.to_owned())),
    }
}

fn open(start: &BytesStart<'_>, stack: &[Open]) -> Open {
    let full = String::from_utf8_lossy(start.name().as_ref()).into_owned();
    let pairs: Vec<(String, String)> = start
        .attributes()
        .with_checks(false)
        .filter_map(Result::ok)
        .map(|attribute| {
            let name = String::from_utf8_lossy(attribute.key.as_ref()).into_owned();
            let value = html::decode_entities(&String::from_utf8_lossy(&attribute.value));
            (name, value)
        })
        .collect();
    let mut prefixes = Vec::new();
    for (name, value) in &pairs {
        if name == "xmlns" {
            prefixes.push((String::new(), space(value)));
        } else if let Some(prefix) = name.strip_prefix("xmlns:") {
            prefixes.push((prefix.to_owned(), space(value)));
        }
    }
    let resolve = |prefix: &str| {
        let declared = |list: &[(String, Space)]| {
            list.iter()
                .rev()
                .find(|(own, _)| own == prefix)
                .map(|(_, space)| *space)
        };
        declared(&prefixes)
            .or_else(|| stack.iter().rev().find_map(|open| declared(&open.prefixes)))
            .unwrap_or_else(|| usual(prefix))
    };
    let split = |name: &str| match name.split_once(':') {
        Some((prefix, local)) => (Some(prefix.to_owned()), local.to_ascii_lowercase()),
        None => (None, name.to_ascii_lowercase()),
    };
    let (prefix, name) = split(&full);
    let attributes = pairs
        .into_iter()
        .filter(|(name, _)| name != "xmlns" && !name.starts_with("xmlns:"))
        .map(|(name, value)| {
            let (prefix, name) = split(&name);
            let space = prefix.as_deref().map_or(Space::Plain, resolve);
            (space, name, value)
        })
        .collect();
    Open {
        element: Element {
            space: resolve(prefix.as_deref().unwrap_or_default()),
            name,
            attributes,
            children: Vec::new(),
        },
        full,
        prefixes,
    }
}

/// What a prefix that nobody declared usually means.
fn usual(prefix: &str) -> Space {
    match prefix {
        "" | "rss" => Space::Plain,
        "atom" | "a10" => Space::Atom,
        "dc" | "dcterms" => Space::Dc,
        "content" => Space::Content,
        "media" => Space::Media,
        "itunes" => Space::Itunes,
        "xml" => Space::Xml,
        _ => Space::Other,
    }
}

/// Whose names an address stands for. Feeds write them with small differences.
fn space(address: &str) -> Space {
    let address = address
        .trim()
        .trim_end_matches(['/', '#'])
        .to_ascii_lowercase();
    let bare = address
        .strip_prefix("http://")
        .or_else(|| address.strip_prefix("https://"))
        .unwrap_or(&address);
    match bare {
        ""
        | "purl.org/rss/1.0"
        | "my.netscape.com/rdf/simple/0.9"
        | "purl.org/net/rss1.1"
        | "backend.userland.com/rss2"
        | "backend.userland.com/rss"
        | "blogs.law.harvard.edu/tech/rss"
        | "channel.netscape.com/rdf/simple/0.9"
        | "cyber.law.harvard.edu/rss/rss.html" => Space::Plain,
        "www.w3.org/2005/atom" | "purl.org/atom/ns" => Space::Atom,
        "purl.org/dc/elements/1.1" | "purl.org/dc/terms" | "purl.org/dc/elements/1.0" => Space::Dc,
        "purl.org/rss/1.0/modules/content" => Space::Content,
        "search.yahoo.com/mrss" => Space::Media,
        "www.itunes.com/dtds/podcast-1.0.dtd" => Space::Itunes,
        "www.w3.org/xml/1998/namespace" => Space::Xml,
        _ => Space::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefixes_mean_what_was_declared_around_them() {
        let text = "<r xmlns:x='http://purl.org/dc/elements/1.1/'><x:creator>A</x:creator>\
             <i xmlns:x='https://www.w3.org/2005/Atom' x:href='1' href='2'><x:link/></i><x:date/><dc:date>B</dc:date></r>";
        let root = read(text).unwrap().root;
        assert_eq!(root.said(Space::Dc, "creator").as_deref(), Some("A"));
        assert_eq!(root.said(Space::Dc, "date").as_deref(), Some("B"));
        let inner = root.child(Space::Plain, "i").unwrap();
        assert!(inner.child(Space::Atom, "link").is_some());
        assert_eq!(
            (
                inner.attribute("href"),
                inner.attribute_of(Space::Atom, "href")
            ),
            (Some("2"), Some("1"))
        );
    }

    #[test]
    fn careless_markup_is_read_on() {
        let root =
            read("<r><d>AT&T &amp; R&D &nbsp;&#233;<br>more</d><e>next</e></x></r> tail <z/>")
                .unwrap();
        assert!(root.broken.is_none());
        let root = root.root;
        assert_eq!(
            root.child(Space::Plain, "d").unwrap().text(),
            "AT&T & R&D \u{a0}émore"
        );
        assert_eq!(root.said(Space::Plain, "e").as_deref(), Some("next"));
    }

    #[test]
    fn what_came_before_a_break_stays() {
        let tree = read("<rss><channel><item><title>a</title></item><item><title>b</ti").unwrap();
        let broken = tree.broken.unwrap();
        assert_eq!(broken.open, ["rss", "channel", "item", "title"]);
        let channel = tree.root.child(Space::Plain, "channel").unwrap();
        assert_eq!(channel.elements().count(), 1);
    }

    #[test]
    fn declared_entities_are_refused_and_other_doctypes_are_not() {
        let bomb = "<!DOCTYPE r [<!ENTITY a \"aaaa\"><!ENTITY b \"&a;&a;\">]><r>&b;</r>";
        assert!(matches!(read(bomb), Err(Fault::Permanent(_))));
        let old = "<!DOCTYPE rss PUBLIC \"-//Netscape//DTD RSS 0.91//EN\" \"http://my.netscape.com/x.dtd\"><rss><a>&b;</a></rss>";
        assert_eq!(
            read(old).unwrap().root.said(Space::Plain, "a").as_deref(),
            Some("&b;")
        );
    }

    #[test]
    fn depth_is_bounded() {
        let deep = "<a>".repeat(100_000);
        assert!(read(&deep).unwrap().broken.is_some());
    }

    #[test]
    fn markup_is_written_as_it_was() {
        let root = read("<c><div class=\"x\"><p>1 &lt; 2<br/>&amp;</p></div></c>")
            .unwrap()
            .root;
        assert_eq!(
            root.markup(),
            "<div class=\"x\"><p>1 &lt; 2<br>&amp;</p></div>"
        );
    }
}
