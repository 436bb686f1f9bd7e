//! Egress decisions: whether a request that a plugin wants made may be made (SECURITY model B10). Pure: nothing is resolved or sent.
//!
//! Lives here: grants, denials, what is permitted. Not here: resolving, connecting, credentials' values (`egress` the room).

mod address;
mod header;
mod host;
mod mail;
mod request;
mod subscription;

use std::net::IpAddr;

use isocial_model::contract::{HostRule, Slot};
use serde::{Deserialize, Serialize};

pub use address::address_allowed;
pub use header::answer_headers_allowed;
pub(crate) use host::names_granted_host;
pub use mail::{MailBinding, PermittedMail, permit_mail};
pub use request::{PermittedRequest, permit};
pub use subscription::{PermittedOrigin, PermittedSubscription, permit_subscription};

/// A destination that the operator allows although the rules would not: a test server, an instance inside the company.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct OperatorException {
    /// `http`, `https`, `ws` or `wss`.
    pub scheme: String,
    /// Exact host as written in URLs; an address is allowed here, IPv6 in brackets.
    pub host: String,
    /// Exact port.
    pub port: u16,
    /// Addresses that may be connected to although they are not public; empty = only public ones.
    #[serde(default)]
    pub addresses: Vec<IpAddr>,
}

/// A credential slot and the hosts at which its credential may be attached.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SlotGrant {
    /// The manifest's slot.
    pub slot: Slot,
    /// Exact hosts; none = nowhere.
    pub hosts: Vec<String>,
}

/// Where one installation may reach, and with which credentials.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct EgressGrant {
    /// The contracts' hosts. A rule `tenant-declared` opens `tenant_hosts`.
    pub hosts: Vec<HostRule>,
    /// Hosts that a person added, pinned in the grant.
    pub tenant_hosts: Vec<String>,
    /// The operator's explicit exceptions. They lift scheme, port and address rules, never the list of hosts.
    pub exceptions: Vec<OperatorException>,
    /// Credential slots.
    pub slots: Vec<SlotGrant>,
    /// Whether the stream that the host itself holds may be read.
    pub input: bool,
}

/// A request that may not be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("denied by rule `{rule}`: {detail}")]
pub struct Denial {
    /// Stable name of the rule, for receipts and tests.
    pub rule: &'static str,
    /// What would be right; holds no path, query, header value or secret.
    pub detail: String,
    /// The host that was asked for, as far as it could be read; empty otherwise.
    pub host: String,
}
