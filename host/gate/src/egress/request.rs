//! Requests: one decision about one HTTP request.

use std::net::IpAddr;

use isocial_model::{
    connector::{Header, Method, Request},
    contract::Slot,
};
use url::Url;

use super::{Denial, EgressGrant, OperatorException};

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
        super::address_allowed(address) || self.exception.as_ref().is_some_and(|e| e.addresses.contains(&address))
    }
    /// The same request at the secret URL of a `whole-url` slot; the URL must be of the very host and port that were permitted.
    pub fn at_whole_url(&self, secret: &str) -> Result<Self, Denial> {
        let _ = secret;
        todo!()
    }
    /// Taken apart, for sending.
    pub fn into_parts(self) -> (Method, Url, Vec<Header>, Option<Vec<u8>>) {
        (self.method, self.url, self.headers, self.body)
    }
}

impl std::fmt::Debug for PermittedRequest {
    /// Shows method and host, never path, query, headers or body.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "PermittedRequest({} {}:{})", self.method.name(), self.host, self.port)
    }
}

/// Decides about a request.
pub fn permit(request: Request, grant: &EgressGrant) -> Result<PermittedRequest, Denial> {
    let _ = (request, grant);
    todo!()
}
