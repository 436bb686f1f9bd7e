//! Taking a ledger out: the lines, what they are to be checked with, and a head that covers the last of them.

use isocial_model::receipt::{Line, Receipt};
use isocial_vault::open_digest;
use serde_json::value::RawValue;
use sqlx::{Row, sqlite::SqliteRow};

use super::{
    Link, STRIDE, read, receipt,
    text::{Entry, FORM, HeadLine, Opening, array},
    whose::Whose,
};
use crate::{Deployment, OrgDb, StoreError};

/// A ledger on its way out, part by part, so that nobody holds it whole.
#[derive(Debug)]
pub struct LedgerFile {
    whose: Whose,
    after: u64,
    chain: Link,
    state: State,
}

#[derive(Debug, PartialEq, Eq)]
enum State {
    Opening,
    Lines,
    Done,
}

impl OrgDb {
    /// The ledger as a file that `isocial receipts verify` checks without this deployment. See [`super::offline`].
    pub fn ledger_file(&self) -> LedgerFile {
        LedgerFile::of(Whose::Organisation(self.clone()))
    }
}

impl Deployment {
    /// The deployment's own ledger, of shared streams, as such a file.
    pub fn ledger_file(&self) -> LedgerFile {
        LedgerFile::of(Whose::Deployment(self.clone()))
    }
}

impl LedgerFile {
    fn of(whose: Whose) -> Self {
        Self {
            whose,
            after: 0,
            chain: [0; 32],
            state: State::Opening,
        }
    }

    /// The next part (≤ 1,000 lines of the ledger), or `None` at the end.
    ///
    /// Lines are written as they lie in the file, tampered with or not: the digests are computed from them, and the signed head at the end,
    /// which knows what was written, tells the difference.
    pub async fn next(&mut self) -> Result<Option<String>, StoreError> {
        match self.state {
            State::Opening => {
                self.state = State::Lines;
                let opening = Opening {
                    isocial_ledger: FORM,
                    ledger: self.whose.name().to_owned(),
                    key: hex::encode(self.whose.deployment().ledger_key()),
                };
                Ok(Some(json(&opening)))
            }
            State::Lines => {
                let mut conn = self.whose.file().read().await?;
                let rows = read(&mut conn, self.after, STRIDE).await?;
                drop(conn);
                if rows.is_empty() {
                    self.state = State::Done;
                    return self.head().await.map(Some);
                }
                let mut part = String::new();
                for row in &rows {
                    part.push_str(&self.entry(row)?);
                }
                Ok(Some(part))
            }
            State::Done => Ok(None),
        }
    }

    /// One line of the ledger. A row that does not read goes without a digest, which no line can have.
    fn entry(&mut self, row: &SqliteRow) -> Result<String, StoreError> {
        let seq = row.try_get::<i64, _>("seq")? as u64;
        let found = receipt(row)?;
        let line = found.as_ref().map(Receipt::canonical).unwrap_or_default();
        self.chain = match found.as_ref().map(|r| &r.line) {
            Some(Line::Checkpoint(checkpoint)) if self.after == 0 => {
                array(&checkpoint.chain).unwrap_or_default()
            }
            _ => open_digest(&self.chain, seq, &line),
        };
        self.after = seq;
        let text = String::from_utf8(line).ok().filter(|text| !text.is_empty());
        let raw = RawValue::from_string(text.unwrap_or_else(|| "null".into()));
        let raw = raw.map_err(|e| StoreError::Row {
            table: "receipts",
            problem: format!("its line is no JSON: {e}"),
        })?;
        Ok(json(&Entry {
            seq,
            chain: found.map_or_else(String::new, |_| hex::encode(self.chain)),
            line: &raw,
        }))
    }

    /// A head for the last line. Where more lines have come meanwhile, it counts those too: then the file ends with them.
    async fn head(&mut self) -> Result<String, StoreError> {
        self.whose.sign_head().await?;
        let name = self.whose.name();
        let newest = self.whose.deployment().newest_head(name).await?;
        let Some(signed) = newest else {
            return Ok(String::new());
        };
        if signed.head.seq > self.after {
            let mut conn = self.whose.file().read().await?;
            let rows = read(&mut conn, self.after, STRIDE).await?;
            drop(conn);
            if !rows.is_empty() {
                self.state = State::Lines;
                return Ok(String::new());
            }
        }
        Ok(HeadLine::from(&signed).text())
    }
}

fn json<T: serde::Serialize>(value: &T) -> String {
    let mut text = serde_json::to_string(value).unwrap_or_default();
    text.push('\n');
    text
}
