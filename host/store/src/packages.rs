//! Packages that this deployment holds: exact bytes by digest, with the manifest that was read from them.

use std::collections::BTreeSet;

use isocial_model::{Kind, PackageRef};
use semver::Version;
use sqlx::{Row, sqlite::SqliteRow};

use crate::{Deployment, OperatorSession, OrgScope, StoreError, codec};

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
    pub async fn keep_package(
        &self,
        package: &Package,
        component: &[u8],
    ) -> Result<(), StoreError> {
        let reference = &package.package;
        let mut tx = self.file().write().await?;
        let kept = sqlx::query("select digest from packages where id = $1 and version = $2")
            .bind(&reference.id)
            .bind(reference.version.to_string())
            .fetch_optional(&mut *tx)
            .await?;
        if let Some(row) = kept {
            let digest: String = row.try_get("digest")?;
            return if digest == reference.digest {
                Ok(())
            } else {
                Err(StoreError::Invalid {
                    what: "the package",
                    problem: format!(
                        "{reference} is kept with other bytes already: publish a new version"
                    ),
                })
            };
        }
        sqlx::query(
            "insert into components (digest, bytes) values ($1, $2) on conflict do nothing",
        )
        .bind(&reference.digest)
        .bind(component)
        .execute(&mut *tx)
        .await?;
        sqlx::query(
            "insert into packages (id, version, digest, kind, manifest, interface, kept) values ($1, $2, $3, $4, $5, $6, $7)",
        )
        .bind(&reference.id)
        .bind(reference.version.to_string())
        .bind(&reference.digest)
        .bind(package.kind.name())
        .bind(&package.manifest)
        .bind(&package.interface)
        .bind(self.now().as_millis())
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(())
    }

    /// Forgets a package, and its component where no other package has the same bytes. False if there was none.
    pub async fn forget_package(&self, id: &str, version: &str) -> Result<bool, StoreError> {
        let mut tx = self.file().write().await?;
        let gone = sqlx::query("delete from packages where id = $1 and version = $2")
            .bind(id)
            .bind(version)
            .execute(&mut *tx)
            .await?
            .rows_affected();
        // Whoever registers it again means it to run.
        sqlx::query("delete from withdrawn where id = $1 and version = $2")
            .bind(id)
            .bind(version)
            .execute(&mut *tx)
            .await?;
        sqlx::query("delete from components where digest not in (select digest from packages)")
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        Ok(gone > 0)
    }

    /// All packages, by id and version.
    pub async fn packages(&self) -> Result<Vec<Package>, StoreError> {
        let mut conn = self.file().read().await?;
        let rows =
            sqlx::query("select id, version, digest, kind, manifest, interface from packages")
                .fetch_all(&mut *conn)
                .await?;
        let mut all = rows.iter().map(package).collect::<Result<Vec<_>, _>>()?;
        all.sort_by(|a, b| a.package.cmp(&b.package));
        Ok(all)
    }

    /// One exact package.
    pub async fn package(&self, package_ref: &PackageRef) -> Result<Option<Package>, StoreError> {
        let mut conn = self.file().read().await?;
        let row = sqlx::query(
            "select id, version, digest, kind, manifest, interface from packages where id = $1 and version = $2 and digest = $3",
        )
        .bind(&package_ref.id)
        .bind(package_ref.version.to_string())
        .bind(&package_ref.digest)
        .fetch_optional(&mut *conn)
        .await?;
        row.as_ref().map(package).transpose()
    }

    /// Takes a version back: nobody is moved to it any more. False if it was taken back before, or is not kept.
    pub async fn withdraw_package(
        &self,
        _session: &OperatorSession,
        id: &str,
        version: &Version,
    ) -> Result<bool, StoreError> {
        let mut tx = self.file().write().await?;
        let done = sqlx::query(
            "insert into withdrawn (id, version, at) select id, version, $3 from packages where id = $1 and version = $2 \
             on conflict do nothing",
        )
        .bind(id)
        .bind(version.to_string())
        .bind(self.now().as_millis())
        .execute(&mut *tx)
        .await?
        .rows_affected();
        tx.commit().await?;
        Ok(done == 1)
    }

    /// Versions that were taken back, by id and version.
    pub async fn withdrawn_packages(&self) -> Result<BTreeSet<(String, Version)>, StoreError> {
        let mut conn = self.file().read().await?;
        let rows = sqlx::query("select id, version from withdrawn")
            .fetch_all(&mut *conn)
            .await?;
        rows.iter()
            .map(|row| Ok((row.try_get("id")?, codec::parsed(row, "version")?)))
            .collect()
    }

    /// Every organisation, for moving its installations to another version of a package.
    pub async fn scopes_after_replacement(&self) -> Result<Vec<OrgScope>, StoreError> {
        let mut conn = self.file().read().await?;
        let rows = sqlx::query("select id from organisations order by row")
            .fetch_all(&mut *conn)
            .await?;
        rows.iter()
            .map(|r| codec::id(r, "id").map(OrgScope::proven))
            .collect()
    }

    /// The component's bytes, by the digest of an exact package.
    pub async fn component(&self, digest: &str) -> Result<Option<Vec<u8>>, StoreError> {
        let mut conn = self.file().read().await?;
        let row = sqlx::query("select bytes from components where digest = $1")
            .bind(digest)
            .fetch_optional(&mut *conn)
            .await?;
        row.map(|r| Ok(r.try_get("bytes")?)).transpose()
    }
}

fn package(row: &SqliteRow) -> Result<Package, StoreError> {
    let kind: String = row.try_get("kind")?;
    Ok(Package {
        package: PackageRef {
            id: row.try_get("id")?,
            version: codec::parsed(row, "version")?,
            digest: row.try_get("digest")?,
        },
        kind: codec::kind(&kind)?,
        manifest: row.try_get("manifest")?,
        interface: row.try_get("interface")?,
    })
}
