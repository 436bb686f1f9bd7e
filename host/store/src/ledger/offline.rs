//! Checking a downloaded ledger anywhere: without the data folder, without the server, without any secret.
//!
//! # What there is to check
//! A file (see `text`) holds the lines, for each the digest of the *open chain* — `SHA-256(previous digest ‖ number as 8 bytes, little
//! endian ‖ line)`, from 32 zero bytes or from a signed checkpoint — and an Ed25519-signed *head* with number and digest of the last line.
//! Digests alone prove nothing: whoever changes a line can compute them anew. The signature does.
//!
//! # What each verdict proves
//! * **Integrity**: the lines up to the newest head are, byte for byte and in this order, those that the holder of the key vouched for at the
//!   head's time. A changed, missing or inserted line is named; where somebody has computed all digests anew, the span between the last
//!   head that still fits and the first that does not.
//! * **Completeness**: nothing behind the last line of the file existed at the time of the newest head that is known. With only the file's
//!   own head that is the time of the download; somebody who cuts lines off and puts an older genuine head there shows an older state,
//!   and says so by its time. Heads from a second place ([`Trust::heads`]) take that way away (HT-28).
//! * **Reconciled**: between two readings of the sandbox's own call counter, the lines stand for exactly as many calls as it took.
//!
//! # What they do not prove
//! That the key is the deployment's: pin it ([`Trust::key`]). That an operator who holds the key and signs two histories shows everybody
//! the same one: keep the heads of earlier downloads and hand them in. That the host writes a line for each call at all: that follows
//! from the gate's types (`gate/AUDIT.md`), which need the program to be the published one. The keyed chain and the commitments to
//! payloads can be checked on the host only; they guard the lines after the newest head, which no signature covers yet.

use std::io::BufRead;

use isocial_model::{
    Instant,
    receipt::{Line, Receipt},
};
use isocial_vault::{SignedHead, open_digest};

use super::{
    Link, Reconciled, Tally,
    text::{Entry, FORM, HeadLine, Opening, array},
};

/// What is known beside the file.
#[derive(Debug, Clone, Default)]
pub struct Trust {
    /// The deployment's public key, from elsewhere than the file; absent takes the file's word for it.
    pub key: Option<[u8; 32]>,
    /// Heads from a second place or from earlier downloads; those of other ledgers are passed over.
    pub heads: Vec<HeadLine>,
}

/// A file that is no ledger.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OfflineError {
    /// It cannot be read.
    #[error("the file cannot be read")]
    Read(#[from] std::io::Error),
    /// It begins otherwise.
    #[error(
        "this is no downloaded ledger: expected a first line with `isocial-ledger`, as `isocial receipts download` writes it"
    )]
    NoLedger,
    /// It was written by a newer program.
    #[error("the file has form {0}, this program reads form {FORM}: use the newer program")]
    Form(u32),
}

/// Whether every line that is there is as it was signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Integrity {
    /// All are.
    Intact,
    /// This line is not the one that was written.
    Changed {
        /// Its number.
        seq: u64,
    },
    /// This number has no line.
    Missing {
        /// The number.
        seq: u64,
    },
    /// This line was put in: its number was there already, or no head covers it.
    Inserted {
        /// Its number.
        seq: u64,
    },
    /// Lines were changed and all digests computed anew: a signed head disagrees.
    Rewritten {
        /// The last line that a head still fits; 0 if there is none.
        after: u64,
        /// The head that does not fit.
        until: u64,
    },
}

/// Whether the newest lines are there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Completeness {
    /// All that existed at this time.
    Complete {
        /// When the newest known head was signed.
        as_of: Instant,
    },
    /// The newest are gone.
    Cut {
        /// The last line that is there.
        last: u64,
        /// The last line that was signed.
        signed: u64,
    },
    /// No head with a signature that holds: nothing vouches for the end.
    Unsigned,
}

/// What checking a file found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offline {
    /// Whose ledger it says it is.
    pub ledger: String,
    /// The key that signatures were checked with.
    pub key: [u8; 32],
    /// Whether that key came from elsewhere than the file.
    pub pinned: bool,
    /// Lines in it.
    pub lines: u64,
    /// Number of the first line, a checkpoint counted.
    pub first: u64,
    /// Whether lines before it were removed when their time was over, and a checkpoint stands for them.
    pub checkpoint: bool,
    /// Heads whose signature holds and that were compared.
    pub heads: u64,
    /// Whether the lines are as they were signed.
    pub integrity: Integrity,
    /// Whether the newest are there.
    pub completeness: Completeness,
    /// Whether they add up to the sandbox's counter.
    pub reconciled: Reconciled,
}

impl Offline {
    /// Whether everything that can be checked holds.
    pub fn good(&self) -> bool {
        self.integrity == Integrity::Intact
            && matches!(self.completeness, Completeness::Complete { .. })
            && self.reconciled.holds()
    }
}

/// The lines so far.
#[derive(Default)]
struct Lines {
    first: u64,
    last: u64,
    /// One a line, from `first` on.
    digests: Vec<Link>,
    bad: Option<Integrity>,
    checkpoint: bool,
    tally: Tally,
}

impl Lines {
    fn spoil(&mut self, bad: Integrity) {
        self.bad.get_or_insert(bad);
    }

    fn entry(&mut self, ledger: &str, key: &[u8; 32], entry: &Entry<'_>) {
        let line = entry.line.get();
        let receipt: Option<Receipt> = serde_json::from_str(line).ok();
        let begins = match receipt.as_ref().map(|r| &r.line) {
            Some(Line::Checkpoint(checkpoint)) if self.digests.is_empty() => {
                super::checkpoint_end(ledger, checkpoint, key).filter(|end| end.seq == entry.seq)
            }
            _ => None,
        };
        let previous = self.digests.last().copied().unwrap_or_default();
        let digest = match &begins {
            Some(end) => end.chain,
            None => open_digest(&previous, entry.seq, line.as_bytes()),
        };
        if begins.is_some() {
            self.checkpoint = true;
        } else if entry.seq <= self.last {
            self.spoil(Integrity::Inserted { seq: entry.seq });
        } else if entry.seq != self.last + 1 {
            self.spoil(Integrity::Missing { seq: self.last + 1 });
        }
        if array(&entry.chain) != Some(digest) {
            self.spoil(Integrity::Changed { seq: entry.seq });
        }
        if self.digests.is_empty() {
            self.first = entry.seq;
        }
        self.last = self.last.max(entry.seq);
        self.digests.push(digest);
        if let Some(receipt) = &receipt {
            self.tally.line(entry.seq, receipt);
        }
    }

    /// Compares a head that lies within the lines; whether it fits.
    fn fits(&self, head: &SignedHead) -> Option<bool> {
        let index = usize::try_from(head.head.seq.checked_sub(self.first)?).ok()?;
        self.digests
            .get(index)
            .map(|digest| *digest == head.head.chain)
    }
}

/// Checks a downloaded ledger. Reads it once, front to back; 32 bytes a line are held.
pub fn verify(file: impl BufRead, trust: &Trust) -> Result<Offline, OfflineError> {
    let mut text = file.lines();
    let opening: Opening = text
        .next()
        .transpose()?
        .and_then(|line| serde_json::from_str(&line).ok())
        .ok_or(OfflineError::NoLedger)?;
    if opening.isocial_ledger != FORM {
        return Err(OfflineError::Form(opening.isocial_ledger));
    }
    let own: [u8; 32] = array(&opening.key).ok_or(OfflineError::NoLedger)?;
    let key = trust.key.unwrap_or(own);
    let ledger = opening.ledger;

    let mut lines = Lines::default();
    let mut heads = trust.heads.clone();
    for line in text {
        let line = line?;
        if let Ok(entry) = serde_json::from_str::<Entry<'_>>(&line) {
            lines.entry(&ledger, &key, &entry);
        } else if let Ok(head) = serde_json::from_str::<HeadLine>(&line) {
            heads.push(head);
        } else {
            lines.spoil(Integrity::Changed {
                seq: lines.last + 1,
            });
        }
    }
    let mut heads: Vec<SignedHead> = heads
        .iter()
        .filter_map(HeadLine::head)
        .filter(|head| head.head.ledger == ledger && head.verify(&key))
        .collect();
    heads.sort_by_key(|head| head.head.seq);

    let mut fitted = 0;
    for head in &heads {
        match lines.fits(head) {
            Some(true) => fitted = fitted.max(head.head.seq),
            Some(false) => lines.spoil(Integrity::Rewritten {
                after: fitted,
                until: head.head.seq,
            }),
            None => {}
        }
    }
    let completeness = match heads.last() {
        None => Completeness::Unsigned,
        Some(newest) if newest.head.seq > lines.last => Completeness::Cut {
            last: lines.last,
            signed: newest.head.seq,
        },
        Some(newest) => {
            if newest.head.seq < lines.last {
                lines.spoil(Integrity::Inserted {
                    seq: newest.head.seq + 1,
                });
            }
            let as_of = heads.iter().map(|h| h.head.at).max();
            Completeness::Complete {
                as_of: as_of.unwrap_or(newest.head.at),
            }
        }
    };
    Ok(Offline {
        ledger,
        key,
        pinned: trust.key.is_some(),
        lines: lines.digests.len() as u64,
        first: lines.first,
        checkpoint: lines.checkpoint,
        heads: heads.len() as u64,
        integrity: lines.bad.unwrap_or(Integrity::Intact),
        completeness,
        reconciled: lines.tally.done(),
    })
}
