//! What is pushed: server-sent events and WebSocket.

#![expect(
    clippy::unwrap_used,
    reason = "in tests, what is not there fails the test"
)]

#[expect(dead_code, reason = "each test file uses its part of the client")]
mod client;

use std::time::Duration;

use client::{generous, get, network, open, read_until};
use futures_util::{SinkExt, StreamExt};
use isocial_demo::{Fate, Options, Running, Week, week::Visibility, week::fold};
use serde_json::Value;
use tokio::net::TcpStream;
use tokio_tungstenite::{WebSocketStream, client_async, tungstenite::Message};

fn counts(week: &Week, tag: &str) -> (usize, usize) {
    let told = week.posts.iter().filter(|post| {
        post.visibility == Visibility::Public && post.tags.iter().any(|own| fold(own) == tag)
    });
    let fates: Vec<&Fate> = told.map(|post| &post.fate).collect();
    let edits = fates
        .iter()
        .filter(|fate| matches!(fate, Fate::Edited { .. }))
        .count();
    (
        edits,
        fates.iter().filter(|fate| ***fate == Fate::Deleted).count(),
    )
}

async fn socket(net: &Running, path: &str) -> WebSocketStream<TcpStream> {
    let stream = TcpStream::connect(net.addr).await.unwrap();
    client_async(format!("ws://{}{path}", net.addr), stream)
        .await
        .unwrap()
        .0
}

/// The next event's name and payload.
async fn next(socket: &mut WebSocketStream<TcpStream>) -> (String, String) {
    loop {
        let message = tokio::time::timeout(Duration::from_secs(5), socket.next())
            .await
            .unwrap()
            .unwrap()
            .unwrap();
        if let Message::Text(text) = message {
            let frame: Value = serde_json::from_str(&text).unwrap();
            assert_eq!(frame["stream"][0], "hashtag");
            return (
                frame["event"].as_str().unwrap().to_owned(),
                frame["payload"].as_str().unwrap().to_owned(),
            );
        }
    }
}

#[tokio::test]
async fn events_carry_edits_and_deletions_and_signs_of_life() {
    let (net, _) = network(Options {
        heartbeat_ms: 20,
        ..generous()
    })
    .await;
    let token = [("authorization", "Bearer sample-token")];
    let mut reader = open(
        &net,
        "GET",
        "/api/v1/streaming/hashtag?tag=Ryndola",
        &token,
        b"",
    )
    .await;
    let head = read_until(&mut reader, ":thump").await;
    assert!(
        head.contains("text/event-stream") && head.contains(":)"),
        "{head}"
    );
    net.apply_edits_and_deletions();
    let (edits, deletions) = counts(net.week(), "ryndola");
    let mut seen = String::new();
    while seen.matches("event: status.update\ndata: {").count() < edits
        || seen.matches("event: delete\ndata: ").count() < deletions
    {
        seen.push_str(&read_until(&mut reader, "\n").await);
    }
    assert_eq!(
        (
            seen.matches("event: status.update\n").count(),
            seen.matches("event: delete\n").count()
        ),
        (edits, deletions)
    );
    assert!(edits > 5 && deletions > 5);
    net.stop().await;
}

#[tokio::test]
async fn held_back_posts_come_over_the_socket_as_updates() {
    let (net, _) = network(Options {
        held_back: 50,
        ..generous()
    })
    .await;
    let held: Vec<u64> = net.week().posts[net.week().posts.len() - 50..]
        .iter()
        .filter(|post| {
            post.visibility == Visibility::Public
                && post.tags.iter().any(|tag| fold(tag) == "escooter")
        })
        .map(|post| post.id)
        .collect();
    assert!(held.len() > 3);
    assert_eq!(
        get(&net, &format!("/api/v1/statuses/{}", held[0]))
            .await
            .status,
        404
    );
    let mut reader = socket(
        &net,
        "/api/v1/streaming?stream=hashtag&tag=escooter&access_token=sample-token",
    )
    .await;
    assert_eq!(net.publish_held_back(), 50);
    assert_eq!(net.publish_held_back(), 0);
    for id in &held {
        let (name, payload) = next(&mut reader).await;
        let status: Value = serde_json::from_str(&payload).unwrap();
        assert_eq!(
            (name.as_str(), status["id"].as_str().unwrap()),
            ("update", id.to_string().as_str())
        );
    }
    assert_eq!(
        get(&net, &format!("/api/v1/statuses/{}", held[0]))
            .await
            .status,
        200
    );
}

#[tokio::test]
async fn the_first_reader_sets_off_the_live_week() {
    let (net, _) = network(Options {
        held_back: 30,
        live_gap_ms: Some(1),
        stream_needs_token: false,
        ..generous()
    })
    .await;
    let mut reader = socket(&net, "/api/v1/streaming").await;
    let subscribe = r#"{"type":"subscribe","stream":"hashtag","tag":"Ryndola"}"#;
    reader.send(Message::Text(subscribe.into())).await.unwrap();
    let (_, deletions) = counts(net.week(), "ryndola");
    let (mut updates, mut edits, mut deleted) = (0, 0, Vec::new());
    while deleted.len() < deletions {
        match next(&mut reader).await {
            (name, _) if name == "update" => updates += 1,
            (name, _) if name == "status.update" => edits += 1,
            (name, id) if name == "delete" => deleted.push(id),
            (name, _) => panic!("{name}"),
        }
    }
    assert!(updates > 0 && edits > 0);
    assert_eq!(
        get(&net, &format!("/api/v1/statuses/{}", deleted[0]))
            .await
            .status,
        404
    );
}

#[tokio::test]
async fn streams_refuse_without_token_and_end_when_the_network_stops() {
    let (net, _) = network(Options::default()).await;
    let refused = get(&net, "/api/v1/streaming/hashtag?tag=ryndola").await;
    assert_eq!(
        (refused.status, refused.text()),
        (401, r#"{"error":"Missing access token"}"#)
    );
    assert_eq!(
        get(
            &net,
            "/api/v1/streaming/hashtag?tag=ryndola&access_token=no"
        )
        .await
        .status,
        401
    );
    assert_eq!(
        get(&net, "/api/v1/streaming/hashtag?access_token=sample-token")
            .await
            .status,
        400
    );
    let mut reader = socket(
        &net,
        "/api/v1/streaming?stream=hashtag&tag=ryndola&access_token=sample-token",
    )
    .await;
    net.stop().await;
    let last = tokio::time::timeout(Duration::from_secs(5), reader.next())
        .await
        .unwrap();
    assert!(
        matches!(last, None | Some(Ok(Message::Close(_)) | Err(_))),
        "{last:?}"
    );
}
