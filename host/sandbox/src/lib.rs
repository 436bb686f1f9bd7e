//! Runs plugins: WebAssembly components that compute and can do nothing else.
//!
//! Lives here: the engine and its limits, loading (what a component may import is decided before it runs), the cache of compiled
//! code, one module a world and version, and the threads that calls run on. Not here: what a plugin is given and what of its answer
//! is used (`gate`): this room takes only [`isocial_gate::Passed`] values and returns only [`isocial_gate::Untrusted`] ones.
//!
//! A call is a pure function. Each gets a fresh store and a fresh instance (an export's [`Writer`], held for one file of one
//! organisation, is the only exception), whose only import is `log`: no network, clock, chance, file, environment or secret.
//! Calls are synchronous and never wait for the outside; run them through an [`Executor`], never on the server's own threads.

mod cache;
mod compile;
mod config;
mod engine;
mod error;
mod executor;
mod grant;
mod inspect;
mod live;
mod log;
mod plugin;
mod sandbox;
mod slots;
mod tally;
#[cfg(test)]
mod tests;
mod ticker;
mod trusted;
mod worlds;

pub use cache::CacheCounts;
pub use compile::compile_as_child;
pub use config::{Compiler, Limits, SandboxConfig};
pub use error::{LoadError, SandboxError, SandboxSetupError, Stop};
pub use executor::{Executor, Lost, Turn};
pub use grant::LimitGrant;
pub use inspect::look;
pub use log::{Log, LogLevel, LogLine};
pub use plugin::{Abilities, Called, Plugin, Writer};
#[doc(hidden)]
pub use plugin::{BenchTimes, Held};
pub use sandbox::Sandbox;
pub use tally::Tally;
