//! From a core module and a manifest to a component: same input, same bytes.

use std::borrow::Cow;

use serde::Deserialize;
use wasm_encoder::{CustomSection, Encode, ExportKind, ExportSection, Section};
use wasmparser::{ExternalKind, Parser, Payload};
use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};

use crate::{
    error::PackageError,
    interface::{EXPORTABLE, TYPES_ONLY, full_name, world},
};

/// Name of the custom section that holds the bytes of `plugin.toml`.
pub const MANIFEST_SECTION: &str = "isocial:manifest";

/// What packaging itself needs of a manifest; the host judges the rest.
#[derive(Debug, Deserialize)]
pub(crate) struct Heading {
    pub(crate) plugin: HeadingPlugin,
}
impl Heading {
    fn read(manifest_toml: &str) -> Result<Self, PackageError> {
        toml::from_str(manifest_toml).map_err(|error| PackageError::Manifest {
            path: "plugin.toml".into(),
            problem: error.to_string().trim_end().to_owned(),
        })
    }
}
/// The `[plugin]` table, as far as packaging needs it.
#[derive(Debug, Deserialize)]
pub(crate) struct HeadingPlugin {
    pub(crate) id: String,
    pub(crate) kind: String,
}

/// Makes a component out of a core module and a manifest.
#[derive(Debug)]
pub struct Package;

impl Package {
    /// Wraps a core module, as cargo builds it for wasm32-unknown-unknown, as a component that holds `manifest_toml`.
    ///
    /// Whatever world the module was compiled against, the component's is made from what it exports: `log` in, the exported
    /// interfaces out. Fails where the module imports anything else, and where the manifest's kind is not exported.
    pub fn build(core_wasm: &[u8], manifest_toml: &str) -> Result<Vec<u8>, PackageError> {
        let heading = Heading::read(manifest_toml)?;
        let module = Module::read(core_wasm)?;
        if !module.exports.contains(&heading.plugin.kind.as_str()) {
            let expected = full_name(&heading.plugin.kind);
            return Err(PackageError::KindMismatch {
                kind: heading.plugin.kind,
                expected,
            });
        }
        let (resolve, world) = world(&module.exports)?;
        let encode = |error: &dyn std::fmt::Debug| PackageError::Encode(format!("{error:?}"));
        let mut core = module.stripped;
        embed_component_metadata(&mut core, &resolve, world, StringEncoding::UTF8)
            .map_err(|error| encode(&error))?;
        let mut component = ComponentEncoder::default()
            .module(&core)
            .map_err(|error| encode(&error))?
            .validate(true)
            .encode()
            .map_err(|error| encode(&error))?;
        Surface::read(&component)?.only_log_is_imported()?;
        append_section(&mut component, MANIFEST_SECTION, manifest_toml.as_bytes());
        Ok(component)
    }

    /// Makes a package of a component that another tool has finished, such as componentize-js or componentize-py: the same bytes with
    /// `manifest_toml` inside.
    ///
    /// Fails where the component imports anything but `log`, where the manifest's kind is not exported, and where a manifest is in it
    /// already. The host judges both once more and more closely.
    pub fn wrap(component: &[u8], manifest_toml: &str) -> Result<Vec<u8>, PackageError> {
        let heading = Heading::read(manifest_toml)?;
        let surface = Surface::read(component)?;
        surface.only_log_is_imported()?;
        let expected = full_name(&heading.plugin.kind);
        if !surface.exports.contains(&expected) {
            return Err(PackageError::KindMismatch {
                kind: heading.plugin.kind,
                expected,
            });
        }
        if surface.has_manifest {
            return Err(PackageError::Packaged);
        }
        let mut package = component.to_vec();
        append_section(&mut package, MANIFEST_SECTION, manifest_toml.as_bytes());
        Ok(package)
    }
}

/// How a module names what frees the answer of a language pack. It is left out: the instance is dropped after the call, and calling
/// it would cost as much as the call of an empty batch does.
const FREES_NOTHING: &str = "cabi_post_isocial:plugin/language-pack@";

/// The same kind in the encoder's words.
const fn kind_of(kind: ExternalKind) -> ExportKind {
    match kind {
        ExternalKind::Func | ExternalKind::FuncExact => ExportKind::Func,
        ExternalKind::Table => ExportKind::Table,
        ExternalKind::Memory => ExportKind::Memory,
        ExternalKind::Global => ExportKind::Global,
        ExternalKind::Tag => ExportKind::Tag,
    }
}

fn append_section(bytes: &mut Vec<u8>, name: &str, data: &[u8]) {
    let section = CustomSection {
        name: Cow::Borrowed(name),
        data: Cow::Borrowed(data),
    };
    bytes.push(section.id());
    section.encode(bytes);
}

/// A core module without the custom sections that depend on how it was compiled, and the plugin interfaces that it exports.
struct Module {
    stripped: Vec<u8>,
    exports: Vec<&'static str>,
}

impl Module {
    fn read(bytes: &[u8]) -> Result<Self, PackageError> {
        let broken =
            |error: wasmparser::BinaryReaderError| PackageError::NotAModule(error.to_string());
        let mut stripped = Vec::with_capacity(bytes.len());
        let mut names = Vec::new();
        let mut foreign = Vec::new();
        for payload in Parser::new(0).parse_all(bytes) {
            let payload = payload.map_err(broken)?;
            match &payload {
                Payload::Version {
                    encoding: wasmparser::Encoding::Component,
                    ..
                } => {
                    return Err(PackageError::NotAModule("it is a component already".into()));
                }
                // Only `name` stays: it is what makes a trap's backtrace readable.
                Payload::CustomSection(section) if section.name() != "name" => continue,
                Payload::ImportSection(imports) => {
                    for import in imports.clone().into_imports() {
                        let import = import.map_err(broken)?;
                        // Handles of an exported resource are made by the component itself, not by any host.
                        let own = import.module.strip_prefix("[export]");
                        let own = own
                            .is_some_and(|i| EXPORTABLE.iter().any(|known| full_name(known) == i));
                        if !own && import.module != full_name("log") {
                            foreign.push(format!("`{}` from `{}`", import.name, import.module));
                        }
                    }
                }
                Payload::ExportSection(exports) => {
                    let mut kept = ExportSection::new();
                    for export in exports.clone() {
                        let export = export.map_err(broken)?;
                        names.push(export.name);
                        if !export.name.starts_with(FREES_NOTHING) {
                            kept.export(export.name, kind_of(export.kind), export.index);
                        }
                    }
                    kept.append_to(&mut stripped);
                    continue;
                }
                _ => {}
            }
            if let Payload::Version { range, .. } = &payload {
                stripped.extend_from_slice(bytes.get(range.clone()).unwrap_or_default());
            }
            if let Some((id, range)) = payload.as_section() {
                stripped.push(id);
                bytes.get(range).unwrap_or_default().encode(&mut stripped);
            }
        }
        if !foreign.is_empty() {
            return Err(PackageError::Imports(foreign));
        }
        Ok(Self {
            stripped,
            exports: interfaces(&names)?,
        })
    }
}

/// The plugin interfaces among a module's export names, in the order of the interface's files.
fn interfaces(names: &[&str]) -> Result<Vec<&'static str>, PackageError> {
    let of_plugins: Vec<&str> = names
        .iter()
        .filter_map(|n| n.split_once('#'))
        .map(|(i, _)| i)
        .filter(|i| i.starts_with("isocial:plugin/"))
        .collect();
    for name in &of_plugins {
        if !EXPORTABLE.iter().any(|known| full_name(known) == *name) {
            return Err(PackageError::UnknownInterface((*name).to_owned()));
        }
    }
    let found: Vec<_> = EXPORTABLE
        .into_iter()
        .filter(|known| of_plugins.contains(&full_name(known).as_str()))
        .collect();
    if found.is_empty() {
        Err(PackageError::NoInterface)
    } else {
        Ok(found)
    }
}

/// Whether a component may import this: `log`, or an interface that holds only types.
fn is_ours(name: &str) -> bool {
    name == full_name("log") || TYPES_ONLY.iter().any(|types| full_name(types) == name)
}

/// What stands at the top level of a component.
#[derive(Default)]
struct Surface {
    imports: Vec<String>,
    exports: Vec<String>,
    has_manifest: bool,
}

impl Surface {
    fn read(component: &[u8]) -> Result<Self, PackageError> {
        if !Parser::is_component(component) {
            return Err(PackageError::NotAComponent);
        }
        let broken = |error: wasmparser::BinaryReaderError| PackageError::Encode(error.to_string());
        let mut surface = Self::default();
        let mut depth = 0_u32;
        for payload in Parser::new(0).parse_all(component) {
            match payload.map_err(broken)? {
                Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => depth += 1,
                Payload::End(_) => depth = depth.saturating_sub(1),
                Payload::ComponentImportSection(imports) if depth == 0 => {
                    for import in imports {
                        let import = import.map_err(broken)?;
                        surface.imports.push(import.name.name.to_owned());
                    }
                }
                Payload::ComponentExportSection(exports) if depth == 0 => {
                    for export in exports {
                        let export = export.map_err(broken)?;
                        surface.exports.push(export.name.name.to_owned());
                    }
                }
                Payload::CustomSection(section) if depth == 0 => {
                    surface.has_manifest |= section.name() == MANIFEST_SECTION;
                }
                _ => {}
            }
        }
        Ok(surface)
    }

    /// The last look: the imports are `log` and interfaces that hold only types.
    fn only_log_is_imported(&self) -> Result<(), PackageError> {
        let foreign: Vec<String> = self
            .imports
            .iter()
            .filter(|name| !is_ours(name))
            .map(|name| format!("`{name}`"))
            .collect();
        if foreign.is_empty() {
            Ok(())
        } else {
            Err(PackageError::Imports(foreign))
        }
    }
}
