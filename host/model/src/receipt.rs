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
    /// How often this very line happened in a row (empty polls fold); 1 for a single call.
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
    /// The host stopped without closing its books: calls of this run up to here may lack a line.
    UncleanStop {
        /// When it was noticed.
        noticed: Instant,
    },
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
}
