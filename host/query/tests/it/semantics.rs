//! What queries mean.

use isocial_model::{
    language::{Analysis, EntityKind, Sentiment, SentimentLabel},
    post::{Author, Engagement, Media, MediaKind, Mentioned, Post},
};
use isocial_query::{
    Doc, Form, Node, Part, Query, Scope, Truth, evaluate, hits, hits_in, parse, parse_stored,
};
use proptest::prelude::*;

use crate::making::{bare, labeled, query, running_text, says};

fn read(source: &str) -> Query {
    parse_stored(source).unwrap_or_else(|errors| panic!("{source}: {errors}"))
}

fn truth(source: &str, post: &Post) -> Truth {
    evaluate(&read(source), &Doc::of(&labeled(post.clone())), None)
}

fn yes(source: &str, post: &Post) {
    assert_eq!(truth(source, post), Truth::Yes, "{source}");
}

fn no(source: &str, post: &Post) {
    assert_eq!(truth(source, post), Truth::No, "{source}");
}

#[test]
fn words_match_whole_and_folded() {
    let post = says("Lumora's NEW electric-car, très chère Straße. Phở ＦＵＬＬ 2.0");
    for source in [
        "lumora",
        "LUMORA",
        "lumora's",
        "new",
        "electric-car",
        "\"electric car\"",
        "strasse",
        "phở",
        "full",
        "2.0",
        "très",
    ] {
        yes(source, &post);
    }
    for source in ["lumor", "pho", "tres", "electriccar", "\"car new\"", "2"] {
        no(source, &post);
    }
}

#[test]
fn operators_have_their_precedence() {
    let post = says("a1 b1 c1");
    yes("x1 OR a1 AND b1", &post);
    no("(x1 OR a1) AND y1", &post);
    yes("x1 y1 OR c1", &post);
    yes("a1 AND NOT x1", &post);
    no("a1 -b1", &post);
    yes("a1 NEAR/1 c1 AND b1", &post);
    assert_eq!(
        read("a OR b c NEAR/2 d").to_string(),
        "a OR b AND c NEAR/2 d"
    );
    assert_eq!(
        read("NOT a AND (b OR c) d").to_string(),
        "NOT a AND (b OR c) AND d"
    );
}

#[test]
fn nearness_counts_the_words_between() {
    let post = says("battery of the new lumora car");
    yes("battery NEAR/3 lumora", &post);
    no("battery NEAR/2 lumora", &post);
    yes("lumora NEAR/3 battery", &post);
    no("lumora ONEAR/3 battery", &post);
    yes("battery ONEAR/3 lumora", &post);
    yes("battery NEAR/3f lumora", &post);
    yes("battery NEAR lumora", &post);
    yes(
        "(battery OR motor) NEAR/3 (\"lumora car\" OR brillo)",
        &post,
    );
    yes("battery NEAR/2 new NEAR/1 car", &post);
    no("battery NEAR/2 new NEAR/0 car", &post);
    no("car NEAR/9 car", &post);
}

#[test]
fn loose_phrases_allow_further_words_in_any_order() {
    let post = says("the battery of my lumora died");
    yes("\"lumora battery\"~2", &post);
    no("\"lumora battery\"~1", &post);
    yes("\"battery died lumora\"~2", &post);
    no("\"battery battery\"~9", &post);
}

#[test]
fn distances_never_cross_parts() {
    let post = Post {
        title: Some("great lumora".into()),
        content_warning: Some("car talk".into()),
        text: Some("battery died".into()),
        ..bare()
    };
    for source in [
        "\"lumora car\"",
        "lumora NEAR/50 car",
        "talk NEAR/50 battery",
        "\"talk battery\"~9",
        "title:battery",
        "body:lumora",
    ] {
        no(source, &post);
    }
    for source in [
        "lumora car battery",
        "title:lumora",
        "title:\"great lumora\"",
        "body:(battery AND died)",
        "title:(brillo OR great)",
        "text:talk",
    ] {
        yes(source, &post);
    }
}

#[test]
fn wildcards_stand_for_ends_and_single_characters() {
    let post = says("Lumoracars organised a phở night, see?");
    for source in [
        "lumora*",
        "organi?ed",
        "\"organi* a\"",
        "nigh?",
        "\"lumora* organised\"",
    ] {
        yes(source, &post);
    }
    for source in ["lumora", "organi?d", "lumorac?r", "\"lumora* a\""] {
        no(source, &post);
    }
}

#[test]
fn hashtags_are_not_words_and_words_are_not_hashtags() {
    let post = Post {
        hashtags: vec!["FromNetwork".into()],
        ..says("so #LumoraFail today, love")
    };
    for source in [
        "#lumorafail",
        "hashtag:LumoraFail",
        "#fromnetwork",
        "\"so #lumorafail today\"",
        "so NEAR/0 #lumorafail",
    ] {
        yes(source, &post);
    }
    for source in [
        "lumorafail",
        "#love",
        "fromnetwork",
        "lumoraf*",
        "so NEAR/9 #fromnetwork",
    ] {
        no(source, &post);
    }
}

#[test]
fn scripts_without_spaces_match_inside_text() {
    let post = says("我昨天买了一辆电动汽车很好 トヨタのテスラ ที่นี่ดีมาก");
    for source in [
        "汽车",
        "电动汽车",
        "汽车*",
        "テスラ",
        "ดีมาก",
        "买了 NEAR/4 汽车",
        "\"买 了\"",
    ] {
        yes(source, &post);
    }
    for source in ["车汽", "动车", "スラテ"] {
        no(source, &post);
    }
}

#[test]
fn emoji_are_terms() {
    let post = says("love it❤️👍🏽 🇻🇳");
    for source in ["❤", "❤️", "👍🏽", "🇻🇳", "\"it ❤\""] {
        yes(source, &post);
    }
    for source in ["👍", "🇫🇷", "💔"] {
        no(source, &post);
    }
}

#[test]
fn addresses_are_compared_without_trackers() {
    let post = Post {
        url: Some("https://home.example/@an/1".into()),
        links: vec!["https://www.News.Shop.example/Cars?utm_source=feed&id=7".into()],
        ..says("read https://other.example/x.")
    };
    for source in [
        "site:shop.example",
        "domain:news.shop.example",
        "site:home.example",
        "url:home.example/@an",
        "link:shop.example/Cars",
        "url:\"https://news.shop.example/Cars?id=7\"",
        "link:other.example/x",
        "has:link",
    ] {
        yes(source, &post);
    }
    for source in [
        "site:hop.example",
        "link:home.example",
        "url:shop.example/cars",
        "other",
        "https",
        "x",
    ] {
        no(source, &post);
    }
}

#[test]
fn fields_of_author_and_network_match() {
    let post = Post {
        author: Some(Author {
            handle: Some("An_Tran".into()),
            native_id: Some("did:plc:XyZ".into()),
            display_name: Some("An Trần #motors".into()),
            followers: Some(1200),
            verified: Some(true),
            ..Author::default()
        }),
        mentions: vec![Mentioned {
            handle: Some("Lumora_Care".into()),
            native_id: None,
        }],
        country: Some("VN".into()),
        engagement: Some(Engagement {
            likes: Some(5),
            ..Engagement::default()
        }),
        rating: Some(0.8),
        sensitive: Some(true),
        media: vec![Media {
            kind: MediaKind::Image,
            url: None,
            alt: None,
        }],
        ..says("hi @other@home.example")
    };
    for source in [
        "author:an_tran",
        "author:@AN_TRAN",
        "author:did:plc:xyz",
        "from:an_tran",
        "author_name:\"an trần\"",
        "author_name:tr?n OR author_name:trần",
        "mention:@lumora_care",
        "mention:other@home.example",
        "country:vn",
        "network:Mastodon",
        "source:mastodon",
        "type:post",
        "has:image",
        "has:media",
        "has:mention",
        "sensitive:true",
        "verified:true",
        "likes:5",
        "likes:>=5",
        "likes:>4",
        "likes:<6",
        "likes:1..5",
        "followers:>1000",
        "rating:>=0.8",
        "author:(bo OR an_tran)",
        "likes:(1 OR 5)",
        "rating:0.8",
    ] {
        yes(source, &post);
    }
    for source in [
        "author:an",
        "trần",
        "#motors",
        "author_name:hi",
        "mention:other",
        "has:video",
        "has:hashtag",
        "likes:>5",
        "replies:>=0",
        "views:0",
        "type:reply",
        "network:bluesky",
        "sensitive:false",
    ] {
        no(source, &post);
    }
    yes("verified:false", &bare());
}

#[test]
fn what_only_analysis_tells_is_maybe_before_it() {
    let post = says("Lumora is great");
    let doc = Doc::of(&labeled(post));
    let analysis = Analysis {
        language: Some(("en".into(), 0.9)),
        sentiment: Some(Sentiment {
            label: SentimentLabel::Positive,
            negative: 0.0,
            neutral: 0.1,
            positive: 0.9,
            score: 0.8,
        }),
        entities: vec![(EntityKind::Organisation, 0, 6, 0.9)],
        topics: vec![("Customer Service".into(), 0.7)],
        ..Analysis::default()
    };
    for (source, before, after) in [
        ("sentiment:positive", Truth::Maybe, Truth::Yes),
        ("NOT sentiment:positive", Truth::Maybe, Truth::No),
        ("lumora AND sentiment:negative", Truth::Maybe, Truth::No),
        ("brillo AND sentiment:positive", Truth::No, Truth::No),
        ("lumora OR sentiment:negative", Truth::Yes, Truth::Yes),
        ("lang:en", Truth::Maybe, Truth::Yes),
        ("entity:organisation", Truth::Maybe, Truth::Yes),
        ("entity:person", Truth::Maybe, Truth::No),
        ("entity:Lumora", Truth::Maybe, Truth::Yes),
        ("entity:great", Truth::Maybe, Truth::No),
        ("topic:\"customer service\"", Truth::Maybe, Truth::Yes),
        ("emotion:joy", Truth::Maybe, Truth::No),
    ] {
        assert_eq!(
            evaluate(&read(source), &doc, None),
            before,
            "{source} before"
        );
        assert_eq!(
            evaluate(&read(source), &doc, Some(&analysis)),
            after,
            "{source} after"
        );
    }
    let tagged = Doc::of(&labeled(Post {
        language: Some("pt_BR".into()),
        ..says("x")
    }));
    for (source, expected) in [
        ("lang:pt", Truth::Yes),
        ("lang:pt-br", Truth::Yes),
        ("lang:p", Truth::No),
        ("lang:en", Truth::No),
    ] {
        if let Ok(query) = parse_stored(source) {
            assert_eq!(
                evaluate(&query, &tagged, None),
                expected,
                "the network's word goes first: {source}"
            );
            assert_eq!(evaluate(&query, &tagged, Some(&analysis)), expected);
        }
    }
}

#[test]
fn hits_are_places_in_the_original_text() {
    let text = "Ｌｕｍｏｒａ's PHỞ car; lumora car near brillo. brillo";
    let post = Post {
        title: Some("A lumora title".into()),
        ..says(text)
    };
    let doc = Doc::of(&labeled(post));
    let shown = |source: &str| {
        hits(&read(source), &doc)
            .into_iter()
            .map(|(s, e)| &text[s..e])
            .collect::<Vec<_>>()
    };
    assert_eq!(shown("lumora"), ["Ｌｕｍｏｒａ", "lumora"]);
    assert_eq!(
        shown("\"lumora car\" OR phở -brillo"),
        ["PHỞ", "lumora car"]
    );
    assert_eq!(shown("car NEAR/1 brillo"), ["car", "brillo"]);
    assert!(shown("nothing").is_empty());
    assert_eq!(hits_in(&read("lumora"), &doc, Part::Title), [(2, 8)]);
}

#[test]
fn everything_matches_every_post() {
    assert_eq!(
        evaluate(&Query::everything(), &Doc::of(&labeled(bare())), None),
        Truth::Yes
    );
    assert_eq!(parse_stored("*").expect("stored"), Query::everything());
    assert!(parse("*").is_err());
}

#[test]
fn debug_shows_no_content() {
    let shown = format!(
        "{:?} {:?}",
        Doc::of(&labeled(says("seeded-canary"))),
        read("canary")
    );
    assert!(!shown.contains("canary"), "{shown}");
}

#[test]
fn texts_and_queries_made_to_cost_are_still_decided() {
    let doc = Doc::of(&labeled(says(&"aaa b ".repeat(300))));
    let chain = vec!["(aaa OR b OR \"aaa b\" OR \"b aaa\"~9)"; 30].join(" NEAR/1000 ");
    let alternatives = format!("({}) NEAR/1000 (b OR aaa)", vec!["aaa"; 1900].join(" OR "));
    for source in [
        chain,
        alternatives,
        "aaa NEAR/1000 zzz".into(),
        "\"aaa b aaa b\"~1000".into(),
    ] {
        let query = read(&source);
        assert_eq!(
            evaluate(&query, &doc, None) == Truth::Yes,
            !source.contains("zzz")
        );
        assert_eq!(hits(&query, &doc).is_empty(), source.contains("zzz"));
    }
}

/// Words by the slow way: every span of a positional condition, by its definition.
fn naive(node: &Node, words: &[String]) -> Vec<(usize, usize)> {
    match node {
        Node::Text(text) => {
            let wanted: Vec<&str> = text.words.iter().map(|word| &*word.text).collect();
            let has_all = |first: usize, last: usize| {
                let mut left: Vec<&str> = words[first..=last].iter().map(String::as_str).collect();
                wanted.iter().all(|word| {
                    left.iter()
                        .position(|other| other == word)
                        .map(|at| left.remove(at))
                        .is_some()
                })
            };
            let windows = (0..words.len())
                .flat_map(|first| (first..words.len()).map(move |last| (first, last)));
            windows
                .filter(
                    |&(first, last)| match text.slop.filter(|_| wanted.len() > 1) {
                        None => words[first..=last]
                            .iter()
                            .map(String::as_str)
                            .eq(wanted.iter().copied()),
                        Some(slop) => {
                            last - first < wanted.len() + usize::from(slop)
                                && has_all(first, last)
                                && !(first < last
                                    && (has_all(first + 1, last) || has_all(first, last - 1)))
                        }
                    },
                )
                .collect()
        }
        Node::Any(nodes) => nodes.iter().flat_map(|node| naive(node, words)).collect(),
        _ => Vec::new(),
    }
}

fn small_text() -> impl Strategy<Value = Node> {
    let words = prop::collection::vec(prop::sample::select(vec!["a", "b", "c"]), 1..4);
    (words, prop::option::of(0_u16..3)).prop_map(|(words, slop)| {
        let words = words
            .into_iter()
            .map(|text| isocial_query::Word {
                text: text.into(),
                form: Form::Exact,
                glued: false,
            })
            .collect();
        Node::Text(isocial_query::Text {
            scope: Scope::Anywhere,
            words,
            slop,
        })
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn phrases_and_nearness_equal_their_definition(
        words in prop::collection::vec(prop::sample::select(vec!["a", "b", "c", "d"]), 0..12),
        left in prop::collection::vec(small_text(), 1..3),
        right in prop::collection::vec(small_text(), 1..3),
        distance in 0_u16..4,
        ordered in any::<bool>(),
    ) {
        let text = words.join(" ");
        let words: Vec<String> = words.into_iter().map(String::from).collect();
        let doc = Doc::of(&labeled(says(&text)));
        let (left, right) = (Node::Any(left), Node::Any(right));
        for side in [&left, &right] {
            let query = Query::new(side.clone()).expect("sound");
            prop_assert_eq!(evaluate(&query, &doc, None) == Truth::Yes, !naive(side, &words).is_empty(), "{} in {}", query, text);
        }
        let (lefts, rights) = (naive(&left, &words), naive(&right, &words));
        let close = |a: &(usize, usize), b: &(usize, usize)| b.0 > a.1 && b.0 - a.1 - 1 <= usize::from(distance);
        let expected = lefts.iter().any(|a| rights.iter().any(|b| close(a, b) || (!ordered && close(b, a))));
        let near = isocial_query::Near { left: Box::new(left), right: Box::new(right), distance, ordered };
        let query = Query::new(Node::Near(near)).expect("sound");
        prop_assert_eq!(evaluate(&query, &doc, None) == Truth::Yes, expected, "{} in {}", query, text);
    }

    #[test]
    fn hits_lie_in_the_text_and_do_not_overlap(query in query(), text in running_text()) {
        let doc = Doc::of(&labeled(says(&text)));
        let mut last = 0;
        for (start, end) in hits(&query, &doc) {
            prop_assert!(start >= last && start < end && text.get(start..end).is_some());
            last = end;
        }
    }

    #[test]
    fn an_analysis_leaves_nothing_open_and_never_turns_a_sure_answer(query in query(), text in running_text()) {
        let doc = Doc::of(&labeled(says(&text)));
        let before = evaluate(&query, &doc, None);
        let after = evaluate(&query, &doc, Some(&Analysis { language: Some(("en".into(), 1.0)), ..Analysis::default() }));
        prop_assert_ne!(after, Truth::Maybe);
        prop_assert!(before == Truth::Maybe || before == after);
    }

    #[test]
    fn a_refilled_document_is_as_good_as_new(query in query(), first in crate::making::post(), second in crate::making::post()) {
        let mut doc = Doc::of(&labeled(first));
        doc.refill(&labeled(second.clone()));
        let fresh = Doc::of(&labeled(second));
        prop_assert_eq!(evaluate(&query, &doc, None), evaluate(&query, &fresh, None));
        prop_assert_eq!(doc.fts_tokens(), fresh.fts_tokens());
    }
}
