//! The due-index: which organisation has work when. Its rows are hints; the organisation's own store is the truth.

use isocial_model::{Instant, JobId, OrgId};
use sqlx::{Row, sqlite::SqliteRow};

use crate::{Deployment, StoreError, codec, scope::OrgScope};

/// What sort of work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum JobKind {
    /// Read an account; subject: the account's id.
    Collect,
    /// Ask a network whether posts still exist; subject: the account's id.
    Recheck,
    /// Look at a monitor's counts; subject: the monitor's id.
    Detect,
    /// Deliver notices; subject: empty.
    Notify,
    /// Write a file; subject: the export's id.
    Export,
    /// Remove what is past its time; subject: empty.
    Retain,
    /// Keep a source's own stream open; subject: the account's id.
    Stream,
}

/// Who takes a job: what ends by itself soon, or what stays open until it is stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Lane {
    /// Every kind but streams.
    Work,
    /// Streams: they hold no worker.
    Streams,
}

impl JobKind {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Collect,
        Self::Recheck,
        Self::Detect,
        Self::Notify,
        Self::Export,
        Self::Retain,
        Self::Stream,
    ];
    /// The name in rows and logs.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Collect => "collect",
            Self::Recheck => "recheck",
            Self::Detect => "detect",
            Self::Notify => "notify",
            Self::Export => "export",
            Self::Retain => "retain",
            Self::Stream => "stream",
        }
    }
    fn from_name(name: &str) -> Result<Self, StoreError> {
        Self::ALL
            .into_iter()
            .find(|k| k.name() == name)
            .ok_or(StoreError::Row {
                table: "jobs",
                problem: "an unknown kind".into(),
            })
    }
}

/// A job that this worker holds until the lease ends.
#[derive(Debug, Clone)]
pub struct JobLease {
    pub(crate) job: JobId,
    pub(crate) org: OrgId,
    pub(crate) kind: JobKind,
    pub(crate) subject: String,
    pub(crate) epoch: u64,
    pub(crate) until: Instant,
}

impl JobLease {
    /// The job.
    pub fn job(&self) -> &JobId {
        &self.job
    }
    /// What sort of work.
    pub fn kind(&self) -> JobKind {
        self.kind
    }
    /// What it is about; see [`JobKind`].
    pub fn subject(&self) -> &str {
        &self.subject
    }
    /// Which lease of this job this is: the fence's first half.
    pub fn epoch(&self) -> u64 {
        self.epoch
    }
    /// When it ends.
    pub fn until(&self) -> Instant {
        self.until
    }
    /// The organisation that this job, and only this job's row, lets its worker enter.
    pub fn scope(&self) -> OrgScope {
        OrgScope::proven(self.org.clone())
    }
}

impl Deployment {
    /// What binds a job's row to its organisation: a row that was moved to another one does not carry it.
    fn job_seal(&self, job: &JobId, org: &OrgId, kind: JobKind, subject: &str) -> [u8; 32] {
        self.keys().row(
            "jobs",
            &[
                job.as_str().as_bytes(),
                org.as_str().as_bytes(),
                kind.name().as_bytes(),
                subject.as_bytes(),
            ],
        )
    }

    /// Makes a job of this organisation, or finds the one of the same kind and subject and makes it due no later than `due`.
    ///
    /// A job that is leased at the time is due again after its lease, even if its worker says that it is done.
    pub async fn schedule(
        &self,
        scope: &OrgScope,
        kind: JobKind,
        subject: &str,
        due: Instant,
    ) -> Result<JobId, StoreError> {
        let fresh = JobId::random(&**self.inner.vault.entropy());
        let seal = self.job_seal(&fresh, scope.org(), kind, subject);
        let mut tx = self.file().write().await?;
        let row = sqlx::query(
            "insert into jobs (job, org, kind, subject, due, seal) \
             select $1, row, $2, $3, $4, $5 from organisations where id = $6 \
             on conflict (org, kind, subject) do update set \
                 due = case when lease_owner is null then min(due, excluded.due) else due end, \
                 wake = case when lease_owner is null then wake else min(coalesce(wake, excluded.due), excluded.due) end \
             returning job",
        )
        .bind(fresh.as_str())
        .bind(kind.name())
        .bind(subject)
        .bind(due.as_millis())
        .bind(seal.as_slice())
        .bind(scope.org().as_str())
        .fetch_optional(&mut *tx)
        .await?
        .ok_or(StoreError::Gone)?;
        tx.commit().await?;
        codec::id(&row, "job")
    }

    /// Removes a job of this organisation.
    pub async fn unschedule(&self, scope: &OrgScope, job: &JobId) -> Result<(), StoreError> {
        let mut tx = self.file().write().await?;
        sqlx::query("delete from jobs where job = $1 and org = (select row from organisations where id = $2)")
            .bind(job.as_str())
            .bind(scope.org().as_str())
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        Ok(())
    }

    /// Jobs of this organisation with when they are due.
    pub async fn jobs(
        &self,
        scope: &OrgScope,
    ) -> Result<Vec<(JobId, JobKind, String, Instant)>, StoreError> {
        let mut conn = self.file().read().await?;
        let rows = sqlx::query(
            "select job, kind, subject, due from jobs where org = (select row from organisations where id = $1) order by due, job",
        )
        .bind(scope.org().as_str())
        .fetch_all(&mut *conn)
        .await?;
        rows.iter()
            .map(|r| {
                let kind: String = r.try_get("kind")?;
                let due = Instant(r.try_get("due")?);
                Ok((
                    codec::id(r, "job")?,
                    JobKind::from_name(&kind)?,
                    r.try_get("subject")?,
                    due,
                ))
            })
            .collect()
    }

    /// Takes at most `limit` due jobs of a lane for `owner` until the lease ends, longest due first. Each lease has a higher epoch than
    /// the last.
    ///
    /// A row whose organisation was exchanged from outside stops the call with [`StoreError::ForgedJob`]; it is never executed.
    pub async fn lease_due(
        &self,
        lane: Lane,
        owner: &str,
        lease_ms: i64,
        limit: u32,
    ) -> Result<Vec<JobLease>, StoreError> {
        self.lease_shared(lane, owner, lease_ms, limit, u32::MAX)
            .await
    }

    /// The same, fair between organisations (HT-14): those that hold the fewest leases come first, and one that holds `share` gets no
    /// further one. With a `limit` above 1 the last call may go over the share by as much.
    pub async fn lease_shared(
        &self,
        lane: Lane,
        owner: &str,
        lease_ms: i64,
        limit: u32,
        share: u32,
    ) -> Result<Vec<JobLease>, StoreError> {
        let now = self.now();
        let until = now.plus_ms(lease_ms);
        let mut tx = self.file().write().await?;
        let rows = sqlx::query(
            "update jobs set lease_owner = $1, lease_epoch = lease_epoch + 1, lease_until = $2 \
             where job in ( \
                 with open as (select job, org, due, lease_until from jobs where due <= $3 and (kind = 'stream') = $6), \
                      held as (select org, count(*) as n from open where lease_until > $3 group by org) \
                 select open.job from open left join held on held.org = open.org \
                 where (open.lease_until is null or open.lease_until <= $3) and coalesce(held.n, 0) < $5 \
                 order by coalesce(held.n, 0), open.due, open.job limit $4) \
             returning job, kind, subject, due, lease_epoch, seal, (select id from organisations where row = jobs.org) as org",
        )
        .bind(owner)
        .bind(until.as_millis())
        .bind(now.as_millis())
        .bind(i64::from(limit))
        .bind(i64::from(share))
        .bind(lane == Lane::Streams)
        .fetch_all(&mut *tx)
        .await?;
        let mut leases = rows
            .iter()
            .map(|r| self.lease(r, until))
            .collect::<Result<Vec<_>, _>>()?;
        tx.commit().await?;
        leases.sort_by(|a, b| (a.0, &a.1.job).cmp(&(b.0, &b.1.job)));
        Ok(leases.into_iter().map(|(_, lease)| lease).collect())
    }

    fn lease(&self, row: &SqliteRow, until: Instant) -> Result<(i64, JobLease), StoreError> {
        let (job, org): (JobId, OrgId) = (codec::id(row, "job")?, codec::id(row, "org")?);
        let kind: String = row.try_get("kind")?;
        let kind = JobKind::from_name(&kind)?;
        let subject: String = row.try_get("subject")?;
        let seal: Vec<u8> = row.try_get("seal")?;
        if seal != self.job_seal(&job, &org, kind, &subject) {
            return Err(StoreError::ForgedJob { job });
        }
        let epoch = row.try_get::<i64, _>("lease_epoch")? as u64;
        Ok((
            row.try_get("due")?,
            JobLease {
                job,
                org,
                kind,
                subject,
                epoch,
                until,
            },
        ))
    }

    /// Prolongs a lease. False if it is no longer this worker's.
    pub async fn renew(&self, lease: &mut JobLease, lease_ms: i64) -> Result<bool, StoreError> {
        let until = self.now().plus_ms(lease_ms);
        let mut tx = self.file().write().await?;
        let done = sqlx::query(
            "update jobs set lease_until = $1 where job = $2 and lease_epoch = $3 and lease_owner is not null",
        )
        .bind(until.as_millis())
        .bind(lease.job.as_str())
        .bind(lease.epoch as i64)
        .execute(&mut *tx)
        .await?
        .rows_affected();
        tx.commit().await?;
        if done == 1 {
            lease.until = until;
        }
        Ok(done == 1)
    }

    /// Ends a lease; `next` is when the job is due again, absent = done for good. False if the lease is no longer this worker's.
    pub async fn complete(
        &self,
        lease: &JobLease,
        next: Option<Instant>,
    ) -> Result<bool, StoreError> {
        let mut tx = self.file().write().await?;
        let removed = if next.is_none() {
            sqlx::query("delete from jobs where job = $1 and lease_epoch = $2 and lease_owner is not null and wake is null")
                .bind(lease.job.as_str())
                .bind(lease.epoch as i64)
                .execute(&mut *tx)
                .await?
                .rows_affected()
        } else {
            0
        };
        let moved = sqlx::query(
            "update jobs set due = min(coalesce($1, wake), coalesce(wake, $1)), wake = null, lease_owner = null, lease_until = null \
             where job = $2 and lease_epoch = $3 and lease_owner is not null",
        )
        .bind(next.map(Instant::as_millis))
        .bind(lease.job.as_str())
        .bind(lease.epoch as i64)
        .execute(&mut *tx)
        .await?
        .rows_affected();
        tx.commit().await?;
        Ok(removed + moved == 1)
    }

    /// When the next job of a lane is due, leased ones at the end of their lease.
    pub async fn next_due(&self, lane: Lane) -> Result<Option<Instant>, StoreError> {
        let mut conn = self.file().read().await?;
        let row = sqlx::query(
            "select min(max(due, coalesce(lease_until, due))) as next from jobs where (kind = 'stream') = $1",
        )
        .bind(lane == Lane::Streams)
        .fetch_one(&mut *conn)
        .await?;
        Ok(row.try_get::<Option<i64>, _>("next")?.map(Instant))
    }
}
