//! Rules and incidents in their tables.

use isocial_model::{IncidentId, Instant, MonitorId, RuleId, channel::Severity, key::OrgKeys};
use sqlx::{QueryBuilder, Row, Sqlite, sqlite::SqliteRow};

use crate::{
    OrgDb, StoreError,
    alerts::{Incident, NewNotice, NewRule, Rule},
    codec,
    organisations::check_name,
    outbox,
    setup::check_object,
    sql,
};

const SPEC_BYTES: usize = 16 * 1024;

/// An id out of a keyed hash: the same for the same things.
pub(crate) struct Given(pub(crate) [u8; 16]);

impl isocial_model::Entropy for Given {
    fn fill(&self, bytes: &mut [u8]) {
        for (to, from) in bytes.iter_mut().zip(self.0) {
            *to = from;
        }
    }
}

impl OrgDb {
    /// Makes a rule.
    pub async fn create_rule(&self, new: &NewRule) -> Result<RuleId, StoreError> {
        check_name(&new.name)?;
        check_object("the rule", &new.spec, SPEC_BYTES)?;
        let id = RuleId::random(&**self.deployment.inner.vault.entropy());
        let mut tx = self.file().write().await?;
        let done = sqlx::query(
            "insert into rules (id, monitor, name, spec, severity, channels, enabled, created) \
             select $1, row, $3, $4, $5, $6, 1, $7 from monitors where id = $2",
        )
        .bind(id.as_str())
        .bind(new.monitor.as_str())
        .bind(&new.name)
        .bind(&new.spec)
        .bind(codec::name(new.severity))
        .bind(sql::texts(
            &new.channels
                .iter()
                .map(isocial_model::InstallationId::as_str)
                .collect::<Vec<_>>(),
        ))
        .bind(self.now().as_millis())
        .execute(&mut *tx)
        .await?
        .rows_affected();
        if done == 0 {
            return Err(StoreError::Unknown { what: "monitor" });
        }
        tx.commit().await?;
        Ok(id)
    }

    /// All rules, or those of one monitor.
    pub async fn rules(&self, monitor: Option<&MonitorId>) -> Result<Vec<Rule>, StoreError> {
        let mut query = QueryBuilder::<Sqlite>::new(
            "select r.id, m.id as monitor, r.name, r.spec, r.severity, r.channels, r.enabled \
             from rules r join monitors m on m.row = r.monitor",
        );
        if let Some(monitor) = monitor {
            query.push(" where m.id = ").push_bind(monitor.as_str());
        }
        query.push(" order by r.created, r.id");
        let mut conn = self.file().read().await?;
        query
            .build()
            .fetch_all(&mut *conn)
            .await?
            .iter()
            .map(rule)
            .collect()
    }

    /// Switches a rule on or off. False if there is none.
    pub async fn set_rule_enabled(&self, id: &RuleId, enabled: bool) -> Result<bool, StoreError> {
        let mut tx = self.file().write().await?;
        let done = sqlx::query("update rules set enabled = $1 where id = $2")
            .bind(enabled)
            .bind(id.as_str())
            .execute(&mut *tx)
            .await?
            .rows_affected();
        tx.commit().await?;
        Ok(done == 1)
    }

    /// Removes a rule; its incidents stay. False if there is none.
    pub async fn delete_rule(&self, id: &RuleId) -> Result<bool, StoreError> {
        let mut tx = self.file().write().await?;
        let done = sqlx::query("delete from rules where id = $1")
            .bind(id.as_str())
            .execute(&mut *tx)
            .await?
            .rows_affected();
        tx.commit().await?;
        Ok(done == 1)
    }

    /// The id that an incident of this rule with this start has.
    pub fn incident_id(&self, rule: &RuleId, start: Instant) -> IncidentId {
        let key = format!("incident {rule} {}", start.as_millis());
        IncidentId::random(&Given(self.ring().commit(key.as_bytes())))
    }

    /// Keeps an incident and its notices in one transaction. Repeating it changes the incident's end and counts and adds no notice.
    /// The number of notices that were new.
    pub async fn keep_incident(
        &self,
        incident: &Incident,
        notices: &[NewNotice],
    ) -> Result<u64, StoreError> {
        let mut tx = self.file().write().await?;
        let done = sqlx::query(
            "insert into incidents (id, rule, monitor, start, finish, n, expected, severity, closed) \
             select $1, $2, row, $4, $5, $6, $7, $8, $9 from monitors where id = $3 \
             on conflict (id) do update set finish = max(finish, excluded.finish), n = excluded.n, \
             expected = excluded.expected, severity = excluded.severity, closed = excluded.closed",
        )
        .bind(incident.id.as_str())
        .bind(incident.rule.as_str())
        .bind(incident.monitor.as_str())
        .bind(incident.start.as_millis())
        .bind(incident.end.as_millis())
        .bind(incident.count as i64)
        .bind(incident.expected)
        .bind(codec::name(incident.severity))
        .bind(incident.closed)
        .execute(&mut *tx)
        .await?
        .rows_affected();
        if done == 0 {
            return Err(StoreError::Unknown { what: "monitor" });
        }
        let mut fresh = 0;
        for notice in notices {
            fresh += u64::from(outbox::insert(self, &mut tx, notice).await?);
        }
        tx.commit().await?;
        Ok(fresh)
    }

    /// Incidents, newest first, at most `limit`.
    pub async fn incidents(
        &self,
        monitor: Option<&MonitorId>,
        limit: u32,
    ) -> Result<Vec<Incident>, StoreError> {
        let mut query = QueryBuilder::<Sqlite>::new(
            "select i.id, i.rule, m.id as monitor, i.start, i.finish, i.n, i.expected, i.severity, i.closed \
             from incidents i join monitors m on m.row = i.monitor",
        );
        if let Some(monitor) = monitor {
            query.push(" where m.id = ").push_bind(monitor.as_str());
        }
        query
            .push(" order by i.start desc, i.id limit ")
            .push_bind(i64::from(limit));
        let mut conn = self.file().read().await?;
        query
            .build()
            .fetch_all(&mut *conn)
            .await?
            .iter()
            .map(incident)
            .collect()
    }
}

fn rule(row: &SqliteRow) -> Result<Rule, StoreError> {
    let (severity, channels): (&str, &str) = (row.try_get("severity")?, row.try_get("channels")?);
    Ok(Rule {
        id: codec::id(row, "id")?,
        monitor: codec::id(row, "monitor")?,
        name: row.try_get("name")?,
        spec: row.try_get("spec")?,
        severity: codec::word::<Severity>("rules", severity)?,
        channels: codec::parse("rules", channels)?,
        enabled: row.try_get("enabled")?,
    })
}

fn incident(row: &SqliteRow) -> Result<Incident, StoreError> {
    let severity: &str = row.try_get("severity")?;
    Ok(Incident {
        id: codec::id(row, "id")?,
        rule: codec::id(row, "rule")?,
        monitor: codec::id(row, "monitor")?,
        start: Instant(row.try_get("start")?),
        end: Instant(row.try_get("finish")?),
        count: row.try_get::<i64, _>("n")? as u64,
        expected: row.try_get("expected")?,
        severity: codec::word::<Severity>("incidents", severity)?,
        closed: row.try_get("closed")?,
    })
}
