//! The plugin interface as text, compiled in, so that packaging needs no files beside the module.

use wit_parser::{Resolve, SourceMap, WorldId};

use crate::error::PackageError;

/// The version of `isocial:plugin` that packages are made for.
pub const INTERFACE_VERSION: &str = "0.1.0";

/// The interface's files; the first holds the package's name.
const FILES: [(&str, &str); 5] = [
    ("plugin.wit", include_str!("../../../wit/plugin.wit")),
    ("connector.wit", include_str!("../../../wit/connector.wit")),
    (
        "language-pack.wit",
        include_str!("../../../wit/language-pack.wit"),
    ),
    (
        "alert-channel.wit",
        include_str!("../../../wit/alert-channel.wit"),
    ),
    (
        "export-format.wit",
        include_str!("../../../wit/export-format.wit"),
    ),
];

/// Interfaces that a plugin may export.
pub(crate) const EXPORTABLE: [&str; 7] = [
    "connector",
    "recheck",
    "stream",
    "inbound",
    "language-pack",
    "alert-channel",
    "export-format",
];

/// Interfaces that hold only types: they stand among a component's imports, but nothing is called through them.
pub(crate) const TYPES_ONLY: [&str; 3] = ["types", "posts", "connector-types"];

/// The full name of an interface, such as `isocial:plugin/connector@0.1.0`.
pub(crate) fn full_name(interface: &str) -> String {
    format!("isocial:plugin/{interface}@{INTERFACE_VERSION}")
}

/// The exportable interfaces, for a message.
pub(crate) fn known() -> String {
    EXPORTABLE.map(full_name).join(", ")
}

/// A world that imports `log` and exports exactly these interfaces.
pub(crate) fn world(exports: &[&str]) -> Result<(Resolve, WorldId), PackageError> {
    let encode = |error: &dyn std::fmt::Display| PackageError::Encode(error.to_string());
    let mut map = SourceMap::default();
    for (name, text) in FILES {
        map.push_str(name, text);
    }
    let mut resolve = Resolve::default();
    let group = map.parse().map_err(|(_, error)| encode(&error))?;
    resolve.push_group(group).map_err(|error| encode(&error))?;
    let exports: Vec<String> = exports
        .iter()
        .map(|i| format!("export isocial:plugin/%{i}@{INTERFACE_VERSION};"))
        .collect();
    let imports = format!("import isocial:plugin/log@{INTERFACE_VERSION};");
    let text = format!(
        "package isocial:packaged;\nworld plugin {{ {imports} {} }}\n",
        exports.join(" ")
    );
    let package = resolve
        .push_source("packaged.wit", &text)
        .map_err(|error| encode(&error))?;
    let world = resolve
        .select_world(&[package], Some("plugin"))
        .map_err(|error| encode(&error))?;
    Ok((resolve, world))
}
