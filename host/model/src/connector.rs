//! What crosses between host and connectors. Mirrors `wit/connector.wit`.

use serde::{Deserialize, Serialize};

use crate::{
    post::{Change, Post},
    time::Instant,
};

/// One node of a query plan; children are indices of earlier nodes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PlanNode {
    /// A single word, normalised.
    Word(String),
    /// Words next to each other.
    Phrase(String),
    /// Without `#`.
    Hashtag(String),
    /// Posts by this account.
    Author(String),
    /// BCP 47.
    Language(String),
    /// Posts with a link to this host.
    Domain(String),
    /// All children.
    All(Vec<u32>),
    /// Any child.
    Any(Vec<u32>),
    /// Not the child.
    None(u32),
    /// Left to the host.
    Other(String),
}

/// A query as far as a network can serve it: flat, children before parents, the root last.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct QueryPlan {
    /// ≤ 4,096 nodes.
    pub nodes: Vec<PlanNode>,
}

/// How much one step may ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Budget {
    /// Posts in a page · 1–250.
    pub items: u32,
    /// Requests in a step · 1–16.
    pub requests: u32,
}

/// What one call is for. No organisation's id, name or plan is in it (HP-50).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Job {
    /// The query's pushed-down part.
    pub plan: QueryPlan,
    /// Canonical JSON without secrets · ≤ 16 KiB.
    pub config: String,
    /// The connector's own state · ≤ 4 KiB.
    pub state: Option<Vec<u8>>,
    /// How much it may ask for.
    pub budget: Budget,
    /// The host's clock.
    pub now: Instant,
    /// Nothing older is wanted.
    pub since: Option<Instant>,
}

/// A small keyed piece of work, kept by the host and handed back when it is due.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskItem {
    /// ≤ 128 bytes; a later task with the same key replaces this one.
    pub key: String,
    /// ≤ 1 KiB.
    pub payload: Vec<u8>,
    /// Not before.
    pub due: Option<Instant>,
}

/// Where a job stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Place {
    /// The beginning, or the cursor of the last page · ≤ 4 KiB.
    Cursor(Option<Vec<u8>>),
    /// A piece of work that an earlier page left.
    Task(TaskItem),
}

/// HTTP methods that a plugin may ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Method {
    /// GET
    Get,
    /// HEAD
    Head,
    /// POST
    Post,
    /// PUT
    Put,
    /// PATCH
    Patch,
    /// DELETE
    Delete,
}

impl Method {
    /// The method's name on the wire.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Head => "HEAD",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }
}

/// One header field, name in lower case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    /// ≤ 64 bytes.
    pub name: String,
    /// ≤ 4,096 bytes.
    pub value: String,
}

/// A request that a plugin wants made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// The method.
    pub method: Method,
    /// Absolute URL.
    pub url: String,
    /// ≤ 32 fields.
    pub headers: Vec<Header>,
    /// ≤ 256 KiB.
    pub body: Option<Vec<u8>>,
    /// The slot whose credential the host attaches.
    pub credential: Option<String>,
}

/// Why no answer could be had.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Failure {
    /// The host refused.
    Denied,
    /// The name does not resolve.
    Unresolvable,
    /// No connection.
    Unreachable,
    /// Too slow.
    Timeout,
    /// Over the size cap.
    TooLarge,
    /// TLS failed.
    Tls,
    /// The budget is spent.
    Budget,
    /// Not HTTP, or not what it said it was.
    Malformed,
}

/// An HTTP answer, decompressed, secrets masked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Response {
    /// Status.
    pub status: u16,
    /// Allow-listed fields.
    pub headers: Vec<Header>,
    /// ≤ 8 MiB.
    pub body: Vec<u8>,
}

/// What came back for one request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Answer {
    /// The network answered.
    Response(Response),
    /// No answer could be had.
    Failed(Failure),
}

/// When to call again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ComeBack {
    /// There is more now.
    Immediately,
    /// Not before so many seconds.
    After(u32),
    /// When the schedule says.
    Scheduled,
}

/// A span of publication time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Window {
    /// From.
    pub start: Instant,
    /// To.
    pub end: Instant,
    /// Whether everything public in it was seen.
    pub complete: bool,
}

/// One page of changes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Page {
    /// ≤ 250, in order.
    pub changes: Vec<Change>,
    /// The next place; absent keeps the last one · ≤ 4 KiB.
    pub cursor: Option<Vec<u8>>,
    /// ≤ 250.
    pub tasks: Vec<TaskItem>,
    /// New state; absent keeps the last one · ≤ 4 KiB.
    pub state: Option<Vec<u8>>,
    /// When to call again.
    pub next: ComeBack,
    /// What this page fully saw.
    pub seen: Option<Window>,
    /// Items that could not be read.
    pub rejected: u32,
}

/// What a step leads to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// Results.
    Page(Page),
    /// More requests.
    Again {
        /// 1–16, made in parallel.
        requests: Vec<Request>,
        /// Handed back with the answers · ≤ 64 KiB.
        scratch: Vec<u8>,
    },
}

/// What is wrong with a credential.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AuthenticationProblem {
    /// None is set.
    Missing,
    /// The network refuses it.
    Rejected,
    /// It has run out.
    Expired,
    /// It does not allow this.
    InsufficientScope,
}

/// Why a call could not be answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fault {
    /// Wait · seconds.
    RetryAfter(u32),
    /// A rate limit was met.
    RateLimited {
        /// What it covers.
        scope: String,
        /// When it is over.
        reset: Option<Instant>,
    },
    /// A credential does not work.
    Authentication {
        /// The slot.
        slot: String,
        /// Why.
        problem: AuthenticationProblem,
    },
    /// The configuration cannot work.
    BadConfig {
        /// JSON pointer.
        pointer: String,
        /// What was expected.
        problem: String,
    },
    /// An unexpected status.
    Upstream(u16),
    /// Exists no more.
    Gone,
    /// Lives elsewhere now.
    Moved(String),
    /// Retrying cannot help.
    Permanent(String),
    /// Anything else.
    Other {
        /// The plugin's code.
        code: String,
        /// ≤ 256 bytes.
        message: String,
    },
}

/// What became of one rechecked reference.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Still there, unchanged.
    Alive,
    /// Deleted.
    Gone,
    /// Changed.
    Changed(Box<Post>),
    /// Could not be told: never treated as gone.
    Unknown,
}

/// Where the frames of a stream come from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Origin {
    /// An absolute wss or https URL.
    Network(String),
    /// The stream that the host itself holds.
    Input,
}

/// How bytes are cut into frames.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Framing {
    /// WebSocket messages.
    Websocket,
    /// Server-sent events.
    Sse,
    /// Lines.
    Lines,
    /// A length before each.
    LengthPrefixed,
}

/// One whole frame.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Frame {
    /// Text.
    Text(String),
    /// Bytes.
    Binary(Vec<u8>),
    /// The other side closed, with this code (0 = none).
    Closed(u16),
}

/// A subscription that a plugin wants opened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subscription {
    /// Where from.
    pub origin: Origin,
    /// How cut.
    pub framing: Framing,
    /// WebSocket subprotocols · ≤ 8.
    pub subprotocols: Vec<String>,
    /// What to send once it is open · ≤ 8 of ≤ 16 KiB.
    pub greeting: Vec<Frame>,
    /// Seconds between pings; 0 = none.
    pub ping: u32,
    /// The slot whose credential the host attaches.
    pub credential: Option<String>,
}

/// One inbound delivery.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InboundDelivery {
    /// Decoded query pairs.
    pub query: Vec<(String, String)>,
    /// Allow-listed fields.
    pub headers: Vec<Header>,
    /// ≤ 1 MiB.
    pub body: Vec<u8>,
}

/// One call of a connector, as the sandbox makes it.
#[derive(Debug, Clone, PartialEq)]
pub enum ConnectorCall {
    /// `connector.next`
    Next {
        /// The job.
        job: Job,
        /// Where it stands.
        place: Place,
    },
    /// `connector.respond`
    Respond {
        /// The job.
        job: Job,
        /// Where it stands.
        place: Place,
        /// What the connector wanted back.
        scratch: Vec<u8>,
        /// In the order of the requests.
        answers: Vec<Answer>,
    },
    /// `connector.check`
    Check {
        /// The job.
        job: Job,
    },
    /// `connector.checked`
    Checked {
        /// The job.
        job: Job,
        /// In the order of the requests.
        answers: Vec<Answer>,
    },
    /// `recheck.ask`
    Ask {
        /// The job.
        job: Job,
        /// References.
        refs: Vec<String>,
    },
    /// `recheck.judge`
    Judge {
        /// The job.
        job: Job,
        /// References.
        refs: Vec<String>,
        /// In the order of the requests.
        answers: Vec<Answer>,
    },
    /// `stream.open`
    Open {
        /// The job.
        job: Job,
        /// From here on.
        cursor: Option<Vec<u8>>,
    },
    /// `stream.frames`
    Frames {
        /// The job.
        job: Job,
        /// The last committed cursor.
        cursor: Option<Vec<u8>>,
        /// Number of the first frame since the subscription was opened.
        first: u64,
        /// Whole frames.
        frames: Vec<Frame>,
    },
    /// `inbound.challenge`
    Challenge {
        /// The job.
        job: Job,
        /// Decoded query pairs.
        query: Vec<(String, String)>,
    },
    /// `inbound.receive`
    Receive {
        /// The job.
        job: Job,
        /// The delivery.
        delivery: InboundDelivery,
    },
}

impl ConnectorCall {
    /// The exported function, as contracts name it.
    pub const fn function(&self) -> &'static str {
        match self {
            Self::Next { .. } => "next",
            Self::Respond { .. } => "respond",
            Self::Check { .. } => "check",
            Self::Checked { .. } => "checked",
            Self::Ask { .. } => "ask",
            Self::Judge { .. } => "judge",
            Self::Open { .. } => "open",
            Self::Frames { .. } => "frames",
            Self::Challenge { .. } => "challenge",
            Self::Receive { .. } => "receive",
        }
    }
}

/// What a connector answered, in the shape of the call.
#[derive(Debug, Clone, PartialEq)]
pub enum ConnectorAnswer {
    /// To `next` and `respond`.
    Outcome(Outcome),
    /// To `check` and `ask`.
    Requests(Vec<Request>),
    /// To `checked` and `challenge`.
    Text(String),
    /// To `judge`.
    Verdicts(Vec<Verdict>),
    /// To `open`.
    Subscription(Subscription),
    /// To `frames` and `receive`.
    Page(Page),
    /// The connector's own typed fault, to any of them.
    Fault(Fault),
}
