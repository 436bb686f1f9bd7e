//! Explaining a package's rights: the same layers as its door is built from, laid open (B2).

use isocial_catalog::Manifest;
use isocial_gate::{Explained, Layer, LayerName, explain, policy};

use crate::grant::Grant;

/// The layers of an installation over its ceiling, in order. Operator and organisation have no rules of their own yet: they are neutral.
pub fn layers(grant: &Grant) -> Vec<Layer> {
    vec![
        Layer::neutral(LayerName::Operator),
        Layer::neutral(LayerName::Organisation),
        grant.layer(),
    ]
}

/// Explains every contract of a manifest under this grant, for posts of this network where one is named.
///
/// Without a grant it says what consent to the whole manifest would give.
pub fn contracts(
    manifest: &Manifest,
    grant: Option<&Grant>,
    network: Option<&str>,
) -> Vec<Explained> {
    let whole;
    let grant = if let Some(grant) = grant {
        grant
    } else {
        whole = Grant::to_contracts(&manifest.contracts, Vec::new());
        &whole
    };
    let mut all = layers(grant);
    if let Some(network) = network {
        let pack = policy::pack(network);
        all.insert(0, Layer::rights(LayerName::NetworkPack, pack.given));
    }
    manifest
        .contracts
        .iter()
        .map(|contract| explain(manifest.kind, contract, &all))
        .collect()
}
