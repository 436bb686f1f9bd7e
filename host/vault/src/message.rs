//! Messages signed with a shared secret, by a manifest's template: made anew for each attempt outwards, verified inwards.
//!
//! Lives here: filling the template, the keyed hash over it, and the comparison in constant time. Not here: whose secret it is, how old a
//! timestamp may be, what becomes of the message (`egress`, `pipeline`).

use data_encoding::BASE64;
use hmac::{Hmac, Mac as _};
use isocial_model::{Secret, contract::MessageSignature};
use sha1::Sha1;
use sha2::{Sha256, Sha384, Sha512};
use zeroize::Zeroizing;

/// Secrets of Standard Webhooks say what they are by this prefix; the key is the base64 after it.
const STANDARD_PREFIX: &str = "whsec_";
/// Longest header with signatures that is looked at · bytes.
const MOST_BYTES: usize = 1_024;
/// Signatures that one header may carry: a network that changes its secret sends two for a while.
const MOST_SIGNATURES: usize = 8;

/// Why nothing can be signed or verified: the manifest's template or the secret is unusable.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MessageError {
    /// No such keyed hash.
    #[error("no algorithm `{0}`: expected sha256, sha384, sha512, or sha1 for what comes in")]
    Algorithm(String),
    /// No such encoding.
    #[error("no encoding `{0}`: expected base64 or hex")]
    Encoding(String),
    /// The secret says that it is base64, and is not.
    #[error("a secret that begins with whsec_ must go on in base64")]
    Secret,
}

/// The parts that a template can name.
#[derive(Debug, Clone, Copy)]
pub struct MessageParts<'a> {
    /// `{id}`
    pub id: &'a str,
    /// `{timestamp}`, as it stands in its header: seconds.
    pub timestamp: &'a str,
    /// `{body}`. Bytes: they never become text.
    pub body: &'a [u8],
}

/// The key bytes that a secret stands for.
pub fn message_key(secret: &Secret) -> Result<Zeroizing<Vec<u8>>, MessageError> {
    let raw = secret.expose();
    match raw.strip_prefix(STANDARD_PREFIX.as_bytes()) {
        Some(rest) => BASE64
            .decode(rest.trim_ascii())
            .map(Zeroizing::new)
            .map_err(|_| MessageError::Secret),
        None => Ok(Zeroizing::new(raw.to_vec())),
    }
}

/// The value of the signature's header, its prefix included. Nothing is signed with `sha1`.
pub fn sign_message(
    form: &MessageSignature,
    key: &[u8],
    parts: &MessageParts<'_>,
) -> Result<String, MessageError> {
    if form.algorithm == "sha1" {
        return Err(MessageError::Algorithm(form.algorithm.clone()));
    }
    let digest = AnyMac::over(form, key, parts)?.finish();
    let text = match form.encoding.as_str() {
        "base64" => BASE64.encode(&digest),
        "hex" => hex::encode(digest),
        other => return Err(MessageError::Encoding(other.into())),
    };
    Ok(format!("{}{text}", form.prefix))
}

/// Whether one of the signatures in `given` (the header's value, several parted by spaces) is this message's. Compared in constant time;
/// a header that is no signature at all is simply none.
pub fn verify_message(
    form: &MessageSignature,
    key: &[u8],
    parts: &MessageParts<'_>,
    given: &str,
) -> Result<bool, MessageError> {
    let mac = AnyMac::over(form, key, parts)?;
    if given.len() > MOST_BYTES {
        return Ok(false);
    }
    let mut good = false;
    for one in given.split_ascii_whitespace().take(MOST_SIGNATURES) {
        let Some(text) = one.strip_prefix(form.prefix.as_str()) else {
            continue;
        };
        let decoded = match form.encoding.as_str() {
            "base64" => BASE64.decode(text.as_bytes()).ok(),
            "hex" => hex::decode(text).ok(),
            other => return Err(MessageError::Encoding(other.into())),
        };
        // No early end: how many signatures were tried tells nothing.
        good |= decoded.is_some_and(|bytes| mac.clone().is(&bytes));
    }
    Ok(good)
}

/// A keyed hash by any of the algorithms.
#[derive(Clone)]
enum AnyMac {
    Sha1(Hmac<Sha1>),
    Sha256(Hmac<Sha256>),
    Sha384(Hmac<Sha384>),
    Sha512(Hmac<Sha512>),
}

impl AnyMac {
    fn over(
        form: &MessageSignature,
        key: &[u8],
        parts: &MessageParts<'_>,
    ) -> Result<Self, MessageError> {
        // A keyed hash takes keys of every length.
        let secret = |_| MessageError::Secret;
        let mut mac = match form.algorithm.as_str() {
            "sha1" => Self::Sha1(Hmac::new_from_slice(key).map_err(secret)?),
            "sha256" => Self::Sha256(Hmac::new_from_slice(key).map_err(secret)?),
            "sha384" => Self::Sha384(Hmac::new_from_slice(key).map_err(secret)?),
            "sha512" => Self::Sha512(Hmac::new_from_slice(key).map_err(secret)?),
            other => return Err(MessageError::Algorithm(other.into())),
        };
        fill(&form.template, parts, |part| mac.update(part));
        Ok(mac)
    }
    fn update(&mut self, part: &[u8]) {
        match self {
            Self::Sha1(mac) => mac.update(part),
            Self::Sha256(mac) => mac.update(part),
            Self::Sha384(mac) => mac.update(part),
            Self::Sha512(mac) => mac.update(part),
        }
    }
    fn finish(self) -> Vec<u8> {
        match self {
            Self::Sha1(mac) => mac.finalize().into_bytes().to_vec(),
            Self::Sha256(mac) => mac.finalize().into_bytes().to_vec(),
            Self::Sha384(mac) => mac.finalize().into_bytes().to_vec(),
            Self::Sha512(mac) => mac.finalize().into_bytes().to_vec(),
        }
    }
    fn is(self, given: &[u8]) -> bool {
        match self {
            Self::Sha1(mac) => mac.verify_slice(given).is_ok(),
            Self::Sha256(mac) => mac.verify_slice(given).is_ok(),
            Self::Sha384(mac) => mac.verify_slice(given).is_ok(),
            Self::Sha512(mac) => mac.verify_slice(given).is_ok(),
        }
    }
}

/// Hands on the template's parts in order, with its three words replaced.
fn fill(template: &str, parts: &MessageParts<'_>, mut take: impl FnMut(&[u8])) {
    let words: [(&str, &[u8]); 3] = [
        ("{id}", parts.id.as_bytes()),
        ("{timestamp}", parts.timestamp.as_bytes()),
        ("{body}", parts.body),
    ];
    let mut rest = template;
    while let Some(open) = rest.find('{') {
        let (before, from) = rest.split_at(open);
        take(before.as_bytes());
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

    fn standard() -> MessageSignature {
        MessageSignature {
            template: "{id}.{timestamp}.{body}".into(),
            algorithm: "sha256".into(),
            encoding: "base64".into(),
            header: "webhook-signature".into(),
            prefix: "v1,".into(),
            id_header: "webhook-id".into(),
            timestamp_header: "webhook-timestamp".into(),
        }
    }

    fn hub(algorithm: &str) -> MessageSignature {
        MessageSignature {
            template: "{body}".into(),
            algorithm: algorithm.into(),
            encoding: "hex".into(),
            header: "x-hub-signature".into(),
            prefix: format!("{algorithm}="),
            id_header: String::new(),
            timestamp_header: String::new(),
        }
    }

    const PARTS: MessageParts<'static> = MessageParts {
        id: "msg_lotus",
        timestamp: "1772366400",
        body: br#"{"count": 12}"#,
    };

    /// The expected values were computed with another implementation (Python's `hmac`).
    #[test]
    fn messages_are_signed_as_others_would() {
        let key = message_key(&Secret::new("whsec_bG90dXMtYW5kLXRoZS1oYXJ2ZXN0LW1vb24=")).unwrap();
        let signed = "v1,ix+/pK78mAqORv2F7z/76NTARL7z1/jG8ajxnmWv8xQ=";
        assert_eq!(sign_message(&standard(), &key, &PARTS).unwrap(), signed);
        assert!(verify_message(&standard(), &key, &PARTS, signed).unwrap());
        for (algorithm, signature) in [
            ("sha1", "4f32643c5146c2b4443c6d4a3a8de4f7fbb878bf"),
            (
                "sha256",
                "d06d5acf5d24ddbfe4d39ff0f6d799f583c58d8b5c7d297a39ee304470dfbb37",
            ),
            (
                "sha384",
                "a1793f81b6b17bac9c0f6062d6a3d60f7c56bd285e0e58d8155d31616bbdcec73df93e16276bc8631b513d81d30cd5db",
            ),
            (
                "sha512",
                "f185e942f6e1ef8a43a6f693ba54573831ad808ffc0f9cf7ab5d8dc25ee9a81fbad734af96f00db182a9f9511232b7eeb57073179fa46dea2035708edd8b3e6e",
            ),
        ] {
            let given = format!("{algorithm}={signature}");
            assert!(
                verify_message(&hub(algorithm), b"lotus and moon", &PARTS, &given).unwrap(),
                "{algorithm}"
            );
        }
    }

    #[test]
    fn what_is_not_the_messages_signature_is_none() {
        let form = hub("sha256");
        let good = sign_message(&form, b"lotus and moon", &PARTS).unwrap();
        let verify = |key: &[u8], parts: &MessageParts<'_>, given: &str| {
            verify_message(&form, key, parts, given).unwrap()
        };
        assert!(verify(b"lotus and moon", &PARTS, &good));
        // A network that changes its secret sends both.
        assert!(verify(
            b"lotus and moon",
            &PARTS,
            &format!("sha256=00 {good}")
        ));
        assert!(!verify(b"another secret", &PARTS, &good));
        let other = MessageParts {
            body: b"{\"count\": 13}",
            ..PARTS
        };
        assert!(!verify(b"lotus and moon", &other, &good));
        let bare = good.trim_start_matches("sha256=");
        let long = format!("{}{good}", "x ".repeat(1_000));
        for given in [
            "",
            "sha256=",
            bare,
            good.trim_end_matches(|c: char| c.is_ascii_hexdigit()),
            &good[..good.len() - 2],
            &format!("sha1={bare}"),
            "sha256=zz",
            &long,
        ] {
            assert!(!verify(b"lotus and moon", &PARTS, given), "{given:.80}");
        }
    }

    #[test]
    fn words_in_the_body_are_not_replaced_again() {
        let mut out = Vec::new();
        let parts = MessageParts {
            id: "i",
            timestamp: "t",
            body: b"{timestamp}",
        };
        fill("{id}-{x}{body}}", &parts, |part| {
            out.extend_from_slice(part);
        });
        assert_eq!(out, b"i-{x}{timestamp}}");
    }

    #[test]
    fn what_cannot_be_signed_says_why() {
        assert_eq!(
            message_key(&Secret::new("whsec_***")).unwrap_err(),
            MessageError::Secret
        );
        for algorithm in ["md5", "sha1"] {
            assert_eq!(
                sign_message(&hub(algorithm), b"key", &PARTS).unwrap_err(),
                MessageError::Algorithm(algorithm.into())
            );
        }
        assert!(verify_message(&hub("md5"), b"key", &PARTS, "md5=00").is_err());
    }
}
