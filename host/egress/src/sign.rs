//! Signing: an HMAC over each attempt anew, by the manifest's template (the plugin has neither clock nor secret).

use isocial_model::contract::MessageSignature;
use isocial_vault::{MessageError, MessageParts, sign_message};
use sha2::{Digest as _, Sha256};

/// The id of a message where the host has none: the same for every attempt with the same body.
pub(crate) fn message_id(body: &[u8]) -> String {
    let digest = Sha256::digest(body);
    format!("msg_{}", hex::encode(digest.get(..16).unwrap_or_default()))
}

/// The header fields of a signed attempt: id, timestamp, signature.
pub(crate) fn fields(
    form: &MessageSignature,
    key: &[u8],
    id: &str,
    timestamp_s: i64,
    body: &[u8],
) -> Result<Vec<(String, String)>, MessageError> {
    let timestamp = timestamp_s.to_string();
    let parts = MessageParts {
        id,
        timestamp: &timestamp,
        body,
    };
    let signature = sign_message(form, key, &parts)?;
    let mut fields = vec![(form.header.to_ascii_lowercase(), signature)];
    for (name, value) in [
        (&form.id_header, id.to_owned()),
        (&form.timestamp_header, timestamp),
    ] {
        if !name.is_empty() {
            fields.push((name.to_ascii_lowercase(), value));
        }
    }
    Ok(fields)
}

#[cfg(test)]
mod tests {
    use isocial_model::Secret;
    use isocial_vault::message_key;

    use super::*;

    /// The expected value was computed with another implementation (Python's `hmac`).
    #[test]
    fn a_standard_webhook_is_signed_as_others_would() {
        let standard = MessageSignature {
            template: "{id}.{timestamp}.{body}".into(),
            algorithm: "sha256".into(),
            encoding: "base64".into(),
            header: "webhook-signature".into(),
            prefix: "v1,".into(),
            id_header: "webhook-id".into(),
            timestamp_header: "webhook-timestamp".into(),
        };
        let key = message_key(&Secret::new("whsec_bG90dXMtYW5kLXRoZS1oYXJ2ZXN0LW1vb24=")).unwrap();
        let body = br#"{"count": 12}"#;
        let fields = fields(&standard, &key, "msg_lotus", 1_772_366_400, body).unwrap();
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
}
