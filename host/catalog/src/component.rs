//! What a component's outside says: imports, exports and custom sections, read without running or compiling anything.

use wasmparser::{
    Encoding, Parser, Payload, ValidPayload, Validator, WasmFeatures,
    component_types::ComponentEntityType, types::TypesRef,
};

use crate::{
    error::PackageError,
    package::{Limits, MANIFEST_SECTION},
};

/// The outside of a component.
#[derive(Debug)]
pub(crate) struct Outside<'a> {
    /// Full names of imports that something can be called through.
    pub(crate) imports: Vec<String>,
    /// Full names of exports.
    pub(crate) exports: Vec<String>,
    /// The manifest's bytes.
    pub(crate) manifest: &'a [u8],
}

/// Reads a component's outside. Sections are validated as they come, code is not: that is the compiler's.
pub(crate) fn read<'a>(bytes: &'a [u8], limits: &Limits) -> Result<Outside<'a>, PackageError> {
    let broken =
        |error: wasmparser::BinaryReaderError| PackageError::NotAComponent(error.to_string());
    let mut validator = Validator::new_with_features(features());
    let (mut imports, mut exports, mut manifests) = (Vec::new(), Vec::new(), Vec::new());
    let mut depth = 0_usize;
    let mut types = None;
    for payload in Parser::new(0).parse_all(bytes) {
        let payload = payload.map_err(broken)?;
        match &payload {
            Payload::Version {
                encoding: Encoding::Module,
                ..
            } if depth == 0 => {
                return Err(PackageError::NotAComponent("it is a core module".into()));
            }
            Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => depth += 1,
            Payload::CustomSection(section) if depth == 0 && section.name() == MANIFEST_SECTION => {
                manifests.push(section.data());
            }
            Payload::ComponentImportSection(section) if depth == 0 => {
                for import in section.clone() {
                    imports.push(import.map_err(broken)?.name.name.to_owned());
                }
            }
            Payload::ComponentExportSection(section) if depth == 0 => {
                for export in section.clone() {
                    exports.push(export.map_err(broken)?.name.name.to_owned());
                }
            }
            _ => {}
        }
        if let ValidPayload::End(found) = validator.payload(&payload).map_err(broken)?
            && depth == 0
        {
            types = Some(found);
        }
        if matches!(payload, Payload::End(_)) {
            depth = depth.saturating_sub(1);
        }
    }
    let types = types.ok_or_else(|| PackageError::NotAComponent("it ends too early".into()))?;
    imports.retain(|name| !holds_only_types(types.as_ref(), name));
    let manifest = match manifests.as_slice() {
        [manifest] => *manifest,
        [] => return Err(PackageError::NoManifest),
        many => return Err(PackageError::ManyManifests(many.len())),
    };
    if manifest.len() > limits.manifest_bytes {
        let (given, allowed) = (manifest.len(), limits.manifest_bytes);
        return Err(PackageError::TooLarge {
            what: "manifest",
            given,
            allowed,
        });
    }
    Ok(Outside {
        imports,
        exports,
        manifest,
    })
}

/// The language that the sandbox takes; a component that needs more would be refused there with a worse message.
fn features() -> WasmFeatures {
    WasmFeatures::default()
        & !(WasmFeatures::MEMORY64 | WasmFeatures::THREADS | WasmFeatures::TAIL_CALL)
}

/// Whether an import is an interface of ours without anything to call: names for types, which no host has to supply.
fn holds_only_types(types: TypesRef<'_>, import: &str) -> bool {
    let Some(item) = types.component_item_for_import(import) else {
        return false;
    };
    let ComponentEntityType::Instance(instance) = item.ty else {
        return false;
    };
    import.starts_with("isocial:plugin/")
        && types.get(instance).is_some_and(|instance| {
            instance.exports.values().all(|item| {
            // A resource is a type too, but one that a host would have to make.
            let resource = |id| {
                matches!(
                    id,
                    wasmparser::component_types::ComponentAnyTypeId::Resource(_)
                )
            };
            matches!(item.ty, ComponentEntityType::Type { referenced, .. } if !resource(referenced))
        })
        })
}
