//! Tokens: made once, shown once, kept as a hash. 256 random bits need no slow hash: there is nothing to guess.

use isocial_model::{Entropy, Secret};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

/// What an operator's token begins with, so that a leaked one is recognised by whoever finds it.
pub const OPERATOR_TOKEN_PREFIX: &str = "ist_";

/// What is kept of a token.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct TokenHash([u8; 32]);

impl TokenHash {
    /// Takes kept bytes back.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }
    /// The bytes to keep.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
    /// Whether `token` is the one this was made from, in constant time.
    pub fn verify(&self, token: &str) -> bool {
        hash_token(token).0.ct_eq(&self.0).into()
    }
}

impl std::fmt::Debug for TokenHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("TokenHash(…)")
    }
}

/// Makes an operator's token (`ist_` and 52 letters and digits) and what is kept of it. The secret is shown once and never stored.
pub fn make_operator_token(entropy: &dyn Entropy) -> (Secret, TokenHash) {
    random_token(OPERATOR_TOKEN_PREFIX, entropy)
}

/// Makes a token of 256 random bits behind `prefix`.
pub fn random_token(prefix: &str, entropy: &dyn Entropy) -> (Secret, TokenHash) {
    let mut bytes = Zeroizing::new([0u8; 32]);
    entropy.fill(bytes.as_mut());
    let body = Zeroizing::new(
        data_encoding::BASE32_NOPAD
            .encode(bytes.as_ref())
            .to_lowercase(),
    );
    let token = Zeroizing::new(format!("{prefix}{}", *body));
    let hash = hash_token(&token);
    (Secret::new(token.as_bytes()), hash)
}

/// What is kept of a token: SHA-256 under a label of its own.
pub fn hash_token(token: &str) -> TokenHash {
    let mut hash = Sha256::new();
    hash.update(b"isocial token v1\0");
    hash.update(token.as_bytes());
    TokenHash(hash.finalize().into())
}
