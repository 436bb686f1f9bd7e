//! Where reading stands: by hashtag for the walk, and the names of the newest posts for the stream.

use std::collections::BTreeMap;

use isocial_sdk::connector::{Fault, Post};
use serde::{Deserialize, Serialize};

use crate::search::Walk;

/// Bytes that a cursor may have, a little below the interface's 4 KiB; names are what is left out beyond it.
const MOST_BYTES: usize = 4_000;

/// A cursor.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Cursor {
    /// The last id read, by hashtag.
    #[serde(rename = "t", default)]
    pub(crate) last: BTreeMap<String, String>,
    /// Where each search stands.
    #[serde(rename = "s", default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) searches: BTreeMap<String, Walk>,
    /// Which hashtag or search is the next one, where not all fit into one step.
    #[serde(rename = "n", default)]
    pub(crate) turn: usize,
    /// Whether one that had its turn in this round has more.
    #[serde(rename = "m", default)]
    pub(crate) more: bool,
    /// Ids and uris of the newest posts of the stream, the newest last.
    #[serde(rename = "r", default, skip_serializing_if = "Vec::is_empty")]
    recent: Vec<(String, String)>,
}

impl Cursor {
    /// Reads a cursor; without one, reading begins.
    pub(crate) fn read(bytes: Option<&[u8]>) -> Result<Self, Fault> {
        bytes.map_or_else(
            || Ok(Self::default()),
            |bytes| {
                serde_json::from_slice(bytes).map_err(|_| {
                    Fault::permanent("the cursor is not this connector's: begin again")
                })
            },
        )
    }

    /// The cursor as the host keeps it: with as many of the newest names as there is room for.
    pub(crate) fn write(&mut self) -> Result<Vec<u8>, Fault> {
        loop {
            let bytes =
                serde_json::to_vec(self).map_err(|error| Fault::permanent(error.to_string()))?;
            let mut over = bytes.len().saturating_sub(MOST_BYTES);
            if over == 0 || self.recent.is_empty() {
                return Ok(bytes);
            }
            let mut oldest = 0;
            while let Some((id, uri)) = self.recent.get(oldest).filter(|_| over > 0) {
                over = over.saturating_sub(id.len() + uri.len());
                oldest += 1;
            }
            self.recent.drain(..oldest);
        }
    }

    /// Remembers what a new post's id stands for.
    pub(crate) fn remember(&mut self, post: &Post) {
        let Some(id) = post.ref_.clone() else { return };
        self.recent.retain(|(own, _)| *own != id);
        self.recent.push((id, post.native_id.clone()));
    }

    /// The uri of the post with this id, if it was among the newest; it is forgotten with that.
    pub(crate) fn forget(&mut self, id: &str) -> Option<String> {
        let index = self.recent.iter().position(|(own, _)| own == id)?;
        Some(self.recent.remove(index).1)
    }
}
