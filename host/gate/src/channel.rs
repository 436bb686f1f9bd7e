//! Alert channels: a notice with only what is granted, and a message that goes nowhere but to its destination.
//!
//! Lives here: projection of notices and replies, admission of messages and verdicts. Not here: permission to reach a host (`egress`).

use std::borrow::Borrow;

use isocial_model::{
    Instant, Labeled,
    channel::{ChannelAnswer, ChannelCall, DeliveryVerdict, Email, Reply, Severity},
    connector::{Fault, Request},
    post::{Attribute, Post},
    receipt::Receipt,
};

use crate::{
    door::Door,
    open::OpenReceipt,
    passed::{Passed, Untrusted},
    rejection::{ProjectError, Rejection},
};

/// What happened, in full: the gate takes from it what is granted.
#[derive(Debug, Clone, PartialEq)]
pub struct NoticeDraft {
    /// The same for every attempt · ≤ 64 bytes.
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
    /// Start of the span.
    pub start: Instant,
    /// End of the span.
    pub end: Instant,
    /// Our own page about it: must be under the deployment's own address.
    pub link: String,
    /// ≤ 16, of nobody.
    pub attributes: Vec<Attribute>,
}

/// What admission knows about the call.
#[derive(Debug)]
pub struct ChannelContext {
    pub(crate) judging: bool,
    /// Text that was given, in which links may stand that the message may repeat.
    pub(crate) given: String,
}

/// An answer that may be used.
#[derive(Debug, Clone, PartialEq)]
pub enum AdmittedChannel {
    /// To be sent by HTTP. Still needs [`crate::permit`].
    Http(Request),
    /// To be sent by mail. Still needs [`crate::permit_mail`], which renders it.
    Email(Email),
    /// What the reply means.
    Verdict(DeliveryVerdict),
}

impl Door {
    /// Projects a notice for `compose`. `excerpts` are posts of which the first 280 characters are shown, redacted, if granted.
    pub fn project_notice<P: Borrow<Labeled<Post>>>(
        &self,
        draft: &NoticeDraft,
        excerpts: &[P],
        destination: &str,
    ) -> Result<(Passed<ChannelCall>, OpenReceipt<ChannelContext>), ProjectError> {
        let _ = (draft, excerpts, destination);
        todo!()
    }

    /// Projects the service's reply for `judge`; the notice goes without excerpts.
    pub fn project_reply(
        &self,
        draft: &NoticeDraft,
        destination: &str,
        reply: Reply,
    ) -> Result<(Passed<ChannelCall>, OpenReceipt<ChannelContext>), ProjectError> {
        let _ = (draft, destination, reply);
        todo!()
    }

    /// Admits a channel's answer: bounds, the destination's host only, no links but ours (HP-27, HP-43). Its own fault is a [`Rejection::Fault`].
    pub fn admit_channel(
        &self,
        answer: Untrusted<ChannelAnswer>,
        open: OpenReceipt<ChannelContext>,
    ) -> (Result<AdmittedChannel, Rejection>, Receipt) {
        let _ = (answer, open);
        let _: Option<Fault> = None;
        todo!()
    }
}
