//! One live instance: its store, what it may still take, and how its end is named.

use std::time::{Duration, Instant};

use wasmtime::{
    PoolConcurrencyLimitError, ResourceLimiter, Store, StoreContextMut, Trap, UpdateDeadline,
    WasmBacktrace,
    component::{ComponentExportIndex, Instance, InstancePre, Linker, WasmStr},
};

use crate::{
    Limits, Log, LogLevel, Stop, engine,
    log::neutral,
    slots::Slot,
    ticker::SLICES_A_MS,
    trusted::{Function, Signature},
    worlds::v0_1::bindings::isocial::plugin::log::Level,
};

/// Why there is no answer.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The plugin has no such function.
    Missing(&'static str),
    /// wasmtime ended it.
    Wasm(wasmtime::Error),
}

impl From<wasmtime::Error> for Failure {
    fn from(error: wasmtime::Error) -> Self {
        Self::Wasm(error)
    }
}

/// What a guest returned, on its way to the gate.
#[derive(Debug)]
pub(crate) struct Answer<T> {
    pub(crate) value: T,
    /// Bytes that it brought out.
    pub(crate) bytes: u64,
}

/// The guest's time is spent. Raised by the epoch callback, told apart by [`Guest::spent`].
#[derive(Debug, thiserror::Error)]
#[error("the guest's time is spent")]
struct TimeSpent;

/// What the host keeps beside an instance.
#[derive(Debug)]
pub(crate) struct Guest {
    limits: Limits,
    /// Bytes of all memories.
    memory: u64,
    /// Elements of all tables.
    elements: u64,
    /// A growth was denied.
    denied: bool,
    /// Slices used by this call.
    slices: u32,
    /// When this call began.
    began: Instant,
    /// The time is spent.
    spent: bool,
    log: Log,
}

impl Guest {
    fn new(limits: Limits) -> Self {
        let log = Log::default();
        Self {
            limits,
            memory: 0,
            elements: 0,
            denied: false,
            slices: 0,
            began: Instant::now(),
            spent: false,
            log,
        }
    }

    /// One more slice of time, or the end.
    fn slice(&mut self) -> wasmtime::Result<UpdateDeadline> {
        self.slices += 1;
        let wall = Duration::from_millis(self.limits.wall_ms.into());
        let spent = self.slices / SLICES_A_MS >= self.limits.time_ms;
        if spent || self.began.elapsed() >= wall {
            self.spent = true;
            return Err(TimeSpent.into());
        }
        // Whoever runs longer than a slice lets those go first that wait for a processor: a call of another organisation that takes
        // less than a slice never waits behind a whole time slice of the system's (HP-09).
        std::thread::yield_now();
        Ok(UpdateDeadline::Continue(1))
    }

    /// How the end of a call is named: by types and by what was noted, never by the text of an error.
    fn why(&self, error: &wasmtime::Error) -> Stop {
        if self.spent {
            return Stop::Time;
        }
        match error.downcast_ref::<Trap>() {
            Some(Trap::StackOverflow) => Stop::Stack,
            Some(Trap::AllocationTooLarge) => Stop::Memory,
            // A guest that is denied memory gives up with a trap of its own.
            _ if self.denied => Stop::Memory,
            Some(Trap::Interrupt) => Stop::Time,
            Some(_) => Stop::Trap,
            None if error.is::<PoolConcurrencyLimitError>() => Stop::Pool,
            // With guest frames on the stack it is the guest that did what the component model forbids (too many handles, a handle
            // that is none, a log line outside its memory). Without, its answer could not be read.
            None if error.downcast_ref::<WasmBacktrace>().is_some() => Stop::Trap,
            None => Stop::Output,
        }
    }
}

impl ResourceLimiter for Guest {
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let after = self
            .memory
            .saturating_sub(current as u64)
            .saturating_add(desired as u64);
        if after > self.limits.memory_bytes || maximum.is_some_and(|most| desired > most) {
            self.denied = true;
            return Ok(false);
        }
        self.memory = after;
        Ok(true)
    }
    fn table_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let after = self
            .elements
            .saturating_sub(current as u64)
            .saturating_add(desired as u64);
        if after > self.limits.table_elements || maximum.is_some_and(|most| desired > most) {
            self.denied = true;
            return Ok(false);
        }
        self.elements = after;
        Ok(true)
    }
    fn instances(&self) -> usize {
        self.limits.instances as usize
    }
    fn memories(&self) -> usize {
        engine::MEMORIES as usize
    }
    fn tables(&self) -> usize {
        engine::TABLES as usize
    }
}

/// A live instance in a store of its own.
#[derive(Debug)]
pub(crate) struct Live {
    store: Store<Guest>,
    instance: Instance,
    // After the store: the place is free only when the instance is gone.
    _slot: Slot,
}

/// An instance that did not come to live: why, and what it wrote until then.
#[derive(Debug)]
pub(crate) struct Stillborn {
    pub(crate) why: Stop,
    pub(crate) log: Log,
}

impl Live {
    /// Makes a store and an instance under these limits.
    pub(crate) fn start(
        pre: &InstancePre<Guest>,
        limits: &Limits,
        slot: Slot,
    ) -> Result<Self, Stillborn> {
        let mut store = Store::new(pre.engine(), Guest::new(*limits));
        store.limiter(|guest| guest);
        store.set_hostcall_fuel(usize::try_from(limits.output_bytes).unwrap_or(usize::MAX));
        store.set_max_component_handles(limits.handles as usize);
        store.set_epoch_deadline(1);
        store.epoch_deadline_callback(|mut store| store.data_mut().slice());
        match pre.instantiate(&mut store) {
            Ok(instance) => Ok(Self {
                store,
                instance,
                _slot: slot,
            }),
            Err(error) => {
                let guest = store.data_mut();
                // Nothing has been lifted yet: what is not the guest's doing is the host's.
                let why = match guest.why(&error) {
                    Stop::Output => Stop::Host,
                    why => why,
                };
                Err(Stillborn {
                    why,
                    log: std::mem::take(&mut guest.log),
                })
            }
        }
    }

    /// Gives the next call of the same instance its full time and an empty log. Memory stays counted.
    pub(crate) fn again(&mut self) {
        let guest = self.store.data_mut();
        (guest.slices, guest.began, guest.denied) = (0, Instant::now(), false);
        self.store.set_epoch_deadline(1);
    }

    /// Calls an exported function.
    pub(crate) fn call<S: Signature>(
        &mut self,
        function: &Function<S>,
        params: S::Params<'_>,
    ) -> Result<S::Return, Failure> {
        Ok(function.call(&mut self.store, &self.instance, params)?)
    }

    /// The exported function at this index, if it has the signature.
    pub(crate) fn function<S: Signature>(
        &mut self,
        index: ComponentExportIndex,
    ) -> wasmtime::Result<Function<S>> {
        Function::check(&mut self.store, &self.instance, index)
    }

    /// The lines of the call.
    pub(crate) fn log(&mut self) -> Log {
        std::mem::take(&mut self.store.data_mut().log)
    }

    /// Why the call failed.
    pub(crate) fn why(&self, failure: &Failure) -> Stop {
        match failure {
            Failure::Missing(function) => Stop::Missing(function),
            Failure::Wasm(error) => self.store.data().why(error),
        }
    }
}

/// Puts the one import that there is into the linker: `log`.
pub(crate) fn link(linker: &mut Linker<Guest>) -> wasmtime::Result<()> {
    linker.instance("isocial:plugin/log@0.1.0")?.func_wrap(
        "write",
        |mut store: StoreContextMut<'_, Guest>, (level, message): (Level, WasmStr)| {
            let guest = store.data_mut();
            let limit = guest.limits.log_lines;
            // A line that is not kept is not even read.
            if guest.log.admits(limit) {
                let text = neutral(&message.to_str(&store)?);
                store.data_mut().log.push(level.into(), text);
            }
            Ok(())
        },
    )
}

impl From<Level> for LogLevel {
    fn from(level: Level) -> Self {
        match level {
            Level::Debug => Self::Debug,
            Level::Info => Self::Info,
            Level::Warn => Self::Warn,
            Level::Error => Self::Error,
        }
    }
}
