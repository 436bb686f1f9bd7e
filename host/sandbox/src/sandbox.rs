//! The sandbox: one engine, and how components come into it.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
        mpsc,
    },
    thread,
    time::Duration,
};

use isocial_model::key::CodeKey;
use sha2::{Digest, Sha256};
use wasmtime::{
    Engine,
    component::{Component, Linker},
};

use crate::{
    CacheCounts, LoadError, Plugin, SandboxConfig, SandboxSetupError,
    cache::CodeCache,
    engine::engine,
    inspect::inspect,
    live::{Guest, link},
    log::neutral,
    slots::Slots,
    ticker::Ticker,
};

/// Compilations at once, those included that took too long and are still running.
const COMPILING: u32 = 2;

/// What all plugins of a sandbox share.
pub(crate) struct Core {
    pub(crate) config: SandboxConfig,
    pub(crate) ticker: Ticker,
    pub(crate) slots: Arc<Slots>,
    engine: Engine,
    linker: Linker<Guest>,
    cache: CodeCache,
    compiling: Arc<AtomicU32>,
}

impl std::fmt::Debug for Core {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Core")
            .field("config", &self.config)
            .field("cache", &self.cache.counts())
            .finish_non_exhaustive()
    }
}

/// The engine that all plugins of a process run in. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Sandbox(Arc<Core>);

impl Sandbox {
    /// Sets up the engine, its pool and its ticker. `key` authenticates the cache of compiled code.
    pub fn new(config: SandboxConfig, key: Arc<dyn CodeKey>) -> Result<Self, SandboxSetupError> {
        let engine = engine(&config)?;
        let mut linker = Linker::new(&engine);
        link(&mut linker).map_err(|error| SandboxSetupError::Engine(format!("{error:#}")))?;
        Ok(Self(Arc::new(Core {
            ticker: Ticker::start(engine.weak()).map_err(SandboxSetupError::Thread)?,
            slots: Slots::new(config.pool),
            cache: CodeCache::new(config.cache_dir.clone(), key, &engine)?,
            compiling: Arc::new(AtomicU32::new(0)),
            linker,
            engine,
            config,
        })))
    }

    /// Loads a component under its kind's limits, as a package that the operator grants no others.
    pub fn load(&self, component: &[u8]) -> Result<Plugin, LoadError> {
        self.load_granted(component, "")
    }

    /// Loads a package's component under the limits that the configuration has for this package: looks at it and refuses it with the reason, or takes its compiled code from the cache or compiles it, and
    /// starts one instance under the kind's limits to check the types of its functions.
    ///
    /// Blocks for as long as compiling takes: run it on a blocking thread. Compiling runs on a thread of its own, which is left behind
    /// when `compile_ms` are over; at most two run at once.
    pub fn load_granted(&self, component: &[u8], package: &str) -> Result<Plugin, LoadError> {
        let shape = inspect(component, self.0.config.component_bytes)?;
        let digest = hex::encode(Sha256::digest(component));
        let compiled = if let Some(compiled) = self.0.cache.get(&self.0.engine, &digest) {
            compiled
        } else {
            let compiled = self.compile(component)?;
            self.0.cache.put(&digest, &compiled);
            compiled
        };
        let invalid = |error: wasmtime::Error| LoadError::Invalid(neutral(&format!("{error:#}")));
        compiled.initialize_copy_on_write_image().map_err(invalid)?;
        // The second bound on imports: the linker holds `log` and nothing else.
        let pre = self.0.linker.instantiate_pre(&compiled).map_err(invalid)?;
        let limits = self.0.config.limits_of(shape.kind, package);
        Plugin::new(Arc::clone(&self.0), pre, shape, digest, limits)
    }

    /// What the cache of compiled code did so far.
    pub fn cache_counts(&self) -> CacheCounts {
        self.0.cache.counts()
    }

    /// The configuration in force.
    pub fn config(&self) -> &SandboxConfig {
        &self.0.config
    }

    fn compile(&self, component: &[u8]) -> Result<Component, LoadError> {
        let permit = Permit::take(&self.0.compiling).ok_or(LoadError::CompileBusy)?;
        let (engine, bytes) = (self.0.engine.clone(), component.to_vec());
        let (done, result) = mpsc::sync_channel(1);
        thread::Builder::new()
            .name("sandbox-compile".into())
            .spawn(move || {
                // Nobody may be waiting any more: then the result is of no use.
                let _ = done.send(Component::from_binary(&engine, &bytes));
                drop(permit);
            })
            .map_err(|error| LoadError::Invalid(format!("no thread to compile on: {error}")))?;
        let limit = Duration::from_millis(self.0.config.compile_ms.into());
        match result.recv_timeout(limit) {
            Ok(compiled) => {
                compiled.map_err(|error| LoadError::Invalid(neutral(&format!("{error:#}"))))
            }
            Err(mpsc::RecvTimeoutError::Timeout) => Err(LoadError::CompileTime(limit)),
            Err(mpsc::RecvTimeoutError::Disconnected) => {
                Err(LoadError::Invalid("the compiler gave up on it".into()))
            }
        }
    }
}

/// The right to compile, given back when the compilation really ends.
struct Permit(Arc<AtomicU32>);

impl Permit {
    fn take(running: &Arc<AtomicU32>) -> Option<Self> {
        running
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, |n| {
                (n < COMPILING).then_some(n + 1)
            })
            .ok()
            .map(|_| Self(Arc::clone(running)))
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}
