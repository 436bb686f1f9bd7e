//! Requests: one decision about one HTTP request.

use std::net::IpAddr;

use isocial_model::{
    connector::{Header, Method, Request},
    contract::{Placement, Slot, SlotKind},
};
use url::Url;

use super::{
    Denial, EgressGrant, OperatorException, header,
    host::{self, Reached},
};

/// How `{credential}` stands in a parsed path.
const PATH_MARK: &str = "%7Bcredential%7D";

/// A request that may be made, exactly as it is here. Only [`permit`] makes one.
///
/// ```compile_fail
/// let forged = isocial_gate::PermittedRequest { url: "https://evil.example/".parse().unwrap() };
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct PermittedRequest {
    method: Method,
    url: Url,
    host: String,
    port: u16,
    headers: Vec<Header>,
    body: Option<Vec<u8>>,
    slot: Option<Slot>,
    exception: Option<OperatorException>,
}

impl PermittedRequest {
    /// The method.
    pub fn method(&self) -> Method {
        self.method
    }
    /// The canonical URL: to be used as it is, never parsed again. A path placement stands in it as `%7Bcredential%7D`.
    pub fn url(&self) -> &Url {
        &self.url
    }
    /// The host, lower case, punycode; IPv6 in brackets (only by an operator's exception).
    pub fn host(&self) -> &str {
        &self.host
    }
    /// The port, 443 unless an operator's exception says otherwise.
    pub fn port(&self) -> u16 {
        self.port
    }
    /// Fields that the plugin may set, names in lower case.
    pub fn headers(&self) -> &[Header] {
        &self.headers
    }
    /// The body.
    pub fn body(&self) -> Option<&[u8]> {
        self.body.as_deref()
    }
    /// The slot whose credential is to be attached, at its placement.
    pub fn slot(&self) -> Option<&Slot> {
        self.slot.as_ref()
    }
    /// The operator's exception that it relies on.
    pub fn exception(&self) -> Option<&OperatorException> {
        self.exception.as_ref()
    }
    /// Whether a resolved address may be connected to for this request.
    pub fn address_allowed(&self, address: IpAddr) -> bool {
        super::address_allowed(address)
            || self
                .exception
                .as_ref()
                .is_some_and(|e| e.addresses.contains(&address))
    }
    /// The same request at the secret URL of a `whole-url` slot; the URL must be of the very host and port that were permitted.
    pub fn at_whole_url(&self, secret: &str) -> Result<Self, Denial> {
        let deny = |rule, detail: &str| Denial {
            rule,
            detail: detail.into(),
            host: self.host.clone(),
        };
        if !self
            .slot
            .as_ref()
            .is_some_and(|slot| slot.placement == Some(Placement::WholeUrl))
        {
            return Err(deny(
                "credential-placement",
                "expected a slot whose secret is a whole URL",
            ));
        }
        let url = Url::parse(secret)
            .map_err(|_| deny("credential-url", "expected an absolute URL as the secret"))?;
        let same = url.scheme() == self.url.scheme()
            && url.host() == self.url.host()
            && url.port_or_known_default() == Some(self.port)
            && url.username().is_empty()
            && url.password().is_none();
        if !same {
            return Err(deny(
                "credential-host",
                "expected the secret URL to be of the host that was permitted",
            ));
        }
        Ok(Self {
            url,
            ..self.clone()
        })
    }
    /// Taken apart, for sending.
    pub fn into_parts(self) -> (Method, Url, Vec<Header>, Option<Vec<u8>>) {
        (self.method, self.url, self.headers, self.body)
    }
}

impl std::fmt::Debug for PermittedRequest {
    /// Shows method and host, never path, query, headers or body.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "PermittedRequest({} {}:{})",
            self.method.name(),
            self.host,
            self.port
        )
    }
}

/// Decides about a request.
pub fn permit(request: Request, grant: &EgressGrant) -> Result<PermittedRequest, Denial> {
    let reached = host::reach(&request.url, host::HTTP, grant)?;
    let deny = |rule, detail: &str| Denial {
        rule,
        detail: detail.into(),
        host: reached.host.clone(),
    };
    let mut headers = request.headers;
    if headers.len() > 32 {
        return Err(deny("header-count", "expected at most 32 fields"));
    }
    for header in &mut headers {
        header.name.make_ascii_lowercase();
        if let Some(rule) = header::refused(header) {
            return Err(deny(
                rule,
                "expected a field that is the plugin's to set, with a value of one line",
            ));
        }
    }
    if request
        .body
        .as_ref()
        .is_some_and(|body| body.len() > 256 * 1024)
    {
        return Err(deny("body-length", "expected at most 262,144 bytes"));
    }
    if request.body.is_some() && matches!(request.method, Method::Get | Method::Head) {
        return Err(deny("body-method", "expected no body with GET and HEAD"));
    }
    let slot = match &request.credential {
        Some(name) => Some(placed(
            host::slot(name, &reached, grant)?,
            &reached.url,
            &headers,
            &deny,
        )?),
        None => None,
    };
    let Reached {
        url,
        host,
        port,
        exception,
    } = reached;
    Ok(PermittedRequest {
        method: request.method,
        url,
        host,
        port,
        headers,
        body: request.body,
        slot,
        exception,
    })
}

/// Checks that the placement is free, or that the plugin left the mark where there must be one.
fn placed(
    slot: Slot,
    url: &Url,
    headers: &[Header],
    deny: &dyn Fn(&'static str, &str) -> Denial,
) -> Result<Slot, Denial> {
    let taken = match (&slot.placement, &slot.kind) {
        (_, SlotKind::Hmac(form)) => headers.iter().any(|h| {
            [&form.header, &form.id_header, &form.timestamp_header]
                .iter()
                .any(|name| h.name.eq_ignore_ascii_case(name))
        }),
        (Some(Placement::Header { name, .. }), _) => {
            headers.iter().any(|h| h.name.eq_ignore_ascii_case(name))
        }
        (Some(Placement::Query { name }), _) => {
            url.query_pairs().any(|(given, _)| given == name.as_str())
        }
        (Some(Placement::PathSegment), _) => {
            if url.path().matches(PATH_MARK).count() != 1 {
                return Err(deny(
                    "credential-mark",
                    "expected `{credential}` once in the path",
                ));
            }
            false
        }
        (
            Some(Placement::JsonPointer { .. } | Placement::FormField { .. } | Placement::WholeUrl)
            | None,
            _,
        ) => false,
    };
    if taken {
        Err(deny(
            "credential-placement",
            "expected the credential's place to be left empty",
        ))
    } else {
        Ok(slot)
    }
}

#[cfg(test)]
mod tests;
