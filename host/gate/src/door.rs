//! The door itself: one per installation (or shared stream), with everything that decides what may pass.
//!
//! Lives here: what all kinds of call share. Not here: each kind's projection and admission (`connector`, `language`, `channel`, `export`).

use std::{collections::BTreeMap, fmt, sync::Arc};

use isocial_model::{
    Clock, Kind, Label, PackageRef, Purpose,
    contract::{Contract, Rights},
    key::OrgKeys,
    receipt::{CallLine, Receipt, Verdict},
};
use sha2::{Digest, Sha256};

use crate::{
    canon::Canon,
    ceiling::{self, CeilingError},
    egress::EgressGrant,
    open::{AbandonedLedger, OpenReceipt, Stopped},
    policy::{self, NetworkPolicy},
    redact::OwnHandles,
    rejection::ProjectError,
    rights::{self, Effective, Layer},
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

/// What is left of a contract for posts of one network.
#[derive(Debug)]
pub(crate) struct OfNetwork {
    network: Box<str>,
    pub(crate) rights: Rights,
    /// As written in receipts.
    pub(crate) fields: Vec<String>,
    /// Exports of these posts carry ids and links only.
    pub(crate) export_ids_only: bool,
}

impl OfNetwork {
    fn new(policy: &NetworkPolicy, rights: &Rights) -> Self {
        let rights = rights.narrow(&policy.given);
        let fields = Vec::from(rights.clone());
        Self {
            network: policy.network.clone(),
            rights,
            fields,
            export_ids_only: policy.export_ids_only,
        }
    }
}

/// One contract in force.
#[derive(Debug)]
pub(crate) struct InForce {
    pub(crate) contract: Contract,
    pub(crate) effective: Effective,
    /// First 16 hex digits of SHA-256 of the contract's JSON.
    hash: String,
    /// The effective rights as written in receipts.
    pub(crate) fields: Vec<String>,
    /// Narrowed for each network that has a pack.
    networks: Vec<OfNetwork>,
    /// Narrowed for any other.
    unknown: OfNetwork,
}

impl InForce {
    fn new(kind: Kind, contract: Contract, layers: &[Layer]) -> Self {
        let effective = rights::effective(kind, &contract, layers);
        let digest = Sha256::digest(serde_json::to_vec(&contract).unwrap_or_default());
        let hash = hex::encode(digest).chars().take(16).collect();
        let fields = Vec::from(effective.rights.clone());
        let networks = policy::known()
            .map(|name| OfNetwork::new(&policy::pack(name), &effective.rights))
            .collect();
        let unknown = OfNetwork::new(&policy::pack(""), &effective.rights);
        Self {
            contract,
            effective,
            hash,
            fields,
            networks,
            unknown,
        }
    }
    /// What may be given of a post with this label.
    pub(crate) fn of(&self, label: &Label) -> &OfNetwork {
        let network = label.network.as_deref().unwrap_or("");
        self.networks
            .iter()
            .find(|n| &*n.network == network)
            .unwrap_or(&self.unknown)
    }
}

/// What a call gives, for its line.
pub(crate) struct Given {
    pub(crate) fields: Vec<String>,
    pub(crate) purposes: Vec<Purpose>,
    pub(crate) items: u32,
    pub(crate) bytes_in: u64,
    pub(crate) redacted: BTreeMap<&'static str, u32>,
    pub(crate) restricted_skipped: u32,
    pub(crate) canon: Canon,
}

/// The door of one installation.
///
/// A projection gives the input and the receipt together, and an answer is admitted against that receipt only; nothing else compiles. An
/// answer without a receipt:
/// ```compile_fail,E0061
/// # use isocial_gate::{Door, Untrusted};
/// # use isocial_model::language::Analyses;
/// # fn call(door: &Door, answer: Untrusted<Result<Analyses, isocial_model::connector::Fault>>) {
/// let admitted = door.admit_analyses(answer);
/// # }
/// ```
/// An answer against the receipt of another kind of call:
/// ```compile_fail,E0308
/// # use isocial_gate::{Door, OpenReceipt, RowsContext, Untrusted};
/// # use isocial_model::language::Analyses;
/// # fn call(door: &Door, answer: Untrusted<Result<Analyses, isocial_model::connector::Fault>>, open: OpenReceipt<RowsContext>) {
/// let admitted = door.admit_analyses(answer, open);
/// # }
/// ```
/// A value that no projection has made, as an answer's own type:
/// ```compile_fail,E0308
/// # use isocial_gate::{DocumentsContext, Door, OpenReceipt};
/// # use isocial_model::language::Analyses;
/// # fn call(door: &Door, answer: Analyses, open: OpenReceipt<DocumentsContext>) {
/// let admitted = door.admit_analyses(answer, open);
/// # }
/// ```
/// A post without its label:
/// ```compile_fail,E0277
/// # use isocial_gate::Door;
/// # use isocial_model::{language::Tasks, post::Post};
/// # fn call(door: &Door, posts: &[Post]) {
/// let given = door.project_documents(posts, &[], Tasks::default());
/// # }
/// ```
/// A label that is dropped without saying where: there is no `Deref`, and the value is private.
/// ```compile_fail,E0609
/// # use isocial_model::{Labeled, post::Post};
/// # fn call(post: &Labeled<Post>) {
/// let text = &post.text;
/// # }
/// ```
/// The way that there is:
/// ```
/// # use isocial_gate::{Door, OpenReceipt, DocumentsContext, Untrusted};
/// # use isocial_model::{Labeled, language::{Analyses, Tasks}, post::Post};
/// # type Answer = Untrusted<Result<Analyses, isocial_model::connector::Fault>>;
/// # fn call(door: &Door, posts: &[Labeled<Post>], run: impl Fn(isocial_gate::Passed<isocial_model::language::Batch>) -> Answer) {
/// if let Ok((passed, open)) = door.project_documents(posts, &[], Tasks::default()) {
///     let (admitted, receipt) = door.admit_analyses(run(passed), open);
/// }
/// # }
/// ```
pub struct Door {
    pub(crate) spec: DoorSpec,
    pub(crate) own: OwnHandles,
    /// Some layer wants text redacted strictly.
    pub(crate) strict: bool,
    in_force: Vec<InForce>,
    abandoned: Arc<AbandonedLedger>,
}

impl Door {
    /// Builds a door; every contract is checked against its ceiling again.
    pub fn new(spec: DoorSpec) -> Result<Self, DoorError> {
        if spec.kind == Kind::Connector && spec.network.is_none() {
            return Err(DoorError::NoNetwork(spec.package.to_string()));
        }
        let mut in_force: Vec<InForce> = Vec::with_capacity(spec.contracts.len());
        for contract in &spec.contracts {
            ceiling::check(spec.kind, contract)?;
            if in_force
                .iter()
                .any(|f| f.contract.function == contract.function)
            {
                return Err(DoorError::Twice {
                    package: spec.package.to_string(),
                    function: contract.function.clone(),
                });
            }
            in_force.push(InForce::new(spec.kind, contract.clone(), &spec.layers));
        }
        let abandoned = Arc::new(AbandonedLedger::new(Arc::clone(&spec.clock)));
        Ok(Self {
            own: OwnHandles::new(&spec.own_handles),
            strict: spec.layers.iter().any(|layer| layer.strict),
            spec,
            in_force,
            abandoned,
        })
    }
    /// Has receipts that nobody closes end up there, where they outlive the door: whoever keeps the books writes them to the ledger.
    #[must_use]
    pub fn with_abandoned(mut self, abandoned: Arc<AbandonedLedger>) -> Self {
        self.abandoned = abandoned;
        self
    }
    /// The contract in force for a function of this kind.
    pub(crate) fn in_force(
        &self,
        kind: Kind,
        function: &'static str,
    ) -> Result<&InForce, ProjectError> {
        let package = || self.spec.package.to_string();
        if self.spec.kind != kind {
            return Err(ProjectError::WrongKind {
                package: package(),
                kind: self.spec.kind.name(),
                function,
            });
        }
        let found = self
            .in_force
            .iter()
            .find(|f| f.contract.function == function);
        let in_force = found.ok_or_else(|| ProjectError::NoContract {
            package: package(),
            function,
        })?;
        if in_force.effective.purposes.is_empty() {
            return Err(ProjectError::NoPurpose {
                package: package(),
                function,
            });
        }
        Ok(in_force)
    }
    /// Opens the receipt of a call.
    pub(crate) fn open<C>(
        &self,
        in_force: &InForce,
        function: &str,
        given: Given,
        context: C,
    ) -> OpenReceipt<C> {
        let line = CallLine {
            plugin: self.spec.package.clone(),
            kind: self.spec.kind,
            function: function.into(),
            purposes: given.purposes,
            contract: in_force.hash.clone(),
            fields: given.fields,
            items: given.items,
            bytes_in: given.bytes_in,
            redacted: given
                .redacted
                .into_iter()
                .map(|(kind, n)| (kind.to_owned(), n))
                .collect(),
            restricted_skipped: given.restricted_skipped,
            items_out: 0,
            bytes_out: 0,
            dropped: BTreeMap::new(),
            commitment: given.canon.commit(&*self.spec.keys),
            verdict: Verdict::Abandoned,
            times: 1,
        };
        OpenReceipt::open(line, context, Arc::clone(&self.abandoned))
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
        self.in_force
            .iter()
            .find(|f| f.contract.function == function)
            .map(|f| &f.effective)
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
        f.debug_struct("Door")
            .field("package", &self.spec.package)
            .field("kind", &self.spec.kind)
            .finish_non_exhaustive()
    }
}
