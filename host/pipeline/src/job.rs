//! Jobs: what a run of one leads to, and what can go wrong with it.

use isocial_model::Instant;
use isocial_store::StoreError;

use crate::{host::Host, tenant::PlugError};

/// When a job is due again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// At this instant.
    Due(Instant),
    /// Never.
    Done,
    /// The lease is another worker's now: nothing is to be said about it.
    Lost,
}

impl Next {
    /// So many seconds from now.
    pub(crate) fn at(host: &Host, seconds: u32) -> Self {
        Self::Due(host.clock.now().plus_ms(i64::from(seconds) * 1_000))
    }
}

/// Why a job could not be run. It is tried again later; what it had committed stays.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum JobError {
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The installation.
    #[error(transparent)]
    Plug(#[from] PlugError),
    /// A thread of the executor was lost.
    #[error(transparent)]
    Thread(#[from] isocial_sandbox::Lost),
    /// A plugin's call gave nothing that may be used.
    #[error(transparent)]
    Call(#[from] crate::CallError),
    /// The row names nothing that exists.
    #[error("the job's subject is none of ours: the row was changed from outside")]
    Subject,
    /// The lease was lost in the middle: another worker has the job.
    #[error("the lease was lost: another worker has this job")]
    Lost,
    /// An export's file.
    #[error("the export's file could not be {action}")]
    File {
        /// `created`, `written`, `closed`.
        action: &'static str,
        /// What the system said.
        source: std::io::Error,
    },
}
