//! Subscriptions: one decision about one stream.

use std::net::IpAddr;

use isocial_model::{
    connector::{Frame, Framing, Origin, Subscription},
    contract::Slot,
};
use url::Url;

use super::{Denial, EgressGrant, OperatorException, host};

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
        super::address_allowed(address)
            || self
                .exception
                .as_ref()
                .is_some_and(|e| e.addresses.contains(&address))
    }
}

/// Decides about a subscription.
pub fn permit_subscription(
    subscription: Subscription,
    grant: &EgressGrant,
) -> Result<PermittedSubscription, Denial> {
    let bad = |rule, detail: &str| Denial {
        rule,
        detail: detail.into(),
        host: String::new(),
    };
    let Subscription {
        origin,
        framing,
        subprotocols,
        greeting,
        ping,
        credential,
    } = subscription;
    let token = |text: &String| {
        (1..=64).contains(&text.len())
            && text
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"-._".contains(&b))
    };
    if subprotocols.len() > 8 || !subprotocols.iter().all(token) {
        return Err(bad(
            "subprotocol",
            "expected at most 8 names of letters, digits, dashes and points",
        ));
    }
    let frame = |frame: &Frame| match frame {
        Frame::Text(text) => text.len() <= 16 * 1024,
        Frame::Binary(bytes) => bytes.len() <= 16 * 1024,
        Frame::Closed(_) => false,
    };
    if greeting.len() > 8 || !greeting.iter().all(frame) {
        return Err(bad(
            "greeting",
            "expected at most 8 frames of at most 16,384 bytes",
        ));
    }
    let (origin, slot, exception) = match origin {
        Origin::Input if !grant.input => {
            return Err(bad(
                "input-not-granted",
                "expected an installation that a stream was handed to",
            ));
        }
        Origin::Input if credential.is_some() || !greeting.is_empty() => {
            return Err(bad(
                "input-is-read-only",
                "expected neither credential nor greeting for the host's own stream",
            ));
        }
        Origin::Input => (PermittedOrigin::Input, None, None),
        Origin::Network(url) => {
            let reached = host::reach(&url, host::STREAM, grant)?;
            let websocket = matches!(reached.url.scheme(), "wss" | "ws");
            if websocket != (framing == Framing::Websocket) {
                return Err(bad(
                    "framing",
                    "expected WebSocket framing for wss, and another for https",
                ));
            }
            let slot = credential
                .map(|name| host::slot(&name, &reached, grant))
                .transpose()?;
            let host::Reached {
                url,
                host,
                port,
                exception,
            } = reached;
            (
                PermittedOrigin::Network { url, host, port },
                slot,
                exception,
            )
        }
    };
    Ok(PermittedSubscription {
        origin,
        framing,
        subprotocols,
        greeting,
        ping_seconds: ping.min(3600),
        slot,
        exception,
    })
}

#[cfg(test)]
mod tests {
    use isocial_model::contract::HostRule;

    use super::*;

    fn grant() -> EgressGrant {
        EgressGrant {
            hosts: vec![HostRule {
                host: "stream.example".into(),
                why: "to listen".into(),
            }],
            ..EgressGrant::default()
        }
    }

    fn subscription(origin: Origin, framing: Framing) -> Subscription {
        Subscription {
            origin,
            framing,
            subprotocols: vec![],
            greeting: vec![],
            ping: 30,
            credential: None,
        }
    }

    #[test]
    fn a_stream_obeys_the_same_rules_as_a_request() {
        let network = |url: &str, framing| {
            permit_subscription(subscription(Origin::Network(url.into()), framing), &grant())
        };
        let permitted = network("wss://stream.example/subscribe?a=b", Framing::Websocket).unwrap();
        assert!(
            matches!(permitted.origin(), PermittedOrigin::Network { host, port: 443, .. } if host == "stream.example")
        );
        assert!(network("https://stream.example/events", Framing::Sse).is_ok());
        for (url, framing, rule) in [
            ("ws://stream.example/", Framing::Websocket, "scheme"),
            (
                "wss://other.example/",
                Framing::Websocket,
                "host-not-granted",
            ),
            ("wss://stream.example:8443/", Framing::Websocket, "port"),
            ("wss://a:b@stream.example/", Framing::Websocket, "userinfo"),
            ("wss://127.0.0.1/", Framing::Websocket, "ip-literal"),
            ("https://stream.example/", Framing::Websocket, "framing"),
            ("wss://stream.example/", Framing::Lines, "framing"),
            ("file:///etc/passwd", Framing::Lines, "url"),
        ] {
            assert_eq!(network(url, framing).unwrap_err().rule, rule, "{url}");
        }
    }

    #[test]
    fn the_hosts_own_stream_is_only_read_and_only_where_granted() {
        let input = || subscription(Origin::Input, Framing::Lines);
        assert_eq!(
            permit_subscription(input(), &grant()).unwrap_err().rule,
            "input-not-granted"
        );
        let granted = EgressGrant {
            input: true,
            ..grant()
        };
        assert_eq!(
            permit_subscription(input(), &granted).unwrap().origin(),
            &PermittedOrigin::Input
        );
        let greeting = Subscription {
            greeting: vec![Frame::Text("rm".into())],
            ..input()
        };
        assert_eq!(
            permit_subscription(greeting, &granted).unwrap_err().rule,
            "input-is-read-only"
        );
        let closing = Subscription {
            greeting: vec![Frame::Closed(1000)],
            ..input()
        };
        assert_eq!(
            permit_subscription(closing, &granted).unwrap_err().rule,
            "greeting"
        );
    }
}
