//! HTTP clients: one for the public internet, and one more for each exception that is in use, so that a connection which an exception
//! allowed is never there for a request that does not rely on it.

use std::{
    net::IpAddr,
    sync::{Arc, Mutex, PoisonError},
};

use isocial_gate::{OperatorException, PermittedRequest, address_allowed};

use crate::{
    config::EgressConfig,
    error::EgressError,
    resolve::{AddressRule, Checked, Resolve},
    tls::{Oldest, Tls},
};

/// More exceptions than this at once are not kept warm.
const KEPT: usize = 64;

/// Which client a request needs.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Need {
    exception: Option<OperatorException>,
    oldest: Oldest,
}

/// The clients that have been built.
#[derive(Debug)]
pub(crate) struct Clients {
    resolver: Arc<dyn Resolve>,
    tls: Tls,
    config: EgressConfig,
    strict: reqwest::Client,
    others: Mutex<Vec<(Need, reqwest::Client)>>,
}

impl Clients {
    pub(crate) fn new(
        resolver: Arc<dyn Resolve>,
        tls: Tls,
        config: EgressConfig,
    ) -> Result<Self, EgressError> {
        let public: AddressRule = Arc::new(|_, address| address_allowed(address));
        let strict = build(
            &Checked::new(Arc::clone(&resolver), public),
            &tls,
            Oldest::Tls13,
            &config,
        )?;
        Ok(Self {
            resolver,
            tls,
            config,
            strict,
            others: Mutex::default(),
        })
    }

    /// The client for a permitted request.
    pub(crate) fn of(
        &self,
        request: &PermittedRequest,
        oldest: Oldest,
    ) -> Result<reqwest::Client, EgressError> {
        if request.exception().is_none() && oldest == Oldest::Tls13 {
            return Ok(self.strict.clone());
        }
        let need = Need {
            exception: request.exception().cloned(),
            oldest,
        };
        let mut others = self.others.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, client)) = others.iter().find(|(have, _)| *have == need) {
            return Ok(client.clone());
        }
        let exception = need.exception.clone();
        let rule: AddressRule =
            Arc::new(move |host, address| exception_allows(exception.as_ref(), host, address));
        let client = self.apart(rule, oldest)?;
        if others.len() >= KEPT {
            others.remove(0);
        }
        others.push((need, client.clone()));
        Ok(client)
    }

    /// A client of its own, for one stream.
    pub(crate) fn apart(
        &self,
        rule: AddressRule,
        oldest: Oldest,
    ) -> Result<reqwest::Client, EgressError> {
        build(&self.checked(rule), &self.tls, oldest, &self.config)
    }

    /// The resolver under a rule.
    pub(crate) fn checked(&self, rule: AddressRule) -> Checked {
        Checked::new(Arc::clone(&self.resolver), rule)
    }

    /// The TLS settings.
    pub(crate) fn tls(&self) -> &Tls {
        &self.tls
    }
}

/// An exception counts for its own host only, whatever name the client asks for.
fn exception_allows(exception: Option<&OperatorException>, host: &str, address: IpAddr) -> bool {
    address_allowed(address)
        || exception.is_some_and(|known| {
            known.host.eq_ignore_ascii_case(host) && known.addresses.contains(&address)
        })
}

fn build(
    resolver: &Checked,
    tls: &Tls,
    oldest: Oldest,
    config: &EgressConfig,
) -> Result<reqwest::Client, EgressError> {
    reqwest::Client::builder()
        .tls_backend_preconfigured(tls.client(oldest, &["h2", "http/1.1"])?)
        .dns_resolver(resolver.clone())
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .no_proxy()
        .referer(false)
        .connect_timeout(config.limits.connect)
        .pool_max_idle_per_host(4)
        .pool_idle_timeout(std::time::Duration::from_mins(1))
        .http1_max_headers(128)
        .http2_max_header_list_size(64 << 10)
        .user_agent(config.user_agent.as_str())
        .build()
        .map_err(EgressError::Http)
}
