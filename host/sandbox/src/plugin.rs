//! A loaded plugin and its calls.

mod bench;

#[doc(hidden)]
pub use bench::{BenchTimes, Held};

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use isocial_gate::{Passed, Untrusted, WriterStart};
use isocial_model::{
    Kind,
    channel::{ChannelAnswer, ChannelCall},
    connector::{ConnectorAnswer, ConnectorCall, Fault},
    export::Row,
    language::{Analyses, Batch},
};
use semver::Version;
use wasmtime::component::InstancePre;

use crate::{
    Limits, LoadError, Log, SandboxError, Stop, Tally,
    inspect::Shape,
    live::{Answer, Failure, Guest, Live, Stillborn},
    log::neutral,
    sandbox::Core,
    worlds::v0_1::{Exports, WriterHandle},
};

/// Optional interfaces that a connector exports beside the required one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Abilities {
    /// Asks whether posts still exist.
    pub recheck: bool,
    /// Reads a source that pushes.
    pub stream: bool,
    /// Takes deliveries.
    pub inbound: bool,
}

/// What a call came to: the answer or why there is none, and either way the lines that the guest wrote.
#[derive(Debug)]
pub struct Called<T> {
    /// The answer, which only the gate can open, or why the sandbox ended the call.
    pub outcome: Result<Untrusted<T>, SandboxError>,
    /// For the organisation's plugin log, never the operator's.
    pub log: Log,
}

/// What a call came to, before it is sealed for the gate. It never leaves this room.
#[derive(Debug)]
pub(crate) struct Raw<T> {
    pub(crate) outcome: Result<Answer<T>, SandboxError>,
    pub(crate) log: Log,
}

impl<T> Raw<T> {
    fn seal(self) -> Called<T> {
        let outcome = self
            .outcome
            .map(|answer| Untrusted::from_guest(answer.value, answer.bytes));
        Called {
            outcome,
            log: self.log,
        }
    }
}

struct Inner {
    core: Arc<Core>,
    pre: InstancePre<Guest>,
    exports: Exports,
    shape: Shape,
    digest: String,
    limits: Limits,
    calls: AtomicU64,
}

/// A loaded plugin, ready to be called from any thread. Cheap to clone; all clones share one counter.
///
/// Calls are synchronous, take at most the kind's `wall_ms`, and may first wait for a place in the pool.
#[derive(Clone)]
pub struct Plugin(Arc<Inner>, Option<Tally>);

impl std::fmt::Debug for Plugin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Plugin")
            .field("digest", &self.0.digest)
            .field("kind", &self.0.shape.kind)
            .finish_non_exhaustive()
    }
}

impl Plugin {
    /// Starts a first instance, finds the functions, and checks their types in it.
    pub(crate) fn new(
        core: Arc<Core>,
        pre: InstancePre<Guest>,
        shape: Shape,
        digest: String,
        limits: Limits,
    ) -> Result<Self, LoadError> {
        let started = {
            let _running = core.ticker.run();
            start(&core, &pre, &limits)
        };
        let mut first = started
            .map_err(|stillborn| LoadError::Start(SandboxError::new(&digest, stillborn.why)))?;
        let exports = Exports::find(pre.component(), shape.kind, &shape, &mut first).map_err(
            |(function, cause)| LoadError::Interface {
                function,
                cause: neutral(&cause),
            },
        )?;
        drop(first);
        Ok(Self(
            Arc::new(Inner {
                core,
                pre,
                exports,
                shape,
                digest,
                limits,
                calls: AtomicU64::new(0),
            }),
            None,
        ))
    }

    /// The same plugin, whose calls are counted there too.
    #[must_use]
    pub fn with_tally(&self, tally: Tally) -> Self {
        Self(Arc::clone(&self.0), Some(tally))
    }

    /// The kind, told by the interface that it exports.
    pub fn kind(&self) -> Kind {
        self.0.shape.kind
    }
    /// The version of that interface.
    pub fn interface_version(&self) -> &Version {
        &self.0.shape.version
    }
    /// What else it exports.
    pub fn abilities(&self) -> Abilities {
        match &self.0.exports {
            Exports::Connector(c) => Abilities {
                recheck: c.recheck.is_some(),
                stream: c.stream.is_some(),
                inbound: c.inbound.is_some(),
            },
            _ => Abilities::default(),
        }
    }
    /// SHA-256 of the component, lower-case hex.
    pub fn digest(&self) -> &str {
        &self.0.digest
    }
    /// What it imports, without interfaces that only name types: nothing, or `log` with its version.
    pub fn imports(&self) -> &[String] {
        &self.0.shape.imports
    }
    /// What one call may cost: the kind's limits, or what the operator grants this package.
    pub fn limits(&self) -> &Limits {
        &self.0.limits
    }
    /// Calls so far: one for each `Passed` value taken, however it ended. The receipts of a run add up to it.
    pub fn calls(&self) -> u64 {
        self.0.calls.load(Ordering::Relaxed)
    }

    /// Calls a connector in a fresh instance.
    pub fn connector(&self, call: Passed<ConnectorCall>) -> Called<ConnectorAnswer> {
        self.connect(call.into_guest()).seal()
    }

    /// Calls a language pack in a fresh instance. The pack's own typed fault is an answer.
    pub fn analyze(&self, batch: Passed<Batch>) -> Called<Result<Analyses, Fault>> {
        self.read(batch.into_guest()).seal()
    }

    /// Calls an alert channel in a fresh instance.
    pub fn channel(&self, call: Passed<ChannelCall>) -> Called<ChannelAnswer> {
        self.notify(call.into_guest()).seal()
    }

    /// Begins a file in an instance of its own, which holds a place in the pool until the writer is dropped.
    pub fn writer(&self, start: Passed<WriterStart>) -> (Result<Writer, SandboxError>, Log) {
        self.begin(start.into_guest())
    }

    /// Two batches in one instance, as no call ever does: how many languages each answers. For the test that canaries would be found.
    #[cfg(test)]
    pub(crate) fn read_twice(&self, first: Batch, second: Batch) -> [usize; 2] {
        let Exports::LanguagePack { analyze } = &self.0.exports else {
            return [0; 2];
        };
        let _running = self.0.core.ticker.run();
        let mut live = self.start().unwrap();
        [first, second].map(|batch| {
            live.again();
            let answer = Exports::analyze(&mut live, analyze, batch).unwrap();
            answer.value.unwrap().languages.len()
        })
    }

    // The calls themselves, between the two types of the gate.

    pub(crate) fn connect(&self, call: ConnectorCall) -> Raw<ConnectorAnswer> {
        self.count();
        let Exports::Connector(exports) = &self.0.exports else {
            return self.wrong_kind();
        };
        self.fresh(|live| exports.call(live, call))
    }

    pub(crate) fn read(&self, batch: Batch) -> Raw<Result<Analyses, Fault>> {
        self.count();
        let Exports::LanguagePack { analyze } = &self.0.exports else {
            return self.wrong_kind();
        };
        self.fresh(|live| Exports::analyze(live, analyze, batch))
    }

    pub(crate) fn notify(&self, call: ChannelCall) -> Raw<ChannelAnswer> {
        self.count();
        let Exports::AlertChannel { compose, judge } = &self.0.exports else {
            return self.wrong_kind();
        };
        self.fresh(|live| Exports::channel(live, compose, judge, call))
    }

    pub(crate) fn begin(&self, start: WriterStart) -> (Result<Writer, SandboxError>, Log) {
        self.count();
        let Exports::ExportFormat { begin, .. } = &self.0.exports else {
            return (Err(self.error(Stop::Kind)), Log::default());
        };
        let running = self.0.core.ticker.run();
        let mut live = match self.start() {
            Ok(live) => live,
            Err(stillborn) => return (Err(self.error(stillborn.why)), stillborn.log),
        };
        let begun = Exports::begin(&mut live, begin, start);
        drop(running);
        let log = live.log();
        let writer = match begun {
            Ok(handle) => Ok(Writer {
                plugin: self.clone(),
                live: Some((live, handle)),
            }),
            Err(failure) => Err(self.error(live.why(&failure))),
        };
        (writer, log)
    }

    fn count(&self) {
        self.0.calls.fetch_add(1, Ordering::Relaxed);
        if let Some(tally) = &self.1 {
            tally.count();
        }
    }

    fn error(&self, why: Stop) -> SandboxError {
        SandboxError::new(&self.0.digest, why)
    }

    fn wrong_kind<T>(&self) -> Raw<T> {
        Raw {
            outcome: Err(self.error(Stop::Kind)),
            log: Log::default(),
        }
    }

    /// A fresh instance under the package's limits.
    fn start(&self) -> Result<Live, Stillborn> {
        start(&self.0.core, &self.0.pre, &self.0.limits)
    }

    /// One call in a fresh instance.
    fn fresh<T>(&self, call: impl FnOnce(&mut Live) -> Result<Answer<T>, Failure>) -> Raw<T> {
        let _running = self.0.core.ticker.run();
        match self.start() {
            Ok(mut live) => {
                let outcome = call(&mut live).map_err(|failure| self.error(live.why(&failure)));
                Raw {
                    outcome,
                    log: live.log(),
                }
            }
            Err(stillborn) => Raw {
                outcome: Err(self.error(stillborn.why)),
                log: stillborn.log,
            },
        }
    }
}

/// Takes a place in the pool and makes an instance in it.
fn start(core: &Core, pre: &InstancePre<Guest>, limits: &Limits) -> Result<Live, Stillborn> {
    let wait = Duration::from_millis(core.config.pool_wait_ms.into());
    let Some(slot) = core.slots.take(wait) else {
        return Err(Stillborn {
            why: Stop::Pool,
            log: Log::default(),
        });
    };
    Live::start(pre, limits, slot)
}

/// One file of one organisation being written, in an instance of its own.
#[derive(Debug)]
pub struct Writer {
    plugin: Plugin,
    /// None once a call was stopped: a trap poisons the instance.
    live: Option<(Live, WriterHandle)>,
}

impl Writer {
    /// Bytes for these rows. After a call that the sandbox stopped, every further one is [`Stop::Ended`].
    pub fn write(&mut self, rows: Passed<Vec<Row>>) -> Called<Result<Vec<u8>, Fault>> {
        self.rows(rows.into_guest()).seal()
    }

    /// The last bytes.
    pub fn finish(mut self, end: Passed<()>) -> Called<Result<Vec<u8>, Fault>> {
        let () = end.into_guest();
        self.end().seal()
    }

    pub(crate) fn rows(&mut self, rows: Vec<Row>) -> Raw<Result<Vec<u8>, Fault>> {
        let plugin = self.plugin.clone();
        let Exports::ExportFormat { write, .. } = &plugin.0.exports else {
            return plugin.wrong_kind();
        };
        self.step(|live, handle| handle.write(live, write, rows))
    }

    pub(crate) fn end(&mut self) -> Raw<Result<Vec<u8>, Fault>> {
        let plugin = self.plugin.clone();
        let Exports::ExportFormat { finish, .. } = &plugin.0.exports else {
            return plugin.wrong_kind();
        };
        self.step(|live, handle| handle.finish(live, finish))
    }

    fn step<T>(
        &mut self,
        call: impl FnOnce(&mut Live, &WriterHandle) -> Result<Answer<T>, Failure>,
    ) -> Raw<T> {
        self.plugin.count();
        let Some((live, handle)) = &mut self.live else {
            return Raw {
                outcome: Err(self.plugin.error(Stop::Ended)),
                log: Log::default(),
            };
        };
        let _running = self.plugin.0.core.ticker.run();
        live.again();
        let outcome = call(live, handle).map_err(|failure| self.plugin.error(live.why(&failure)));
        let log = live.log();
        if outcome.is_err() {
            self.live = None;
        }
        Raw { outcome, log }
    }
}
