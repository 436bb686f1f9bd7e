//! Addresses: where a network delivers to a source. Made for a person who sets it up there, shown once, withdrawn at will.
//!
//! Lives here: what must be true before there is an address. Not here: keeping it (`store`), what comes there (`inbound`).

use isocial_catalog::{Package, PackageError};
use isocial_model::{AccountId, Secret};
use isocial_store::{Deployment, OrgScope, StoreError, setup::Account};

/// Fewest and most bytes of a secret that deliveries are signed with.
const SECRET_BYTES: std::ops::RangeInclusive<usize> = 16..=199;

/// An address that was not made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AddressError {
    /// No such source in this organisation.
    #[error("there is no such source")]
    NoSource,
    /// Its connector takes no deliveries.
    #[error("{0} takes no deliveries: it reads its sources by asking for them")]
    TakesNone(String),
    /// Nothing to verify a delivery with.
    #[error(
        "the credential `{0}` is empty, and a delivery is taken only with its signature: give a secret"
    )]
    NoSecret(String),
    /// A secret that is too short to protect anything, or too long for networks.
    #[error("the secret has {0} bytes: expected 16 to 199")]
    Secret(usize),
    /// The package cannot be read any more.
    #[error(transparent)]
    Package(#[from] PackageError),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Makes the address of a source in place of the one that it may have: the path below the server's own address, to be shown once.
///
/// `secret`, where given, becomes the credential that the connector's deliveries are signed with, for all sources of its installation.
pub async fn make(
    deployment: &Deployment,
    scope: &OrgScope,
    source: &AccountId,
    secret: Option<&str>,
) -> Result<Secret, AddressError> {
    let db = deployment.org(scope).await?;
    let Account { installation, .. } = db.account(source).await?.ok_or(AddressError::NoSource)?;
    let package = db
        .installation(&installation)
        .await?
        .ok_or(AddressError::NoSource)?
        .package;
    let component = deployment
        .component(&package.digest)
        .await?
        .ok_or(AddressError::NoSource)?;
    let slot = Package::read(&component)?
        .into_manifest()
        .inbound
        .ok_or_else(|| AddressError::TakesNone(package.to_string()))?
        .credential;
    match secret {
        Some(secret) if SECRET_BYTES.contains(&secret.len()) => {
            crate::keeper::keep_value(&db, &installation, &slot, secret).await?;
        }
        Some(secret) => return Err(AddressError::Secret(secret.len())),
        None if db.credential(&installation, &slot).await?.is_none() => {
            return Err(AddressError::NoSecret(slot));
        }
        None => {}
    }
    let token = deployment.make_address(scope, source).await?;
    let mut path = b"in/".to_vec();
    path.extend_from_slice(token.expose());
    Ok(Secret::new(path))
}
