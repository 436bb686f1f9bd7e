//! What the measurements share: a folder that is removed at the end, keys in it, one sandbox, and the built packages.

use std::{
    cell::OnceCell,
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::Context as _;
use isocial_catalog::Package;
use isocial_gate::{Door, DoorSpec, EgressGrant, policy};
use isocial_model::{Entropy, OrgId, time::SystemClock};
use isocial_sandbox::{Sandbox, SandboxConfig};
use isocial_vault::{OsEntropy, Vault};
use tempfile::TempDir;

/// What the measurements share.
pub(crate) struct Bench {
    /// Take the long ones at their full length.
    pub(crate) soak: bool,
    folder: TempDir,
    vault: Arc<Vault>,
    sandbox: OnceCell<Sandbox>,
}

impl Bench {
    /// Makes the folder and the keys.
    pub(crate) fn new(soak: bool) -> anyhow::Result<Self> {
        let folder = tempfile::tempdir().context("a folder for the measurements")?;
        let vault = open_vault(folder.path(), true)?;
        Ok(Self {
            soak,
            folder,
            vault,
            sandbox: OnceCell::new(),
        })
    }

    /// The folder.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The sandbox with the limits of a deployment, made when first asked for.
    pub(crate) fn sandbox(&self) -> anyhow::Result<&Sandbox> {
        if let Some(sandbox) = self.sandbox.get() {
            return Ok(sandbox);
        }
        let sandbox = open_sandbox(self.folder(), &self.vault)?;
        Ok(self.sandbox.get_or_init(|| sandbox))
    }

    /// A sandbox of its own with this configuration.
    pub(crate) fn sandbox_with(&self, config: SandboxConfig) -> anyhow::Result<Sandbox> {
        Ok(Sandbox::new(config, self.vault.deployment().clone())?)
    }

    /// A door that may reach somewhere.
    pub(crate) fn door_to(&self, package: &Package, egress: EgressGrant) -> anyhow::Result<Door> {
        reaching(&self.vault, package, egress)
    }

    /// A door as an organisation has it, with that organisation's real keys.
    pub(crate) fn door(&self, package: &Package) -> anyhow::Result<Door> {
        door(&self.vault, package)
    }
}

/// The keys of a folder; `new` makes them.
pub(crate) fn open_vault(folder: &Path, new: bool) -> anyhow::Result<Arc<Vault>> {
    let entropy: Arc<dyn Entropy> = Arc::new(OsEntropy);
    Ok(Arc::new(Vault::open(
        &folder.join("root.key"),
        new,
        entropy,
    )?))
}

/// A sandbox whose compiled code is kept in the folder.
pub(crate) fn open_sandbox(folder: &Path, vault: &Vault) -> anyhow::Result<Sandbox> {
    let config = SandboxConfig {
        cache_dir: Some(folder.join("code")),
        ..SandboxConfig::default()
    };
    Ok(Sandbox::new(config, vault.deployment().clone())?)
}

/// A door as an organisation has it.
pub(crate) fn door(vault: &Vault, package: &Package) -> anyhow::Result<Door> {
    reaching(vault, package, EgressGrant::default())
}

fn reaching(vault: &Vault, package: &Package, egress: EgressGrant) -> anyhow::Result<Door> {
    let org = OrgId::random(&OsEntropy);
    let keys = vault.open_org(&org, &vault.create_org_key(&org))?;
    Ok(Door::new(DoorSpec {
        package: package.reference().clone(),
        kind: package.kind(),
        contracts: package.manifest().contracts.clone(),
        layers: vec![],
        keys,
        clock: Arc::new(SystemClock),
        network: Some(policy::pack("sample")),
        topics: package.manifest().topics.clone(),
        own_handles: vec!["lumo".into()],
        egress,
        spreadsheet: package.manifest().spreadsheet,
        own_base: "https://track.example/".into(),
    })?)
}

/// The bytes of a built package, `isocial-en` for the English pack.
pub(crate) fn component(name: &str) -> anyhow::Result<Vec<u8>> {
    let file: PathBuf = isocial_tests::packages().join(format!("{name}.wasm"));
    std::fs::read(&file).with_context(|| {
        format!(
            "{} cannot be read\nhint: `cargo xtask plugins` makes the packages; ISOCIAL_PLUGINS_DIR names their folder",
            file.display()
        )
    })
}
