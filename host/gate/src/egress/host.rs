//! One reading of a URL: parsed once, compared once, used as parsed (HP-17, HP-18, HP-21, HP-22, HP-23).
//!
//! Lives here: everything about scheme, host and port. Not here: headers and credentials (`header`, `request`).

use url::{Host, Url};

use super::{Denial, EgressGrant, OperatorException, SlotGrant};
use isocial_model::contract::{HostRule, Slot};

/// A URL that may be reached.
#[derive(Debug)]
pub(super) struct Reached {
    pub(super) url: Url,
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) exception: Option<OperatorException>,
}

/// The secure scheme of a use and its plain one, which only an exception opens.
#[derive(Debug, Clone, Copy)]
pub(super) struct Schemes {
    pub(super) secure: &'static [&'static str],
    pub(super) plain: &'static [&'static str],
}

pub(super) const HTTP: Schemes = Schemes {
    secure: &["https"],
    plain: &["http"],
};
pub(super) const STREAM: Schemes = Schemes {
    secure: &["wss", "https"],
    plain: &["ws", "http"],
};

fn deny(rule: &'static str, detail: &str, host: &str) -> Denial {
    Denial {
        rule,
        detail: detail.into(),
        host: host.into(),
    }
}

/// Decides about a URL.
pub(super) fn reach(given: &str, schemes: Schemes, grant: &EgressGrant) -> Result<Reached, Denial> {
    // What a parser would quietly repair is refused instead: two parsers never agree on repairs.
    if given.len() > 4096 {
        return Err(deny("url-length", "expected at most 4,096 bytes", ""));
    }
    if given.contains('\\') {
        return Err(deny("backslash", "expected a URL without backslashes", ""));
    }
    if given.chars().any(|c| c.is_whitespace() || c.is_control()) {
        return Err(deny(
            "url-characters",
            "expected a URL without white space and control characters",
            "",
        ));
    }
    let url = Url::parse(given).map_err(|_| deny("url", "expected an absolute URL", ""))?;
    let written =
        written_authority(given).ok_or_else(|| deny("url", "expected scheme://host/path", ""))?;
    let host = match url.host() {
        Some(Host::Domain(name)) => name.to_owned(),
        Some(Host::Ipv4(v4)) => v4.to_string(),
        Some(Host::Ipv6(v6)) => format!("[{v6}]"),
        None => return Err(deny("url", "expected a host", "")),
    };
    if written.contains('@') || !url.username().is_empty() || url.password().is_some() {
        return Err(deny(
            "userinfo",
            "expected no user name or password in the URL: name a credential slot",
            &host,
        ));
    }
    if url.fragment().is_some() {
        return Err(deny("fragment", "expected a URL without a fragment", &host));
    }
    let port = url.port_or_known_default().unwrap_or(0);
    let exception = exception(&url, &host, port, grant);
    let plain = schemes.plain.contains(&url.scheme());
    if !plain && !schemes.secure.contains(&url.scheme()) || plain && exception.is_none() {
        return Err(deny(
            "scheme",
            &format!("expected {}", schemes.secure.join(" or ")),
            &host,
        ));
    }
    if exception.is_none() {
        if !matches!(url.host(), Some(Host::Domain(_))) {
            return Err(deny(
                "ip-literal",
                "expected a host name, not an address",
                &host,
            ));
        }
        if port != 443 {
            return Err(deny("port", "expected port 443", &host));
        }
    }
    if host.ends_with('.') {
        return Err(deny(
            "trailing-dot",
            "expected the host name without a dot at its end",
            &host,
        ));
    }
    if !granted(&host, grant) {
        return Err(deny(
            "host-not-granted",
            "expected one of the hosts in the grant, exactly",
            &host,
        ));
    }
    Ok(Reached {
        url,
        host,
        port,
        exception,
    })
}

/// The authority as it was written, between `://` and the path.
fn written_authority(given: &str) -> Option<&str> {
    let (_, rest) = given.split_once("://")?;
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    rest.get(..end).filter(|authority| !authority.is_empty())
}

fn exception(url: &Url, host: &str, port: u16, grant: &EgressGrant) -> Option<OperatorException> {
    let same = |e: &&OperatorException| {
        e.scheme == url.scheme() && e.port == port && canonical(&e.host).as_deref() == Some(host)
    };
    grant.exceptions.iter().find(same).cloned()
}

/// A host as it is compared: lower case, punycode, addresses in their one form. Nothing if it is no host.
pub(super) fn canonical(host: &str) -> Option<String> {
    if host.contains(['/', '@', '?', '#', '\\', '*']) || host.chars().any(char::is_whitespace) {
        return None;
    }
    match Host::parse(host).ok()? {
        Host::Domain(name) => Some(name),
        Host::Ipv4(v4) => Some(v4.to_string()),
        Host::Ipv6(v6) => Some(format!("[{v6}]")),
    }
}

/// Whether this host is in the grant, exactly.
fn granted(host: &str, grant: &EgressGrant) -> bool {
    let same = |given: &String| canonical(given).as_deref() == Some(host);
    let literal = grant
        .hosts
        .iter()
        .filter(|rule| rule.host != HostRule::TENANT_DECLARED)
        .any(|rule| same(&rule.host));
    let declared = grant
        .hosts
        .iter()
        .any(|rule| rule.host == HostRule::TENANT_DECLARED);
    literal || (declared && grant.tenant_hosts.iter().any(same))
}

/// Whether a URL names a host of the grant; everything else about it is decided later.
pub(crate) fn names_granted_host(given: &str, grant: &EgressGrant) -> bool {
    let host = Url::parse(given)
        .ok()
        .and_then(|url| url.host_str().map(str::to_owned));
    host.is_some_and(|host| granted(&host, grant))
}

/// The slot whose credential may be attached at this URL (HP-25).
pub(super) fn slot(name: &str, reached: &Reached, grant: &EgressGrant) -> Result<Slot, Denial> {
    let Some(SlotGrant { slot, hosts }) = grant.slots.iter().find(|s| s.slot.name == name) else {
        return Err(deny(
            "credential-slot",
            "expected a slot of the manifest",
            &reached.host,
        ));
    };
    if !hosts
        .iter()
        .any(|host| canonical(host).as_deref() == Some(&reached.host))
    {
        return Err(deny(
            "credential-host",
            "this credential is for another host",
            &reached.host,
        ));
    }
    let path = reached.url.path();
    let prefix = slot.path_prefix.as_str();
    // `/api` covers `/api` and `/api/x`, not `/apix`. An encoded slash or dot could be read as another path behind us.
    let below = path
        .strip_prefix(prefix)
        .is_some_and(|rest| rest.is_empty() || prefix.ends_with('/') || rest.starts_with('/'));
    let lower = path.to_ascii_lowercase();
    let ambiguous = lower.contains("%2f")
        || lower.contains("%2e")
        || lower.contains("%5c")
        || path.contains("//");
    if !below || ambiguous {
        return Err(deny(
            "credential-path",
            "this credential is for another path",
            &reached.host,
        ));
    }
    Ok(slot.clone())
}
