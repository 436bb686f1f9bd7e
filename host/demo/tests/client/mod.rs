//! A reader of HTTP/1.1 over a plain socket: small enough to show exactly what the server sent.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "in tests, what is not there fails the test"
)]

use std::{fmt::Write, sync::Arc, time::Duration};

use isocial_demo::{Options, Running, SampleNetwork, Week};
use isocial_model::{Instant, time::ManualClock};
use serde_json::Value;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// Monday, 2 March 2026, 17:00 UTC: midnight where the week is lived.
pub(crate) const START: Instant = Instant(1_772_470_800_000);

/// What came back.
#[derive(Debug)]
pub(crate) struct Got {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    /// The connection closed before the announced length had come.
    pub(crate) cut: bool,
}

impl Got {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }
    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }
    /// The address that the `Link` field gives for `rel`.
    pub(crate) fn link(&self, rel: &str) -> Option<String> {
        let wanted = format!("rel=\"{rel}\"");
        let part = self
            .header("link")?
            .split(", ")
            .find(|part| part.ends_with(&wanted))?;
        Some(part[part.find('<')? + 1..part.find('>')?].to_owned())
    }
}

/// A network with a clock that stands at the week's end.
pub(crate) async fn network(options: Options) -> (Running, Arc<ManualClock>) {
    let week = Week::generate(7, START);
    let clock = Arc::new(ManualClock::new(week.end()));
    let running = SampleNetwork::start(week, clock.clone(), options)
        .await
        .unwrap();
    (running, clock)
}

/// Without a limit that a walk over the whole week would meet.
pub(crate) fn generous() -> Options {
    Options {
        rate_limit: 100_000,
        ..Options::default()
    }
}

/// Opens a connection and sends a request; `url` may be absolute or a path.
pub(crate) async fn open(
    net: &Running,
    method: &str,
    url: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> TcpStream {
    let path = url.strip_prefix(&net.base_url).unwrap_or(url);
    let mut socket = TcpStream::connect(net.addr).await.unwrap();
    let mut head = format!(
        "{method} {path} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n",
        net.addr
    );
    for (name, value) in headers {
        write!(head, "{name}: {value}\r\n").unwrap();
    }
    write!(head, "content-length: {}\r\n\r\n", body.len()).unwrap();
    socket.write_all(head.as_bytes()).await.unwrap();
    socket.write_all(body).await.unwrap();
    socket
}

/// Makes a request and reads the whole answer.
pub(crate) async fn send(
    net: &Running,
    method: &str,
    url: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> Got {
    let mut socket = open(net, method, url, headers, body).await;
    let mut raw = Vec::new();
    let broken = socket.read_to_end(&mut raw).await.is_err();
    let split = raw
        .windows(4)
        .position(|four| four == b"\r\n\r\n")
        .expect("a head");
    let head = String::from_utf8(raw[..split].to_vec()).unwrap();
    let mut lines = head.lines();
    let status = lines
        .next()
        .unwrap()
        .split(' ')
        .nth(1)
        .unwrap()
        .parse()
        .unwrap();
    let headers: Vec<(String, String)> = lines
        .map(|line| line.split_once(": ").unwrap())
        .map(|(name, value)| (name.to_lowercase(), value.to_owned()))
        .collect();
    let body = raw[split + 4..].to_vec();
    let length = headers
        .iter()
        .find(|(name, _)| name == "content-length")
        .map(|(_, value)| value.parse().unwrap());
    let cut = broken || length.is_some_and(|length: usize| status != 304 && body.len() < length);
    Got {
        status,
        headers,
        body,
        cut,
    }
}

pub(crate) async fn get(net: &Running, url: &str) -> Got {
    send(net, "GET", url, &[], b"").await
}

/// Reads from an open connection until `wanted` has come, five seconds at most.
pub(crate) async fn read_until(socket: &mut TcpStream, wanted: &str) -> String {
    let mut seen = String::new();
    let reading = async {
        let mut piece = [0_u8; 4_096];
        let mut raw = Vec::new();
        while !seen.contains(wanted) {
            let count = socket.read(&mut piece).await.unwrap();
            assert!(count > 0, "the stream ended before {wanted:?} came: {seen}");
            raw.extend_from_slice(&piece[..count]);
            seen = String::from_utf8_lossy(&raw).into_owned();
        }
    };
    tokio::time::timeout(Duration::from_secs(5), reading)
        .await
        .expect("the stream stayed silent");
    seen
}

/// All statuses of a hashtag's timeline, by following `next`, and how many pages that took.
pub(crate) async fn walk(net: &Running, tag: &str) -> (Vec<Value>, usize) {
    let mut url = format!("/api/v1/timelines/tag/{tag}?limit=40");
    let (mut statuses, mut pages) = (Vec::new(), 0);
    loop {
        let got = get(net, &url).await;
        assert_eq!(got.status, 200, "{}", got.text());
        pages += 1;
        statuses.extend(got.json().as_array().unwrap().iter().cloned());
        match got.link("next") {
            Some(next) => url = next,
            None => return (statuses, pages),
        }
    }
}
