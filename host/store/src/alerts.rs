//! Alerts: rules, what they found, and the outbox of notices, as values; their tables are in `rules` and `outbox`.

use isocial_model::{
    IncidentId, InstallationId, Instant, MentionId, MonitorId, NoticeId, RuleId,
    channel::{Notice, Severity},
};

/// An alert rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// Its id.
    pub id: RuleId,
    /// What it watches.
    pub monitor: MonitorId,
    /// Its name.
    pub name: String,
    /// What it asks for, JSON object that `pipeline` reads.
    pub spec: String,
    /// How urgent.
    pub severity: Severity,
    /// Which channels are told.
    pub channels: Vec<InstallationId>,
    /// Whether it is looked at.
    pub enabled: bool,
}

/// An alert rule to be made.
#[derive(Debug, Clone)]
pub struct NewRule {
    /// What it watches.
    pub monitor: MonitorId,
    /// Its name · 1–200 bytes.
    pub name: String,
    /// What it asks for, JSON object.
    pub spec: String,
    /// How urgent.
    pub severity: Severity,
    /// Which channels are told.
    pub channels: Vec<InstallationId>,
}

/// Something that a rule has found.
#[derive(Debug, Clone, PartialEq)]
pub struct Incident {
    /// Its id: the same for the same rule and start.
    pub id: IncidentId,
    /// The rule.
    pub rule: RuleId,
    /// The monitor.
    pub monitor: MonitorId,
    /// From.
    pub start: Instant,
    /// To; moves on while it lasts.
    pub end: Instant,
    /// Mentions in it.
    pub count: u64,
    /// What was to be expected.
    pub expected: Option<f64>,
    /// How urgent.
    pub severity: Severity,
    /// Whether it is over.
    pub closed: bool,
}

/// What a notice is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    /// An incident.
    Incident(IncidentId),
    /// One mention, by the rule that asked for it.
    Mention(RuleId, MentionId),
    /// A test, by a number that the caller chooses: the same number is the same test.
    Test(u64),
}

/// A notice to be sent: one subject, one channel, once.
#[derive(Debug, Clone)]
pub struct NewNotice {
    /// What it is about.
    pub subject: Subject,
    /// Which channel is told.
    pub channel: InstallationId,
    /// What it says; `idempotency_key` and `attempt` are set by the store.
    pub notice: Notice,
    /// Not before; absent = now.
    pub due: Option<Instant>,
}

/// A notice that this worker holds.
#[derive(Debug, Clone)]
pub struct LeasedNotice {
    /// Its id.
    pub id: NoticeId,
    /// Which channel is told.
    pub channel: InstallationId,
    /// Which lease of this notice this is.
    pub epoch: u64,
    /// What it says, with the same `idempotency_key` at every attempt, and this attempt's number.
    pub notice: Notice,
}

/// How an attempt ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Settlement {
    /// Arrived.
    Delivered,
    /// To be tried again.
    Retry {
        /// Not before.
        at: Instant,
        /// Why, without content · ≤ 256 bytes.
        reason: String,
    },
    /// Given up: the dead letter stays for a person to see.
    Dead {
        /// Why, without content · ≤ 256 bytes.
        reason: String,
    },
}

/// How a notice stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum NoticeStatus {
    /// Waits for its first or next attempt.
    Pending,
    /// Arrived.
    Delivered,
    /// Given up.
    Dead,
}

/// A notice as people see it.
#[derive(Debug, Clone)]
pub struct KeptNotice {
    /// Its id.
    pub id: NoticeId,
    /// What it is about: the incident's or mention's id, or `test`.
    pub subject: String,
    /// Which channel is told.
    pub channel: InstallationId,
    /// What it says.
    pub notice: Notice,
    /// How it stands.
    pub status: NoticeStatus,
    /// Attempts so far.
    pub attempts: u32,
    /// The last problem.
    pub problem: Option<String>,
    /// When it was put in.
    pub created: Instant,
    /// When it ended.
    pub settled: Option<Instant>,
}

/// Where a notice's content is sealed for.
pub(crate) fn notice_place(id: &str) -> String {
    format!("notice/{id}")
}
