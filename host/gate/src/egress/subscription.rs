//! Subscriptions: one decision about one stream.

use std::net::IpAddr;

use isocial_model::{
    connector::{Frame, Framing, Subscription},
    contract::Slot,
};
use url::Url;

use super::{Denial, EgressGrant, OperatorException};

/// Where a permitted stream comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PermittedOrigin {
    /// This canonical wss or https URL at this host and port.
    Network {
        /// To be used as it is.
        url: Url,
        /// Lower case, punycode.
        host: String,
        /// 443 unless an operator's exception says otherwise.
        port: u16,
    },
    /// The stream that the host itself holds.
    Input,
}

/// A subscription that may be opened. Only [`permit_subscription`] makes one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PermittedSubscription {
    origin: PermittedOrigin,
    framing: Framing,
    subprotocols: Vec<String>,
    greeting: Vec<Frame>,
    ping_seconds: u32,
    slot: Option<Slot>,
    exception: Option<OperatorException>,
}

impl PermittedSubscription {
    /// Where from.
    pub fn origin(&self) -> &PermittedOrigin {
        &self.origin
    }
    /// How cut.
    pub fn framing(&self) -> Framing {
        self.framing
    }
    /// WebSocket subprotocols.
    pub fn subprotocols(&self) -> &[String] {
        &self.subprotocols
    }
    /// What to send once it is open.
    pub fn greeting(&self) -> &[Frame] {
        &self.greeting
    }
    /// Seconds between pings, 0 = none.
    pub fn ping_seconds(&self) -> u32 {
        self.ping_seconds
    }
    /// The slot whose credential is to be attached.
    pub fn slot(&self) -> Option<&Slot> {
        self.slot.as_ref()
    }
    /// Whether a resolved address may be connected to for this subscription.
    pub fn address_allowed(&self, address: IpAddr) -> bool {
        super::address_allowed(address) || self.exception.as_ref().is_some_and(|e| e.addresses.contains(&address))
    }
}

/// Decides about a subscription.
pub fn permit_subscription(subscription: Subscription, grant: &EgressGrant) -> Result<PermittedSubscription, Denial> {
    let _ = (subscription, grant);
    todo!()
}
