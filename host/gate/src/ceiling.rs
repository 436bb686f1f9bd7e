//! Ceilings: the most that a plugin of a kind may have for a purpose, whatever its publisher writes (SECURITY model B2).
//!
//! Lives here: the table and the check at installation (HP-02, HP-03). Not here: what a tenant grants below it.

use isocial_model::{
    Kind, Purpose,
    contract::{Contract, Rights},
};

/// A contract that goes over its ceiling: the package is not installable.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CeilingError {
    /// A field, or its precision, is too much.
    #[error("purpose `{purpose}` may not read `{field}`: a {kind} may have {}", allowed.join(", "))]
    Field {
        /// Of which kind.
        kind: Kind,
        /// For which purpose.
        purpose: Purpose,
        /// The right that goes too far.
        field: String,
        /// All that may be asked for.
        allowed: Vec<String>,
    },
    /// The kind does not do this.
    #[error("a {kind} may not have the purpose `{purpose}`: expected {}", allowed.join(", "))]
    Purpose {
        /// The kind.
        kind: Kind,
        /// The purpose.
        purpose: Purpose,
        /// What it may have.
        allowed: Vec<String>,
    },
    /// No purpose at all.
    #[error("the contract of `{0}` names no purpose: name at least one")]
    NoPurpose(String),
    /// A kind that reaches nothing asks for hosts.
    #[error("a {kind} reaches no host, and its contract of `{function}` names {hosts}: remove `egress`")]
    Egress {
        /// The kind.
        kind: Kind,
        /// The function.
        function: String,
        /// How many hosts.
        hosts: usize,
    },
    /// A host with a wildcard, an address or anything but a name.
    #[error("`{host}` is no host name: expected a literal name in lower case, or `tenant-declared`")]
    Host {
        /// What was given.
        host: String,
    },
    /// A kind that keeps nothing says that it keeps something.
    #[error("a {kind} keeps nothing: `retention` is `{given}`, expected `none`")]
    Retention {
        /// The kind.
        kind: Kind,
        /// What was given.
        given: String,
    },
    /// The kind exports no such function.
    #[error("a {kind} has no function `{function}`: expected one of {}", allowed.join(", "))]
    Function {
        /// The kind.
        kind: Kind,
        /// What was given.
        function: String,
        /// What there is.
        allowed: Vec<&'static str>,
    },
}

/// Whether a plugin of this kind may have this purpose at all.
pub fn allows(kind: Kind, purpose: Purpose) -> bool {
    match purpose {
        Purpose::Collection => kind == Kind::Connector,
        Purpose::Analysis(_) => kind == Kind::LanguagePack,
        Purpose::Alerting => kind == Kind::AlertChannel,
        Purpose::Export => kind == Kind::ExportFormat,
        Purpose::ServiceImprovement => false,
    }
}

/// The most that this kind may have for this purpose; nothing where the two do not go together.
pub fn of(kind: Kind, purpose: Purpose) -> Rights {
    let _ = (kind, purpose);
    todo!()
}

/// Checks a contract at installation; the first thing that goes too far is named with what would be allowed.
pub fn check(kind: Kind, contract: &Contract) -> Result<(), CeilingError> {
    let _ = (kind, contract);
    todo!()
}
