//! One organisation's data, open.

use std::sync::Arc;

use isocial_model::{Instant, Labeled, OrgId, key::Hash128, key::OrgKeys, post::Post};
use isocial_vault::OrgKeyring;

use crate::{Deployment, codec, file::Database, opened::OpenOrg};

/// One organisation's own store. Had only by [`Deployment::org`] with a scope; no function of it takes an organisation's id.
#[derive(Clone)]
pub struct OrgDb {
    pub(crate) open: Arc<OpenOrg>,
    pub(crate) deployment: Deployment,
    /// Its row in the deployment's file, for the posting index and signed heads.
    pub(crate) row: i64,
}

impl std::fmt::Debug for OrgDb {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OrgDb")
            .field("org", self.id())
            .finish_non_exhaustive()
    }
}

impl OrgDb {
    /// Whose this is: for logs and links.
    pub fn id(&self) -> &OrgId {
        self.open.keys.org()
    }
    /// The organisation's keys, for the gate.
    pub fn keys(&self) -> Arc<dyn OrgKeys> {
        self.open.keys.clone()
    }
    /// Keyed hash of a post's text, title and warning, to compare with [`crate::KnownPost`].
    pub fn text_hash(&self, post: &Labeled<Post>) -> Hash128 {
        codec::text_hash(self.ring(), post)
    }

    pub(crate) fn ring(&self) -> &OrgKeyring {
        &self.open.keys
    }
    pub(crate) fn file(&self) -> &Database {
        &self.open.file
    }
    pub(crate) fn now(&self) -> Instant {
        self.deployment.now()
    }
}
