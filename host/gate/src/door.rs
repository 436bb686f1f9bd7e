//! The door itself: one per installation (or shared stream), with everything that decides what may pass.
//!
//! Lives here: what all kinds of call share. Not here: each kind's projection and admission (`connector`, `language`, `channel`, `export`).

use std::{fmt, sync::Arc};

use isocial_model::{
    Clock, Kind, PackageRef, Purpose,
    contract::Contract,
    key::OrgKeys,
    receipt::{Receipt, Verdict},
};

use crate::{
    ceiling::CeilingError,
    egress::EgressGrant,
    open::{AbandonedLedger, OpenReceipt, Stopped},
    policy::NetworkPolicy,
    rights::{Effective, Layer},
};

/// What a door is built from.
#[derive(Debug, Clone)]
pub struct DoorSpec {
    /// The package, exactly.
    pub package: PackageRef,
    /// Its kind.
    pub kind: Kind,
    /// Its contracts, one a function.
    pub contracts: Vec<Contract>,
    /// The operator's, the organisation's and the grant's layers. The ceiling and the network's pack are added by the gate.
    pub layers: Vec<Layer>,
    /// The organisation's keys (the deployment's for a shared stream).
    pub keys: Arc<dyn OrgKeys>,
    /// The host's clock.
    pub clock: Arc<dyn Clock>,
    /// For connectors: the network that it may write. Posts of any other are dropped (HP-37).
    pub network: Option<NetworkPolicy>,
    /// For language packs: the manifest's topics, in order.
    pub topics: Vec<String>,
    /// The monitors' own handles, which redaction leaves: without `@`, case does not matter.
    pub own_handles: Vec<String>,
    /// Where it may reach.
    pub egress: EgressGrant,
    /// For exports: the manifest says that its files are opened by spreadsheets (HP-28).
    pub spreadsheet: bool,
    /// The deployment's own address, `https://host/`: the only links that messages may carry (HP-27).
    pub own_base: String,
}

/// A door that cannot be built.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DoorError {
    /// A contract goes over its ceiling.
    #[error(transparent)]
    Ceiling(#[from] CeilingError),
    /// A connector without a network.
    #[error("the connector {0} has no network: give the policy of the one that it may write")]
    NoNetwork(String),
    /// Two contracts of one function.
    #[error("{package} has two contracts of `{function}`: keep one")]
    Twice {
        /// The package.
        package: String,
        /// The function.
        function: String,
    },
}

/// One contract in force.
#[derive(Debug)]
pub(crate) struct InForce {
    pub(crate) contract: Contract,
    pub(crate) effective: Effective,
    /// First 16 hex digits of SHA-256 of the contract's JSON.
    pub(crate) hash: String,
    /// The effective rights as written in receipts.
    pub(crate) fields: Vec<String>,
}

/// The door of one installation.
pub struct Door {
    pub(crate) spec: DoorSpec,
    pub(crate) in_force: Vec<InForce>,
    pub(crate) abandoned: Arc<AbandonedLedger>,
}

impl Door {
    /// Builds a door; every contract is checked against its ceiling again.
    pub fn new(spec: DoorSpec) -> Result<Self, DoorError> {
        let _ = spec;
        todo!()
    }
    /// The package that stands behind it.
    pub fn package(&self) -> &PackageRef {
        &self.spec.package
    }
    /// Its kind.
    pub fn kind(&self) -> Kind {
        self.spec.kind
    }
    /// Where it may reach.
    pub fn egress(&self) -> &EgressGrant {
        &self.spec.egress
    }
    /// What is in force for a function, with the reason for each loss; absent if there is no contract for it.
    pub fn effective(&self, function: &str) -> Option<&Effective> {
        self.in_force.iter().find(|f| f.contract.function == function).map(|f| &f.effective)
    }
    /// The purposes in force for a function.
    pub fn purposes(&self, function: &str) -> &[Purpose] {
        self.effective(function).map_or(&[], |e| &e.purposes)
    }
    /// The receipts that nobody closed.
    pub fn abandoned(&self) -> &Arc<AbandonedLedger> {
        &self.abandoned
    }
    /// Closes a call that the sandbox stopped.
    pub fn fail<C>(&self, stopped: Stopped, open: OpenReceipt<C>) -> Receipt {
        let (closing, _) = open.close();
        closing.receipt(Verdict::Stopped(stopped.name().into()), 0, 0)
    }
}

impl fmt::Debug for Door {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Door").field("package", &self.spec.package).field("kind", &self.spec.kind).finish_non_exhaustive()
    }
}
