//! Connectors: what one is given, and what of its answer the host may use.
//!
//! Lives here: projection of calls, admission of answers. Not here: bounds of a post (`post`), permission to reach a host (`egress`).

use std::collections::BTreeMap;

use isocial_model::{
    Labeled,
    connector::{ComeBack, ConnectorAnswer, ConnectorCall, Fault, Request, Subscription, TaskItem, Window},
    post::{AuthorState, Engagement, Post, PostKey},
    receipt::Receipt,
};

use crate::{
    door::Door,
    open::OpenReceipt,
    passed::{Passed, Untrusted},
    rejection::{ProjectError, Rejection},
};

/// What admission knows about the call that it answers.
#[derive(Debug)]
pub struct ConnectorContext {
    pub(crate) function: &'static str,
    pub(crate) max_items: u32,
    pub(crate) max_requests: u32,
    pub(crate) refs: u32,
}

impl ConnectorContext {
    /// The exported function.
    pub fn function(&self) -> &'static str {
        self.function
    }
}

/// A change that may be applied.
#[derive(Debug, Clone)]
pub enum AdmittedChange {
    /// A public post of the connector's own network, within every bound.
    Upsert(Box<Labeled<Post>>),
    /// The network deleted it, or it may not be kept (age signal).
    Delete(PostKey),
    /// It is not public (at present): also what becomes of an upsert that is not public.
    Hide(PostKey),
    /// It is public again.
    Restore(PostKey),
    /// Something happened to all posts of an author.
    Author {
        /// The network.
        network: String,
        /// The author's native id.
        author: String,
        /// What happened.
        state: AuthorState,
    },
    /// Fields must no longer be held.
    Strip {
        /// Of which post.
        key: PostKey,
        /// Which fields, as named in WIT; only such as exist.
        fields: Vec<String>,
    },
    /// It has a new id.
    Replaced {
        /// The old name.
        old: PostKey,
        /// The new native id.
        new_id: String,
    },
    /// New counts.
    Engagement {
        /// Of which post.
        key: PostKey,
        /// The counts.
        counts: Engagement,
    },
}

/// A page that may be committed.
#[derive(Debug, Clone)]
pub struct AdmittedPage {
    /// In order.
    pub changes: Vec<AdmittedChange>,
    /// The next place; absent keeps the last one.
    pub cursor: Option<Vec<u8>>,
    /// Pieces of work that the page leaves.
    pub tasks: Vec<TaskItem>,
    /// New account state; absent keeps the last one.
    pub state: Option<Vec<u8>>,
    /// When to call again.
    pub next: ComeBack,
    /// What the page fully saw.
    pub seen: Option<Window>,
    /// Items that the connector could not read, by its own count.
    pub rejected: u32,
    /// Items that the gate dropped or changed: rule to count.
    pub dropped: BTreeMap<&'static str, u32>,
}

/// What became of a rechecked reference.
#[derive(Debug, Clone)]
pub enum AdmittedVerdict {
    /// Still there, unchanged.
    Alive,
    /// Deleted.
    Gone,
    /// Changed, and public.
    Changed(Box<Labeled<Post>>),
    /// There, but no longer such that it may be kept (not public, age signal): hide it; the rule says why.
    NotKept(&'static str),
    /// Could not be told: never treated as gone.
    Unknown,
}

/// An answer that may be used.
#[derive(Debug, Clone)]
pub enum AdmittedConnector {
    /// Results, to be committed.
    Page(AdmittedPage),
    /// More requests first. Each still needs [`crate::permit`].
    Again {
        /// 1–16, to be made in parallel.
        requests: Vec<Request>,
        /// To be handed back with the answers.
        scratch: Vec<u8>,
    },
    /// Requests of `check` and `ask`. Each still needs [`crate::permit`].
    Requests(Vec<Request>),
    /// One line of `checked`, or the body of `challenge`.
    Text(String),
    /// One a reference of `judge`.
    Verdicts(Vec<AdmittedVerdict>),
    /// Of `open`. Still needs [`crate::permit_subscription`].
    Subscription(Subscription),
    /// The connector's own typed fault, its texts neutralised and cut.
    Fault(Fault),
}

impl Door {
    /// Projects a call of a connector: bounds are checked, what the contract does not name is blanked.
    pub fn project_connector(
        &self,
        call: ConnectorCall,
    ) -> Result<(Passed<ConnectorCall>, OpenReceipt<ConnectorContext>), ProjectError> {
        let _ = call;
        todo!()
    }

    /// Admits a connector's answer: bad items are dropped and counted, a structurally bad answer is rejected whole.
    pub fn admit_connector(
        &self,
        answer: Untrusted<ConnectorAnswer>,
        open: OpenReceipt<ConnectorContext>,
    ) -> (Result<AdmittedConnector, Rejection>, Receipt) {
        let _ = (answer, open);
        todo!()
    }
}
