//! The sandbox: one engine, and what it has loaded.

use std::sync::Arc;

use isocial_model::key::CodeKey;

use crate::{LoadError, Plugin, SandboxConfig, SandboxSetupError};

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

/// The engine that all plugins of a process run in. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Sandbox {}

impl Sandbox {
    /// Sets up the engine. `key` authenticates the cache of compiled code.
    pub fn new(config: SandboxConfig, key: Arc<dyn CodeKey>) -> Result<Self, SandboxSetupError> {
        let _ = (config, key);
        todo!()
    }
    /// Loads a component: looks at it, refuses it with the reason, or compiles it (or takes it from the cache). Blocks; run it on a
    /// blocking thread.
    pub fn load(&self, component: &[u8]) -> Result<Plugin, LoadError> {
        let _ = component;
        todo!()
    }
    /// What the cache of compiled code did so far.
    pub fn cache_counts(&self) -> CacheCounts {
        todo!()
    }
    /// The configuration in force.
    pub fn config(&self) -> &SandboxConfig {
        todo!()
    }
}
