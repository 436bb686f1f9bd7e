//! Keys: one root, one key an organisation, and everything that is done with key bytes.
//!
//! Lives here: the root key file, wrapping and opening of organisations' keys, sub-keys by label, sealing, keyed hashes, the receipt
//! chain, signed ledger heads, signed messages, operator tokens, and the one place that reads the operating system's randomness. Not here: who may have
//! a key (`store` hands out scopes), where wrapped keys are kept (`store`), any rule about data (`gate`).
//!
//! The way of a key: a root key in a file (`Vault::open`) → a random 256-bit key an organisation, wrapped under the root with the
//! organisation's id as associated data (`Vault::create_org_key`) → sub-keys by HKDF label, held in an [`OrgKeyring`]. Destroying the
//! wrapped key makes everything that was kept under it unreadable. No key byte is ever in a `Debug` output, and all are overwritten
//! when they are dropped.

mod derive;
mod entropy;
mod error;
mod message;
mod ring;
mod root;
mod sign;
#[cfg(test)]
mod tests;
mod token;
mod vault;

pub use entropy::OsEntropy;
pub use error::VaultError;
pub use message::{MessageError, MessageParts, message_key, sign_message, verify_message};
pub use ring::{DatabaseKey, DeploymentKeyring, OrgKeyring, SealedCredential};
pub use sign::{HeadSigner, LedgerHead, SignedHead, checkpoint_holds, open_digest};
pub use token::{OPERATOR_TOKEN_PREFIX, TokenHash, hash_token, make_operator_token, random_token};
pub use vault::{Vault, WrappedKey};
