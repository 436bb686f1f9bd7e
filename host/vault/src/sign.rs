//! Signed heads of ledgers: how many lines there were and what the last link was, so that a cut tail shows (B4, HT-28).

use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use isocial_model::Instant;

/// Where a ledger stood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LedgerHead {
    /// Whose: an organisation's id, or `deployment`.
    pub ledger: String,
    /// Number of the last line; 0 for an empty ledger. Lines are numbered from 1 without gaps, so this is also their count.
    pub seq: u64,
    /// The last link of the chain.
    pub link: [u8; 32],
    /// When the head was taken.
    pub at: Instant,
}

impl LedgerHead {
    /// The bytes that are signed.
    fn message(&self) -> Vec<u8> {
        let mut message = b"isocial ledger head v1\0".to_vec();
        message.extend_from_slice(&(self.ledger.len() as u64).to_le_bytes());
        message.extend_from_slice(self.ledger.as_bytes());
        message.extend_from_slice(&self.seq.to_le_bytes());
        message.extend_from_slice(&self.link);
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
        VerifyingKey::from_bytes(public).is_ok_and(|key| {
            key.verify_strict(
                &self.head.message(),
                &Signature::from_bytes(&self.signature),
            )
            .is_ok()
        })
    }
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
