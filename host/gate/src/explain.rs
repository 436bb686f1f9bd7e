//! Explaining: for each field of a contract, which layer grants it and which takes it away (SECURITY model B2).
//!
//! Lives here: the words. Not here: working rights out, which is done in one place (`rights`), whose passages are only read here.

use isocial_model::{
    Kind,
    contract::{Contract, VOCABULARY},
};
use serde::Serialize;

use crate::rights::{Layer, LayerName, effective, passages, step};

/// What a layer does to a field or a purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Does {
    /// Lets it through as it came.
    Grants,
    /// Lets less precision through.
    Narrows,
    /// Lets nothing through.
    Removes,
    /// Nothing came to it any more.
    Nothing,
}

/// One layer's part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Part {
    /// Whose.
    pub layer: LayerName,
    /// What it does.
    pub does: Does,
    /// The most that it would leave: a step of the field's ladder, `none` for nothing. Of a purpose: `given` or `none`.
    pub allows: &'static str,
}

/// One field of a contract.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ExplainedField {
    /// Its path.
    pub field: &'static str,
    /// What the manifest asks for.
    pub asked: &'static str,
    /// What is given in the end; `none` for nothing.
    pub given: &'static str,
    /// The layers over the manifest, in order.
    pub layers: Vec<Part>,
}

/// One purpose of a contract.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ExplainedPurpose {
    /// Which.
    pub purpose: String,
    /// Whether it is left.
    pub left: bool,
    /// The layers, in order.
    pub layers: Vec<Part>,
}

/// One function's contract, explained.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Explained {
    /// The exported function.
    pub function: String,
    /// Its purposes. Without any that is left, nothing is given.
    pub purposes: Vec<ExplainedPurpose>,
    /// Every field that the manifest names.
    pub fields: Vec<ExplainedField>,
    /// Layers that want redacted text redacted strictly, persons' names included.
    pub strict: Vec<LayerName>,
}

/// Explains one contract under these layers, which come in the order in which they are applied.
pub fn explain(kind: Kind, contract: &Contract, layers: &[Layer]) -> Explained {
    let passages = passages(kind, contract, layers);
    let effective = effective(kind, contract, layers);
    let fields = VOCABULARY
        .iter()
        .filter(|field| contract.input.has(field.path))
        .map(|field| {
            let mut before = contract.input.level(field.path);
            let layers = passages.iter().map(|passage| {
                let after = passage.rights.level(field.path);
                let does = match (before, after) {
                    (0, _) => Does::Nothing,
                    (_, 0) => Does::Removes,
                    (before, after) if after < before => Does::Narrows,
                    _ => Does::Grants,
                };
                before = after;
                Part {
                    layer: passage.name,
                    does,
                    allows: step(field, passage.allowed.level(field.path)),
                }
            });
            ExplainedField {
                field: field.path,
                asked: step(field, contract.input.level(field.path)),
                layers: layers.collect(),
                given: step(field, effective.rights.level(field.path)),
            }
        })
        .collect();
    let purposes = contract
        .purposes
        .iter()
        .map(|purpose| {
            let mut before = true;
            let layers = passages.iter().map(|passage| {
                let after = passage.purposes.contains(purpose);
                let does = match (before, after) {
                    (false, _) => Does::Nothing,
                    (true, false) => Does::Removes,
                    (true, true) => Does::Grants,
                };
                before = after;
                Part {
                    layer: passage.name,
                    does,
                    allows: if after { "given" } else { "none" },
                }
            });
            ExplainedPurpose {
                purpose: purpose.to_string(),
                layers: layers.collect(),
                left: effective.purposes.contains(purpose),
            }
        })
        .collect();
    Explained {
        function: contract.function.clone(),
        purposes,
        fields,
        strict: layers.iter().filter(|l| l.strict).map(|l| l.name).collect(),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use isocial_model::contract::Rights;

    use super::*;
    use crate::fixtures::contract;

    fn layer(name: LayerName, rights: &[&str]) -> Layer {
        Layer::rights(name, Rights::parse(rights).unwrap())
    }

    #[test]
    fn each_field_names_the_layer_that_takes_it_and_those_that_do_not() {
        use Does::{Grants, Narrows, Nothing, Removes};
        use LayerName::{Ceiling, Grant, NetworkPack, Operator, Organisation};
        let asked = contract(
            "writer",
            &["export"],
            &["post.text:raw", "post.author:profile", "post.url"],
        );
        let layers = [
            layer(
                NetworkPack,
                &["post.text:raw", "post.author:pairwise-ref", "post.url"],
            ),
            Layer::neutral(Operator),
            layer(Organisation, &["post.text:redacted", "post.url"]),
            Layer::neutral(Grant),
        ];
        let explained = explain(Kind::ExportFormat, &asked, &layers);
        let does = |field: &str| {
            let found = explained.fields.iter().find(|f| f.field == field).unwrap();
            let parts: Vec<_> = found.layers.iter().map(|p| (p.layer, p.does)).collect();
            (found.given, parts)
        };
        assert_eq!(
            does("post.author"),
            (
                "none",
                vec![
                    (Ceiling, Narrows),
                    (NetworkPack, Narrows),
                    (Operator, Grants),
                    (Organisation, Removes),
                    (Grant, Nothing)
                ]
            )
        );
        assert_eq!(does("post.text").0, "redacted");
        assert_eq!(does("post.url").0, "given");
        assert!(explained.purposes[0].left);
    }

    #[test]
    fn without_a_purpose_every_field_ends_as_none() {
        let asked = contract("writer", &["export"], &["post.text:raw"]);
        let mut grant = Layer::neutral(LayerName::Grant);
        grant.purposes = Some(BTreeSet::new());
        let explained = explain(Kind::ExportFormat, &asked, &[grant]);
        assert_eq!(explained.purposes[0].layers[1].does, Does::Removes);
        assert!(!explained.purposes[0].left);
        assert_eq!(explained.fields[0].given, "none");
    }
}
