//! Alerts: rules, what they found, and the outbox of notices.

use isocial_model::{
    IncidentId, Instant, InstallationId, MentionId, MonitorId, NoticeId, RuleId,
    channel::{Notice, Severity},
    receipt::Receipt,
};

use crate::{OrgDb, StoreError};

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

impl OrgDb {
    /// Makes a rule.
    pub async fn create_rule(&self, new: &NewRule) -> Result<RuleId, StoreError> {
        let _ = new;
        unimplemented!()
    }
    /// All rules, or those of one monitor.
    pub async fn rules(&self, monitor: Option<&MonitorId>) -> Result<Vec<Rule>, StoreError> {
        let _ = monitor;
        unimplemented!()
    }
    /// Switches a rule on or off. False if there is none.
    pub async fn set_rule_enabled(&self, id: &RuleId, enabled: bool) -> Result<bool, StoreError> {
        let _ = (id, enabled);
        unimplemented!()
    }
    /// Removes a rule; its incidents stay. False if there is none.
    pub async fn delete_rule(&self, id: &RuleId) -> Result<bool, StoreError> {
        let _ = id;
        unimplemented!()
    }
    /// The id that an incident of this rule with this start has.
    pub fn incident_id(&self, rule: &RuleId, start: Instant) -> IncidentId {
        let _ = (rule, start);
        unimplemented!()
    }
    /// Keeps an incident and its notices in one transaction. Repeating it changes the incident's end and counts and adds no notice.
    /// The number of notices that were new.
    pub async fn keep_incident(&self, incident: &Incident, notices: &[NewNotice]) -> Result<u64, StoreError> {
        let _ = (incident, notices);
        unimplemented!()
    }
    /// Incidents, newest first, at most `limit`.
    pub async fn incidents(&self, monitor: Option<&MonitorId>, limit: u32) -> Result<Vec<Incident>, StoreError> {
        let _ = (monitor, limit);
        unimplemented!()
    }
    /// Puts a notice in the outbox. False if this subject and channel had one already.
    pub async fn enqueue_notice(&self, new: &NewNotice) -> Result<bool, StoreError> {
        let _ = new;
        unimplemented!()
    }
    /// Takes at most `limit` due notices until the lease ends, oldest first; each counts as one more attempt.
    pub async fn lease_notices(&self, owner: &str, lease_ms: i64, limit: u32) -> Result<Vec<LeasedNotice>, StoreError> {
        let _ = (owner, lease_ms, limit);
        unimplemented!()
    }
    /// Ends an attempt, with its receipts, in one transaction. False, and nothing written, if another worker has taken the notice over.
    pub async fn settle_notice(
        &self,
        lease: &LeasedNotice,
        settlement: &Settlement,
        receipts: &[Receipt],
    ) -> Result<bool, StoreError> {
        let _ = (lease, settlement, receipts);
        unimplemented!()
    }
    /// When the next notice is due.
    pub async fn next_notice(&self) -> Result<Option<Instant>, StoreError> {
        unimplemented!()
    }
    /// Notices, newest first, at most `limit`; with one status, or all.
    pub async fn notices(&self, status: Option<NoticeStatus>, limit: u32) -> Result<Vec<KeptNotice>, StoreError> {
        let _ = (status, limit);
        unimplemented!()
    }
}
