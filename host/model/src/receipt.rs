//! Receipts: one line a call, saying who was given which fields, why, and what came back; never a value (SECURITY model B4).
//!
//! Lives here: the lines as data and their canonical bytes. Not here: making them (`gate`), chaining (`vault`), keeping (`store`).

use serde::{Deserialize, Serialize};

use crate::{
    contract::{Kind, PackageRef},
    purpose::Purpose,
    time::Instant,
};

/// How a call ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "verdict", content = "rule")]
pub enum Verdict {
    /// Admitted.
    Ok,
    /// The plugin's own typed fault, by its name.
    Fault(String),
    /// The answer broke a rule, by its name; nothing of it was used.
    Rejected(String),
    /// The sandbox stopped the call: `trap`, `time`, `memory`, `stack`, `output`, `pool`.
    Stopped(String),
    /// The receipt was opened and never closed.
    Abandoned,
}

/// One call of a plugin.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct CallLine {
    /// Which package.
    pub plugin: PackageRef,
    /// Its kind.
    pub kind: Kind,
    /// The exported function.
    pub function: String,
    /// Why.
    pub purposes: Vec<Purpose>,
    /// First 16 hex digits of the SHA-256 of the contract in force.
    pub contract: String,
    /// Fields at their precision, `post.text:redacted`.
    pub fields: Vec<String>,
    /// How many items were given.
    pub items: u32,
    /// Bytes given.
    pub bytes_in: u64,
    /// What redaction replaced: kind to count.
    #[serde(default, skip_serializing_if = "std::collections::BTreeMap::is_empty")]
    pub redacted: std::collections::BTreeMap<String, u32>,
    /// Items left out because their processing is restricted.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub restricted_skipped: u32,
    /// Items that came back and were admitted.
    pub items_out: u32,
    /// Bytes that came back.
    pub bytes_out: u64,
    /// What admission dropped: rule to count.
    #[serde(default, skip_serializing_if = "std::collections::BTreeMap::is_empty")]
    pub dropped: std::collections::BTreeMap<String, u32>,
    /// Keyed commitment to what was given, hex.
    pub commitment: String,
    /// How it ended.
    #[serde(flatten)]
    pub verdict: Verdict,
    /// How many calls of the sandbox this line stands for: 1 for a single call, more where empty polls were folded (items and bytes
    /// are their sums, the commitment covers all of them), 0 where the receipt was dropped before any guest ran. The sum over a run's
    /// lines equals the sandbox's own counter.
    #[serde(default = "once")]
    pub times: u32,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde calls it with a reference"
)]
fn is_zero(n: &u32) -> bool {
    *n == 0
}
fn once() -> u32 {
    1
}
#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde calls it with a reference"
)]
fn is_once(n: &u32) -> bool {
    *n == 1
}

/// One exchange with the outside, made or refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct EgressLine {
    /// For which package.
    pub plugin: PackageRef,
    /// Method.
    pub method: String,
    /// Host and port; never a path or a query.
    pub host: String,
    /// Whether a credential was attached, by slot name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credential: Option<String>,
    /// Bytes sent.
    pub bytes_out: u64,
    /// Bytes received.
    pub bytes_in: u64,
    /// HTTP status, or the failure's name, or the rule that denied it.
    pub result: String,
    /// How many such exchanges this line stands for (those of empty polls fold); bytes are their sums.
    #[serde(default = "once", skip_serializing_if = "is_once")]
    pub times: u32,
}

/// Posts that came to this organisation from a stream which the deployment reads once for all.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct SharedLine {
    /// Which package read the stream.
    pub plugin: PackageRef,
    /// Number of the call's own line in the deployment's ledger: it was given nothing of any organisation's.
    pub deployment_seq: u64,
    /// Changes that were for this organisation.
    pub items: u32,
}

/// A line of a ledger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "line")]
pub enum Line {
    /// A call, or several equal ones folded.
    Call(CallLine),
    /// An exchange.
    Egress(EgressLine),
    /// What came from a shared stream.
    Shared(SharedLine),
    /// The host stopped without closing its books. What it had in hand then may lack a line: calls and exchanges that were not
    /// committed yet, and empty polls of the last 60 seconds that waited to be folded. Nothing else can be missing.
    UncleanStop {
        /// When it was noticed.
        noticed: Instant,
        /// Which run it was.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        run: Option<u64>,
        /// When that run had begun.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        began: Option<Instant>,
    },
    /// What the sandbox itself counted for this ledger, written where no call is in hand: the call lines from `first` up to here must
    /// add up to it.
    Counted(Counted),
    /// Stands for everything up to and including its own number, which was removed when its time was over.
    Checkpoint(Checkpoint),
}

/// A reading of the sandbox's call counter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Counted {
    /// In which run of the host.
    pub run: u64,
    /// When that run had begun.
    pub began: Instant,
    /// Number of the first line that this reading covers.
    pub first: u64,
    /// Calls that the sandbox took for this ledger since then.
    pub calls: u64,
}

/// What is left of lines that were removed: enough to check the rest against.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Checkpoint {
    /// Number of the last line that was removed; also this line's own.
    pub through: u64,
    /// Calls that the removed lines stood for, those behind earlier checkpoints included.
    pub calls: u64,
    /// The keyed link of the last removed line, hex.
    pub link: String,
    /// The open digest of the last removed line, hex.
    pub chain: String,
    /// When they were removed.
    pub cut: Instant,
    /// The deployment's Ed25519 signature over all of this and the ledger's name, hex.
    pub signature: String,
}

/// A receipt: a line and its time, before it has its place in the chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Receipt {
    /// When the call was closed.
    pub at: Instant,
    /// What happened.
    #[serde(flatten)]
    pub line: Line,
}

impl Receipt {
    /// The canonical bytes that the chain is computed over: JSON with the fields in declared order.
    pub fn canonical(&self) -> Vec<u8> {
        serde_json::to_vec(self).unwrap_or_default()
    }
    /// How many calls of the sandbox it stands for; 0 for a line of another kind.
    pub fn calls(&self) -> u32 {
        match &self.line {
            Line::Call(call) => call.times,
            _ => 0,
        }
    }
}
