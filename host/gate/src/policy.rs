//! Policy packs: each network's own rules, which no plugin, operator or customer can loosen.
//!
//! Lives here: the table. Not here: enforcing retention and deletion over time (`pipeline`), what connectors do.

use isocial_model::contract::{Rights, VOCABULARY};
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
    /// Days after which a post that could not be rechecked is hidden; absent where the network pushes or items do not vanish.
    pub recheck_within_days: Option<u32>,
    /// Whether the network publishes an age signal: then `unknown` is not kept (B7).
    pub age_signal_published: bool,
    /// Whether each item says who may see it, so that `unknown` is not kept; otherwise the source holds nothing but public items.
    pub visibility_per_item: bool,
    /// Whether the posts may leave in exports only as ids and links.
    pub export_ids_only: bool,
    /// The most that may be kept of a post.
    pub kept: Rights,
    /// The most that a plugin may be given of a post.
    pub given: Rights,
}

/// Registered names that have a pack, in alphabetical order.
const KNOWN: [&str; 6] = ["archive", "bluesky", "feed", "mastodon", "rss", "sample"];

/// The pack of a network; a network without one gets the strictest rules of all.
pub fn pack(network: &str) -> NetworkPolicy {
    let open = NetworkPolicy {
        network: network.into(),
        retention_cap_days: None,
        deletion: DeletionShape::Recheck,
        deletion_deadline_hours: 24,
        recheck_within_days: None,
        age_signal_published: false,
        visibility_per_item: false,
        export_ids_only: false,
        kept: Rights::everything(),
        given: Rights::everything(),
    };
    match network {
        // Deletions, edits and account events come with the stream; every record of the public repository is public, and an
        // account's events say when it no longer is.
        "bluesky" => NetworkPolicy {
            deletion: DeletionShape::Push,
            ..open
        },
        // Each status says its visibility; deletions are pushed on the stream, and asked for where a source is polled.
        "mastodon" => NetworkPolicy {
            visibility_per_item: true,
            recheck_within_days: Some(7),
            ..open
        },
        // A feed holds what its publisher publishes, and that an item leaves its window is no deletion; a file that a person
        // handed in holds posts that were public. Nobody tells of deletions in either, so neither stays for ever.
        "feed" | "rss" | "archive" => NetworkPolicy {
            deletion: DeletionShape::Ttl,
            retention_cap_days: Some(365),
            ..open
        },
        // The built-in sample network publishes every signal, so that each rule can be seen at work.
        "sample" => NetworkPolicy {
            deletion: DeletionShape::Push,
            visibility_per_item: true,
            age_signal_published: true,
            ..open
        },
        _ => strictest(network),
    }
}

/// What holds for a network whose rules nobody has written down.
fn strictest(network: &str) -> NetworkPolicy {
    NetworkPolicy {
        network: network.into(),
        retention_cap_days: Some(30),
        deletion: DeletionShape::Ttl,
        deletion_deadline_hours: 24,
        recheck_within_days: Some(7),
        age_signal_published: true,
        visibility_per_item: true,
        export_ids_only: true,
        kept: everything_but(&["post.place", "post.attributes"], &["post.author:handle"]),
        given: everything_but(
            &["post.place", "post.attributes", "post.mentions"],
            &[
                "post.author:pairwise-ref",
                "post.text:redacted",
                "post.title:redacted",
                "post.content-warning:redacted",
                "post.engagement:bucket",
            ],
        ),
    }
}

/// All of the vocabulary without some fields, and with a lower precision of others.
fn everything_but(without: &[&str], lowered: &[&str]) -> Rights {
    let rights: Vec<String> = VOCABULARY
        .iter()
        .filter(|field| !without.contains(&field.path))
        .map(|field| {
            let low = lowered
                .iter()
                .find(|right| right.split(':').next() == Some(field.path));
            match (low, field.ladder.last()) {
                (Some(right), _) => (*right).to_owned(),
                (None, Some(top)) => format!("{}:{top}", field.path),
                (None, None) => field.path.to_owned(),
            }
        })
        .collect();
    // The list is made from the vocabulary; were it ever wrong, nothing would be allowed.
    Rights::parse(&rights).unwrap_or_default()
}

/// The registered names that have a pack.
pub fn known() -> impl Iterator<Item = &'static str> {
    KNOWN.into_iter()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_network_has_the_strictest_pack() {
        let unknown = pack("no-such-network");
        assert!(unknown.kept.has("post.text") && !unknown.kept.has("post.place"));
        assert_eq!(unknown.given.level("post.author"), 1);
        for name in known() {
            let pack = pack(name);
            assert_eq!(&*pack.network, name);
            assert!(
                unknown.kept.within(&pack.kept) && unknown.given.within(&pack.given),
                "{name}"
            );
            assert!(
                unknown.retention_cap_days <= pack.retention_cap_days.or(Some(u32::MAX)),
                "{name}"
            );
            assert!(
                unknown.age_signal_published >= pack.age_signal_published,
                "{name}"
            );
            assert!(
                unknown.visibility_per_item >= pack.visibility_per_item
                    && unknown.export_ids_only >= pack.export_ids_only
            );
            assert!(
                pack.deletion_deadline_hours <= 24,
                "a deletion is carried out within a day"
            );
        }
    }
}
