//! Connections of our own, for what the HTTP client does not do: WebSocket and SMTP. Only to checked addresses.

use std::{net::SocketAddr, sync::Arc};

use isocial_model::connector::Failure;
use rustls::{ClientConfig, pki_types::ServerName};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
};
use tokio_rustls::TlsConnector;

use crate::resolve::{Checked, Unusable};

/// A connection, encrypted or (by the operator's exception) not.
pub(crate) trait Wire: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Wire for T {}

impl From<Unusable> for Failure {
    fn from(unusable: Unusable) -> Self {
        match unusable {
            Unusable::Unresolvable => Self::Unresolvable,
            Unusable::Refused => Self::Denied,
        }
    }
}

/// Looks the host up once and connects to the first of its checked addresses that answers.
pub(crate) async fn tcp(resolver: &Checked, host: &str, port: u16) -> Result<TcpStream, Failure> {
    for address in resolver.addresses(host).await? {
        if let Ok(stream) = TcpStream::connect(SocketAddr::new(address, port)).await {
            // A stream's pings are small and must not wait; failing to say so only costs latency.
            let _ = stream.set_nodelay(true);
            return Ok(stream);
        }
    }
    Err(Failure::Unreachable)
}

/// Adds TLS, verified for `host`.
pub(crate) async fn tls(
    stream: TcpStream,
    host: &str,
    config: Arc<ClientConfig>,
) -> Result<Box<dyn Wire>, Failure> {
    let name = ServerName::try_from(
        host.trim_start_matches('[')
            .trim_end_matches(']')
            .to_owned(),
    )
    .map_err(|_| Failure::Tls)?;
    let stream = TlsConnector::from(config)
        .connect(name, stream)
        .await
        .map_err(|error| {
            // Everything but a plain break of the connection is TLS's own complaint.
            if error
                .get_ref()
                .is_some_and(<dyn std::error::Error + Send + Sync>::is::<rustls::Error>)
            {
                Failure::Tls
            } else {
                Failure::Unreachable
            }
        })?;
    Ok(Box::new(stream))
}
