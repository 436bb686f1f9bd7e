//! A post's body as parts, and its two renderings: plain text, and the HTML that the network serves.

use std::fmt::Write;

use super::{Person, Shown, Week, fold};

/// A piece of a body.
#[derive(Debug, Clone)]
pub(super) enum Part {
    /// Words.
    Text(String),
    /// A new paragraph.
    Paragraph,
    /// A hashtag as written.
    Tag(String),
    /// An account, by index.
    Mention(usize),
    /// A link.
    Link(String),
}

/// Renders a body; parts are set apart by a space, paragraphs by an empty line.
pub(super) fn render(parts: &[Part], people: &[Person]) -> Shown {
    let (mut text, mut html) = (String::new(), String::from("<p>"));
    let mut glue = false;
    for part in parts {
        if matches!(part, Part::Paragraph) {
            text.push_str("\n\n");
            html.push_str("</p><p>");
            glue = false;
            continue;
        }
        if glue {
            text.push(' ');
            html.push(' ');
        }
        glue = true;
        match part {
            Part::Paragraph => {}
            Part::Text(words) => {
                text.push_str(words);
                html.push_str(&escape(words));
            }
            Part::Tag(tag) => {
                text.push('#');
                text.push_str(tag);
                // Writing to a string cannot fail.
                let _ = write!(
                    html,
                    r#"<a href="https://{}/tags/{}" class="mention hashtag" rel="tag">#<span>{tag}</span></a>"#,
                    Week::HOME,
                    fold(tag)
                );
            }
            Part::Mention(index) => {
                if let Some(person) = people.get(*index) {
                    let name = &person.username;
                    text.push('@');
                    text.push_str(name);
                    let _ = write!(
                        html,
                        r#"<span class="h-card" translate="no"><a href="{}" class="u-url mention">@<span>{name}</span></a></span>"#,
                        person.url()
                    );
                }
            }
            Part::Link(url) => {
                text.push_str(url);
                html.push_str(&anchor(url));
            }
        }
    }
    html.push_str("</p>");
    Shown { text, html }
}

/// A link as Mastodon shows it: the scheme hidden, a long tail cut off for the eye only.
fn anchor(url: &str) -> String {
    let bare = url.strip_prefix("https://").unwrap_or(url);
    let cut = bare.char_indices().nth(30).map_or(bare.len(), |(at, _)| at);
    let (seen, hidden) = bare.split_at(cut);
    let class = if hidden.is_empty() { "" } else { "ellipsis" };
    format!(
        r#"<a href="{url}" rel="nofollow noopener" translate="no" target="_blank"><span class="invisible">https://</span><span class="{class}">{seen}</span><span class="invisible">{hidden}</span></a>"#
    )
}

/// Escapes text for HTML and XML.
pub(crate) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}
