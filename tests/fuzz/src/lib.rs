//! What the targets share: the doors of real plugins, with keys that are no keys, and a post to speak of.

use std::sync::Arc;

use isocial_catalog::Manifest;
use isocial_gate::{Door, DoorSpec, EgressGrant, policy};
use isocial_model::{
    Class, Clock, Instant, Kind, Label, Labeled, PackageRef,
    contract::HostRule,
    key::{Hash128, NotSealed, OrgKeys},
    post::Post,
    time::ManualClock,
};
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};

/// Hashes that tell values apart; nothing here is secret.
#[derive(Debug)]
struct PlainKeys;

fn hash(parts: &[&[u8]]) -> Hash128 {
    let mut sha = Sha256::new();
    for part in parts {
        sha.update((part.len() as u64).to_le_bytes());
        sha.update(part);
    }
    let mut short = Hash128::default();
    short.copy_from_slice(&sha.finalize()[..16]);
    short
}

impl OrgKeys for PlainKeys {
    fn post_hash(&self, network: &str, native_id: &str) -> Hash128 {
        hash(&[b"post", network.as_bytes(), native_id.as_bytes()])
    }
    fn author_ref(&self, network: &str, author: &str) -> Hash128 {
        hash(&[b"author", network.as_bytes(), author.as_bytes()])
    }
    fn pairwise_ref(&self, plugin: &str, author_ref: &Hash128) -> Hash128 {
        hash(&[b"pairwise", plugin.as_bytes(), author_ref])
    }
    fn seal(&self, _: &str, plain: &[u8]) -> Vec<u8> {
        plain.to_vec()
    }
    fn unseal(&self, _: &str, sealed: &[u8]) -> Result<Vec<u8>, NotSealed> {
        Ok(sealed.to_vec())
    }
    fn chain(&self, _: &[u8; 32], line: &[u8]) -> [u8; 32] {
        Sha256::digest(line).into()
    }
    fn commit(&self, payload: &[u8]) -> Hash128 {
        hash(&[b"commit", payload])
    }
}

/// The host's clock.
pub const NOW: Instant = Instant(1_772_625_600_000);
/// The host that a person named where a manifest leaves it to them.
pub const HOST: &str = "plaza.example";
/// The deployment's own address.
pub const OWN_BASE: &str = "https://track.example/";

/// The door of a plugin of this repository, as an organisation has it that consented to everything in the manifest.
pub fn door(manifest: &str) -> Door {
    let manifest = Manifest::parse(manifest).expect("a manifest of ours is good");
    let hosts: Vec<HostRule> = manifest
        .contracts
        .iter()
        .flat_map(|c| c.egress.clone())
        .collect();
    let clock: Arc<dyn Clock> = Arc::new(ManualClock::new(NOW));
    let network = manifest.networks.first().map(|name| policy::pack(name));
    Door::new(DoorSpec {
        package: PackageRef {
            id: "fuzz/door".into(),
            version: semver::Version::new(1, 0, 0),
            digest: "ab".repeat(32),
        },
        kind: manifest.kind,
        contracts: manifest.contracts,
        layers: Vec::new(),
        keys: Arc::new(PlainKeys),
        clock,
        network,
        topics: manifest.topics,
        own_handles: vec!["lotus".into()],
        egress: EgressGrant {
            tenant_hosts: vec![HOST.into()],
            input: manifest.kind == Kind::Connector,
            hosts,
            ..EgressGrant::default()
        },
        spreadsheet: manifest.spreadsheet,
        own_base: OWN_BASE.into(),
    })
    .expect("a door of ours can be built")
}

/// A public post with this text.
pub fn post(text: &str) -> Labeled<Post> {
    let post = Post {
        network: "mastodon".into(),
        native_id: "1".into(),
        text: Some(text.into()),
        ..Post::default()
    };
    Labeled::new(Label::of(Class::PublicText, Some("mastodon")), post)
}

/// The bytes as a value: nearly all bytes are one, so that the fuzzer works on the structure and not on a syntax.
pub fn value<T: DeserializeOwned>(bytes: &[u8]) -> Option<T> {
    postcard::from_bytes(bytes).ok()
}
