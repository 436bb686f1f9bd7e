//! Feeds with conditional requests, the receiver of alerts, and what goes wrong on purpose.

#[expect(dead_code, reason = "each test file uses its part of the client")]
mod client;

use client::{generous, get, network, send};
use isocial_demo::{Faults, Options};
use isocial_model::Clock;

#[tokio::test]
async fn feeds_answer_304_until_an_entry_is_corrected() {
    let (net, _) = network(Options::default()).await;
    for (url, kind) in [
        ("/feeds/press.atom", "application/atom+xml"),
        ("/feeds/blog.rss", "application/rss+xml"),
    ] {
        let first = get(&net, url).await;
        assert_eq!(first.status, 200);
        assert!(first.header("content-type").unwrap().starts_with(kind));
        let tag = first.header("etag").unwrap();
        let date = first.header("last-modified").unwrap();
        assert!(date.ends_with(" GMT"), "{date}");
        for (name, value) in [("if-none-match", tag), ("if-modified-since", date)] {
            let again = send(&net, "GET", url, &[(name, value)], b"").await;
            assert_eq!((again.status, again.body.len()), (304, 0), "{name}");
        }
        assert_eq!(
            send(
                &net,
                "GET",
                url,
                &[("if-none-match", "\"other\""), ("if-modified-since", date)],
                b""
            )
            .await
            .status,
            200
        );
        let earlier = "Mon, 02 Mar 2026 17:00:00 GMT";
        assert_eq!(
            send(&net, "GET", url, &[("if-modified-since", earlier)], b"")
                .await
                .status,
            200
        );
    }
    let (press, blog) = (
        get(&net, "/feeds/press.atom").await,
        get(&net, "/feeds/blog.rss").await,
    );
    net.apply_edits_and_deletions();
    for (url, before) in [("/feeds/press.atom", &press), ("/feeds/blog.rss", &blog)] {
        let conditions = [("if-none-match", before.header("etag").unwrap())];
        let after = send(&net, "GET", url, &conditions, b"").await;
        assert_eq!(after.status, 200, "{url}");
        let conditions = [("if-modified-since", before.header("last-modified").unwrap())];
        assert_eq!(
            send(&net, "GET", url, &conditions, b"").await.status,
            200,
            "{url}"
        );
    }
    assert!(
        get(&net, "/feeds/press.atom")
            .await
            .text()
            .contains("not in the autumn as we first wrote")
    );
}

#[tokio::test]
async fn feeds_hold_every_article_once() {
    let (net, _) = network(Options::default()).await;
    let press = get(&net, "/feeds/press.atom").await;
    assert_eq!(
        press.text().matches("<entry ").count(),
        net.week().press.len()
    );
    let blog = get(&net, "/feeds/blog.rss").await;
    assert_eq!(blog.text().matches("<item>").count(), net.week().blog.len());
    for article in &net.week().press {
        assert_eq!(
            press
                .text()
                .matches(&format!("<id>{}</id>", article.id))
                .count(),
            1
        );
    }
    for host in press
        .text()
        .split("https://")
        .chain(blog.text().split("https://"))
        .skip(1)
    {
        let host = host.split(['/', '"', '<', '?']).next().unwrap();
        assert!(
            host.ends_with(".example") || host.starts_with("<?xml") || host.is_empty(),
            "{host}"
        );
    }
}

#[tokio::test]
async fn hook_records_deliveries_and_can_refuse_the_first() {
    let (net, clock) = network(Options {
        refuse_first_delivery: true,
        ..Options::default()
    })
    .await;
    let headers = [
        ("webhook-id", "msg_1"),
        ("webhook-timestamp", "1772470800"),
        ("webhook-signature", "v1,c2lnbmF0dXJl"),
        ("content-type", "application/json"),
    ];
    for status in [503, 204, 204] {
        assert_eq!(
            send(
                &net,
                "POST",
                "/hooks/alerts",
                &headers,
                br#"{"event":"spike"}"#
            )
            .await
            .status,
            status
        );
    }
    let deliveries = net.deliveries();
    assert_eq!(
        deliveries
            .iter()
            .map(|delivery| delivery.answered)
            .collect::<Vec<_>>(),
        [503, 204, 204]
    );
    let first = &deliveries[0];
    assert_eq!(first.id.as_deref(), Some("msg_1"));
    assert_eq!(first.timestamp.as_deref(), Some("1772470800"));
    assert_eq!(first.signature.as_deref(), Some("v1,c2lnbmF0dXJl"));
    assert_eq!(first.content_type.as_deref(), Some("application/json"));
    assert_eq!(
        (first.body.as_slice(), first.received),
        (&br#"{"event":"spike"}"#[..], clock.now())
    );
    assert_eq!(get(&net, "/hooks/alerts").await.status, 405);
}

#[tokio::test]
async fn faults_hit_the_requests_and_pages_that_they_name() {
    let (net, _) = network(generous()).await;
    let url = "/api/v1/timelines/tag/ryndola?limit=40";
    let good = get(&net, url).await;

    net.set_faults(Faults {
        throttle_every: Some(3),
        error_every: Some(2),
        ..Faults::default()
    });
    let mut statuses = Vec::new();
    for _ in 0..6 {
        statuses.push(get(&net, url).await.status);
    }
    assert_eq!(statuses, [200, 500, 429, 500, 200, 429]);

    net.set_faults(Faults {
        broken_json_on: Some(1),
        cut_on: Some(2),
        empty_on: Some(3),
        ..Faults::default()
    });
    let broken = get(&net, url).await;
    assert_eq!((broken.status, broken.cut), (200, false));
    assert!(serde_json::from_slice::<serde_json::Value>(&broken.body).is_err());
    let cut = get(&net, url).await;
    assert!(cut.cut && cut.body.len() < good.body.len());
    let empty = get(&net, url).await;
    assert_eq!(
        (empty.text(), empty.link("next")),
        ("[]", good.link("next"))
    );
    assert_eq!(get(&net, url).await.body, good.body);
}

#[tokio::test]
async fn latency_holds_an_answer_back() {
    let (net, _) = network(Options {
        faults: Faults {
            latency_ms: 80,
            ..Faults::default()
        },
        ..generous()
    })
    .await;
    let answer = get(&net, "/api/v2/instance");
    tokio::pin!(answer);
    assert!(
        tokio::time::timeout(std::time::Duration::from_millis(40), &mut answer)
            .await
            .is_err()
    );
    assert_eq!(answer.await.status, 200);
}
