//! Cells: each column's value at the granted precision.
//!
//! Lives here: the table of columns and how each is read from a mention. A new column is one line and one arm.

use isocial_model::{
    Opening,
    contract::Rights,
    export::{Cell, ColumnKind},
    language::{Analysis, EmotionLabel, EntityKind},
    post::Post,
};

use super::ExportRow;
use crate::{door::Door, neutral, redact::Redactor};

/// A column that exists.
pub(crate) struct Known {
    pub(crate) name: &'static str,
    pub(crate) title: &'static str,
    pub(crate) kind: ColumnKind,
    /// The right that it needs.
    pub(crate) field: &'static str,
    /// Whether it is also given of posts that leave as ids only.
    pub(crate) with_ids: bool,
}

const fn known(
    name: &'static str,
    title: &'static str,
    kind: ColumnKind,
    field: &'static str,
    with_ids: bool,
) -> Known {
    Known {
        name,
        title,
        kind,
        field,
        with_ids,
    }
}

use ColumnKind::{Boolean, Instant as Time, Integer, Number, Text};

/// Every column, in the order of files.
pub(crate) const COLUMNS: &[Known] = &[
    known("mention-id", "Mention", Text, "mention.id", true),
    known("monitor", "Monitor", Text, "mention.monitor", true),
    known("network", "Network", Text, "post.network", true),
    known("kind", "Kind", Text, "post.kind", true),
    known("created", "Published", Time, "post.created", true),
    known("edited", "Edited", Time, "post.edited", false),
    known("url", "Link", Text, "post.url", true),
    known("native-id", "Network id", Text, "post.native-id", true),
    known("author", "Author", Text, "post.author", false),
    known("title", "Title", Text, "post.title", false),
    known(
        "content-warning",
        "Content warning",
        Text,
        "post.content-warning",
        false,
    ),
    known("text", "Text", Text, "post.text", false),
    known("language", "Language", Text, "post.lang", false),
    known("hashtags", "Hashtags", Text, "post.hashtags", false),
    known("links", "Links", Text, "post.links", false),
    known("media", "Media", Text, "post.media", false),
    known("thread", "Thread", Text, "post.thread", false),
    known("rating", "Rating", Number, "post.rating", false),
    known("sensitive", "Sensitive", Boolean, "post.sensitive", false),
    known("likes", "Likes", Integer, "post.engagement", false),
    known("reposts", "Reposts", Integer, "post.engagement", false),
    known("replies", "Replies", Integer, "post.engagement", false),
    known("quotes", "Quotes", Integer, "post.engagement", false),
    known("views", "Views", Integer, "post.engagement", false),
    known("country", "Country", Text, "post.place", false),
    known(
        "detected-language",
        "Detected language",
        Text,
        "analysis.language",
        true,
    ),
    known("sentiment", "Sentiment", Text, "analysis.sentiment", true),
    known(
        "score",
        "Sentiment score",
        Number,
        "analysis.sentiment",
        true,
    ),
    known("emotions", "Emotions", Text, "analysis.emotions", true),
    known("entities", "Entities", Text, "analysis.entities", false),
    known("topics", "Topics", Text, "analysis.topics", true),
];

/// Reads cells; one for a call, so that redaction's tokens are stable in it.
pub(crate) struct Writer<'d> {
    pub(crate) door: &'d Door,
    pub(crate) redactor: Redactor<'d>,
    pub(crate) bytes: u64,
}

impl Writer<'_> {
    /// The cell of a column at this precision, which is at least 1.
    pub(crate) fn cell(
        &mut self,
        column: &Known,
        level: u8,
        row: &ExportRow<'_>,
        rights: &Rights,
    ) -> Cell {
        let post = row.post.open(Opening::Gate);
        let text = match column.kind {
            Text => self.text(column.name, level, row, post, rights),
            Time => {
                let at = if column.name == "edited" {
                    post.edited
                } else {
                    post.created
                };
                let unit = match level {
                    1 => isocial_model::Instant::DAY_MS,
                    2 => isocial_model::Instant::HOUR_MS,
                    _ => 1000,
                };
                return self.fixed(at.map(|at| Cell::Instant(at.floor(unit))));
            }
            Number => {
                let number = if column.name == "rating" {
                    post.rating
                } else {
                    sentiment(row.analysis).map(|s| s.score)
                };
                // Through text, so that 0.1 stays 0.1 and does not become 0.10000000149.
                return self.fixed(
                    number
                        .filter(|n| n.is_finite())
                        .and_then(|n| n.to_string().parse().ok())
                        .map(Cell::Number),
                );
            }
            Integer => {
                let count = post.engagement.and_then(|e| match column.name {
                    "likes" => e.likes,
                    "reposts" => e.reposts,
                    "replies" => e.replies,
                    "quotes" => e.quotes,
                    _ => e.views,
                });
                let count = count.map(|n| if level == 1 { bucket(n) } else { n });
                return self
                    .fixed(count.map(|n| Cell::Integer(i64::try_from(n).unwrap_or(i64::MAX))));
            }
            Boolean => return self.fixed(post.sensitive.map(Cell::Boolean)),
        };
        match text {
            Some(text) if !text.is_empty() => {
                let text = self.door.cell_text(text);
                self.bytes += text.len() as u64;
                Cell::Text(text)
            }
            _ => Cell::Absent,
        }
    }

    fn fixed(&mut self, cell: Option<Cell>) -> Cell {
        self.bytes += 8;
        cell.unwrap_or(Cell::Absent)
    }

    fn text(
        &mut self,
        column: &str,
        level: u8,
        row: &ExportRow<'_>,
        post: &Post,
        rights: &Rights,
    ) -> Option<String> {
        let analysis = row.analysis;
        match column {
            "mention-id" => Some(row.mention.to_owned()),
            "monitor" => Some(neutral::short_line(row.monitor.to_owned(), 256)),
            "network" => Some(post.network.clone()),
            "kind" => Some(post.kind.name().to_owned()),
            "url" => post.url.clone(),
            "native-id" => Some(post.native_id.clone()),
            "author" => self.author(level, post),
            "title" => self.words(level, post.title.as_deref()),
            "content-warning" => self.words(level, post.content_warning.as_deref()),
            "text" => self.words(level, post.text.as_deref()),
            "language" => post.language.clone(),
            "hashtags" => Some(post.hashtags.join(" ")),
            "links" => Some(post.links.join(" ")),
            "media" => Some(
                post.media
                    .iter()
                    .filter_map(|m| m.url.as_deref())
                    .collect::<Vec<_>>()
                    .join(" "),
            ),
            "thread" => post.thread.clone().or_else(|| post.in_reply_to.clone()),
            "country" => post.country.clone(),
            "detected-language" => analysis
                .and_then(|a| a.language.as_ref())
                .map(|(tag, _)| tag.clone()),
            "sentiment" => sentiment(analysis).map(|s| s.label.name().to_owned()),
            "emotions" => analysis.map(|a| {
                a.emotions
                    .iter()
                    .map(|(e, _)| emotion_name(*e))
                    .collect::<Vec<_>>()
                    .join("; ")
            }),
            "topics" => analysis.map(|a| {
                a.topics
                    .iter()
                    .map(|(topic, _)| topic.as_str())
                    .collect::<Vec<_>>()
                    .join("; ")
            }),
            "entities" => analysis.map(|a| entities(a, post, rights.has("post.text"))),
            _ => None,
        }
    }

    /// Text as it is, or redacted; nothing if it cannot be.
    fn words(&mut self, level: u8, text: Option<&str>) -> Option<String> {
        let text = text?;
        if level >= 2 {
            return Some(text.to_owned());
        }
        let mut out = String::new();
        self.redactor.append(text, &mut out).ok()?;
        Some(out)
    }

    /// The author as this plugin may know him: by its own reference, or by handle (B5, HP-34).
    fn author(&self, level: u8, post: &Post) -> Option<String> {
        let author = post.author.as_ref()?;
        if level >= 2
            && let Some(handle) = &author.handle
        {
            return Some(handle.clone());
        }
        let keys = &self.door.spec.keys;
        let reference = keys.author_ref(&post.network, author.native_id.as_ref()?);
        Some(hex::encode(
            keys.pairwise_ref(&self.door.spec.package.id, &reference),
        ))
    }
}

fn sentiment(analysis: Option<&Analysis>) -> Option<isocial_model::language::Sentiment> {
    analysis.and_then(|a| a.sentiment)
}

/// Kinds with the words they were found in; the words only where the text is granted. Entities never touch a redacted detail.
fn entities(analysis: &Analysis, post: &Post, words: bool) -> String {
    let text = post.text.as_deref().unwrap_or_default();
    let named = analysis.entities.iter().map(|(kind, start, end, _)| {
        match text.get(*start as usize..*end as usize) {
            Some(word) if words => format!(
                "{}: {}",
                entity_name(*kind),
                neutral::short_line(word.to_owned(), 256)
            ),
            _ => entity_name(*kind).to_owned(),
        }
    });
    named.collect::<Vec<_>>().join("; ")
}

/// The power of ten at or below: 0, 1, 10, 100, …
pub(crate) fn bucket(count: u64) -> u64 {
    count.checked_ilog10().map_or(0, |digits| 10u64.pow(digits))
}

/// The name of an emotion in files and on pages.
pub(crate) fn emotion_name(label: EmotionLabel) -> &'static str {
    match label {
        EmotionLabel::Anger => "anger",
        EmotionLabel::Anticipation => "anticipation",
        EmotionLabel::Disgust => "disgust",
        EmotionLabel::Fear => "fear",
        EmotionLabel::Joy => "joy",
        EmotionLabel::Love => "love",
        EmotionLabel::Optimism => "optimism",
        EmotionLabel::Sadness => "sadness",
        EmotionLabel::Surprise => "surprise",
        EmotionLabel::Trust => "trust",
    }
}

/// The name of a kind of entity in files and on pages.
pub(crate) fn entity_name(kind: EntityKind) -> &'static str {
    match kind {
        EntityKind::Person => "person",
        EntityKind::Organisation => "organisation",
        EntityKind::Place => "place",
        EntityKind::Product => "product",
        EntityKind::Event => "event",
        EntityKind::Work => "work",
        EntityKind::Other => "other",
    }
}

/// Text that no spreadsheet takes for a formula: an apostrophe before what would begin one, on its first line or behind blanks.
pub(crate) fn without_formula(text: String) -> String {
    let begins = |c: char| {
        matches!(
            c,
            '=' | '+' | '-' | '@' | '\t' | '\r' | '|' | '%' | '＝' | '＋' | '－' | '＠' | '−'
        )
    };
    let blank = |c: char| {
        c == ' ' || c == '\n' || c == '\u{A0}' || c == '\u{FEFF}' || c == '\u{200B}' || c == '"'
    };
    if text.trim_start_matches(blank).starts_with(begins) {
        format!("'{text}")
    } else {
        text
    }
}
