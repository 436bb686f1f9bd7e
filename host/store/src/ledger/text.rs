//! Ledgers as text, for whoever takes one out: the downloaded file and the heads in a second place.
//!
//! Lives here: the form. Not here: reading rows (`file`), checking (`offline`).
//!
//! A file is JSON lines: one `Opening`, one `Entry` a line of the ledger, one `HeadLine` at the end. A second place holds `HeadLine`s only.

use isocial_model::Instant;
use isocial_vault::{LedgerHead, SignedHead};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// The form's version.
pub const FORM: u32 = 1;

/// First line of a file.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct Opening {
    /// [`FORM`].
    pub(crate) isocial_ledger: u32,
    /// Whose: an organisation's id, or `deployment`.
    pub(crate) ledger: String,
    /// The deployment's public key, hex. It says what to check with; only a copy from elsewhere says whether it is the right one.
    pub(crate) key: String,
}

/// One line of the ledger. `line` is taken byte for byte.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Entry<'a> {
    /// Its number.
    pub(crate) seq: u64,
    /// Its open digest, hex.
    pub(crate) chain: String,
    /// The receipt, as it was chained.
    #[serde(borrow)]
    pub(crate) line: &'a RawValue,
}

/// A signed head as a line of text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeadLine {
    /// Whose ledger.
    pub ledger: String,
    /// Number of its last line.
    pub head: u64,
    /// The keyed chain's end, hex.
    pub link: String,
    /// The open chain's end, hex.
    pub chain: String,
    /// When it was signed.
    pub at: Instant,
    /// Ed25519, hex.
    pub signature: String,
}

impl From<&SignedHead> for HeadLine {
    fn from(signed: &SignedHead) -> Self {
        Self {
            ledger: signed.head.ledger.clone(),
            head: signed.head.seq,
            link: hex::encode(signed.head.link),
            chain: hex::encode(signed.head.chain),
            at: signed.head.at,
            signature: hex::encode(signed.signature),
        }
    }
}

impl HeadLine {
    /// The head, if its parts have the right lengths; whether it was signed is not said by this.
    pub fn head(&self) -> Option<SignedHead> {
        Some(SignedHead {
            head: LedgerHead {
                ledger: self.ledger.clone(),
                seq: self.head,
                link: array(&self.link)?,
                chain: array(&self.chain)?,
                at: self.at,
            },
            signature: array(&self.signature)?,
        })
    }
    /// As one line.
    pub(crate) fn text(&self) -> String {
        let mut text = serde_json::to_string(self).unwrap_or_default();
        text.push('\n');
        text
    }
}

/// Hex of exactly so many bytes.
pub(crate) fn array<const N: usize>(text: &str) -> Option<[u8; N]> {
    let mut bytes = [0; N];
    hex::decode_to_slice(text, &mut bytes).ok().map(|()| bytes)
}
