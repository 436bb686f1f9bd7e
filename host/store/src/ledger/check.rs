//! Checking a ledger where it lies, with the keyed chain and the newest head that is known (B4).

use isocial_model::receipt::{Line, Receipt};
use isocial_vault::SignedHead;
use sqlx::{Row, SqliteConnection};

use super::{
    Chain, End, HEAD_EVERY, Link, Reconciled, STRIDE, Tally, checkpoint_end, read, receipt,
};
use crate::{StoreError, codec};

/// Whether every line that is there is as it was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Integrity {
    /// All lines are as written.
    Intact,
    /// The first line that is not: changed, or put in.
    Changed {
        /// Its number.
        seq: u64,
    },
    /// The first number that has no line.
    Missing {
        /// The number.
        seq: u64,
    },
}

/// Whether every line that was ever written is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Completeness {
    /// As far as the signed heads outside this ledger tell.
    Complete,
    /// The newest lines are gone: a signed head, or the ledger's own end mark, counts more.
    Cut {
        /// Number of the last line that is there.
        lines: u64,
        /// Number of the last line that there was.
        signed: u64,
    },
    /// The signed head names another line than the one that is there.
    Rebuilt {
        /// The number of that line.
        seq: u64,
    },
    /// No signed head vouches for a ledger that is long enough to have one.
    Unsigned,
}

/// What checking a ledger found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LedgerVerdict {
    /// Lines that are there.
    pub lines: u64,
    /// Whether they are as written.
    pub integrity: Integrity,
    /// Whether all are there.
    pub completeness: Completeness,
    /// Whether they add up to the sandbox's counter.
    pub reconciled: Reconciled,
    /// The newest signed head, kept outside the organisation's file.
    pub head: Option<SignedHead>,
}

/// What a ledger is checked with.
pub(super) struct Against<'a> {
    /// As its heads and checkpoints name it.
    pub(super) name: &'a str,
    /// The deployment's public key.
    pub(super) public: [u8; 32],
    /// The newest head that is known.
    pub(super) head: Option<SignedHead>,
    pub(super) keyed: Chain<'a>,
}

pub(super) async fn verify(
    conn: &mut SqliteConnection,
    against: Against<'_>,
) -> Result<LedgerVerdict, StoreError> {
    let mark = sqlx::query("select seq from ledger_end")
        .fetch_optional(&mut *conn)
        .await?
        .map(|r| r.try_get::<i64, _>("seq"))
        .transpose()?
        .map_or(0, |n| n as u64);
    let (mut at, mut lines) = (End::EMPTY, 0u64);
    let mut integrity = Integrity::Intact;
    let mut at_head = None;
    let mut tally = Tally::default();
    loop {
        let rows = read(conn, at.seq, STRIDE).await?;
        if rows.is_empty() {
            break;
        }
        for row in &rows {
            let seq = row.try_get::<i64, _>("seq")? as u64;
            let stored: Link = codec::bytes(row, "link")?;
            let found = receipt(row)?;
            let begins = match found.as_ref().map(|r| &r.line) {
                Some(Line::Checkpoint(checkpoint)) if lines == 0 => {
                    checkpoint_end(against.name, checkpoint, &against.public)
                        .filter(|end| end.seq == seq)
                }
                _ => None,
            };
            let next = begins.unwrap_or_else(|| {
                let line = found.as_ref().map(Receipt::canonical).unwrap_or_default();
                at.with(&line, against.keyed)
            });
            if integrity == Integrity::Intact {
                if next.seq != seq {
                    integrity = Integrity::Missing { seq: at.seq + 1 };
                } else if next.link != stored {
                    integrity = Integrity::Changed { seq };
                }
            }
            if let Some(receipt) = &found {
                tally.line(seq, receipt);
            }
            // What is behind a bad line is checked for itself: its own stored link is where the chain goes on.
            at = End {
                seq,
                link: stored,
                chain: next.chain,
            };
            if against.head.as_ref().is_some_and(|h| h.head.seq == seq) {
                at_head = Some(at);
            }
            lines += 1;
        }
    }
    let completeness = completeness(&against, at.seq, lines, mark, at_head);
    Ok(LedgerVerdict {
        lines,
        integrity,
        completeness,
        reconciled: tally.done(),
        head: against.head,
    })
}

fn completeness(
    against: &Against<'_>,
    last: u64,
    lines: u64,
    mark: u64,
    at_head: Option<End>,
) -> Completeness {
    let signed = against.head.as_ref().map_or(0, |h| h.head.seq).max(mark);
    match &against.head {
        _ if signed > last => Completeness::Cut {
            lines: last,
            signed,
        },
        // The open chain's end is the same wherever the keyed one's is, unless a line before was changed: that is told by integrity.
        Some(h) if at_head.is_some_and(|e| e.link != h.head.link) => {
            Completeness::Rebuilt { seq: h.head.seq }
        }
        None if lines >= HEAD_EVERY => Completeness::Unsigned,
        _ => Completeness::Complete,
    }
}
