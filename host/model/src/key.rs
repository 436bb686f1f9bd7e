//! Keys as opaque handles: a room can have a value hashed or sealed, and never sees a key byte. `vault` implements these.

/// A keyed hash of 128 bits: what all rows but the identities hold instead of an id.
pub type Hash128 = [u8; 16];

/// A sealed value could not be opened.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "a sealed value does not open: it was written under another key, for another place, or was changed"
)]
pub struct NotSealed;

/// One organisation's keys, in use. Made by `vault` for whoever has proven the scope.
pub trait OrgKeys: Send + Sync + std::fmt::Debug {
    /// HMAC over (network, native id): what a mention row carries instead of the post's id (B5).
    fn post_hash(&self, network: &str, native_id: &str) -> Hash128;
    /// HMAC over (network, author's native id): the author's pseudonym inside the organisation (B5).
    fn author_ref(&self, network: &str, author: &str) -> Hash128;
    /// The pseudonym that one plugin gets: two plugins' do not match (B5, HP-34).
    fn pairwise_ref(&self, plugin: &str, author_ref: &Hash128) -> Hash128;
    /// Seals a value for one place: AES-256-GCM with `place` as associated data.
    fn seal(&self, place: &str, plain: &[u8]) -> Vec<u8>;
    /// Opens a value that was sealed for this place.
    fn unseal(&self, place: &str, sealed: &[u8]) -> Result<Vec<u8>, NotSealed>;
    /// The next link of the organisation's receipt chain: HMAC over (previous link, line).
    fn chain(&self, previous: &[u8; 32], line: &[u8]) -> [u8; 32];
    /// Keyed commitment to a payload, so that a receipt binds what it speaks of without holding it (B4).
    fn commit(&self, payload: &[u8]) -> Hash128;
}

/// The deployment's key for compiled code: a forged file would run as native code, so each carries a MAC (PLUGINS facts).
pub trait CodeKey: Send + Sync + std::fmt::Debug {
    /// HMAC-SHA256 over the parts, length-prefixed.
    fn mac(&self, parts: &[&[u8]]) -> [u8; 32];
    /// Compares in constant time.
    fn verify(&self, parts: &[&[u8]], mac: &[u8; 32]) -> bool;
}
