//! Packages: what a component says of itself, read without running it.
//!
//! Lives here: the manifest and what is always true of it, reading a package under limits, configuration checked against the
//! manifest's schema. Not here: the ceilings of purposes (`gate`), running (`sandbox`), keeping (`store`).

mod component;
mod config;
mod error;
mod inbound;
mod inspect;
mod manifest;
mod package;
#[cfg(test)]
mod tests;

pub use config::{ConfigError, ConfigSchema, Property, PropertyType};
pub use error::PackageError;
pub use inbound::{AlsoSigned, InboundRule};
pub use inspect::{InspectedContract, Inspection};
pub use manifest::{DeletionShape, Manifest, VisibilityShape};
pub use package::{Limits, MANIFEST_SECTION, Package, SUPPORTED_INTERFACE};
