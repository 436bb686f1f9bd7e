//! Questions to a server of the network, and what its answers say: a body, or an error by name.

use isocial_sdk::{
    connector::{Fault, Instant, Response},
    http, json,
    uri::Uri,
};
use serde_json::Value;

/// An address for a query, without parameters.
pub(crate) fn query(service: &str, method: &str) -> Uri {
    Uri::base(service).path(["xrpc", method])
}

/// An answer that is no success.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Refusal {
    /// The error's name, such as `RecordNotFound`; empty where the answer names none.
    pub(crate) name: String,
    /// Its text, for the few errors that have no name of their own.
    pub(crate) message: String,
    /// The status.
    pub(crate) status: u16,
    /// What it comes to where the caller knows nothing better.
    pub(crate) fault: Fault,
}

impl Refusal {
    /// Whether the server says that it does not know the account, or does not give it out.
    pub(crate) fn no_repo(&self) -> bool {
        matches!(
            self.name.as_str(),
            "RepoNotFound" | "RepoDeactivated" | "RepoTakendown" | "RepoSuspended"
        ) || (self.name == "InvalidRequest" && self.message.starts_with("Could not find repo"))
    }
}

impl From<Refusal> for Fault {
    fn from(refusal: Refusal) -> Self {
        refusal.fault
    }
}

/// The body of an answer. `slot` is the credential that was asked for.
pub(crate) fn body(
    response: &Response,
    now: Instant,
    slot: Option<&str>,
) -> Result<Value, Refusal> {
    let Some(fault) = http::fault(response, now, slot) else {
        return json::parse(&response.body).map_err(|error| Refusal {
            name: String::new(),
            message: String::new(),
            status: response.status,
            fault: error.into(),
        });
    };
    let told = json::parse(&response.body).unwrap_or_default();
    let text = |key: &str| {
        told.get(key)
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned()
    };
    let fault = match response.status {
        // Whatever is at this address, it does not speak the protocol.
        404 | 405 | 501 => Fault::bad_config(
            "/service",
            "expected the address of a Bluesky server, which answers under /xrpc/",
        ),
        _ => fault,
    };
    Err(Refusal {
        name: text("error"),
        message: text("message"),
        status: response.status,
        fault,
    })
}
