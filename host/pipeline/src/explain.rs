//! Explaining a package's rights: the same layers as its door is built from, laid open (B2).

use isocial_catalog::Manifest;
use isocial_gate::{Explained, Layer, LayerName, RestrictionError, Restrictions, explain, policy};
use isocial_store::{OrgDb, StoreError};

use crate::grant::Grant;

/// What lies between the ceiling and a grant: what the operator withholds, and what the organisation does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Withheld {
    operator: Layer,
    organisation: Layer,
}

impl Default for Withheld {
    /// Nothing is withheld.
    fn default() -> Self {
        Self {
            operator: Layer::neutral(LayerName::Operator),
            organisation: Layer::neutral(LayerName::Organisation),
        }
    }
}

impl Withheld {
    /// What the operator withholds, for where no organisation is meant.
    pub fn by_operator(operator: &Restrictions) -> Result<Self, RestrictionError> {
        Ok(Self {
            operator: operator.layer(LayerName::Operator)?,
            ..Self::default()
        })
    }

    /// The same with what this organisation withholds. What it once set and this program does not understand any more withholds
    /// everything: failing open would give what somebody has forbidden.
    pub async fn with_organisation(&self, db: &OrgDb) -> Result<Self, StoreError> {
        let organisation = match db.restrictions().await? {
            None => Layer::neutral(LayerName::Organisation),
            Some(text) => serde_json::from_str::<Restrictions>(&text)
                .ok()
                .and_then(|restrictions| restrictions.layer(LayerName::Organisation).ok())
                .unwrap_or_else(|| {
                    tracing::error!(org = %db.id(), "what the organisation withholds cannot be read; its plugins are given nothing until it is set anew");
                    Layer::rights(LayerName::Organisation, isocial_model::contract::Rights::none())
                }),
        };
        Ok(Self {
            operator: self.operator.clone(),
            organisation,
        })
    }

    /// The layers of an installation over its ceiling, in order.
    pub(crate) fn layers(&self, grant: &Grant) -> Vec<Layer> {
        vec![
            self.operator.clone(),
            self.organisation.clone(),
            grant.layer(),
        ]
    }

    /// As text: equal where an organisation withholds as much; empty where it withholds nothing.
    pub(crate) fn canonical(&self) -> String {
        if self.organisation == Layer::neutral(LayerName::Organisation) {
            return String::new();
        }
        serde_json::to_string(&self.organisation).unwrap_or_default()
    }
}

/// Explains every contract of a manifest under this grant, for posts of this network where one is named.
///
/// Without a grant it says what consent to the whole manifest would give.
pub fn contracts(
    manifest: &Manifest,
    withheld: &Withheld,
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
    let mut all = withheld.layers(grant);
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
