//! What can go wrong with keys, by what the operator can do about it.

use std::path::PathBuf;

/// Why a key could not be had.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum VaultError {
    /// The deployment exists, its root key file does not.
    #[error(
        "no root key at {}: this data folder was written under a key, so put the key file back from where it is kept safe; a new one would open nothing",
        path.display()
    )]
    Missing {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// The file is not 32 bytes of key.
    #[error("{} is no root key: {found}; expected exactly 32 random bytes, so put the right file back", path.display())]
    Garbled {
        /// Which file.
        path: PathBuf,
        /// What was found instead, without a byte of it.
        found: String,
    },
    /// Others on this machine can read the key.
    #[error("{} can be read by others (mode {mode:03o}): run `chmod 600` on it and consider it known to them", path.display())]
    Exposed {
        /// Which file.
        path: PathBuf,
        /// Its mode bits.
        mode: u32,
    },
    /// The file system said no.
    #[error("the root key file {} could not be {action}", path.display())]
    Io {
        /// Which file.
        path: PathBuf,
        /// `read`, `created`, `written`.
        action: &'static str,
        /// What the system said.
        source: std::io::Error,
    },
    /// A wrapped key does not open under this root for this organisation.
    #[error(
        "the key of {org} does not open: it was wrapped under another root key or for another organisation, or was changed; check that the root key file is this deployment's"
    )]
    WrongRoot {
        /// Whose key.
        org: String,
    },
    /// A wrapped key has another version or length than this program knows.
    #[error(
        "the key of {org} has a form that this version does not know ({bytes} bytes): use the version that wrote it, or a newer one"
    )]
    UnknownForm {
        /// Whose key.
        org: String,
        /// How long it is.
        bytes: usize,
    },
}
