//! The press as Atom and the blog as RSS, with conditional requests.

use std::{fmt::Write, sync::Arc};

use axum::{
    extract::State as Shared,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use isocial_model::Instant;
use jiff::{Timestamp, fmt::rfc2822};

use super::{entity, state::State};
use crate::week::{Article, Tongue, escape};

/// `GET /feeds/press.atom`
pub(super) async fn press(Shared(state): Shared<Arc<State>>, headers: HeaderMap) -> Response {
    let corrected = state.corrected();
    let articles = &state.week.press;
    let changed = changed(articles, corrected).unwrap_or(state.week.start);
    let mut xml = format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<feed xmlns=\"http://www.w3.org/2005/Atom\">\n  \
         <id>tag:riverpost.example,2026:press</id>\n  <title>The River Post: wheels</title>\n  \
         <link rel=\"self\" href=\"{}/feeds/press.atom\"/>\n  <link rel=\"alternate\" href=\"https://riverpost.example/\"/>\n  \
         <updated>{}</updated>\n",
        escape(&state.base_url),
        entity::time(changed)
    );
    for article in articles.iter().rev() {
        entry(&mut xml, article, corrected);
    }
    xml.push_str("</feed>\n");
    answer(
        &headers,
        "application/atom+xml; charset=utf-8",
        xml,
        changed,
    )
}

/// `GET /feeds/blog.rss`
pub(super) async fn blog(Shared(state): Shared<Arc<State>>, headers: HeaderMap) -> Response {
    let corrected = state.corrected();
    let articles = &state.week.blog;
    let changed = changed(articles, corrected).unwrap_or(state.week.start);
    let mut xml = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<rss version=\"2.0\" xmlns:dc=\"http://purl.org/dc/elements/1.1/\">\n<channel>\n  \
         <title>Slow Wheels</title>\n  <link>https://slowwheels.example/</link>\n  <description>A blog about city life on small wheels.</description>\n  \
         <lastBuildDate>{}</lastBuildDate>\n",
        http_date(changed)
    );
    for article in articles.iter().rev() {
        item(&mut xml, article, corrected);
    }
    xml.push_str("</channel>\n</rss>\n");
    answer(&headers, "application/rss+xml; charset=utf-8", xml, changed)
}

/// When a feed's newest entry was published or its oldest mistake corrected, whichever came later.
fn changed(articles: &[Article], corrected: Option<Instant>) -> Option<Instant> {
    let fixed = corrected.filter(|_| articles.iter().any(|article| article.corrected.is_some()));
    articles
        .last()
        .map(|article| article.published)
        .max(fixed)
        .map(|at| at.floor(1_000))
}

/// How an article reads now, and when that was last changed.
fn now(article: &Article, corrected: Option<Instant>) -> (&str, Instant) {
    match (&article.corrected, corrected) {
        (Some(text), Some(at)) => (text, at.floor(1_000)),
        _ => (&article.summary, article.published),
    }
}

const fn language(tongue: Tongue) -> &'static str {
    tongue.tag()
}

fn entry(xml: &mut String, article: &Article, corrected: Option<Instant>) {
    let (summary, updated) = now(article, corrected);
    // Writing to a string cannot fail.
    let _ = write!(
        xml,
        "  <entry xml:lang=\"{}\">\n    <id>{}</id>\n    <title>{}</title>\n    <link rel=\"alternate\" href=\"{}\"/>\n    \
         <author><name>{}</name></author>\n    <published>{}</published>\n    <updated>{}</updated>\n    \
         <summary type=\"html\">{}</summary>\n  </entry>\n",
        language(article.tongue),
        escape(&article.id),
        escape(&article.title),
        escape(&article.url),
        escape(&article.byline),
        entity::time(article.published),
        entity::time(updated),
        escape(&format!("<p>{}</p>", escape(summary)))
    );
}

fn item(xml: &mut String, article: &Article, corrected: Option<Instant>) {
    let (summary, _) = now(article, corrected);
    let _ = write!(
        xml,
        "  <item>\n    <guid isPermaLink=\"false\">{}</guid>\n    <title>{}</title>\n    <link>{}</link>\n    \
         <dc:creator>{}</dc:creator>\n    <dc:language>{}</dc:language>\n    <pubDate>{}</pubDate>\n    \
         <description>{}</description>\n  </item>\n",
        escape(&article.id),
        escape(&article.title),
        escape(&article.url),
        escape(&article.byline),
        language(article.tongue),
        http_date(article.published),
        escape(&format!("<p>{}</p>", escape(summary)))
    );
}

/// A whole feed, or 304 where the reader has it: its tag decides, and its date where it sent no tag.
fn answer(headers: &HeaderMap, kind: &'static str, xml: String, changed: Instant) -> Response {
    let tag = format!("\"{:016x}\"", fingerprint(xml.as_bytes()));
    let asked = |name| {
        headers
            .get(name)
            .and_then(|value: &HeaderValue| value.to_str().ok())
    };
    let has = match (
        asked(header::IF_NONE_MATCH),
        asked(header::IF_MODIFIED_SINCE),
    ) {
        (Some(tags), _) => tags
            .split(',')
            .map(str::trim)
            .any(|own| own == "*" || own.trim_start_matches("W/") == tag),
        (None, Some(date)) => rfc2822::DateTimeParser::new()
            .parse_timestamp(date)
            .is_ok_and(|since| since >= entity::stamp(changed)),
        (None, None) => false,
    };
    let fields = [
        (header::ETAG, tag),
        (header::LAST_MODIFIED, http_date(changed)),
        (header::CACHE_CONTROL, "max-age=60".to_owned()),
    ];
    if has {
        return (StatusCode::NOT_MODIFIED, fields).into_response();
    }
    (fields, [(header::CONTENT_TYPE, kind)], xml).into_response()
}

/// `Thu, 05 Mar 2026 10:11:12 GMT`, which RSS takes as well.
fn http_date(at: Instant) -> String {
    let stamp: Timestamp = entity::stamp(at);
    stamp.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

/// FNV-1a: tells versions of a feed apart, and is no secret.
fn fingerprint(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}
