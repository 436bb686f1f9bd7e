//! The threads that plugin calls run on: bounded, never the server's own, fair between organisations.

use std::{
    collections::{HashMap, VecDeque},
    future::Future,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread,
};

use tokio::sync::oneshot;

/// Stack of a thread: guest code runs on it, at most `stack_bytes` of it (512 KiB unless configured), and host code beside it.
const STACK_BYTES: usize = 10 * 1024 * 1024;

/// A piece of work that will never have a result: it panicked, or the executor was closed before it began.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the work was lost: it panicked, or the executor was closed before it began")]
pub struct Lost;

type Work = Box<dyn FnOnce() + Send>;

/// One queue an organisation, and whose turn it is.
#[derive(Default)]
struct Queues {
    /// Only organisations with waiting work.
    waiting: HashMap<u64, VecDeque<Work>>,
    /// The same organisations, in turn.
    turns: VecDeque<u64>,
    closed: bool,
}

impl Queues {
    fn push(&mut self, org: u64, work: Work) {
        let queue = self.waiting.entry(org).or_default();
        if queue.is_empty() {
            self.turns.push_back(org);
        }
        queue.push_back(work);
    }

    /// The next piece of work: the oldest one of the organisation whose turn it is.
    fn pop(&mut self) -> Option<Work> {
        let org = self.turns.pop_front()?;
        let queue = self.waiting.get_mut(&org)?;
        let work = queue.pop_front();
        if queue.is_empty() {
            self.waiting.remove(&org);
        } else {
            self.turns.push_back(org);
        }
        work
    }
}

#[derive(Default)]
struct Shared {
    queues: Mutex<Queues>,
    arrived: Condvar,
}

impl Shared {
    fn queues(&self) -> MutexGuard<'_, Queues> {
        self.queues.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Bounded threads for plugin calls. Work waits in one queue an organisation; the queues are served in turn, so that one organisation's
/// thousand calls delay another's single one by one call a thread and no more.
///
/// Dropping it lets running work end and loses what waits.
pub struct Executor {
    shared: Arc<Shared>,
    threads: usize,
}

impl std::fmt::Debug for Executor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Executor")
            .field("threads", &self.threads)
            .finish_non_exhaustive()
    }
}

impl Executor {
    /// Starts this many threads (at least 1).
    pub fn new(threads: usize) -> Result<Self, std::io::Error> {
        let executor = Self {
            shared: Arc::default(),
            threads: threads.max(1),
        };
        for n in 0..executor.threads {
            let shared = Arc::clone(&executor.shared);
            thread::Builder::new()
                .name(format!("sandbox-{n}"))
                .stack_size(STACK_BYTES)
                .spawn(move || serve(&shared))?;
        }
        Ok(executor)
    }

    /// Runs `work` on one of the threads, in the turn of its organisation. Dropping the future takes work that has not begun out of
    /// the queue; work that has begun ends by itself, within its plugin's limits.
    pub fn run<T, F>(
        &self,
        org: u64,
        work: F,
    ) -> impl Future<Output = Result<T, Lost>> + Send + 'static + use<T, F>
    where
        T: Send + 'static,
        F: FnOnce() -> T + Send + 'static,
    {
        let (done, result) = oneshot::channel();
        let work = move || {
            // Nobody is waiting any more.
            if done.is_closed() {
                return;
            }
            // A panic in our own code must not take the thread away from all organisations. `done` goes unsent: `Lost`.
            if let Ok(value) = catch_unwind(AssertUnwindSafe(work)) {
                let _ = done.send(value);
            }
        };
        self.shared.queues().push(org, Box::new(work));
        self.shared.arrived.notify_one();
        async move { result.await.map_err(|_| Lost) }
    }

    /// Pieces of work that wait.
    pub fn waiting(&self) -> usize {
        self.shared
            .queues()
            .waiting
            .values()
            .map(VecDeque::len)
            .sum()
    }
}

impl Drop for Executor {
    fn drop(&mut self) {
        let mut queues = self.shared.queues();
        queues.closed = true;
        queues.waiting.clear();
        queues.turns.clear();
        drop(queues);
        self.shared.arrived.notify_all();
    }
}

fn serve(shared: &Shared) {
    let mut queues = shared.queues();
    loop {
        match queues.pop() {
            Some(work) => {
                drop(queues);
                work();
                queues = shared.queues();
            }
            None if queues.closed => return,
            None => {
                queues = shared
                    .arrived
                    .wait(queues)
                    .unwrap_or_else(PoisonError::into_inner);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    /// Waits for a future without a runtime.
    fn block_on<F: Future>(future: F) -> F::Output {
        tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap()
            .block_on(future)
    }

    #[test]
    fn organisations_take_turns() {
        let executor = Executor::new(1).unwrap();
        let (order, seen) = mpsc::channel();
        let (go, gate) = mpsc::channel::<()>();
        // The only thread is held until everything waits.
        let held = executor.run(9, move || gate.recv().is_ok());
        let mut all = Vec::new();
        for (org, n) in [(1, 0), (1, 1), (1, 2), (2, 0), (3, 0), (2, 1)] {
            let order = order.clone();
            all.push(executor.run(org, move || order.send((org, n)).is_ok()));
        }
        go.send(()).unwrap();
        assert_eq!(block_on(held), Ok(true));
        for work in all {
            assert_eq!(block_on(work), Ok(true));
        }
        drop(order);
        let order: Vec<_> = seen.iter().collect();
        assert_eq!(order, [(1, 0), (2, 0), (3, 0), (1, 1), (2, 1), (1, 2)]);
    }

    #[test]
    fn a_panic_is_lost_work_and_nothing_else() {
        let executor = Executor::new(1).unwrap();
        assert_eq!(
            block_on(executor.run(1, || panic!("as a bug of the host would"))),
            Err::<(), _>(Lost)
        );
        assert_eq!(block_on(executor.run(1, || 7)), Ok(7));
    }

    #[test]
    fn work_that_nobody_waits_for_is_not_begun() {
        let executor = Executor::new(1).unwrap();
        let (go, gate) = mpsc::channel::<()>();
        let held = executor.run(1, move || gate.recv().is_ok());
        let (begun, was_begun) = mpsc::channel();
        drop(executor.run(1, move || begun.send(()).is_ok()));
        go.send(()).unwrap();
        assert_eq!(block_on(held), Ok(true));
        assert_eq!(block_on(executor.run(1, || ())), Ok(()));
        assert!(was_begun.recv().is_err());
    }

    #[test]
    fn closing_loses_what_waits() {
        let executor = Executor::new(1).unwrap();
        let (go, gate) = mpsc::channel::<()>();
        let held = executor.run(1, move || gate.recv().is_ok());
        let waits = executor.run(2, || ());
        while executor.waiting() > 1 {
            thread::yield_now();
        }
        drop(executor);
        go.send(()).unwrap();
        assert_eq!(block_on(held), Ok(true));
        assert_eq!(block_on(waits), Err(Lost));
    }
}
