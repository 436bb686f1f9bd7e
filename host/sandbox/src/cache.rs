//! The cache of compiled code: a folder of sealed files, one a component and engine. Anything wrong with a file means compiling again.

use std::{
    fs,
    hash::{DefaultHasher, Hash, Hasher},
    io,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use isocial_model::key::CodeKey;
use wasmtime::{Engine, component::Component};

use crate::{
    SandboxSetupError, engine,
    trusted::{self, Origin},
};

/// What became of look-ups in the cache of compiled code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CacheCounts {
    /// Loaded from the cache.
    pub hits: u64,
    /// Compiled, because the cache had nothing.
    pub misses: u64,
    /// Compiled, because what the cache had was cut off, forged, or from elsewhere.
    pub refused: u64,
}

/// The folder, and the key of the seals.
#[derive(Debug)]
pub(crate) struct CodeCache {
    folder: Option<PathBuf>,
    key: Arc<dyn CodeKey>,
    build: String,
    compatibility: u64,
    hits: AtomicU64,
    misses: AtomicU64,
    refused: AtomicU64,
}

impl CodeCache {
    /// Makes the folder, if there is to be one, with mode 0700.
    pub(crate) fn new(
        folder: Option<PathBuf>,
        key: Arc<dyn CodeKey>,
        engine: &Engine,
    ) -> Result<Self, SandboxSetupError> {
        if let Some(folder) = &folder {
            private(folder).map_err(|error| SandboxSetupError::Cache {
                folder: folder.display().to_string(),
                cause: error.to_string(),
            })?;
        }
        let mut hasher = DefaultHasher::new();
        engine.precompile_compatibility_hash().hash(&mut hasher);
        Ok(Self {
            folder,
            key,
            build: engine::build(),
            compatibility: hasher.finish(),
            hits: AtomicU64::new(0),
            misses: AtomicU64::new(0),
            refused: AtomicU64::new(0),
        })
    }

    pub(crate) fn counts(&self) -> CacheCounts {
        CacheCounts {
            hits: self.hits.load(Ordering::Relaxed),
            misses: self.misses.load(Ordering::Relaxed),
            refused: self.refused.load(Ordering::Relaxed),
        }
    }

    fn origin<'a>(&'a self, digest: &'a str) -> Origin<'a> {
        Origin {
            digest,
            build: &self.build,
            compatibility: self.compatibility,
        }
    }

    fn path(&self, digest: &str) -> Option<PathBuf> {
        self.folder
            .as_ref()
            .map(|folder| folder.join(format!("{digest}-{:016x}.code", self.compatibility)))
    }

    /// The compiled component, if the cache has one that can be trusted.
    pub(crate) fn get(&self, engine: &Engine, digest: &str) -> Option<Component> {
        let file = match fs::read(self.path(digest)?) {
            Ok(file) => file,
            Err(error) => {
                if error.kind() != io::ErrorKind::NotFound {
                    tracing::warn!(plugin.digest = digest, error = %error, "compiled code cannot be read; compiling again");
                }
                self.misses.fetch_add(1, Ordering::Relaxed);
                return None;
            }
        };
        match trusted::open(engine, &*self.key, &self.origin(digest), &file) {
            Ok(component) => {
                self.hits.fetch_add(1, Ordering::Relaxed);
                Some(component)
            }
            Err(distrust) => {
                tracing::warn!(
                    plugin.digest = digest,
                    reason = distrust.name(),
                    "compiled code is not trusted; compiling again"
                );
                self.refused.fetch_add(1, Ordering::Relaxed);
                None
            }
        }
    }

    /// Keeps compiled code, which is asked for only if there is a folder. A cache that cannot be written is slow, not broken.
    pub(crate) fn put(&self, digest: &str, code: impl FnOnce() -> io::Result<Vec<u8>>) {
        let Some(path) = self.path(digest) else {
            return;
        };
        let written = code().and_then(|code| {
            replace(
                &path,
                &trusted::seal(&*self.key, &self.origin(digest), &code),
            )
        });
        if let Err(error) = written {
            tracing::warn!(plugin.digest = digest, error = %error, "compiled code cannot be kept");
        }
    }
}

/// Writes beside the place and renames, so that nobody ever reads half a file.
fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let beside = path.with_extension(format!("{}.part", std::process::id()));
    let written = write_private(&beside, bytes).and_then(|()| fs::rename(&beside, path));
    if written.is_err() {
        // The half file is of no use; that it cannot be removed either is said by the error that is already on its way.
        let _ = fs::remove_file(&beside);
    }
    written
}

#[cfg(unix)]
fn write_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    use std::{io::Write, os::unix::fs::OpenOptionsExt};
    let mut file = fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(path)?;
    file.write_all(bytes)
}

#[cfg(not(unix))]
fn write_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    fs::write(path, bytes)
}

/// Makes a folder that only this user may enter, or makes an existing one so.
#[cfg(unix)]
fn private(folder: &Path) -> io::Result<()> {
    use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)?;
    let found = fs::symlink_metadata(folder)?;
    if !found.is_dir() {
        return Err(io::Error::other("it is not a folder"));
    }
    if found.permissions().mode() & 0o077 != 0 {
        fs::set_permissions(folder, fs::Permissions::from_mode(0o700))?;
    }
    Ok(())
}

#[cfg(not(unix))]
fn private(folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)
}
