//! Ledgers: receipts in a keyed chain, an organisation's in its own file, the deployment's in the deployment's.

use isocial_model::{Instant, receipt::Receipt};
use isocial_vault::{LedgerHead, SignedHead};
use sqlx::{QueryBuilder, Row, SqliteConnection, sqlite::SqliteRow};

use crate::{Deployment, OrgDb, StoreError, codec, scope::OrgScope};

/// A receipt with its place in the chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptReceipt {
    /// Its number, from 1 without gaps.
    pub seq: u64,
    /// The receipt.
    pub receipt: Receipt,
    /// Its link.
    pub link: [u8; 32],
}

/// Whether every line that is there is as it was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Integrity {
    /// All lines are as written.
    Intact,
    /// The first line that is not: changed, or put in.
    Changed {
        /// Its number.
        seq: u64,
    },
    /// The first number that has no line.
    Missing {
        /// The number.
        seq: u64,
    },
}

/// Whether every line that was ever written is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Completeness {
    /// As far as the signed head outside this ledger tells.
    Complete,
    /// The newest lines are gone: the signed head counts more.
    Cut {
        /// Lines that are there.
        lines: u64,
        /// Lines that the signed head counts.
        signed: u64,
    },
    /// The signed head names another line than the one that is there.
    Rebuilt {
        /// The number of that line.
        seq: u64,
    },
}

/// What checking a ledger found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LedgerVerdict {
    /// Lines that are there.
    pub lines: u64,
    /// Whether they are as written.
    pub integrity: Integrity,
    /// Whether all are there.
    pub completeness: Completeness,
    /// The newest signed head, kept outside the organisation's file.
    pub head: Option<SignedHead>,
}

/// Every so many lines a signed head goes to the deployment's file.
const HEAD_EVERY: u64 = 64;
/// Lines that are read at once when a ledger is checked.
const STRIDE: u32 = 1_000;
/// What the deployment's own ledger is called in signed heads.
const OWN: &str = "deployment";

type Link = [u8; 32];
type Chain<'a> = &'a (dyn Fn(&Link, &[u8]) -> Link + Send + Sync);

/// The bytes that a link is computed over: the number, then the line.
fn linked(seq: u64, line: &str) -> Vec<u8> {
    let mut bytes = seq.to_le_bytes().to_vec();
    bytes.extend_from_slice(line.as_bytes());
    bytes
}

/// Number and link of the last line; zeros for an empty ledger.
async fn last(conn: &mut SqliteConnection) -> Result<(u64, Link), StoreError> {
    let row = sqlx::query("select seq, link from receipts order by seq desc limit 1")
        .fetch_optional(conn)
        .await?;
    row.map_or(Ok((0, [0; 32])), |r| {
        Ok((
            r.try_get::<i64, _>("seq")? as u64,
            codec::bytes(&r, "link")?,
        ))
    })
}

/// Appends within the caller's transaction; the numbers given.
pub(crate) async fn append(
    conn: &mut SqliteConnection,
    receipts: &[Receipt],
    chain: Chain<'_>,
) -> Result<Vec<u64>, StoreError> {
    if receipts.is_empty() {
        return Ok(Vec::new());
    }
    let (mut seq, mut link) = last(conn).await?;
    let mut lines = Vec::with_capacity(receipts.len());
    for receipt in receipts {
        let line = String::from_utf8(receipt.canonical()).map_err(|_| StoreError::Invalid {
            what: "a receipt",
            problem: "it is no UTF-8".into(),
        })?;
        seq += 1;
        link = chain(&link, &linked(seq, &line));
        lines.push((seq, line, link));
    }
    for part in lines.chunks(1_000) {
        QueryBuilder::new("insert into receipts (seq, line, link) ")
            .push_values(part, |mut b, (seq, line, link)| {
                b.push_bind(*seq as i64)
                    .push_bind(line.as_str())
                    .push_bind(link.as_slice());
            })
            .build()
            .persistent(part.len() == 1)
            .execute(&mut *conn)
            .await?;
    }
    Ok(lines.into_iter().map(|(seq, ..)| seq).collect())
}

async fn read(
    conn: &mut SqliteConnection,
    after: u64,
    limit: u32,
) -> Result<Vec<SqliteRow>, StoreError> {
    Ok(
        sqlx::query("select seq, line, link from receipts where seq > $1 order by seq limit $2")
            .bind(after as i64)
            .bind(i64::from(limit.clamp(1, STRIDE)))
            .fetch_all(conn)
            .await?,
    )
}

fn kept(row: &SqliteRow) -> Result<KeptReceipt, StoreError> {
    let line: String = row.try_get("line")?;
    Ok(KeptReceipt {
        seq: row.try_get::<i64, _>("seq")? as u64,
        receipt: serde_json::from_str(&line).map_err(|e| StoreError::Row {
            table: "receipts",
            problem: format!("its line does not read: {e}"),
        })?,
        link: codec::bytes(row, "link")?,
    })
}

async fn verify(
    conn: &mut SqliteConnection,
    head: Option<SignedHead>,
    chain: Chain<'_>,
) -> Result<LedgerVerdict, StoreError> {
    let (mut seq, mut link, mut lines) = (0u64, [0u8; 32], 0u64);
    let mut integrity = Integrity::Intact;
    let mut at_head = None;
    loop {
        let rows = read(conn, seq, STRIDE).await?;
        if rows.is_empty() {
            break;
        }
        for row in &rows {
            let number = row.try_get::<i64, _>("seq")? as u64;
            let line: String = row.try_get("line")?;
            let stored: Link = codec::bytes(row, "link")?;
            if integrity == Integrity::Intact && number != seq + 1 {
                integrity = Integrity::Missing { seq: seq + 1 };
            }
            if integrity == Integrity::Intact && chain(&link, &linked(number, &line)) != stored {
                integrity = Integrity::Changed { seq: number };
            }
            if head.as_ref().is_some_and(|h| h.head.seq == number) {
                at_head = Some(stored);
            }
            (seq, link) = (number, stored);
            lines += 1;
        }
    }
    let completeness = match &head {
        Some(h) if h.head.seq > seq => Completeness::Cut {
            lines,
            signed: h.head.seq,
        },
        Some(h) if h.head.seq > 0 && at_head.is_some_and(|l| l != h.head.link) => {
            Completeness::Rebuilt { seq: h.head.seq }
        }
        _ => Completeness::Complete,
    };
    Ok(LedgerVerdict {
        lines,
        integrity,
        completeness,
        head,
    })
}

impl OrgDb {
    /// Appends receipts that belong to no page; their numbers.
    pub async fn append_receipts(&self, receipts: &[Receipt]) -> Result<Vec<u64>, StoreError> {
        let mut tx = self.file().write().await?;
        let numbers = append_org(self, &mut tx, receipts).await?;
        tx.commit().await?;
        self.head_if_due(&numbers).await;
        Ok(numbers)
    }

    /// Receipts after this number, oldest first, at most `limit` (1–1,000).
    pub async fn receipts(&self, after: u64, limit: u32) -> Result<Vec<KeptReceipt>, StoreError> {
        let mut conn = self.file().read().await?;
        read(&mut conn, after, limit)
            .await?
            .iter()
            .map(kept)
            .collect()
    }

    /// How many lines the ledger has.
    pub async fn receipt_count(&self) -> Result<u64, StoreError> {
        let mut conn = self.file().read().await?;
        let row = sqlx::query("select count(*) as n from receipts")
            .fetch_one(&mut *conn)
            .await?;
        Ok(row.try_get::<i64, _>("n")? as u64)
    }

    /// Checks the whole ledger against its chain and against the signed head in the deployment's file.
    pub async fn verify_ledger(&self) -> Result<LedgerVerdict, StoreError> {
        use isocial_model::key::OrgKeys;
        let head = self.deployment.kept_head(self.id().as_str()).await?;
        let mut conn = self.file().read().await?;
        verify(&mut conn, head, &|previous, line| {
            self.ring().chain(previous, line)
        })
        .await
    }

    /// Signs where the ledger stands and keeps that outside this file; done by itself every 64 lines.
    pub async fn sign_head(&self) -> Result<SignedHead, StoreError> {
        let mut conn = self.file().read().await?;
        let (seq, link) = last(&mut conn).await?;
        drop(conn);
        self.deployment
            .keep_head(self.id().as_str(), Some(self.row), seq, link)
            .await
    }

    /// Signs a head where these numbers have passed a multiple of 64. The lines themselves are safe already, so a failure is only told.
    pub(crate) async fn head_if_due(&self, numbers: &[u64]) {
        let (Some(first), Some(end)) = (numbers.first(), numbers.last()) else {
            return;
        };
        if first.saturating_sub(1) / HEAD_EVERY == end / HEAD_EVERY {
            return;
        }
        if let Err(error) = self.sign_head().await {
            tracing::warn!(org.id = %self.id(), %error, "the head of a ledger could not be signed; the next one will cover it");
        }
    }
}

/// Appends to an organisation's ledger within its transaction.
pub(crate) async fn append_org(
    org: &OrgDb,
    conn: &mut SqliteConnection,
    receipts: &[Receipt],
) -> Result<Vec<u64>, StoreError> {
    use isocial_model::key::OrgKeys;
    append(conn, receipts, &|previous, line| {
        org.ring().chain(previous, line)
    })
    .await
}

impl Deployment {
    /// Appends receipts of no organisation (shared streams); their numbers.
    pub async fn append_receipts(&self, receipts: &[Receipt]) -> Result<Vec<u64>, StoreError> {
        let mut tx = self.file().write().await?;
        let numbers = append(&mut tx, receipts, &|previous, line| {
            self.keys().chain(previous, line)
        })
        .await?;
        tx.commit().await?;
        Ok(numbers)
    }

    /// Receipts of no organisation after this number, oldest first, at most `limit` (1–1,000).
    pub async fn receipts(&self, after: u64, limit: u32) -> Result<Vec<KeptReceipt>, StoreError> {
        let mut conn = self.file().read().await?;
        read(&mut conn, after, limit)
            .await?
            .iter()
            .map(kept)
            .collect()
    }

    /// Checks the deployment's own ledger. Its head lies in the same file, so completeness is only as good as [`Self::sign_own_head`]'s copies elsewhere.
    pub async fn verify_ledger(&self) -> Result<LedgerVerdict, StoreError> {
        let head = self.kept_head(OWN).await?;
        let mut conn = self.file().read().await?;
        verify(&mut conn, head, &|previous, line| {
            self.keys().chain(previous, line)
        })
        .await
    }

    /// Signs where the deployment's own ledger stands, to be kept elsewhere too.
    pub async fn sign_own_head(&self) -> Result<SignedHead, StoreError> {
        let mut conn = self.file().read().await?;
        let (seq, link) = last(&mut conn).await?;
        drop(conn);
        self.keep_head(OWN, None, seq, link).await
    }

    /// The newest signed head of an organisation's ledger.
    pub async fn signed_head(&self, scope: &OrgScope) -> Result<Option<SignedHead>, StoreError> {
        self.kept_head(scope.org().as_str()).await
    }

    async fn keep_head(
        &self,
        ledger: &str,
        org: Option<i64>,
        seq: u64,
        link: Link,
    ) -> Result<SignedHead, StoreError> {
        let head = LedgerHead {
            ledger: ledger.into(),
            seq,
            link,
            at: self.now(),
        };
        let signed = self.keys().signer().sign(head);
        let mut tx = self.file().write().await?;
        // Never backwards: two workers may sign at once.
        sqlx::query(
            "insert into heads (ledger, org, seq, link, at, signature) values ($1, $2, $3, $4, $5, $6) \
             on conflict (ledger) do update set seq = excluded.seq, link = excluded.link, at = excluded.at, signature = excluded.signature \
             where excluded.seq >= heads.seq",
        )
        .bind(ledger)
        .bind(org)
        .bind(seq as i64)
        .bind(link.as_slice())
        .bind(signed.head.at.as_millis())
        .bind(signed.signature.as_slice())
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(signed)
    }

    /// The kept head, if its signature holds.
    async fn kept_head(&self, ledger: &str) -> Result<Option<SignedHead>, StoreError> {
        let mut conn = self.file().read().await?;
        let row = sqlx::query("select seq, link, at, signature from heads where ledger = $1")
            .bind(ledger)
            .fetch_optional(&mut *conn)
            .await?;
        let Some(row) = row else { return Ok(None) };
        let head = LedgerHead {
            ledger: ledger.into(),
            seq: row.try_get::<i64, _>("seq")? as u64,
            link: codec::bytes(&row, "link")?,
            at: Instant(row.try_get("at")?),
        };
        let signed = SignedHead {
            head,
            signature: codec::bytes(&row, "signature")?,
        };
        if signed.verify(&self.keys().signer().public()) {
            Ok(Some(signed))
        } else {
            Err(StoreError::Row {
                table: "heads",
                problem: "its signature does not hold: it was changed from outside".into(),
            })
        }
    }
}
