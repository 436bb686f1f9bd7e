//! Organisations: made, listed and destroyed by an operator.

use isocial_model::{Instant, OrgId};
use sqlx::{Row, sqlite::SqliteRow};

use crate::{
    Deployment, StoreError, deployment::region_of, file::Database, folder, migrate,
    scope::OperatorSession,
};

/// Where an organisation's data is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Region {
    /// The operator's own place: the only one of a deployment that names none.
    #[default]
    Local,
    /// `us-east`
    UsEast,
    /// `us-west`
    UsWest,
    /// `eu-frankfurt`
    EuFrankfurt,
    /// `eu-ireland`
    EuIreland,
    /// `ap-singapore`
    ApSingapore,
    /// `ap-tokyo`
    ApTokyo,
}

impl Region {
    /// All regions.
    pub const ALL: [Self; 7] = [
        Self::Local,
        Self::UsEast,
        Self::UsWest,
        Self::EuFrankfurt,
        Self::EuIreland,
        Self::ApSingapore,
        Self::ApTokyo,
    ];
    /// The name in paths, configuration and the API.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Local => "local",
            Self::UsEast => "us-east",
            Self::UsWest => "us-west",
            Self::EuFrankfurt => "eu-frankfurt",
            Self::EuIreland => "eu-ireland",
            Self::ApSingapore => "ap-singapore",
            Self::ApTokyo => "ap-tokyo",
        }
    }
    /// The region of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|r| r.name() == name)
    }
}

/// An organisation to be made.
#[derive(Debug, Clone)]
pub struct NewOrganisation {
    /// 2–40 of a–z, 0–9 and `-`, beginning with a letter; never given out twice.
    pub slug: String,
    /// As people read it · 1–200 bytes.
    pub name: String,
    /// Where its data is kept.
    pub region: Region,
}

/// An organisation as an operator sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Organisation {
    /// Its id.
    pub id: OrgId,
    /// Its slug.
    pub slug: String,
    /// Its name.
    pub name: String,
    /// Where its data is kept.
    pub region: Region,
    /// When it was made.
    pub created: Instant,
}

const SELECT: &str = "select id, slug, name, region, created from organisations";

impl Deployment {
    /// Makes an organisation with a key and a file of its own.
    pub async fn create_organisation(
        &self,
        _operator: &OperatorSession,
        new: &NewOrganisation,
    ) -> Result<Organisation, StoreError> {
        check_slug(&new.slug)?;
        check_name(&new.name)?;
        let slug = self.keys().slug(&new.slug);
        self.refuse_used(&new.slug, &slug).await?;
        let id = OrgId::random(&**self.inner.vault.entropy());
        let wrapped = self.inner.vault.create_org_key(&id);
        self.make_file(&id, new.region, &wrapped).await?;
        // The row comes last: an organisation that is listed has its file.
        let created = self.now();
        let mut tx = self.file().write().await?;
        let fresh = sqlx::query("insert into slugs (hash) values ($1) on conflict do nothing")
            .bind(slug.as_slice())
            .execute(&mut *tx)
            .await?
            .rows_affected();
        if fresh == 0 {
            drop(tx);
            folder::remove(
                &self.inner.options.folder,
                &folder::org_folder(new.region, &id),
            )?;
            return Err(StoreError::Taken {
                slug: new.slug.clone(),
            });
        }
        sqlx::query("insert into organisations (id, slug, name, region, created, wrapped_key) values ($1, $2, $3, $4, $5, $6)")
            .bind(id.as_str())
            .bind(&new.slug)
            .bind(&new.name)
            .bind(new.region.name())
            .bind(created.as_millis())
            .bind(wrapped.as_bytes())
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        Ok(Organisation {
            id,
            slug: new.slug.clone(),
            name: new.name.clone(),
            region: new.region,
            created,
        })
    }

    async fn refuse_used(&self, slug: &str, hash: &[u8; 16]) -> Result<(), StoreError> {
        let mut conn = self.file().read().await?;
        let used = sqlx::query("select 1 from slugs where hash = $1")
            .bind(hash.as_slice())
            .fetch_optional(&mut *conn)
            .await?;
        if used.is_some() {
            Err(StoreError::Taken { slug: slug.into() })
        } else {
            Ok(())
        }
    }

    async fn make_file(
        &self,
        id: &OrgId,
        region: Region,
        wrapped: &isocial_vault::WrappedKey,
    ) -> Result<(), StoreError> {
        let keys = self.inner.vault.open_org(id, wrapped)?;
        let relative = folder::org_folder(region, id);
        let path = folder::make(&self.inner.options.folder, &relative)?.join("store.db");
        folder::check_file(&path)?;
        let name = format!("{relative}/store.db");
        let made = async {
            let file = Database::open(
                &path,
                &name,
                &keys.database_key(),
                &self.inner.options,
                self.inner.options.max_pages,
                true,
            )
            .await?;
            let done = migrate::migrate(&file, migrate::ORGANISATION, self.now()).await;
            file.close().await;
            done
        };
        let result = made.await.map_err(|e| e.named(&name));
        if result.is_err() {
            // Nothing of a half-made organisation stays; the first error is the one to tell.
            let _ = folder::remove(&self.inner.options.folder, &relative);
        }
        result
    }

    /// All organisations, by slug.
    pub async fn organisations(
        &self,
        _operator: &OperatorSession,
    ) -> Result<Vec<Organisation>, StoreError> {
        let mut conn = self.file().read().await?;
        let rows = sqlx::QueryBuilder::new(SELECT)
            .push(" order by slug")
            .build()
            .fetch_all(&mut *conn)
            .await?;
        rows.iter().map(organisation).collect()
    }

    /// One organisation by its slug.
    pub async fn organisation_by_slug(
        &self,
        _operator: &OperatorSession,
        slug: &str,
    ) -> Result<Option<Organisation>, StoreError> {
        let mut conn = self.file().read().await?;
        let mut query = sqlx::QueryBuilder::new(SELECT);
        query.push(" where slug = ").push_bind(slug);
        query
            .build()
            .fetch_optional(&mut *conn)
            .await?
            .as_ref()
            .map(organisation)
            .transpose()
    }

    /// Destroys an organisation's key, then removes its files and rows. False if there is none of this id.
    ///
    /// The key goes first: even if the process dies at once, what is left of the files opens for nobody, and the next start removes it.
    pub async fn delete_organisation(
        &self,
        _operator: &OperatorSession,
        org: &OrgId,
    ) -> Result<bool, StoreError> {
        let mut tx = self.file().write().await?;
        let Some(row) = sqlx::query("select region from organisations where id = $1")
            .bind(org.as_str())
            .fetch_optional(&mut *tx)
            .await?
        else {
            return Ok(false);
        };
        let relative = folder::org_folder(region_of(&row)?, org);
        sqlx::query("insert into removals (folder) values ($1) on conflict do nothing")
            .bind(&relative)
            .execute(&mut *tx)
            .await?;
        sqlx::query("delete from organisations where id = $1")
            .bind(org.as_str())
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        // The log may still hold the wrapped key.
        self.file().empty_log().await?;
        self.inner.open.close(org).await;
        self.finish_removals().await?;
        Ok(true)
    }

    /// Removes what is left of deleted organisations.
    pub(crate) async fn finish_removals(&self) -> Result<(), StoreError> {
        let mut conn = self.file().read().await?;
        let rows = sqlx::query("select folder from removals")
            .fetch_all(&mut *conn)
            .await?;
        drop(conn);
        for row in rows {
            let relative: String = row.try_get("folder")?;
            folder::remove(&self.inner.options.folder, &relative)?;
            let mut tx = self.file().write().await?;
            sqlx::query("delete from removals where folder = $1")
                .bind(&relative)
                .execute(&mut *tx)
                .await?;
            tx.commit().await?;
        }
        Ok(())
    }
}

fn check_slug(slug: &str) -> Result<(), StoreError> {
    let good = (2..=40).contains(&slug.len())
        && slug.starts_with(|c: char| c.is_ascii_lowercase())
        && slug
            .bytes()
            .all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'-'));
    if good {
        return Ok(());
    }
    Err(StoreError::Invalid {
        what: "the organisation's short name",
        problem: "expected 2 to 40 of a–z, 0–9 and `-`, beginning with a letter".into(),
    })
}

/// Checks a name that people read: not empty, at most 200 bytes, no control characters.
pub(crate) fn check_name(name: &str) -> Result<(), StoreError> {
    if !name.trim().is_empty() && name.len() <= 200 && !name.chars().any(char::is_control) {
        return Ok(());
    }
    Err(StoreError::Invalid {
        what: "the name",
        problem: "expected 1 to 200 bytes without control characters".into(),
    })
}

fn organisation(row: &SqliteRow) -> Result<Organisation, StoreError> {
    Ok(Organisation {
        id: crate::codec::id(row, "id")?,
        slug: row.try_get("slug")?,
        name: row.try_get("name")?,
        region: region_of(row)?,
        created: Instant(row.try_get("created")?),
    })
}
