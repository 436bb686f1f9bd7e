//! What the gate's own tests share: invented posts, keys that are no keys, doors.

use std::sync::Arc;

use isocial_model::{
    Class, Clock, Instant, Kind, Label, Labeled, PackageRef,
    contract::{Contract, HostRule},
    key::{Hash128, NotSealed, OrgKeys},
    post::{Author, Engagement, Post, Visibility},
    time::ManualClock,
};
use sha2::{Digest, Sha256};

use crate::{Door, DoorSpec, EgressGrant, Layer, policy};

/// Hashes with a fixed prefix: enough to tell values apart.
#[derive(Debug)]
pub(crate) struct TestKeys;

fn hash(parts: &[&[u8]]) -> Hash128 {
    let mut sha = Sha256::new();
    for part in parts {
        sha.update((part.len() as u64).to_le_bytes());
        sha.update(part);
    }
    sha.finalize()[..16].try_into().unwrap()
}

impl OrgKeys for TestKeys {
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

pub(crate) const NOW: Instant = Instant(1_760_000_000_000);

pub(crate) fn package(id: &str) -> PackageRef {
    PackageRef {
        id: id.into(),
        version: semver::Version::new(1, 2, 0),
        digest: "ab".repeat(32),
    }
}

pub(crate) fn contract(function: &str, purposes: &[&str], input: &[&str]) -> Contract {
    serde_json::from_value(serde_json::json!({
        "function": function, "purposes": purposes, "input": input, "batch-max": 250,
    }))
    .unwrap()
}

pub(crate) fn spec(id: &str, kind: Kind, contracts: Vec<Contract>) -> DoorSpec {
    let clock: Arc<dyn Clock> = Arc::new(ManualClock::new(NOW));
    DoorSpec {
        package: package(id),
        kind,
        contracts,
        layers: Vec::<Layer>::new(),
        keys: Arc::new(TestKeys),
        clock,
        network: Some(policy::pack("sample")),
        topics: vec!["price".into(), "service".into()],
        own_handles: vec!["lumen".into()],
        egress: EgressGrant {
            hosts: vec![HostRule {
                host: "hooks.example.com".into(),
                why: "to deliver".into(),
            }],
            ..EgressGrant::default()
        },
        spreadsheet: true,
        own_base: "https://track.example/".into(),
    }
}

pub(crate) fn door(id: &str, kind: Kind, contracts: Vec<Contract>) -> Door {
    Door::new(spec(id, kind, contracts)).unwrap()
}

/// A public post of the sample network, with a canary in every field.
pub(crate) fn post(id: &str, text: &str) -> Post {
    Post {
        network: "sample".into(),
        native_id: format!("canary-id-{id}"),
        reference: Some("canary-ref".into()),
        url: Some("https://sample.example/canary-url".into()),
        text: Some(text.into()),
        title: Some("canary-title".into()),
        content_warning: Some("canary-warning".into()),
        language: Some("vi".into()),
        created: Some(Instant(1_750_000_012_345)),
        edited: Some(Instant(1_750_000_112_345)),
        author: Some(Author {
            native_id: Some("canary-author-id".into()),
            handle: Some("canary_handle".into()),
            display_name: Some("Canary Name".into()),
            profile_url: Some("https://sample.example/canary-profile".into()),
            followers: Some(54_321),
            verified: Some(true),
            automated: Some(false),
        }),
        visibility: Visibility::Public,
        age_signal: isocial_model::post::AgeSignal::Adult,
        thread: Some("canary-thread".into()),
        hashtags: vec!["canarytag".into()],
        links: vec!["https://example.com/canary-link".into()],
        rating: Some(0.8),
        engagement: Some(Engagement {
            likes: Some(4321),
            ..Engagement::default()
        }),
        country: Some("VN".into()),
        ..Post::default()
    }
}

pub(crate) fn labeled(post: Post) -> Labeled<Post> {
    let label = Label::of(Class::PublicText, Some(&post.network));
    Labeled::new(label, post)
}
