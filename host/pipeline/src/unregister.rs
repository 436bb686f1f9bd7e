//! Unregistering: the operator forgets a package, and no call of it begins any more.

use isocial_store::StoreError;

use crate::host::Host;

impl Host {
    /// Forgets a version of a package with its bytes. False if there was none.
    ///
    /// Calls that run are finished. Installations stay, and rest until the package is registered again.
    pub async fn unregister(&self, id: &str, version: &str) -> Result<bool, StoreError> {
        let kept = self.deployment.forget_package(id, version).await?;
        let loaded = self.library.take(id, version);
        self.forget_all();
        Ok(kept || loaded)
    }
}
