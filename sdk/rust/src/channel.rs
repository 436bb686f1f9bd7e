//! Alert channels: turn a notice into a message for one service, and judge the service's answer.

pub use crate::bindings::exports::isocial::plugin::alert_channel::{
    Block, Destination, Email, Message, Notice, Reply, Severity, SmtpReply, Verdict,
};
pub use crate::types::{
    Answer, Attribute, Failure, Fault, Header, Instant, Method, Request, Response,
};

/// Required of every alert channel.
pub trait AlertChannel {
    /// The message for a notice. The same notice may come again with a higher `attempt` and the same `idempotency_key`.
    fn compose(notice: &Notice, destination: &Destination) -> Result<Message, Fault>;
    /// What the reply to the message means.
    fn judge(notice: &Notice, destination: &Destination, reply: &Reply) -> Result<Verdict, Fault>;
}

impl Destination {
    /// The destination's configuration as a typed value.
    ///
    /// The host has checked it against the manifest's schema, so a fault here means that schema and type disagree.
    pub fn config<T: serde::de::DeserializeOwned>(&self) -> Result<T, Fault> {
        serde_json::from_str(&self.config).map_err(|error| Fault::bad_config("", error.to_string()))
    }
}

impl Severity {
    /// The word for it: `info`, `warning` or `critical`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Critical => "critical",
        }
    }
}
