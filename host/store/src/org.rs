//! One organisation's data, open.

use std::sync::Arc;

use isocial_model::{Labeled, OrgId, key::Hash128, key::OrgKeys, post::Post};
use isocial_vault::OrgKeyring;

/// One organisation's own store. Had only by [`crate::Deployment::org`] with a scope; no function of it takes an organisation's id.
#[derive(Clone)]
pub struct OrgDb {
    keys: Arc<OrgKeyring>,
}

impl std::fmt::Debug for OrgDb {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OrgDb").field("org", self.keys.org()).finish_non_exhaustive()
    }
}

impl OrgDb {
    /// Whose this is: for logs and links.
    pub fn id(&self) -> &OrgId {
        self.keys.org()
    }
    /// The organisation's keys, for the gate.
    pub fn keys(&self) -> Arc<dyn OrgKeys> {
        self.keys.clone()
    }
    /// Keyed hash of a post's text, title and warning, to compare with [`crate::KnownPost`].
    pub fn text_hash(&self, post: &Labeled<Post>) -> Hash128 {
        let _ = post;
        unimplemented!()
    }
}
