//! Makes packages: a plugin's crate becomes a component with its manifest inside, whose only import is `log`.
//!
//! Lives here: [`Package`] (core module and manifest to component bytes), [`build_crates`] (cargo, then packaging) and [`scaffold`]
//! (a new plugin's crate from the templates). Not here: judging a manifest and reading a package back, which is the host's
//! (`isocial-catalog`), and loading it (`isocial-sandbox`).

mod cargo;
mod component;
mod error;
mod interface;
mod scaffold;

pub use cargo::{BuildOptions, Built, TARGET, build_crate, build_crates, guest_flags};
pub use component::{MANIFEST_SECTION, Package};
pub use error::PackageError;
pub use interface::INTERFACE_VERSION;
pub use scaffold::{SdkDependency, scaffold};
