//! A package: a component that has been read and whose manifest agrees with it.

use isocial_model::{Kind, PackageRef};
use semver::{Version, VersionReq};
use sha2::{Digest, Sha256};

use crate::{
    component::{self, Outside},
    error::PackageError,
    inspect::Inspection,
    manifest::{DeletionShape, Manifest},
};

/// Name of the custom section that holds the bytes of `plugin.toml`.
pub const MANIFEST_SECTION: &str = "isocial:manifest";

/// Versions of the plugin interface that this host can call, as semver reads them.
pub const SUPPORTED_INTERFACE: &str = "^0.1.0";

/// What every interface of a plugin begins with.
const NAMESPACE: &str = "isocial:plugin/";

/// The most that is read of a package.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of the component. JavaScript and Python guests carry their engine: 12–18 MiB.
    pub component_bytes: usize,
    /// Bytes of the manifest.
    pub manifest_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            component_bytes: 64 * 1024 * 1024,
            manifest_bytes: 64 * 1024,
        }
    }
}

/// A package that can be registered.
#[derive(Debug, Clone)]
pub struct Package {
    manifest: Manifest,
    manifest_text: String,
    reference: PackageRef,
    imports: Vec<String>,
    exports: Vec<String>,
    size: usize,
}

impl Package {
    /// Reads a package without running it, within the default limits.
    pub fn read(bytes: &[u8]) -> Result<Self, PackageError> {
        Self::read_within(bytes, &Limits::default())
    }

    /// Reads a package without running it.
    ///
    /// Refused are: anything but a component, imports other than `log`, a missing or broken manifest, and a manifest that says
    /// another kind, interface or set of functions than the component exports.
    pub fn read_within(bytes: &[u8], limits: &Limits) -> Result<Self, PackageError> {
        if bytes.len() > limits.component_bytes {
            let (given, allowed) = (bytes.len(), limits.component_bytes);
            return Err(PackageError::TooLarge {
                what: "component",
                given,
                allowed,
            });
        }
        let outside = component::read(bytes, limits)?;
        let foreign: Vec<String> = outside
            .imports
            .iter()
            .filter(|i| !is_log(i))
            .map(|i| format!("`{}`", shown(i)))
            .collect();
        if !foreign.is_empty() {
            return Err(PackageError::Imports(foreign));
        }
        let text = std::str::from_utf8(outside.manifest).map_err(|error| {
            PackageError::Syntax(format!("not UTF-8 at byte {}", error.valid_up_to()))
        })?;
        let manifest = Manifest::parse(text)?;
        agree(&manifest, &outside)?;
        let reference = PackageRef {
            id: manifest.id.clone(),
            version: manifest.version.clone(),
            digest: hex::encode(Sha256::digest(bytes)),
        };
        let (imports, exports) = (outside.imports, outside.exports);
        Ok(Self {
            manifest_text: text.to_owned(),
            manifest,
            reference,
            imports,
            exports,
            size: bytes.len(),
        })
    }

    /// What it says of itself.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }
    /// Takes the manifest out.
    pub fn into_manifest(self) -> Manifest {
        self.manifest
    }
    /// The manifest as its publisher wrote it.
    pub fn manifest_text(&self) -> &str {
        &self.manifest_text
    }
    /// The manifest as JSON, the same bytes for the same manifest.
    pub fn manifest_json(&self) -> String {
        serde_json::to_string(&self.manifest).unwrap_or_default()
    }
    /// Id, version and digest.
    pub fn reference(&self) -> &PackageRef {
        &self.reference
    }
    /// Its kind.
    pub fn kind(&self) -> Kind {
        self.manifest.kind
    }
    /// Full names of what it imports: `log`, or nothing.
    pub fn imports(&self) -> &[String] {
        &self.imports
    }
    /// Full names of the interfaces that it exports.
    pub fn exports(&self) -> &[String] {
        &self.exports
    }
    /// Bytes of the component.
    pub fn size(&self) -> usize {
        self.size
    }
    /// Everything that people are shown of it.
    pub fn inspect(&self) -> Inspection<'_> {
        Inspection::of(self)
    }
}

fn is_log(import: &str) -> bool {
    import
        .strip_prefix(NAMESPACE)
        .and_then(|i| i.split_once('@'))
        .is_some_and(|(name, version)| name == "log" && supported(version))
}

fn supported(version: &str) -> bool {
    match (
        VersionReq::parse(SUPPORTED_INTERFACE),
        Version::parse(version),
    ) {
        (Ok(supported), Ok(version)) => supported.matches(&version),
        _ => false,
    }
}

/// A foreign name, fit for a message.
fn shown(name: &str) -> String {
    name.chars().filter(|c| !c.is_control()).take(128).collect()
}

fn unsupported(given: &str) -> PackageError {
    let newer = given
        .rsplit_once('@')
        .and_then(|(_, v)| Version::parse(v).ok())
        .is_some_and(|v| v > Version::new(0, 1, 0));
    PackageError::Interface {
        given: shown(given),
        supported: format!("`{NAMESPACE}<interface>@{SUPPORTED_INTERFACE}`"),
        hint: if newer {
            "it needs a newer host"
        } else {
            "build it again with the current SDK"
        },
    }
}

/// Whether the manifest and the component say the same.
fn agree(manifest: &Manifest, outside: &Outside<'_>) -> Result<(), PackageError> {
    let ours: Vec<(&str, &str)> = outside
        .exports
        .iter()
        .filter_map(|e| e.strip_prefix(NAMESPACE)?.split_once('@'))
        .collect();
    let kinds: Vec<Kind> = Kind::ALL
        .into_iter()
        .filter(|k| ours.iter().any(|(name, _)| *name == k.name()))
        .collect();
    if kinds != [manifest.kind] {
        let exports = outside
            .exports
            .iter()
            .map(|e| format!("`{}`", shown(e)))
            .collect();
        return Err(PackageError::Kind {
            kind: manifest.kind,
            exports,
        });
    }
    for (name, version) in &ours {
        if !supported(version) {
            return Err(unsupported(&format!("{NAMESPACE}{name}@{version}")));
        }
    }
    let version = ours
        .iter()
        .find(|(name, _)| *name == manifest.kind.name())
        .map_or("", |(_, version)| version);
    let exported = format!("{NAMESPACE}{}@{version}", manifest.kind);
    if manifest.interface != exported {
        let problem = format!(
            "`{}`, but the component exports `{exported}`",
            shown(&manifest.interface)
        );
        return Err(PackageError::value("plugin.interface", problem));
    }
    let rechecks = ours.iter().any(|(name, _)| *name == "recheck");
    if manifest.deletion == Some(DeletionShape::Recheck) && !rechecks {
        return Err(PackageError::value(
            "plugin.deletion",
            "`recheck`, but the component does not export `recheck`",
        ));
    }
    let takes = ours.iter().any(|(name, _)| *name == "inbound");
    match (&manifest.inbound, takes) {
        (None, true) => {
            return Err(PackageError::value(
                "inbound",
                "is missing: the component exports `inbound`, so say which slot's secret its deliveries are signed with",
            ));
        }
        (Some(_), false) => {
            return Err(PackageError::value(
                "inbound",
                "is there, but the component does not export `inbound`: leave it out",
            ));
        }
        _ => {}
    }
    contracts(manifest, &ours)
}

/// The functions of an interface, as contracts name them.
fn functions(interface: &str) -> &'static [&'static str] {
    match interface {
        "connector" => &["next", "respond", "check", "checked"],
        "recheck" => &["ask", "judge"],
        "stream" => &["open", "frames"],
        "inbound" => &["challenge", "receive"],
        "language-pack" => &["analyze"],
        "alert-channel" => &["compose", "judge"],
        "export-format" => &["writer"],
        _ => &[],
    }
}

/// Every exported function has its contract, and every contract its function.
fn contracts(manifest: &Manifest, ours: &[(&str, &str)]) -> Result<(), PackageError> {
    let exported: Vec<&str> = ours
        .iter()
        .flat_map(|(name, _)| functions(name))
        .copied()
        .collect();
    if let Some(bare) = exported.iter().find(|f| manifest.contract(f).is_none()) {
        let problem = format!(
            "`{bare}` is exported without a contract: add [[contract]] with function = \"{bare}\""
        );
        return Err(PackageError::Contract(problem));
    }
    match manifest
        .contracts
        .iter()
        .enumerate()
        .find(|(_, c)| !exported.contains(&c.function.as_str()))
    {
        Some((i, contract)) => {
            let function = shown(&contract.function);
            Err(PackageError::value(
                format!("contract[{i}].function"),
                format!(
                    "`{function}` is not exported: expected one of {}",
                    exported.join(", ")
                ),
            ))
        }
        None => Ok(()),
    }
}
