//! The codec: the one place of this room where a label is opened, between rows and values.

use std::str::FromStr;

use isocial_model::{
    Class, Instant, Kind, Label, Labeled, Opening,
    key::{Hash128, OrgKeys},
    language::{Analysis, EmotionLabel, EntityKind, Sentiment, SentimentLabel},
    post::{
        AgeSignal, Attribute, Author, Engagement, Media, Mentioned, Post, PostKind, Visibility,
    },
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use sqlx::{Row, sqlite::SqliteRow};

use crate::StoreError;

/// Opens a label for writing a row.
pub(crate) fn open(post: &Labeled<Post>) -> &Post {
    post.open(Opening::Codec)
}

/// Puts the label of a stored post on it.
pub(crate) fn label(post: Post) -> Labeled<Post> {
    let label = Label::of(Class::PublicIdentity, Some(&post.network));
    Labeled::new(label, post)
}

/// Keyed hash of what a post says: text, title, warning.
pub(crate) fn text_hash(keys: &dyn OrgKeys, post: &Labeled<Post>) -> Hash128 {
    said(keys, open(post))
}

fn said(keys: &dyn OrgKeys, post: &Post) -> Hash128 {
    let parts = (
        &post.text,
        &post.title,
        &post.content_warning,
        &post.language,
    );
    keys.commit(&serde_json::to_vec(&parts).unwrap_or_default())
}

/// What names a person or a post at its network; sealed as one value (B5).
#[derive(Debug, Default, Serialize, Deserialize)]
struct Identity {
    native_id: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reference: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    url: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    author: Option<Author>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    in_reply_to: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    thread: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    repost_of: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    quote_of: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    mentions: Vec<Mentioned>,
}

fn identity_place(hash: &Hash128) -> String {
    format!("identity/{}", hex::encode(hash))
}

/// A post's row, without its number and times of writing.
#[derive(Debug)]
pub(crate) struct PostRow {
    pub(crate) hash: Hash128,
    pub(crate) author_ref: Option<Hash128>,
    pub(crate) network: String,
    pub(crate) kind: &'static str,
    pub(crate) text: Option<String>,
    pub(crate) title: Option<String>,
    pub(crate) content_warning: Option<String>,
    pub(crate) language: Option<String>,
    pub(crate) created: Option<i64>,
    pub(crate) edited: Option<i64>,
    pub(crate) adult: bool,
    pub(crate) engagement: Engagement,
    pub(crate) rating: Option<f64>,
    pub(crate) country: Option<String>,
    pub(crate) sensitive: Option<bool>,
    pub(crate) hashtags: Option<String>,
    pub(crate) links: Option<String>,
    pub(crate) media: Option<String>,
    pub(crate) attributes: Option<String>,
    pub(crate) text_hash: Hash128,
    pub(crate) content_hash: Hash128,
    /// The sealed identity.
    pub(crate) identity: Vec<u8>,
}

fn json<T: Serialize>(list: &[T]) -> Option<String> {
    if list.is_empty() {
        None
    } else {
        serde_json::to_string(list).ok()
    }
}

/// A post as its row. `tokens` take part in the content's hash, so that a new tokenizer rewrites them.
pub(crate) fn encode(keys: &dyn OrgKeys, post: &Post, tokens: &str) -> PostRow {
    let hash = keys.post_hash(&post.network, &post.native_id);
    let author_ref = author_ref(keys, post);
    let identity = Identity {
        native_id: post.native_id.clone(),
        reference: post.reference.clone(),
        url: post.url.clone(),
        author: post.author.clone(),
        in_reply_to: post.in_reply_to.clone(),
        thread: post.thread.clone(),
        repost_of: post.repost_of.clone(),
        quote_of: post.quote_of.clone(),
        mentions: post.mentions.clone(),
    };
    let mut content = serde_json::to_vec(post).unwrap_or_default();
    content.push(0);
    content.extend_from_slice(tokens.as_bytes());
    PostRow {
        hash,
        author_ref,
        network: post.network.clone(),
        kind: post.kind.name(),
        text: post.text.clone(),
        title: post.title.clone(),
        content_warning: post.content_warning.clone(),
        language: post.language.clone(),
        created: post.created.map(Instant::as_millis),
        edited: post.edited.map(Instant::as_millis),
        adult: post.age_signal == AgeSignal::Adult,
        engagement: post.engagement.unwrap_or_default(),
        rating: post.rating.map(f64::from),
        country: post.country.clone(),
        sensitive: post.sensitive,
        hashtags: json(&post.hashtags),
        links: json(&post.links),
        media: json(&post.media),
        attributes: json(&post.attributes),
        text_hash: said(keys, post),
        content_hash: keys.commit(&content),
        identity: keys.seal(
            &identity_place(&hash),
            &serde_json::to_vec(&identity).unwrap_or_default(),
        ),
    }
}

/// The author's pseudonym, where the network names the author.
pub(crate) fn author_ref(keys: &dyn OrgKeys, post: &Post) -> Option<Hash128> {
    let native = post.author.as_ref()?.native_id.as_ref()?;
    Some(keys.author_ref(&post.network, native))
}

/// The columns that [`decode`] reads, with `p` for posts and `i` for identities.
macro_rules! post_columns {
    () => {
        "p.post_hash, p.network, p.kind, p.text, p.title, p.content_warning, p.language, p.created, p.edited, p.adult, \
         p.likes, p.reposts, p.replies, p.quotes, p.views, p.rating, p.country, p.sensitive, p.hashtags, p.links, p.media, \
         p.attributes, i.sealed"
    };
}
pub(crate) use post_columns;

/// A post from its row, which must have [`post_columns`].
pub(crate) fn decode(keys: &dyn OrgKeys, row: &SqliteRow) -> Result<Post, StoreError> {
    let hash: Hash128 = bytes(row, "post_hash")?;
    let plain = keys.unseal(&identity_place(&hash), row.try_get("sealed")?)?;
    let identity: Identity = serde_json::from_slice(&plain).map_err(|e| StoreError::Row {
        table: "identities",
        problem: format!("it does not read: {e}"),
    })?;
    let count =
        |name: &str| Ok::<_, StoreError>(row.try_get::<Option<i64>, _>(name)?.map(|n| n as u64));
    let engagement = Engagement {
        likes: count("likes")?,
        reposts: count("reposts")?,
        replies: count("replies")?,
        quotes: count("quotes")?,
        views: count("views")?,
    };
    let kind: String = row.try_get("kind")?;
    Ok(Post {
        network: row.try_get("network")?,
        native_id: identity.native_id,
        reference: identity.reference,
        url: identity.url,
        kind: word::<PostKind>("posts", &kind)?,
        text: row.try_get("text")?,
        title: row.try_get("title")?,
        content_warning: row.try_get("content_warning")?,
        language: row.try_get("language")?,
        created: instant(row, "created")?,
        edited: instant(row, "edited")?,
        author: identity.author,
        visibility: Visibility::Public,
        age_signal: if row.try_get("adult")? {
            AgeSignal::Adult
        } else {
            AgeSignal::NotPublished
        },
        in_reply_to: identity.in_reply_to,
        thread: identity.thread,
        repost_of: identity.repost_of,
        quote_of: identity.quote_of,
        hashtags: list::<String>(row, "hashtags")?,
        mentions: identity.mentions,
        links: list::<String>(row, "links")?,
        media: list::<Media>(row, "media")?,
        rating: row.try_get::<Option<f64>, _>("rating")?.map(|r| r as f32),
        engagement: (engagement != Engagement::default()).then_some(engagement),
        country: row.try_get("country")?,
        sensitive: row.try_get("sensitive")?,
        attributes: list::<Attribute>(row, "attributes")?,
    })
}

/// What an analysis keeps beside its columns.
#[derive(Default, Serialize, Deserialize)]
struct Detail {
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    emotions: Vec<(EmotionLabel, f32)>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    entities: Vec<(EntityKind, u32, u32, f32)>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    phrases: Vec<(u32, u32)>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    topics: Vec<(String, f32)>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    set_aside: bool,
}

/// An analysis as its columns.
pub(crate) struct AnalysisRow {
    pub(crate) pack: String,
    pub(crate) language: Option<String>,
    pub(crate) language_confidence: Option<f64>,
    pub(crate) sentiment: Option<Sentiment>,
    pub(crate) detail: Option<String>,
    pub(crate) hash: Hash128,
}

pub(crate) fn encode_analysis(keys: &dyn OrgKeys, analysis: &Analysis) -> AnalysisRow {
    let detail = Detail {
        emotions: analysis.emotions.clone(),
        entities: analysis.entities.clone(),
        phrases: analysis.phrases.clone(),
        topics: analysis.topics.clone(),
        set_aside: analysis.set_aside,
    };
    let empty = detail.emotions.is_empty()
        && detail.entities.is_empty()
        && detail.phrases.is_empty()
        && detail.topics.is_empty()
        && !detail.set_aside;
    AnalysisRow {
        pack: analysis.by.clone(),
        language: analysis.language.as_ref().map(|(code, _)| code.clone()),
        language_confidence: analysis.language.as_ref().map(|(_, c)| f64::from(*c)),
        sentiment: analysis.sentiment,
        detail: if empty {
            None
        } else {
            serde_json::to_string(&detail).ok()
        },
        hash: keys.commit(&serde_json::to_vec(analysis).unwrap_or_default()),
    }
}

/// An analysis from a row with the columns of `analyses`, `pack` absent where there is none; the detected language as `found`.
pub(crate) fn decode_analysis(row: &SqliteRow) -> Result<Option<Analysis>, StoreError> {
    let Some(by) = row.try_get::<Option<String>, _>("pack")? else {
        return Ok(None);
    };
    let real = |name: &str| {
        Ok::<_, StoreError>(row.try_get::<Option<f64>, _>(name)?.unwrap_or(0.0) as f32)
    };
    let language: Option<String> = row.try_get("found")?;
    let confidence = real("language_confidence")?;
    let sentiment = match row.try_get::<Option<String>, _>("sentiment")? {
        None => None,
        Some(label) => Some(Sentiment {
            label: word::<SentimentLabel>("analyses", &label)?,
            negative: real("negative")?,
            neutral: real("neutral")?,
            positive: real("positive")?,
            score: real("score")?,
        }),
    };
    let detail: Detail = match row.try_get::<Option<String>, _>("detail")? {
        None => Detail::default(),
        Some(text) => serde_json::from_str(&text).map_err(|e| StoreError::Row {
            table: "analyses",
            problem: format!("its detail does not read: {e}"),
        })?,
    };
    Ok(Some(Analysis {
        by,
        language: language.map(|code| (code, confidence)),
        sentiment,
        emotions: detail.emotions,
        entities: detail.entities,
        phrases: detail.phrases,
        topics: detail.topics,
        set_aside: detail.set_aside,
    }))
}

/// A word of a closed list, by its serde name.
pub(crate) fn word<T: DeserializeOwned>(table: &'static str, text: &str) -> Result<T, StoreError> {
    serde_json::from_value(serde_json::Value::String(text.into())).map_err(|_| StoreError::Row {
        table,
        problem: "an unknown word of a closed list".into(),
    })
}

/// The serde name of a word of a closed list.
pub(crate) fn name<T: Serialize>(word: T) -> String {
    serde_json::to_value(word)
        .ok()
        .and_then(|v| v.as_str().map(Into::into))
        .unwrap_or_default()
}

/// A JSON column.
pub(crate) fn parse<T: DeserializeOwned>(table: &'static str, text: &str) -> Result<T, StoreError> {
    serde_json::from_str(text).map_err(|e| StoreError::Row {
        table,
        problem: format!("its JSON does not read: {e}"),
    })
}

fn list<T: DeserializeOwned>(row: &SqliteRow, column: &str) -> Result<Vec<T>, StoreError> {
    match row.try_get::<Option<String>, _>(column)? {
        None => Ok(Vec::new()),
        Some(text) => parse("posts", &text),
    }
}

pub(crate) fn instant(row: &SqliteRow, column: &str) -> Result<Option<Instant>, StoreError> {
    Ok(row.try_get::<Option<i64>, _>(column)?.map(Instant))
}

/// A column of a fixed number of bytes.
pub(crate) fn bytes<const N: usize>(row: &SqliteRow, column: &str) -> Result<[u8; N], StoreError> {
    let slice: &[u8] = row.try_get(column)?;
    slice.try_into().map_err(|_| StoreError::Row {
        table: "a query",
        problem: format!("column {column} has {} bytes, expected {N}", slice.len()),
    })
}

/// A column that parses.
pub(crate) fn parsed<T: FromStr>(row: &SqliteRow, column: &str) -> Result<T, StoreError>
where
    T::Err: std::fmt::Display,
{
    let text: &str = row.try_get(column)?;
    text.parse().map_err(|e| StoreError::Row {
        table: "a query",
        problem: format!("column {column}: {e}"),
    })
}

/// A column with an id.
pub(crate) fn id<T: FromStr>(row: &SqliteRow, column: &str) -> Result<T, StoreError>
where
    T::Err: std::fmt::Display,
{
    parsed(row, column)
}

/// A plugin's kind by its name.
pub(crate) fn kind(name: &str) -> Result<Kind, StoreError> {
    word("installations", name)
}
