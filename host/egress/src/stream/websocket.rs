//! WebSocket: over a connection of our own, so that the address was checked; messages are reassembled here.

use std::{sync::Arc, sync::atomic::Ordering, time::Duration};

use futures_util::{SinkExt as _, StreamExt as _};
use http::{HeaderName, HeaderValue};
use isocial_gate::PermittedSubscription;
use isocial_model::connector::{Failure, Frame};
use tokio_tungstenite::{
    WebSocketStream, client_async_with_config,
    tungstenite::{
        Error, Message,
        client::IntoClientRequest as _,
        protocol::{CloseFrame, WebSocketConfig, frame::coding::CloseCode},
    },
};

use super::{Sink, Stop, TOO_BIG};
use crate::{
    Egress,
    attach::Outgoing,
    dial::{self, Wire},
    hints::RateHints,
    resolve::AddressRule,
};

/// How long the other side may take to take what we send, and to say goodbye.
const PATIENCE: Duration = Duration::from_secs(10);

impl Egress {
    pub(super) async fn open_websocket(
        &self,
        subscription: &PermittedSubscription,
        out: &Outgoing,
        host: &str,
        port: u16,
        rule: AddressRule,
        sink: Sink,
    ) -> Result<(), Stop> {
        let request = handshake(subscription, out)?;
        let limits = &self.config.limits;
        let work = async {
            let tcp = dial::tcp(&self.clients.checked(rule), host, port).await?;
            let wire: Box<dyn Wire> = match out.url.scheme() {
                "wss" | "https" => {
                    let tls = self
                        .clients
                        .tls()
                        .client(self.oldest_tls(host), &["http/1.1"])
                        .map_err(|_| Failure::Tls)?;
                    dial::tls(tcp, host, Arc::new(tls)).await?
                }
                _ => Box::new(tcp),
            };
            let config = WebSocketConfig::default()
                .max_message_size(Some(limits.frame_bytes))
                .max_frame_size(Some(limits.frame_bytes))
                .max_write_buffer_size(1 << 20);
            client_async_with_config(request, wire, Some(config))
                .await
                .map_err(|error| self.refusal(&error))
        };
        let (mut socket, _) = tokio::time::timeout(limits.connect + limits.read, work)
            .await
            .map_err(|_| Failure::Timeout)??;
        for frame in subscription.greeting() {
            let message = match frame {
                Frame::Text(text) => Message::text(text.clone()),
                Frame::Binary(bytes) => Message::binary(bytes.clone()),
                // To say goodbye in a greeting means nothing.
                Frame::Closed(_) => continue,
            };
            sink.tally
                .out
                .fetch_add(message.len() as u64, Ordering::Relaxed);
            tokio::time::timeout(PATIENCE, socket.send(message))
                .await
                .map_err(|_| Failure::Timeout)?
                .map_err(|_| Failure::Unreachable)?;
        }
        let ping = subscription.ping_seconds();
        tokio::spawn(read(socket, sink, ping, limits.stream_idle));
        Ok(())
    }

    fn refusal(&self, error: &Error) -> Stop {
        match error {
            Error::Http(answer) => {
                let status = answer.status().as_u16();
                let hints = RateHints::read(status, answer.headers(), self.clock.now());
                Stop {
                    status: Some(status),
                    hints,
                    ..Failure::Denied.into()
                }
            }
            Error::Io(_) | Error::ConnectionClosed | Error::AlreadyClosed => {
                Failure::Unreachable.into()
            }
            _ => Failure::Malformed.into(),
        }
    }
}

/// The opening request: the host's fields, the subprotocols, and the credential where it belongs.
fn handshake(
    subscription: &PermittedSubscription,
    out: &Outgoing,
) -> Result<http::Request<()>, Failure> {
    let mut url = out.url.clone();
    let scheme = match url.scheme() {
        "https" => "wss",
        "http" => "ws",
        other => other,
    }
    .to_owned();
    // Between these four, the scheme of a URL may always be changed.
    url.set_scheme(&scheme).map_err(|()| Failure::Denied)?;
    let mut request = url
        .as_str()
        .into_client_request()
        .map_err(|_| Failure::Denied)?;
    for (name, value) in &out.headers {
        let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| Failure::Denied)?;
        request.headers_mut().insert(
            name,
            HeaderValue::from_str(value).map_err(|_| Failure::Denied)?,
        );
    }
    if !subscription.subprotocols().is_empty() {
        let list = HeaderValue::from_str(&subscription.subprotocols().join(", "))
            .map_err(|_| Failure::Denied)?;
        request.headers_mut().insert("sec-websocket-protocol", list);
    }
    Ok(request)
}

/// Reads until one side has had enough.
async fn read(mut socket: WebSocketStream<Box<dyn Wire>>, sink: Sink, ping_s: u32, idle: Duration) {
    // Without pings of the plugin's choice the timer never fires within the idle time.
    let every = if ping_s == 0 {
        idle * 2
    } else {
        Duration::from_secs(u64::from(ping_s))
    };
    let mut pings = tokio::time::interval_at(tokio::time::Instant::now() + every, every);
    pings.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut silent_from = tokio::time::Instant::now();
    let code = loop {
        let message = tokio::select! {
            () = sink.cancel.cancelled() => {
                goodbye(&mut socket, CloseCode::Away).await;
                return;
            }
            _ = pings.tick() => {
                match tokio::time::timeout(PATIENCE, socket.send(Message::Ping(Vec::new().into()))).await {
                    Ok(Ok(())) => continue,
                    _ => break 0,
                }
            }
            () = tokio::time::sleep_until(silent_from + idle) => break 0,
            message = socket.next() => message,
        };
        silent_from = tokio::time::Instant::now();
        let frame = match message {
            Some(Ok(Message::Text(text))) => Frame::Text(text.as_str().to_owned()),
            Some(Ok(Message::Binary(bytes))) => Frame::Binary(bytes.to_vec()),
            // Pongs are sent by the library; both only show that somebody is there.
            Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => continue,
            Some(Ok(Message::Close(close))) => {
                // Lets the library answer the close before the connection goes.
                let _ = tokio::time::timeout(PATIENCE, socket.next()).await;
                break close.map_or(0, |close| close.code.into());
            }
            Some(Err(Error::Capacity(_))) => {
                goodbye(&mut socket, CloseCode::Size).await;
                break TOO_BIG;
            }
            Some(Err(_)) | None => break 0,
        };
        sink.read(match &frame {
            Frame::Text(text) => text.len(),
            Frame::Binary(bytes) => bytes.len(),
            Frame::Closed(_) => 0,
        });
        if !sink.push(frame).await {
            goodbye(&mut socket, CloseCode::Away).await;
            return;
        }
        // Waiting for a slow reader is not the network's silence.
        silent_from = tokio::time::Instant::now();
    };
    sink.push(Frame::Closed(code)).await;
}

async fn goodbye(socket: &mut WebSocketStream<Box<dyn Wire>>, code: CloseCode) {
    // Good manners only: the connection is dropped in any case.
    let _ = tokio::time::timeout(
        PATIENCE,
        socket.close(Some(CloseFrame {
            code,
            reason: "".into(),
        })),
    )
    .await;
}
