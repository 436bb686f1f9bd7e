//! Open receipts: a call that has been projected owes a line, however it ends (SECURITY model B3, B4).
//!
//! Lives here: the draft of a line, closing it, and what happens when nobody does. Not here: keeping lines (`store`).

use std::{
    collections::BTreeMap,
    fmt,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU8, AtomicU64, Ordering},
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

/// Nobody has asked for a ticket: whether the call began is not known here, and the line says that it did.
const UNTOLD: u8 = 0;
/// A ticket is out, and the call has not begun.
const WAITING: u8 = 1;
/// The call has begun: the sandbox counts it.
const BEGUN: u8 = 2;
/// The receipt is closed or dropped: the call must not begin any more.
const OVER: u8 = 3;

/// The right to begin a projected call, held by whoever carries its input to another thread.
///
/// A call that is given up while it waits for a thread never reaches the sandbox, and its line says so (`times` 0); one that has begun is
/// counted by the sandbox, and its line stands for it, whoever has stopped waiting. So the lines of a run add up to the sandbox's counter.
#[derive(Debug)]
#[must_use = "a call begins only if `begin` says so"]
pub struct Ticket(Arc<AtomicU8>);

impl Ticket {
    /// Begins the call. False if its receipt is closed or dropped already: then it must not be made.
    #[must_use]
    pub fn begin(self) -> bool {
        self.0
            .compare_exchange(WAITING, BEGUN, Ordering::AcqRel, Ordering::Acquire)
            .is_ok()
    }
}

/// A line that is being drawn up; dropping it open puts it into the ledger of abandoned ones.
struct Draft {
    line: Option<Box<CallLine>>,
    sink: Arc<AbandonedLedger>,
    state: Arc<AtomicU8>,
}

impl Draft {
    /// Ends the draft: the line, with the calls that it stands for.
    fn end(&mut self) -> Option<Box<CallLine>> {
        let mut line = self.line.take()?;
        line.times = u32::from(self.state.swap(OVER, Ordering::AcqRel) != WAITING);
        Some(line)
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        if let Some(mut line) = self.end() {
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
/// One receipt closes one call: it cannot be used twice.
/// ```compile_fail,E0382
/// # fn call(door: &isocial_gate::Door, open: isocial_gate::OpenReceipt<()>) {
/// let first = door.fail(isocial_gate::Stopped::Trap, open);
/// let second = door.fail(isocial_gate::Stopped::Trap, open);
/// # }
/// ```
/// Nor can it be copied.
/// ```compile_fail,E0599
/// # fn call(open: isocial_gate::OpenReceipt<()>) {
/// let copy = open.clone();
/// # }
/// ```
/// The same with one use compiles.
/// ```
/// # fn call(door: &isocial_gate::Door, open: isocial_gate::OpenReceipt<()>) {
/// let receipt = door.fail(isocial_gate::Stopped::Trap, open);
/// # }
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
                state: Arc::new(AtomicU8::new(UNTOLD)),
            },
            context,
        }
    }
    /// What admission will know about the call.
    pub fn context(&self) -> &C {
        &self.context
    }
    /// The right to begin the call, for another thread. Without one the line says that the call was made.
    pub fn ticket(&self) -> Ticket {
        self.draft.state.store(WAITING, Ordering::Release);
        Ticket(Arc::clone(&self.draft.state))
    }
    /// Takes the line and the context out: whoever calls this owes the receipt.
    pub(crate) fn close(mut self) -> (Closing, C) {
        let line = self.draft.end();
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
                line: Line::UncleanStop {
                    noticed: at,
                    run: None,
                    began: None,
                },
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

#[cfg(test)]
mod tests {
    use isocial_model::{Kind, Purpose, time::ManualClock};

    use super::*;
    use crate::fixtures::{NOW, package};

    fn opened() -> (OpenReceipt<()>, Arc<AbandonedLedger>) {
        let ledger = Arc::new(AbandonedLedger::new(Arc::new(ManualClock::new(NOW))));
        let line = CallLine {
            plugin: package("acme/any"),
            kind: Kind::LanguagePack,
            function: "analyze".into(),
            purposes: vec![Purpose::Export],
            contract: String::new(),
            fields: vec![],
            items: 1,
            bytes_in: 1,
            redacted: BTreeMap::new(),
            restricted_skipped: 0,
            items_out: 0,
            bytes_out: 0,
            dropped: BTreeMap::new(),
            commitment: String::new(),
            verdict: Verdict::Abandoned,
            times: 1,
        };
        (OpenReceipt::open(line, (), Arc::clone(&ledger)), ledger)
    }

    fn times(receipts: &[Receipt]) -> Vec<u32> {
        receipts.iter().map(Receipt::calls).collect()
    }

    #[test]
    fn tickets_tell_a_call_that_was_never_begun_from_one_that_was() {
        // Given up while it waited: it may not begin any more, and its line stands for no call.
        let (open, ledger) = opened();
        let ticket = open.ticket();
        drop(open);
        assert!(!ticket.begin());
        assert_eq!((times(&ledger.take()), ledger.count()), (vec![0], 1));
        // Given up while it ran: the sandbox has counted it, and so does its line.
        let (open, ledger) = opened();
        assert!(open.ticket().begin());
        drop(open);
        assert_eq!(times(&ledger.take()), [1]);
        // Closed in order.
        let (open, ledger) = opened();
        assert!(open.ticket().begin());
        let receipt = open.close().0.receipt(Verdict::Ok, 1, 1);
        assert_eq!((receipt.calls(), ledger.count()), (1, 0));
        // Closed without a ticket: the caller made the call where it stood.
        let (open, _ledger) = opened();
        assert_eq!(open.close().0.receipt(Verdict::Ok, 1, 1).calls(), 1);
    }

    #[test]
    fn a_race_between_beginning_and_giving_up_has_one_winner() {
        for _ in 0..2_000 {
            let (open, ledger) = opened();
            let ticket = open.ticket();
            let began = std::thread::scope(|scope| {
                let began = scope.spawn(move || ticket.begin());
                drop(open);
                began.join().unwrap()
            });
            assert_eq!(times(&ledger.take()), [u32::from(began)]);
        }
    }
}
