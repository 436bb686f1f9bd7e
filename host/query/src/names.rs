//! The names of values and fields as customers write them.

use isocial_model::{
    language::{EmotionLabel, EntityKind, SentimentLabel},
    post::PostKind,
};

use crate::{Has, Measure};

pub(crate) const KINDS: [PostKind; 8] = [
    PostKind::Post,
    PostKind::Reply,
    PostKind::Repost,
    PostKind::Quote,
    PostKind::Comment,
    PostKind::Review,
    PostKind::Article,
    PostKind::Video,
];
pub(crate) const SENTIMENTS: [SentimentLabel; 4] = [
    SentimentLabel::Negative,
    SentimentLabel::Neutral,
    SentimentLabel::Positive,
    SentimentLabel::Unknown,
];
pub(crate) const EMOTIONS: [EmotionLabel; 10] = [
    EmotionLabel::Anger,
    EmotionLabel::Anticipation,
    EmotionLabel::Disgust,
    EmotionLabel::Fear,
    EmotionLabel::Joy,
    EmotionLabel::Love,
    EmotionLabel::Optimism,
    EmotionLabel::Sadness,
    EmotionLabel::Surprise,
    EmotionLabel::Trust,
];
pub(crate) const ENTITIES: [EntityKind; 7] = [
    EntityKind::Person,
    EntityKind::Organisation,
    EntityKind::Place,
    EntityKind::Product,
    EntityKind::Event,
    EntityKind::Work,
    EntityKind::Other,
];
pub(crate) const HAS: [Has; 10] = [
    Has::Image,
    Has::Video,
    Has::Audio,
    Has::Media,
    Has::Link,
    Has::Hashtag,
    Has::Mention,
    Has::Title,
    Has::Rating,
    Has::Country,
];
pub(crate) const fn emotion(label: EmotionLabel) -> &'static str {
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

pub(crate) const fn entity(kind: EntityKind) -> &'static str {
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

pub(crate) const fn has(has: Has) -> &'static str {
    match has {
        Has::Image => "image",
        Has::Video => "video",
        Has::Audio => "audio",
        Has::Media => "media",
        Has::Link => "link",
        Has::Hashtag => "hashtag",
        Has::Mention => "mention",
        Has::Title => "title",
        Has::Rating => "rating",
        Has::Country => "country",
    }
}

pub(crate) const fn measure(measure: Measure) -> &'static str {
    match measure {
        Measure::Likes => "likes",
        Measure::Reposts => "reposts",
        Measure::Replies => "replies",
        Measure::Quotes => "quotes",
        Measure::Views => "views",
        Measure::Followers => "followers",
        Measure::Rating => "rating",
    }
}

/// A field of the language.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Field {
    Text,
    Title,
    Body,
    AuthorName,
    Author,
    Mention,
    Hashtag,
    Lang,
    Country,
    Network,
    Domain,
    Url,
    Link,
    Kind,
    Sentiment,
    Emotion,
    Topic,
    Entity,
    Has,
    Sensitive,
    Verified,
    Measure(Measure),
}

/// Fields by name; the first name of each is the one to suggest and to print.
pub(crate) const FIELDS: [(&str, Field); 35] = [
    ("text", Field::Text),
    ("title", Field::Title),
    ("body", Field::Body),
    ("author_name", Field::AuthorName),
    ("author", Field::Author),
    ("from", Field::Author),
    ("mention", Field::Mention),
    ("hashtag", Field::Hashtag),
    ("lang", Field::Lang),
    ("language", Field::Lang),
    ("country", Field::Country),
    ("network", Field::Network),
    ("source", Field::Network),
    ("domain", Field::Domain),
    ("site", Field::Domain),
    ("url", Field::Url),
    ("link", Field::Link),
    ("links", Field::Link),
    ("type", Field::Kind),
    ("sentiment", Field::Sentiment),
    ("emotion", Field::Emotion),
    ("topic", Field::Topic),
    ("entity", Field::Entity),
    ("has", Field::Has),
    ("sensitive", Field::Sensitive),
    ("verified", Field::Verified),
    ("likes", Field::Measure(Measure::Likes)),
    ("reposts", Field::Measure(Measure::Reposts)),
    ("replies", Field::Measure(Measure::Replies)),
    ("quotes", Field::Measure(Measure::Quotes)),
    ("views", Field::Measure(Measure::Views)),
    ("followers", Field::Measure(Measure::Followers)),
    ("rating", Field::Measure(Measure::Rating)),
    ("message", Field::Body),
    ("is", Field::Kind),
];

/// Parts of the language that have a name and no meaning yet.
pub(crate) const LATER: [&str; 16] = [
    "raw",
    "case",
    "cashtag",
    "thread",
    "parent",
    "media",
    "label",
    "reach",
    "engagement",
    "published",
    "isquestion",
    "tag",
    "query",
    "fold",
    "hashtags",
    "city",
];

/// The name of a field in errors.
pub(crate) fn field(field: Field) -> &'static str {
    FIELDS
        .iter()
        .find(|(_, other)| *other == field)
        .map_or("field", |(name, _)| name)
}

/// The name among `names` that is nearest to what was written, if it is near at all.
pub(crate) fn nearest<'a>(written: &str, names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let written = written.to_lowercase();
    if written.len() > 32 {
        return None;
    }
    let nearest = names.map(|name| (edits(&written, name), name)).min()?;
    (nearest.0 <= 1 + written.chars().count() / 4).then_some(nearest.1)
}

/// Insertions, deletions, replacements and swaps of neighbours between two short words.
fn edits(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut rows: Vec<Vec<usize>> = vec![(0..=b.len()).collect()];
    for (i, &x) in a.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, &y) in b.iter().enumerate() {
            let get = |i: usize, j: usize| {
                rows.get(i)
                    .and_then(|row| row.get(j))
                    .copied()
                    .unwrap_or(usize::MAX / 2)
            };
            let left = row.last().copied().unwrap_or_default();
            let mut least = (get(i, j) + usize::from(x != y))
                .min(get(i, j + 1) + 1)
                .min(left + 1);
            if i > 0 && j > 0 && a.get(i - 1) == Some(&y) && b.get(j - 1) == Some(&x) {
                least = least.min(get(i - 1, j - 1) + 1);
            }
            row.push(least);
        }
        rows.push(row);
    }
    rows.last()
        .and_then(|row| row.last())
        .copied()
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_is_suggested_and_a_far_one_is_not() {
        let names = || FIELDS.iter().map(|(name, _)| *name);
        assert_eq!(nearest("auhtor", names()), Some("author"));
        assert_eq!(nearest("Tittle", names()), Some("title"));
        assert_eq!(nearest("follower", names()), Some("followers"));
        assert_eq!(nearest("zzzzz", names()), None);
    }
}
