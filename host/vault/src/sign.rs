//! Signed heads and checkpoints of ledgers: how many lines there were and what the last link was, so that a cut tail shows (B4, HT-28).
//!
//! A ledger has two chains over the same lines. The keyed one (in `ring`) needs the organisation's key, so that nobody who can merely
//! write the file can continue it unnoticed between two heads. The open one needs no key, so that an outsider can compute it; a head
//! signs the ends of both.

use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use isocial_model::{Instant, receipt::Checkpoint};

/// Where a ledger stood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LedgerHead {
    /// Whose: an organisation's id, or `deployment`.
    pub ledger: String,
    /// Number of the last line; 0 for an empty ledger. Lines are numbered from 1 without gaps, so this is also their count.
    pub seq: u64,
    /// The last link of the keyed chain.
    pub link: [u8; 32],
    /// The last digest of the open chain ([`open_digest`]), which anybody can compute from the lines.
    pub chain: [u8; 32],
    /// When the head was taken.
    pub at: Instant,
}

impl LedgerHead {
    /// The bytes that are signed.
    fn message(&self) -> Vec<u8> {
        let mut message = b"isocial ledger head v2\0".to_vec();
        message.extend_from_slice(&(self.ledger.len() as u64).to_le_bytes());
        message.extend_from_slice(self.ledger.as_bytes());
        message.extend_from_slice(&self.seq.to_le_bytes());
        message.extend_from_slice(&self.link);
        message.extend_from_slice(&self.chain);
        message.extend_from_slice(&self.at.as_millis().to_le_bytes());
        message
    }
}

/// A head with its Ed25519 signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedHead {
    /// The head.
    pub head: LedgerHead,
    /// The signature.
    pub signature: [u8; 64],
}

impl SignedHead {
    /// Whether this head was signed by the holder of `public`.
    pub fn verify(&self, public: &[u8; 32]) -> bool {
        holds(public, &self.head.message(), &self.signature)
    }
}

fn holds(public: &[u8; 32], message: &[u8], signature: &[u8; 64]) -> bool {
    VerifyingKey::from_bytes(public).is_ok_and(|key| {
        key.verify_strict(message, &Signature::from_bytes(signature))
            .is_ok()
    })
}

/// The next digest of a ledger's open chain: SHA-256 over the previous digest, the number (8 bytes, little endian) and the line.
///
/// It has no key, so that whoever has the lines can compute it; a signed head is what makes it hold (B4).
pub fn open_digest(previous: &[u8; 32], seq: u64, line: &[u8]) -> [u8; 32] {
    use sha2::{Digest, Sha256};
    let mut digest = Sha256::new();
    digest.update(previous);
    digest.update(seq.to_le_bytes());
    digest.update(line);
    digest.finalize().into()
}

/// What a checkpoint's signature is over.
fn checkpoint_message(ledger: &str, checkpoint: &Checkpoint) -> Vec<u8> {
    let mut message = b"isocial ledger checkpoint v1\0".to_vec();
    for text in [ledger, &checkpoint.link, &checkpoint.chain] {
        message.extend_from_slice(&(text.len() as u64).to_le_bytes());
        message.extend_from_slice(text.as_bytes());
    }
    message.extend_from_slice(&checkpoint.through.to_le_bytes());
    message.extend_from_slice(&checkpoint.calls.to_le_bytes());
    message.extend_from_slice(&checkpoint.cut.as_millis().to_le_bytes());
    message
}

/// Whether a checkpoint of this ledger was signed by the holder of `public`.
pub fn checkpoint_holds(ledger: &str, checkpoint: &Checkpoint, public: &[u8; 32]) -> bool {
    let mut signature = [0; 64];
    hex::decode_to_slice(&checkpoint.signature, &mut signature).is_ok()
        && holds(public, &checkpoint_message(ledger, checkpoint), &signature)
}

/// Signs heads under the deployment's own key.
pub struct HeadSigner(SigningKey);

impl HeadSigner {
    pub(crate) fn new(seed: &[u8; 32]) -> Self {
        Self(SigningKey::from_bytes(seed))
    }
    /// Signs a head.
    pub fn sign(&self, head: LedgerHead) -> SignedHead {
        let signature = self.0.sign(&head.message()).to_bytes();
        SignedHead { head, signature }
    }
    /// Signs a checkpoint of this ledger: fills its signature in.
    pub fn sign_checkpoint(&self, ledger: &str, mut checkpoint: Checkpoint) -> Checkpoint {
        let message = checkpoint_message(ledger, &checkpoint);
        checkpoint.signature = hex::encode(self.0.sign(&message).to_bytes());
        checkpoint
    }
    /// The public key, to verify with anywhere.
    pub fn public(&self) -> [u8; 32] {
        self.0.verifying_key().to_bytes()
    }
}

impl std::fmt::Debug for HeadSigner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("HeadSigner(…)")
    }
}
