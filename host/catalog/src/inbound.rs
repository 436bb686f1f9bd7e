//! Inbound deliveries as a manifest declares them: with which secret a network signs what it sends, and how old that may be.
//!
//! Lives here: the section's form and what is true of every valid one. Not here: verifying (`vault`), what a delivery leads to (`pipeline`).

use isocial_model::{
    Kind,
    contract::{MessageSignature, Slot, SlotKind},
};
use serde::{Deserialize, Serialize};

use crate::error::PackageError;

/// Longest time that a timestamp may differ from the host's clock · seconds.
const MOST_TOLERANCE_S: u32 = 3_600;
/// Other ways to sign that one network may have.
const MOST_ALSO: usize = 4;

/// `[inbound]`: how a delivery is verified before the connector sees it. There is no way to take one unsigned.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct InboundRule {
    /// The slot, of the kind `hmac`, that holds the secret and says how messages are signed with it.
    pub credential: String,
    /// How far a delivery's timestamp may be from the host's clock · seconds · 1–3,600; only where the template names `{timestamp}`.
    #[serde(default = "five_minutes")]
    pub tolerance_s: u32,
    /// Other algorithms that the same network signs with, each with the prefix by which it is recognised · ≤ 4.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub also: Vec<AlsoSigned>,
}

/// Another algorithm with its prefix; all else is as the slot has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct AlsoSigned {
    /// `sha1`, `sha256`, `sha384` or `sha512`.
    pub algorithm: String,
    /// What comes before the signature.
    pub prefix: String,
}

fn five_minutes() -> u32 {
    300
}

impl InboundRule {
    /// Every way in which a delivery may be signed, the slot's own first.
    pub fn forms(&self, slots: &[Slot]) -> Vec<MessageSignature> {
        let Some(own) = slots
            .iter()
            .find(|s| s.name == self.credential)
            .and_then(|s| match &s.kind {
                SlotKind::Hmac(form) => Some(form),
                _ => None,
            })
        else {
            return Vec::new();
        };
        let also = self.also.iter().map(|also| MessageSignature {
            algorithm: also.algorithm.clone(),
            prefix: also.prefix.clone(),
            ..own.clone()
        });
        std::iter::once(own.clone()).chain(also).collect()
    }

    /// What can be checked without the component.
    pub(crate) fn check(&self, kind: Kind, slots: &[Slot]) -> Result<(), PackageError> {
        if kind != Kind::Connector {
            let problem =
                format!("is for the kind connector, and this is the kind {kind}: leave it out");
            return Err(PackageError::value("inbound", problem));
        }
        let forms = self.forms(slots);
        let Some(own) = forms.first() else {
            let problem = format!(
                "`{}` is no slot of the kind `hmac`: a delivery is taken only with its signature",
                self.credential
            );
            return Err(PackageError::value("inbound.credential", problem));
        };
        let slot = |field: &str| format!("credential[{}].kind.hmac.{field}", self.credential);
        if !own.template.contains("{body}") {
            return Err(PackageError::value(
                slot("template"),
                "signs no `{body}`: what is not signed could be anybody's",
            ));
        }
        for (word, field, header) in [
            ("{id}", "id-header", &own.id_header),
            ("{timestamp}", "timestamp-header", &own.timestamp_header),
        ] {
            if own.template.contains(word) && header.is_empty() {
                let problem = format!("is missing: the template names `{word}`");
                return Err(PackageError::value(slot(field), problem));
            }
        }
        if own.header.is_empty() {
            return Err(PackageError::value(
                slot("header"),
                "is empty: name the field that carries the signature",
            ));
        }
        if !matches!(own.encoding.as_str(), "hex" | "base64") {
            return Err(PackageError::value(
                slot("encoding"),
                format!("`{}`: expected hex or base64", own.encoding),
            ));
        }
        if !(1..=MOST_TOLERANCE_S).contains(&self.tolerance_s) {
            return Err(PackageError::value(
                "inbound.tolerance-s",
                format!("expected 1–{MOST_TOLERANCE_S}"),
            ));
        }
        if self.also.len() > MOST_ALSO {
            return Err(PackageError::value(
                "inbound.also",
                format!("expected at most {MOST_ALSO}"),
            ));
        }
        for (n, form) in forms.iter().enumerate() {
            if !["sha1", "sha256", "sha384", "sha512"].contains(&form.algorithm.as_str()) {
                let problem = format!(
                    "`{}`: expected sha256, sha384, sha512, or sha1 where the network has nothing newer",
                    form.algorithm
                );
                return Err(PackageError::value("inbound.also.algorithm", problem));
            }
            // Without a prefix of its own a signature could be read as one of another algorithm.
            if n > 0 && (form.prefix.is_empty() || form.prefix == own.prefix) {
                return Err(PackageError::value(
                    "inbound.also.prefix",
                    "expected one by which the algorithm is recognised",
                ));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use crate::Manifest;

    fn manifest(kind: &str, slot: &str, inbound: &str) -> Result<Manifest, String> {
        let (networks, languages) = match kind {
            "connector" => (
                "networks = [\"plaza\"]\ndeletion = \"ttl\"\nvisibility = \"public-only\"",
                "",
            ),
            _ => ("", "languages = [\"en\"]"),
        };
        let text = format!(
            "[plugin]\nid = \"acme/plaza\"\nversion = \"1.0.0\"\nkind = \"{kind}\"\ninterface = \"isocial:plugin/{kind}@0.1.0\"\n\
             name = \"Plaza\"\ndescription = \"Reads the plaza.\"\nlicence = \"MIT\"\n{networks}\n{languages}\n\
             [[credential]]\nname = \"hook\"\ndescription = \"A secret.\"\n[credential.kind.hmac]\n{slot}\n\
             [inbound]\n{inbound}\n"
        );
        Manifest::parse(&text).map_err(|e| e.to_string())
    }

    const BODY: &str = "template = \"{body}\"\nalgorithm = \"sha256\"\nencoding = \"hex\"\nheader = \"x-sig\"\nprefix = \"sha256=\"";

    #[test]
    fn every_way_of_signing_is_the_slots_own_with_another_algorithm() {
        let inbound =
            "credential = \"hook\"\nalso = [{ algorithm = \"sha512\", prefix = \"sha512=\" }]";
        let manifest = manifest("connector", BODY, inbound).unwrap();
        let rule = manifest.inbound.unwrap();
        assert_eq!(rule.tolerance_s, 300);
        let forms = rule.forms(&manifest.credentials);
        let said: Vec<_> = forms
            .iter()
            .map(|f| (f.algorithm.as_str(), f.prefix.as_str(), f.header.as_str()))
            .collect();
        assert_eq!(
            said,
            [
                ("sha256", "sha256=", "x-sig"),
                ("sha512", "sha512=", "x-sig")
            ]
        );
    }

    #[test]
    fn what_could_not_be_verified_is_refused() {
        let hook = "credential = \"hook\"";
        let timed = BODY.replace("{body}", "{timestamp}.{body}");
        let named = format!("{timed}\ntimestamp-header = \"x-time\"");
        for (kind, slot, inbound, says) in [
            ("language-pack", BODY, hook, "is for the kind connector"),
            (
                "connector",
                BODY,
                "credential = \"other\"",
                "no slot of the kind `hmac`",
            ),
            (
                "connector",
                &BODY.replace("{body}", "{timestamp}"),
                hook,
                "signs no `{body}`",
            ),
            (
                "connector",
                &timed,
                hook,
                "the template names `{timestamp}`",
            ),
            (
                "connector",
                &BODY.replace("{body}", "{id}{body}"),
                hook,
                "the template names `{id}`",
            ),
            (
                "connector",
                &BODY.replace("\"hex\"", "\"rot13\""),
                hook,
                "expected hex or base64",
            ),
            (
                "connector",
                &BODY.replace("\"x-sig\"", "\"\""),
                hook,
                "carries the signature",
            ),
            (
                "connector",
                &BODY.replace("\"sha256\"", "\"md5\""),
                hook,
                "`md5`",
            ),
            (
                "connector",
                &named,
                "credential = \"hook\"\ntolerance-s = 0",
                "expected 1–3600",
            ),
            (
                "connector",
                &named,
                "credential = \"hook\"\ntolerance-s = 3601",
                "expected 1–3600",
            ),
            (
                "connector",
                BODY,
                "credential = \"hook\"\nalso = [{ algorithm = \"sha1\", prefix = \"sha256=\" }]",
                "by which the algorithm is recognised",
            ),
            (
                "connector",
                BODY,
                "credential = \"hook\"\nalso = [{ algorithm = \"md5\", prefix = \"md5=\" }]",
                "`md5`",
            ),
            (
                "connector",
                BODY,
                "credential = \"hook\"\nunsigned = true",
                "unsigned",
            ),
        ] {
            let problem = manifest(kind, slot, inbound).unwrap_err();
            assert!(problem.contains(says), "{says}: {problem}");
        }
        assert!(
            manifest(
                "connector",
                &named,
                "credential = \"hook\"\ntolerance-s = 60"
            )
            .is_ok()
        );
    }
}
