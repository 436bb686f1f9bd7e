//! Ledgers: receipts in a keyed chain, an organisation's in its own file, the deployment's in the deployment's.

use isocial_model::receipt::Receipt;
use isocial_vault::SignedHead;

use crate::{Deployment, OrgDb, StoreError, scope::OrgScope};

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

impl OrgDb {
    /// Appends receipts that belong to no page; their numbers.
    pub async fn append_receipts(&self, receipts: &[Receipt]) -> Result<Vec<u64>, StoreError> {
        let _ = receipts;
        unimplemented!()
    }
    /// Receipts after this number, oldest first, at most `limit` (1–1,000).
    pub async fn receipts(&self, after: u64, limit: u32) -> Result<Vec<KeptReceipt>, StoreError> {
        let _ = (after, limit);
        unimplemented!()
    }
    /// How many lines the ledger has.
    pub async fn receipt_count(&self) -> Result<u64, StoreError> {
        unimplemented!()
    }
    /// Checks the whole ledger against its chain and against the signed head in the deployment's file.
    pub async fn verify_ledger(&self) -> Result<LedgerVerdict, StoreError> {
        unimplemented!()
    }
    /// Signs where the ledger stands and keeps that outside this file; done by itself every 64 lines.
    pub async fn sign_head(&self) -> Result<SignedHead, StoreError> {
        unimplemented!()
    }
}

impl Deployment {
    /// Appends receipts of no organisation (shared streams); their numbers.
    pub async fn append_receipts(&self, receipts: &[Receipt]) -> Result<Vec<u64>, StoreError> {
        let _ = receipts;
        unimplemented!()
    }
    /// Receipts of no organisation after this number, oldest first.
    pub async fn receipts(&self, after: u64, limit: u32) -> Result<Vec<KeptReceipt>, StoreError> {
        let _ = (after, limit);
        unimplemented!()
    }
    /// Checks the deployment's own ledger.
    pub async fn verify_ledger(&self) -> Result<LedgerVerdict, StoreError> {
        unimplemented!()
    }
    /// The newest signed head of an organisation's ledger.
    pub async fn signed_head(&self, scope: &OrgScope) -> Result<Option<SignedHead>, StoreError> {
        let _ = scope;
        unimplemented!()
    }
}
