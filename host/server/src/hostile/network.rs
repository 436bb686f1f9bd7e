//! The fake network of a case: answers as its `network.toml` says, and remembers what arrived. On loopback, on ports of its own.

use std::{
    collections::BTreeMap,
    net::{Ipv4Addr, SocketAddr},
    path::Path,
    sync::{Arc, Mutex, PoisonError},
};

use anyhow::Context as _;
use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::{Request, Response, body::Incoming, service::service_fn};
use hyper_util::rt::TokioIo;
use serde::Deserialize;
use tokio::net::TcpListener;

/// A request that arrived.
#[derive(Debug, Clone)]
pub(super) struct Arrived {
    /// Method, path with query, and every field, as one text to look for things in.
    pub(super) head: String,
    /// Path with query.
    pub(super) path: String,
    /// Body.
    pub(super) body: String,
}

/// How the network answers.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Script {
    #[serde(default, rename = "route")]
    routes: Vec<Route>,
}

/// One path's answer.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Route {
    /// Exact, or `*`.
    path: String,
    status: u16,
    #[serde(default)]
    body: String,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    /// Answers with what arrived, fields included.
    #[serde(default)]
    echo: bool,
}

/// A fake network that listens, with the script of the case that runs.
#[derive(Debug)]
pub(super) struct Network {
    addr: SocketAddr,
    state: Arc<Mutex<State>>,
    task: tokio::task::JoinHandle<()>,
}

#[derive(Debug, Default)]
struct State {
    script: Script,
    arrived: Vec<Arrived>,
}

impl Network {
    /// Listens on a port of its own.
    pub(super) async fn start() -> anyhow::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let addr = listener.local_addr()?;
        let state = Arc::new(Mutex::new(State::default()));
        let shared = Arc::clone(&state);
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let state = Arc::clone(&shared);
                tokio::spawn(async move {
                    let service = service_fn(move |request| answer(Arc::clone(&state), request));
                    // A client that breaks off is what some cases do.
                    let _ = hyper::server::conn::http1::Builder::new()
                        .serve_connection(TokioIo::new(stream), service)
                        .await;
                });
            }
        });
        Ok(Self { addr, state, task })
    }

    /// Takes the script of a case, if it has one, and forgets what arrived before.
    pub(super) fn play(&self, file: &Path) -> anyhow::Result<()> {
        let script = if file.is_file() {
            let text = std::fs::read_to_string(file)?;
            toml::from_str(&text).with_context(|| format!("{}", file.display()))?
        } else {
            Script::default()
        };
        *self.lock() = State {
            script,
            arrived: Vec::new(),
        };
        Ok(())
    }

    /// Port.
    pub(super) fn port(&self) -> u16 {
        self.addr.port()
    }
    /// What connectors are told, without a closing slash.
    pub(super) fn base(&self) -> String {
        format!("http://{}", self.addr)
    }
    /// What has arrived, in order.
    pub(super) fn arrived(&self) -> Vec<Arrived> {
        self.lock().arrived.clone()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn answer(
    state: Arc<Mutex<State>>,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, hyper::Error> {
    let (parts, body) = request.into_parts();
    let body = body.collect().await?.to_bytes();
    let path = parts
        .uri
        .path_and_query()
        .map_or_else(String::new, ToString::to_string);
    let mut head = format!("{} {path}\n", parts.method);
    for (name, value) in &parts.headers {
        head.push_str(name.as_str());
        head.push_str(": ");
        head.push_str(&String::from_utf8_lossy(value.as_bytes()));
        head.push('\n');
    }
    let arrived = Arrived {
        head: head.clone(),
        path: path.clone(),
        body: String::from_utf8_lossy(&body).into_owned(),
    };
    let route = {
        let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
        state.arrived.push(arrived);
        let matches = |route: &&Route| route.path == "*" || route.path == path;
        state.script.routes.iter().find(matches).cloned()
    };
    let Some(route) = route else {
        let mut nothing = Response::new(Full::new(Bytes::from_static(b"nothing here")));
        *nothing.status_mut() = hyper::StatusCode::NOT_FOUND;
        return Ok(nothing);
    };
    let text = if route.echo {
        format!("echoed: {head}")
    } else {
        route.body
    };
    let mut response = Response::builder().status(route.status);
    for (name, value) in route.headers {
        response = response.header(name, value);
    }
    Ok(response
        .body(Full::new(Bytes::from(text)))
        .unwrap_or_default())
}
