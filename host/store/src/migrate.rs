//! Migrations: embedded SQL, applied in order, each in its own transaction, recorded with its version.

use isocial_model::Instant;
use sqlx::Row;

use crate::{StoreError, file::Database};

/// One step of a schema.
#[derive(Debug)]
pub(crate) struct Migration {
    /// From 1 without gaps.
    pub(crate) version: i64,
    /// The file's name.
    pub(crate) name: &'static str,
    /// The statements.
    pub(crate) sql: &'static str,
}

/// The deployment's schema.
pub(crate) const DEPLOYMENT: &[Migration] = &[
    Migration {
        version: 1,
        name: "create_deployment",
        sql: include_str!("../migrations/deployment/0001_create_deployment.sql"),
    },
    Migration {
        version: 2,
        name: "create_addresses",
        sql: include_str!("../migrations/deployment/0002_create_addresses.sql"),
    },
    Migration {
        version: 3,
        name: "shorten_receipts",
        sql: include_str!("../migrations/deployment/0003_shorten_receipts.sql"),
    },
    Migration {
        version: 4,
        name: "withdraw_packages",
        sql: include_str!("../migrations/deployment/0004_withdraw_packages.sql"),
    },
];

/// An organisation's schema.
pub(crate) const ORGANISATION: &[Migration] = &[
    Migration {
        version: 1,
        name: "create_organisation",
        sql: include_str!("../migrations/organisation/0001_create_organisation.sql"),
    },
    Migration {
        version: 2,
        name: "shorten_receipts",
        sql: include_str!("../migrations/organisation/0002_shorten_receipts.sql"),
    },
    Migration {
        version: 3,
        name: "set_restrictions",
        sql: include_str!("../migrations/organisation/0003_set_restrictions.sql"),
    },
];

/// Brings a file's schema up to date. A file that a newer program wrote is refused untouched.
pub(crate) async fn migrate(
    file: &Database,
    steps: &'static [Migration],
    now: Instant,
) -> Result<(), StoreError> {
    let known = steps.iter().map(|m| m.version).max().unwrap_or(0);
    let mut tx = file.write().await?;
    sqlx::query(
        "create table if not exists migrations (version integer primary key, name text not null, applied integer not null) strict",
    )
    .execute(&mut *tx)
    .await?;
    let found: i64 = sqlx::query("select coalesce(max(version), 0) as v from migrations")
        .fetch_one(&mut *tx)
        .await?
        .try_get("v")?;
    if found > known {
        return Err(StoreError::Newer {
            file: file.name().into(),
            found,
            known,
        });
    }
    for step in steps.iter().filter(|m| m.version > found) {
        sqlx::raw_sql(step.sql).execute(&mut *tx).await?;
        sqlx::query("insert into migrations (version, name, applied) values ($1, $2, $3)")
            .bind(step.version)
            .bind(step.name)
            .bind(now.as_millis())
            .execute(&mut *tx)
            .await?;
    }
    tx.commit().await?;
    Ok(())
}
