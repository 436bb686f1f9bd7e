//! HTML to plain text: paragraphs and breaks become lines, entities characters, invisible parts nothing.
//!
//! Networks hand out small, well-meant HTML; feeds hand out anything. Nothing here fails, and nothing here makes HTML: what comes out
//! is text, in which a `<` is a `<`.

use quick_xml::escape::resolve_html5_entity;

/// Elements that begin a line of their own.
const BLOCKS: &[&str] = &[
    "address",
    "article",
    "aside",
    "blockquote",
    "dd",
    "div",
    "dl",
    "dt",
    "figcaption",
    "figure",
    "footer",
    "form",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "header",
    "hr",
    "li",
    "main",
    "nav",
    "ol",
    "p",
    "pre",
    "section",
    "table",
    "tr",
    "ul",
];
/// Elements whose content people do not read.
const UNREAD: &[&str] = &[
    "head", "noscript", "object", "script", "style", "svg", "template", "title",
];
/// Bytes of one tag, elements open at once and links kept: more is not read, so that hostile HTML costs no more than its length.
const LONGEST_TAG: usize = 4 * 1024;
const DEEPEST: usize = 64;
const MOST_LINKS: usize = 64;
/// Elements without content, whose end never comes.
const VOID: &[&str] = &[
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source",
    "track", "wbr",
];

/// The text that people read in this HTML.
///
/// Paragraphs are parted by an empty line, breaks and other blocks by one line end; white space is folded as a browser does. Links
/// leave their text; Mastodon's `invisible` spans (the ends of a shortened link) leave nothing, `ellipsis` leaves `…`.
pub fn to_text(html: &str) -> String {
    let mut out = Text::default();
    let mut open: Vec<Open<'_>> = Vec::new();
    let mut rest = html;
    while let Some(at) = rest.find('<') {
        let (before, tail) = rest.split_at(at);
        out.text(before, &open);
        let Some((tag, after)) = Tag::read(tail) else {
            // No tag: the character is a `<` that somebody forgot to escape.
            out.text("<", &open);
            rest = tail.get(1..).unwrap_or_default();
            continue;
        };
        rest = after;
        out.tag(&tag, &mut open);
        if !tag.closing && matches!(tag.name.as_str(), "script" | "style" | "title" | "textarea") {
            rest = skip_raw(rest, &tag.name);
        }
    }
    out.text(rest, &open);
    out.finish()
}

/// Targets of the links in this HTML, in order, each once, at most 64; only http and https.
pub fn links(html: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let mut rest = html;
    while let Some(at) = rest.find('<') {
        let tail = rest.get(at..).unwrap_or_default();
        let Some((tag, after)) = Tag::read(tail) else {
            rest = tail.get(1..).unwrap_or_default();
            continue;
        };
        rest = after;
        if tag.name == "a" && !tag.closing {
            let target = tag.attribute("href").map(|v| decode_entities(v.trim()));
            let wanted = |t: &String| t.starts_with("https://") || t.starts_with("http://");
            if let Some(target) = target.filter(|t| wanted(t) && !found.contains(t)) {
                found.push(target);
            }
        }
        if found.len() == MOST_LINKS {
            break;
        }
    }
    found
}

/// Replaces character references (`&amp;`, `&#39;`, `&#x1F600;`) by what they stand for; unknown ones stay.
pub fn decode_entities(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        let (before, tail) = rest.split_at(at);
        out.push_str(before);
        let (character, length) = reference(tail).unwrap_or_else(|| ("&".to_owned(), 1));
        out.push_str(&character);
        rest = tail.get(length..).unwrap_or_default();
    }
    out.push_str(rest);
    out
}

/// The reference at the beginning of `text` and its length.
fn reference(text: &str) -> Option<(String, usize)> {
    /// The longest name in HTML's table has 31 letters.
    const LONGEST: usize = 33;
    let end = text.bytes().take(LONGEST + 1).position(|b| b == b';')?;
    let name = text.get(1..end)?;
    let character = match name.strip_prefix('#') {
        Some(number) => {
            let code = match number.strip_prefix(['x', 'X']) {
                Some(hex) => u32::from_str_radix(hex, 16).ok()?,
                None => number.parse().ok()?,
            };
            // What is no character, and control characters, are shown as the sign for that.
            let c = char::from_u32(code)
                .filter(|c| !c.is_control() || matches!(c, '\n' | '\t' | '\r'))
                .unwrap_or('\u{fffd}');
            c.to_string()
        }
        None => resolve_html5_entity(name)?.to_owned(),
    };
    Some((character, end + 1))
}

/// A tag, or a comment or declaration, which has no name.
struct Tag<'a> {
    name: String,
    closing: bool,
    attributes: &'a str,
}

impl<'a> Tag<'a> {
    /// The tag that `text`, which begins with `<`, begins with, and what follows it.
    fn read(text: &'a str) -> Option<(Self, &'a str)> {
        let nameless = |after| {
            Some((
                Self {
                    name: String::new(),
                    closing: false,
                    attributes: "",
                },
                after,
            ))
        };
        if let Some(comment) = text.strip_prefix("<!--") {
            return nameless(comment.split_once("-->").map_or("", |(_, after)| after));
        }
        if let Some(data) = text.strip_prefix("<![CDATA[") {
            return nameless(data.split_once("]]>").map_or("", |(_, after)| after));
        }
        let inner = text.strip_prefix('<')?;
        if inner.starts_with(['!', '?']) {
            return nameless(inner.split_once('>').map_or("", |(_, after)| after));
        }
        let closing = inner.starts_with('/');
        let inner = inner.strip_prefix('/').unwrap_or(inner);
        if !inner.starts_with(|c: char| c.is_ascii_alphabetic()) {
            return None;
        }
        let end = end_of_tag(inner)?;
        let (tag, after) = (inner.get(..end)?, inner.get(end + 1..)?);
        let name_end = tag
            .find(|c: char| c.is_ascii_whitespace() || c == '/')
            .unwrap_or(tag.len());
        let (name, attributes) = tag.split_at(name_end);
        Some((
            Self {
                name: name.to_ascii_lowercase(),
                closing,
                attributes,
            },
            after,
        ))
    }

    /// The value of an attribute as it stands there.
    fn attribute(&self, wanted: &str) -> Option<&'a str> {
        let mut rest = self.attributes;
        loop {
            rest = rest.trim_start_matches(|c: char| c.is_ascii_whitespace() || c == '/');
            if rest.is_empty() {
                return None;
            }
            let end = rest
                .find(|c: char| c.is_ascii_whitespace() || matches!(c, '=' | '/'))
                .unwrap_or(rest.len());
            let (name, after) = rest.split_at(end);
            let after = after.trim_start();
            let (value, next) = match after.strip_prefix('=') {
                Some(value) => attribute_value(value.trim_start()),
                // A stray `=` at the beginning of a name would else be read again and again.
                None => (
                    "",
                    if end == 0 {
                        after.get(1..).unwrap_or_default()
                    } else {
                        after
                    },
                ),
            };
            if name.eq_ignore_ascii_case(wanted) {
                return Some(value);
            }
            rest = next;
        }
    }
}

/// A value, quoted or not, and what follows it.
fn attribute_value(text: &str) -> (&str, &str) {
    for quote in ['"', '\''] {
        if let Some(inner) = text.strip_prefix(quote) {
            return inner.split_once(quote).unwrap_or((inner, ""));
        }
    }
    text.split_at(
        text.find(|c: char| c.is_ascii_whitespace())
            .unwrap_or(text.len()),
    )
}

/// Where the `>` of a tag stands, quoted ones apart; where a quote never ends, the first one.
fn end_of_tag(inner: &str) -> Option<usize> {
    let inner = crate::text::truncate(inner, LONGEST_TAG);
    let first = inner.find('>')?;
    let mut quote = None;
    let end = inner.find(|c| {
        if quote == Some(c) {
            quote = None;
        } else if quote.is_none() && matches!(c, '"' | '\'') {
            quote = Some(c);
        }
        quote.is_none() && c == '>'
    });
    end.or(Some(first))
}

/// What follows the end of an element whose content is not HTML.
fn skip_raw<'a>(text: &'a str, name: &str) -> &'a str {
    let mut from = 0;
    while let Some(at) = text.get(from..).and_then(|t| t.find("</")) {
        let start = from + at;
        let rest = text.get(start + 2..).unwrap_or_default();
        if rest
            .get(..name.len())
            .is_some_and(|n| n.eq_ignore_ascii_case(name))
        {
            return text.get(start..).unwrap_or_default();
        }
        from = start + 2;
    }
    ""
}

/// An element that is open.
struct Open<'a> {
    name: String,
    unread: bool,
    after: &'a str,
}

/// Text that is being put together.
#[derive(Default)]
struct Text {
    out: String,
    /// Line ends and spaces that are owed before the next character.
    lines: usize,
    space: bool,
}

impl Text {
    fn text(&mut self, html: &str, open: &[Open<'_>]) {
        if html.is_empty() || open.iter().any(|o| o.unread) {
            return;
        }
        let keep_lines = open.iter().any(|o| o.name == "pre");
        for c in decode_entities(html).chars() {
            if keep_lines && c == '\n' {
                self.lines = (self.lines + 1).min(2);
            } else if c.is_ascii_whitespace() {
                self.space = true;
            } else {
                self.push(c);
            }
        }
    }
    fn push(&mut self, c: char) {
        if self.lines > 0 && !self.out.is_empty() {
            self.out.extend(std::iter::repeat_n('\n', self.lines));
        } else if self.space && !self.out.is_empty() {
            self.out.push(' ');
        }
        (self.lines, self.space) = (0, false);
        self.out.push(c);
    }
    fn tag(&mut self, tag: &Tag<'_>, open: &mut Vec<Open<'_>>) {
        let name = tag.name.as_str();
        match name {
            "" => return,
            "p" => self.lines = 2,
            "br" => {
                self.lines = if self.lines == 1 {
                    2
                } else {
                    self.lines.max(1)
                }
            }
            "td" | "th" => self.space = true,
            _ if BLOCKS.contains(&name) => self.lines = self.lines.max(1),
            _ => {}
        }
        if tag.closing {
            if let Some(at) = open.iter().rposition(|o| o.name == name) {
                let seen = !open.iter().any(|o| o.unread);
                let closed = open.drain(at..).next();
                for c in closed.filter(|_| seen).map_or("", |o| o.after).chars() {
                    self.push(c);
                }
            }
        } else if open.len() < DEEPEST && !VOID.contains(&name) && !tag.attributes.ends_with('/') {
            let class = tag.attribute("class").unwrap_or_default();
            let has = |word| class.split_ascii_whitespace().any(|c| c == word);
            let unread =
                UNREAD.contains(&name) || has("invisible") || tag.attribute("hidden").is_some();
            open.push(Open {
                name: tag.name.clone(),
                unread,
                after: if has("ellipsis") { "…" } else { "" },
            });
        }
    }
    fn finish(self) -> String {
        self.out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paragraphs_breaks_and_blocks_become_lines() {
        assert_eq!(
            to_text("<p>One<br>two<br/>three</p>\n<p>four &amp; five</p>"),
            "One\ntwo\nthree\n\nfour & five"
        );
        assert_eq!(to_text("a<br><br>b"), "a\n\nb");
        assert_eq!(to_text("<ul><li>x</li><li>y</li></ul>z"), "x\ny\nz");
        assert_eq!(
            to_text("  many \n spaces\t<b>in</b> <i>it</i> "),
            "many spaces in it"
        );
        assert_eq!(to_text("<pre>a\n  b</pre>"), "a\nb");
        assert_eq!(
            to_text("<table><tr><td>1</td><td>2</td></tr><tr><td>3</td></tr></table>"),
            "1 2\n3"
        );
    }

    #[test]
    fn shortened_links_read_as_people_see_them() {
        let html = r#"<p>See <a href="https://long.example/a/b?c=d&amp;e=f" rel="nofollow"><span class="invisible">https://</span><span class="ellipsis">long.example/a</span><span class="invisible">/b?c=d</span></a> and <a href="/tags/x" class="mention hashtag">#<span>x</span></a></p>"#;
        assert_eq!(to_text(html), "See long.example/a… and #x");
        assert_eq!(links(html), ["https://long.example/a/b?c=d&e=f"]);
    }

    #[test]
    fn entities_become_characters() {
        assert_eq!(
            decode_entities("&lt;b&gt; &eacute; &#39;&#x1F600;&hellip; &nosuch; & &#0; &#xD800;"),
            "<b> é '😀… &nosuch; & \u{fffd} \u{fffd}"
        );
        assert_eq!(
            to_text("1 &lt; 2 <script>alert('x < y')</script>and 3 < 4"),
            "1 < 2 and 3 < 4"
        );
        assert_eq!(to_text("a&nbsp;b"), "a\u{a0}b");
    }

    #[test]
    fn nothing_that_is_not_read_comes_out() {
        assert_eq!(
            to_text(
                "<head><title>t</title></head><style>p{}</style><!-- c > d -->x<svg><text>y</text></svg><span hidden>z</span>"
            ),
            "x"
        );
        assert_eq!(to_text("<a title='a > b'>c</a>"), "c");
    }

    #[test]
    fn broken_html_never_fails() {
        for html in [
            "<",
            "<p",
            "</",
            "<!--",
            "<a href='",
            "&",
            "&#",
            "&#x;",
            "<p =>x",
            "<script>",
            "</p></p>x",
            "<a =\"b\" =c>d",
            "é<é>",
        ] {
            let _ = (to_text(html), links(html));
        }
        let nested = "<div>".repeat(100_000) + "x" + &"<a '".repeat(20_000);
        assert!(to_text(&nested).starts_with('x'));
        assert_eq!(to_text("</p></p>x"), "x");
        assert_eq!(to_text("a < b and c > d"), "a < b and c > d");
    }
}
