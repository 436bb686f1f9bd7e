//! Grants: what a customer has consented to for one installation, as it is kept with it.

use isocial_gate::{Layer, LayerName};
use isocial_model::{
    Purpose,
    contract::{Contract, Rights},
};
use serde::{Deserialize, Serialize};

/// What a customer has consented to. Anything that a later version of the package asks beyond this is refused until consented anew (HP-04).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Grant {
    /// Fields at their precision.
    pub rights: Rights,
    /// Purposes.
    pub purposes: Vec<Purpose>,
    /// Names of hosts that a person has added where the manifest says `tenant-declared`. Ports other than the scheme's own are the
    /// operator's to allow.
    #[serde(default)]
    pub hosts: Vec<String>,
    /// Names of hosts in the manifest that were consented to: a later version that reaches further waits for consent. Absent in grants
    /// from before this was kept: then the running version's are meant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reaches: Option<Vec<String>>,
}

impl Grant {
    /// Consent to exactly what these contracts ask for.
    pub fn to_contracts(contracts: &[Contract], hosts: Vec<String>) -> Self {
        let mut names: Vec<String> = contracts
            .iter()
            .flat_map(|c| Vec::<String>::from(c.input.clone()))
            .collect();
        names.sort();
        names.dedup();
        let mut purposes: Vec<Purpose> =
            contracts.iter().flat_map(|c| c.purposes.clone()).collect();
        purposes.sort();
        purposes.dedup();
        // A field that two functions ask for at different precision is granted at the higher one; each contract narrows it again.
        let mut rights = Rights::none();
        for contract in contracts {
            rights = widest(&rights, &contract.input);
        }
        let reaches = contracts
            .iter()
            .flat_map(|c| c.egress.iter().map(|rule| rule.host.clone()))
            .collect();
        Self {
            rights,
            purposes,
            hosts,
            reaches: Some(reaches),
        }
    }
    /// The layer that this grant is for the gate.
    pub fn layer(&self) -> Layer {
        let mut layer = Layer::rights(LayerName::Grant, self.rights.clone());
        layer.purposes = Some(self.purposes.iter().copied().collect());
        layer
    }
}

/// By field, the higher precision: only for consent to several contracts at once.
fn widest(a: &Rights, b: &Rights) -> Rights {
    let names: Vec<String> = a
        .iter()
        .filter(|right| b.level(right.field.path) <= right.level)
        .chain(
            b.iter()
                .filter(|right| a.level(right.field.path) < right.level),
        )
        .map(|right| right.to_string())
        .collect();
    Rights::parse(&names).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn consent_to_two_contracts_takes_the_higher_precision_of_each_field() {
        let a = Rights::parse(&["post.text:redacted", "post.lang"]).unwrap();
        let b = Rights::parse(&["post.text:raw", "post.url"]).unwrap();
        assert_eq!(
            Vec::<String>::from(widest(&a, &b)),
            ["post.lang", "post.text:raw", "post.url"]
        );
    }
}
