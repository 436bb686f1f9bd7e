//! Folding: what empty polls gave away is kept as one line with a count, not as thousands of equal ones (SECURITY model B4).
//!
//! Lives here: which lines fold, and how their numbers and commitments go together. Not here: which poll is empty and when a fold is
//! written (`pipeline`).

use isocial_model::{
    Instant,
    key::OrgKeys,
    receipt::{CallLine, EgressLine, Line, Receipt, Verdict},
};

/// Receipts of empty polls of one source that are not written yet.
#[derive(Debug, Default)]
pub struct Fold {
    since: Option<Instant>,
    lines: Vec<Receipt>,
}

impl Fold {
    /// Takes the receipts of one more poll. Equal calls become one line: their times, items and bytes add up, and the commitment is one to
    /// the earlier commitment and the new one, so that every payload stays bound.
    ///
    /// Only calls that ended well, without anything redacted or dropped, and exchanges fold; anything else is kept as it is. Nothing is ever dropped.
    pub fn add(&mut self, receipts: Vec<Receipt>, keys: &dyn OrgKeys) {
        for receipt in receipts {
            self.since = Some(self.since.map_or(receipt.at, |since| since.min(receipt.at)));
            let same = self
                .lines
                .iter_mut()
                .find(|known| foldable(&known.line, &receipt.line));
            match (same, receipt) {
                (Some(known), receipt) => {
                    known.at = known.at.max(receipt.at);
                    join(&mut known.line, receipt.line, keys);
                }
                (None, receipt) => self.lines.push(receipt),
            }
        }
    }
    /// When the oldest of them was closed; `None` if there are none.
    pub fn since(&self) -> Option<Instant> {
        self.since
    }
    /// The lines, to be written; the fold is empty after that.
    pub fn take(&mut self) -> Vec<Receipt> {
        self.since = None;
        std::mem::take(&mut self.lines)
    }
}

/// Whether the two lines say the same of two occasions.
fn foldable(a: &Line, b: &Line) -> bool {
    match (a, b) {
        (Line::Call(a), Line::Call(b)) => {
            a.verdict == Verdict::Ok
                && b.verdict == Verdict::Ok
                && a.plugin == b.plugin
                && a.kind == b.kind
                && a.function == b.function
                && a.purposes == b.purposes
                && a.contract == b.contract
                && a.fields == b.fields
                && [a, b].iter().all(|call| {
                    call.redacted.is_empty()
                        && call.dropped.is_empty()
                        && call.restricted_skipped == 0
                })
        }
        (Line::Egress(a), Line::Egress(b)) => {
            a.plugin == b.plugin
                && a.method == b.method
                && a.host == b.host
                && a.credential == b.credential
                && a.result == b.result
        }
        _ => false,
    }
}

fn join(known: &mut Line, new: Line, keys: &dyn OrgKeys) {
    match (known, new) {
        (Line::Call(known), Line::Call(new)) => {
            let CallLine {
                items,
                bytes_in,
                items_out,
                bytes_out,
                commitment,
                times,
                ..
            } = new;
            known.items = known.items.saturating_add(items);
            known.bytes_in = known.bytes_in.saturating_add(bytes_in);
            known.items_out = known.items_out.saturating_add(items_out);
            known.bytes_out = known.bytes_out.saturating_add(bytes_out);
            known.times = known.times.saturating_add(times);
            let both = [known.commitment.as_bytes(), commitment.as_bytes()].concat();
            known.commitment = hex::encode(keys.commit(&both));
        }
        (Line::Egress(known), Line::Egress(new)) => {
            let EgressLine {
                bytes_out,
                bytes_in,
                times,
                ..
            } = new;
            known.bytes_out = known.bytes_out.saturating_add(bytes_out);
            known.bytes_in = known.bytes_in.saturating_add(bytes_in);
            known.times = known.times.saturating_add(times);
        }
        // Only pairs that `foldable` has found come here.
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::{NOW, TestKeys, package};

    fn call(function: &str, verdict: Verdict, commitment: &str) -> Receipt {
        let line = CallLine {
            plugin: package("acme/feed"),
            kind: isocial_model::Kind::Connector,
            function: function.into(),
            purposes: vec![isocial_model::Purpose::Collection],
            contract: "0123456789abcdef".into(),
            fields: vec!["job.now".into()],
            items: 1,
            bytes_in: 10,
            redacted: std::collections::BTreeMap::new(),
            restricted_skipped: 0,
            items_out: 0,
            bytes_out: 20,
            dropped: std::collections::BTreeMap::new(),
            commitment: commitment.into(),
            verdict,
            times: 1,
        };
        Receipt {
            at: NOW,
            line: Line::Call(line),
        }
    }

    fn egress(result: &str) -> Receipt {
        Receipt {
            at: NOW.plus_ms(1),
            line: Line::Egress(EgressLine {
                plugin: package("acme/feed"),
                method: "GET".into(),
                host: "feed.example:443".into(),
                credential: None,
                bytes_out: 5,
                bytes_in: 7,
                result: result.into(),
                times: 1,
            }),
        }
    }

    #[test]
    fn equal_polls_become_one_line_each_and_every_payload_stays_bound() {
        let poll = |commitment: &str, result: &str| {
            vec![
                call("next", Verdict::Ok, commitment),
                egress(result),
                call("respond", Verdict::Ok, "aa"),
            ]
        };
        let mut fold = Fold::default();
        let mut other = Fold::default();
        for n in 0..1_000 {
            fold.add(poll("aa", "304"), &TestKeys);
            let changed = if n == 500 { "ab" } else { "aa" };
            other.add(poll(changed, "304"), &TestKeys);
        }
        assert_eq!(fold.since(), Some(NOW));
        let lines = fold.take();
        assert_eq!(lines.len(), 3);
        assert_eq!(lines.iter().map(Receipt::calls).sum::<u32>(), 2_000);
        let (Line::Call(next), Line::Egress(get)) = (&lines[0].line, &lines[1].line) else {
            panic!("in the order in which they came first")
        };
        assert_eq!(
            (next.items, next.bytes_in, next.times),
            (1_000, 10_000, 1_000)
        );
        assert_eq!((get.bytes_in, get.times), (7_000, 1_000));
        // One other payload among a thousand is another commitment.
        let Line::Call(changed) = &other.take()[0].line else {
            panic!("a call")
        };
        assert_ne!(changed.commitment, next.commitment);
        assert!(fold.take().is_empty() && fold.since().is_none());
    }

    #[test]
    fn what_differs_in_anything_that_a_reader_would_want_to_know_stays_apart() {
        let mut fold = Fold::default();
        let calls = [
            call("next", Verdict::Ok, "aa"),
            call("next", Verdict::Fault("gone".into()), "aa"),
            call("next", Verdict::Fault("gone".into()), "aa"),
            call("respond", Verdict::Ok, "aa"),
        ];
        fold.add(calls.into(), &TestKeys);
        fold.add(vec![egress("304"), egress("200")], &TestKeys);
        assert_eq!(fold.take().len(), 6);
    }
}
