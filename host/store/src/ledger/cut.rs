//! Old lines: what is past its time goes, and a signed checkpoint takes its place, so that the rest can still be checked.
//!
//! Lives here: cutting. Not here: how long lines are kept (`pipeline`'s settings) and when this runs (its `Retain` job).

use isocial_model::{
    Instant,
    receipt::{Checkpoint, Line, Receipt},
};
use sqlx::SqliteConnection;

use super::{Link, OWN, STRIDE, end, kept, read};
use crate::{Deployment, OrgDb, StoreError};
use isocial_vault::{HeadSigner, open_digest};

/// Removes whole lines from the front as long as each is older than `before`; how many.
///
/// Nothing is removed behind a line that does not read or does not follow: a ledger that was tampered with keeps its evidence.
async fn cut(
    conn: &mut SqliteConnection,
    ledger: &str,
    before: Instant,
    now: Instant,
    signer: &HeadSigner,
) -> Result<u64, StoreError> {
    let (mut seq, mut chain, mut link): (u64, Link, Link) = (0, [0; 32], [0; 32]);
    let (mut calls, mut removed) = (0, 0);
    'all: loop {
        let rows = read(conn, seq, STRIDE).await?;
        if rows.is_empty() {
            break;
        }
        for row in &rows {
            let Ok(line) = kept(row) else { break 'all };
            if let Line::Checkpoint(earlier) = &line.receipt.line
                && seq == 0
            {
                let Some(end) = super::checkpoint_end(ledger, earlier, &signer.public()) else {
                    break 'all;
                };
                (seq, link, chain, calls) = (end.seq, end.link, end.chain, earlier.calls);
                continue;
            }
            if line.receipt.at >= before || line.seq != seq + 1 {
                break 'all;
            }
            chain = open_digest(&chain, line.seq, &line.receipt.canonical());
            (seq, link) = (line.seq, line.link);
            calls += u64::from(line.receipt.calls());
            removed += 1;
        }
    }
    if removed == 0 {
        return Ok(0);
    }
    // The end mark must exist before the lines go that it would be computed from.
    let end = end(conn).await?;
    super::keep_end(conn, &end).await?;
    let checkpoint = signer.sign_checkpoint(
        ledger,
        Checkpoint {
            through: seq,
            calls,
            link: hex::encode(link),
            chain: hex::encode(chain),
            cut: now,
            signature: String::new(),
        },
    );
    let line = Receipt {
        at: now,
        line: Line::Checkpoint(checkpoint),
    };
    sqlx::query("delete from receipts where seq <= $1")
        .bind(seq as i64)
        .execute(&mut *conn)
        .await?;
    sqlx::query(
        "insert into receipts (seq, at, terms, calls, line, link) values ($1, $2, null, 0, $3, $4)",
    )
    .bind(seq as i64)
    .bind(now.as_millis())
    .bind(String::from_utf8_lossy(&line.canonical()).into_owned())
    .bind(link.as_slice())
    .execute(&mut *conn)
    .await?;
    sqlx::query(
        "delete from receipt_terms where id not in (select terms from receipts where terms is not null)",
    )
    .execute(conn)
    .await?;
    Ok(removed)
}

impl OrgDb {
    /// Removes lines from the front of the ledger that are older than `before`, and leaves a signed checkpoint in their place; how many.
    pub async fn cut_ledger(&self, before: Instant) -> Result<u64, StoreError> {
        let mut tx = self.file().write().await?;
        let signer = self.deployment.keys().signer();
        let name = self.id().as_str();
        let removed = cut(&mut tx, name, before, self.now(), signer).await?;
        tx.commit().await?;
        Ok(removed)
    }
}

impl Deployment {
    /// The same for the deployment's own ledger.
    pub async fn cut_ledger(&self, before: Instant) -> Result<u64, StoreError> {
        let mut tx = self.file().write().await?;
        let removed = cut(&mut tx, OWN, before, self.now(), self.keys().signer()).await?;
        tx.commit().await?;
        Ok(removed)
    }
}
