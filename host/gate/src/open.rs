//! Open receipts: a call that has been projected owes a line, however it ends (SECURITY model B3, B4).
//!
//! Lives here: the draft of a line, closing it, and what happens when nobody does. Not here: keeping lines (`store`).

use std::{
    collections::BTreeMap,
    fmt,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use isocial_model::{
    Clock,
    receipt::{CallLine, Line, Receipt, Verdict},
};

/// Lines of receipts that were dropped open are kept up to this many until somebody takes them; the count goes on.
const ABANDONED_KEPT: usize = 1024;

/// Where receipts that nobody closed end up: counted for ever, kept as lines until they are taken.
pub struct AbandonedLedger {
    clock: Arc<dyn Clock>,
    count: AtomicU64,
    lines: Mutex<Vec<Receipt>>,
}

impl AbandonedLedger {
    /// An empty one, which dates its lines by this clock.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self {
            clock,
            count: AtomicU64::new(0),
            lines: Mutex::new(Vec::new()),
        }
    }
    /// How many receipts were ever dropped open.
    pub fn count(&self) -> u64 {
        self.count.load(Ordering::Relaxed)
    }
    /// Takes the lines out, to be written to the ledger (≤ 1,024; beyond that only the count tells).
    pub fn take(&self) -> Vec<Receipt> {
        std::mem::take(&mut *self.lines.lock().unwrap_or_else(PoisonError::into_inner))
    }
    fn put(&self, line: CallLine) {
        self.count.fetch_add(1, Ordering::Relaxed);
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        if lines.len() < ABANDONED_KEPT {
            lines.push(Receipt {
                at: self.clock.now(),
                line: Line::Call(line),
            });
        }
    }
}

impl fmt::Debug for AbandonedLedger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AbandonedLedger")
            .field("count", &self.count())
            .finish_non_exhaustive()
    }
}

/// A line that is being drawn up; dropping it open puts it into the ledger of abandoned ones.
struct Draft {
    line: Option<Box<CallLine>>,
    sink: Arc<AbandonedLedger>,
}

impl Drop for Draft {
    fn drop(&mut self) {
        if let Some(mut line) = self.line.take() {
            line.verdict = Verdict::Abandoned;
            self.sink.put(*line);
        }
    }
}

/// What a projected call owes: a line in the ledger, and what admission needs to know about what was given.
///
/// Only the gate makes and closes one; a dropped one is counted as abandoned.
/// ```compile_fail
/// let forged = isocial_gate::OpenReceipt { draft: (), context: () };
/// ```
#[must_use = "close it by admitting the answer, or by `Door::fail`; dropping it is counted as an abandoned call"]
pub struct OpenReceipt<C> {
    draft: Draft,
    context: C,
}

impl<C> OpenReceipt<C> {
    pub(crate) fn open(line: CallLine, context: C, sink: Arc<AbandonedLedger>) -> Self {
        Self {
            draft: Draft {
                line: Some(Box::new(line)),
                sink,
            },
            context,
        }
    }
    /// What admission will know about the call.
    pub fn context(&self) -> &C {
        &self.context
    }
    /// Takes the line and the context out: whoever calls this owes the receipt.
    pub(crate) fn close(mut self) -> (Closing, C) {
        let line = self.draft.line.take();
        let clock = Arc::clone(&self.draft.sink.clock);
        (
            Closing {
                line,
                clock,
                dropped: BTreeMap::new(),
            },
            self.context,
        )
    }
}

impl<C> fmt::Debug for OpenReceipt<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OpenReceipt(…)")
    }
}

/// A line between opening and its verdict.
pub(crate) struct Closing {
    line: Option<Box<CallLine>>,
    clock: Arc<dyn Clock>,
    dropped: BTreeMap<&'static str, u32>,
}

impl Closing {
    /// Counts something that admission has dropped or changed under a rule.
    pub(crate) fn note(&mut self, rule: &'static str) {
        self.note_many(rule, 1);
    }
    /// Counts `n` of them.
    pub(crate) fn note_many(&mut self, rule: &'static str, n: u32) {
        if n > 0 {
            let count = self.dropped.entry(rule).or_insert(0);
            *count = count.saturating_add(n);
        }
    }
    /// The function that was called.
    pub(crate) fn function(&self) -> &str {
        self.line.as_ref().map_or("", |line| &line.function)
    }
    /// What has been counted so far.
    pub(crate) fn dropped(&self) -> &BTreeMap<&'static str, u32> {
        &self.dropped
    }
    /// The receipt.
    pub(crate) fn receipt(self, verdict: Verdict, items_out: u32, bytes_out: u64) -> Receipt {
        let at = self.clock.now();
        let Some(mut line) = self.line else {
            // Unreachable: a line leaves its draft only into a `Closing`. Said in the ledger rather than hidden.
            return Receipt {
                at,
                line: Line::UncleanStop { noticed: at },
            };
        };
        line.verdict = verdict;
        line.items_out = items_out;
        line.bytes_out = bytes_out;
        for (rule, n) in self.dropped {
            line.dropped.insert(rule.into(), n);
        }
        Receipt {
            at,
            line: Line::Call(*line),
        }
    }
}

/// Why the sandbox stopped a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Stopped {
    /// The guest trapped.
    Trap,
    /// Over its time.
    Time,
    /// Over its memory.
    Memory,
    /// Over its stack.
    Stack,
    /// Its answer was too large to be lifted.
    Output,
    /// No instance was to be had.
    Pool,
}

impl Stopped {
    /// The word in receipts.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Trap => "trap",
            Self::Time => "time",
            Self::Memory => "memory",
            Self::Stack => "stack",
            Self::Output => "output",
            Self::Pool => "pool",
        }
    }
}
