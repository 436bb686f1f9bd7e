//! The form of a case, as it is written in `exchanges/<case>.toml`.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

/// What the cases of a connector must show between them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cover {
    /// More than one page.
    Paging,
    /// A page without anything.
    EmptyPage,
    /// The same page twice, with the same outcome.
    RepeatedPage,
    /// The network's rate limit.
    RateLimited,
    /// An answer that is no JSON, or other than described.
    BrokenAnswer,
    /// A stop between two pages, and going on from the cursor.
    Restart,
    /// A deletion, or the proof that one is noticed.
    Deletion,
    /// More in one answer than one page may hold.
    HugePage,
    /// Posts with every optional field absent.
    BarePosts,
}

impl Cover {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Paging,
        Self::EmptyPage,
        Self::RepeatedPage,
        Self::RateLimited,
        Self::BrokenAnswer,
        Self::Restart,
        Self::Deletion,
        Self::HugePage,
        Self::BarePosts,
    ];
}

/// One case.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Case {
    /// Its name: the file's, without the extension.
    #[serde(skip)]
    pub name: String,
    /// What it shows, in a sentence.
    pub title: String,
    /// What it covers of what must be shown.
    #[serde(default)]
    pub covers: Vec<Cover>,
    /// What the calls are for; channels have none.
    #[serde(default)]
    pub job: JobSpec,
    /// The calls, in order. Cursor, state and tasks of a page are handed to the calls after it.
    #[serde(rename = "call")]
    pub calls: Vec<Call>,
}

/// What the calls are for.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct JobSpec {
    /// The host's clock, RFC 3339.
    #[serde(default = "noon")]
    pub now: String,
    /// Nothing older is wanted, RFC 3339.
    #[serde(default)]
    pub since: Option<String>,
    /// The account's configuration.
    #[serde(default = "object")]
    pub config: Value,
    /// The query plan's nodes, such as `{ hashtag = "coffee" }` or `{ any = [0, 1] }`; the root last.
    #[serde(default)]
    pub plan: Vec<Value>,
    /// Posts in a page.
    #[serde(default = "hundred")]
    pub items: u32,
    /// Requests in a step.
    #[serde(default = "four")]
    pub requests: u32,
    /// The connector's state before the first call.
    #[serde(default)]
    pub state: Option<String>,
}

fn noon() -> String {
    "2026-03-04T12:00:00Z".into()
}
fn object() -> Value {
    Value::Object(serde_json::Map::new())
}
fn hundred() -> u32 {
    100
}
fn four() -> u32 {
    4
}

impl Default for JobSpec {
    fn default() -> Self {
        Self {
            now: noon(),
            since: None,
            config: object(),
            plan: Vec::new(),
            items: 100,
            requests: 4,
            state: None,
        }
    }
}

/// What a call does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Action {
    /// `next`, then `respond` until there is a page.
    Step,
    /// `check`, then `checked`.
    Check,
    /// `ask`, then `judge`.
    Recheck,
    /// `open`.
    Open,
    /// `frames`.
    Frames,
    /// `challenge`.
    Challenge,
    /// `receive`.
    Receive,
    /// `compose`, then `judge`: of an alert channel.
    Deliver,
}

/// One call.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Call {
    /// What it does.
    #[serde(rename = "do")]
    pub action: Action,
    /// The host's clock from this call on, RFC 3339.
    #[serde(default)]
    pub now: Option<String>,
    /// Begin at the beginning rather than at the last page's cursor.
    #[serde(default)]
    pub afresh: bool,
    /// Begin at this cursor rather than at the last page's.
    #[serde(default)]
    pub cursor: Option<String>,
    /// Begin at the task of this key that an earlier page left.
    #[serde(default)]
    pub task: Option<String>,
    /// References, for `recheck`.
    #[serde(default)]
    pub refs: Vec<String>,
    /// Frames, for `frames`; their numbers go on from the call before.
    #[serde(default)]
    pub frames: Vec<FrameSpec>,
    /// Decoded query pairs, for `challenge` and `receive`.
    #[serde(default)]
    pub query: BTreeMap<String, String>,
    /// Header fields, for `receive`.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// The body, for `receive`.
    #[serde(default)]
    pub body: Option<String>,
    /// The notice, for `deliver`; what is left out is empty.
    #[serde(default)]
    pub notice: Option<Value>,
    /// The destination's configuration, for `deliver`.
    #[serde(default)]
    pub destination: Option<Value>,
    /// The mail server's reply, for `deliver`.
    #[serde(default)]
    pub smtp: Option<SmtpSpec>,
    /// Requests that are expected, in order, and the answers to them.
    #[serde(default, rename = "exchange")]
    pub exchanges: Vec<Exchange>,
}

/// A mail server's reply.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SmtpSpec {
    /// 0 = no connection.
    pub code: u16,
    /// First line.
    #[serde(default)]
    pub text: String,
}

/// One frame.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FrameSpec {
    /// Text.
    Text(String),
    /// Each line of a file in the cases' folder as a frame of text.
    LinesOf(String),
    /// Bytes, in hex.
    Binary(String),
    /// The other side closed, with this code.
    Closed(u16),
}

/// A request and its answer.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Exchange {
    /// What is to be asked.
    pub request: RequestSpec,
    /// What comes back.
    pub answer: AnswerSpec,
}

/// A request that is expected.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RequestSpec {
    /// The method.
    #[serde(default = "get")]
    pub method: String,
    /// The whole address.
    pub url: String,
    /// Header fields that it must have; it may have more.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// The body, if it matters; JSON is compared as JSON.
    #[serde(default)]
    pub body: Option<String>,
    /// The slot that it must name; absent means that it must name none.
    #[serde(default)]
    pub credential: Option<String>,
}

fn get() -> String {
    "GET".into()
}

/// An answer.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct AnswerSpec {
    /// The status.
    #[serde(default = "ok")]
    pub status: u16,
    /// Header fields.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// The body as it is.
    #[serde(default)]
    pub body: Option<String>,
    /// The body from a file in the cases' folder.
    #[serde(default)]
    pub body_file: Option<String>,
    /// How often the body's part between `{{` and `}}` stands there, with commas between, `#` being the number from 1.
    #[serde(default)]
    pub repeat: Option<u32>,
    /// No answer: the failure's name, such as `timeout`.
    #[serde(default)]
    pub failed: Option<String>,
}

fn ok() -> u16 {
    200
}
