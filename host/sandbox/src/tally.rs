//! The sandbox's own counter of calls by whoever they are made for: the other side of the ledger's books (SECURITY model B4).

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

/// Counts the calls of all plugins that were made with it ([`crate::Plugin::with_tally`]). Cheap to clone; clones share the counter.
#[derive(Debug, Clone, Default)]
pub struct Tally(Arc<AtomicU64>);

impl Tally {
    /// Calls so far: one for each `Passed` value taken, however it ended.
    pub fn calls(&self) -> u64 {
        self.0.load(Ordering::Acquire)
    }
    pub(crate) fn count(&self) {
        self.0.fetch_add(1, Ordering::AcqRel);
    }
}
