//! Looks at a component without running or compiling any of it: what it is, what it asks for, how much of everything there is.

use std::collections::BTreeMap;

use isocial_model::Kind;
use semver::Version;
use wasmparser::{
    Chunk, Parser, Payload, ValidPayload, Validator, WasmFeatures,
    component_types::{ComponentAnyTypeId, ComponentEntityType},
    types::Types,
};

use crate::{LoadError, log::neutral, worlds::v0_1::ExportedNames};

/// What this host speaks.
const SUPPORTED: &str = "isocial:plugin 0.1";
/// The package of our interfaces, with its separator.
const PACKAGE: &str = "isocial:plugin/";
/// The only interface with functions that may be imported.
const LOG: &str = "log";
/// Bytes of somebody else's text that go into an error.
const QUOTED_BYTES: usize = 256;
/// Names that go into an error.
const QUOTED_NAMES: usize = 64;

/// Caps on what a component may be made of, against bombs that are small and take long to compile. CPython has about 12,000 functions
/// and a largest one of about 150 KiB; a Rust plugin has hundreds.
mod cap {
    pub(super) const MODULES: u64 = 64;
    pub(super) const COMPONENTS: u64 = 256;
    pub(super) const DEPTH: u64 = 8;
    pub(super) const FUNCTIONS: u64 = 100_000;
    pub(super) const FUNCTION_BYTES: u64 = 1024 * 1024;
    pub(super) const TYPES: u64 = 100_000;
    pub(super) const IMPORTS: u64 = 20_000;
    pub(super) const EXPORTS: u64 = 100_000;
    pub(super) const GLOBALS: u64 = 100_000;
    pub(super) const SEGMENTS: u64 = 100_000;
    pub(super) const INSTANCES: u64 = 1_000;
    pub(super) const MEMORIES: u64 = 8;
    pub(super) const TABLES: u64 = 32;
}

/// What a component is.
#[derive(Debug)]
pub(crate) struct Shape {
    /// By the interface that it exports.
    pub(crate) kind: Kind,
    /// Of that interface.
    pub(crate) version: Version,
    /// Imports with functions.
    pub(crate) imports: Vec<String>,
    /// Interface without version → full exported name.
    names: BTreeMap<String, String>,
}

impl ExportedNames for Shape {
    fn exported(&self, interface: &str) -> Option<&str> {
        self.names.get(interface).map(String::as_str)
    }
}

/// Counts with a cap each.
#[derive(Default)]
struct Counts(BTreeMap<&'static str, u64>);

impl Counts {
    fn add(&mut self, what: &'static str, n: u64, limit: u64) -> Result<(), LoadError> {
        let count = self.0.entry(what).or_insert(0);
        *count = count.saturating_add(n);
        if *count > limit {
            Err(LoadError::TooMany {
                what,
                given: *count,
                limit,
            })
        } else {
            Ok(())
        }
    }
}

/// Says what kind of plugin a component of at most `limit` bytes is, or why it is refused, without running or compiling any of it:
/// the first thing that [`Sandbox::load`](crate::Sandbox::load) does.
pub fn look(component: &[u8], limit: u64) -> Result<Kind, LoadError> {
    inspect(component, limit).map(|shape| shape.kind)
}

/// Looks at a component of at most `limit` bytes.
pub(crate) fn inspect(bytes: &[u8], limit: u64) -> Result<Shape, LoadError> {
    if bytes.len() as u64 > limit {
        return Err(LoadError::TooLarge {
            given: bytes.len() as u64,
            limit,
        });
    }
    if Parser::is_core_wasm(bytes) {
        return Err(LoadError::CoreModule);
    }
    if !Parser::is_component(bytes) {
        return Err(LoadError::NotWebAssembly {
            bytes: bytes.len(),
            cause: "it does not begin like one".into(),
        });
    }
    let top = walk(bytes)?;
    judge(&top)
}

/// Names at the top level, and the types that they have.
struct Top {
    imports: Vec<String>,
    exports: Vec<String>,
    types: Types,
}

/// Reads the whole structure and counts. Function bodies are not validated here: wasmtime does that before it compiles.
fn walk(bytes: &[u8]) -> Result<Top, LoadError> {
    let invalid =
        |error: wasmparser::BinaryReaderError| LoadError::Invalid(neutral(error.message()));
    let mut validator = Validator::new_with_features(
        WasmFeatures::WASM2 | WasmFeatures::EXTENDED_CONST | WasmFeatures::COMPONENT_MODEL,
    );
    let mut counts = Counts::default();
    let (mut imports, mut exports) = (Vec::new(), Vec::new());
    let mut parsers = Vec::new();
    let mut parser = Parser::new(0);
    let mut rest = bytes;
    loop {
        let (consumed, payload) = match parser.parse(rest, true).map_err(invalid)? {
            Chunk::Parsed { consumed, payload } => (consumed, payload),
            Chunk::NeedMoreData(_) => {
                return Err(LoadError::NotWebAssembly {
                    bytes: bytes.len(),
                    cause: "it is cut off".into(),
                });
            }
        };
        rest = rest.get(consumed..).unwrap_or_default();
        count(&payload, &mut counts)?;
        if parsers.is_empty() {
            names(&payload, &mut imports, &mut exports).map_err(invalid)?;
        }
        match validator.payload(&payload).map_err(invalid)? {
            ValidPayload::Parser(inner) => {
                parsers.push(std::mem::replace(&mut parser, inner));
                if parsers.len() as u64 > cap::DEPTH {
                    return Err(LoadError::TooMany {
                        what: "levels of nesting",
                        given: parsers.len() as u64,
                        limit: cap::DEPTH,
                    });
                }
            }
            ValidPayload::End(types) => match parsers.pop() {
                Some(outer) => parser = outer,
                None => {
                    return Ok(Top {
                        imports,
                        exports,
                        types,
                    });
                }
            },
            ValidPayload::Ok | ValidPayload::Func(..) => {}
        }
    }
}

/// Counts what a section holds, before the validator looks at it.
fn count(payload: &Payload<'_>, counts: &mut Counts) -> Result<(), LoadError> {
    match payload {
        Payload::ModuleSection { .. } => counts.add("core modules", 1, cap::MODULES),
        Payload::ComponentSection { .. } => counts.add("nested components", 1, cap::COMPONENTS),
        Payload::TypeSection(s) => counts.add("types", s.count().into(), cap::TYPES),
        Payload::CoreTypeSection(s) => counts.add("types", s.count().into(), cap::TYPES),
        Payload::ComponentTypeSection(s) => counts.add("types", s.count().into(), cap::TYPES),
        Payload::ImportSection(s) => counts.add("imports", s.count().into(), cap::IMPORTS),
        Payload::ComponentImportSection(s) => counts.add("imports", s.count().into(), cap::IMPORTS),
        Payload::ExportSection(s) => counts.add("exports", s.count().into(), cap::EXPORTS),
        Payload::ComponentExportSection(s) => counts.add("exports", s.count().into(), cap::EXPORTS),
        Payload::FunctionSection(s) => counts.add("functions", s.count().into(), cap::FUNCTIONS),
        Payload::ComponentCanonicalSection(s) => {
            counts.add("functions", s.count().into(), cap::FUNCTIONS)
        }
        Payload::GlobalSection(s) => counts.add("globals", s.count().into(), cap::GLOBALS),
        Payload::MemorySection(s) => counts.add("memories", s.count().into(), cap::MEMORIES),
        Payload::TableSection(s) => counts.add("tables", s.count().into(), cap::TABLES),
        Payload::ElementSection(s) => counts.add("segments", s.count().into(), cap::SEGMENTS),
        Payload::DataSection(s) => counts.add("segments", s.count().into(), cap::SEGMENTS),
        Payload::InstanceSection(s) => counts.add("instances", s.count().into(), cap::INSTANCES),
        Payload::ComponentInstanceSection(s) => {
            counts.add("instances", s.count().into(), cap::INSTANCES)
        }
        Payload::CodeSectionEntry(body) => {
            let given = body.range().len() as u64;
            if given > cap::FUNCTION_BYTES {
                return Err(LoadError::TooMany {
                    what: "bytes in one function",
                    given,
                    limit: cap::FUNCTION_BYTES,
                });
            }
            Ok(())
        }
        _ => Ok(()),
    }
}

/// Collects the names at the top level.
fn names(
    payload: &Payload<'_>,
    imports: &mut Vec<String>,
    exports: &mut Vec<String>,
) -> wasmparser::Result<()> {
    match payload {
        Payload::ComponentImportSection(section) => {
            for import in section.clone() {
                imports.push(import?.name.name.to_owned());
            }
        }
        Payload::ComponentExportSection(section) => {
            for export in section.clone() {
                exports.push(export?.name.name.to_owned());
            }
        }
        _ => {}
    }
    Ok(())
}

/// Decides by names and types what the component is and whether it may be one.
fn judge(top: &Top) -> Result<Shape, LoadError> {
    let types = top.types.as_ref();
    let functions_of = |name: &str| {
        match types.component_item_for_import(name).map(|item| &item.ty) {
        Some(ComponentEntityType::Instance(id)) => types.get(*id).is_none_or(|instance| {
            instance.exports.values().any(|item| {
                !matches!(&item.ty, ComponentEntityType::Type { created, .. } if !matches!(created, ComponentAnyTypeId::Resource(_)))
            })
        }),
        _ => true,
    }
    };

    // 1. Anything of other packages is refused, whatever version of ours it was built for.
    refuse(top.imports.iter().filter(|name| !name.starts_with(PACKAGE)))?;
    // 2. What it is.
    let (kind, version, names) = exported(&top.exports)?;
    // 3. Of our own package: `log`, and interfaces that only name types.
    let is_log = |name: &&String| {
        split(name).is_some_and(|(interface, version)| {
            interface == LOG && version.as_ref().is_some_and(supported)
        })
    };
    refuse(
        top.imports
            .iter()
            .filter(|name| !is_log(name) && functions_of(name)),
    )?;
    let imports = top
        .imports
        .iter()
        .filter(|name| is_log(name) && functions_of(name))
        .cloned()
        .collect();
    Ok(Shape {
        kind,
        version,
        imports,
        names,
    })
}

/// An error that names these imports, if there are any.
fn refuse<'n>(forbidden: impl Iterator<Item = &'n String>) -> Result<(), LoadError> {
    let list: Vec<String> = forbidden
        .take(QUOTED_NAMES)
        .map(|name| quoted(name))
        .collect();
    if list.is_empty() {
        Ok(())
    } else {
        Err(LoadError::ForbiddenImports(list))
    }
}

/// Kind, version and full names of our interfaces among the exports.
fn exported(exports: &[String]) -> Result<(Kind, Version, BTreeMap<String, String>), LoadError> {
    let mut names = BTreeMap::new();
    let mut kinds = Vec::new();
    for full in exports {
        let Some((interface, version)) = split(full) else {
            continue;
        };
        let unsupported = |hint| LoadError::UnsupportedVersion {
            interface: format!("{PACKAGE}{}", quoted(interface)),
            given: version
                .as_ref()
                .map_or_else(|| "no version".into(), ToString::to_string),
            supported: SUPPORTED,
            hint,
        };
        match &version {
            None => return Err(unsupported("rebuild the plugin with the published SDK")),
            Some(v) if supported(v) => {}
            Some(v) if (v.major, v.minor) > (0, 1) => {
                return Err(unsupported(
                    "the plugin is newer than this host; update the host",
                ));
            }
            Some(_) => {
                return Err(unsupported(
                    "the plugin is older than this host speaks; rebuild it with the current SDK",
                ));
            }
        }
        if let (Some(kind), Some(version)) = (
            Kind::ALL.into_iter().find(|kind| kind.name() == interface),
            version,
        ) {
            kinds.push((kind, version));
        }
        names.insert(interface.to_owned(), full.clone());
    }
    match <[_; 1]>::try_from(kinds) {
        Ok([(kind, version)]) => Ok((kind, version, names)),
        Err(none) if none.is_empty() => Err(LoadError::NoInterface {
            expected: "isocial:plugin/ connector, language-pack, alert-channel, export-format, each with @0.1",
        }),
        Err(many) => Err(LoadError::ManyKinds(
            many.into_iter().map(|(kind, _)| kind.to_string()).collect(),
        )),
    }
}

/// Interface and version of a name of our package.
fn split(name: &str) -> Option<(&str, Option<Version>)> {
    let rest = name.strip_prefix(PACKAGE)?;
    Some(match rest.split_once('@') {
        Some((interface, version)) => (interface, Version::parse(version).ok()),
        None => (rest, None),
    })
}

/// Whether a version can be spoken: semver, where 0.1 is a major of its own. Pre-releases promise nothing.
fn supported(version: &Version) -> bool {
    (version.major, version.minor) == (0, 1) && version.pre.is_empty()
}

/// A foreign name as it may stand in an error.
fn quoted(name: &str) -> String {
    let mut text = neutral(name);
    let end = text.floor_char_boundary(QUOTED_BYTES);
    text.truncate(end);
    text
}
