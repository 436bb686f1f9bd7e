//! The host's own API, asked over HTTP/1.1: everything that the suite does to a host and all that it learns goes this way.

use std::net::SocketAddr;

use anyhow::Context as _;
use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper_util::rt::TokioIo;
use serde_json::Value;

/// Longest wait for one answer: compiling a stranger's component may take the host a while.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(150);

/// A client with the operator's token.
#[derive(Clone)]
pub(super) struct Api {
    addr: SocketAddr,
    token: String,
}

/// An answer.
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) body: Bytes,
}

impl Reply {
    /// The body as JSON; null if it is none.
    pub(super) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }
    /// What the problem says to a person: its detail and the details of each field.
    pub(super) fn problem(&self) -> String {
        let body = self.json();
        let of = |value: &Value| value["detail"].as_str().unwrap_or_default().to_owned();
        let fields = body["errors"].as_array().cloned().unwrap_or_default();
        let all = std::iter::once(of(&body)).chain(fields.iter().map(of));
        format!("{}: {}", self.status, all.collect::<Vec<_>>().join(" "))
    }
    /// The JSON, if the status is one of success.
    pub(super) fn good(self, what: &str) -> anyhow::Result<Value> {
        anyhow::ensure!(self.status < 300, "{what}: {}", self.problem());
        Ok(self.json())
    }
}

impl Api {
    /// Reads `http://address:port`; names are looked up once.
    pub(super) async fn at(url: &str, token: &str) -> anyhow::Result<Self> {
        let parsed =
            url::Url::parse(url).with_context(|| format!("`{url}` is no address of a host"))?;
        anyhow::ensure!(
            parsed.scheme() == "http",
            "`{url}`: the suite speaks plain HTTP only, so that it runs beside the host and its token never leaves the machine\nhint: give the address that the host listens on, such as http://127.0.0.1:7700"
        );
        let host = parsed.host_str().unwrap_or_default();
        let port = parsed.port_or_known_default().unwrap_or(80);
        let addr = tokio::net::lookup_host((host, port))
            .await?
            .next()
            .with_context(|| format!("`{host}` has no address"))?;
        Ok(Self {
            addr,
            token: token.trim().to_owned(),
        })
    }

    /// `GET`.
    pub(super) async fn get(&self, path: &str) -> anyhow::Result<Reply> {
        self.send("GET", path, None).await
    }
    /// `POST` of JSON.
    pub(super) async fn post(&self, path: &str, body: &Value) -> anyhow::Result<Reply> {
        let bytes = Bytes::from(body.to_string());
        self.send("POST", path, Some(("application/json", bytes)))
            .await
    }
    /// `POST` of a component.
    pub(super) async fn upload(&self, component: Bytes) -> anyhow::Result<Reply> {
        let body = Some(("application/wasm", component));
        self.send("POST", "/api/v1/plugins", body).await
    }
    /// `DELETE`.
    pub(super) async fn delete(&self, path: &str) -> anyhow::Result<Reply> {
        self.send("DELETE", path, None).await
    }

    async fn send(
        &self,
        method: &str,
        path: &str,
        body: Option<(&str, Bytes)>,
    ) -> anyhow::Result<Reply> {
        let exchange = async {
            let stream = tokio::net::TcpStream::connect(self.addr).await?;
            let (mut sender, connection) =
                hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
            tokio::spawn(connection);
            let mut request = hyper::Request::builder()
                .method(method)
                .uri(path)
                .header("host", self.addr.to_string())
                .header("authorization", format!("Bearer {}", self.token));
            if let Some((kind, _)) = &body {
                request = request.header("content-type", *kind);
            }
            let body = body.map(|(_, bytes)| bytes).unwrap_or_default();
            let answer = sender.send_request(request.body(Full::new(body))?).await?;
            let status = answer.status().as_u16();
            let body = answer.into_body().collect().await?.to_bytes();
            anyhow::Ok(Reply { status, body })
        };
        tokio::time::timeout(PATIENCE, exchange)
            .await
            .with_context(|| format!("{method} {path} was not answered in time"))?
            .with_context(|| format!("{method} {path}"))
    }
}
