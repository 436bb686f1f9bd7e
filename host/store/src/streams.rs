//! Shared streams and who holds what: cursors of streams that are read once for all, and the posting index.

use isocial_model::post::PostKey;

use crate::{Deployment, StoreError, scope::OrgScope};

/// Names something that a deletion may concern: a post or an author.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Posting {
    /// A post.
    Post(PostKey),
    /// An author: network and native id.
    Author(String, String),
}

impl Deployment {
    /// Where a shared stream stands, and the version to move it on from.
    pub async fn stream_cursor(&self, stream: &str) -> Result<(Option<Vec<u8>>, u64), StoreError> {
        let _ = stream;
        unimplemented!()
    }
    /// Moves a shared stream's cursor on, if it still has this version. False, and nothing written, if another reader was faster.
    /// To be called after all matching organisations have committed.
    pub async fn move_stream_cursor(&self, stream: &str, version: u64, cursor: &[u8]) -> Result<bool, StoreError> {
        let _ = (stream, version, cursor);
        unimplemented!()
    }
    /// Notes that an organisation is about to hold these. To be called before its commit: the index may say too much and never too little.
    pub async fn note_postings(&self, scope: &OrgScope, postings: &[Posting]) -> Result<(), StoreError> {
        let _ = (scope, postings);
        unimplemented!()
    }
    /// Organisations that may hold this: each must be told of its deletion.
    pub async fn holders(&self, posting: &Posting) -> Result<Vec<OrgScope>, StoreError> {
        let _ = posting;
        unimplemented!()
    }
}
