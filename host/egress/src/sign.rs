//! Signing: an HMAC over each attempt anew, by the manifest's template (the plugin has neither clock nor secret).

use base64::{Engine as _, engine::general_purpose::STANDARD};
use hmac::{Hmac, Mac as _};
use isocial_model::{Secret, contract::SlotKind};
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

/// Secrets of Standard Webhooks say what they are by this prefix; the key is the base64 after it.
const STANDARD_PREFIX: &str = "whsec_";

/// Why a signature cannot be made: the manifest's template or the secret is unusable.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum SignError {
    #[error("only sha256 is known, not `{0}`")]
    Algorithm(String),
    #[error("expected base64 or hex as encoding, not `{0}`")]
    Encoding(String),
    #[error("a secret that begins with whsec_ must go on in base64")]
    Secret,
    #[error("the slot does not sign")]
    NotASignature,
}

/// The id of a message where the host has none: the same for every attempt with the same body.
pub(crate) fn message_id(body: &[u8]) -> String {
    let digest = Sha256::digest(body);
    format!("msg_{}", hex::encode(digest.get(..16).unwrap_or_default()))
}

/// The key bytes that a secret stands for.
pub(crate) fn key(secret: &Secret) -> Result<Zeroizing<Vec<u8>>, SignError> {
    let raw = secret.expose();
    match raw.strip_prefix(STANDARD_PREFIX.as_bytes()) {
        Some(rest) => STANDARD
            .decode(rest.trim_ascii())
            .map(Zeroizing::new)
            .map_err(|_| SignError::Secret),
        None => Ok(Zeroizing::new(raw.to_vec())),
    }
}

/// The header fields of a signed attempt: id, timestamp, signature.
pub(crate) fn fields(
    kind: &SlotKind,
    key: &[u8],
    id: &str,
    timestamp_s: i64,
    body: &[u8],
) -> Result<Vec<(String, String)>, SignError> {
    let SlotKind::Hmac {
        template,
        algorithm,
        encoding,
        header,
        prefix,
        id_header,
        timestamp_header,
    } = kind
    else {
        return Err(SignError::NotASignature);
    };
    if algorithm != "sha256" {
        return Err(SignError::Algorithm(algorithm.clone()));
    }
    let timestamp = timestamp_s.to_string();
    let mut mac = Hmac::<Sha256>::new_from_slice(key).map_err(|_| SignError::Secret)?;
    fill(template, id, &timestamp, body, |part| mac.update(part));
    let digest = mac.finalize().into_bytes();
    let signature = match encoding.as_str() {
        "base64" => STANDARD.encode(digest),
        "hex" => hex::encode(digest),
        other => return Err(SignError::Encoding(other.into())),
    };
    let mut fields = vec![(header.to_ascii_lowercase(), format!("{prefix}{signature}"))];
    for (name, value) in [(id_header, id.to_owned()), (timestamp_header, timestamp)] {
        if !name.is_empty() {
            fields.push((name.to_ascii_lowercase(), value));
        }
    }
    Ok(fields)
}

/// Hands on the template's parts in order, with its three words replaced. The body is bytes: it never becomes text.
fn fill(template: &str, id: &str, timestamp: &str, body: &[u8], mut take: impl FnMut(&[u8])) {
    let mut rest = template;
    while let Some(open) = rest.find('{') {
        let (before, from) = rest.split_at(open);
        take(before.as_bytes());
        let words: [(&str, &[u8]); 3] = [
            ("{id}", id.as_bytes()),
            ("{timestamp}", timestamp.as_bytes()),
            ("{body}", body),
        ];
        if let Some((word, value)) = words.iter().find(|(word, _)| from.starts_with(word)) {
            take(value);
            rest = from.get(word.len()..).unwrap_or_default();
        } else {
            take(b"{");
            rest = from.get(1..).unwrap_or_default();
        }
    }
    take(rest.as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn standard() -> SlotKind {
        SlotKind::Hmac {
            template: "{id}.{timestamp}.{body}".into(),
            algorithm: "sha256".into(),
            encoding: "base64".into(),
            header: "webhook-signature".into(),
            prefix: "v1,".into(),
            id_header: "webhook-id".into(),
            timestamp_header: "webhook-timestamp".into(),
        }
    }

    /// The expected value was computed with another implementation (Python's `hmac`).
    #[test]
    fn a_standard_webhook_is_signed_as_others_would() {
        let key = key(&Secret::new("whsec_bG90dXMtYW5kLXRoZS1oYXJ2ZXN0LW1vb24=")).unwrap();
        let body = br#"{"count": 12}"#;
        let fields = fields(&standard(), &key, "msg_lotus", 1_772_366_400, body).unwrap();
        assert_eq!(
            fields,
            [
                (
                    "webhook-signature".to_owned(),
                    "v1,ix+/pK78mAqORv2F7z/76NTARL7z1/jG8ajxnmWv8xQ=".to_owned()
                ),
                ("webhook-id".to_owned(), "msg_lotus".to_owned()),
                ("webhook-timestamp".to_owned(), "1772366400".to_owned()),
            ]
        );
    }

    #[test]
    fn words_in_the_body_are_not_replaced_again() {
        let mut out = Vec::new();
        fill("{id}-{x}{body}}", "i", "t", b"{timestamp}", |part| {
            out.extend_from_slice(part);
        });
        assert_eq!(out, b"i-{x}{timestamp}}");
    }

    #[test]
    fn what_cannot_be_signed_says_why() {
        assert_eq!(
            key(&Secret::new("whsec_***")).unwrap_err(),
            SignError::Secret
        );
        let mut md5 = standard();
        if let SlotKind::Hmac { algorithm, .. } = &mut md5 {
            *algorithm = "md5".into();
        }
        assert_eq!(
            fields(&md5, b"key", "i", 0, b"").unwrap_err(),
            SignError::Algorithm("md5".into())
        );
    }
}
