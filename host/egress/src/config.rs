//! How an operator sets the outward door: limits, roots of trust and the exceptions that `doctor` shows.
//!
//! Lives here: plain settings and their defaults. Not here: which host a plugin may reach (`gate`).

use std::{net::IpAddr, path::PathBuf, time::Duration};

use isocial_model::{Instant, Secret};

/// A host that is still spoken to with TLS 1.2, until a date.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tls12Exception {
    /// The exact host name, lower-case.
    pub host: String,
    /// From this instant on TLS 1.3 is asked of it as of everybody else.
    pub until: Instant,
}

/// The limits of one exchange.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Until a connection stands, TLS included.
    pub connect: Duration,
    /// Between two reads.
    pub read: Duration,
    /// For a whole exchange, from look-up to last byte.
    pub total: Duration,
    /// Bytes of a body after decompression.
    pub body_bytes: usize,
    /// How many times its compressed size a body may be, once it is over 1 MiB. Text from real networks stays under 30.
    pub inflation: u64,
    /// Bytes of one frame of a stream.
    pub frame_bytes: usize,
    /// Bytes of frames that wait for a slow reader; beyond it the network is not read.
    pub queue_bytes: usize,
    /// After so long without a byte a stream counts as dead. Networks send a heartbeat every 15 to 30 s.
    pub stream_idle: Duration,
    /// For a whole mail.
    pub mail: Duration,
    /// Pairs of account and host whose rate limits are remembered.
    pub budget_entries: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            read: Duration::from_secs(20),
            total: Duration::from_mins(1),
            body_bytes: 8 << 20,
            inflation: 200,
            frame_bytes: 1 << 20,
            queue_bytes: 8 << 20,
            stream_idle: Duration::from_secs(90),
            mail: Duration::from_mins(1),
            budget_entries: 50_000,
        }
    }
}

/// Everything that the door is built from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EgressConfig {
    /// PEM files of certificate authorities beside the public ones.
    pub extra_roots: Vec<PathBuf>,
    /// Hosts that are still spoken to with TLS 1.2.
    pub tls12: Vec<Tls12Exception>,
    /// How we name ourselves to networks.
    pub user_agent: String,
    /// Limits.
    pub limits: Limits,
}

impl Default for EgressConfig {
    fn default() -> Self {
        Self {
            extra_roots: Vec::new(),
            tls12: Vec::new(),
            user_agent: concat!("isocial/", env!("CARGO_PKG_VERSION")).into(),
            limits: Limits::default(),
        }
    }
}

/// How mail is handed to its relay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SmtpTls {
    /// TLS from the first byte (port 465).
    Implicit,
    /// Begun in clear, then `STARTTLS`; a server that does not offer it gets nothing.
    StartTls,
    /// In clear, by the operator's explicit exception. A password is never sent over it.
    None,
}

/// The operator's relay.
#[derive(Debug, Clone)]
pub struct SmtpConfig {
    /// Its name, also the one that its certificate must be for.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the connection is protected.
    pub tls: SmtpTls,
    /// Whether TLS 1.2 is accepted: an exception of the operator, for relays that know no better.
    pub tls12: bool,
    /// User name, if the relay asks for one.
    pub user: Option<String>,
    /// Its password.
    pub password: Option<Secret>,
    /// Addresses that may be connected to although they are not public: relays usually stand inside the company.
    pub addresses: Vec<IpAddr>,
    /// How we name ourselves in `EHLO`: a host name.
    pub hello: String,
}
