//! What can go wrong when a component is loaded or called, as types. No text of a guest is ever in a message.

use std::time::Duration;

use isocial_gate::Stopped;

/// The sandbox itself could not be set up.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SandboxSetupError {
    /// The configuration asks for what this machine or wasmtime cannot do.
    #[error("the sandbox's configuration cannot work: {0}; lower `pool` or `reservation_bytes`")]
    Engine(String),
    /// A configured value is out of its range.
    #[error("`{key}` is {given}, expected {expected}")]
    Config {
        /// The key.
        key: &'static str,
        /// What was given.
        given: u64,
        /// What was expected.
        expected: &'static str,
    },
    /// The cache folder cannot be used.
    #[error(
        "the folder for compiled code `{folder}` cannot be used: {cause}; it must be a folder of this user with mode 0700"
    )]
    Cache {
        /// The folder.
        folder: String,
        /// What the system said.
        cause: String,
    },
    /// A thread could not be started.
    #[error("a thread could not be started: {0}")]
    Thread(#[source] std::io::Error),
}

/// A component was refused, before any of it ran unless said otherwise.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LoadError {
    /// The bytes are no WebAssembly, or are cut off.
    #[error(
        "these {bytes} bytes are no WebAssembly component: {cause}; expected the output of `isocial plugin build`"
    )]
    NotWebAssembly {
        /// How many bytes.
        bytes: usize,
        /// What the reader said.
        cause: String,
    },
    /// The bytes are a core module.
    #[error(
        "this is a core WebAssembly module, not a component; build it with `isocial plugin build`, which wraps it"
    )]
    CoreModule,
    /// Larger than allowed.
    #[error("the component has {given} bytes, more than the {limit} allowed (`component_bytes`)")]
    TooLarge {
        /// Its size.
        given: u64,
        /// The cap.
        limit: u64,
    },
    /// More of something than allowed.
    #[error("the component has {given} {what}, more than the {limit} allowed")]
    TooMany {
        /// Of what.
        what: &'static str,
        /// How many.
        given: u64,
        /// The cap.
        limit: u64,
    },
    /// It imports more than `log`.
    #[error("the component asks for what no plugin is given: {}; only `isocial:plugin/log@0.1` may be imported", .0.join(", "))]
    ForbiddenImports(Vec<String>),
    /// It exports none of the four interfaces.
    #[error("the component exports no plugin interface; expected one of {expected}")]
    NoInterface {
        /// The interfaces.
        expected: &'static str,
    },
    /// It exports more than one of the four.
    #[error("the component exports {} at once; a plugin is of one kind", .0.join(" and "))]
    ManyKinds(Vec<String>),
    /// Its interface has a version that this host does not speak.
    #[error("the component exports {interface}@{given}; this host supports {supported}: {hint}")]
    UnsupportedVersion {
        /// Interface without version.
        interface: String,
        /// Its version.
        given: String,
        /// What this host speaks.
        supported: &'static str,
        /// What to do.
        hint: &'static str,
    },
    /// A function is missing or has another type than the interface says.
    #[error(
        "`{function}` is missing or has another type than the interface says: {cause}; rebuild the plugin against the published interface"
    )]
    Interface {
        /// `interface.function`.
        function: String,
        /// What wasmtime said.
        cause: String,
    },
    /// It is not valid, or needs a part of WebAssembly that is switched off.
    #[error("the component is not valid here: {0}")]
    Invalid(String),
    /// Compiling took too long, on the wall or on the processor (HP-48).
    #[error("compiling took longer than {} s (`compile_ms`)", .0.as_secs())]
    CompileTime(Duration),
    /// Compiling took too much memory (HP-48). The compiling process was ended; nothing else was touched.
    #[error("compiling needed more than {} MiB (`compile_bytes`)", .0 >> 20)]
    CompileMemory(u64),
    /// The compiling process ended without an answer and not because of its limits.
    #[error("the compiling process ended without an answer ({0}); the component is not used")]
    CompileCrashed(String),
    /// The compiling process could not be started or talked to.
    #[error(
        "the compiling process cannot be used: {0}; look at `compiler` in the sandbox's configuration"
    )]
    CompileProcess(#[source] std::io::Error),
    /// Other compilations, perhaps some that take too long, did not end in time for this one to begin.
    #[error("other compilations did not end in time; try again later")]
    CompileBusy,
    /// The first instance, made to check the functions' types, did not start within the limits.
    #[error("the component does not start: {0}")]
    Start(SandboxError),
}

/// Why the sandbox ended a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Stop {
    /// The guest gave up or did what WebAssembly forbids.
    Trap,
    /// The time was spent.
    Time,
    /// Memory, tables or instances beyond the limits were asked for, or handles.
    Memory,
    /// The call stack was exhausted.
    Stack,
    /// The answer was larger than allowed, or is no valid value of its type.
    Output,
    /// No place in the pool became free in time.
    Pool,
    /// The plugin does not export this function.
    Missing(&'static str),
    /// The call was of another kind than the plugin.
    Kind,
    /// The writer was stopped by an earlier call.
    Ended,
    /// The host's own fault; nothing was wrong with the guest.
    Host,
}

impl Stop {
    /// The name in receipts and metrics.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Trap => "trap",
            Self::Time => "time",
            Self::Memory => "memory",
            Self::Stack => "stack",
            Self::Output => "output",
            Self::Pool => "pool",
            Self::Missing(_) => "missing",
            Self::Kind => "kind",
            Self::Ended => "ended",
            Self::Host => "host",
        }
    }
}

impl std::fmt::Display for Stop {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Trap => f.write_str("it trapped"),
            Self::Time => f.write_str("its time was spent"),
            Self::Memory => {
                f.write_str("it asked for more memory, tables or handles than it may have")
            }
            Self::Stack => f.write_str("its call stack was exhausted"),
            Self::Output => f.write_str("its answer was too large or not a valid value"),
            Self::Pool => f.write_str("no place in the pool became free in time"),
            Self::Missing(function) => write!(f, "it does not export `{function}`"),
            Self::Kind => f.write_str("it is of another kind than the call"),
            Self::Ended => f.write_str("its writer was stopped by an earlier call"),
            Self::Host => f.write_str("the host could not make the call"),
        }
    }
}

/// A call that the sandbox ended. The instance is gone; nobody else was touched.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("plugin {plugin} was stopped: {why}")]
pub struct SandboxError {
    /// First 16 hex digits of the component's SHA-256.
    pub plugin: String,
    /// Why.
    pub why: Stop,
}

impl SandboxError {
    /// Hex digits of the digest by which a plugin is named.
    const DIGITS: usize = 16;

    pub(crate) fn new(digest: &str, why: Stop) -> Self {
        Self {
            plugin: digest.chars().take(Self::DIGITS).collect(),
            why,
        }
    }
}

impl Stop {
    /// What the gate's receipt says. Everything that is nobody's limit counts as a trap or, where the guest never ran, as no instance.
    pub const fn stopped(self) -> Stopped {
        match self {
            Self::Time => Stopped::Time,
            Self::Memory => Stopped::Memory,
            Self::Stack => Stopped::Stack,
            Self::Output => Stopped::Output,
            Self::Pool | Self::Host => Stopped::Pool,
            Self::Trap | Self::Missing(_) | Self::Kind | Self::Ended => Stopped::Trap,
        }
    }
}

impl From<&SandboxError> for Stopped {
    fn from(error: &SandboxError) -> Self {
        error.why.stopped()
    }
}
