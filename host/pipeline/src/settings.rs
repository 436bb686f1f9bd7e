//! What an operator sets for the jobs; plain data. `server` fills it from the configuration.

use isocial_egress::SmtpConfig;
use isocial_gate::OperatorException;

use crate::{detect::SpikeRule, explain::Withheld};

/// 13 months of at most 31 days, less the days that some of them lack.
pub const RECEIPTS_KEPT_DAYS: u32 = 396;

/// How jobs run.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The deployment's own address with a closing slash: the only links that messages may carry.
    pub own_base: String,
    /// Seconds between two readings of a source where nothing else says so.
    pub interval_s: u32,
    /// Steps that one run of a job may take before it yields.
    pub steps: u32,
    /// Jobs at once; one organisation has at most half of them.
    pub workers: usize,
    /// Streams that are kept open at once; 0 = none.
    pub streams: usize,
    /// Milliseconds that a lease lasts.
    pub lease_ms: i64,
    /// Milliseconds after which a post is asked about, where that is sooner than its network's policy wants it.
    pub recheck_ms: Option<i64>,
    /// Deliveries that one address may take in a minute.
    pub deliveries_per_minute: u32,
    /// Deliveries in hand at once, over all addresses.
    pub deliveries_at_once: usize,
    /// What counts as a spike where a rule does not say so itself.
    pub spike: SpikeRule,
    /// Attempts before a notice becomes a dead letter.
    pub attempts: u32,
    /// First wait after a failed attempt · milliseconds; doubles each time up to an hour.
    pub backoff_ms: i64,
    /// Days that lines of ledgers are kept; 0 keeps them for ever (B4).
    pub receipts_kept_days: u32,
    /// What the operator withholds from every plugin.
    pub withheld: Withheld,
    /// The operator's exceptions from the egress rules.
    pub exceptions: Vec<OperatorException>,
    /// The mail server and the sender of every mail.
    pub smtp: Option<(SmtpConfig, String)>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            own_base: "http://127.0.0.1:7700/".into(),
            interval_s: 60,
            steps: 64,
            workers: 8,
            streams: 256,
            lease_ms: 30_000,
            recheck_ms: None,
            deliveries_per_minute: 600,
            deliveries_at_once: 32,
            spike: SpikeRule {
                minimum: 20,
                factor: 4.0,
                refractory_h: 24,
            },
            attempts: 8,
            backoff_ms: 5_000,
            receipts_kept_days: RECEIPTS_KEPT_DAYS,
            withheld: Withheld::default(),
            exceptions: Vec::new(),
            smtp: None,
        }
    }
}
