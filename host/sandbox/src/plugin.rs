//! A loaded plugin and its calls.

use isocial_gate::{Passed, Untrusted, WriterStart};
use isocial_model::{
    Kind,
    channel::{ChannelAnswer, ChannelCall},
    connector::{ConnectorAnswer, ConnectorCall, Fault},
    export::Row,
    language::{Analyses, Batch},
};

use crate::{Log, SandboxError};

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

/// A loaded plugin, ready to be called from any thread. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Plugin {}

impl Plugin {
    /// The kind, told by the interface that it exports.
    pub fn kind(&self) -> Kind {
        todo!()
    }
    /// The version of that interface.
    pub fn interface_version(&self) -> &semver::Version {
        todo!()
    }
    /// What else it exports.
    pub fn abilities(&self) -> Abilities {
        todo!()
    }
    /// SHA-256 of the component, lower-case hex.
    pub fn digest(&self) -> &str {
        todo!()
    }
    /// What it imports, without interfaces that only name types: nothing, or `log` with its version.
    pub fn imports(&self) -> &[String] {
        todo!()
    }
    /// Calls so far: one for each `Passed` value taken, however it ended. The receipts of a run add up to it.
    pub fn calls(&self) -> u64 {
        todo!()
    }
    /// Calls a connector in a fresh instance.
    pub fn connector(&self, call: Passed<ConnectorCall>) -> Called<ConnectorAnswer> {
        let _ = call;
        todo!()
    }
    /// Calls a language pack in a fresh instance. The pack's own typed fault is an answer.
    pub fn analyze(&self, batch: Passed<Batch>) -> Called<Result<Analyses, Fault>> {
        let _ = batch;
        todo!()
    }
    /// Calls an alert channel in a fresh instance.
    pub fn channel(&self, call: Passed<ChannelCall>) -> Called<ChannelAnswer> {
        let _ = call;
        todo!()
    }
    /// Begins a file in an instance of its own, which holds a place in the pool until the writer is dropped.
    pub fn writer(&self, start: Passed<WriterStart>) -> (Result<Writer, SandboxError>, Log) {
        let _ = start;
        todo!()
    }
}

/// One file of one organisation being written.
#[derive(Debug)]
pub struct Writer {}

impl Writer {
    /// Bytes for these rows.
    pub fn write(&mut self, rows: Passed<Vec<Row>>) -> Called<Result<Vec<u8>, Fault>> {
        let _ = rows;
        todo!()
    }
    /// The last bytes.
    pub fn finish(self, end: Passed<()>) -> Called<Result<Vec<u8>, Fault>> {
        let _ = end;
        todo!()
    }
}
