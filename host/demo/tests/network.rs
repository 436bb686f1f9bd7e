//! The sample network over real HTTP: paging, limits, look-ups, search, edits and deletions.

#![expect(
    clippy::unwrap_used,
    reason = "in tests, what is not there fails the test"
)]

#[expect(dead_code, reason = "each test file uses its part of the client")]
mod client;

use std::collections::{BTreeMap, BTreeSet};

use client::{generous, get, network, send, walk};
use isocial_demo::{Fate, Options, Week, week::Visibility, week::fold};
use serde_json::Value;

fn ids(statuses: &[Value]) -> Vec<u64> {
    statuses
        .iter()
        .map(|status| status["id"].as_str().unwrap().parse().unwrap())
        .collect()
}

#[tokio::test]
async fn walking_the_four_timelines_by_link_sees_every_post_once_each() {
    let (net, _) = network(generous()).await;
    let mut public = BTreeMap::new();
    for tag in Week::HASHTAGS {
        let (statuses, pages) = walk(&net, tag).await;
        let seen = ids(&statuses);
        let expected: Vec<u64> = net
            .week()
            .posts
            .iter()
            .rev()
            .filter(|post| post.tags.iter().any(|own| fold(own) == tag))
            .map(|post| post.id)
            .collect();
        assert_eq!(seen, expected, "{tag}");
        assert!(pages >= expected.len().div_ceil(40), "{tag}: {pages}");
        public.extend(
            statuses
                .into_iter()
                .filter(|status| status["visibility"] == "public")
                .map(|status| (status["id"].to_string(), status)),
        );
    }
    let expected = net
        .week()
        .posts
        .iter()
        .filter(|post| post.visibility == Visibility::Public)
        .count();
    assert_eq!(public.len(), expected);
    net.stop().await;
}

#[tokio::test]
async fn a_careful_server_lists_public_posts_only() {
    let (net, _) = network(Options {
        careless: false,
        ..generous()
    })
    .await;
    let (statuses, _) = walk(&net, "ryndola").await;
    assert!(
        statuses
            .iter()
            .all(|status| status["visibility"] == "public")
    );
    let expected = net.week().posts.iter().filter(|post| {
        post.visibility == Visibility::Public && post.tags.iter().any(|tag| fold(tag) == "ryndola")
    });
    assert_eq!(statuses.len(), expected.count());
}

#[tokio::test]
async fn min_id_goes_forward_since_id_stays_at_the_newest_and_limit_ends_at_forty() {
    let (net, _) = network(generous()).await;
    let all: Vec<u64> = {
        let (statuses, _) = walk(&net, "ryndola").await;
        ids(&statuses)
    };
    let oldest = all[all.len() - 1];
    let page = |query: String| {
        let net = &net;
        async move { get(net, &format!("/api/v1/timelines/tag/ryndola?{query}")).await }
    };

    let forward = page(format!("min_id={oldest}&limit=5")).await;
    assert_eq!(
        ids(forward.json().as_array().unwrap()),
        all[all.len() - 6..all.len() - 1]
    );
    let newest = page(format!("since_id={oldest}&limit=5")).await;
    assert_eq!(ids(newest.json().as_array().unwrap()), all[..5]);
    assert_eq!(
        page("limit=500".to_owned())
            .await
            .json()
            .as_array()
            .unwrap()
            .len(),
        40
    );
    assert_eq!(
        page(String::new()).await.json().as_array().unwrap().len(),
        20
    );

    // Walking forward by `prev` from the oldest sees the same as walking back by `next`.
    let mut url = format!("/api/v1/timelines/tag/ryndola?limit=40&min_id={oldest}");
    let mut forward = vec![oldest];
    loop {
        let got = get(&net, &url).await;
        let Some(prev) = got.link("prev") else { break };
        forward.extend(ids(got.json().as_array().unwrap()).into_iter().rev());
        url = prev;
    }
    forward.reverse();
    assert_eq!(forward, all);
}

#[tokio::test]
async fn hashtags_meet_whatever_their_case_and_marks_and_others_can_be_joined() {
    let (net, _) = network(generous()).await;
    let plain = get(&net, "/api/v1/timelines/tag/xedien?limit=40")
        .await
        .json();
    let marked = get(&net, "/api/v1/timelines/tag/Xe%C4%90i%E1%BB%87n?limit=40").await;
    assert_eq!(plain, marked.json());
    assert!(marked.link("next").unwrap().starts_with(&format!(
        "{}/api/v1/timelines/tag/Xe%C4%90i%E1%BB%87n?limit=40&max_id=",
        net.base_url
    )));
    let both = get(&net, "/api/v1/timelines/tag/ryndola?all[]=xedien&limit=40")
        .await
        .json();
    let wanted = |status: &Value| {
        let names: BTreeSet<String> = status["tags"]
            .as_array()
            .unwrap()
            .iter()
            .map(|tag| fold(tag["name"].as_str().unwrap()))
            .collect();
        names.contains("ryndola") && names.contains("xedien")
    };
    assert!(!both.as_array().unwrap().is_empty() && both.as_array().unwrap().iter().all(wanted));
    assert_eq!(
        get(&net, "/api/v1/timelines/tag/nobodysaysthis")
            .await
            .text(),
        "[]"
    );
}

#[tokio::test]
async fn limit_fields_count_down_and_a_request_over_the_limit_waits_for_the_next_span() {
    let (net, clock) = network(Options {
        rate_limit: 3,
        ..Options::default()
    })
    .await;
    let url = "/api/v1/timelines/tag/ryndola?limit=1";
    for remaining in ["2", "1", "0"] {
        let got = get(&net, url).await;
        assert_eq!(
            (got.status, got.header("x-ratelimit-remaining")),
            (200, Some(remaining))
        );
        assert_eq!(got.header("x-ratelimit-limit"), Some("3"));
        assert_eq!(
            got.header("x-ratelimit-reset"),
            Some("2026-03-09T17:05:00.000Z")
        );
    }
    let refused = get(&net, url).await;
    assert_eq!(
        (refused.status, refused.text()),
        (429, r#"{"error":"Too many requests"}"#)
    );
    assert_eq!(refused.header("x-ratelimit-remaining"), Some("0"));
    clock.advance(300_000);
    assert_eq!(get(&net, url).await.status, 200);
    assert_eq!(net.requests(), 5);
}

#[tokio::test]
async fn deleted_posts_answer_404_and_edited_ones_say_so() {
    let (net, _) = network(generous()).await;
    let week = net.week();
    let deleted = week
        .posts
        .iter()
        .find(|post| post.fate == Fate::Deleted && post.visibility == Visibility::Public)
        .unwrap();
    let edited = week
        .posts
        .iter()
        .find(|post| post.later.is_some() && post.visibility == Visibility::Public)
        .unwrap();
    let hidden = week
        .posts
        .iter()
        .find(|post| post.visibility == Visibility::Restricted)
        .unwrap();
    let url = |id: u64| format!("/api/v1/statuses/{id}");

    assert_eq!(
        get(&net, &url(deleted.id)).await.json()["content"],
        deleted.first.html.as_str()
    );
    let before = get(&net, &url(edited.id)).await.json();
    assert_eq!(
        (&before["edited_at"], &before["content"]),
        (&Value::Null, &Value::from(edited.first.html.as_str()))
    );
    assert_eq!(get(&net, &url(hidden.id)).await.status, 404);

    let edits = week
        .posts
        .iter()
        .filter(|post| post.later.is_some())
        .count();
    let deletions = week
        .posts
        .iter()
        .filter(|post| post.fate == Fate::Deleted)
        .count();
    assert_eq!(net.apply_edits_and_deletions(), (edits, deletions));
    assert_eq!(net.apply_edits_and_deletions(), (0, 0));

    let gone = get(&net, &url(deleted.id)).await;
    assert_eq!(
        (gone.status, gone.text()),
        (404, r#"{"error":"Record not found"}"#)
    );
    let after = get(&net, &url(edited.id)).await.json();
    assert_eq!(
        after["content"],
        edited.later.as_ref().unwrap().html.as_str()
    );
    assert!(after["edited_at"].as_str().unwrap() > after["created_at"].as_str().unwrap());

    let batch = get(
        &net,
        &format!(
            "/api/v1/statuses?id[]={}&id[]={}&id[]={}&id[]=12",
            deleted.id, edited.id, hidden.id
        ),
    )
    .await;
    assert_eq!(ids(batch.json().as_array().unwrap()), [edited.id]);
    let (statuses, _) = walk(&net, "ryndola").await;
    let left: BTreeSet<u64> = ids(&statuses).into_iter().collect();
    assert!(
        week.posts
            .iter()
            .filter(|post| post.fate == Fate::Deleted)
            .all(|post| !left.contains(&post.id))
    );
}

#[tokio::test]
async fn batch_takes_twenty_ids_and_refuses_more() {
    let (net, _) = network(generous()).await;
    let open: Vec<u64> = net
        .week()
        .posts
        .iter()
        .filter(|post| post.visibility == Visibility::Public)
        .map(|post| post.id)
        .take(21)
        .collect();
    let url = |ids: &[u64]| {
        format!(
            "/api/v1/statuses?{}",
            ids.iter()
                .map(|id| format!("id[]={id}"))
                .collect::<Vec<_>>()
                .join("&")
        )
    };
    assert_eq!(
        ids(get(&net, &url(&open[..20]))
            .await
            .json()
            .as_array()
            .unwrap()),
        open[..20]
    );
    assert_eq!(get(&net, &url(&open)).await.status, 422);
}

#[tokio::test]
async fn search_wants_a_token_and_finds_all_words() {
    let (net, _) = network(generous()).await;
    let url = "/api/v2/search?type=statuses&limit=40&q=Ryndola%20pin";
    for headers in [&[][..], &[("authorization", "Bearer wrong")]] {
        let refused = send(&net, "GET", url, headers, b"").await;
        assert_eq!(
            (refused.status, refused.text()),
            (401, r#"{"error":"The access token is invalid"}"#)
        );
    }
    let token = [("authorization", "Bearer sample-token")];
    let found = send(&net, "GET", url, &token, b"").await.json();
    let statuses = found["statuses"].as_array().unwrap();
    assert!(
        !statuses.is_empty()
            && found["accounts"] == Value::Array(vec![])
            && found["hashtags"] == Value::Array(vec![])
    );
    for status in statuses {
        let html = fold(status["content"].as_str().unwrap());
        assert!(html.contains("ryndola") && html.contains("pin"), "{html}");
        assert_eq!(status["visibility"], "public");
    }
    let next = send(&net, "GET", &format!("{url}&offset=40"), &token, b"")
        .await
        .json();
    let shared = ids(next["statuses"].as_array().unwrap())
        .into_iter()
        .filter(|id| ids(statuses).contains(id))
        .count();
    assert_eq!(shared, 0);
    assert_eq!(
        send(&net, "GET", "/api/v2/search?type=statuses", &token, b"")
            .await
            .status,
        400
    );
}

#[tokio::test]
async fn statuses_have_every_required_field_of_the_published_description() {
    const STATUS: [&str; 15] = [
        "account",
        "content",
        "created_at",
        "emojis",
        "favourites_count",
        "id",
        "media_attachments",
        "mentions",
        "reblogs_count",
        "replies_count",
        "sensitive",
        "spoiler_text",
        "tags",
        "uri",
        "visibility",
    ];
    const ACCOUNT: [&str; 20] = [
        "acct",
        "avatar",
        "avatar_static",
        "bot",
        "created_at",
        "display_name",
        "emojis",
        "fields",
        "followers_count",
        "following_count",
        "group",
        "header",
        "header_static",
        "id",
        "indexable",
        "locked",
        "note",
        "statuses_count",
        "uri",
        "username",
    ];
    const CARD: [&str; 13] = [
        "author_name",
        "author_url",
        "authors",
        "description",
        "embed_url",
        "height",
        "html",
        "provider_name",
        "provider_url",
        "title",
        "type",
        "url",
        "width",
    ];
    let (net, _) = network(generous()).await;
    let (statuses, _) = walk(&net, "ryndola").await;
    let full = |value: &Value, fields: &[&str]| {
        fields
            .iter()
            .all(|field| value.get(*field).is_some_and(|value| !value.is_null()))
    };
    let (mut cards, mut media) = (0, 0);
    for status in &statuses {
        assert!(full(status, &STATUS), "{status}");
        assert!(full(&status["account"], &ACCOUNT), "{status}");
        if !status["card"].is_null() {
            assert!(full(&status["card"], &CARD), "{status}");
            cards += 1;
        }
        media += status["media_attachments"].as_array().unwrap().len();
        for mention in status["mentions"].as_array().unwrap() {
            assert!(
                full(mention, &["acct", "id", "url", "username"]),
                "{mention}"
            );
        }
    }
    assert!(cards > 20 && media > 20);
}

#[tokio::test]
async fn instance_names_its_streaming_address_and_unknown_paths_are_errors_in_json() {
    let (net, _) = network(Options::default()).await;
    let instance = get(&net, "/api/v2/instance").await.json();
    assert_eq!(
        instance["configuration"]["urls"]["streaming"],
        format!("ws://{}", net.addr)
    );
    assert_eq!(get(&net, "/api/v1/streaming/health").await.text(), "OK");
    let nothing = get(&net, "/api/v9/anything").await;
    assert_eq!(
        (nothing.status, nothing.text()),
        (404, r#"{"error":"Not Found"}"#)
    );
}

#[tokio::test]
async fn two_networks_of_one_seed_serve_the_same_bytes() {
    let (one, _) = network(generous()).await;
    let (other, _) = network(generous()).await;
    let url = "/api/v1/timelines/tag/escooter?limit=40";
    assert_eq!(get(&one, url).await.body, get(&other, url).await.body);
}

#[tokio::test]
async fn stopping_closes_the_port() {
    let (net, _) = network(Options::default()).await;
    let addr = net.addr;
    net.stop().await;
    assert!(tokio::net::TcpStream::connect(addr).await.is_err());
}
