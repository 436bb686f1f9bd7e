//! Attaching: puts a credential in its slot's placement, and nowhere else (HP-25).
//!
//! Lives here: the request as it will be sent, and the six placements. Not here: whether the slot may be used at this host (`gate`).

use base64::{Engine as _, engine::general_purpose::STANDARD};
use isocial_model::{
    Secret,
    connector::Method,
    contract::{Placement, Slot, SlotKind},
};
use url::Url;

/// What stands in a URL's path where a secret belongs: `{credential}` as the gate's canonical form writes it.
const IN_PATH: &str = "%7Bcredential%7D";

/// A request as it will be sent. No `Debug`: it may hold a secret.
#[derive(Clone)]
pub(crate) struct Outgoing {
    pub(crate) method: Method,
    pub(crate) url: Url,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Option<Vec<u8>>,
}

/// Why a credential does not fit where it belongs. Never says the value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum AttachError {
    #[error("the slot has no placement")]
    NoPlacement,
    #[error("the credential is not text that can stand there")]
    Value,
    #[error("the request has no place for the credential")]
    NoPlace,
    #[error("the request is outside the slot's path")]
    OutsidePath,
}

impl Outgoing {
    /// Sets a header field, in place of any of that name.
    pub(crate) fn set_header(&mut self, name: &str, value: String) {
        let name = name.to_ascii_lowercase();
        self.headers.retain(|(have, _)| *have != name);
        self.headers.push((name, value));
    }
}

/// Basic authentication's value: what is put after the prefix `Basic `.
pub(crate) fn basic(user: &Secret, password: &Secret) -> Secret {
    let mut joined = user.expose().to_vec();
    joined.push(b':');
    joined.extend_from_slice(password.expose());
    let joined = zeroize::Zeroizing::new(joined);
    Secret::new(STANDARD.encode(&*joined))
}

/// Where a slot's credential goes; kinds that can only go to one place need not say it.
pub(crate) fn placement(slot: &Slot) -> Result<Placement, AttachError> {
    let bearer = |prefix: &str| Placement::Header {
        name: "authorization".into(),
        prefix: prefix.into(),
    };
    match (&slot.placement, &slot.kind) {
        (Some(placement), _) => Ok(placement.clone()),
        (None, SlotKind::Basic) => Ok(bearer("Basic ")),
        (None, SlotKind::SessionExchange { .. }) => Ok(bearer("Bearer ")),
        (None, SlotKind::Static | SlotKind::Hmac(_)) => Err(AttachError::NoPlacement),
    }
}

/// Puts the value in its place. `WholeUrl` is not handled here: the gate judges the new URL.
pub(crate) fn place(
    request: &mut Outgoing,
    slot: &Slot,
    value: &Secret,
) -> Result<(), AttachError> {
    if !under(request.url.path(), &slot.path_prefix) {
        return Err(AttachError::OutsidePath);
    }
    let text = std::str::from_utf8(value.expose()).map_err(|_| AttachError::Value)?;
    match placement(slot)? {
        Placement::Header { name, prefix } => {
            if text.bytes().any(|byte| byte.is_ascii_control()) {
                return Err(AttachError::Value);
            }
            request.set_header(&name, format!("{prefix}{text}"));
        }
        Placement::Query { name } => in_query(&mut request.url, &name, text),
        Placement::PathSegment => in_path(&mut request.url, text)?,
        Placement::JsonPointer { pointer } => {
            let body = request.body.as_deref().ok_or(AttachError::NoPlace)?;
            request.body = Some(in_json(body, &pointer, text)?);
        }
        Placement::FormField { name } => {
            request.body = Some(in_form(
                request.body.as_deref().unwrap_or_default(),
                &name,
                text,
            ));
            request.set_header("content-type", "application/x-www-form-urlencoded".into());
        }
        Placement::WholeUrl => return Err(AttachError::NoPlace),
    }
    Ok(())
}

/// Whether a path is the prefix itself or below it: `/api` covers `/api` and `/api/x`, not `/apix`. The gate has said so already; the
/// secret is worth a second look.
fn under(path: &str, prefix: &str) -> bool {
    path.strip_prefix(prefix)
        .is_some_and(|rest| prefix.ends_with('/') || rest.is_empty() || rest.starts_with('/'))
}

/// The parameter in place of any of that name: a plugin's own would shadow ours at some servers.
fn in_query(url: &mut Url, name: &str, text: &str) {
    let kept: Vec<(String, String)> = url
        .query_pairs()
        .filter(|(have, _)| have != name)
        .map(|(n, v)| (n.into_owned(), v.into_owned()))
        .collect();
    url.query_pairs_mut()
        .clear()
        .extend_pairs(kept)
        .append_pair(name, text);
}

fn in_path(url: &mut Url, text: &str) -> Result<(), AttachError> {
    let path = url.path().to_owned();
    let (before, after) = path.split_once(IN_PATH).ok_or(AttachError::NoPlace)?;
    // A slash or a dot segment would move the secret to another resource; everything else is encoded by the URL's own rules.
    if text.is_empty()
        || matches!(text, "." | "..")
        || !text
            .bytes()
            .all(|b| b.is_ascii_graphic() && !b"/\\?#%".contains(&b))
    {
        return Err(AttachError::Value);
    }
    url.set_path(&format!("{before}{text}{after}"));
    Ok(())
}

/// Sets a member that is there, or adds it to an object that is.
fn in_json(body: &[u8], pointer: &str, text: &str) -> Result<Vec<u8>, AttachError> {
    let mut document: serde_json::Value =
        serde_json::from_slice(body).map_err(|_| AttachError::NoPlace)?;
    let value = serde_json::Value::String(text.to_owned());
    if let Some(place) = document.pointer_mut(pointer) {
        *place = value;
    } else {
        let (parent, last) = pointer.rsplit_once('/').ok_or(AttachError::NoPlace)?;
        let parent = document
            .pointer_mut(parent)
            .and_then(serde_json::Value::as_object_mut)
            .ok_or(AttachError::NoPlace)?;
        parent.insert(last.replace("~1", "/").replace("~0", "~"), value);
    }
    serde_json::to_vec(&document).map_err(|_| AttachError::NoPlace)
}

fn in_form(body: &[u8], name: &str, text: &str) -> Vec<u8> {
    let kept: Vec<(String, String)> = url::form_urlencoded::parse(body)
        .filter(|(have, _)| have != name)
        .map(|(n, v)| (n.into_owned(), v.into_owned()))
        .collect();
    let mut form = url::form_urlencoded::Serializer::new(String::new());
    form.extend_pairs(kept).append_pair(name, text);
    form.finish().into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slot(placement: Placement, path_prefix: &str) -> Slot {
        Slot {
            name: "token".into(),
            kind: SlotKind::Static,
            placement: Some(placement),
            path_prefix: path_prefix.into(),
            description: "a token".into(),
            optional: false,
        }
    }

    fn request(url: &str, body: Option<&str>) -> Outgoing {
        Outgoing {
            method: Method::Post,
            url: url.parse().unwrap(),
            headers: Vec::new(),
            body: body.map(|b| b.as_bytes().to_vec()),
        }
    }

    fn placed(
        url: &str,
        body: Option<&str>,
        placement: Placement,
        prefix: &str,
        secret: &str,
    ) -> Result<Outgoing, AttachError> {
        let mut request = request(url, body);
        place(&mut request, &slot(placement, prefix), &Secret::new(secret)).map(|()| request)
    }

    /// HP-25: each placement takes the secret exactly there.
    #[test]
    fn hp_25_each_placement_takes_it_there_and_only_there() {
        let secret = "to k&en";
        let header = Placement::Header {
            name: "Authorization".into(),
            prefix: "Bearer ".into(),
        };
        let sent = placed("https://a.example/x", None, header, "/", secret).unwrap();
        assert_eq!(
            sent.headers,
            [("authorization".to_owned(), "Bearer to k&en".to_owned())]
        );
        assert_eq!(sent.url.as_str(), "https://a.example/x");

        let query = Placement::Query { name: "key".into() };
        let sent = placed(
            "https://a.example/x?q=1&key=guess",
            None,
            query,
            "/",
            secret,
        )
        .unwrap();
        assert_eq!(sent.url.as_str(), "https://a.example/x?q=1&key=to+k%26en");

        let sent = placed(
            "https://a.example/bot{credential}/send",
            None,
            Placement::PathSegment,
            "/",
            "12:AbC",
        )
        .unwrap();
        assert_eq!(sent.url.as_str(), "https://a.example/bot12:AbC/send");

        let pointer = Placement::JsonPointer {
            pointer: "/routing_key".into(),
        };
        let sent = placed(
            "https://a.example/",
            Some(r#"{"a":1}"#),
            pointer,
            "/",
            secret,
        )
        .unwrap();
        assert_eq!(sent.body.unwrap(), br#"{"a":1,"routing_key":"to k&en"}"#);

        let form = Placement::FormField {
            name: "token".into(),
        };
        let sent = placed(
            "https://a.example/",
            Some("a=1&token=guess"),
            form,
            "/",
            secret,
        )
        .unwrap();
        assert_eq!(sent.body.unwrap(), b"a=1&token=to+k%26en");
    }

    /// HP-25: another path, a missing place or a value that would break out is refused.
    #[test]
    fn hp_25_anywhere_else_it_is_not_attached() {
        let header = || Placement::Header {
            name: "x-key".into(),
            prefix: String::new(),
        };
        let at = |path: &str, prefix: &str| {
            placed(
                &format!("https://a.example{path}"),
                None,
                header(),
                prefix,
                "secret",
            )
            .err()
        };
        assert_eq!(at("/echo", "/api"), Some(AttachError::OutsidePath));
        assert_eq!(at("/apix", "/api"), Some(AttachError::OutsidePath));
        assert_eq!(at("/api/x", "/api"), None);
        assert_eq!(at("/api", "/api"), None);
        let breaks = placed(
            "https://a.example/",
            None,
            header(),
            "/",
            "a\r\nhost: evil.example",
        )
        .err();
        assert_eq!(breaks, Some(AttachError::Value));
        for secret in ["../admin", "a/b", "a?b", "", "..", "a%2fb"] {
            let out = placed(
                "https://a.example/bot{credential}/send",
                None,
                Placement::PathSegment,
                "/",
                secret,
            )
            .err();
            assert_eq!(out, Some(AttachError::Value), "{secret}");
        }
        let pointer = || Placement::JsonPointer {
            pointer: "/a/b".into(),
        };
        assert_eq!(
            placed("https://a.example/", Some("[]"), pointer(), "/", "s").err(),
            Some(AttachError::NoPlace)
        );
        assert_eq!(
            placed("https://a.example/", None, pointer(), "/", "s").err(),
            Some(AttachError::NoPlace)
        );
        assert_eq!(
            placed("https://a.example/", None, Placement::PathSegment, "/", "s").err(),
            Some(AttachError::NoPlace)
        );
    }
}
