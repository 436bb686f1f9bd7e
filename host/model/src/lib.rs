//! The domain's words: ids, posts, changes, labels, purposes, contracts, receipts, and the traits by which the world comes in.
//!
//! Lives here: plain types and what is always true of them. Not here: any I/O, any policy (`gate`), any storage (`store`).
//! Everything below this room may be named by every other room; this room names none.

pub mod channel;
pub mod connector;
pub mod contract;
pub mod export;
pub mod id;
pub mod key;
pub mod label;
pub mod language;
pub mod post;
pub mod purpose;
pub mod receipt;
pub mod secret;
pub mod time;

pub use contract::{Kind, PackageRef};
pub use id::{
    AccountId, IncidentId, InstallationId, JobId, MentionId, MonitorId, NoticeId, OrgId, RuleId,
    WorkspaceId,
};
pub use label::{Class, Label, Labeled, Opening};
pub use purpose::{Purpose, Task};
pub use secret::Secret;
pub use time::{Clock, Entropy, Instant};
