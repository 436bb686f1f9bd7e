//! The sample network: a server on loopback that speaks the Mastodon API, two feeds and a receiver of alerts.
//!
//! Lives here: routes, answers, faults. Not here: what is said (`week`), and anything that the product itself does.

use std::{net::SocketAddr, sync::Arc};

use isocial_model::{Clock, Instant};

use crate::week::Week;

/// What can go wrong on purpose. Requests of the API are counted from 1; hooks, feeds and streams are not.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Faults {
    /// Every answer waits so many milliseconds.
    pub latency_ms: u64,
    /// Every n-th request is answered with 429.
    pub throttle_every: Option<u32>,
    /// Every n-th request is answered with 500.
    pub error_every: Option<u32>,
    /// The n-th page of statuses ends in mid-JSON, under a correct length.
    pub broken_json_on: Option<u32>,
    /// The n-th page of statuses is cut off in mid-body by closing the connection.
    pub cut_on: Option<u32>,
    /// The n-th page of statuses is empty, with a link to the page that it should have been.
    pub empty_on: Option<u32>,
}

/// How the sample network behaves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// What `Authorization: Bearer …` must carry where a token is needed.
    pub token: String,
    /// Requests of the API in five minutes, before 429.
    pub rate_limit: u32,
    /// Timelines also show unlisted and private posts, as a careless server would.
    pub careless: bool,
    /// So many of the newest posts are held back until [`Running::publish_held_back`] or the live stream shows them.
    pub held_back: usize,
    /// The first reader of a stream sets off what is held back, then edits and deletions, so many milliseconds apart.
    pub live_gap_ms: Option<u64>,
    /// Streams need the token too, as they do on servers since 4.2.
    pub stream_needs_token: bool,
    /// Milliseconds between signs of life on a stream.
    pub heartbeat_ms: u64,
    /// The first delivery to the hook is answered with 503, so that a retry can be seen.
    pub refuse_first_delivery: bool,
    /// What goes wrong on purpose.
    pub faults: Faults,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            token: "sample-token".to_owned(),
            rate_limit: 300,
            careless: true,
            held_back: 0,
            live_gap_ms: None,
            stream_needs_token: true,
            heartbeat_ms: 15_000,
            refuse_first_delivery: false,
            faults: Faults::default(),
        }
    }
}

/// What arrived at `/hooks/alerts`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// When.
    pub received: Instant,
    /// `webhook-id`: the same for every attempt.
    pub id: Option<String>,
    /// `webhook-timestamp`, as sent.
    pub timestamp: Option<String>,
    /// `webhook-signature`, as sent.
    pub signature: Option<String>,
    /// `content-type`, as sent.
    pub content_type: Option<String>,
    /// The body.
    pub body: Vec<u8>,
    /// The status that it was answered with: 204, or 503 for a refused one.
    pub answered: u16,
}

/// The sample network could not be started.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// No port on loopback.
    #[error("no port on 127.0.0.1 could be opened for the sample network: check the machine's limit of open files")]
    Listen(#[source] std::io::Error),
}

/// The sample network, before it runs.
#[derive(Debug)]
pub struct SampleNetwork;

impl SampleNetwork {
    /// Serves `week` on a free port of 127.0.0.1, until the answer is stopped or dropped. Needs a tokio runtime.
    pub async fn start(week: Week, clock: Arc<dyn Clock>, options: Options) -> Result<Running, StartError> {
        let _ = (week, clock, options);
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.map_err(StartError::Listen)?;
        let addr = listener.local_addr().map_err(StartError::Listen)?;
        Ok(Running { base_url: format!("http://{addr}"), addr })
    }
}

/// The sample network, running. Dropping it stops it.
#[derive(Debug)]
pub struct Running {
    /// `http://127.0.0.1:PORT`, without a slash at the end.
    pub base_url: String,
    /// Where it listens.
    pub addr: SocketAddr,
}

impl Running {
    /// Lets the week's edits and deletions happen, tells the streams, and returns how many of each; later calls do nothing.
    pub fn apply_edits_and_deletions(&self) -> (usize, usize) {
        (0, 0)
    }

    /// Publishes what [`Options::held_back`] held back, tells the streams, and returns how many posts that were.
    pub fn publish_held_back(&self) -> usize {
        0
    }

    /// Replaces the faults and counts requests from 1 again.
    pub fn set_faults(&self, faults: Faults) {
        let _ = faults;
    }

    /// Everything that arrived at `/hooks/alerts`, in order.
    pub fn deliveries(&self) -> Vec<Delivery> {
        Vec::new()
    }

    /// How many requests of the API were answered.
    pub fn requests(&self) -> u64 {
        0
    }

    /// Stops serving, ends all streams, and waits until the port is closed.
    pub async fn stop(self) {}
}
