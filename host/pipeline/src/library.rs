//! The library: packages that this host has loaded, ready to be installed and called.
//!
//! Lives here: registering a package (read, check against ceilings, compile, keep) and finding it again. Not here: who may enable it.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicBool, Ordering},
    },
};

use isocial_catalog::{ConfigError, Manifest, Package, PackageError};
use isocial_gate::{CeilingError, NetworkPolicy, policy};
use isocial_model::{Instant, Kind, PackageRef};
use isocial_sandbox::{LoadError, Plugin, Sandbox};
use isocial_store::{StoreError, packages::Package as KeptPackage};
use semver::Version;
use sha2::{Digest, Sha256};
use tokio::task::{JoinError, JoinSet};

use crate::host::Host;

/// A package that was refused. Nothing of it was run or kept.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RegisterError {
    /// Its bytes or its manifest.
    #[error(transparent)]
    Package(#[from] PackageError),
    /// A contract asks for more than its purpose allows (HP-02, HP-03).
    #[error(transparent)]
    Ceiling(#[from] CeilingError),
    /// The sandbox would not take it (HP-08).
    #[error(transparent)]
    Load(#[from] LoadError),
    /// It says that it is of another kind than it is.
    #[error("the manifest says {said} and the component is a {is}: correct `kind` in plugin.toml")]
    Kind {
        /// What the manifest says.
        said: Kind,
        /// What the exports say.
        is: Kind,
    },
    /// The thread that loaded it was lost.
    #[error("the package could not be loaded: its thread was lost")]
    Thread,
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl RegisterError {
    /// Whether the same package may be taken a moment later: the machine was busy or short of something.
    pub fn is_passing(&self) -> bool {
        matches!(
            self,
            Self::Load(LoadError::CompileBusy | LoadError::CompileProcess(_))
                | Self::Thread
                | Self::Store(_)
        )
    }
}

/// A package that can be called.
#[derive(Debug)]
pub struct Loaded {
    /// Id, version, digest.
    pub package: PackageRef,
    /// Its kind.
    pub kind: Kind,
    /// Its manifest.
    pub manifest: Manifest,
    /// Its compiled code.
    pub plugin: Plugin,
}

impl Loaded {
    /// For connectors: the policy of the network that it may write.
    pub fn network(&self) -> Option<NetworkPolicy> {
        self.manifest
            .networks
            .first()
            .map(|network| policy::pack(network))
    }
    /// For connectors that recheck: after how many milliseconds a post is asked about. A seventh of the time within which the
    /// network's policy wants it done, so that six rounds may fail before a post must be hidden.
    pub fn recheck_ms(&self) -> Option<i64> {
        let policy = self.network()?;
        let able = self.plugin.abilities().recheck;
        able.then(|| i64::from(policy.recheck_within_days.unwrap_or(7)) * Instant::DAY_MS / 7)
    }
    /// A configuration, held against the manifest's schema, as canonical JSON.
    pub fn check_config(&self, text: &str) -> Result<String, ConfigError> {
        let value = serde_json::from_str(text).map_err(|e| ConfigError {
            pointer: String::new(),
            problem: format!("it is not JSON (line {}, column {})", e.line(), e.column()),
        })?;
        self.manifest.config.canonical(&value)
    }
}

/// All loaded packages.
#[derive(Debug, Default)]
pub struct Library {
    loaded: RwLock<BTreeMap<PackageRef, Arc<Loaded>>>,
    withdrawn: RwLock<BTreeSet<(String, Version)>>,
    /// Installations are to be looked through for versions that they are to move to.
    adopt: AtomicBool,
}

impl Library {
    /// This exact package.
    pub fn get(&self, package: &PackageRef) -> Option<Arc<Loaded>> {
        self.loaded
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .get(package)
            .cloned()
    }
    /// The newest version of this id that was not taken back.
    pub fn newest(&self, id: &str) -> Option<Arc<Loaded>> {
        self.offered(id).into_iter().next()
    }
    /// Every version of this id that was not taken back, the newest first.
    pub fn offered(&self, id: &str) -> Vec<Arc<Loaded>> {
        let mut versions: Vec<_> = self
            .all()
            .into_iter()
            .filter(|l| l.package.id == id && !self.is_withdrawn(&l.package))
            .collect();
        versions.sort_by(|a, b| b.package.version.cmp(&a.package.version));
        versions
    }
    /// Whether the operator has taken this version back.
    pub fn is_withdrawn(&self, package: &PackageRef) -> bool {
        self.withdrawn
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .contains(&(package.id.clone(), package.version.clone()))
    }
    /// All packages, by id and version.
    pub fn all(&self) -> Vec<Arc<Loaded>> {
        self.loaded
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .values()
            .cloned()
            .collect()
    }
    /// Takes a version out; false if it was not there.
    pub(crate) fn take(&self, id: &str, version: &str) -> bool {
        let mut all = self.loaded.write().unwrap_or_else(PoisonError::into_inner);
        let before = all.len();
        all.retain(|package, _| package.id != id || package.version.to_string() != version);
        all.len() < before
    }
    fn put(&self, loaded: Arc<Loaded>) {
        self.loaded
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(loaded.package.clone(), loaded);
        self.adopt.store(true, Ordering::SeqCst);
    }
    /// Whether installations are to be looked through since something came, went or was taken back; from now on they are not.
    pub(crate) fn take_adoption(&self) -> bool {
        self.adopt.swap(false, Ordering::SeqCst)
    }
    /// They are to be looked through (again).
    pub(crate) fn owe_adoption(&self) {
        self.adopt.store(true, Ordering::SeqCst);
    }
    fn with_digest(&self, digest: &str) -> Option<Arc<Loaded>> {
        let all = self.loaded.read().unwrap_or_else(PoisonError::into_inner);
        all.values().find(|l| l.package.digest == digest).cloned()
    }
    /// Takes over what was taken back.
    pub(crate) fn set_withdrawn(&self, new: BTreeSet<(String, Version)>) {
        let mut known = self
            .withdrawn
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        if *known != new {
            *known = new;
            self.owe_adoption();
        }
    }
}

/// What became of a package that an earlier run has registered.
type LoadingEnd = (PackageRef, Result<Loaded, RegisterError>);

impl Host {
    /// Registers a package: reads its manifest, checks its contracts, loads it, keeps it. The same bytes again change nothing.
    ///
    /// Compiling runs on a blocking thread, and in a process of its own where the sandbox is configured so (HP-48): no request and no
    /// worker of the runtime waits on a processor for it.
    pub async fn register(&self, component: &[u8]) -> Result<Arc<Loaded>, RegisterError> {
        let digest = hex::encode(Sha256::digest(component));
        if let Some(known) = self.library.with_digest(&digest) {
            return Ok(known);
        }
        let (sandbox, bytes) = (self.sandbox.clone(), component.to_vec());
        let loaded = tokio::task::spawn_blocking(move || load(&sandbox, &bytes))
            .await
            .map_err(|_| RegisterError::Thread)??;
        let loaded = Arc::new(loaded);
        let kept = KeptPackage {
            package: loaded.package.clone(),
            kind: loaded.kind,
            manifest: serde_json::to_string(&loaded.manifest).unwrap_or_default(),
            interface: loaded.manifest.interface.clone(),
        };
        self.deployment.keep_package(&kept, component).await?;
        self.library.put(Arc::clone(&loaded));
        Ok(loaded)
    }

    /// Loads what an earlier run has registered, several at once; a package that cannot be loaded any more is left out with a warning.
    pub async fn load_registered(&self) -> Result<(), StoreError> {
        self.library
            .set_withdrawn(self.deployment.withdrawn_packages().await?);
        let mut loading = JoinSet::new();
        for kept in self.deployment.packages().await? {
            let Some(bytes) = self.deployment.component(&kept.package.digest).await? else {
                continue;
            };
            while loading.len() >= self.sandbox.config().executor_threads() {
                self.put_loaded(loading.join_next().await);
            }
            let sandbox = self.sandbox.clone();
            loading.spawn_blocking(move || (kept.package, load(&sandbox, &bytes)));
        }
        while let Some(done) = loading.join_next().await {
            self.put_loaded(Some(done));
        }
        Ok(())
    }

    fn put_loaded(&self, done: Option<Result<LoadingEnd, JoinError>>) {
        match done {
            Some(Ok((_, Ok(loaded)))) => self.library.put(Arc::new(loaded)),
            Some(Ok((package, Err(error)))) => {
                tracing::warn!(plugin.id = %package, error = %error, "a registered package cannot be loaded");
            }
            Some(Err(_)) => {
                tracing::error!("a registered package could not be loaded: its thread was lost");
            }
            None => {}
        }
    }

    /// After how many milliseconds a post of this connector's is asked about: as its network's policy has it, or sooner where the
    /// operator wants that, never later.
    pub fn recheck_ms(&self, loaded: &Loaded) -> Option<i64> {
        let policy = loaded.recheck_ms()?;
        Some(self.settings.recheck_ms.unwrap_or(policy).min(policy))
    }
}

/// Reads, checks and compiles. Blocks.
fn load(sandbox: &Sandbox, component: &[u8]) -> Result<Loaded, RegisterError> {
    let package = Package::read(component)?;
    let kind = package.kind();
    for contract in &package.manifest().contracts {
        isocial_gate::ceiling::check(kind, contract)?;
    }
    let plugin = sandbox.load_granted(component, &package.reference().id)?;
    if plugin.kind() != kind {
        return Err(RegisterError::Kind {
            said: kind,
            is: plugin.kind(),
        });
    }
    Ok(Loaded {
        package: package.reference().clone(),
        kind,
        manifest: package.into_manifest(),
        plugin,
    })
}
