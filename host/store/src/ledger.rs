//! Ledgers: receipts in two chains over the same lines, an organisation's in its own file, the deployment's in the deployment's (B4).
//!
//! Lives here: appending and reading. In `check` whether a ledger holds where it lies, in `reconciled` whether it adds up, in `row` how a
//! line lies in its row, in `heads` the signed heads and their second place, in `cut` what becomes of old lines, in `text` and `file` what is
//! taken out, in [`offline`] how that is checked by anybody.

mod check;
mod cut;
mod file;
mod heads;
pub mod offline;
mod reconciled;
mod row;
pub mod text;
mod whose;

use std::collections::BTreeMap;

use isocial_model::receipt::{Checkpoint, Counted, Line, Receipt};
use isocial_vault::{checkpoint_holds, open_digest};
use sqlx::{QueryBuilder, Row, SqliteConnection, sqlite::SqliteRow};

pub(crate) use self::heads::Books;
use self::{check::verify, reconciled::Tally, whose::Whose};
pub use self::{
    check::{Completeness, Integrity, LedgerVerdict},
    file::LedgerFile,
    reconciled::Reconciled,
};
use crate::{Deployment, OrgDb, StoreError, codec, runs::Run};

/// A receipt with its place in the chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptReceipt {
    /// Its number, from 1 without gaps.
    pub seq: u64,
    /// The receipt.
    pub receipt: Receipt,
    /// Its link in the keyed chain.
    pub link: [u8; 32],
}

/// Every so many lines a signed head goes to the deployment's file and to the second place.
pub(crate) const HEAD_EVERY: u64 = 64;
/// Lines that are read at once when a ledger is checked.
const STRIDE: u32 = 1_000;
/// What the deployment's own ledger is called in signed heads.
pub(crate) const OWN: &str = "deployment";

type Link = [u8; 32];
type Chain<'a> = &'a (dyn Fn(&Link, &[u8]) -> Link + Send + Sync);

/// The bytes that a link of the keyed chain is computed over: the number, then the line.
fn linked(seq: u64, line: &[u8]) -> Vec<u8> {
    let mut bytes = seq.to_le_bytes().to_vec();
    bytes.extend_from_slice(line);
    bytes
}

/// Where both chains stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct End {
    seq: u64,
    link: Link,
    chain: Link,
}

impl End {
    const EMPTY: Self = Self {
        seq: 0,
        link: [0; 32],
        chain: [0; 32],
    };
    /// The end after one more line.
    fn with(self, line: &[u8], keyed: Chain<'_>) -> Self {
        let seq = self.seq + 1;
        Self {
            seq,
            link: keyed(&self.link, &linked(seq, line)),
            chain: open_digest(&self.chain, seq, line),
        }
    }
}

/// The end mark. A file of an earlier schema has none: then it is computed from the lines, once.
async fn end(conn: &mut SqliteConnection) -> Result<End, StoreError> {
    let row = sqlx::query("select seq, link, chain from ledger_end")
        .fetch_optional(&mut *conn)
        .await?;
    if let Some(row) = row {
        return Ok(End {
            seq: row.try_get::<i64, _>("seq")? as u64,
            link: codec::bytes(&row, "link")?,
            chain: codec::bytes(&row, "chain")?,
        });
    }
    let mut end = End::EMPTY;
    loop {
        let rows = read(conn, end.seq, STRIDE).await?;
        if rows.is_empty() {
            return Ok(end);
        }
        for row in &rows {
            let kept = kept(row)?;
            end = End {
                seq: kept.seq,
                link: kept.link,
                chain: open_digest(&end.chain, kept.seq, &kept.receipt.canonical()),
            };
        }
    }
}

/// Appends within the caller's transaction; the numbers given.
///
/// Numbers go on from the end mark, not from the last row: where rows were cut off, the gap stays for ever.
pub(crate) async fn append(
    conn: &mut SqliteConnection,
    receipts: &[Receipt],
    keyed: Chain<'_>,
) -> Result<Vec<u64>, StoreError> {
    if receipts.is_empty() {
        return Ok(Vec::new());
    }
    let mut end = end(conn).await?;
    let mut known: BTreeMap<String, i64> = BTreeMap::new();
    let mut rows = Vec::with_capacity(receipts.len());
    for receipt in receipts {
        end = end.with(&receipt.canonical(), keyed);
        let halves = row::halves(receipt);
        let terms = match &halves.terms {
            Some(terms) => Some(if let Some(id) = known.get(terms) {
                *id
            } else {
                let id = terms_id(conn, terms).await?;
                known.insert(terms.clone(), id);
                id
            }),
            None => None,
        };
        rows.push((end, receipt.at, terms, halves));
    }
    for part in rows.chunks(1_000) {
        QueryBuilder::new("insert into receipts (seq, at, terms, calls, line, link) ")
            .push_values(part, |mut b, (end, at, terms, halves)| {
                b.push_bind(end.seq as i64)
                    .push_bind(at.as_millis())
                    .push_bind(*terms)
                    .push_bind(i64::from(halves.calls))
                    .push_bind(halves.line.as_str())
                    .push_bind(end.link.as_slice());
            })
            .build()
            .persistent(part.len() == 1)
            .execute(&mut *conn)
            .await?;
    }
    keep_end(conn, &end).await?;
    Ok(rows.into_iter().map(|(end, ..)| end.seq).collect())
}

async fn keep_end(conn: &mut SqliteConnection, end: &End) -> Result<(), StoreError> {
    sqlx::query(
        "insert into ledger_end (one, seq, link, chain) values (1, $1, $2, $3) \
         on conflict (one) do update set seq = excluded.seq, link = excluded.link, chain = excluded.chain",
    )
    .bind(end.seq as i64)
    .bind(end.link.as_slice())
    .bind(end.chain.as_slice())
    .execute(conn)
    .await?;
    Ok(())
}

/// The number of these terms, which are kept if they are new.
async fn terms_id(conn: &mut SqliteConnection, terms: &str) -> Result<i64, StoreError> {
    let row = sqlx::query("select id from receipt_terms where terms = $1")
        .bind(terms)
        .fetch_optional(&mut *conn)
        .await?;
    if let Some(row) = row {
        return Ok(row.try_get("id")?);
    }
    let row = sqlx::query("insert into receipt_terms (terms) values ($1) returning id")
        .bind(terms)
        .fetch_one(conn)
        .await?;
    Ok(row.try_get("id")?)
}

async fn read(
    conn: &mut SqliteConnection,
    after: u64,
    limit: u32,
) -> Result<Vec<SqliteRow>, StoreError> {
    Ok(sqlx::query(
        "select r.seq, r.at, r.calls, r.line, r.link, t.terms from receipts r \
         left join receipt_terms t on t.id = r.terms where r.seq > $1 order by r.seq limit $2",
    )
    .bind(after as i64)
    .bind(i64::from(limit.clamp(1, STRIDE)))
    .fetch_all(conn)
    .await?)
}

/// The receipt of a row; `None` where it does not read.
fn receipt(row: &SqliteRow) -> Result<Option<Receipt>, StoreError> {
    let terms: Option<&str> = row.try_get("terms")?;
    let at: Option<i64> = row.try_get("at")?;
    let calls = u32::try_from(row.try_get::<i64, _>("calls")?).unwrap_or(u32::MAX);
    Ok(row::whole(
        terms,
        row.try_get("line")?,
        at.unwrap_or_default(),
        calls,
    ))
}

fn kept(row: &SqliteRow) -> Result<KeptReceipt, StoreError> {
    Ok(KeptReceipt {
        seq: row.try_get::<i64, _>("seq")? as u64,
        receipt: receipt(row)?.ok_or_else(|| StoreError::Row {
            table: "receipts",
            problem: "its line does not read".into(),
        })?,
        link: codec::bytes(row, "link")?,
    })
}

/// Where both chains stand after a checkpoint; `None` if it is not what this deployment signed for this ledger.
fn checkpoint_end(ledger: &str, checkpoint: &Checkpoint, public: &[u8; 32]) -> Option<End> {
    checkpoint_holds(ledger, checkpoint, public).then_some(())?;
    Some(End {
        seq: checkpoint.through,
        link: text::array(&checkpoint.link)?,
        chain: text::array(&checkpoint.chain)?,
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
        Whose::Organisation(self.clone()).lines(after, limit).await
    }

    /// How many lines the ledger has.
    pub async fn receipt_count(&self) -> Result<u64, StoreError> {
        let mut conn = self.file().read().await?;
        let row = sqlx::query("select count(*) as n from receipts")
            .fetch_one(&mut *conn)
            .await?;
        Ok(row.try_get::<i64, _>("n")? as u64)
    }

    /// Checks the whole ledger against its chain and against the newest signed head in the deployment's file and the second place.
    pub async fn verify_ledger(&self) -> Result<LedgerVerdict, StoreError> {
        Whose::Organisation(self.clone()).verify().await
    }

    /// Writes a reading of the sandbox's counter, as [`Deployment::keep_reading`] does for the deployment's own ledger.
    pub async fn keep_reading(
        &self,
        run: Run,
        counted: &(dyn Fn() -> u64 + Send + Sync),
        last: bool,
    ) -> Result<Option<(u64, u64)>, StoreError> {
        let whose = Whose::Organisation(self.clone());
        keep_reading(&whose, run, counted, last).await
    }
}

async fn keep_reading(
    whose: &Whose,
    run: Run,
    counted: &(dyn Fn() -> u64 + Send + Sync),
    last: bool,
) -> Result<Option<(u64, u64)>, StoreError> {
    let books = &whose.deployment().inner.books;
    // No line can come in between: this is the only writer until it commits.
    let mut tx = whose.file().write().await?;
    let next = end(&mut tx).await?.seq + 1;
    let first = books.first(whose.name()).unwrap_or(next);
    let calls = counted();
    let row = sqlx::query("select coalesce(sum(calls), 0) as n from receipts where seq >= $1")
        .bind(first as i64)
        .fetch_one(&mut *tx)
        .await?;
    let lines = row.try_get::<i64, _>("n")? as u64;
    let quiet = lines == calls && counted() == calls;
    if (!quiet && !last) || (lines == 0 && calls == 0) {
        return Ok(None);
    }
    let line = Line::Counted(Counted {
        run: run.number,
        began: run.began,
        first,
        calls,
    });
    let receipt = Receipt {
        at: whose.now(),
        line,
    };
    let numbers = append(&mut tx, &[receipt], &|previous, line| {
        whose.chain(previous, line)
    })
    .await?;
    tx.commit().await?;
    books.read_until(whose.name(), next + 1);
    whose.head_if_due(&numbers).await;
    Ok(Some((calls, lines)))
}

/// Appends to an organisation's ledger within its transaction.
pub(crate) async fn append_org(
    org: &OrgDb,
    conn: &mut SqliteConnection,
    receipts: &[Receipt],
) -> Result<Vec<u64>, StoreError> {
    use isocial_model::key::OrgKeys;
    let numbers = append(conn, receipts, &|previous, line| {
        org.ring().chain(previous, line)
    })
    .await?;
    if let Some(first) = numbers.first() {
        org.deployment
            .inner
            .books
            .written(org.id().as_str(), Some(org.id()), *first);
    }
    Ok(numbers)
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
        if let Some(first) = numbers.first() {
            self.inner.books.written(OWN, None, *first);
        }
        Whose::Deployment(self.clone()).head_if_due(&numbers).await;
        Ok(numbers)
    }

    /// Receipts of no organisation after this number, oldest first, at most `limit` (1–1,000).
    pub async fn receipts(&self, after: u64, limit: u32) -> Result<Vec<KeptReceipt>, StoreError> {
        Whose::Deployment(self.clone()).lines(after, limit).await
    }

    /// Checks the deployment's own ledger. One head lies in the same file, so completeness is only as good as the second place.
    pub async fn verify_ledger(&self) -> Result<LedgerVerdict, StoreError> {
        Whose::Deployment(self.clone()).verify().await
    }

    /// Writes a reading of the sandbox's counter to the deployment's own ledger. `counted` gives the calls that it took for shared streams
    /// since the last reading in this process.
    ///
    /// A reading is written where no call is in hand: where the lines add up to the counter and it stands still meanwhile. `last` writes it
    /// in any case, because nothing can come any more that would make up a difference. What was written: calls counted, and calls that
    /// the lines stand for.
    pub async fn keep_reading(
        &self,
        run: Run,
        counted: &(dyn Fn() -> u64 + Send + Sync),
        last: bool,
    ) -> Result<Option<(u64, u64)>, StoreError> {
        let whose = Whose::Deployment(self.clone());
        keep_reading(&whose, run, counted, last).await
    }

    /// The public key that heads and checkpoints are signed with: whoever is to check ledgers should have it from here, not from a file.
    pub fn ledger_key(&self) -> [u8; 32] {
        self.keys().signer().public()
    }
}
