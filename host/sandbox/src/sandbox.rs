//! The sandbox: one engine, and how components come into it.

use std::{io, sync::Arc, time::Duration};

use isocial_model::key::CodeKey;
use sha2::{Digest, Sha256};
use wasmtime::{
    Engine,
    component::{Component, Linker},
};

use crate::{
    CacheCounts, Compiler, LoadError, Plugin, SandboxConfig, SandboxSetupError,
    cache::CodeCache,
    compile,
    engine::{Made, engine},
    inspect::inspect,
    live::{Guest, link},
    log::neutral,
    slots::Slots,
    ticker::Ticker,
    trusted,
};

/// Compilations at once, those included that took too long in this process and are still running.
const COMPILING: u32 = 2;
/// How many times as long as a compilation may take one may wait for its turn: a host that starts anew may have a folder full of them.
const WAITING: u32 = 32;

/// What all plugins of a sandbox share.
pub(crate) struct Core {
    pub(crate) config: SandboxConfig,
    pub(crate) ticker: Ticker,
    pub(crate) slots: Arc<Slots>,
    engine: Engine,
    linker: Linker<Guest>,
    cache: CodeCache,
    reservation: u64,
    compiling: Arc<Slots>,
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
        let Made {
            engine,
            reservation,
        } = engine(&config)?;
        let mut linker = Linker::new(&engine);
        link(&mut linker).map_err(|error| SandboxSetupError::Engine(format!("{error:#}")))?;
        Ok(Self(Arc::new(Core {
            ticker: Ticker::start(engine.weak()).map_err(SandboxSetupError::Thread)?,
            slots: Slots::new(config.pool),
            cache: CodeCache::new(config.cache_dir.clone(), key, &engine)?,
            compiling: Slots::new(COMPILING),
            reservation,
            linker,
            engine,
            config,
        })))
    }

    /// Loads a component under its kind's limits, as a package that the operator grants no others.
    pub fn load(&self, component: &[u8]) -> Result<Plugin, LoadError> {
        self.load_granted(component, "")
    }

    /// Loads a package's component under the limits that the configuration has for this package: looks at it and refuses it with the
    /// reason, or takes its compiled code from the cache or compiles it, and starts one instance to check the types of its functions.
    ///
    /// Blocks for as long as compiling takes: run it on a blocking thread, never on a request's. At most two components compile at once;
    /// where each does, and what becomes of one that takes too much (HP-48), is the configuration's
    /// [`compiler`](SandboxConfig::compiler).
    pub fn load_granted(&self, component: &[u8], package: &str) -> Result<Plugin, LoadError> {
        let shape = inspect(component, self.0.config.component_bytes)?;
        let digest = hex::encode(Sha256::digest(component));
        let compiled = match self.0.cache.get(&self.0.engine, &digest) {
            Some(compiled) => compiled,
            None => self.compile(component, &digest)?,
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

    /// Compiles a component and keeps the code.
    fn compile(&self, component: &[u8], digest: &str) -> Result<Component, LoadError> {
        let config = &self.0.config;
        let limit = Duration::from_millis(config.compile_ms.into());
        let wait = limit.saturating_mul(WAITING);
        let place = self.0.compiling.take(wait).ok_or(LoadError::CompileBusy)?;
        match &config.compiler {
            Compiler::InProcess => {
                let compiled = compile::in_process(&self.0.engine, component, limit, place)?;
                let code = || compiled.serialize().map_err(io::Error::other);
                self.0.cache.put(digest, code);
                Ok(compiled)
            }
            Compiler::Child { program, args } => {
                let order = compile::Order {
                    reservation: self.0.reservation,
                    memory_bytes: config.compile_bytes,
                    time: limit,
                };
                let code = compile::in_child(program, args, &order, component)?;
                let compiled = trusted::from_child(&self.0.engine, &code).map_err(|distrust| {
                    LoadError::CompileCrashed(format!("its code is {}", distrust.name()))
                })?;
                self.0.cache.put(digest, || Ok(code.bytes().to_vec()));
                Ok(compiled)
            }
        }
    }
}
