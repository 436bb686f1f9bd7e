//! Names to addresses: one look-up, checked, and the checked answer is the only one that a connection is made to (B10, HP-20).
//!
//! Lives here: the resolver trait and the check around it. Not here: which addresses are global (`gate::address_allowed`).

use std::{
    fmt,
    net::{IpAddr, SocketAddr},
    sync::Arc,
};

use async_trait::async_trait;

/// Looks names up. Production uses the system's resolver; tests bring their own.
#[async_trait]
pub trait Resolve: Send + Sync + fmt::Debug {
    /// All addresses of the name; an empty list means that it does not exist.
    async fn lookup(&self, host: &str) -> std::io::Result<Vec<IpAddr>>;
}

/// The operating system's resolver.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemResolver;

#[async_trait]
impl Resolve for SystemResolver {
    async fn lookup(&self, host: &str) -> std::io::Result<Vec<IpAddr>> {
        Ok(tokio::net::lookup_host((host, 0))
            .await?
            .map(|address| address.ip())
            .collect())
    }
}

/// Why a name gives no address to connect to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Unusable {
    /// There is no such name, or nobody could say.
    #[error("the name does not resolve")]
    Unresolvable,
    /// One of its addresses is not on the public internet, and no exception of the operator names the host.
    #[error(
        "the name resolves to an address that is not on the public internet: the operator can make an exception for the host"
    )]
    Refused,
}

/// Decides whether a connection to this address of this host may be made.
pub(crate) type AddressRule = Arc<dyn Fn(&str, IpAddr) -> bool + Send + Sync>;

/// A resolver whose answers have been checked, all of them.
#[derive(Clone)]
pub(crate) struct Checked {
    inner: Arc<dyn Resolve>,
    rule: AddressRule,
}

impl fmt::Debug for Checked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Checked")
            .field("inner", &self.inner)
            .finish_non_exhaustive()
    }
}

impl Checked {
    pub(crate) fn new(inner: Arc<dyn Resolve>, rule: AddressRule) -> Self {
        Self { inner, rule }
    }

    /// Looks the host up once. One bad address spoils the whole answer: an attacker who controls a name controls the order.
    pub(crate) async fn addresses(&self, host: &str) -> Result<Vec<IpAddr>, Unusable> {
        let literal = host
            .trim_start_matches('[')
            .trim_end_matches(']')
            .parse::<IpAddr>();
        let found = match literal {
            Ok(address) => vec![address],
            Err(_) => self
                .inner
                .lookup(host)
                .await
                .map_err(|_| Unusable::Unresolvable)?,
        };
        if found.is_empty() {
            return Err(Unusable::Unresolvable);
        }
        if found.iter().all(|address| (self.rule)(host, *address)) {
            Ok(found)
        } else {
            Err(Unusable::Refused)
        }
    }
}

/// The HTTP client asks here and connects to nothing else: check and connection share one answer.
impl reqwest::dns::Resolve for Checked {
    fn resolve(&self, name: reqwest::dns::Name) -> reqwest::dns::Resolving {
        let this = self.clone();
        Box::pin(async move {
            let found = this.addresses(name.as_str()).await?;
            // Port 0 is replaced by the URL's port.
            Ok(Box::new(found.into_iter().map(|ip| SocketAddr::new(ip, 0))) as reqwest::dns::Addrs)
        })
    }
}
