//! What an organisation withholds from every plugin, in its table. What the words mean is the gate's to say.

use sqlx::Row;

use crate::{OrgDb, StoreError, setup::check_object};

const SPEC_BYTES: usize = 16 * 1024;

impl OrgDb {
    /// What this organisation withholds, as JSON; nothing where it never said.
    pub async fn restrictions(&self) -> Result<Option<String>, StoreError> {
        let mut conn = self.file().read().await?;
        let row = sqlx::query("select spec from restrictions where one = 1")
            .fetch_optional(&mut *conn)
            .await?;
        Ok(row.map(|row| row.try_get("spec")).transpose()?)
    }

    /// Withholds this from now on, in place of what was withheld before; an audit line says who did it.
    pub async fn set_restrictions(&self, spec: &str, who: &str) -> Result<(), StoreError> {
        check_object("the restrictions", spec, SPEC_BYTES)?;
        let mut tx = self.file().write().await?;
        sqlx::query(
            "insert into restrictions (one, spec, changed) values (1, $1, $2) \
             on conflict (one) do update set spec = excluded.spec, changed = excluded.changed",
        )
        .bind(spec)
        .bind(self.now().as_millis())
        .execute(&mut *tx)
        .await?;
        self.audit_line(&mut tx, who, "restrictions-set", "")
            .await?;
        tx.commit().await?;
        Ok(())
    }
}
