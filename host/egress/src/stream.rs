//! Streams: a permitted subscription, opened and cut into whole frames, read no faster than its reader takes them.
//!
//! Lives here: what a reader holds. Not here: WebSocket (`websocket`), streams over HTTP (`over_http`), cutting (`cut`), reconnecting
//! (`pipeline`), and the stream that the host itself holds: it is no connection.

mod cut;
mod over_http;
mod websocket;

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use isocial_gate::{PermittedOrigin, PermittedSubscription};
use isocial_model::{
    connector::{Failure, Frame, Framing},
    contract::SlotKind,
    receipt::EgressLine,
};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio_util::sync::CancellationToken;
use url::Url;

use crate::{
    Call, Egress,
    attach::{self, Outgoing},
    credential::Credential,
    failure,
    hints::RateHints,
    mask::Masker,
    resolve::AddressRule,
    send,
};

/// Frames that wait for the reader at most, beside the cap on their bytes.
const QUEUE: usize = 1024;
/// Close code of a frame over the cap, as RFC 6455 has it.
const TOO_BIG: u16 = 1009;

/// Why a stream was not opened.
#[derive(Debug, Clone, PartialEq)]
pub struct NotOpened {
    /// For the scheduler: what went wrong.
    pub failure: Failure,
    /// The HTTP status, if the network answered and said no.
    pub status: Option<u16>,
    /// When the network wants to be asked again.
    pub hints: RateHints,
    /// For the ledger.
    pub line: EgressLine,
}

/// Frames in their order.
#[derive(Debug, Clone, PartialEq)]
pub struct Batch {
    /// The number of the first frame since the stream was opened, 0-based.
    pub first: u64,
    /// At least one. [`Frame::Closed`] is always the stream's last.
    pub frames: Vec<Frame>,
}

/// A frame that waits, with its share of the queue's bytes.
type Waiting = (Frame, Option<OwnedSemaphorePermit>);

/// An open stream. Dropping it closes the connection.
#[derive(Debug)]
pub struct FrameStream {
    queue: mpsc::Receiver<Waiting>,
    next: u64,
    ended: bool,
    /// Frames of a batch that nobody has taken yet.
    pending: Vec<Frame>,
    line: EgressLine,
    tally: Arc<Tally>,
    cancel: CancellationToken,
}

/// What the reading side counts while it reads.
#[derive(Debug, Default)]
struct Tally {
    out: AtomicU64,
    into: AtomicU64,
    echoed: AtomicBool,
}

impl FrameStream {
    async fn receive(&mut self) -> Option<Frame> {
        if self.ended {
            return None;
        }
        let (frame, _room) = self.queue.recv().await?;
        self.next += 1;
        self.ended = matches!(frame, Frame::Closed(_));
        Some(frame)
    }

    /// Waits for a frame, then takes what else comes within `max_wait`, up to `max_items`. `None` once the stream is over.
    ///
    /// Cancel-safe: the frames of a batch that was not awaited to its end are in the next one.
    pub async fn next_batch(&mut self, max_items: usize, max_wait: Duration) -> Option<Batch> {
        if self.pending.is_empty() {
            let frame = self.receive().await?;
            self.pending.push(frame);
        }
        let until = tokio::time::Instant::now() + max_wait;
        while self.pending.len() < max_items && !self.ended {
            match tokio::time::timeout_at(until, self.receive()).await {
                Ok(Some(frame)) => self.pending.push(frame),
                Ok(None) | Err(_) => break,
            }
        }
        let first = self.next - self.pending.len() as u64;
        Some(Batch {
            first,
            frames: std::mem::take(&mut self.pending),
        })
    }

    /// The ledger's line, with the bytes so far.
    pub fn line(&self) -> EgressLine {
        EgressLine {
            bytes_out: self.tally.out.load(Ordering::Relaxed),
            bytes_in: self.tally.into.load(Ordering::Relaxed),
            ..self.line.clone()
        }
    }

    /// Whether the credential came back in a frame and was masked (HP-25).
    pub fn secret_echoed(&self) -> bool {
        self.tally.echoed.load(Ordering::Relaxed)
    }
}

impl Drop for FrameStream {
    fn drop(&mut self) {
        self.cancel.cancel();
    }
}

/// The reading side's end of the queue.
struct Sink {
    queue: mpsc::Sender<Waiting>,
    room: Arc<Semaphore>,
    room_bytes: usize,
    masker: Masker,
    tally: Arc<Tally>,
    cancel: CancellationToken,
}

impl Sink {
    /// Queues a frame, masked; waits while the queue is full. False if nobody reads any more.
    async fn push(&self, frame: Frame) -> bool {
        let (frame, echoed) = self.clean(frame);
        if echoed && !self.tally.echoed.swap(true, Ordering::Relaxed) {
            tracing::warn!("a credential came back in a stream and was masked");
        }
        let size = match &frame {
            Frame::Text(text) => text.len(),
            Frame::Binary(bytes) => bytes.len(),
            Frame::Closed(_) => 0,
        };
        let size = u32::try_from(size.clamp(1, self.room_bytes)).unwrap_or(u32::MAX);
        let work = async {
            let permit = Arc::clone(&self.room).acquire_many_owned(size).await.ok();
            self.queue.send((frame, permit)).await.is_ok()
        };
        tokio::select! {
            () = self.cancel.cancelled() => false,
            sent = work => sent,
        }
    }

    fn clean(&self, frame: Frame) -> (Frame, bool) {
        match frame {
            Frame::Text(text) => match self.masker.mask_text(&text) {
                Some(masked) => (Frame::Text(masked), true),
                None => (Frame::Text(text), false),
            },
            Frame::Binary(bytes) => match self.masker.mask(&bytes) {
                Some(masked) => (Frame::Binary(masked), true),
                None => (Frame::Binary(bytes), false),
            },
            Frame::Closed(code) => (Frame::Closed(code), false),
        }
    }

    fn read(&self, bytes: usize) {
        self.tally.into.fetch_add(bytes as u64, Ordering::Relaxed);
    }
}

/// Why opening stopped, before there is a line for it.
struct Stop {
    failure: Failure,
    status: Option<u16>,
    hints: RateHints,
    word: Option<&'static str>,
}

impl From<Failure> for Stop {
    fn from(failure: Failure) -> Self {
        Self {
            failure,
            status: None,
            hints: RateHints::default(),
            word: None,
        }
    }
}

impl Egress {
    /// Opens a permitted subscription. The stream ends with [`Frame::Closed`]: the other side's code, 0 where it gave none or where the
    /// connection broke or fell silent, 1009 for a frame over the cap.
    ///
    /// The rate limit and the meter are spent as by an exchange; the bytes of the frames are not taken off the meter, since a stream
    /// outlives the call tree that opened it: the queue's cap bounds them.
    pub async fn subscribe(
        &self,
        subscription: PermittedSubscription,
        call: &Call<'_>,
        cancel: &CancellationToken,
    ) -> Result<FrameStream, Box<NotOpened>> {
        let PermittedOrigin::Network { url, host, port } = subscription.origin().clone() else {
            return Err(Box::new(NotOpened {
                failure: Failure::Denied,
                status: None,
                hints: RateHints::default(),
                line: stream_line(call, "", 0, None, "denied:no-connection"),
            }));
        };
        let mut slot = None;
        let opened = self
            .open_stream(&subscription, url, &host, port, call, cancel, &mut slot)
            .await;
        opened.map_err(|stop| {
            let word = match (stop.word, stop.status) {
                (Some(word), _) => word.to_owned(),
                (None, Some(status)) => status.to_string(),
                (None, None) => failure::name(stop.failure).to_owned(),
            };
            let line = stream_line(call, &host, port, slot.clone(), &word);
            Box::new(NotOpened {
                failure: stop.failure,
                status: stop.status,
                hints: stop.hints,
                line,
            })
        })
    }

    #[expect(
        clippy::too_many_arguments,
        reason = "the parts of one origin and the slot that was used"
    )]
    async fn open_stream(
        &self,
        subscription: &PermittedSubscription,
        url: Url,
        host: &str,
        port: u16,
        call: &Call<'_>,
        cancel: &CancellationToken,
        slot: &mut Option<String>,
    ) -> Result<FrameStream, Stop> {
        if send::literal(host).is_some_and(|address| !subscription.address_allowed(address)) {
            return Err(Stop {
                word: Some("denied:address"),
                ..Failure::Denied.into()
            });
        }
        let reservation = self
            .budgets
            .reserve(call.account, host, self.clock.now())
            .map_err(|at| Stop {
                hints: RateHints {
                    come_back: Some(at),
                    reset: Some(at),
                    remaining: Some(0),
                    limit: None,
                },
                word: Some("budget:network"),
                ..Failure::Budget.into()
            })?;
        if !call.meter.take_request() {
            return Err(Stop {
                word: Some("budget:call"),
                ..Failure::Budget.into()
            });
        }
        let mut out = Outgoing {
            method: isocial_model::connector::Method::Get,
            url,
            headers: Vec::new(),
            body: None,
        };
        let masker = dress(subscription, &mut out, call).await?;
        *slot = subscription
            .slot()
            .filter(|_| !masker.is_empty())
            .map(|slot| slot.name.clone());

        let tally = Arc::new(Tally::default());
        let (sender, queue) = mpsc::channel(QUEUE);
        let cancel = cancel.child_token();
        let room_bytes = self
            .config
            .limits
            .queue_bytes
            .clamp(self.config.limits.frame_bytes, 1 << 30);
        let sink = Sink {
            queue: sender,
            room: Arc::new(Semaphore::new(room_bytes)),
            room_bytes,
            masker,
            tally: Arc::clone(&tally),
            cancel: cancel.clone(),
        };
        let permitted = subscription.clone();
        let rule: AddressRule = Arc::new(move |_, address| permitted.address_allowed(address));
        let opened = match subscription.framing() {
            Framing::Websocket => {
                self.open_websocket(subscription, &out, host, port, rule, sink)
                    .await
            }
            Framing::Sse | Framing::Lines | Framing::LengthPrefixed => {
                self.open_http(subscription, &out, host, rule, sink).await
            }
        };
        if let Err(stop) = &opened {
            reservation.observe(&stop.hints);
        }
        opened.map(|()| FrameStream {
            queue,
            next: 0,
            ended: false,
            pending: Vec::new(),
            line: stream_line(call, host, port, slot.clone(), "open"),
            tally,
            cancel,
        })
    }
}

/// Puts the credential in its place. Streams know static and basic credentials; a session or a signature has no meaning here.
async fn dress(
    subscription: &PermittedSubscription,
    out: &mut Outgoing,
    call: &Call<'_>,
) -> Result<Masker, Stop> {
    let Some(slot) = subscription.slot() else {
        return Ok(Masker::default());
    };
    let held = |word: &'static str| Stop {
        word: Some(word),
        ..Failure::Denied.into()
    };
    let credential = call
        .credentials
        .credential(&slot.name)
        .await
        .map_err(|_| held("credential:keeper"))?;
    let (value, also) = match (&slot.kind, credential) {
        (_, None) if slot.optional => return Ok(Masker::default()),
        (_, None) => return Err(held("credential:missing")),
        (SlotKind::Static, Some(Credential::Value(secret))) => (secret, None),
        (SlotKind::Basic, Some(Credential::Login { user, password })) => {
            (attach::basic(&user, &password), Some(password))
        }
        _ => return Err(held("credential:kind")),
    };
    attach::place(out, slot, &value).map_err(|_| held("credential:placement"))?;
    Ok(Masker::new(std::iter::once(&value).chain(&also)))
}

fn stream_line(
    call: &Call<'_>,
    host: &str,
    port: u16,
    credential: Option<String>,
    result: &str,
) -> EgressLine {
    EgressLine {
        plugin: call.package.clone(),
        method: "STREAM".into(),
        host: format!("{host}:{port}"),
        credential,
        bytes_out: 0,
        bytes_in: 0,
        result: result.into(),
        times: 1,
    }
}
