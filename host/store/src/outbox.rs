//! The outbox: one notice a subject and channel, delivered at least once, always with the same key.

use isocial_model::{Instant, NoticeId, channel::Notice, key::OrgKeys, receipt::Receipt};
use sqlx::{QueryBuilder, Row, Sqlite, SqliteConnection, sqlite::SqliteRow};

use crate::{
    OrgDb, StoreError,
    alerts::{
        KeptNotice, LeasedNotice, NewNotice, NoticeStatus, Settlement, Subject, notice_place,
    },
    codec,
    installed::cut,
    ledger,
    rules::Given,
};

fn subject(subject: &Subject) -> String {
    match subject {
        Subject::Incident(id) => id.to_string(),
        Subject::Mention(rule, mention) => format!("{rule}/{mention}"),
        Subject::Test(number) => format!("test/{number}"),
    }
}

/// Puts a notice in; false if this subject and channel have one.
pub(crate) async fn insert(
    org: &OrgDb,
    conn: &mut SqliteConnection,
    new: &NewNotice,
) -> Result<bool, StoreError> {
    let subject = subject(&new.subject);
    let id = NoticeId::random(&Given(
        org.ring()
            .commit(format!("notice {subject} {}", new.channel).as_bytes()),
    ));
    let mut notice = new.notice.clone();
    id.as_str().clone_into(&mut notice.idempotency_key);
    notice.attempt = 0;
    let plain = serde_json::to_vec(&notice).map_err(|e| StoreError::Invalid {
        what: "the notice",
        problem: format!("it has no JSON: {e}"),
    })?;
    let now = org.now();
    let done = sqlx::query(
        "insert into notices (id, subject, channel, body, status, next_at, created) \
         select $1, $2, id, $4, 'pending', $5, $6 from installations where id = $3 on conflict do nothing",
    )
    .bind(id.as_str())
    .bind(&subject)
    .bind(new.channel.as_str())
    .bind(org.ring().seal(&notice_place(id.as_str()), &plain))
    .bind(new.due.unwrap_or(now).as_millis())
    .bind(now.as_millis())
    .execute(&mut *conn)
    .await?
    .rows_affected();
    if done == 1 {
        return Ok(true);
    }
    let here = sqlx::query("select 1 from installations where id = $1")
        .bind(new.channel.as_str())
        .fetch_optional(conn)
        .await?;
    if here.is_some() {
        Ok(false)
    } else {
        Err(StoreError::Unknown { what: "channel" })
    }
}

impl OrgDb {
    /// Puts a notice in the outbox. False if this subject and channel had one already.
    pub async fn enqueue_notice(&self, new: &NewNotice) -> Result<bool, StoreError> {
        let mut tx = self.file().write().await?;
        let fresh = insert(self, &mut tx, new).await?;
        tx.commit().await?;
        Ok(fresh)
    }

    /// Takes at most `limit` due notices until the lease ends, oldest first; each counts as one more attempt.
    pub async fn lease_notices(
        &self,
        owner: &str,
        lease_ms: i64,
        limit: u32,
    ) -> Result<Vec<LeasedNotice>, StoreError> {
        let now = self.now();
        let mut tx = self.file().write().await?;
        let rows = sqlx::query(
            "update notices set lease_owner = $1, lease_epoch = lease_epoch + 1, lease_until = $2, attempts = attempts + 1 \
             where id in (select id from notices where status = 'pending' and next_at <= $3 \
                          and (lease_until is null or lease_until <= $3) order by next_at, id limit $4) \
             returning id, channel, body, lease_epoch, attempts",
        )
        .bind(owner)
        .bind(now.plus_ms(lease_ms).as_millis())
        .bind(now.as_millis())
        .bind(i64::from(limit))
        .fetch_all(&mut *tx)
        .await?;
        let mut leased = rows
            .iter()
            .map(|r| {
                let id: NoticeId = codec::id(r, "id")?;
                let mut notice = self.notice_of(&id, r)?;
                notice.attempt = r.try_get("attempts")?;
                Ok(LeasedNotice {
                    channel: codec::id(r, "channel")?,
                    epoch: r.try_get::<i64, _>("lease_epoch")? as u64,
                    notice,
                    id,
                })
            })
            .collect::<Result<Vec<_>, StoreError>>()?;
        tx.commit().await?;
        leased.sort_by(|a, b| (a.notice.start, &a.id).cmp(&(b.notice.start, &b.id)));
        Ok(leased)
    }

    fn notice_of(&self, id: &NoticeId, row: &SqliteRow) -> Result<Notice, StoreError> {
        let plain = self
            .ring()
            .unseal(&notice_place(id.as_str()), row.try_get("body")?)?;
        serde_json::from_slice(&plain).map_err(|e| StoreError::Row {
            table: "notices",
            problem: format!("it does not read: {e}"),
        })
    }

    /// Ends an attempt, with its receipts, in one transaction. False, and nothing written, if another worker has taken the notice over.
    pub async fn settle_notice(
        &self,
        lease: &LeasedNotice,
        settlement: &Settlement,
        receipts: &[Receipt],
    ) -> Result<bool, StoreError> {
        let now = self.now().as_millis();
        let (status, next, problem, settled) = match settlement {
            Settlement::Delivered => ("delivered", None, None, Some(now)),
            Settlement::Retry { at, reason } => {
                ("pending", Some(at.as_millis()), Some(cut(reason)), None)
            }
            Settlement::Dead { reason } => ("dead", None, Some(cut(reason)), Some(now)),
        };
        let mut tx = self.file().write().await?;
        let done = sqlx::query(
            "update notices set status = $1, next_at = $2, problem = $3, settled = $4, lease_owner = null, lease_until = null \
             where id = $5 and lease_epoch = $6 and lease_owner is not null and status = 'pending'",
        )
        .bind(status)
        .bind(next)
        .bind(problem)
        .bind(settled)
        .bind(lease.id.as_str())
        .bind(lease.epoch as i64)
        .execute(&mut *tx)
        .await?
        .rows_affected();
        if done == 0 {
            return Ok(false);
        }
        let numbers = ledger::append_org(self, &mut tx, receipts).await?;
        tx.commit().await?;
        self.head_if_due(&numbers).await;
        Ok(true)
    }

    /// When the next notice is due, leased ones at the end of their lease.
    pub async fn next_notice(&self) -> Result<Option<Instant>, StoreError> {
        let mut conn = self.file().read().await?;
        let row = sqlx::query(
            "select min(max(next_at, coalesce(lease_until, next_at))) as next from notices where status = 'pending'",
        )
        .fetch_one(&mut *conn)
        .await?;
        codec::instant(&row, "next")
    }

    /// Notices, newest first, at most `limit`; with one status, or all.
    pub async fn notices(
        &self,
        status: Option<NoticeStatus>,
        limit: u32,
    ) -> Result<Vec<KeptNotice>, StoreError> {
        let mut query = QueryBuilder::<Sqlite>::new(
            "select id, subject, channel, body, status, attempts, problem, created, settled from notices",
        );
        if let Some(status) = status {
            query.push(" where status = ").push_bind(match status {
                NoticeStatus::Pending => "pending",
                NoticeStatus::Delivered => "delivered",
                NoticeStatus::Dead => "dead",
            });
        }
        query
            .push(" order by created desc, id limit ")
            .push_bind(i64::from(limit));
        let mut conn = self.file().read().await?;
        query
            .build()
            .fetch_all(&mut *conn)
            .await?
            .iter()
            .map(|r| self.kept_notice(r))
            .collect()
    }

    fn kept_notice(&self, row: &SqliteRow) -> Result<KeptNotice, StoreError> {
        let id: NoticeId = codec::id(row, "id")?;
        let attempts: u32 = row.try_get("attempts")?;
        let mut notice = self.notice_of(&id, row)?;
        notice.attempt = attempts;
        Ok(KeptNotice {
            subject: row.try_get("subject")?,
            channel: codec::id(row, "channel")?,
            notice,
            status: match row.try_get("status")? {
                "delivered" => NoticeStatus::Delivered,
                "dead" => NoticeStatus::Dead,
                _ => NoticeStatus::Pending,
            },
            attempts,
            problem: row.try_get("problem")?,
            created: Instant(row.try_get("created")?),
            settled: codec::instant(row, "settled")?,
            id,
        })
    }
}
