//! Canonical bytes of what was given, for the receipt's keyed commitment (SECURITY model B4).
//!
//! Lives here: one encoding, in which every part carries its length, so that no two different values have the same bytes.
//! The commitment is `OrgKeys::commit` over the SHA-256 of these bytes: bodies of megabytes need not be copied for it.

use std::io;

use isocial_model::key::OrgKeys;
use serde::Serialize;
use sha2::{Digest, Sha256};

/// Takes parts in and gives one digest.
pub(crate) struct Canon(Sha256);

impl Canon {
    /// Begins with the name of the function, so that equal values of two functions differ.
    pub(crate) fn of(function: &str) -> Self {
        let mut canon = Self(Sha256::new());
        canon.bytes(function.as_bytes());
        canon
    }
    /// Bytes with their length.
    pub(crate) fn bytes(&mut self, bytes: &[u8]) {
        self.number(bytes.len() as u64);
        self.0.update(bytes);
    }
    /// A number.
    pub(crate) fn number(&mut self, number: u64) {
        self.0.update(number.to_le_bytes());
    }
    /// Anything of the model, as JSON with the fields in declared order.
    pub(crate) fn value<T: Serialize + ?Sized>(&mut self, value: &T) {
        struct Into<'a>(&'a mut Sha256);
        impl io::Write for Into<'_> {
            fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
                self.0.update(bytes);
                Ok(bytes.len())
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        // The model's types always serialise; an unserialisable one would leave a prefix, which still differs from any other.
        let _ = serde_json::to_writer(Into(&mut self.0), value);
        self.0.update([0xFF]);
    }
    /// The keyed commitment, in hex.
    pub(crate) fn commit(self, keys: &dyn OrgKeys) -> String {
        hex::encode(keys.commit(&self.0.finalize()))
    }
}
