//! Installations, their credentials and their accounts: configuration and state are sealed values, each for its own place.

use isocial_model::{AccountId, InstallationId, PackageRef, Secret, key::OrgKeys};
use isocial_vault::SealedCredential;
use sqlx::{Row, sqlite::SqliteRow};

use crate::{
    OrgDb, StoreError, codec,
    setup::{Account, AccountStatus, Installation, NewAccount, NewInstallation, check_object},
};

const CONFIG_BYTES: usize = 16 * 1024;
const GRANT_BYTES: usize = 64 * 1024;
const SLOT_BYTES: usize = 64;
const FAULT_BYTES: usize = 256;

fn config_place(id: &str) -> String {
    format!("config/{id}")
}

/// Where an account's state is sealed for.
pub(crate) fn state_place(account: &AccountId) -> String {
    format!("state/{account}")
}

impl OrgDb {
    /// Enables a package in a workspace.
    pub async fn install(&self, new: &NewInstallation) -> Result<InstallationId, StoreError> {
        check_object("the configuration", &new.config, CONFIG_BYTES)?;
        if new.grant.len() > GRANT_BYTES {
            return Err(StoreError::Invalid {
                what: "the grant",
                problem: format!("expected at most {GRANT_BYTES} bytes"),
            });
        }
        let id = InstallationId::random(&**self.deployment.inner.vault.entropy());
        let mut tx = self.file().write().await?;
        let done = sqlx::query(
            "insert into installations (id, workspace, package_id, package_version, package_digest, kind, config, consent, enabled, created) \
             select $1, id, $3, $4, $5, $6, $7, $8, 1, $9 from workspaces where id = $2",
        )
        .bind(id.as_str())
        .bind(new.workspace.as_str())
        .bind(&new.package.id)
        .bind(new.package.version.to_string())
        .bind(&new.package.digest)
        .bind(new.kind.name())
        .bind(self.ring().seal(&config_place(id.as_str()), new.config.as_bytes()))
        .bind(&new.grant)
        .bind(self.now().as_millis())
        .execute(&mut *tx)
        .await?
        .rows_affected();
        if done == 0 {
            return Err(StoreError::Unknown { what: "workspace" });
        }
        tx.commit().await?;
        Ok(id)
    }

    /// All installations.
    pub async fn installations(&self) -> Result<Vec<Installation>, StoreError> {
        let mut conn = self.file().read().await?;
        let rows = sqlx::query(
            "select id, workspace, package_id, package_version, package_digest, kind, config, consent, enabled \
             from installations order by created, id",
        )
        .fetch_all(&mut *conn)
        .await?;
        rows.iter().map(|r| self.installation_of(r)).collect()
    }

    /// One installation.
    pub async fn installation(
        &self,
        id: &InstallationId,
    ) -> Result<Option<Installation>, StoreError> {
        let mut conn = self.file().read().await?;
        let row = sqlx::query(
            "select id, workspace, package_id, package_version, package_digest, kind, config, consent, enabled \
             from installations where id = $1",
        )
        .bind(id.as_str())
        .fetch_optional(&mut *conn)
        .await?;
        row.map(|r| self.installation_of(&r)).transpose()
    }

    fn installation_of(&self, row: &SqliteRow) -> Result<Installation, StoreError> {
        let id: InstallationId = codec::id(row, "id")?;
        let kind: &str = row.try_get("kind")?;
        Ok(Installation {
            workspace: codec::id(row, "workspace")?,
            package: PackageRef {
                id: row.try_get("package_id")?,
                version: codec::parsed(row, "package_version")?,
                digest: row.try_get("package_digest")?,
            },
            kind: codec::kind(kind)?,
            config: self.unsealed_text(&config_place(id.as_str()), row.try_get("config")?)?,
            grant: row.try_get("consent")?,
            enabled: row.try_get("enabled")?,
            id,
        })
    }

    fn unsealed_text(&self, place: &str, sealed: &[u8]) -> Result<String, StoreError> {
        String::from_utf8(self.ring().unseal(place, sealed)?).map_err(|_| StoreError::Row {
            table: "installations",
            problem: "a sealed text is no UTF-8".into(),
        })
    }

    /// Switches an installation on or off. False if there is none.
    pub async fn set_installation_enabled(
        &self,
        id: &InstallationId,
        enabled: bool,
    ) -> Result<bool, StoreError> {
        let mut tx = self.file().write().await?;
        let done = sqlx::query("update installations set enabled = $1 where id = $2")
            .bind(enabled)
            .bind(id.as_str())
            .execute(&mut *tx)
            .await?
            .rows_affected();
        tx.commit().await?;
        Ok(done == 1)
    }

    /// Moves an installation from one exact version of its package to another. False if it is not on the first one (any more).
    pub async fn move_installation(
        &self,
        id: &InstallationId,
        from: &PackageRef,
        to: &PackageRef,
    ) -> Result<bool, StoreError> {
        let mut tx = self.file().write().await?;
        let done = sqlx::query(
            "update installations set package_version = $1, package_digest = $2 \
             where id = $3 and package_id = $4 and package_digest = $5",
        )
        .bind(to.version.to_string())
        .bind(&to.digest)
        .bind(id.as_str())
        .bind(&from.id)
        .bind(&from.digest)
        .execute(&mut *tx)
        .await?
        .rows_affected();
        tx.commit().await?;
        Ok(done == 1)
    }

    /// Removes an installation with its accounts and credentials. False if there is none.
    pub async fn uninstall(&self, id: &InstallationId) -> Result<bool, StoreError> {
        let mut tx = self.file().write().await?;
        let done = sqlx::query("delete from installations where id = $1")
            .bind(id.as_str())
            .execute(&mut *tx)
            .await?
            .rows_affected();
        tx.commit().await?;
        Ok(done == 1)
    }

    /// Keeps a credential for a slot, sealed; an earlier one is overwritten.
    pub async fn set_credential(
        &self,
        id: &InstallationId,
        slot: &str,
        secret: &Secret,
    ) -> Result<(), StoreError> {
        if slot.is_empty() || slot.len() > SLOT_BYTES {
            return Err(StoreError::Invalid {
                what: "the slot",
                problem: format!("expected 1 to {SLOT_BYTES} bytes"),
            });
        }
        if self.installation(id).await?.is_none() {
            return Err(StoreError::Unknown {
                what: "installation",
            });
        }
        let sealed = self.ring().seal_credential(id, slot, secret);
        let mut tx = self.file().write().await?;
        sqlx::query(
            "insert into credentials (installation, slot, sealed) values ($1, $2, $3) \
             on conflict (installation, slot) do update set sealed = excluded.sealed",
        )
        .bind(id.as_str())
        .bind(slot)
        .bind(sealed.as_bytes())
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(())
    }

    /// The credential of a slot.
    pub async fn credential(
        &self,
        id: &InstallationId,
        slot: &str,
    ) -> Result<Option<Secret>, StoreError> {
        let mut conn = self.file().read().await?;
        let row =
            sqlx::query("select sealed from credentials where installation = $1 and slot = $2")
                .bind(id.as_str())
                .bind(slot)
                .fetch_optional(&mut *conn)
                .await?;
        let Some(row) = row else { return Ok(None) };
        let sealed = SealedCredential::from_bytes(row.try_get("sealed")?);
        Ok(Some(self.ring().open_credential(id, slot, &sealed)?))
    }

    /// Names of the slots that hold a credential.
    pub async fn credential_slots(&self, id: &InstallationId) -> Result<Vec<String>, StoreError> {
        let mut conn = self.file().read().await?;
        let rows =
            sqlx::query("select slot from credentials where installation = $1 order by slot")
                .bind(id.as_str())
                .fetch_all(&mut *conn)
                .await?;
        rows.iter().map(|r| Ok(r.try_get("slot")?)).collect()
    }

    /// Adds an account to an installation.
    pub async fn add_account(&self, new: &NewAccount) -> Result<AccountId, StoreError> {
        check_object("the configuration", &new.config, CONFIG_BYTES)?;
        let id = AccountId::random(&**self.deployment.inner.vault.entropy());
        let mut tx = self.file().write().await?;
        let done = sqlx::query(
            "insert into accounts (id, installation, config, every_seconds, status, created) \
             select $1, id, $3, $4, 'new', $5 from installations where id = $2",
        )
        .bind(id.as_str())
        .bind(new.installation.as_str())
        .bind(
            self.ring()
                .seal(&config_place(id.as_str()), new.config.as_bytes()),
        )
        .bind(i64::from(new.every_seconds))
        .bind(self.now().as_millis())
        .execute(&mut *tx)
        .await?
        .rows_affected();
        if done == 0 {
            return Err(StoreError::Unknown {
                what: "installation",
            });
        }
        tx.commit().await?;
        Ok(id)
    }

    /// All accounts.
    pub async fn accounts(&self) -> Result<Vec<Account>, StoreError> {
        let mut conn = self.file().read().await?;
        let rows = sqlx::query(
            "select id, installation, config, state, every_seconds, status, fault, last_step from accounts order by created, id",
        )
        .fetch_all(&mut *conn)
        .await?;
        rows.iter().map(|r| self.account_of(r)).collect()
    }

    /// One account.
    pub async fn account(&self, id: &AccountId) -> Result<Option<Account>, StoreError> {
        let mut conn = self.file().read().await?;
        let row = sqlx::query(
            "select id, installation, config, state, every_seconds, status, fault, last_step from accounts where id = $1",
        )
        .bind(id.as_str())
        .fetch_optional(&mut *conn)
        .await?;
        row.map(|r| self.account_of(&r)).transpose()
    }

    fn account_of(&self, row: &SqliteRow) -> Result<Account, StoreError> {
        let id: AccountId = codec::id(row, "id")?;
        let state: Option<Vec<u8>> = row.try_get("state")?;
        let status: &str = row.try_get("status")?;
        let fault = row
            .try_get::<Option<String>, _>("fault")?
            .unwrap_or_default();
        Ok(Account {
            installation: codec::id(row, "installation")?,
            config: self.unsealed_text(&config_place(id.as_str()), row.try_get("config")?)?,
            state: state
                .map(|s| self.ring().unseal(&state_place(&id), &s))
                .transpose()?,
            every_seconds: row.try_get("every_seconds")?,
            status: match status {
                "working" => AccountStatus::Working,
                "failing" => AccountStatus::Failing(fault),
                "stopped" => AccountStatus::Stopped(fault),
                _ => AccountStatus::New,
            },
            last_step: codec::instant(row, "last_step")?,
            id,
        })
    }

    /// Notes how the account's last step went.
    pub async fn set_account_status(
        &self,
        id: &AccountId,
        status: &AccountStatus,
    ) -> Result<(), StoreError> {
        let (word, fault) = match status {
            AccountStatus::New => ("new", None),
            AccountStatus::Working => ("working", None),
            AccountStatus::Failing(fault) => ("failing", Some(cut(fault))),
            AccountStatus::Stopped(fault) => ("stopped", Some(cut(fault))),
        };
        let mut tx = self.file().write().await?;
        sqlx::query("update accounts set status = $1, fault = $2, last_step = $3 where id = $4")
            .bind(word)
            .bind(fault)
            .bind(self.now().as_millis())
            .bind(id.as_str())
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        Ok(())
    }
}

/// At most 256 bytes, cut at a character.
pub(crate) fn cut(text: &str) -> &str {
    let mut end = text.len().min(FAULT_BYTES);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or_default()
}
