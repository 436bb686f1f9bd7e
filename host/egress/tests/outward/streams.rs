//! Streams: whole frames in their order, however they come.

use std::{sync::Arc, time::Duration};

use futures_util::{SinkExt as _, StreamExt as _};
use isocial_egress::{Credential, EgressConfig, FrameStream, NotOpened};
use isocial_gate::{PermittedSubscription, permit_subscription};
use isocial_model::{
    Secret,
    connector::{Failure, Frame, Framing, Origin, Subscription},
    contract::{Placement, Slot, SlotKind},
};
use tokio::sync::mpsc;
use tokio_tungstenite::{
    accept_async,
    tungstenite::{
        Message,
        protocol::{
            CloseFrame,
            frame::{
                Frame as Raw,
                coding::{CloseCode, Data, OpCode},
            },
        },
    },
};
use tokio_util::sync::CancellationToken;

use crate::support::{Authority, Desk, Names, Pieces, Site, Socket, answer, listen, quick, status};

fn subscription(url: String, framing: Framing) -> Subscription {
    Subscription {
        origin: Origin::Network(url),
        framing,
        subprotocols: Vec::new(),
        greeting: Vec::new(),
        ping: 0,
        credential: None,
    }
}

fn permitted(site: &Site, subscription: Subscription, slot: Option<Slot>) -> PermittedSubscription {
    permit_subscription(subscription, &site.grant(slot)).unwrap()
}

async fn open(desk: &Desk, site: &Site, framing: Framing) -> Result<FrameStream, Box<NotOpened>> {
    let wanted = permitted(site, subscription(site.url("/stream"), framing), None);
    desk.egress
        .subscribe(wanted, &desk.call(), &CancellationToken::new())
        .await
}

async fn all(stream: &mut FrameStream) -> Vec<Frame> {
    let mut frames = Vec::new();
    while let Some(batch) = stream.next_batch(100, Duration::from_millis(20)).await {
        assert_eq!(batch.first, frames.len() as u64);
        frames.extend(batch.frames);
    }
    frames
}

fn text(text: &str) -> Frame {
    Frame::Text(text.into())
}

/// A WebSocket server on loopback.
async fn websocket<F>(
    serve: impl Fn(tokio_tungstenite::WebSocketStream<Socket>) -> F + Send + Sync + 'static,
) -> Site
where
    F: Future<Output = ()> + Send + 'static,
{
    let serve = Arc::new(serve);
    let port = listen(None, move |socket| {
        let serve = Arc::clone(&serve);
        async move { serve(accept_async(socket).await.unwrap()).await }
    })
    .await;
    Site::at(port, "ws")
}

fn pieces(fields: &str, body: &[u8], size: usize) -> Pieces {
    let mut pieces = answer(format!("HTTP/1.1 200 OK\r\n{fields}\r\n"));
    pieces.extend(body.chunks(size).map(|chunk| (2, chunk.to_vec())));
    pieces
}

#[tokio::test]
async fn sse_in_pieces_gives_whole_events() {
    let body = ":)\n\nevent: update\ndata: {\"id\":\"1\",\"content\":\"h\u{e9}llo\"}\n\n:thump\n\nevent: delete\ndata: 1\n\nevent: cut off\n";
    let site = Site::http(None, move |_| {
        pieces("content-type: text/event-stream\r\n", body.as_bytes(), 5)
    })
    .await;
    let desk = Desk::new(quick());
    let mut stream = open(&desk, &site, Framing::Sse).await.unwrap();
    let frames = all(&mut stream).await;
    assert_eq!(
        frames,
        [
            text("event: update\ndata: {\"id\":\"1\",\"content\":\"h\u{e9}llo\"}"),
            text("event: delete\ndata: 1"),
            Frame::Closed(0)
        ]
    );
    let line = stream.line();
    assert_eq!(
        (line.method.as_str(), line.result.as_str(), line.bytes_in),
        ("STREAM", "open", body.len() as u64)
    );
    assert!(
        site.last().contains("accept: text/event-stream\r\n")
            && site.last().contains("accept-encoding: identity\r\n")
    );
}

#[tokio::test]
async fn lines_and_prefixed_blocks_in_pieces_give_whole_frames() {
    let site = Site::http(None, |_| pieces("", b"{\"n\":1}\r\n\r\n{\"n\":2}\n", 3)).await;
    let desk = Desk::new(quick());
    assert_eq!(
        all(&mut open(&desk, &site, Framing::Lines).await.unwrap()).await,
        [text("{\"n\":1}"), text("{\"n\":2}"), Frame::Closed(0)]
    );
    let site = Site::http(None, |_| pieces("", &[0, 0, 0, 2, 7, 8, 0, 0, 0, 1, 9], 3)).await;
    let frames = all(&mut open(&desk, &site, Framing::LengthPrefixed).await.unwrap()).await;
    assert_eq!(
        frames,
        [
            Frame::Binary(vec![7, 8]),
            Frame::Binary(vec![9]),
            Frame::Closed(0)
        ]
    );
}

#[tokio::test]
async fn a_stream_that_is_refused_says_so_with_its_status() {
    let site = Site::http(None, |_| {
        status("429 Too Many Requests", "retry-after: 30\r\n")
    })
    .await;
    let desk = Desk::new(quick());
    let not = open(&desk, &site, Framing::Sse).await.unwrap_err();
    assert_eq!(
        (not.status, not.hints.come_back, not.line.result.as_str()),
        (Some(429), Some(crate::support::NOW.plus_ms(30_000)), "429")
    );
    let again = open(&desk, &site, Framing::Sse).await.unwrap_err();
    assert_eq!((again.failure, site.seen().len()), (Failure::Budget, 1));
    // A WebSocket likewise: the handshake's answer is HTTP.
    let refuses = Site {
        scheme: "ws",
        ..Site::http(None, |_| status("403 Forbidden", "")).await
    };
    let not = open(&Desk::new(quick()), &refuses, Framing::Websocket)
        .await
        .unwrap_err();
    assert_eq!((not.failure, not.status), (Failure::Denied, Some(403)));
}

/// HP-20 for streams: the same check, the same connection.
#[tokio::test]
async fn hp_20_streams_connect_only_to_checked_addresses() {
    let site = websocket(|_| async {}).await;
    for (framing, site) in [
        (Framing::Websocket, site.clone()),
        (
            Framing::Sse,
            Site {
                scheme: "http",
                ..site
            },
        ),
    ] {
        let mut grant = site.grant(None);
        grant.exceptions[0].addresses.clear();
        let desk = Desk::with(quick(), Names::loopback());
        let wanted = permit_subscription(subscription(site.url("/"), framing), &grant).unwrap();
        let not = desk
            .egress
            .subscribe(wanted, &desk.call(), &CancellationToken::new())
            .await
            .unwrap_err();
        assert_eq!(
            (not.failure, not.line.result.as_str()),
            (Failure::Denied, "denied")
        );
    }
}

#[tokio::test]
async fn a_websocket_message_in_fragments_is_one_frame() {
    let site = websocket(|mut socket| async move {
        let part = |data: &'static [u8], code: Data, last| {
            Message::Frame(Raw::message(data, OpCode::Data(code), last))
        };
        socket
            .send(part(b"{\"id\":", Data::Text, false))
            .await
            .unwrap();
        socket.send(Message::Ping(Vec::new().into())).await.unwrap();
        socket
            .send(part(b"1", Data::Continue, false))
            .await
            .unwrap();
        socket.send(part(b"}", Data::Continue, true)).await.unwrap();
        socket.send(Message::binary(vec![1, 2, 3])).await.unwrap();
        socket
            .close(Some(CloseFrame {
                code: CloseCode::Library(4003),
                reason: "enough".into(),
            }))
            .await
            .unwrap();
        while socket.next().await.is_some() {}
    })
    .await;
    let desk = Desk::new(quick());
    let mut stream = open(&desk, &site, Framing::Websocket).await.unwrap();
    assert_eq!(
        all(&mut stream).await,
        [
            text("{\"id\":1}"),
            Frame::Binary(vec![1, 2, 3]),
            Frame::Closed(4003)
        ]
    );
    assert!(stream.next_batch(1, Duration::ZERO).await.is_none());
}

#[tokio::test]
async fn greetings_are_sent_pings_are_made_and_wss_is_verified() {
    let (tell, mut told) = mpsc::unbounded_channel();
    let authority = Authority::new();
    let port = listen(
        Some(authority.server(&[&rustls::version::TLS13])),
        move |socket| {
            let tell = tell.clone();
            async move {
                let mut socket = accept_async(socket).await.unwrap();
                while let Some(Ok(message)) = socket.next().await {
                    let ping = matches!(message, Message::Ping(_));
                    tell.send(message).unwrap();
                    if ping {
                        socket.close(None).await.unwrap();
                    }
                }
            }
        },
    )
    .await;
    let site = Site::at(port, "wss");
    let mut wanted = subscription(
        site.url("/subscribe?wantedCollections=app.bsky.feed.post"),
        Framing::Websocket,
    );
    wanted.greeting = vec![
        text("{\"type\":\"options_update\"}"),
        Frame::Binary(vec![1]),
    ];
    wanted.ping = 1;
    let mut config = quick();
    config.limits.stream_idle = Duration::from_secs(5);
    let desk = Desk::new(EgressConfig {
        extra_roots: vec![authority.root()],
        ..config
    });
    let mut stream = desk
        .egress
        .subscribe(
            permitted(&site, wanted.clone(), None),
            &desk.call(),
            &CancellationToken::new(),
        )
        .await
        .unwrap();
    assert_eq!(all(&mut stream).await, [Frame::Closed(0)]);
    assert_eq!(
        told.recv().await,
        Some(Message::text("{\"type\":\"options_update\"}"))
    );
    assert_eq!(told.recv().await, Some(Message::binary(vec![1])));
    assert!(matches!(told.recv().await, Some(Message::Ping(_))));
    let strict = Desk::new(quick());
    let not = strict
        .egress
        .subscribe(
            permitted(&site, wanted, None),
            &strict.call(),
            &CancellationToken::new(),
        )
        .await
        .unwrap_err();
    assert_eq!(not.failure, Failure::Tls, "nobody named its root");
}

#[tokio::test]
async fn a_frame_over_the_cap_ends_the_stream() {
    let site = websocket(|mut socket| async move {
        socket.send(Message::text("small")).await.unwrap();
        // Cannot be sent whole: the other side hangs up at the first sight of its length.
        let _ = socket.send(Message::text("x".repeat(2 << 20))).await;
        while socket.next().await.is_some_and(|message| message.is_ok()) {}
    })
    .await;
    let desk = Desk::new(quick());
    assert_eq!(
        all(&mut open(&desk, &site, Framing::Websocket).await.unwrap()).await,
        [text("small"), Frame::Closed(1009)]
    );
    let site = Site::http(None, |_| pieces("", &vec![b'x'; 2 << 20], 1 << 20)).await;
    assert_eq!(
        all(&mut open(&desk, &site, Framing::Lines).await.unwrap()).await,
        [Frame::Closed(1009)]
    );
}

#[tokio::test]
async fn a_stream_that_falls_silent_is_over() {
    let site = websocket(|mut socket| async move { while socket.next().await.is_some() {} }).await;
    let desk = Desk::new(quick());
    assert_eq!(
        all(&mut open(&desk, &site, Framing::Websocket).await.unwrap()).await,
        [Frame::Closed(0)]
    );
    let site = Site::http(None, |_| {
        vec![
            (0, b"HTTP/1.1 200 OK\r\n\r\none\n".to_vec()),
            (20_000, Vec::new()),
        ]
    })
    .await;
    assert_eq!(
        all(&mut open(&desk, &site, Framing::Lines).await.unwrap()).await,
        [text("one"), Frame::Closed(0)]
    );
}

/// A slow reader is waited for: what is not read here is not read from the network, and nothing is lost.
#[tokio::test]
async fn a_slow_reader_holds_the_network_back() {
    let (tell, mut told) = mpsc::unbounded_channel();
    let site = websocket(move |mut socket| {
        let tell = tell.clone();
        async move {
            for n in 0..80u32 {
                let mut bytes = vec![0; 1 << 20];
                bytes[..4].copy_from_slice(&n.to_be_bytes());
                if socket.send(Message::binary(bytes)).await.is_err() {
                    return;
                }
                tell.send(n).unwrap();
            }
            let _ = socket.close(None).await;
        }
    })
    .await;
    let mut config = quick();
    config.limits.stream_idle = Duration::from_secs(20);
    let desk = Desk::new(config);
    let mut stream = open(&desk, &site, Framing::Websocket).await.unwrap();
    // Until the sender has been stuck for a while: queue, socket buffers and all are full by then.
    let mut sent = 0;
    while let Ok(Some(n)) = tokio::time::timeout(Duration::from_millis(300), told.recv()).await {
        sent = n;
    }
    assert!(sent < 50, "{sent} MiB were taken although nobody read");
    let frames = all(&mut stream).await;
    assert_eq!(frames.len(), 81);
    assert!(
        frames.iter().take(80).enumerate().all(
            |(n, frame)| matches!(frame, Frame::Binary(b) if b[..4] == (n as u32).to_be_bytes())
        )
    );
}

#[tokio::test]
async fn cancelling_ends_the_stream_and_its_connection() {
    let (tell, mut told) = mpsc::unbounded_channel();
    let site = websocket(move |mut socket| {
        let tell = tell.clone();
        async move {
            while let Some(Ok(message)) = socket.next().await {
                tell.send(message).unwrap();
            }
        }
    })
    .await;
    let desk = Desk::new(quick());
    let cancel = CancellationToken::new();
    let wanted = permitted(&site, subscription(site.url("/"), Framing::Websocket), None);
    let mut stream = desk
        .egress
        .subscribe(wanted, &desk.call(), &cancel)
        .await
        .unwrap();
    cancel.cancel();
    assert!(stream.next_batch(1, Duration::from_secs(5)).await.is_none());
    assert!(
        matches!(told.recv().await, Some(Message::Close(Some(close))) if close.code == CloseCode::Away)
    );
    // Dropping does the same.
    let stream = open(&desk, &site, Framing::Websocket).await.unwrap();
    drop(stream);
    assert!(matches!(told.recv().await, Some(Message::Close(_))));
}

/// HP-25: a stream's credential goes to its place and is masked when a frame repeats it.
#[tokio::test]
async fn hp_25_a_streams_credential_is_masked_in_frames() {
    let site = Site::http(None, |seen| {
        let token = seen
            .split("access_token=")
            .nth(1)
            .and_then(|rest| rest.split(' ').next())
            .unwrap_or("none");
        pieces("", format!("data: you are {token}\n\n").as_bytes(), 7)
    })
    .await;
    let slot = Slot {
        name: "token".into(),
        kind: SlotKind::Static,
        placement: Some(Placement::Query {
            name: "access_token".into(),
        }),
        path_prefix: "/".into(),
        description: "a token".into(),
        optional: false,
    };
    let mut desk = Desk::new(quick());
    desk.keeper.credential = Some(Credential::Value(Secret::new("very-secret-token")));
    let mut wanted = subscription(site.url("/api/v1/streaming"), Framing::Sse);
    wanted.credential = Some("token".into());
    let mut stream = desk
        .egress
        .subscribe(
            permitted(&site, wanted, Some(slot)),
            &desk.call(),
            &CancellationToken::new(),
        )
        .await
        .unwrap();
    assert_eq!(
        all(&mut stream).await,
        [text("data: you are [masked]"), Frame::Closed(0)]
    );
    assert!(stream.secret_echoed() && stream.line().credential.as_deref() == Some("token"));
}
