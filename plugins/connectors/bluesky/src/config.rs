//! The account's configuration, checked as far as it can be without asking anybody.

use isocial_sdk::{
    connector::{Fault, Job},
    uri,
};
use serde::Deserialize;

use crate::at;

/// Where a search is made if no server is named.
const SIGN_IN: &str = "https://bsky.social";
/// Where the stream is read if no other is named.
const JETSTREAM: &str = "wss://jetstream2.us-east.bsky.network";

/// As it is written.
#[derive(Debug, Deserialize)]
struct Written {
    #[serde(default)]
    mode: Option<String>,
    #[serde(default)]
    account: Option<String>,
    #[serde(default)]
    service: Option<String>,
}

/// A configuration that makes sense.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Config {
    /// What is read.
    pub(crate) mode: Mode,
}

/// What is read. Servers are given without a slash at their end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Mode {
    /// The posts of one account.
    Account {
        /// A handle or a DID.
        account: String,
        /// The account's own server.
        service: String,
    },
    /// What a search finds.
    Search {
        /// Where the session is.
        service: String,
    },
    /// Every public post as it appears.
    Stream {
        /// A Jetstream.
        service: String,
    },
}

impl Config {
    /// The job's configuration.
    pub(crate) fn of(job: &Job) -> Result<Self, Fault> {
        let written: Written = job.config()?;
        let service = written.service.as_deref().map(str::trim);
        let mode = match written.mode.as_deref().unwrap_or("account") {
            "account" => Mode::Account {
                account: account(written.account.as_deref())?,
                service: server(
                    service.ok_or_else(|| {
                        Fault::bad_config("/service", "expected the address of the account's own server (PDS), such as https://pds.example")
                    })?,
                    ["https", "http"],
                )?,
            },
            "search" => Mode::Search { service: server(service.unwrap_or(SIGN_IN), ["https", "http"])? },
            "stream" => Mode::Stream { service: server(service.unwrap_or(JETSTREAM), ["wss", "ws"])? },
            _ => return Err(Fault::bad_config("/mode", "expected `account`, `search` or `stream`")),
        };
        Ok(Self { mode })
    }
}

/// A handle in lower case without `@`, or a DID as it is.
fn account(given: Option<&str>) -> Result<String, Fault> {
    let given = given.unwrap_or_default().trim();
    let given = given.strip_prefix('@').unwrap_or(given);
    if at::is_did(given) {
        return Ok(given.to_owned());
    }
    if at::is_handle(given) {
        return Ok(given.to_ascii_lowercase());
    }
    Err(Fault::bad_config(
        "/account",
        "expected a handle such as lotus-bikes.example, or a DID",
    ))
}

/// Scheme and host, and nothing after them. Plain schemes are the host's to refuse: an operator may have made an exception.
fn server(given: &str, schemes: [&str; 2]) -> Result<String, Fault> {
    let bare = given.strip_suffix('/').unwrap_or(given);
    let good = uri::parts(bare).is_some_and(|parts| {
        schemes.contains(&parts.scheme)
            && parts.path.is_empty()
            && parts.query.is_none()
            && parts.fragment.is_none()
            && !parts.authority.contains('@')
    });
    if good {
        return Ok(bare.to_owned());
    }
    let [scheme, _] = schemes;
    Err(Fault::bad_config(
        "/service",
        format!("expected {scheme}:// and a host, and nothing after it"),
    ))
}
