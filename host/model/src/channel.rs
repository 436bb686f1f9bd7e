//! What crosses between host and alert channels. Mirrors `wit/alert-channel.wit`.

use serde::{Deserialize, Serialize};

use crate::{
    connector::{Answer, Fault, Request},
    post::Attribute,
    time::Instant,
};

/// How urgent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// To know.
    Info,
    /// To look at.
    Warning,
    /// To act on.
    Critical,
}

/// What happened, with only what the grant names.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Notice {
    /// The same for every attempt.
    pub idempotency_key: String,
    /// 1 for the first.
    pub attempt: u32,
    /// The rule's name.
    pub rule: String,
    /// The monitor's name.
    pub monitor: String,
    /// How urgent.
    pub severity: Severity,
    /// `spike`, `mention`, `sentiment`, `test`.
    pub event: String,
    /// Mentions that it is about.
    pub count: u64,
    /// What was to be expected.
    pub expected: Option<f64>,
    /// Rounded to the minute.
    pub start: Instant,
    /// Rounded to the minute.
    pub end: Instant,
    /// Our own page.
    pub link: String,
    /// ≤ 5 of ≤ 280 characters, redacted.
    pub excerpts: Vec<String>,
    /// ≤ 16.
    pub attributes: Vec<Attribute>,
}

/// One block of a mail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Block {
    /// A heading.
    Heading(String),
    /// A paragraph.
    Paragraph(String),
    /// A quotation.
    Quote(String),
    /// Labels and values.
    Facts(Vec<(String, String)>),
    /// Label and our own link.
    Action(String, String),
}

/// A mail as a subject and typed blocks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Email {
    /// One line.
    pub subject: String,
    /// ≤ 64.
    pub blocks: Vec<Block>,
}

/// What is to be sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Message {
    /// By HTTP.
    Http(Request),
    /// By mail.
    Email(Email),
}

/// What the service answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reply {
    /// To an HTTP request.
    Http(Answer),
    /// To a mail.
    Smtp {
        /// 0 = no connection.
        code: u16,
        /// First line.
        text: String,
    },
}

/// What a reply means.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DeliveryVerdict {
    /// Arrived.
    Delivered,
    /// Again, not before so many seconds.
    Retry(Option<u32>),
    /// Never.
    Failed(String),
}

/// One call of a channel.
#[derive(Debug, Clone, PartialEq)]
pub enum ChannelCall {
    /// `compose`
    Compose {
        /// The notice.
        notice: Notice,
        /// Canonical JSON, no secrets.
        destination: String,
    },
    /// `judge`
    Judge {
        /// The notice.
        notice: Notice,
        /// Canonical JSON, no secrets.
        destination: String,
        /// The reply.
        reply: Reply,
    },
}

/// What a channel answered.
#[derive(Debug, Clone, PartialEq)]
pub enum ChannelAnswer {
    /// To `compose`.
    Message(Message),
    /// To `judge`.
    Verdict(DeliveryVerdict),
    /// The channel's own typed fault.
    Fault(Fault),
}
