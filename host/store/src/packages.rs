//! Packages that this deployment holds: exact bytes by digest, with the manifest that was read from them.

use isocial_model::{Kind, PackageRef};

use crate::{Deployment, StoreError};

/// A package as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Package {
    /// Id, version and digest.
    pub package: PackageRef,
    /// Its kind.
    pub kind: Kind,
    /// The manifest, canonical JSON.
    pub manifest: String,
    /// The interface that it was built for, such as `isocial:plugin@0.1.0`.
    pub interface: String,
}

impl Deployment {
    /// Keeps a package with its component. The same id and version with other bytes is refused (HP-06); the same bytes again change nothing.
    pub async fn keep_package(&self, package: &Package, component: &[u8]) -> Result<(), StoreError> {
        let _ = (package, component);
        unimplemented!()
    }
    /// All packages, by id and version.
    pub async fn packages(&self) -> Result<Vec<Package>, StoreError> {
        unimplemented!()
    }
    /// One exact package.
    pub async fn package(&self, package: &PackageRef) -> Result<Option<Package>, StoreError> {
        let _ = package;
        unimplemented!()
    }
    /// The component's bytes, by the digest of an exact package.
    pub async fn component(&self, digest: &str) -> Result<Option<Vec<u8>>, StoreError> {
        let _ = digest;
        unimplemented!()
    }
}
