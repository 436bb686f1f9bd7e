//! Effective rights: the contract, narrowed by every layer above it, with the reason for each loss (SECURITY model B2).
//!
//! Lives here: one function that can only narrow. Not here: what the layers say (`ceiling`, `policy`, and whoever makes the spec).

use std::collections::BTreeSet;

use isocial_model::{
    Kind, Purpose,
    contract::{Contract, Field, Right, RightError, Rights, VOCABULARY},
};
use serde::{Deserialize, Serialize};

use crate::ceiling;

/// Who took something away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LayerName {
    /// The most that a plugin of this kind may have for this purpose.
    Ceiling,
    /// The network's own rules.
    NetworkPack,
    /// The operator's rules.
    Operator,
    /// The organisation's rules.
    Organisation,
    /// What the customer consented to at installation.
    Grant,
}

/// One layer over a contract. It can only take away.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Layer {
    /// Whose.
    pub name: LayerName,
    /// The most that it leaves.
    pub rights: Rights,
    /// The purposes that it leaves; absent leaves all.
    pub purposes: Option<BTreeSet<Purpose>>,
    /// Text is redacted strictly: persons' names as well (B6).
    #[serde(default)]
    pub strict: bool,
}

impl Layer {
    /// A layer that leaves these rights and every purpose.
    pub fn rights(name: LayerName, rights: Rights) -> Self {
        Self {
            name,
            rights,
            purposes: None,
            strict: false,
        }
    }
    /// The neutral layer: takes nothing away.
    pub fn neutral(name: LayerName) -> Self {
        Self::rights(name, Rights::everything())
    }
}

/// What an operator, or an organisation, withholds from every plugin, whatever it asks for and was granted. It can only take away.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Restrictions {
    /// Fields with the most that is given of them, as `post.author:pairwise-ref`, or `post.place:none` for nothing.
    pub at_most: Vec<String>,
    /// Purposes for which nothing is given.
    pub no_purposes: Vec<Purpose>,
    /// Text is redacted strictly: persons' names as well, as far as a list knows them.
    pub strict_redaction: bool,
}

/// A restriction that cannot be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RestrictionError {
    /// No such field or precision.
    #[error(transparent)]
    Right(#[from] RightError),
    /// It takes nothing away.
    #[error("`{given}` takes nothing away: name a lower precision, such as `{lower}`")]
    Top {
        /// What was given.
        given: String,
        /// The next lower one.
        lower: String,
    },
}

impl Restrictions {
    /// The layer that these are for the gate.
    pub fn layer(&self, name: LayerName) -> Result<Layer, RestrictionError> {
        let mut rights = Rights::everything();
        for text in &self.at_most {
            let most: Right = text.parse()?;
            if usize::from(most.level) + 1 >= most.field.ladder.len() {
                let level = most.level.saturating_sub(1);
                return Err(RestrictionError::Top {
                    given: text.clone(),
                    lower: Right { level, ..most }.to_string(),
                });
            }
            rights = rights.at_most(most);
        }
        let left = |purpose: &Purpose| !self.no_purposes.contains(purpose);
        Ok(Layer {
            name,
            rights,
            purposes: (!self.no_purposes.is_empty())
                .then(|| Purpose::ALL.into_iter().filter(left).collect()),
            strict: self.strict_redaction,
        })
    }
}

/// A field that a layer has narrowed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Taken {
    /// The field's path.
    pub path: &'static str,
    /// Precision before.
    pub from: &'static str,
    /// Precision after; `none` if nothing is left.
    pub to: &'static str,
    /// Who took it.
    pub by: LayerName,
}

/// What is left of a contract, and where the rest went.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Effective {
    /// What may be given.
    pub rights: Rights,
    /// For which purposes.
    pub purposes: Vec<Purpose>,
    /// What was taken away, by whom, in the order of the layers.
    pub taken: Vec<Taken>,
}

/// One layer at work: what it let through of what came to it.
pub(crate) struct Passage {
    pub(crate) name: LayerName,
    /// The most that the layer leaves.
    pub(crate) allowed: Rights,
    /// What was left after it.
    pub(crate) rights: Rights,
    pub(crate) purposes: Vec<Purpose>,
}

/// The one place where rights are worked out: the contract goes through the ceiling of its kind and then through each layer, in order.
pub(crate) fn passages(kind: Kind, contract: &Contract, layers: &[Layer]) -> Vec<Passage> {
    let mut purposes = contract.purposes.clone();
    purposes.retain(|purpose| ceiling::allows(kind, *purpose));
    let ceiling = purposes.iter().fold(
        if purposes.is_empty() {
            Rights::none()
        } else {
            Rights::everything()
        },
        |sum, purpose| sum.narrow(&ceiling::of(kind, *purpose)),
    );
    let mut rights = contract.input.narrow(&ceiling);
    let mut passages = vec![Passage {
        name: LayerName::Ceiling,
        allowed: ceiling,
        rights: rights.clone(),
        purposes: purposes.clone(),
    }];
    for layer in layers {
        if let Some(allowed) = &layer.purposes {
            purposes.retain(|purpose| allowed.contains(purpose));
        }
        rights = rights.narrow(&layer.rights);
        passages.push(Passage {
            name: layer.name,
            allowed: layer.rights.clone(),
            rights: rights.clone(),
            purposes: purposes.clone(),
        });
    }
    passages
}

/// Narrows the contract by the ceiling of its kind and then by each layer, in order.
///
/// Never wider than the contract, the ceiling or any layer; adding a layer never widens.
pub fn effective(kind: Kind, contract: &Contract, layers: &[Layer]) -> Effective {
    let mut rights = contract.input.clone();
    let mut purposes = Vec::new();
    let mut taken = Vec::new();
    for passage in passages(kind, contract, layers) {
        note(&rights, &passage.rights, passage.name, &mut taken);
        (rights, purposes) = (passage.rights, passage.purposes);
    }
    if purposes.is_empty() {
        // Without a purpose there is no reason to give anything.
        rights = Rights::none();
    }
    Effective {
        rights,
        purposes,
        taken,
    }
}

/// Notes what was lost from one to the other.
fn note(from: &Rights, to: &Rights, by: LayerName, taken: &mut Vec<Taken>) {
    for field in VOCABULARY {
        let (before, after) = (from.level(field.path), to.level(field.path));
        if after < before {
            taken.push(Taken {
                path: field.path,
                from: step(field, before),
                to: step(field, after),
                by,
            });
        }
    }
}

/// The word of a level of a field's ladder.
pub(crate) fn step(field: &Field, level: u8) -> &'static str {
    field
        .ladder
        .get(usize::from(level))
        .copied()
        .unwrap_or("none")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn contract(purposes: &[&str], input: Rights) -> Contract {
        let mut contract: Contract = serde_json::from_value(
            serde_json::json!({ "function": "writer", "purposes": purposes, "input": [] }),
        )
        .unwrap();
        contract.input = input;
        contract
    }

    #[test]
    fn each_loss_names_its_layer() {
        let asked = Rights::parse(&["post.text:raw", "post.author:profile", "post.url"]).unwrap();
        let pack = Layer::rights(
            LayerName::NetworkPack,
            Rights::parse(&["post.text:raw", "post.author:pairwise-ref", "post.url"]).unwrap(),
        );
        let organisation = Layer::rights(
            LayerName::Organisation,
            Rights::parse(&["post.text:redacted", "post.author:pairwise-ref"]).unwrap(),
        );
        let effective = effective(
            Kind::ExportFormat,
            &contract(&["export"], asked),
            &[pack, organisation],
        );
        assert_eq!(
            Vec::from(effective.rights),
            ["post.author:pairwise-ref", "post.text:redacted"]
        );
        let losses: Vec<_> = effective
            .taken
            .iter()
            .map(|t| (t.path, t.from, t.to, t.by))
            .collect();
        assert_eq!(
            losses,
            [
                ("post.author", "profile", "handle", LayerName::Ceiling),
                (
                    "post.author",
                    "handle",
                    "pairwise-ref",
                    LayerName::NetworkPack
                ),
                ("post.text", "raw", "redacted", LayerName::Organisation),
                ("post.url", "given", "none", LayerName::Organisation),
            ]
        );
    }

    #[test]
    fn restrictions_take_away_what_they_name_and_nothing_else() {
        let text = r#"{"at_most": ["post.author:pairwise-ref", "post.place:none"], "no_purposes": ["export"], "strict_redaction": true}"#;
        let restrictions: Restrictions = serde_json::from_str(text).unwrap();
        let layer = restrictions.layer(LayerName::Operator).unwrap();
        assert!(layer.strict);
        for field in VOCABULARY {
            let most = match field.path {
                "post.author" => 1,
                "post.place" => 0,
                _ => field.ladder.len() - 1,
            };
            assert_eq!(
                usize::from(layer.rights.level(field.path)),
                most,
                "{}",
                field.path
            );
        }
        let purposes = layer.purposes.unwrap();
        assert!(!purposes.contains(&Purpose::Export));
        assert_eq!(purposes.len(), Purpose::ALL.len() - 1);
        let none = Restrictions::default().layer(LayerName::Operator).unwrap();
        assert_eq!(none, Layer::neutral(LayerName::Operator));
    }

    #[test]
    fn a_restriction_that_takes_nothing_away_is_refused() {
        let wrong = |text: &str| {
            let restrictions = Restrictions {
                at_most: vec![text.into()],
                ..Restrictions::default()
            };
            restrictions
                .layer(LayerName::Operator)
                .unwrap_err()
                .to_string()
        };
        assert!(wrong("post.author:profile").contains("post.author:handle"));
        assert!(wrong("post.lang").contains("post.lang:none"));
        assert!(wrong("post.*").contains("wildcard"));
        assert!(wrong("post.author:name").contains("pairwise-ref"));
    }

    #[test]
    fn without_a_purpose_nothing_is_given() {
        let mut layer = Layer::neutral(LayerName::Grant);
        layer.purposes = Some(BTreeSet::new());
        let left = effective(
            Kind::ExportFormat,
            &contract(&["export"], Rights::everything()),
            &[layer],
        );
        assert_eq!((left.rights, left.purposes), (Rights::none(), vec![]));
    }

    fn rights() -> impl Strategy<Value = Rights> {
        proptest::collection::vec(any::<u8>(), VOCABULARY.len()).prop_map(|levels| {
            let list: Vec<String> = VOCABULARY
                .iter()
                .zip(levels)
                .map(|(field, level)| {
                    format!(
                        "{}:{}",
                        field.path,
                        field.ladder[usize::from(level) % field.ladder.len()]
                    )
                })
                .collect();
            Rights::parse(&list).unwrap()
        })
    }

    fn layer() -> impl Strategy<Value = Layer> {
        let names = [
            LayerName::NetworkPack,
            LayerName::Operator,
            LayerName::Organisation,
            LayerName::Grant,
        ];
        (
            0..4usize,
            rights(),
            proptest::option::of(proptest::sample::subsequence(Purpose::ALL.to_vec(), 0..=10)),
        )
            .prop_map(move |(name, rights, purposes)| Layer {
                name: names[name],
                rights,
                purposes: purposes.map(|p| p.into_iter().collect()),
                strict: false,
            })
    }

    proptest! {
        #[test]
        fn adding_a_layer_never_widens(
            kind in 0..4usize,
            asked in rights(),
            purposes in proptest::sample::subsequence(Purpose::ALL.to_vec(), 0..=10),
            layers in proptest::collection::vec(layer(), 0..4),
            more in layer(),
            at in 0..5usize,
        ) {
            let kind = Kind::ALL[kind];
            let mut contract = contract(&[], asked);
            contract.purposes = purposes;
            let before = effective(kind, &contract, &layers);
            let mut longer = layers.clone();
            longer.insert(at.min(layers.len()), more.clone());
            let after = effective(kind, &contract, &longer);
            prop_assert!(after.rights.within(&before.rights));
            prop_assert!(after.rights.within(&more.rights) && after.rights.within(&contract.input));
            prop_assert!(after.purposes.iter().all(|p| before.purposes.contains(p)));
            for purpose in &before.purposes {
                prop_assert!(before.rights.within(&ceiling::of(kind, *purpose)));
            }
            // Every loss is explained, and nothing else is.
            for field in VOCABULARY {
                let lost = contract.input.level(field.path) > after.rights.level(field.path);
                prop_assert_eq!(lost && !after.purposes.is_empty(), !after.purposes.is_empty() && after.taken.iter().any(|t| t.path == field.path));
            }
        }
    }
}
