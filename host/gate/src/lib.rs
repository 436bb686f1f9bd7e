//! The one door between the host and its plugins: pure code, no I/O (SECURITY model B1–B11).
//!
//! Lives here: contracts and ceilings, projection, redaction, pseudonyms, checks of what comes back, receipts, egress
//! decisions, presentation to people. Not here: running plugins (`sandbox`), opening connections (`egress`), keeping
//! anything (`store`), key bytes (they come in as handles).
//!
//! The sandbox takes only [`Passed`] values and returns only [`Untrusted`] ones. Both types are opaque outside this crate, so
//! a value that has not been projected cannot reach a guest, and an answer that has not been admitted cannot be used.

mod bounds;
mod canon;
pub mod ceiling;
pub mod channel;
pub mod conformance;
pub mod connector;
pub mod door;
pub mod egress;
pub mod explain;
pub mod export;
pub mod fold;
pub mod language;
mod measure;
mod neutral;
pub mod open;
pub mod passed;
pub mod policy;
pub mod present;
pub mod redact;
pub mod rejection;
pub mod residual;
pub mod rights;
mod route;

#[cfg(test)]
mod fixtures;
#[cfg(test)]
mod laws;

pub use ceiling::CeilingError;
pub use channel::{AdmittedChannel, ChannelContext, NoticeDraft};
pub use connector::{
    AdmittedChange, AdmittedConnector, AdmittedPage, AdmittedVerdict, ConnectorContext,
};
pub use door::{Door, DoorError, DoorSpec};
pub use egress::{
    Denial, EgressGrant, MailBinding, OperatorException, PermittedMail, PermittedOrigin,
    PermittedRequest, PermittedSubscription, SlotGrant, address_allowed, answer_headers_allowed,
    permit, permit_mail, permit_subscription,
};
pub use explain::{Explained, explain};
pub use export::{ExportRow, RowsContext, WriterStart};
pub use fold::Fold;
pub use language::{AdmittedAnalyses, DocumentsContext, PostTarget};
pub use open::{AbandonedLedger, OpenReceipt, Stopped, Ticket};
pub use passed::{Passed, Untrusted};
pub use policy::NetworkPolicy;
pub use present::{
    Audience, PresentedAnalysis, PresentedAuthor, PresentedMention, present_mention,
};
pub use redact::{Detail, DetailKind, OwnHandles, RedactError, Redacted, Redactor, redact};
pub use rejection::{ProjectError, Rejection};
pub use rights::{Effective, Layer, LayerName, RestrictionError, Restrictions, Taken};
pub use route::language_tag;
