//! Signed heads: where a ledger stood, kept in the deployment's file and in a second place that whoever holds the data folder cannot
//! rewrite (B4, HT-28).
//!
//! Lives here: signing, keeping, the list of ledgers that have lines without a head. Not here: when the 60 seconds are over (`pipeline`).

use std::{
    collections::BTreeMap,
    io::Write as _,
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
};

use isocial_model::{Instant, OrgId};
use isocial_vault::{LedgerHead, SignedHead};
use sqlx::Row;

use super::{End, OWN, end, text::HeadLine, whose::Whose};
use crate::{Deployment, OrgDb, StoreError, codec, scope::OrgScope};

/// What this process has written to one ledger.
#[derive(Debug)]
struct Book {
    org: Option<OrgId>,
    /// First line since the last reading of the sandbox's counter.
    first: u64,
    /// Lines that no head covers.
    unsigned: bool,
}

/// What this process has written to ledgers: which lack a head, and where the sandbox's next reading begins.
#[derive(Debug, Default)]
pub(crate) struct Books(Mutex<BTreeMap<String, Book>>);

impl Books {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Book>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
    /// Lines from `first` on were written. A transaction that is undone has its numbers given out again, so being early is no fault.
    pub(super) fn written(&self, ledger: &str, org: Option<&OrgId>, first: u64) {
        let mut books = self.lock();
        let book = books.entry(ledger.to_owned()).or_insert_with(|| Book {
            org: org.cloned(),
            first,
            unsigned: true,
        });
        book.unsigned = true;
    }
    /// The first line since the last reading; `None` if this process has written none.
    pub(super) fn first(&self, ledger: &str) -> Option<u64> {
        self.lock().get(ledger).map(|book| book.first)
    }
    /// A reading was written; the next one begins at this number.
    pub(super) fn read_until(&self, ledger: &str, next: u64) {
        if let Some(book) = self.lock().get_mut(ledger) {
            book.first = next;
            book.unsigned = true;
        }
    }
    fn signed(&self, ledger: &str) {
        if let Some(book) = self.lock().get_mut(ledger) {
            book.unsigned = false;
        }
    }
    fn gone(&self, ledger: &str) {
        self.lock().remove(ledger);
    }
    /// As a new process begins.
    #[cfg(test)]
    pub(crate) fn forget_for_tests(&self) {
        self.lock().clear();
    }
    fn unsigned(&self) -> Vec<(String, Option<OrgId>)> {
        self.lock()
            .iter()
            .filter(|(_, book)| book.unsigned)
            .map(|(name, book)| (name.clone(), book.org.clone()))
            .collect()
    }
}

impl OrgDb {
    /// Signs where the ledger stands and keeps that outside this file; done by itself every 64 lines, and by the host every 60 seconds.
    pub async fn sign_head(&self) -> Result<SignedHead, StoreError> {
        self.deployment.inner.books.signed(self.id().as_str());
        let mut conn = self.file().read().await?;
        let end = end(&mut conn).await?;
        drop(conn);
        self.deployment
            .keep_head(self.id().as_str(), Some(self.row), end)
            .await
    }

    /// Signs a head where these numbers have passed a multiple of 64. The lines themselves are safe already, so a failure is only told.
    pub(crate) async fn head_if_due(&self, numbers: &[u64]) {
        Whose::Organisation(self.clone()).head_if_due(numbers).await;
    }
}

impl Deployment {
    /// Signs where the deployment's own ledger stands.
    pub async fn sign_own_head(&self) -> Result<SignedHead, StoreError> {
        self.inner.books.signed(OWN);
        let mut conn = self.file().read().await?;
        let end = end(&mut conn).await?;
        drop(conn);
        self.keep_head(OWN, None, end).await
    }

    /// Signs a head for every ledger that this process has written to since its last one. To be called every 60 seconds and at the end.
    pub async fn sign_heads(&self) -> Result<(), StoreError> {
        for (ledger, org) in self.inner.books.unsigned() {
            match org {
                None => {
                    self.sign_own_head().await?;
                }
                Some(org) => match self.org(&OrgScope::proven(org)).await {
                    Ok(db) => {
                        db.sign_head().await?;
                    }
                    Err(StoreError::Gone) => self.inner.books.gone(&ledger),
                    Err(error) => return Err(error),
                },
            }
        }
        Ok(())
    }

    /// The newest signed head of an organisation's ledger.
    pub async fn signed_head(&self, scope: &OrgScope) -> Result<Option<SignedHead>, StoreError> {
        self.kept_head(scope.org().as_str()).await
    }

    async fn keep_head(
        &self,
        ledger: &str,
        org: Option<i64>,
        end: End,
    ) -> Result<SignedHead, StoreError> {
        let head = LedgerHead {
            ledger: ledger.into(),
            seq: end.seq,
            link: end.link,
            chain: end.chain,
            at: self.now(),
        };
        // A state that is older than what was signed before, or another one, is not vouched for: rows and end mark were put back (HT-28).
        let kept = match self.kept_head(ledger).await? {
            Some(kept) => Some(kept),
            None => self.newest_head(ledger).await?,
        };
        if let Some(kept) = kept
            && (kept.head.seq > end.seq || (kept.head.seq == end.seq && kept.head.link != end.link))
        {
            tracing::warn!(
                ledger,
                "a ledger has gone back behind its signed head; it is not signed anew"
            );
            return Ok(kept);
        }
        let signed = self.keys().signer().sign(head);
        self.second_place(&signed).await?;
        let mut tx = self.file().write().await?;
        // Never backwards: two workers may sign at once.
        sqlx::query(
            "insert into heads (ledger, org, seq, link, chain, at, signature) values ($1, $2, $3, $4, $5, $6, $7) \
             on conflict (ledger) do update set seq = excluded.seq, link = excluded.link, chain = excluded.chain, at = excluded.at, \
             signature = excluded.signature where excluded.seq >= heads.seq",
        )
        .bind(ledger)
        .bind(org)
        .bind(end.seq as i64)
        .bind(end.link.as_slice())
        .bind(end.chain.as_slice())
        .bind(signed.head.at.as_millis())
        .bind(signed.signature.as_slice())
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(signed)
    }

    /// Appends a head to the ledger's file in the second place, if one is configured.
    async fn second_place(&self, signed: &SignedHead) -> Result<(), StoreError> {
        let Some(file) = self.head_file(&signed.head.ledger) else {
            return Ok(());
        };
        let line = HeadLine::from(signed).text();
        let name = file.display().to_string();
        let written = tokio::task::spawn_blocking(move || {
            if let Some(folder) = file.parent() {
                std::fs::create_dir_all(folder)?;
            }
            let mut file = std::fs::OpenOptions::new()
                .create(true)
                .append(true)
                .open(&file)?;
            // One write a line: two processes that append do not mix theirs.
            file.write_all(line.as_bytes())
        })
        .await;
        match written {
            Ok(Ok(())) => Ok(()),
            Ok(Err(source)) => Err(StoreError::Io {
                file: name,
                action: "written",
                source,
            }),
            Err(lost) => Err(StoreError::Io {
                file: name,
                action: "written",
                source: std::io::Error::other(lost),
            }),
        }
    }

    fn head_file(&self, ledger: &str) -> Option<PathBuf> {
        // A ledger's name is made by the host: an id, or `deployment`.
        let folder = self.inner.options.heads.as_ref()?;
        Some(folder.join(format!("{ledger}.jsonl")))
    }

    /// The newest head that is known, here or in the second place.
    pub(super) async fn newest_head(&self, ledger: &str) -> Result<Option<SignedHead>, StoreError> {
        let here = self.kept_head(ledger).await?;
        let public = self.keys().signer().public();
        let there = self
            .head_file(ledger)
            .map(|file| last_head(&file, ledger, &public))
            .transpose()?
            .flatten();
        Ok(match (here, there) {
            (Some(here), Some(there)) if there.head.seq > here.head.seq => Some(there),
            (None, there) => there,
            (here, _) => here,
        })
    }

    /// The kept head, if its signature holds.
    async fn kept_head(&self, ledger: &str) -> Result<Option<SignedHead>, StoreError> {
        let mut conn = self.file().read().await?;
        let row =
            sqlx::query("select seq, link, chain, at, signature from heads where ledger = $1")
                .bind(ledger)
                .fetch_optional(&mut *conn)
                .await?;
        let Some(row) = row else { return Ok(None) };
        let head = LedgerHead {
            ledger: ledger.into(),
            seq: row.try_get::<i64, _>("seq")? as u64,
            link: codec::bytes(&row, "link")?,
            chain: codec::bytes(&row, "chain")?,
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

/// The head of this ledger with the highest number in a file of the second place; lines that this deployment did not sign are passed over.
fn last_head(
    file: &Path,
    ledger: &str,
    public: &[u8; 32],
) -> Result<Option<SignedHead>, StoreError> {
    let text = match std::fs::read_to_string(file) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(source) => {
            return Err(StoreError::Io {
                file: file.display().to_string(),
                action: "read",
                source,
            });
        }
    };
    Ok(text
        .lines()
        .filter_map(|line| serde_json::from_str::<HeadLine>(line).ok()?.head())
        .filter(|head| head.head.ledger == ledger && head.verify(public))
        .max_by_key(|head| head.head.seq))
}
