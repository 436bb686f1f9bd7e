use isocial_sdk::connector::{
    AgeSignal, Budget, Change, Kind, MediaKind, PlanNode, Post, QueryPlan, Response, Visibility,
};
use isocial_testkit::Cover;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

const NOW: i64 = 1_772_625_600_000;
const ORLA: &str = "did:plc:orla2345orla2345orla2345";

fn job(config: &Value) -> Job {
    Job {
        plan: QueryPlan {
            nodes: vec![PlanNode::Word("lumora".into())],
        },
        config: config.to_string(),
        state: None,
        budget: Budget {
            items: 100,
            requests: 16,
        },
        now: NOW,
        since: None,
    }
}

fn configs() -> [Value; 4] {
    [
        json!({ "account": ORLA, "service": "https://pds.example" }),
        json!({ "account": "orla.example", "service": "https://pds.example" }),
        json!({ "mode": "search" }),
        json!({ "mode": "stream" }),
    ]
}

fn read(record: &Value) -> Option<Post> {
    let uri = at::PostUri::new(ORLA, "3mg7k2abcde2k").unwrap();
    post::read(&uri, Some("bafyone"), record, NOW)
}

#[test]
fn recorded_exchanges_replay() {
    let mut subject = isocial_testkit::Native::connector::<Bluesky>()
        .and_recheck::<Bluesky>()
        .and_stream::<Bluesky>();
    let report = isocial_testkit::replay(env!("CARGO_MANIFEST_DIR"), &mut subject).unwrap();
    assert_eq!(report.missing(), [] as [Cover; 0]);
}

#[test]
fn a_configuration_that_cannot_work_is_told_with_its_place() {
    for (config, pointer) in [
        (json!({}), "/account"),
        (
            json!({ "account": "orla" , "service": "https://pds.example" }),
            "/account",
        ),
        (json!({ "account": "orla.example" }), "/service"),
        (
            json!({ "account": "orla.example", "service": "pds.example" }),
            "/service",
        ),
        (
            json!({ "account": "orla.example", "service": "https://pds.example/xrpc" }),
            "/service",
        ),
        (
            json!({ "account": "orla.example", "service": "https://orla@pds.example" }),
            "/service",
        ),
        (
            json!({ "mode": "stream", "service": "https://jetstream.example" }),
            "/service",
        ),
        (
            json!({ "mode": "search", "service": "wss://jetstream.example" }),
            "/service",
        ),
        (json!({ "mode": "everything" }), "/mode"),
    ] {
        match Config::of(&job(&config)) {
            Err(Fault::BadConfig(fault)) => assert_eq!(fault.pointer, pointer, "{config}"),
            other => panic!("{config}: {other:?}"),
        }
    }
    let found = Config::of(&job(
        &json!({ "account": "@Orla.Example", "service": "https://pds.example/" }),
    ))
    .unwrap();
    let expected = Mode::Account {
        account: "orla.example".into(),
        service: "https://pds.example".into(),
    };
    assert_eq!(found.mode, expected);
}

#[test]
fn a_stream_is_only_opened_where_one_is_configured() {
    let [account, .., stream] = configs();
    assert!(matches!(
        Bluesky::open(&job(&account), None),
        Err(Fault::BadConfig(_))
    ));
    assert!(Bluesky::open(&job(&stream), Some(b"no time")).is_err());
    assert!(Bluesky::open(&job(&stream), Some(b"-5")).is_err());
}

#[test]
fn everything_that_a_record_says_is_taken_over() {
    let post = read(&json!({
        "$type": "app.bsky.feed.post",
        "text": "Third #Lumora of the day, thanks @tamsin.example lumora.example/summ...",
        "createdAt": "2026-03-04T05:06:07.089Z",
        "langs": ["en", "vi"],
        "tags": ["tea", "lumora", "Lumora"],
        "facets": [
            { "index": { "byteStart": 6, "byteEnd": 13 }, "features": [{ "$type": "app.bsky.richtext.facet#tag", "tag": "Lumora" }] },
            { "index": { "byteStart": 33, "byteEnd": 48 }, "features": [{ "$type": "app.bsky.richtext.facet#mention", "did": "did:plc:tamsin" }] },
            { "index": { "byteStart": 49, "byteEnd": 71 }, "features": [{ "$type": "app.bsky.richtext.facet#link", "uri": "https://lumora.example/summer" }] },
            { "features": [{ "$type": "app.bsky.richtext.facet#later" }, 7] },
        ],
        "reply": {
            "root": { "uri": "at://did:plc:root/app.bsky.feed.post/3mg7jroot222k", "cid": "bafyroot" },
            "parent": { "uri": "at://did:plc:parent/app.bsky.feed.post/3mg7jparen22k", "cid": "bafyparent" },
        },
        "embed": {
            "$type": "app.bsky.embed.recordWithMedia",
            "record": { "$type": "app.bsky.embed.record", "record": { "uri": "at://did:plc:quoted/app.bsky.feed.post/3mg7jquote22k", "cid": "bafyq" } },
            "media": { "$type": "app.bsky.embed.images", "images": [{ "alt": "a glass of tea", "image": {} }, { "alt": "", "image": {} }] },
        },
        "labels": { "$type": "com.atproto.label.defs#selfLabels", "values": [{ "val": "graphic-media" }, { "val": "later" }] },
    }))
    .unwrap();
    assert_eq!(
        post.native_id,
        format!("at://{ORLA}/app.bsky.feed.post/3mg7k2abcde2k")
    );
    assert_eq!(post.ref_, Some(format!("{}#bafyone", post.native_id)));
    assert_eq!(
        post.url,
        Some(format!(
            "https://bsky.app/profile/{ORLA}/post/3mg7k2abcde2k"
        ))
    );
    assert_eq!(
        (post.kind, post.visibility, post.age_signal),
        (Kind::Reply, Visibility::Public, AgeSignal::NotPublished)
    );
    assert_eq!(post.created, Some(1_772_600_767_089));
    assert_eq!(post.language.as_deref(), Some("en"));
    assert_eq!(post.hashtags, ["Lumora", "tea", "lumora"]);
    assert_eq!(post.mentions.len(), 1);
    assert_eq!(post.links, ["https://lumora.example/summer"]);
    assert_eq!(
        post.in_reply_to.as_deref(),
        Some("at://did:plc:parent/app.bsky.feed.post/3mg7jparen22k")
    );
    assert_eq!(
        post.thread.as_deref(),
        Some("at://did:plc:root/app.bsky.feed.post/3mg7jroot222k")
    );
    assert_eq!(
        post.quote_of.as_deref(),
        Some("at://did:plc:quoted/app.bsky.feed.post/3mg7jquote22k")
    );
    let alts: Vec<_> = post
        .media
        .iter()
        .map(|m| (m.kind, m.alt.as_deref()))
        .collect();
    assert_eq!(
        alts,
        [
            (MediaKind::Image, Some("a glass of tea")),
            (MediaKind::Image, None)
        ]
    );
    assert_eq!(
        (post.sensitive, post.content_warning.as_deref()),
        (Some(true), Some("graphic-media"))
    );
}

#[test]
fn embeds_of_each_sort_are_read() {
    let embedded =
        |embed: Value| read(&json!({ "$type": POSTS, "text": "look", "embed": embed })).unwrap();
    let page = embedded(
        json!({ "$type": "app.bsky.embed.external", "external": { "uri": "https://lumora.example/", "title": "Lumora", "description": "Tea" } }),
    );
    assert_eq!(page.links, ["https://lumora.example/"]);
    assert_eq!(
        page.media.first().map(|m| (m.kind, m.alt.as_deref())),
        Some((MediaKind::Link, Some("Lumora")))
    );
    let quote = embedded(
        json!({ "$type": "app.bsky.embed.record", "record": { "uri": "at://did:plc:q/app.bsky.feed.post/3mg7jquote22k" } }),
    );
    assert_eq!((quote.kind, quote.quote_of.is_some()), (Kind::Quote, true));
    let list = embedded(
        json!({ "$type": "app.bsky.embed.record", "record": { "uri": "at://did:plc:q/app.bsky.graph.list/3mg7jquote22k" } }),
    );
    assert_eq!((list.kind, list.quote_of), (Kind::Post, None));
    let video = embedded(json!({ "$type": "app.bsky.embed.video", "alt": "pouring" }));
    assert_eq!(video.media.first().map(|m| m.kind), Some(MediaKind::Video));
    let gallery = embedded(
        json!({ "$type": "app.bsky.embed.gallery", "items": [{ "alt": "one" }, { "alt": "two" }] }),
    );
    assert_eq!(gallery.media.len(), 2);
    let odd = embedded(
        json!({ "$type": "app.bsky.embed.external", "external": { "uri": "javascript:alert(1)" } }),
    );
    assert!(odd.links.is_empty() && odd.media.is_empty());
}

#[test]
fn times_that_cannot_be_are_replaced() {
    let at = |created: Value| {
        read(&json!({ "$type": POSTS, "text": "x", "createdAt": created }))
            .unwrap()
            .created
    };
    let made = tid::time("3mg7k2abcde2k").map(|made| made.min(NOW));
    assert_eq!(at(json!("2999-01-01T00:00:00Z")), Some(NOW));
    assert_eq!(at(json!("yesterday")), made);
    assert_eq!(at(json!(7)), made);
    assert_eq!(at(json!("1901-01-01T00:00:00Z")), made);
    assert_eq!(at(json!("2012-05-06T07:08:09Z")), Some(1_336_288_089_000));
}

#[test]
fn what_is_no_post_is_not_read() {
    for record in [
        json!(null),
        json!({}),
        json!({ "$type": POSTS }),
        json!({ "$type": POSTS, "text": 7 }),
        json!({ "text": "no type" }),
        json!({ "$type": "app.bsky.feed.like", "text": "x" }),
    ] {
        assert!(read(&record).is_none(), "{record}");
    }
    let hidden = read(
        &json!({ "$type": POSTS, "text": "x", "labels": { "values": [{ "val": "!no-unauthenticated" }] } }),
    );
    assert_eq!(hidden.map(|p| p.visibility), Some(Visibility::Restricted));
}

#[test]
fn a_change_of_the_query_begins_anew_and_a_foreign_cursor_is_refused() {
    let [account, _, search, _] = configs();
    let url = |job: &Job, cursor: &[u8]| match Bluesky::next(
        job,
        &Place::Cursor(Some(cursor.to_vec())),
    ) {
        Ok(Outcome::Again(again)) => again
            .requests
            .first()
            .map(|r| r.url.clone())
            .unwrap_or_default(),
        other => panic!("{other:?}"),
    };
    let mut job = job(&search);
    assert!(
        !url(
            &job,
            br#"{"plan":1,"from":1772600000000,"at":0,"page":"100"}"#
        )
        .contains("cursor")
    );
    job.config = account.to_string();
    for cursor in [&b"garbage"[..], b"7", b"{\"top\":7}"] {
        assert!(matches!(
            Bluesky::next(&job, &Place::Cursor(Some(cursor.to_vec()))),
            Err(Fault::Permanent(_))
        ));
    }
}

#[test]
fn a_search_that_ends_at_the_networks_limit_is_begun_again_from_its_oldest_post() {
    let [.., search, _] = configs();
    let job = job(&search);
    let fresh = match Bluesky::next(&job, &Place::Cursor(None)) {
        Ok(Outcome::Again(again)) => serde_json::from_slice::<Value>(&again.scratch).unwrap(),
        other => panic!("{other:?}"),
    };
    let mut mark = fresh;
    mark["found"] = json!(9_999);
    mark["page"] = json!("9900");
    let respond = |mark: &Value, posts: Value| {
        let place = Place::Cursor(Some(mark.to_string().into_bytes()));
        let response = Response {
            status: 200,
            headers: Vec::new(),
            body: json!({ "posts": posts }).to_string().into_bytes(),
        };
        match Bluesky::respond(&job, &place, b"", vec![Answer::Response(response)]) {
            Ok(Outcome::Page(page)) => {
                serde_json::from_slice::<Value>(&page.cursor.unwrap()).unwrap()
            }
            other => panic!("{other:?}"),
        }
    };
    let view = json!([{ "uri": format!("at://{ORLA}/{POSTS}/3mg7k2abcde2k"), "cid": "bafyone", "indexedAt": "2026-03-01T00:00:05Z",
        "author": { "did": ORLA, "handle": "orla.example" },
        "record": { "$type": POSTS, "text": "lumora", "createdAt": "2026-03-01T00:00:00Z" } }]);
    let deeper = respond(&mark, view.clone());
    assert_eq!(
        (&deeper["until"], &deeper["at"], &deeper["page"]),
        (&json!(1_772_323_200_001_i64), &json!(0), &Value::Null)
    );
    let mut same = deeper;
    same["found"] = json!(9_999);
    let over = respond(&same, view);
    assert_eq!(
        over["until"],
        Value::Null,
        "it does not go round: the round is over"
    );
    assert_eq!(over["from"], json!(NOW - 600_000));
}

/// JSON of any shape, made mostly of the words that a server uses.
fn anything() -> impl Strategy<Value = Value> {
    let word = prop::sample::select(vec![
        "records",
        "cursor",
        "uri",
        "cid",
        "value",
        "text",
        "$type",
        "app.bsky.feed.post",
        "createdAt",
        "langs",
        "facets",
        "features",
        "embed",
        "app.bsky.embed.recordWithMedia",
        "app.bsky.embed.record",
        "app.bsky.embed.images",
        "record",
        "media",
        "images",
        "labels",
        "values",
        "val",
        "reply",
        "parent",
        "root",
        "posts",
        "author",
        "did",
        "handle",
        "kind",
        "commit",
        "account",
        "operation",
        "create",
        "delete",
        "rkey",
        "collection",
        "time_us",
        "active",
        "status",
        "error",
        "message",
        "RepoNotFound",
        "did:plc:orla2345orla2345orla2345",
        "at://did:plc:orla2345orla2345orla2345/app.bsky.feed.post/3mg7k2abcde2k",
        "3mg7k2abcde2k",
        "2026-03-04T05:06:07Z",
        "InvalidRequest",
        "Could not find repo: x",
    ]);
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        word.clone().prop_map(Value::from),
        ".{0,20}".prop_map(Value::from),
    ];
    leaf.prop_recursive(6, 96, 8, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..8).prop_map(Value::from),
            prop::collection::vec((word.clone(), inner), 0..8).prop_map(|pairs| Value::Object(
                pairs.into_iter().map(|(k, v)| (k.to_owned(), v)).collect()
            )),
        ]
    })
}

fn body() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        3 => anything().prop_map(|value| value.to_string().into_bytes()),
        1 => prop::collection::vec(any::<u8>(), 0..200),
    ]
}

/// What is true of every page.
fn check(page: &Page) {
    assert!(page.changes.len() <= 250);
    assert!(
        page.cursor.as_ref().is_none_or(|c| c.len() <= 4096)
            && page.state.as_ref().is_none_or(|s| s.len() <= 4096)
    );
    for change in &page.changes {
        if let Change::Upsert(post) = change {
            assert!((1..=512).contains(&post.native_id.len()));
            assert!(
                post.hashtags.len() <= 64
                    && post.links.len() <= 64
                    && post.mentions.len() <= 64
                    && post.media.len() <= 32
            );
            assert!(post.ref_.as_ref().is_none_or(|r| r.len() <= 256));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn garbage_never_stops_a_reading(which in 0..4_usize, status in prop_oneof![Just(200_u16), Just(400), 100..600_u16], bytes in body(),
        cursor in proptest::option::of(body()), state in proptest::option::of(body()), asked in 0..4_u8) {
        let mut job = job(&configs()[which]);
        job.state = state;
        let scratch = match asked {
            0 => json!("handle"),
            1 => json!({ "list": ORLA }),
            2 => json!({ "status": ORLA }),
            _ => json!(7),
        };
        for place in [Place::Cursor(None), Place::Cursor(cursor)] {
            let _ = Bluesky::next(&job, &place);
            let answer = Answer::Response(Response { status, headers: Vec::new(), body: bytes.clone() });
            if let Ok(Outcome::Page(page)) = Bluesky::respond(&job, &place, scratch.to_string().as_bytes(), vec![answer.clone()]) {
                check(&page);
            }
            let _ = Bluesky::checked(&job, vec![answer]);
        }
    }

    #[test]
    fn garbage_is_never_taken_for_a_verdict_too_many(which in 0..4_usize, status in 100..600_u16, bytes in body(),
        refs in prop::collection::vec("at://did:plc:orla2345orla2345orla2345/app.bsky.feed.post/3mg7k2abcde2k(#bafy[a-z]{3})?|.{0,30}", 0..16)) {
        let job = job(&configs()[which]);
        let asked = Bluesky::ask(&job, &refs).unwrap();
        prop_assert!(asked.len() <= 16);
        let answers = asked.iter().map(|_| Answer::Response(Response { status, headers: Vec::new(), body: bytes.clone() })).collect();
        prop_assert_eq!(Bluesky::judge(&job, &refs, answers).unwrap().len(), refs.len());
        prop_assert_eq!(Bluesky::judge(&job, &refs, Vec::new()).unwrap().len(), refs.len());
    }

    #[test]
    fn garbage_in_a_stream_is_counted(events in prop::collection::vec(anything(), 0..20), first: u64, before in proptest::option::of(0..i64::MAX)) {
        let [.., stream] = configs();
        let job = job(&stream);
        let count = events.len();
        let frames = events.into_iter().map(|e| Frame::Text(e.to_string())).collect();
        let cursor = before.map(|b| b.to_string().into_bytes());
        let page = Bluesky::frames(&job, cursor.as_deref(), first, frames).unwrap();
        check(&page);
        prop_assert!(page.changes.len() + page.rejected as usize <= count);
    }
}
