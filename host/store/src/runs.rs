//! Runs of the host: begun, and cleanly ended or not.

use isocial_model::Instant;

use crate::{Deployment, StoreError};

/// A run of the host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Run {
    /// Its number.
    pub number: u64,
    /// When it began.
    pub began: Instant,
}

impl Deployment {
    /// Begins a run. The second value names earlier runs that never ended: the host was killed or lost power, and ledgers get a line about it.
    pub async fn begin_run(&self) -> Result<(Run, Vec<Run>), StoreError> {
        unimplemented!()
    }
    /// Ends a run cleanly.
    pub async fn end_run(&self, run: Run) -> Result<(), StoreError> {
        let _ = run;
        unimplemented!()
    }
    /// Every organisation, to write into each one's own ledger that an earlier run never ended; only for such a run.
    pub async fn scopes_after_unclean(&self, earlier: &[Run]) -> Result<Vec<crate::OrgScope>, StoreError> {
        let _ = earlier;
        unimplemented!()
    }
}
