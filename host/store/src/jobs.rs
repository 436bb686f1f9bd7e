//! The due-index: which organisation has work when. Its rows are hints; the organisation's own store is the truth.

use isocial_model::{Instant, JobId, OrgId};

use crate::{Deployment, StoreError, scope::OrgScope};

/// What sort of work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum JobKind {
    /// Read an account; subject: the account's id.
    Collect,
    /// Ask a network whether posts still exist; subject: the account's id.
    Recheck,
    /// Look at a monitor's counts; subject: the monitor's id.
    Detect,
    /// Deliver notices; subject: empty.
    Notify,
    /// Write a file; subject: the export's id.
    Export,
    /// Remove what is past its time; subject: empty.
    Retain,
}

impl JobKind {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Collect, Self::Recheck, Self::Detect, Self::Notify, Self::Export, Self::Retain];
    /// The name in rows and logs.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Collect => "collect",
            Self::Recheck => "recheck",
            Self::Detect => "detect",
            Self::Notify => "notify",
            Self::Export => "export",
            Self::Retain => "retain",
        }
    }
}

/// A job that this worker holds until the lease ends.
#[derive(Debug, Clone)]
pub struct JobLease {
    pub(crate) job: JobId,
    pub(crate) org: OrgId,
    pub(crate) kind: JobKind,
    pub(crate) subject: String,
    pub(crate) epoch: u64,
    pub(crate) until: Instant,
}

impl JobLease {
    /// The job.
    pub fn job(&self) -> &JobId {
        &self.job
    }
    /// What sort of work.
    pub fn kind(&self) -> JobKind {
        self.kind
    }
    /// What it is about; see [`JobKind`].
    pub fn subject(&self) -> &str {
        &self.subject
    }
    /// Which lease of this job this is: the fence's first half.
    pub fn epoch(&self) -> u64 {
        self.epoch
    }
    /// When it ends.
    pub fn until(&self) -> Instant {
        self.until
    }
    /// The organisation that this job, and only this job's row, lets its worker enter.
    pub fn scope(&self) -> OrgScope {
        OrgScope::proven(self.org.clone())
    }
}

impl Deployment {
    /// Makes a job of this organisation, or finds the one of the same kind and subject and makes it due no later than `due`.
    pub async fn schedule(
        &self,
        scope: &OrgScope,
        kind: JobKind,
        subject: &str,
        due: Instant,
    ) -> Result<JobId, StoreError> {
        let _ = (scope, kind, subject, due);
        unimplemented!()
    }
    /// Removes a job of this organisation.
    pub async fn unschedule(&self, scope: &OrgScope, job: &JobId) -> Result<(), StoreError> {
        let _ = (scope, job);
        unimplemented!()
    }
    /// Jobs of this organisation with when they are due.
    pub async fn jobs(&self, scope: &OrgScope) -> Result<Vec<(JobId, JobKind, String, Instant)>, StoreError> {
        let _ = scope;
        unimplemented!()
    }
    /// Takes at most `limit` due jobs for `owner` until the lease ends, longest due first. Each lease has a higher epoch than the last.
    pub async fn lease_due(&self, owner: &str, lease_ms: i64, limit: u32) -> Result<Vec<JobLease>, StoreError> {
        let _ = (owner, lease_ms, limit);
        unimplemented!()
    }
    /// Prolongs a lease. False if it is no longer this worker's.
    pub async fn renew(&self, lease: &mut JobLease, lease_ms: i64) -> Result<bool, StoreError> {
        let _ = (lease, lease_ms);
        unimplemented!()
    }
    /// Ends a lease; `next` is when the job is due again, absent = done for good. False if the lease is no longer this worker's.
    pub async fn complete(&self, lease: &JobLease, next: Option<Instant>) -> Result<bool, StoreError> {
        let _ = (lease, next);
        unimplemented!()
    }
    /// When the next job is due, leased ones at the end of their lease.
    pub async fn next_due(&self) -> Result<Option<Instant>, StoreError> {
        unimplemented!()
    }
}
