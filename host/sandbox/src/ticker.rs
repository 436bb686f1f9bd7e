//! The epoch ticker: a thread that moves the engine's epoch four times a millisecond while guest code runs, and sleeps while none does.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
    thread::{self, Thread},
    time::{Duration, Instant},
};

use wasmtime::EngineWeak;

/// Slices of a guest's time in a millisecond. At the end of each the guest lets others go first, so that a call of another organisation
/// waits for a part of a millisecond where it would else wait for the system's own, much longer time slice (HP-09).
pub(crate) const SLICES_A_MS: u32 = 4;
/// One slice.
const SLICE: Duration = Duration::from_micros(1_000 / SLICES_A_MS as u64);
/// Slices without a running guest after which the thread sleeps: long enough that calls in a row do not pay for waking it.
const LINGER: u32 = 100 * SLICES_A_MS;

#[derive(Debug, Default)]
struct Shared {
    running: AtomicU32,
    asleep: AtomicBool,
    stop: AtomicBool,
}

/// The ticker's thread; dropping it ends the thread.
#[derive(Debug)]
pub(crate) struct Ticker {
    shared: Arc<Shared>,
    thread: Thread,
}

/// While this is held, the epoch moves.
#[derive(Debug)]
pub(crate) struct Running<'t>(&'t Ticker);

impl Ticker {
    /// Starts the thread.
    pub(crate) fn start(engine: EngineWeak) -> Result<Self, std::io::Error> {
        let shared = Arc::new(Shared::default());
        let its = Arc::clone(&shared);
        let handle = thread::Builder::new()
            .name("sandbox-ticker".into())
            .spawn(move || tick(&engine, &its))?;
        Ok(Self {
            shared,
            thread: handle.thread().clone(),
        })
    }

    /// Says that guest code is about to run.
    pub(crate) fn run(&self) -> Running<'_> {
        // The ticker says that it sleeps before it looks whether anything runs, and here it is the other way round: one of the two
        // sees the other.
        self.shared.running.fetch_add(1, Ordering::SeqCst);
        if self.shared.asleep.load(Ordering::SeqCst) {
            self.thread.unpark();
        }
        Running(self)
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.shared.running.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Drop for Ticker {
    fn drop(&mut self) {
        self.shared.stop.store(true, Ordering::SeqCst);
        self.thread.unpark();
    }
}

fn tick(engine: &EngineWeak, shared: &Shared) {
    let mut next = Instant::now();
    let mut idle = 0;
    while !shared.stop.load(Ordering::SeqCst) {
        let Some(alive) = engine.upgrade() else {
            return;
        };
        alive.increment_epoch();
        drop(alive);
        idle = if shared.running.load(Ordering::SeqCst) == 0 {
            idle + 1
        } else {
            0
        };
        if idle > LINGER {
            shared.asleep.store(true, Ordering::SeqCst);
            if shared.running.load(Ordering::SeqCst) == 0 && !shared.stop.load(Ordering::SeqCst) {
                thread::park();
            }
            shared.asleep.store(false, Ordering::SeqCst);
            idle = 0;
            next = Instant::now();
        }
        // Against the plan rather than after the work, so that slices do not grow by what the work and waking up take.
        next += SLICE;
        let now = Instant::now();
        match next.checked_duration_since(now) {
            Some(left) => thread::sleep(left),
            None => next = now,
        }
    }
}
