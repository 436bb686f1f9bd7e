//! Connectors: turn a network's official API into changes to public posts, without ever calling it.
//!
//! The host asks [`Connector::next`] where to begin; the connector returns the requests that it wants made; the host makes them,
//! attaches credentials, and hands the answers to [`Connector::respond`], which returns a [`Page`] of changes or asks for more.

pub use crate::bindings::exports::isocial::plugin::{
    inbound::Delivery,
    recheck::Verdict,
    stream::{Frame, Framing, Origin, Subscription},
};
pub use crate::bindings::isocial::plugin::connector_types::{
    Again, AuthorEvent, AuthorState, Budget, Change, ComeBack, EngagementChange, Job, Key, Outcome,
    Page, Place, PlanNode, QueryPlan, Replaced, Strip, Task, Window,
};
pub use crate::post::{
    AgeSignal, Author, Engagement, Kind, Media, MediaKind, Mentioned, Post, Visibility,
};
pub use crate::types::{
    Answer, Attribute, AuthenticationProblem, Failure, Fault, Header, Instant, Method, Request,
    Response,
};

/// Required of every connector.
pub trait Connector {
    /// The first requests of a step, or a page at once where nothing need be asked.
    fn next(job: &Job, place: &Place) -> Result<Outcome, Fault>;
    /// What the answers, in the order of the requests, lead to. `scratch` is what the connector wanted back with them.
    fn respond(
        job: &Job,
        place: &Place,
        scratch: &[u8],
        answers: Vec<Answer>,
    ) -> Result<Outcome, Fault>;
    /// Requests whose answers tell whether this account is usable; none means that nothing need be asked.
    fn check(job: &Job) -> Result<Vec<Request>, Fault>;
    /// Whether the account is usable: a line for the person who set it up, at most 256 bytes, or the fault.
    fn checked(job: &Job, answers: Vec<Answer>) -> Result<String, Fault>;
}

/// Optional: asks by reference whether posts still exist and are the same.
pub trait Recheck {
    /// Requests for at most as many references as the manifest's batch size.
    fn ask(job: &Job, refs: &[String]) -> Result<Vec<Request>, Fault>;
    /// One verdict a reference, in their order. Failure to fetch is [`Verdict::Unknown`], never [`Verdict::Gone`].
    fn judge(job: &Job, refs: &[String], answers: Vec<Answer>) -> Result<Vec<Verdict>, Fault>;
}

/// Optional: reads a source that pushes.
pub trait Stream {
    /// The subscription for this job from this cursor on.
    fn open(job: &Job, cursor: Option<&[u8]>) -> Result<Subscription, Fault>;
    /// A batch of whole frames in their order; `first` is the number of the first one since the subscription was opened, from 0.
    fn frames(
        job: &Job,
        cursor: Option<&[u8]>,
        first: u64,
        frames: Vec<Frame>,
    ) -> Result<Page, Fault>;
}

/// Optional: takes deliveries that the network sends to the host, after the host has verified their signature.
///
/// The manifest says how they are signed: `[inbound]` with `credential = "…"` names a slot of the kind `hmac`, whose template says what
/// is signed. A cursor in the page of a delivery is not kept: a delivery says nothing about where reading stands. With
/// [`ComeBack::Immediately`] the source is read at once, for what does not fit or for deliveries that only say that something is new.
pub trait Inbound {
    /// The body that proves to the network that this address is meant; at most 1 KiB.
    fn challenge(job: &Job, query: &[(String, String)]) -> Result<String, Fault>;
    /// What a delivery says. The host answers the network after the commit.
    fn receive(job: &Job, delivery: Delivery) -> Result<Page, Fault>;
}

impl Default for Page {
    /// A page without changes that leaves cursor and state as they are; to be called again when the schedule says.
    fn default() -> Self {
        Self {
            changes: Vec::new(),
            cursor: None,
            tasks: Vec::new(),
            state: None,
            next: ComeBack::Scheduled,
            seen: None,
            rejected: 0,
        }
    }
}

impl Page {
    /// A page without changes; see [`Page::default`].
    pub fn new() -> Self {
        Self::default()
    }
    /// Adds a post that is new or has changed as a whole.
    pub fn upsert(&mut self, post: Post) {
        self.changes.push(Change::Upsert(post));
    }
    /// Says that the network deleted a post.
    pub fn delete(&mut self, key: Key) {
        self.changes.push(Change::Delete(key));
    }
    /// Sets the next place, at most 4 KiB.
    pub fn with_cursor(mut self, cursor: impl Into<Vec<u8>>) -> Self {
        self.cursor = Some(cursor.into());
        self
    }
    /// Sets the account's new state, at most 4 KiB.
    pub fn with_state(mut self, state: impl Into<Vec<u8>>) -> Self {
        self.state = Some(state.into());
        self
    }
    /// Adds a piece of work for later.
    pub fn with_task(mut self, task: Task) -> Self {
        self.tasks.push(task);
        self
    }
    /// Says when to call again.
    pub fn coming_back(mut self, next: ComeBack) -> Self {
        self.next = next;
        self
    }
    /// Says which span of publication time this page saw, and whether wholly.
    pub fn having_seen(mut self, start: Instant, end: Instant, complete: bool) -> Self {
        self.seen = Some(Window {
            start,
            end,
            complete,
        });
        self
    }
}

impl From<Page> for Outcome {
    fn from(page: Page) -> Self {
        Self::Page(page)
    }
}

impl Outcome {
    /// Asks for more before there is a page; `scratch` comes back with the answers, at most 64 KiB.
    pub fn again(requests: Vec<Request>, scratch: impl Into<Vec<u8>>) -> Self {
        Self::Again(Again {
            requests,
            scratch: scratch.into(),
        })
    }
}

impl Key {
    /// Names a post by its network's registered name and its id there.
    pub fn new(network: impl Into<String>, native_id: impl Into<String>) -> Self {
        Self {
            network: network.into(),
            native_id: native_id.into(),
        }
    }
}

impl Task {
    /// A piece of work that is due at once; a later task with the same key replaces it.
    pub fn new(key: impl Into<String>, payload: impl Into<Vec<u8>>) -> Self {
        Self {
            key: key.into(),
            payload: payload.into(),
            due: None,
        }
    }
    /// Sets the time before which it is not handed back.
    pub fn due_at(mut self, due: Instant) -> Self {
        self.due = Some(due);
        self
    }
}

impl Place {
    /// The cursor, if this is one and there is one.
    pub fn cursor(&self) -> Option<&[u8]> {
        match self {
            Self::Cursor(cursor) => cursor.as_deref(),
            Self::Task(_) => None,
        }
    }
}

impl QueryPlan {
    /// The root, which is the last node; a plan without nodes asks for everything.
    pub fn root(&self) -> Option<&PlanNode> {
        self.nodes.last()
    }
    /// The node at this index, if there is one.
    pub fn node(&self, index: u32) -> Option<&PlanNode> {
        self.nodes.get(index as usize)
    }
}

impl Subscription {
    /// A WebSocket at an absolute wss URL.
    pub fn websocket(url: impl Into<String>) -> Self {
        Self::of(Origin::Network(url.into()), Framing::Websocket)
    }
    /// Server-sent events from an absolute https URL.
    pub fn sse(url: impl Into<String>) -> Self {
        Self::of(Origin::Network(url.into()), Framing::Sse)
    }
    /// The lines of the stream that the host itself holds.
    pub fn input_lines() -> Self {
        Self::of(Origin::Input, Framing::Lines)
    }
    fn of(origin: Origin, framing: Framing) -> Self {
        Self {
            origin,
            framing,
            subprotocols: Vec::new(),
            greeting: Vec::new(),
            ping: 0,
            credential: None,
        }
    }
    /// Names the manifest's slot whose credential the host is to attach.
    pub fn with_credential(mut self, slot: &str) -> Self {
        self.credential = Some(slot.into());
        self
    }
}

impl Job {
    /// The account's configuration as a typed value.
    ///
    /// The host has checked it against the manifest's schema, so a fault here means that schema and type disagree.
    pub fn config<T: serde::de::DeserializeOwned>(&self) -> Result<T, Fault> {
        serde_json::from_str(&self.config).map_err(|error| Fault::bad_config("", error.to_string()))
    }
}
