//! Why the gate lets nothing pass: into a guest ([`ProjectError`]) or out of one ([`Rejection`]).

use isocial_model::connector::Fault;

/// Why a call was not projected: the caller's mistake or the contract's limit; no guest has run and no receipt is owed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ProjectError {
    /// The plugin is of another kind.
    #[error("the door of {package} is for a {kind}: it has no `{function}`")]
    WrongKind {
        /// The package.
        package: String,
        /// Its kind.
        kind: &'static str,
        /// What was asked for.
        function: &'static str,
    },
    /// The manifest has no contract for the function.
    #[error("{package} has no contract for `{function}`: add one to its manifest")]
    NoContract {
        /// The package.
        package: String,
        /// The function.
        function: &'static str,
    },
    /// No purpose of the contract is granted.
    #[error(
        "no purpose of `{function}` is granted to {package}: grant one of those in its contract"
    )]
    NoPurpose {
        /// The package.
        package: String,
        /// The function.
        function: &'static str,
    },
    /// Too much at once.
    #[error("`{what}` is {given}, at most {allowed} fit: split the call")]
    TooMuch {
        /// What.
        what: &'static str,
        /// How much was given.
        given: u64,
        /// How much may be.
        allowed: u64,
    },
    /// A value that cannot be right.
    #[error("`{what}` is not valid: {why}")]
    Invalid {
        /// What.
        what: &'static str,
        /// What was expected.
        why: &'static str,
    },
    /// Nothing is left after restriction and rights.
    #[error("nothing to give: {0}")]
    Nothing(&'static str),
}

/// Why nothing of an answer was used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Rejection {
    /// The answer breaks a rule of its interface.
    #[error("the answer breaks rule `{rule}`: {found}, expected {expected}")]
    Rule {
        /// Stable name, as in the receipt.
        rule: &'static str,
        /// What was found, without content: a number or a word of ours.
        found: String,
        /// What would have been right.
        expected: &'static str,
    },
    /// The plugin's own typed fault, with its texts neutralised and cut.
    #[error("the plugin answered with its fault `{}`", fault_name(.0))]
    Fault(Fault),
}

impl Rejection {
    /// The rule's or fault's name, as in the receipt.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Rule { rule, .. } => rule,
            Self::Fault(fault) => fault_name(fault),
        }
    }
}

/// The name of a fault, as in WIT.
pub fn fault_name(fault: &Fault) -> &'static str {
    match fault {
        Fault::RetryAfter(_) => "retry-after",
        Fault::RateLimited { .. } => "rate-limited",
        Fault::Authentication { .. } => "authentication",
        Fault::BadConfig { .. } => "bad-config",
        Fault::Upstream(_) => "upstream",
        Fault::Gone => "gone",
        Fault::Moved(_) => "moved",
        Fault::Permanent(_) => "permanent",
        Fault::Other { .. } => "other",
    }
}
