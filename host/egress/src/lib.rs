//! The only room that opens a connection outwards. It carries out what the gate has permitted, and nothing else.
//!
//! Lives here: resolving with the check inside, TLS, HTTP exchanges, credentials put in their place and masked when they come back,
//! rate limits, streams cut into frames, mail. Not here: the decision whether a request may be made (`gate`), where credentials are
//! kept (`store`), retries over time (`pipeline`). Nothing here writes a URL, a header value or a body to a log.

mod attach;
mod budget;
mod client;
mod config;
mod credential;
mod decode;
mod dial;
mod error;
mod exchange;
mod failure;
mod hints;
mod mail;
mod mask;
mod resolve;
mod send;
mod session;
mod sign;
mod stream;
mod tls;

use std::sync::Arc;

use isocial_model::{Clock, PackageRef};

pub use budget::Meter;
pub use config::{EgressConfig, Limits, SmtpConfig, SmtpTls, Tls12Exception};
pub use credential::{Credential, Credentials, KeeperError, NoCredentials, Session};
pub use error::EgressError;
pub use exchange::Exchange;
pub use hints::RateHints;
pub use mail::MailSent;
pub use resolve::{Resolve, SystemResolver, Unusable};
pub use stream::{Batch, FrameStream, NotOpened};

/// Who asks, and what it may spend: everything about an exchange that is not the request itself.
#[derive(Clone, Copy)]
pub struct Call<'a> {
    /// The package that the receipt's line names.
    pub package: &'a PackageRef,
    /// Whose rate limit it is: the account's id, or a word for what the deployment itself does.
    pub account: &'a str,
    /// The keeper of this account's credentials.
    pub credentials: &'a dyn Credentials,
    /// What the whole call tree may still spend.
    pub meter: &'a Meter,
    /// The same for every attempt of a message; absent, one is derived from the body. Only signed messages use it.
    pub message_id: Option<&'a str>,
}

impl std::fmt::Debug for Call<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Call")
            .field("package", &self.package.id)
            .field("account", &self.account)
            .finish_non_exhaustive()
    }
}

/// The door to the outside.
///
/// ```no_run
/// # use std::sync::Arc;
/// # use isocial_egress::{Call, Egress, EgressConfig, Meter, NoCredentials};
/// # async fn poll(package: &isocial_model::PackageRef, request: isocial_gate::PermittedRequest) -> Result<(), Box<dyn std::error::Error>> {
/// let egress = Egress::new(EgressConfig::default(), Arc::new(isocial_model::time::SystemClock))?;
/// let meter = Meter::new(16, 64 << 20);
/// let call = Call { package, account: "acc_…", credentials: &NoCredentials, meter: &meter, message_id: None };
/// let exchange = egress.exchange(request, &call).await;
/// println!("{}: {}", exchange.line.host, exchange.line.result);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Egress {
    config: EgressConfig,
    clock: Arc<dyn Clock>,
    clients: client::Clients,
    budgets: budget::Budgets,
    renewing: session::Turnstile,
}

impl Egress {
    /// Builds the door with the system's resolver.
    pub fn new(config: EgressConfig, clock: Arc<dyn Clock>) -> Result<Self, EgressError> {
        Self::with_resolver(config, clock, Arc::new(SystemResolver))
    }

    /// Builds the door with a resolver of the caller's; its answers are checked all the same.
    pub fn with_resolver(
        config: EgressConfig,
        clock: Arc<dyn Clock>,
        resolver: Arc<dyn Resolve>,
    ) -> Result<Self, EgressError> {
        let tls = tls::Tls::new(&config)?;
        Ok(Self {
            budgets: budget::Budgets::new(config.limits.budget_entries),
            clients: client::Clients::new(resolver, tls, config.clone())?,
            renewing: session::Turnstile::default(),
            clock,
            config,
        })
    }

    /// Which TLS this host is spoken to with: 1.3, unless a dated exception still holds.
    fn oldest_tls(&self, host: &str) -> tls::Oldest {
        let now = self.clock.now();
        let excepted = self
            .config
            .tls12
            .iter()
            .any(|known| known.host.eq_ignore_ascii_case(host) && now < known.until);
        if excepted {
            tls::Oldest::Tls12
        } else {
            tls::Oldest::Tls13
        }
    }
}
