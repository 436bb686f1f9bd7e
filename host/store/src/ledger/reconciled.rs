//! Whether a ledger's call lines add up to what the sandbox itself counted, reading by reading (B4).

use isocial_model::receipt::{Counted, Line, Receipt};

/// Whether the call lines add up to what the sandbox counted, reading by reading.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reconciled {
    /// Readings of the sandbox's counter that the lines add up to.
    pub exact: u64,
    /// Readings that they do not add up to: the reading's line, calls that it counted, calls that the lines stand for.
    pub off: Vec<(u64, u64, u64)>,
    /// Readings that begin before the oldest line that is kept.
    pub unchecked: u64,
    /// Unclean stops: what was in hand then may lack a line.
    pub unclean: u64,
    /// Calls since the last reading: of the run that is going on, or of one that did not end cleanly.
    pub open_calls: u64,
    /// Calls that all kept lines stand for, with those behind a checkpoint.
    pub calls: u64,
}

impl Reconciled {
    /// Whether every reading that can be checked holds.
    pub fn holds(&self) -> bool {
        self.off.is_empty()
    }
}

/// Adds up calls between readings of the sandbox's counter; lines come in order.
#[derive(Debug, Default)]
pub(super) struct Tally {
    found: Reconciled,
    /// Number of the oldest line that is kept as it was, and the calls of each reading's span so far.
    oldest: u64,
    since: u64,
    /// From which line `since` counts, and the first line there that stands for a call.
    from: u64,
    first_call: Option<u64>,
}

impl Tally {
    pub(super) fn line(&mut self, seq: u64, receipt: &Receipt) {
        if self.oldest == 0 {
            (self.oldest, self.from) = (seq, seq);
        }
        self.found.calls += u64::from(receipt.calls());
        self.since += u64::from(receipt.calls());
        if receipt.calls() > 0 {
            self.first_call.get_or_insert(seq);
        }
        match &receipt.line {
            Line::Counted(counted) => self.counted(seq, counted),
            Line::Checkpoint(checkpoint) => {
                self.found.calls += checkpoint.calls;
                self.oldest = seq + 1;
                self.again(seq + 1);
            }
            // Calls before it can never be reconciled: the counter went with the process. It is the first line of the next run.
            Line::UncleanStop { .. } => {
                self.found.unclean += 1;
                self.again(seq);
            }
            _ => {}
        }
    }

    fn counted(&mut self, seq: u64, counted: &Counted) {
        if counted.first < self.oldest {
            self.found.unchecked += 1;
        } else if (self.from..=self.first_call.unwrap_or(seq)).contains(&counted.first)
            && counted.calls == self.since
        {
            self.found.exact += 1;
        } else {
            self.found.off.push((seq, counted.calls, self.since));
        }
        self.again(seq + 1);
    }

    fn again(&mut self, from: u64) {
        (self.from, self.since, self.first_call) = (from, 0, None);
    }

    pub(super) fn done(mut self) -> Reconciled {
        self.found.open_calls = self.since;
        self.found
    }
}
