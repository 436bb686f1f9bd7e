//! The root key file: 32 bytes, for its owner's eyes only, made once and never replaced by accident.

use std::{
    fs,
    io::{Read, Write},
    path::Path,
};

use isocial_model::Entropy;
use zeroize::Zeroizing;

use crate::{derive::Key, error::VaultError};

const BYTES: usize = 32;

/// Reads the root key; makes one only where `may_create` says that there is no data yet that an old key would be needed for.
pub(crate) fn load(
    path: &Path,
    may_create: bool,
    entropy: &dyn Entropy,
) -> Result<Key, VaultError> {
    let io = |action| {
        move |source| VaultError::Io {
            path: path.into(),
            action,
            source,
        }
    };
    match fs::symlink_metadata(path) {
        Ok(meta) => read(path, &meta),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound && may_create => create(path, entropy),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
            Err(VaultError::Missing { path: path.into() })
        }
        Err(e) => Err(io("read")(e)),
    }
}

fn read(path: &Path, meta: &fs::Metadata) -> Result<Key, VaultError> {
    let io = |source| VaultError::Io {
        path: path.into(),
        action: "read",
        source,
    };
    let garbled = |found: String| VaultError::Garbled {
        path: path.into(),
        found,
    };
    if !meta.is_file() {
        return Err(garbled("it is a link, a folder or a device".into()));
    }
    exposed(path, meta)?;
    if meta.len() != BYTES as u64 {
        return Err(garbled(format!("it has {} bytes", meta.len())));
    }
    let mut key = Zeroizing::new([0u8; BYTES]);
    fs::File::open(path)
        .and_then(|mut file| file.read_exact(key.as_mut()))
        .map_err(io)?;
    if key.iter().all(|b| Some(b) == key.first()) {
        return Err(garbled("all its bytes are the same".into()));
    }
    Ok(key)
}

#[cfg(unix)]
fn exposed(path: &Path, meta: &fs::Metadata) -> Result<(), VaultError> {
    use std::os::unix::fs::PermissionsExt;
    let mode = meta.permissions().mode() & 0o777;
    if mode.trailing_zeros() >= 6 {
        // None of the bits of group and others.
        Ok(())
    } else {
        Err(VaultError::Exposed {
            path: path.into(),
            mode,
        })
    }
}

#[cfg(not(unix))]
fn exposed(_: &Path, _: &fs::Metadata) -> Result<(), VaultError> {
    Ok(())
}

fn create(path: &Path, entropy: &dyn Entropy) -> Result<Key, VaultError> {
    let mut key = Zeroizing::new([0u8; BYTES]);
    entropy.fill(key.as_mut());
    let mut options = fs::OpenOptions::new();
    // `create_new` so that two starts at once cannot overwrite each other's key.
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path).map_err(|source| VaultError::Io {
        path: path.into(),
        action: "created",
        source,
    })?;
    file.write_all(key.as_ref())
        .and_then(|()| file.sync_all())
        .map_err(|source| VaultError::Io {
            path: path.into(),
            action: "written",
            source,
        })?;
    Ok(key)
}
