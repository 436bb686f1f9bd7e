//! What is kept: one encrypted SQLite file an organisation and one for the deployment, behind repositories by noun.
//!
//! Lives here: files, migrations, repositories, the codec between rows and labelled values, the data inventory. Not here: key bytes
//! (`vault`), what may be shown to whom (`gate`), what is to be done when (`pipeline`).
//!
//! # The way in
//! [`Deployment::open`] → a scope → [`Deployment::org`] → [`OrgDb`]. A scope comes from an operator's session
//! ([`Deployment::enter_as_operator`]), from a leased job ([`JobLease::scope`]), from a registered monitor of a shared stream
//! ([`Deployment::scope_for_match`]), from the address of a source ([`Deployment::scope_for_address`]), or from the posting index
//! ([`Deployment::holders`]); nothing else makes one, and no function takes an organisation's id and gives rows.
//!
//! # Repositories
//! | where | what |
//! | --- | --- |
//! | [`organisations`] | make, list, destroy organisations |
//! | [`scope`] | operator tokens, scopes, monitors on shared streams |
//! | [`addresses`] | where networks deliver to a source |
//! | [`jobs`] | the due-index: schedule, lease, renew, complete |
//! | [`packages`] | packages by exact digest |
//! | [`streams`] | cursors of shared streams; who may hold a post or an author |
//! | [`runs`] | runs of the host and unclean stops |
//! | [`setup`] | workspaces, monitors, installations, credentials, accounts |
//! | [`collecting`] | places, [`OrgDb::commit_page`], tasks, rechecks, coverage, counters |
//! | [`mentions`] | pages of mentions, search candidates |
//! | [`counts`] | timelines, totals, recount, content digest |
//! | [`alerts`] | rules, incidents, the outbox of notices |
//! | [`exports`] | exports and the audit trail |
//! | [`ledger`] | receipts, chains, signed heads, verification |
//! | [`inventory`] | every column with its class, retention and what erases it |
//!
//! # Files
//! ```text
//! <data>/deployment.db                                   the deployment's own file
//! <data>/organisations/<region>/<org id>/store.db        one organisation's file
//! <data>/organisations/<region>/<org id>/exports/        files that it asked for
//! ```
//! All folders have mode 0700. Paths are made of constants and host-made ids only; links are refused.

mod codec;
mod commit;
mod digest;
mod file;
mod folder;
mod installed;
mod migrate;
mod opened;
mod outbox;
mod restrictions;
mod rules;
mod sql;
#[cfg(test)]
mod tests;

pub mod addresses;
pub mod alerts;
pub mod collecting;
pub mod counts;
pub mod deployment;
pub mod error;
pub mod exports;
pub mod inventory;
pub mod jobs;
pub mod ledger;
pub mod mentions;
pub mod org;
pub mod organisations;
pub mod packages;
pub mod page;
pub mod runs;
pub mod scope;
pub mod setup;
pub mod streams;

pub use collecting::{JobPlace, KnownPost, Recheck};
pub use deployment::{Deployment, StoreOptions};
pub use error::StoreError;
pub use jobs::{JobKind, JobLease, Lane};
pub use mentions::{Mention, MentionCursor, MentionFilter, MentionPage, MentionStatus};
pub use org::OrgDb;
pub use organisations::{NewOrganisation, Organisation, Region};
pub use page::{Fence, PageChange, PageCommit, PageOutcome, PostWrite};
pub use scope::{OperatorSession, OrgScope, StreamMonitor};
