//! The vault: from the root key to an organisation's keys in use.

use std::{path::Path, sync::Arc};

use isocial_model::{Entropy, OrgId};
use zeroize::Zeroizing;

use crate::{
    derive::{Key, Sealer, subkey},
    error::VaultError,
    ring::{DeploymentKeyring, OrgKeyring},
    root,
};

/// The version of the wrapping; in the associated data, so that it cannot be changed from outside.
const WRAP_VERSION: u8 = 1;
/// Version byte, then the sealed 32 bytes: version, nonce, ciphertext, tag.
const WRAPPED_BYTES: usize = 1 + 1 + 12 + 32 + 16;

/// An organisation's key, wrapped under the root: safe to keep, and all there is to destroy.
#[derive(Clone, PartialEq, Eq)]
pub struct WrappedKey(Vec<u8>);

impl WrappedKey {
    /// Takes kept bytes back; they are judged when they are opened.
    pub fn from_bytes(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }
    /// The bytes to keep.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl std::fmt::Debug for WrappedKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("WrappedKey(…)")
    }
}

/// Holds the root key and gives out what is derived from it, never the key itself.
pub struct Vault {
    root: Key,
    entropy: Arc<dyn Entropy>,
    deployment: Arc<DeploymentKeyring>,
}

impl Vault {
    /// Opens the vault by its root key file.
    ///
    /// `new_deployment` says that the data folder has nothing in it yet: only then a missing file is made (mode 0600). A file that is
    /// not 32 bytes, or that others can read, is an error.
    pub fn open(
        root_key: &Path,
        new_deployment: bool,
        entropy: Arc<dyn Entropy>,
    ) -> Result<Self, VaultError> {
        Ok(Self::from_root(
            root::load(root_key, new_deployment, &*entropy)?,
            entropy,
        ))
    }

    fn from_root(root: Key, entropy: Arc<dyn Entropy>) -> Self {
        let deployment = Arc::new(DeploymentKeyring::new(&root, entropy.clone()));
        Self {
            root,
            entropy,
            deployment,
        }
    }

    /// The deployment's own keys.
    pub fn deployment(&self) -> &Arc<DeploymentKeyring> {
        &self.deployment
    }

    /// The randomness that this vault draws from.
    pub fn entropy(&self) -> &Arc<dyn Entropy> {
        &self.entropy
    }

    /// Makes a random key for an organisation, wrapped for it and for nobody else.
    pub fn create_org_key(&self, org: &OrgId) -> WrappedKey {
        let mut key = Zeroizing::new([0u8; 32]);
        self.entropy.fill(key.as_mut());
        let mut wrapped = vec![WRAP_VERSION];
        wrapped.extend(
            self.wrapper()
                .seal(&*self.entropy, &wrap_place(org), key.as_ref()),
        );
        WrappedKey(wrapped)
    }

    /// Opens an organisation's wrapped key.
    pub fn open_org(
        &self,
        org: &OrgId,
        wrapped: &WrappedKey,
    ) -> Result<Arc<OrgKeyring>, VaultError> {
        let unknown = || VaultError::UnknownForm {
            org: org.to_string(),
            bytes: wrapped.0.len(),
        };
        let (&version, sealed) = wrapped.0.split_first().ok_or_else(unknown)?;
        if version != WRAP_VERSION || wrapped.0.len() != WRAPPED_BYTES {
            return Err(unknown());
        }
        let plain = self
            .wrapper()
            .unseal(&wrap_place(org), sealed)
            .map(Zeroizing::new)
            .map_err(|_| VaultError::WrongRoot {
                org: org.to_string(),
            })?;
        let mut key = Zeroizing::new([0u8; 32]);
        key.copy_from_slice(plain.get(..32).ok_or_else(unknown)?);
        Ok(Arc::new(OrgKeyring::new(
            org.clone(),
            &key,
            self.entropy.clone(),
        )))
    }

    fn wrapper(&self) -> Sealer {
        Sealer::new(&subkey(&self.root, "root/wrap-organisation-keys"))
    }
}

fn wrap_place(org: &OrgId) -> Vec<u8> {
    format!("organisation key v{WRAP_VERSION} {org}").into_bytes()
}

impl std::fmt::Debug for Vault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Vault(…)")
    }
}
