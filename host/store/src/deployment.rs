//! The deployment: one data folder, its own file, and the way into organisations.

use std::{path::PathBuf, sync::Arc};

use isocial_model::{Clock, Instant, OrgId, key::OrgKeys};
use isocial_vault::{DeploymentKeyring, Vault, WrappedKey};
use sqlx::Row;

use crate::{
    StoreError,
    file::Database,
    folder,
    ledger::Books,
    migrate::{self, migrate},
    opened::{OpenOrg, OpenOrgs},
    org::OrgDb,
    organisations::Region,
    scope::OrgScope,
};

/// How files are opened.
#[derive(Debug, Clone)]
pub struct StoreOptions {
    /// The data folder; made with mode 0700 if it is missing.
    pub folder: PathBuf,
    /// Organisations' files that stay open at once · at least 1.
    pub open_organisations: usize,
    /// How long to wait for a lock of another process · milliseconds.
    pub busy_timeout_ms: u64,
    /// At most so many pages of 4 KiB an organisation's file; absent = as many as the disk holds.
    pub max_pages: Option<u32>,
    /// At most so many pages of 4 KiB for the deployment's own file, which holds the packages; absent = as many as the disk holds.
    pub deployment_max_pages: Option<u32>,
    /// The second place of signed heads: a folder outside the data folder, best on another machine's disk; absent = there is none (B4).
    pub heads: Option<PathBuf>,
}

impl StoreOptions {
    /// The defaults for this folder: 64 files, 5 seconds, no cap.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self {
            folder: folder.into(),
            open_organisations: 64,
            busy_timeout_ms: 5_000,
            max_pages: None,
            deployment_max_pages: None,
            heads: None,
        }
    }
    /// Whether the data folder has no deployment in it yet: what [`Vault::open`] must know before it may make a root key.
    pub fn is_new(&self) -> bool {
        !self.folder.join("deployment.db").exists()
    }
}

/// One deployment's data, open. Cheap to clone.
#[derive(Clone)]
pub struct Deployment {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) options: StoreOptions,
    pub(crate) vault: Arc<Vault>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) file: Database,
    pub(crate) open: OpenOrgs,
    pub(crate) books: Books,
}

impl std::fmt::Debug for Deployment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Deployment")
            .field("folder", &self.inner.options.folder)
            .finish_non_exhaustive()
    }
}

impl Deployment {
    /// Opens the deployment in a data folder, making it if the folder is new, and brings its schema up to date.
    pub async fn open(
        options: StoreOptions,
        vault: Arc<Vault>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, StoreError> {
        folder::make_data(&options.folder)?;
        let path = folder::deployment_file(&options.folder);
        folder::check_file(&path)?;
        let file = Database::open(
            &path,
            "deployment.db",
            &vault.deployment().database_key(),
            &options,
            options.deployment_max_pages,
            options.is_new(),
        )
        .await?;
        migrate(&file, migrate::DEPLOYMENT, clock.now())
            .await
            .map_err(|e| e.named("deployment.db"))?;
        let open = OpenOrgs::new(options.open_organisations);
        let this = Self {
            inner: Arc::new(Inner {
                options,
                vault,
                clock,
                file,
                open,
                books: Books::default(),
            }),
        };
        this.finish_removals().await?;
        Ok(this)
    }

    /// Enters an organisation. [`StoreError::Gone`] if it has been deleted since the scope was had.
    pub async fn org(&self, scope: &OrgScope) -> Result<OrgDb, StoreError> {
        let mut conn = self.file().read().await?;
        let row = sqlx::query("select row, region, wrapped_key from organisations where id = $1")
            .bind(scope.org().as_str())
            .fetch_optional(&mut *conn)
            .await?
            .ok_or(StoreError::Gone)?;
        drop(conn);
        let number: i64 = row.try_get("row")?;
        let region = region_of(&row)?;
        let wrapped = WrappedKey::from_bytes(row.try_get("wrapped_key")?);
        let open = self
            .inner
            .open
            .get(scope.org(), || {
                self.open_org(scope.org().clone(), region, wrapped)
            })
            .await?;
        Ok(OrgDb {
            open,
            deployment: self.clone(),
            row: number,
        })
    }

    async fn open_org(
        &self,
        org: OrgId,
        region: Region,
        wrapped: WrappedKey,
    ) -> Result<OpenOrg, StoreError> {
        let keys = self.inner.vault.open_org(&org, &wrapped)?;
        let relative = folder::org_folder(region, &org);
        let path = folder::check(&self.inner.options.folder, &relative, "store.db")?;
        let name = format!("{relative}/store.db");
        let file = Database::open(
            &path,
            &name,
            &keys.database_key(),
            &self.inner.options,
            self.inner.options.max_pages,
            false,
        )
        .await?;
        migrate(&file, migrate::ORGANISATION, self.now())
            .await
            .map_err(|e| e.named(&name))?;
        let exports = folder::make(&self.inner.options.folder, &format!("{relative}/exports"))?;
        Ok(OpenOrg {
            file,
            keys,
            exports,
        })
    }

    /// Closes all files in order; what is open in other hands fails from then on.
    pub async fn close(&self) {
        self.inner.open.close_all().await;
        self.inner.file.close().await;
    }

    /// The clock that this deployment was given.
    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.inner.clock
    }

    pub(crate) fn file(&self) -> &Database {
        &self.inner.file
    }
    /// The keys of the doors of shared streams: the deployment's own, which open nothing of any organisation's.
    pub fn shared_keys(&self) -> Arc<dyn OrgKeys> {
        self.inner.vault.deployment().clone()
    }
    pub(crate) fn keys(&self) -> &DeploymentKeyring {
        self.inner.vault.deployment()
    }
    pub(crate) fn now(&self) -> Instant {
        self.inner.clock.now()
    }
}

pub(crate) fn region_of(row: &sqlx::sqlite::SqliteRow) -> Result<Region, StoreError> {
    let name: String = row.try_get("region")?;
    Region::from_name(&name).ok_or(StoreError::Row {
        table: "organisations",
        problem: "an unknown region".into(),
    })
}
