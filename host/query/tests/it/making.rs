//! Posts and queries to test with: invented brands and people.

use isocial_model::{
    Class, Label, Labeled,
    post::{Author, Engagement, Mentioned, Post, PostKind},
};
use isocial_query::{
    Address, AddressOf, Bounds, Form, Has, Measure, Near, Node, Number, Query, Scope, Text, Word,
};
use proptest::prelude::*;

pub(crate) fn labeled(post: Post) -> Labeled<Post> {
    Labeled::new(Label::of(Class::PublicText, Some("mastodon")), post)
}

pub(crate) fn bare() -> Post {
    Post {
        network: "mastodon".into(),
        native_id: "1".into(),
        reference: None,
        url: None,
        kind: PostKind::Post,
        text: None,
        title: None,
        content_warning: None,
        language: None,
        created: None,
        edited: None,
        author: None,
        visibility: isocial_model::post::Visibility::Public,
        age_signal: isocial_model::post::AgeSignal::NotPublished,
        in_reply_to: None,
        thread: None,
        repost_of: None,
        quote_of: None,
        hashtags: Vec::new(),
        mentions: Vec::new(),
        links: Vec::new(),
        media: Vec::new(),
        rating: None,
        engagement: None,
        country: None,
        sensitive: None,
        attributes: Vec::new(),
    }
}

pub(crate) fn says(text: &str) -> Post {
    Post {
        text: Some(text.into()),
        ..bare()
    }
}

/// A small vocabulary, so that queries and posts meet: Latin, Vietnamese, Chinese, Thai, emoji, numbers.
pub(crate) const WORDS: [&str; 18] = [
    "lumora",
    "lumoracar",
    "car",
    "cars",
    "phở",
    "bò",
    "汽",
    "车",
    "ที่",
    "นี่",
    "👍",
    "❤",
    "2.0",
    "s",
    "brillo",
    "brilla",
    "삼성은",
    "foo_bar",
];

fn word(form: Form) -> impl Strategy<Value = Word> + Clone {
    prop::sample::select(WORDS.to_vec()).prop_map(move |text| Word {
        text: text.into(),
        form,
        glued: false,
    })
}

fn text() -> impl Strategy<Value = Node> {
    let scope = prop_oneof![
        6 => Just(Scope::Anywhere),
        1 => Just(Scope::Title),
        1 => Just(Scope::Body),
        1 => Just(Scope::AuthorName),
    ];
    let prefix = prop::sample::select(vec!["lum", "lumora", "cars", "bri", "삼성", "phở", "foo_b"])
        .prop_map(|text| Word {
            text: text.into(),
            form: Form::Prefix,
            glued: false,
        });
    let wild = prop::sample::select(vec!["bril?a", "bri?l?", "car?", "lumor?"]).prop_map(|text| {
        vec![Word {
            text: text.into(),
            form: Form::Wild,
            glued: false,
        }]
    });
    let tag = word(Form::Exact).prop_filter_map("a tag has letters", |word| {
        let letters = word.text.chars().all(char::is_alphanumeric) && !word.text.starts_with('2');
        letters.then_some(Word {
            form: Form::Tag,
            ..word
        })
    });
    let some = prop_oneof![6 => word(Form::Exact), 2 => prefix, 1 => tag.clone()];
    let glued = (word(Form::Exact), any::<bool>()).prop_map(|(word, glued)| Word { glued, ..word });
    let words = prop_oneof![
        6 => word(Form::Exact).prop_map(|word| vec![word]),
        3 => prop::collection::vec(some, 1..4),
        2 => (word(Form::Exact), glued).prop_map(|(a, b)| vec![a, b]),
        1 => wild,
    ];
    let loose = prop::collection::vec(prop_oneof![5 => word(Form::Exact), 1 => tag], 2..4);
    prop_oneof![
        5 => (scope.clone(), words).prop_map(|(scope, words)| Node::Text(Text { scope, words, slop: None })),
        1 => (scope, loose, 0_u16..6).prop_map(|(scope, words, slop)| Node::Text(Text { scope, words, slop: Some(slop) })),
    ]
}

fn hashtag() -> impl Strategy<Value = Node> {
    prop::sample::select(vec!["lumora", "phở", "车", "brillofail"])
        .prop_map(|tag| Node::Hashtag(tag.into()))
}

fn near(left: Node, right: Node, distance: u16, ordered: bool) -> Node {
    Node::Near(Near {
        left: Box::new(left),
        right: Box::new(right),
        distance,
        ordered,
    })
}

/// Something with a place in the text.
fn positional() -> impl Strategy<Value = Node> {
    let one = prop_oneof![5 => text(), 1 => hashtag()];
    one.prop_recursive(3, 8, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 2..4).prop_map(Node::Any),
            (inner.clone(), inner, 0_u16..6, any::<bool>())
                .prop_map(|(a, b, n, ordered)| near(a, b, n, ordered)),
        ]
    })
}

fn bounds() -> impl Strategy<Value = Bounds> {
    let number = (0_u64..4000).prop_map(|thousandths| Number { thousandths });
    prop_oneof![
        number.clone().prop_map(Bounds::Equal),
        number.clone().prop_map(Bounds::Above),
        number.clone().prop_map(Bounds::AtLeast),
        number.clone().prop_map(Bounds::Below),
        number.clone().prop_map(Bounds::AtMost),
        (number.clone(), number).prop_map(|(a, b)| Bounds::Between(a.min(b), a.max(b))),
    ]
}

fn field() -> impl Strategy<Value = Node> {
    use isocial_model::language::{EmotionLabel, EntityKind, SentimentLabel};
    let address = (
        prop::sample::select(vec![AddressOf::Domain, AddressOf::Any, AddressOf::Link]),
        prop::sample::select(vec!["shop.example", "news.shop.example", "example"]),
        prop::sample::select(vec!["", "/Cars", "/cars?id=7"]),
    )
        .prop_map(|(of, host, path)| Address {
            of,
            host: host.into(),
            path: if of == AddressOf::Domain {
                "".into()
            } else {
                path.into()
            },
        });
    prop_oneof![
        prop::sample::select(vec!["An_Tran", "did:plc:xyz7", "care@home.example"])
            .prop_map(|name| Node::Author(name.into())),
        prop::sample::select(vec!["Lumora_Care", "an_tran"])
            .prop_map(|name| Node::Mention(name.into())),
        prop::sample::select(vec!["en", "vi", "pt", "pt-br"])
            .prop_map(|code| Node::Language(code.into())),
        prop::sample::select(vec!["vn", "de"]).prop_map(|code| Node::Country(code.into())),
        prop::sample::select(vec!["mastodon", "bluesky"])
            .prop_map(|name| Node::Network(name.into())),
        address
            .prop_filter("a host of one word cannot be written", |a| a
                .host
                .contains('.'))
            .prop_map(Node::Address),
        prop::sample::select(vec![PostKind::Post, PostKind::Reply, PostKind::Review])
            .prop_map(Node::Kind),
        prop::sample::select(vec![
            SentimentLabel::Negative,
            SentimentLabel::Positive,
            SentimentLabel::Unknown
        ])
        .prop_map(Node::Sentiment),
        Just(Node::Emotion(EmotionLabel::Joy)),
        prop::sample::select(vec!["prices", "customer service"])
            .prop_map(|topic| Node::Topic(topic.into())),
        Just(Node::EntityKind(EntityKind::Organisation)),
        prop::collection::vec(word(Form::Exact), 1..3).prop_map(Node::EntityText),
        prop::sample::select(vec![
            Has::Link,
            Has::Hashtag,
            Has::Mention,
            Has::Title,
            Has::Image
        ])
        .prop_map(Node::Has),
        any::<bool>().prop_map(Node::Sensitive),
        any::<bool>().prop_map(Node::Verified),
        (
            prop::sample::select(vec![Measure::Likes, Measure::Followers, Measure::Views]),
            bounds()
        )
            .prop_map(|(measure, bounds)| Node::Measure(measure, bounds)),
        (0_u64..=1000).prop_map(|thousandths| Node::Measure(
            Measure::Rating,
            Bounds::AtLeast(Number { thousandths })
        )),
    ]
}

/// Any query that can be written.
pub(crate) fn query() -> impl Strategy<Value = Query> {
    let leaf = prop_oneof![6 => text(), 2 => hashtag(), 3 => field(), 3 => positional(), 1 => Just(Node::Everything)];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            3 => prop::collection::vec(inner.clone(), 2..5).prop_map(Node::All),
            3 => prop::collection::vec(inner.clone(), 2..5).prop_map(Node::Any),
            2 => inner.prop_map(|node| Node::Not(Box::new(node))),
        ]
    })
    .prop_map(|root| Query::new(root).expect("what is made here can be written"))
}

pub(crate) fn running_text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        8 => prop::sample::select(WORDS.to_vec()).prop_map(String::from),
        1 => prop::sample::select(vec!["#lumora", "#Phở", "#BrilloFail", "@Lumora_Care", "Lumora's", "CAR-cars", "l'orange", "Ｌｕｍｏｒａ",
            "https://www.shop.example/Cars?utm_source=x", "http://news.shop.example/a", "我买汽车", "Pho\u{31B}\u{309}", "…", "№"]).prop_map(String::from),
        1 => "\\PC{0,4}",
    ];
    let between = prop::sample::select(vec![" ", " ", " ", ", ", "\n", ""]);
    prop::collection::vec((piece, between), 0..16).prop_map(|parts| {
        parts
            .into_iter()
            .fold(String::new(), |text, (a, b)| text + &a + b)
    })
}

/// Any post.
pub(crate) fn post() -> impl Strategy<Value = Post> {
    let few = |values: &[&str]| {
        let values: Vec<String> = values.iter().map(|v| (*v).to_owned()).collect();
        prop::option::of(prop::sample::select(values))
    };
    let author = (
        few(&["an_tran", "AN_TRAN", "care@home.example"]),
        few(&["did:plc:XYZ7"]),
        prop::option::of(running_text()),
        prop::option::of(0_u64..4),
        prop::option::of(any::<bool>()),
    )
        .prop_map(
            |(handle, native_id, display_name, followers, verified)| Author {
                native_id,
                handle,
                display_name,
                followers,
                verified,
                ..Author::default()
            },
        );
    let texts = (
        running_text(),
        prop::option::of(running_text()),
        prop::option::of(running_text()),
    );
    let facts = (
        few(&["en", "pt-BR", "vi", "und", ""]),
        few(&["VN", "de"]),
        few(&["https://www.shop.example/Cars", "https://home.example/1"]),
        few(&[
            "https://shop.example/cars?id=7&utm_medium=x",
            "http://other.example",
        ]),
        few(&["lumora", "BrilloFail"]),
        few(&["lumora_care"]),
        prop::option::of(0_u64..4),
        prop::option::of(0.0_f32..1.0),
    );
    (
        texts,
        prop::option::of(author),
        facts,
        any::<bool>(),
        any::<bool>(),
    )
        .prop_map(|((text, title, warning), author, facts, reply, bluesky)| {
            let (language, country, url, link, tag, mention, likes, rating) = facts;
            Post {
                network: if bluesky { "bluesky" } else { "mastodon" }.into(),
                text: Some(text),
                title,
                content_warning: warning,
                author,
                language,
                country,
                url,
                links: link.into_iter().collect(),
                hashtags: tag.into_iter().collect(),
                mentions: mention
                    .into_iter()
                    .map(|handle| Mentioned {
                        native_id: None,
                        handle: Some(handle),
                    })
                    .collect(),
                engagement: likes.map(|likes| Engagement {
                    likes: Some(likes),
                    ..Engagement::default()
                }),
                rating,
                kind: if reply {
                    PostKind::Reply
                } else {
                    PostKind::Post
                },
                ..bare()
            }
        })
}
