//! What a call may cost, by kind of plugin, and how large the sandbox is. Plain data with defaults; nothing here enforces anything.

use std::{collections::BTreeMap, path::PathBuf};

use isocial_model::Kind;
use serde::{Deserialize, Deserializer, Serialize};

use crate::LimitGrant;

/// One mebibyte.
const MIB: u64 = 1024 * 1024;

/// What lies between the time of a guest and the time on the wall: for a machine that is busy with others. The bar is 25 ms.
const BUSY_MS: u32 = 20;

/// What one call of one kind of plugin may cost. Each bound is enforced by the sandbox and none can be raised by a plugin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Limits {
    /// Linear memory, summed over all memories of the instance · bytes.
    pub memory_bytes: u64,
    /// Table elements, summed over all tables of the instance.
    pub table_elements: u64,
    /// Core instances that the component may be made of.
    pub instances: u32,
    /// Milliseconds that guest code may run, counted in slices of the epoch ticker.
    pub time_ms: u32,
    /// Milliseconds on the wall after which the call ends even if the machine gave it little of them.
    pub wall_ms: u32,
    /// Bytes that the host reads from the guest for one answer, or for one argument list of `log`.
    pub output_bytes: u64,
    /// Log lines kept a call; further ones are counted.
    pub log_lines: u32,
    /// Resource handles that may be alive at once in the instance. A plugin has one at most, its `writer`.
    pub handles: u32,
}

impl Limits {
    /// Bytes of a log line that are kept; the rest is cut.
    pub const LOG_LINE_BYTES: usize = 1_024;

    const fn new(memory_mib: u64, time_ms: u32, output_mib: u64) -> Self {
        Self {
            memory_bytes: memory_mib * MIB,
            table_elements: 40_000, // a JavaScript engine's table has about 15,000
            instances: 32,
            time_ms,
            wall_ms: time_ms + BUSY_MS,
            output_bytes: output_mib * MIB,
            log_lines: 64,
            handles: 64,
        }
    }
}

/// Limits as somebody writes them: what is left out keeps the kind's default.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Given {
    memory_bytes: Option<u64>,
    table_elements: Option<u64>,
    instances: Option<u32>,
    time_ms: Option<u32>,
    wall_ms: Option<u32>,
    output_bytes: Option<u64>,
    log_lines: Option<u32>,
    handles: Option<u32>,
}

impl Given {
    fn over(self, kind: &Limits) -> Limits {
        let time_ms = self.time_ms.unwrap_or(kind.time_ms);
        Limits {
            memory_bytes: self.memory_bytes.unwrap_or(kind.memory_bytes),
            table_elements: self.table_elements.unwrap_or(kind.table_elements),
            instances: self.instances.unwrap_or(kind.instances),
            time_ms,
            // Who gives a guest more time means it on the wall too.
            wall_ms: self.wall_ms.unwrap_or(time_ms.saturating_add(BUSY_MS)),
            output_bytes: self.output_bytes.unwrap_or(kind.output_bytes),
            log_lines: self.log_lines.unwrap_or(kind.log_lines),
            handles: self.handles.unwrap_or(kind.handles),
        }
    }
}

/// Reads the limits of one kind over its defaults.
macro_rules! over_default {
    ($($field:ident),*) => {$(
        fn $field<'de, D: Deserializer<'de>>(given: D) -> Result<Limits, D::Error> {
            Ok(Given::deserialize(given)?.over(&SandboxConfig::default().$field))
        }
    )*};
}
over_default!(connector, language_pack, alert_channel, export_format);

/// Where components are compiled. The caps on what a component may be made of hold in both cases.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Compiler {
    /// On a thread of this process: for tests and programs that embed the sandbox and load what they trust to compile. Time is
    /// bounded (the thread is left behind), memory is not.
    #[default]
    InProcess,
    /// In a process of its own, which is killed at `compile_ms` or `compile_bytes` (HP-48). The program must do nothing but call
    /// [`compile_as_child`](crate::compile_as_child) when it is started with these arguments; `isocial` itself is one.
    Child {
        /// The program: this one, as a rule. Another build's code is refused when it is loaded.
        program: PathBuf,
        /// Its arguments.
        args: Vec<String>,
    },
}

impl Compiler {
    /// A process of the program that runs now, started with these arguments.
    pub fn this_program(args: &[&str]) -> std::io::Result<Self> {
        // The file that runs, even when an update has put another one in its place.
        let program = if cfg!(target_os = "linux") {
            PathBuf::from("/proc/self/exe")
        } else {
            std::env::current_exe()?
        };
        Ok(Self::Child {
            program,
            args: args.iter().map(ToString::to_string).collect(),
        })
    }
}

/// How large the sandbox is and what its guests may cost. Every key has a default; unknown keys are errors.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SandboxConfig {
    /// A call of a connector. 64 MiB, 1 s, 4 MiB out.
    #[serde(deserialize_with = "connector")]
    pub connector: Limits,
    /// A call of a language pack (a batch). 256 MiB, 2 s, 1 MiB out: four times what 128 documents with everything in them come to.
    #[serde(deserialize_with = "language_pack")]
    pub language_pack: Limits,
    /// A call of an alert channel. 32 MiB, 200 ms, 1 MiB out.
    #[serde(deserialize_with = "alert_channel")]
    pub alert_channel: Limits,
    /// A call of an export format's writer. 128 MiB, 1 s, 8 MiB out.
    #[serde(deserialize_with = "export_format")]
    pub export_format: Limits,
    /// Other limits than the kind's for single packages, by package id without version.
    pub grants: BTreeMap<String, LimitGrant>,
    /// Instances alive at once, writers included · 1–10,000. More calls wait.
    pub pool: u32,
    /// Milliseconds that a call waits for a place in the pool before it fails with [`Stop::Pool`](crate::Stop::Pool).
    pub pool_wait_ms: u32,
    /// Threads of the [`Executor`](crate::Executor); 0 = twice as many as the machine has cores. One organisation, and one plugin
    /// version, runs on half of them at most: with twice the cores, spinners can take each core once and never twice (HT-14).
    pub threads: u32,
    /// Stack of guest code · bytes. Deeper recursion is [`Stop::Stack`](crate::Stop::Stack).
    pub stack_bytes: u32,
    /// Address space (not memory) kept a slot · bytes. At 4 GiB, the default, guest code needs no bounds checks. Where that much is not
    /// to be had, the largest grant of memory is tried instead, with a warning.
    pub reservation_bytes: u64,
    /// Largest component that is looked at · bytes. JavaScript and Python guests are 12–18 MiB.
    pub component_bytes: u64,
    /// Where components are compiled (HP-48).
    pub compiler: Compiler,
    /// Milliseconds that compiling one component may take. JavaScript guests take 20–44 s.
    pub compile_ms: u32,
    /// Memory that compiling one component may take · bytes, enforced in a process of its own only. JavaScript guests take 437 MiB.
    pub compile_bytes: u64,
    /// Folder for compiled code, made with mode 0700; none = nothing is kept on disk.
    pub cache_dir: Option<PathBuf>,
}

impl Default for SandboxConfig {
    fn default() -> Self {
        Self {
            connector: Limits::new(64, 1_000, 4),
            language_pack: Limits::new(256, 2_000, 1),
            alert_channel: Limits::new(32, 200, 1),
            export_format: Limits::new(128, 1_000, 8),
            grants: BTreeMap::new(),
            pool: 64,
            pool_wait_ms: 30_000,
            threads: 0,
            stack_bytes: 512 * 1024,
            reservation_bytes: 4 * 1024 * MIB,
            component_bytes: 64 * MIB,
            compiler: Compiler::InProcess,
            compile_ms: 120_000,
            compile_bytes: 2 * 1024 * MIB,
            cache_dir: None,
        }
    }
}

impl SandboxConfig {
    /// The limits of a kind.
    pub const fn limits(&self, kind: Kind) -> &Limits {
        match kind {
            Kind::Connector => &self.connector,
            Kind::LanguagePack => &self.language_pack,
            Kind::AlertChannel => &self.alert_channel,
            Kind::ExportFormat => &self.export_format,
        }
    }

    /// The limits of a package of this kind: the kind's, or what the operator grants it.
    pub fn limits_of(&self, kind: Kind, package: &str) -> Limits {
        let kind = self.limits(kind);
        self.grants
            .get(package)
            .map_or(*kind, |grant| grant.over(kind))
    }

    /// Threads of the executor, with 0 resolved to twice the machine's cores.
    pub fn executor_threads(&self) -> usize {
        match self.threads {
            0 => 2 * std::thread::available_parallelism().map_or(2, std::num::NonZero::get),
            n => n as usize,
        }
    }

    /// The greatest value of a limit over all kinds and grants: what the pool must be able to hold.
    pub(crate) fn greatest(&self, of: impl Fn(&Limits) -> u64) -> u64 {
        let granted = |kind| self.grants.values().map(move |g| g.over(self.limits(kind)));
        Kind::ALL
            .into_iter()
            .flat_map(|kind| granted(kind).chain([*self.limits(kind)]))
            .map(|limits| of(&limits))
            .max()
            .unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_keys_are_errors_and_missing_ones_have_defaults() {
        let config: SandboxConfig = serde_json::from_str(r#"{"pool": 8}"#).unwrap();
        assert_eq!(
            config,
            SandboxConfig {
                pool: 8,
                ..SandboxConfig::default()
            }
        );
        assert!(serde_json::from_str::<SandboxConfig>(r#"{"pol": 8}"#).is_err());
        assert!(serde_json::from_str::<SandboxConfig>(r#"{"connector": {"time": 8}}"#).is_err());
    }

    #[test]
    fn one_limit_of_one_kind_can_be_given_alone() {
        let config: SandboxConfig =
            serde_json::from_str(r#"{"alert_channel": {"time_ms": 500}}"#).unwrap();
        let default = SandboxConfig::default().alert_channel;
        assert_eq!(
            config.alert_channel,
            Limits {
                time_ms: 500,
                wall_ms: 520,
                ..default
            }
        );
        let whole = serde_json::to_string(&config).unwrap();
        assert_eq!(
            serde_json::from_str::<SandboxConfig>(&whole).unwrap(),
            config
        );
    }
}
