//! Arbitrary posts, rights and noise.

use isocial_model::{
    Instant,
    contract::{Rights, VOCABULARY},
    language::{Analysis, EmotionLabel, EntityKind, Sentiment, SentimentLabel},
    post::{
        AgeSignal, Attribute, Author, Engagement, Media, MediaKind, Mentioned, Post, PostKind,
        Visibility,
    },
};
use proptest::{collection::vec, option::of, prelude::*, sample::select};

/// Text as people write it, with details that redaction looks for and characters that mislead.
pub(super) fn text() -> impl Strategy<Value = String> {
    let parts = prop_oneof![
        "[a-zà-ỹ ,.!]{0,12}",
        "\\PC{0,8}",
        "[a-z]{1,6}@[a-z]{1,6}\\.example",
        "\\+84 9[0-9]{8}",
        "@[a-z]{1,8}",
        "https://[a-z]{1,6}\\.example/[a-z]{0,6}",
        "=[A-Z]{1,3}\\(1\\)",
        select(vec!["\u{202E}", "\n", "\u{200B}", "👩‍👩‍👧", "⟦user:1⟧"]).prop_map(str::to_owned),
    ];
    vec(parts, 0..5).prop_map(|parts| parts.join(" "))
}

fn word() -> impl Strategy<Value = String> {
    "[a-z0-9]{1,8}"
}

fn url() -> impl Strategy<Value = String> {
    "https://[a-z]{1,6}\\.example/[a-z0-9]{0,6}"
}

fn instant() -> impl Strategy<Value = Instant> {
    (0..1_760_000_000_000i64).prop_map(Instant)
}

fn author() -> impl Strategy<Value = Author> {
    (
        of(word()),
        of(word()),
        of(text()),
        of(url()),
        of(any::<u64>()),
        of(any::<bool>()),
        of(any::<bool>()),
    )
        .prop_map(
            |(native_id, handle, display_name, profile_url, followers, verified, automated)| {
                Author {
                    native_id,
                    handle,
                    display_name,
                    profile_url,
                    followers,
                    verified,
                    automated,
                }
            },
        )
}

fn engagement() -> impl Strategy<Value = Engagement> {
    (
        of(any::<u64>()),
        of(any::<u64>()),
        of(any::<u64>()),
        of(any::<u64>()),
        of(any::<u64>()),
    )
        .prop_map(|(likes, reposts, replies, quotes, views)| Engagement {
            likes,
            reposts,
            replies,
            quotes,
            views,
        })
}

const KINDS: [PostKind; 4] = [
    PostKind::Post,
    PostKind::Reply,
    PostKind::Review,
    PostKind::Video,
];

/// A public post of this network; every other field is arbitrary.
pub(super) fn post(network: &'static str) -> impl Strategy<Value = Post> {
    let words = (
        of(text()),
        of(text()),
        of(text()),
        of(select(vec!["vi", "en", "de-AT"])),
    );
    let times = (of(instant()), of(instant()));
    let names = (
        word(),
        of(word()),
        of(url()),
        of(author()),
        select(KINDS.to_vec()),
    );
    let threads = (of(word()), of(word()), of(word()), of(word()));
    let lists = (
        vec(word(), 0..3),
        vec(url(), 0..3),
        vec(of(word()), 0..3),
        vec(of(url()), 0..2),
        vec(text(), 0..2),
    );
    let rest = (
        of(0.0f32..=1.0),
        of(engagement()),
        of("[A-Z]{2}"),
        of(any::<bool>()),
    );
    (words, times, names, threads, lists, rest).prop_map(
        move |(words, times, names, threads, lists, rest)| Post {
            network: network.into(),
            native_id: names.0,
            reference: names.1,
            url: names.2,
            author: names.3,
            kind: names.4,
            text: words.0,
            title: words.1,
            content_warning: words.2,
            language: words.3.map(str::to_owned),
            created: times.0,
            edited: times.1,
            visibility: Visibility::Public,
            age_signal: AgeSignal::Adult,
            in_reply_to: threads.0,
            thread: threads.1,
            repost_of: threads.2,
            quote_of: threads.3,
            hashtags: lists.0,
            links: lists.1,
            mentions: lists
                .2
                .into_iter()
                .map(|handle| Mentioned {
                    native_id: Some("m".into()),
                    handle,
                })
                .collect(),
            media: lists
                .3
                .into_iter()
                .map(|url| Media {
                    kind: MediaKind::Image,
                    url,
                    alt: None,
                })
                .collect(),
            attributes: lists
                .4
                .into_iter()
                .map(|value| Attribute {
                    key: "board".into(),
                    value,
                })
                .collect(),
            rating: rest.0,
            engagement: rest.1,
            country: rest.2,
            sensitive: rest.3,
        },
    )
}

/// An analysis, with an entity of which the span may or may not be one of the post's text.
pub(super) fn analysis() -> impl Strategy<Value = Analysis> {
    (-1.0f32..=1.0, 0u32..9, any::<bool>()).prop_map(|(score, start, joy)| Analysis {
        by: "acme/en@1.0.0".into(),
        language: Some(("en".into(), 0.5)),
        sentiment: Some(Sentiment {
            label: SentimentLabel::Neutral,
            negative: 0.25,
            neutral: 0.25,
            positive: 0.5,
            score,
        }),
        emotions: joy
            .then_some((EmotionLabel::Joy, 0.5))
            .into_iter()
            .collect(),
        entities: vec![(EntityKind::Place, start, start + 3, 0.5)],
        topics: vec![("price".into(), 0.5)],
        ..Analysis::default()
    })
}

/// Rights within a ceiling: each of its fields at any level up to the ceiling's.
pub(super) fn within(ceiling: Rights) -> impl Strategy<Value = Rights> {
    vec(any::<u8>(), VOCABULARY.len()).prop_map(move |levels| {
        let list: Vec<String> = VOCABULARY
            .iter()
            .zip(levels)
            .filter(|(field, _)| ceiling.has(field.path))
            .map(|(field, level)| {
                let step = usize::from(level % (ceiling.level(field.path) + 1));
                format!("{}:{}", field.path, field.ladder[step])
            })
            .collect();
        Rights::parse(&list).unwrap()
    })
}

/// The post with everything that these rights do not show taken from `noise`; what they show less precisely is moved within that precision.
pub(super) fn outside(rights: &Rights, post: &Post, noise: &Post) -> Post {
    let mut other = post.clone();
    macro_rules! unless {
        ($path:literal: $($field:ident),+) => {
            if !rights.has($path) {
                $(other.$field = noise.$field.clone();)+
            }
        };
    }
    unless!("post.text": text);
    unless!("post.title": title);
    unless!("post.content-warning": content_warning);
    unless!("post.lang": language);
    unless!("post.kind": kind);
    unless!("post.url": url);
    unless!("post.native-id": native_id);
    unless!("post.hashtags": hashtags);
    unless!("post.links": links);
    unless!("post.media": media);
    unless!("post.mentions": mentions);
    unless!("post.thread": thread, in_reply_to, repost_of, quote_of);
    unless!("post.rating": rating);
    unless!("post.sensitive": sensitive);
    unless!("post.attributes": attributes);
    unless!("post.place": country);
    other.reference = noise.reference.clone();
    for (path, time) in [
        ("post.created", &mut other.created),
        ("post.edited", &mut other.edited),
    ] {
        let drawn = noise.created.unwrap_or_default();
        let unit = match rights.level(path) {
            0 => {
                *time = noise.created;
                continue;
            }
            1 => Instant::DAY_MS,
            2 => Instant::HOUR_MS,
            _ => 1_000,
        };
        *time = time.map(|at| at.floor(unit).plus_ms(drawn.as_millis().rem_euclid(unit)));
    }
    match rights.level("post.engagement") {
        0 => other.engagement = noise.engagement,
        1 => {
            let moved = |n: u64| n.checked_ilog10().map_or(0, |d| 10u64.pow(d));
            if let Some(counts) = &mut other.engagement {
                for count in [
                    &mut counts.likes,
                    &mut counts.reposts,
                    &mut counts.replies,
                    &mut counts.quotes,
                    &mut counts.views,
                ] {
                    *count = count.map(moved);
                }
            }
        }
        _ => {}
    }
    let level = rights.level("post.author");
    if level == 0 {
        other.author = noise.author.clone();
    } else if let (Some(author), Some(noise)) = (&mut other.author, &noise.author) {
        let (native_id, handle) = (author.native_id.clone(), author.handle.clone());
        if level < 3 {
            *author = noise.clone();
            author.native_id = native_id;
            author.handle = handle;
        }
        if level == 1 {
            author.handle = noise.handle.clone();
        }
        if level >= 2 && author.handle.is_some() {
            author.native_id = noise.native_id.clone();
        }
    }
    other
}
