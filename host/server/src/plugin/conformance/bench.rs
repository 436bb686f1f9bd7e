//! What a plugin is called with: a sandbox, a throw-away vault, a clock that stands where a case wants it, doors and the receipts.
//!
//! Lives here: everything that cases of all kinds share. Not here: any case.

use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicU64, Ordering},
};

use isocial_catalog::{Manifest, Package};
use isocial_gate::{
    Door, DoorSpec, EgressGrant, OpenReceipt, Passed, ProjectError, Rejection, SlotGrant,
    Untrusted, policy,
};
use isocial_model::{
    Instant, Kind, OrgId, PackageRef,
    contract::HostRule,
    key::OrgKeys,
    receipt::{Line, Receipt},
    time::ManualClock,
};
use isocial_pipeline::grant::Grant;
use isocial_sandbox::{Called, Plugin, Sandbox, SandboxConfig};
use isocial_vault::{OsEntropy, Vault};

use crate::wiring::Grants;

/// What cases take for the deployment's own address where they name none.
pub(super) const OWN_BASE: &str = "https://host.example/";
/// 4 March 2026, noon: the clock of cases that name none.
pub(super) const NOON: Instant = Instant(1_772_625_600_000);

/// One plugin, ready to be called.
pub(super) struct Bench {
    manifest: Manifest,
    package: PackageRef,
    plugin: Plugin,
    keys: Arc<dyn OrgKeys>,
    clock: Arc<ManualClock>,
    projected: AtomicU64,
    receipts: Mutex<Vec<Receipt>>,
    doors: Mutex<Vec<Arc<Door>>>,
}

impl std::fmt::Debug for Bench {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Bench")
            .field("package", &self.package)
            .finish_non_exhaustive()
    }
}

impl Bench {
    /// Reads the package, checks its contracts against their ceilings and loads it, as registration does in a deployment with
    /// these grants.
    pub(super) fn new(component: &[u8], grants: Grants) -> anyhow::Result<Self> {
        let package = Package::read(component)?;
        for contract in &package.manifest().contracts {
            isocial_gate::ceiling::check(package.kind(), contract)?;
        }
        let folder = tempfile::tempdir()?;
        let vault = Vault::open(&folder.path().join("root.key"), true, Arc::new(OsEntropy))?;
        let org = OrgId::random(&OsEntropy);
        let keys: Arc<dyn OrgKeys> = vault.open_org(&org, &vault.create_org_key(&org))?;
        let config = SandboxConfig {
            grants,
            compiler: crate::wiring::compiler()?,
            ..SandboxConfig::default()
        };
        let sandbox = Sandbox::new(config, vault.deployment().clone())?;
        let plugin = sandbox.load_granted(component, &package.reference().id)?;
        anyhow::ensure!(
            plugin.kind() == package.kind(),
            "the manifest says {} and the component is a {}: correct `kind` in plugin.toml",
            package.kind(),
            plugin.kind()
        );
        Ok(Self {
            package: package.reference().clone(),
            manifest: package.into_manifest(),
            plugin,
            keys,
            clock: Arc::new(ManualClock::new(NOON)),
            projected: AtomicU64::new(0),
            receipts: Mutex::default(),
            doors: Mutex::default(),
        })
    }

    pub(super) fn kind(&self) -> Kind {
        self.manifest.kind
    }
    pub(super) fn package(&self) -> &PackageRef {
        &self.package
    }
    pub(super) fn manifest(&self) -> &Manifest {
        &self.manifest
    }
    pub(super) fn plugin(&self) -> &Plugin {
        &self.plugin
    }
    pub(super) fn clock(&self) -> &ManualClock {
        &self.clock
    }

    /// A door as an installation has it that has consented to the contracts and to these hosts.
    pub(super) fn door(
        &self,
        tenant_hosts: &[String],
        own_base: &str,
    ) -> Result<Arc<Door>, String> {
        let manifest = &self.manifest;
        let hosts: Vec<HostRule> = manifest
            .contracts
            .iter()
            .flat_map(|c| c.egress.clone())
            .collect();
        let literal = hosts
            .iter()
            .filter(|r| r.host != HostRule::TENANT_DECLARED)
            .map(|r| r.host.clone());
        let slot_hosts: Vec<String> = tenant_hosts.iter().cloned().chain(literal).collect();
        let slots = manifest.credentials.iter().map(|slot| SlotGrant {
            slot: slot.clone(),
            hosts: slot_hosts.clone(),
        });
        let egress = EgressGrant {
            tenant_hosts: tenant_hosts.to_vec(),
            slots: slots.collect(),
            input: self.kind() == Kind::Connector,
            hosts,
            ..EgressGrant::default()
        };
        let door = Door::new(DoorSpec {
            package: self.package.clone(),
            kind: manifest.kind,
            contracts: manifest.contracts.clone(),
            layers: vec![Grant::to_contracts(&manifest.contracts, tenant_hosts.to_vec()).layer()],
            keys: Arc::clone(&self.keys),
            clock: Arc::clone(&self.clock) as _,
            network: manifest.networks.first().map(|name| policy::pack(name)),
            topics: manifest.topics.clone(),
            own_handles: Vec::new(),
            egress,
            spreadsheet: manifest.spreadsheet,
            own_base: own_base.to_owned(),
        });
        let door = Arc::new(door.map_err(|e| e.to_string())?);
        self.doors
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(Arc::clone(&door));
        Ok(door)
    }

    /// One call: what was projected is run, and what came back admitted. The second value counts what the gate dropped, by rule.
    pub(super) fn call<T, U, C, A>(
        &self,
        door: &Door,
        projected: Result<(Passed<T>, OpenReceipt<C>), ProjectError>,
        run: impl FnOnce(Passed<T>) -> Called<U>,
        admit: impl FnOnce(&Door, Untrusted<U>, OpenReceipt<C>) -> (Result<A, Rejection>, Receipt),
    ) -> Result<(Result<A, Rejection>, Dropped), String> {
        let (passed, open) = projected.map_err(|e| format!("the gate does not give this: {e}"))?;
        self.projected.fetch_add(1, Ordering::Relaxed);
        match run(passed).outcome {
            Ok(answer) => {
                let (result, receipt) = admit(door, answer, open);
                let dropped = self.keep(receipt)?;
                Ok((result, dropped))
            }
            Err(stopped) => {
                self.keep(door.fail((&stopped).into(), open))?;
                Err(format!("the sandbox stopped the call: {}", stopped.why))
            }
        }
    }

    /// Keeps the receipt of a call; what it says that the gate dropped.
    pub(super) fn keep(&self, receipt: Receipt) -> Result<Dropped, String> {
        let Line::Call(line) = &receipt.line else {
            return Err("the receipt of a call is no line of a call".into());
        };
        if line.plugin != self.package || line.commitment.is_empty() {
            return Err("the receipt does not say what it is about".into());
        }
        let dropped = line.dropped.clone().into_iter().collect();
        self.receipts
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(receipt);
        Ok(dropped)
    }

    /// Counts a call that is not made by [`Bench::call`].
    pub(super) fn count(&self) {
        self.projected.fetch_add(1, Ordering::Relaxed);
    }

    /// Calls that were made so far.
    pub(super) fn calls(&self) -> u64 {
        self.projected.load(Ordering::Relaxed)
    }

    /// Whether every call has left exactly one receipt.
    pub(super) fn books_are_closed(&self) -> Result<(), String> {
        let receipts = self
            .receipts
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .len() as u64;
        let doors = self.doors.lock().unwrap_or_else(PoisonError::into_inner);
        let abandoned: u64 = doors.iter().map(|door| door.abandoned().count()).sum();
        if receipts == self.calls() && abandoned == 0 {
            Ok(())
        } else {
            Err(format!(
                "{} calls left {receipts} receipts, {abandoned} abandoned",
                self.calls()
            ))
        }
    }
}

/// What the gate dropped or changed: rule to count.
pub(super) type Dropped = Vec<(String, u32)>;

/// The dropped items in words.
pub(super) fn words(dropped: &[(String, u32)]) -> String {
    let each: Vec<String> = dropped
        .iter()
        .map(|(rule, n)| format!("{rule} {n}"))
        .collect();
    each.join(", ")
}
