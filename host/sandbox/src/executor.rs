//! The threads that plugin calls run on: bounded, never the server's own, behind it in priority, fair between organisations and plugins.

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
/// How far behind the server's threads these stand (Linux: a thread's nice value). At 10 a busy server still leaves them a tenth.
#[cfg_attr(not(unix), expect(dead_code, reason = "only Unix has it"))]
pub(crate) const NICE: i32 = 10;

/// A piece of work that will never have a result: it panicked, or the executor was closed before it began.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the work was lost: it panicked, or the executor was closed before it began")]
pub struct Lost;

/// Whose turn a piece of work takes.
///
/// One organisation and one plugin version each run on at most half of the threads (HP-09, HT-14): whatever loops there, half of them
/// are there for others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Turn {
    /// The organisation.
    pub org: u64,
    /// The plugin's version; none for work of the host's own.
    pub plugin: Option<u64>,
}

impl From<u64> for Turn {
    /// Work of the host's own for this organisation.
    fn from(org: u64) -> Self {
        Self { org, plugin: None }
    }
}

type Work = Box<dyn FnOnce() + Send>;

/// What waits of one organisation: one queue a plugin, and which plugin is next.
#[derive(Default)]
struct Waiting {
    /// Only plugins with waiting work.
    queues: HashMap<Option<u64>, VecDeque<Work>>,
    /// The same plugins, in turn.
    turns: VecDeque<Option<u64>>,
}

impl Waiting {
    fn push(&mut self, plugin: Option<u64>, work: Work) {
        let queue = self.queues.entry(plugin).or_default();
        if queue.is_empty() {
            self.turns.push_back(plugin);
        }
        queue.push_back(work);
    }

    /// The oldest piece of work of the first plugin in turn that may run.
    fn pop(&mut self, may: impl Fn(Option<u64>) -> bool) -> Option<(Option<u64>, Work)> {
        let next = self.turns.iter().position(|plugin| may(*plugin))?;
        let plugin = self.turns.remove(next)?;
        let queue = self.queues.get_mut(&plugin)?;
        let work = queue.pop_front()?;
        if queue.is_empty() {
            self.queues.remove(&plugin);
        } else {
            self.turns.push_back(plugin);
        }
        Some((plugin, work))
    }
}

/// One queue an organisation, whose turn it is, and who runs.
struct Queues {
    /// Only organisations with waiting work.
    waiting: HashMap<u64, Waiting>,
    /// The same organisations, in turn.
    turns: VecDeque<u64>,
    /// Threads that each organisation holds, and each plugin version.
    orgs: HashMap<u64, usize>,
    plugins: HashMap<u64, usize>,
    /// Threads that one organisation, or one plugin version, may hold.
    share: usize,
    closed: bool,
}

impl Queues {
    fn push(&mut self, turn: Turn, work: Work) {
        let waiting = self.waiting.entry(turn.org).or_default();
        if waiting.turns.is_empty() {
            self.turns.push_back(turn.org);
        }
        waiting.push(turn.plugin, work);
    }

    /// The next piece of work: of the first organisation in turn that holds less than its share of threads, the first plugin in turn
    /// that does. It counts as running from here on.
    fn pop(&mut self) -> Option<(Turn, Work)> {
        let held = |by: &HashMap<u64, usize>, who: u64| by.get(&who).copied().unwrap_or(0);
        for _ in 0..self.turns.len() {
            let org = self.turns.pop_front()?;
            let Some(waiting) = self.waiting.get_mut(&org) else {
                continue;
            };
            let found = if held(&self.orgs, org) < self.share {
                waiting.pop(|plugin| plugin.is_none_or(|p| held(&self.plugins, p) < self.share))
            } else {
                None
            };
            if waiting.turns.is_empty() {
                self.waiting.remove(&org);
            } else {
                self.turns.push_back(org);
            }
            if let Some((plugin, work)) = found {
                *self.orgs.entry(org).or_insert(0) += 1;
                if let Some(plugin) = plugin {
                    *self.plugins.entry(plugin).or_insert(0) += 1;
                }
                return Some((Turn { org, plugin }, work));
            }
        }
        None
    }

    fn ended(&mut self, turn: Turn) {
        let less = |by: &mut HashMap<u64, usize>, who: u64| {
            if let Some(held) = by.get_mut(&who) {
                *held -= 1;
                if *held == 0 {
                    by.remove(&who);
                }
            }
        };
        less(&mut self.orgs, turn.org);
        if let Some(plugin) = turn.plugin {
            less(&mut self.plugins, plugin);
        }
    }

    fn len(&self) -> usize {
        let of = |waiting: &Waiting| waiting.queues.values().map(VecDeque::len).sum::<usize>();
        self.waiting.values().map(of).sum()
    }
}

struct Shared {
    queues: Mutex<Queues>,
    arrived: Condvar,
}

impl Shared {
    fn queues(&self) -> MutexGuard<'_, Queues> {
        self.queues.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Bounded threads for plugin calls, behind the server's own in priority. Work waits in one queue an organisation and plugin; the queues
/// are served in turn, so that one organisation's thousand calls delay another's single one by one call a thread and no more, and an
/// organisation whose plugins loop leaves half of the threads to others.
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
        let threads = threads.max(1);
        let queues = Queues {
            waiting: HashMap::new(),
            turns: VecDeque::new(),
            orgs: HashMap::new(),
            plugins: HashMap::new(),
            share: (threads / 2).max(1),
            closed: false,
        };
        let executor = Self {
            shared: Arc::new(Shared {
                queues: Mutex::new(queues),
                arrived: Condvar::new(),
            }),
            threads,
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

    /// Threads that one organisation, and one plugin version, may hold at once.
    pub fn share(&self) -> usize {
        self.shared.queues().share
    }

    /// Runs `work` on one of the threads, in its organisation's and its plugin's turn. Dropping the future takes work that has not begun out of
    /// the queue; work that has begun ends by itself, within its plugin's limits.
    pub fn run<T, F, W>(
        &self,
        turn: W,
        work: F,
    ) -> impl Future<Output = Result<T, Lost>> + Send + 'static + use<T, F, W>
    where
        W: Into<Turn> + 'static,
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
        self.shared.queues().push(turn.into(), Box::new(work));
        self.shared.arrived.notify_one();
        async move { result.await.map_err(|_| Lost) }
    }

    /// Pieces of work that wait.
    pub fn waiting(&self) -> usize {
        self.shared.queues().len()
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
    step_back();
    let mut queues = shared.queues();
    loop {
        match queues.pop() {
            Some((turn, work)) => {
                drop(queues);
                work();
                queues = shared.queues();
                queues.ended(turn);
                // What waited for this organisation's and for this plugin's share are two things at most: this thread takes one.
                if !queues.turns.is_empty() {
                    shared.arrived.notify_one();
                }
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

/// Puts this thread behind those of the server. Linux keeps the value by thread; elsewhere it would be the whole process's.
#[cfg(target_os = "linux")]
fn step_back() {
    if let Err(error) = rustix::process::nice(NICE) {
        tracing::warn!(error = %error, "plugin threads run at the server's own priority");
    }
}

#[cfg(not(target_os = "linux"))]
fn step_back() {}

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
        let held = executor.run(9_u64, move || gate.recv().is_ok());
        let mut all = Vec::new();
        for (org, n) in [(1_u64, 0), (1, 1), (1, 2), (2, 0), (3, 0), (2, 1)] {
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
            block_on(executor.run(1_u64, || panic!("as a bug of the host would"))),
            Err::<(), _>(Lost)
        );
        assert_eq!(block_on(executor.run(1_u64, || 7)), Ok(7));
    }

    #[test]
    fn work_that_nobody_waits_for_is_not_begun() {
        let executor = Executor::new(1).unwrap();
        let (go, gate) = mpsc::channel::<()>();
        let held = executor.run(1_u64, move || gate.recv().is_ok());
        let (begun, was_begun) = mpsc::channel();
        drop(executor.run(1_u64, move || begun.send(()).is_ok()));
        go.send(()).unwrap();
        assert_eq!(block_on(held), Ok(true));
        assert_eq!(block_on(executor.run(1_u64, || ())), Ok(()));
        assert!(was_begun.recv().is_err());
    }

    #[test]
    fn closing_loses_what_waits() {
        let executor = Executor::new(1).unwrap();
        let (go, gate) = mpsc::channel::<()>();
        let held = executor.run(1_u64, move || gate.recv().is_ok());
        let waits = executor.run(2_u64, || ());
        while executor.waiting() > 1 {
            thread::yield_now();
        }
        drop(executor);
        go.send(()).unwrap();
        assert_eq!(block_on(held), Ok(true));
        assert_eq!(block_on(waits), Err(Lost));
    }

    /// When a piece of work is done.
    type End = std::pin::Pin<Box<dyn Future<Output = Result<bool, Lost>> + Send>>;

    /// Work that holds its thread until it is let go, and says when it has begun.
    struct Held {
        begun: mpsc::Receiver<u32>,
        go: Vec<mpsc::Sender<()>>,
        ends: Vec<End>,
    }

    fn hold(executor: &Executor, turns: impl IntoIterator<Item = Turn>) -> Held {
        let (says, begun) = mpsc::channel();
        let mut held = Held {
            begun,
            go: Vec::new(),
            ends: Vec::new(),
        };
        for (n, turn) in (0..).zip(turns) {
            let (go, gate) = mpsc::channel::<()>();
            let says = says.clone();
            held.go.push(go);
            held.ends.push(Box::pin(
                executor.run(turn, move || says.send(n).is_ok() && gate.recv().is_ok()),
            ));
        }
        held
    }

    impl Held {
        fn let_go(self) {
            for go in self.go {
                // One that never began has nobody who hears it.
                let _ = go.send(());
            }
            for end in self.ends {
                assert_eq!(block_on(end), Ok(true));
            }
        }
    }

    #[test]
    fn ht_14_one_organisation_holds_half_of_the_threads_and_others_run() {
        let executor = Executor::new(4).unwrap();
        let spinners = hold(
            &executor,
            (0..8).map(|plugin| Turn {
                org: 1,
                plugin: Some(plugin),
            }),
        );
        // Two run. Everything of the others is done while they do, and none of the six that wait has begun.
        for _ in 0..2 {
            spinners.begun.recv().unwrap();
        }
        for n in 0..100_u64 {
            assert_eq!(block_on(executor.run(2 + n % 3, move || n)), Ok(n));
        }
        assert!(spinners.begun.try_recv().is_err());
        assert_eq!(executor.waiting(), 6);
        spinners.let_go();
        assert_eq!(executor.waiting(), 0);
    }

    #[test]
    fn ht_14_one_plugin_version_holds_half_of_the_threads_whoever_calls_it() {
        let executor = Executor::new(4).unwrap();
        let plugin = |org, plugin| Turn {
            org,
            plugin: Some(plugin),
        };
        let spinners = hold(&executor, (1..=6).map(|org| plugin(org, 7)));
        for _ in 0..2 {
            spinners.begun.recv().unwrap();
        }
        // The same organisations' calls of other plugins go on.
        for org in 1..=6 {
            assert_eq!(block_on(executor.run(plugin(org, 8), move || org)), Ok(org));
        }
        assert!(spinners.begun.try_recv().is_err());
        spinners.let_go();
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn plugin_threads_stand_behind_the_servers() {
        let own = || rustix::process::getpriority_process(None).unwrap();
        let executor = Executor::new(1).unwrap();
        let theirs = block_on(executor.run(1_u64, own)).unwrap();
        assert_eq!(theirs, (own() + NICE).min(19));
    }
}
