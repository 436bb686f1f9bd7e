//! Policy packs: each network's own rules, which no plugin, operator or customer can loosen.
//!
//! Lives here: the table. Not here: enforcing retention and deletion over time (`pipeline`), what connectors do.

use isocial_model::contract::Rights;
use serde::Serialize;

/// How deletions become known, which a host must prove it follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum DeletionShape {
    /// The network tells.
    Push,
    /// The host asks by id.
    Recheck,
    /// The host expires.
    Ttl,
}

/// One network's rules.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NetworkPolicy {
    /// Registered name: the namespace that a connector of this network may write.
    pub network: Box<str>,
    /// Days after which a post must be gone whatever a plan says; absent leaves it to the plan.
    pub retention_cap_days: Option<u32>,
    /// How deletions become known.
    pub deletion: DeletionShape,
    /// Hours within which a deletion must have been carried out.
    pub deletion_deadline_hours: u32,
    /// Days after which a post that could not be rechecked is hidden; absent where the network pushes.
    pub recheck_within_days: Option<u32>,
    /// Whether the network publishes an age signal: then `unknown` is not kept (B7).
    pub age_signal_published: bool,
    /// Whether each item says who may see it; otherwise the source holds nothing but public items.
    pub visibility_per_item: bool,
    /// Whether the posts may leave in exports only as ids and links.
    pub export_ids_only: bool,
    /// The most that may be kept of a post.
    pub kept: Rights,
    /// The most that a plugin may be given of a post.
    pub given: Rights,
}

/// The pack of a network; an unknown network gets the strictest one.
pub fn pack(network: &str) -> NetworkPolicy {
    let _ = network;
    todo!()
}

/// The registered names that have a pack.
pub fn known() -> impl Iterator<Item = &'static str> {
    ["archive", "bluesky", "feed", "mastodon", "sample"].into_iter()
}
