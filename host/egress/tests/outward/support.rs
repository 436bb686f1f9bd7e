//! Servers, certificates, resolvers and keepers for the tests.

use std::{
    collections::HashMap,
    net::{IpAddr, Ipv4Addr},
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use isocial_egress::{
    Call, Credential, Credentials, Egress, EgressConfig, Exchange, KeeperError, Limits, Meter,
    Resolve, Session,
};
use isocial_gate::{EgressGrant, OperatorException, PermittedRequest, SlotGrant, permit};
use isocial_model::{
    Clock, Instant, PackageRef,
    connector::{Answer, Failure, Header, Method, Request, Response},
    contract::{HostRule, Slot},
    time::ManualClock,
};
use rustls::{
    ServerConfig, SupportedProtocolVersion,
    pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer},
};
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    net::TcpListener,
};
use tokio_rustls::TlsAcceptor;

/// The one name of all test servers.
pub(crate) const HOST: &str = "net.example";
/// 2026-03-01T12:00:00Z
pub(crate) const NOW: Instant = Instant(1_772_366_400_000);

pub(crate) trait Io: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Io for T {}
pub(crate) type Socket = Box<dyn Io>;

/// What a server sends, piece by piece, each after a wait in ms.
pub(crate) type Pieces = Vec<(u64, Vec<u8>)>;

/// One piece at once.
pub(crate) fn answer(text: impl AsRef<[u8]>) -> Pieces {
    vec![(0, text.as_ref().to_vec())]
}

/// A whole answer with a body.
pub(crate) fn ok(fields: &str, body: impl AsRef<[u8]>) -> Pieces {
    let body = body.as_ref();
    let close = if fields.contains("keep-alive") {
        ""
    } else {
        "connection: close\r\n"
    };
    let mut wire = format!(
        "HTTP/1.1 200 OK\r\n{close}content-length: {}\r\n{fields}\r\n",
        body.len()
    )
    .into_bytes();
    wire.extend_from_slice(body);
    answer(wire)
}

/// A status without a body.
pub(crate) fn status(line: &str, fields: &str) -> Pieces {
    answer(format!(
        "HTTP/1.1 {line}\r\nconnection: close\r\ncontent-length: 0\r\n{fields}\r\n"
    ))
}

/// A server on loopback that remembers what it was asked.
#[derive(Clone)]
pub(crate) struct Site {
    pub(crate) port: u16,
    pub(crate) scheme: &'static str,
    pub(crate) seen: Arc<Mutex<Vec<String>>>,
    pub(crate) carried: Arc<AtomicUsize>,
}

impl Site {
    /// Connections that carried a request.
    pub(crate) fn connections(&self) -> usize {
        self.carried.load(Ordering::SeqCst)
    }
    /// Every request as it came, head and body.
    pub(crate) fn seen(&self) -> Vec<String> {
        self.seen.lock().unwrap().clone()
    }
    /// The last one.
    pub(crate) fn last(&self) -> String {
        self.seen().last().cloned().unwrap_or_default()
    }

    /// Answers each request as `behave` says; one a connection, unless the answer says keep-alive.
    pub(crate) async fn http(
        tls: Option<Arc<ServerConfig>>,
        behave: impl Fn(&str) -> Pieces + Send + Sync + 'static,
    ) -> Self {
        let behave = Arc::new(behave);
        let scheme = if tls.is_some() { "https" } else { "http" };
        let seen = Arc::<Mutex<Vec<String>>>::default();
        let log = Arc::clone(&seen);
        let connections = Arc::<AtomicUsize>::default();
        let count = Arc::clone(&connections);
        let port = listen(tls, move |mut socket| {
            let (behave, log, count) = (Arc::clone(&behave), Arc::clone(&log), Arc::clone(&count));
            async move {
                let mut requests = 0;
                while let Some(request) = read_request(&mut socket).await {
                    requests += 1;
                    if requests == 1 {
                        count.fetch_add(1, Ordering::SeqCst);
                    }
                    log.lock().unwrap().push(request.clone());
                    let pieces = behave(&request);
                    let stay = pieces
                        .iter()
                        .any(|(_, piece)| String::from_utf8_lossy(piece).contains("keep-alive"));
                    for (wait, piece) in pieces {
                        tokio::time::sleep(Duration::from_millis(wait)).await;
                        if socket.write_all(&piece).await.is_err() || socket.flush().await.is_err()
                        {
                            return;
                        }
                    }
                    if !stay {
                        break;
                    }
                }
                let _ = socket.shutdown().await;
            }
        })
        .await;
        Self {
            port,
            scheme,
            seen,
            carried: connections,
        }
    }

    /// A server that listens elsewhere.
    pub(crate) fn at(port: u16, scheme: &'static str) -> Self {
        Self {
            port,
            scheme,
            seen: Arc::default(),
            carried: Arc::default(),
        }
    }

    /// The URL of a path here.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}://{HOST}:{}{path}", self.scheme, self.port)
    }

    /// A grant for this server: the operator's exception lifts port, scheme and loopback.
    pub(crate) fn grant(&self, slot: Option<Slot>) -> EgressGrant {
        EgressGrant {
            hosts: vec![HostRule {
                host: HOST.into(),
                why: "it is under test".into(),
            }],
            exceptions: vec![OperatorException {
                scheme: self.scheme.into(),
                host: HOST.into(),
                port: self.port,
                addresses: vec![IpAddr::V4(Ipv4Addr::LOCALHOST)],
            }],
            slots: slot
                .into_iter()
                .map(|slot| SlotGrant {
                    slot,
                    hosts: vec![HOST.into()],
                })
                .collect(),
            ..EgressGrant::default()
        }
    }
}

/// Takes connections on loopback, with TLS or without.
pub(crate) async fn listen<F>(
    tls: Option<Arc<ServerConfig>>,
    serve: impl Fn(Socket) -> F + Send + Sync + 'static,
) -> u16
where
    F: Future<Output = ()> + Send + 'static,
{
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let serve = Arc::new(serve);
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            let (tls, serve) = (tls.clone(), Arc::clone(&serve));
            tokio::spawn(async move {
                let socket: Socket = match tls {
                    Some(config) => match TlsAcceptor::from(config).accept(socket).await {
                        Ok(socket) => Box::new(socket),
                        Err(_) => return,
                    },
                    None => Box::new(socket),
                };
                serve(socket).await;
            });
        }
    });
    port
}

/// Head and body by content-length; `None` if the other side hung up.
pub(crate) async fn read_request(socket: &mut Socket) -> Option<String> {
    let mut bytes = Vec::new();
    let mut chunk = [0; 4096];
    loop {
        if let Some(end) = bytes.windows(4).position(|w| w == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&bytes[..end]).to_ascii_lowercase();
            let length = head
                .lines()
                .find_map(|l| l.strip_prefix("content-length: "))
                .map_or(0, |n| n.parse().unwrap());
            if bytes.len() >= end + 4 + length {
                return Some(String::from_utf8_lossy(&bytes).into_owned());
            }
        }
        match socket.read(&mut chunk).await {
            Ok(n) if n > 0 => bytes.extend_from_slice(&chunk[..n]),
            _ => return None,
        }
    }
}

/// A certificate authority of our own and one server certificate of it.
pub(crate) struct Authority {
    folder: tempfile::TempDir,
    chain: rcgen::Certificate,
    key: rcgen::KeyPair,
}

impl Authority {
    pub(crate) fn new() -> Self {
        let ca_key = rcgen::KeyPair::generate().unwrap();
        let mut ca = rcgen::CertificateParams::new(Vec::new()).unwrap();
        ca.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        let root = ca.self_signed(&ca_key).unwrap();
        let issuer = rcgen::Issuer::new(ca, ca_key);
        let key = rcgen::KeyPair::generate().unwrap();
        let chain = rcgen::CertificateParams::new(vec![HOST.to_owned()])
            .unwrap()
            .signed_by(&key, &issuer)
            .unwrap();
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("root.pem"), root.pem()).unwrap();
        Self { folder, chain, key }
    }
    /// The PEM file that an operator would name.
    pub(crate) fn root(&self) -> std::path::PathBuf {
        self.folder.path().join("root.pem")
    }
    /// A server that speaks these versions.
    pub(crate) fn server(
        &self,
        versions: &[&'static SupportedProtocolVersion],
    ) -> Arc<ServerConfig> {
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(self.key.serialize_der()));
        let config =
            ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
                .with_protocol_versions(versions)
                .unwrap()
                .with_no_client_auth()
                .with_single_cert(vec![self.chain.der().clone()], key)
                .unwrap();
        Arc::new(config)
    }
}

/// A resolver whose answers are written down; the n-th look-up of a name gets the n-th, the last one for ever.
#[derive(Debug, Default)]
pub(crate) struct Names {
    answers: HashMap<String, Vec<Vec<IpAddr>>>,
    pub(crate) asked: Mutex<Vec<String>>,
}

impl Names {
    pub(crate) fn new(answers: &[(&str, &[&[IpAddr]])]) -> Arc<Self> {
        let answers = answers
            .iter()
            .map(|(n, a)| ((*n).to_owned(), a.iter().map(|l| l.to_vec()).collect()))
            .collect();
        Arc::new(Self {
            answers,
            asked: Mutex::default(),
        })
    }
    pub(crate) fn loopback() -> Arc<Self> {
        Self::new(&[(HOST, &[&[IpAddr::V4(Ipv4Addr::LOCALHOST)]])])
    }
}

#[async_trait]
impl Resolve for Names {
    async fn lookup(&self, host: &str) -> std::io::Result<Vec<IpAddr>> {
        let mut asked = self.asked.lock().unwrap();
        let before = asked.iter().filter(|name| *name == host).count();
        asked.push(host.to_owned());
        let answers = self
            .answers
            .get(host)
            .ok_or_else(|| std::io::Error::other("no such name"))?;
        Ok(answers[before.min(answers.len() - 1)].clone())
    }
}

/// Limits that make slow things fail soon.
pub(crate) fn quick() -> EgressConfig {
    let limits = Limits {
        connect: Duration::from_secs(5),
        read: Duration::from_millis(400),
        total: Duration::from_secs(3),
        stream_idle: Duration::from_millis(600),
        mail: Duration::from_secs(5),
        ..Limits::default()
    };
    EgressConfig {
        limits,
        ..EgressConfig::default()
    }
}

/// Everything that a call needs, in one place.
pub(crate) struct Desk {
    pub(crate) egress: Egress,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) keeper: Keeper,
    pub(crate) meter: Meter,
    pub(crate) package: PackageRef,
}

impl Desk {
    pub(crate) fn new(config: EgressConfig) -> Self {
        Self::with(config, Names::loopback())
    }
    pub(crate) fn with(config: EgressConfig, names: Arc<Names>) -> Self {
        let clock = Arc::new(ManualClock::new(NOW));
        Self {
            egress: Egress::with_resolver(config, Arc::clone(&clock) as Arc<dyn Clock>, names)
                .unwrap(),
            clock,
            keeper: Keeper::default(),
            meter: Meter::new(1000, 1 << 30),
            package: package(),
        }
    }
    pub(crate) fn call(&self) -> Call<'_> {
        Call {
            package: &self.package,
            account: "acc",
            credentials: &self.keeper,
            meter: &self.meter,
            message_id: None,
        }
    }
    /// GET a path of the server.
    pub(crate) async fn get(&self, site: &Site, path: &str) -> Exchange {
        self.egress
            .exchange(
                permitted(site, request(&site.url(path)), None),
                &self.call(),
            )
            .await
    }
}

pub(crate) fn package() -> PackageRef {
    PackageRef {
        id: "acme/sample".into(),
        version: "1.2.0".parse().unwrap(),
        digest: "00".repeat(32),
    }
}

pub(crate) fn request(url: &str) -> Request {
    Request {
        method: Method::Get,
        url: url.into(),
        headers: Vec::new(),
        body: None,
        credential: None,
    }
}

pub(crate) fn permitted(site: &Site, request: Request, slot: Option<Slot>) -> PermittedRequest {
    permit(request, &site.grant(slot)).unwrap()
}

/// The answer that must have come.
pub(crate) fn response(exchange: &Exchange) -> &Response {
    match &exchange.answer {
        Answer::Response(response) => response,
        Answer::Failed(failure) => panic!(
            "expected an answer, had {failure:?} ({})",
            exchange.line.result
        ),
    }
}

/// The failure that must have come.
pub(crate) fn failed(exchange: &Exchange) -> Failure {
    match &exchange.answer {
        Answer::Failed(failure) => *failure,
        Answer::Response(response) => panic!("expected a failure, had {}", response.status),
    }
}

pub(crate) fn field(name: &str, value: &str) -> Header {
    Header {
        name: name.into(),
        value: value.into(),
    }
}

/// A keeper with one credential and one session.
#[derive(Default)]
pub(crate) struct Keeper {
    pub(crate) credential: Option<Credential>,
    pub(crate) session: Mutex<Option<Session>>,
}

#[async_trait]
impl Credentials for Keeper {
    async fn credential(&self, _slot: &str) -> Result<Option<Credential>, KeeperError> {
        Ok(self.credential.clone())
    }
    async fn session(&self, _slot: &str) -> Result<Option<Session>, KeeperError> {
        Ok(self.session.lock().unwrap().clone())
    }
    async fn save_session(&self, _slot: &str, session: &Session) -> Result<(), KeeperError> {
        *self.session.lock().unwrap() = Some(session.clone());
        Ok(())
    }
}
