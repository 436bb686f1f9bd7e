//! The threads that plugin calls run on: bounded, never the server's own, fair between organisations.

use std::future::Future;

/// A piece of work that will never have a result: it panicked, or the executor was closed before it began.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the work was lost: it panicked, or the executor was closed before it began")]
pub struct Lost;

/// Bounded threads for plugin calls. Work waits in one queue an organisation; the queues are served in turn.
#[derive(Debug)]
pub struct Executor {}

impl Executor {
    /// Starts this many threads (≥ 1).
    pub fn new(threads: usize) -> Result<Self, std::io::Error> {
        let _ = threads;
        todo!()
    }
    /// Runs `work` on one of the threads, in the turn of its organisation. Dropping the future before it began takes it out of the queue.
    pub fn run<T, F>(&self, org: u64, work: F) -> impl Future<Output = Result<T, Lost>> + Send + 'static + use<T, F>
    where
        T: Send + 'static,
        F: FnOnce() -> T + Send + 'static,
    {
        let _ = (org, work);
        async { todo!() }
    }
}
