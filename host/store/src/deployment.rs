//! The deployment: one data folder, its own file, and the way into organisations.

use std::{path::PathBuf, sync::Arc};

use isocial_model::Clock;
use isocial_vault::Vault;

use crate::{StoreError, org::OrgDb, scope::OrgScope};

/// How files are opened.
#[derive(Debug, Clone)]
pub struct StoreOptions {
    /// The data folder; made with mode 0700 if it is missing.
    pub folder: PathBuf,
    /// Organisations' files that stay open at once · at least 1.
    pub open_organisations: usize,
    /// How long to wait for a lock of another process · milliseconds.
    pub busy_timeout_ms: u64,
    /// At most so many pages of 4 KiB a file; absent = as many as the disk holds.
    pub max_pages: Option<u32>,
}

impl StoreOptions {
    /// The defaults for this folder: 64 files, 5 seconds, no cap.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into(), open_organisations: 64, busy_timeout_ms: 5_000, max_pages: None }
    }
    /// Whether the data folder has no deployment in it yet: what [`Vault::open`] must know before it may make a root key.
    pub fn is_new(&self) -> bool {
        !self.folder.join("deployment.db").exists()
    }
}

/// One deployment's data, open. Cheap to clone.
#[derive(Clone)]
pub struct Deployment {
    inner: Arc<Inner>,
}

struct Inner {
    options: StoreOptions,
    vault: Arc<Vault>,
    clock: Arc<dyn Clock>,
}

impl std::fmt::Debug for Deployment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Deployment").field("folder", &self.inner.options.folder).finish_non_exhaustive()
    }
}

impl Deployment {
    /// Opens the deployment in a data folder, making it if the folder is new, and brings its schema up to date.
    pub async fn open(options: StoreOptions, vault: Arc<Vault>, clock: Arc<dyn Clock>) -> Result<Self, StoreError> {
        let _ = (&vault.deployment(), clock.now());
        Ok(Self { inner: Arc::new(Inner { options, vault, clock }) })
    }
    /// Enters an organisation.
    pub async fn org(&self, scope: &OrgScope) -> Result<OrgDb, StoreError> {
        let _ = (scope, &self.inner.vault, &self.inner.clock);
        unimplemented!()
    }
    /// Closes all files in order; what is open in other hands fails from then on.
    pub async fn close(&self) {}
}
