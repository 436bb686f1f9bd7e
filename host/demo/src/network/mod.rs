//! The sample network: a server on loopback that speaks the Mastodon API and Bluesky's Jetstream, with two feeds and a receiver of alerts.
//!
//! Lives here: routes, answers, faults. Not here: what is said (`week`), and anything that the product itself does.

mod answer;
mod entity;
mod fault;
mod feeds;
mod hooks;
mod jetstream;
mod state;
mod statuses;
mod stream;

use std::{
    net::SocketAddr,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use axum::{
    Router, middleware,
    routing::{get, post},
};
use isocial_model::{Clock, Instant};
use tokio::task::JoinHandle;
use tokio_util::sync::DropGuard;

use self::state::{Event, State};
use crate::week::Week;

/// How long stopping waits for answers that are under way.
const STOP_MS: u64 = 2_000;

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
    #[error(
        "no port on 127.0.0.1 could be opened for the sample network: check the machine's limit of open files"
    )]
    Listen(#[source] std::io::Error),
}

/// The sample network, before it runs.
#[derive(Debug)]
pub struct SampleNetwork;

impl SampleNetwork {
    /// Serves `week` on a free port of 127.0.0.1, until the answer is stopped or dropped. Needs a tokio runtime.
    pub async fn start(
        week: Week,
        clock: Arc<dyn Clock>,
        options: Options,
    ) -> Result<Running, StartError> {
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0))
            .await
            .map_err(StartError::Listen)?;
        let addr = listener.local_addr().map_err(StartError::Listen)?;
        let base_url = format!("http://{addr}");
        let state = Arc::new(State::new(week, clock, options, base_url.clone()));
        let stopping = state.stopping.clone();
        let server = axum::serve(listener, router(Arc::clone(&state)))
            .with_graceful_shutdown(stopping.cancelled_owned());
        let serving = tokio::spawn(async move {
            // A listener that fails ends the sample; whoever reads from it sees that at once.
            drop(server.await);
        });
        let guard = state.stopping.clone().drop_guard();
        Ok(Running {
            base_url,
            addr,
            state,
            serving,
            _guard: guard,
        })
    }
}

fn router(state: Arc<State>) -> Router {
    let api = Router::new()
        .route("/api/v1/timelines/tag/{hashtag}", get(statuses::timeline))
        .route("/api/v2/search", get(statuses::search))
        .route("/api/v1/statuses", get(statuses::many))
        .route("/api/v1/statuses/{id}", get(statuses::one))
        .route("/api/v2/instance", get(statuses::instance))
        .layer(middleware::from_fn_with_state(
            Arc::clone(&state),
            fault::guard,
        ));
    Router::new()
        .merge(api)
        .route("/api/v1/streaming", get(stream::socket))
        .route("/api/v1/streaming/hashtag", get(stream::events))
        .route("/api/v1/streaming/health", get(stream::health))
        .route("/subscribe", get(jetstream::subscribe))
        .route("/feeds/press.atom", get(feeds::press))
        .route("/feeds/blog.rss", get(feeds::blog))
        .route("/hooks/alerts", post(hooks::alerts))
        .fallback(statuses::nothing)
        .with_state(state)
}

/// The sample network, running. Dropping it stops it.
#[derive(Debug)]
pub struct Running {
    /// `http://127.0.0.1:PORT`, without a slash at the end.
    pub base_url: String,
    /// Where it listens.
    pub addr: SocketAddr,
    state: Arc<State>,
    serving: JoinHandle<()>,
    _guard: DropGuard,
}

impl Running {
    /// Lets the week's edits and deletions happen, tells the streams, and returns how many of each; what has happened does not
    /// happen again. The feeds' corrections come with them.
    pub fn apply_edits_and_deletions(&self) -> (usize, usize) {
        let (mut edits, mut deletions) = (0, 0);
        while let Some(event) = self.state.change_next() {
            match event {
                Event::Delete(_) => deletions += 1,
                Event::Edit(_) | Event::Update(_) => edits += 1,
            }
        }
        (edits, deletions)
    }

    /// Publishes what [`Options::held_back`] held back, tells the streams, and returns how many posts that were.
    pub fn publish_held_back(&self) -> usize {
        std::iter::from_fn(|| self.state.publish_next()).count()
    }

    /// Replaces the faults and counts requests and pages from 1 again.
    pub fn set_faults(&self, faults: Faults) {
        self.state.set_faults(faults);
    }

    /// Everything that arrived at `/hooks/alerts`, in order, refused deliveries included.
    pub fn deliveries(&self) -> Vec<Delivery> {
        self.state.deliveries()
    }

    /// How many requests of the API were answered since the start.
    pub fn requests(&self) -> u64 {
        self.state.served.load(Ordering::SeqCst)
    }

    /// The week that is being served.
    pub fn week(&self) -> &Week {
        &self.state.week
    }

    /// Stops serving, ends all streams, and waits until the port is closed, two seconds at most.
    pub async fn stop(mut self) {
        self.state.stopping.cancel();
        if tokio::time::timeout(Duration::from_millis(STOP_MS), &mut self.serving)
            .await
            .is_err()
        {
            self.serving.abort();
        }
    }
}
