//! Whose a ledger is: an organisation's, in its own file, or the deployment's, for shared streams, in the deployment's.
//!
//! Lives here: what differs between the two, so that everything else is written once.

use isocial_model::{Instant, key::OrgKeys};
use isocial_vault::SignedHead;

use super::{Link, OWN, check::Against};
use crate::{Deployment, OrgDb, StoreError, file::Database};

/// A ledger's owner.
#[derive(Debug, Clone)]
pub(super) enum Whose {
    /// An organisation.
    Organisation(OrgDb),
    /// The deployment itself.
    Deployment(Deployment),
}

impl Whose {
    pub(super) fn deployment(&self) -> &Deployment {
        match self {
            Self::Organisation(org) => &org.deployment,
            Self::Deployment(deployment) => deployment,
        }
    }
    pub(super) fn file(&self) -> &Database {
        match self {
            Self::Organisation(org) => org.file(),
            Self::Deployment(deployment) => deployment.file(),
        }
    }
    /// What it is called in signed heads.
    pub(super) fn name(&self) -> &str {
        match self {
            Self::Organisation(org) => org.id().as_str(),
            Self::Deployment(_) => OWN,
        }
    }
    pub(super) fn now(&self) -> Instant {
        self.deployment().now()
    }
    /// The next link of the keyed chain.
    pub(super) fn chain(&self, previous: &Link, line: &[u8]) -> Link {
        match self {
            Self::Organisation(org) => org.ring().chain(previous, line),
            Self::Deployment(deployment) => deployment.keys().chain(previous, line),
        }
    }
    pub(super) async fn sign_head(&self) -> Result<SignedHead, StoreError> {
        match self {
            Self::Organisation(org) => org.sign_head().await,
            Self::Deployment(deployment) => deployment.sign_own_head().await,
        }
    }
    /// Signs a head where these numbers have passed a multiple of 64. The lines themselves are safe already, so a failure is only told.
    pub(super) async fn head_if_due(&self, numbers: &[u64]) {
        let (Some(first), Some(end)) = (numbers.first(), numbers.last()) else {
            return;
        };
        if first.saturating_sub(1) / super::HEAD_EVERY == end / super::HEAD_EVERY {
            return;
        }
        if let Err(error) = self.sign_head().await {
            tracing::warn!(ledger = self.name(), %error, "the head of a ledger could not be signed; the next one will cover it");
        }
    }
    /// Lines after this number, oldest first, at most `limit`.
    pub(super) async fn lines(
        &self,
        after: u64,
        limit: u32,
    ) -> Result<Vec<super::KeptReceipt>, StoreError> {
        let mut conn = self.file().read().await?;
        super::read(&mut conn, after, limit)
            .await?
            .iter()
            .map(super::kept)
            .collect()
    }
    /// Checks the whole ledger against its chain and against the newest signed head.
    pub(super) async fn verify(&self) -> Result<super::LedgerVerdict, StoreError> {
        let head = self.deployment().newest_head(self.name()).await?;
        let mut conn = self.file().read().await?;
        let against = Against {
            name: self.name(),
            public: self.deployment().ledger_key(),
            head,
            keyed: &|previous, line| self.chain(previous, line),
        };
        super::verify(&mut conn, against).await
    }
}
