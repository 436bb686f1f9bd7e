//! HTTP/1.1 as far as the tests need it: a client for the program's API, and a site of the test's own that the program reads and writes to.
//!
//! Lives here: requests, answers, server-sent events, a small threaded listener. Not here: starting the program (`server`).

use std::{
    fmt::Write as _,
    io::{self, BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use serde_json::Value;

/// Longest wait for anything to come: a busy machine with two cores compiles beside this.
const PATIENCE: Duration = Duration::from_mins(1);

/// An answer.
#[derive(Debug, Clone, Default)]
pub struct Reply {
    /// Status.
    pub status: u16,
    /// Fields as they came, names in small letters.
    pub headers: Vec<(String, String)>,
    /// Body, without its transfer coding.
    pub body: Vec<u8>,
}

impl Reply {
    /// An answer with this status, type and body.
    pub fn new(status: u16, kind: &str, body: impl Into<Vec<u8>>) -> Self {
        Self {
            status,
            headers: vec![("content-type".into(), kind.into())],
            body: body.into(),
        }
    }
    /// The same with one more field.
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }
    /// The first field of this name; empty if there is none.
    pub fn header(&self, name: &str) -> &str {
        field(&self.headers, name)
    }
    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
    /// The body as JSON; null if it is none.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }
}

fn field<'a>(headers: &'a [(String, String)], name: &str) -> &'a str {
    headers
        .iter()
        .find(|(n, _)| n == name)
        .map_or("", |(_, v)| v.as_str())
}

/// A client of one server.
#[derive(Debug, Clone)]
pub struct Client {
    addr: SocketAddr,
    token: Option<String>,
}

impl Client {
    /// Without a token.
    pub const fn new(addr: SocketAddr) -> Self {
        Self { addr, token: None }
    }
    /// The same with a bearer token.
    pub fn with_token(mut self, token: &str) -> Self {
        self.token = Some(token.into());
        self
    }
    /// `GET`.
    pub fn get(&self, path: &str) -> io::Result<Reply> {
        self.send("GET", path, None)
    }
    /// `POST` of JSON.
    pub fn post(&self, path: &str, body: &Value) -> io::Result<Reply> {
        self.send("POST", path, Some(body.to_string().as_bytes()))
    }
    /// `PUT`.
    pub fn put(&self, path: &str, body: &Value) -> io::Result<Reply> {
        self.send("PUT", path, Some(body.to_string().as_bytes()))
    }
    /// `DELETE`.
    pub fn delete(&self, path: &str) -> io::Result<Reply> {
        self.send("DELETE", path, None)
    }
    /// Any method; a body goes as `application/json`, whatever is in it.
    pub fn send(&self, method: &str, path: &str, body: Option<&[u8]>) -> io::Result<Reply> {
        self.send_with(method, path, &[("content-type", "application/json")], body)
    }
    /// Any method with these fields, which are sent where there is a body.
    pub fn send_with(
        &self,
        method: &str,
        path: &str,
        fields: &[(&str, &str)],
        body: Option<&[u8]>,
    ) -> io::Result<Reply> {
        let (status, headers, mut rest) = self.open(method, path, fields, body)?;
        let mut body = Vec::new();
        if field(&headers, "transfer-encoding") == "chunked" {
            while chunk(&mut rest, &mut body)? {}
        } else if let Ok(length) = field(&headers, "content-length").parse() {
            rest.take(length).read_to_end(&mut body)?;
        } else {
            rest.read_to_end(&mut body)?;
        }
        Ok(Reply {
            status,
            headers,
            body,
        })
    }
    /// Server-sent events from here on.
    pub fn events(&self, path: &str) -> io::Result<Events> {
        let (status, headers, rest) = self.open("GET", path, &[], None)?;
        if status != 200 || !field(&headers, "content-type").starts_with("text/event-stream") {
            return Err(io::Error::other(format!(
                "no stream of events: status {status}"
            )));
        }
        Ok(Events {
            rest,
            text: Vec::new(),
        })
    }
    fn open(
        &self,
        method: &str,
        path: &str,
        fields: &[(&str, &str)],
        body: Option<&[u8]>,
    ) -> io::Result<Opened> {
        let mut stream = TcpStream::connect(self.addr)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        let mut head = format!(
            "{method} {path} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n",
            self.addr
        );
        if let Some(token) = &self.token {
            let _ = write!(head, "authorization: Bearer {token}\r\n");
        }
        if let Some(body) = body {
            let length = body.len();
            for (name, value) in fields {
                let _ = write!(head, "{name}: {value}\r\n");
            }
            let _ = write!(head, "content-length: {length}\r\n");
        }
        head.push_str("\r\n");
        stream.write_all(head.as_bytes())?;
        // A server that has heard enough answers and closes before all of a body is sent.
        let sent = stream.write_all(body.unwrap_or_default());
        let mut rest = BufReader::new(stream);
        let (first, headers) = match head_of(&mut rest) {
            Ok(head) if !head.0.is_empty() => head,
            unheard => {
                sent?;
                unheard?
            }
        };
        let status = first.split(' ').nth(1).and_then(|s| s.parse().ok());
        let status = status.ok_or_else(|| io::Error::other(format!("no status in `{first}`")))?;
        Ok((status, headers, rest))
    }
}

type Opened = (u16, Vec<(String, String)>, BufReader<TcpStream>);

/// The first line and the fields of a message.
fn head_of(rest: &mut impl BufRead) -> io::Result<(String, Vec<(String, String)>)> {
    let mut first = String::new();
    rest.read_line(&mut first)?;
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        rest.read_line(&mut line)?;
        if line.is_empty() {
            return Err(cut_off("a head"));
        }
        let Some((name, value)) = line.trim_end().split_once(':') else {
            return Ok((first.trim_end().to_owned(), headers));
        };
        headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
}

/// The other side went away in the middle: what came is no message, and nobody is to be told of it as one.
fn cut_off(what: &str) -> io::Error {
    io::Error::new(
        io::ErrorKind::UnexpectedEof,
        format!("the connection ended inside {what}"),
    )
}

/// Appends one chunk of a chunked body. False at its end.
fn chunk(rest: &mut impl BufRead, body: &mut Vec<u8>) -> io::Result<bool> {
    let mut size = String::new();
    rest.read_line(&mut size)?;
    let size = size.trim_end().split(';').next().unwrap_or_default();
    let size = u64::from_str_radix(size, 16).map_err(io::Error::other)?;
    rest.take(size).read_to_end(body)?;
    rest.read_line(&mut String::new())?;
    Ok(size > 0)
}

/// A stream of server-sent events.
#[derive(Debug)]
pub struct Events {
    rest: BufReader<TcpStream>,
    text: Vec<u8>,
}

impl Events {
    /// The next event's name and data; comments are passed over. Fails if none comes in time.
    pub fn next_event(&mut self) -> io::Result<(String, String)> {
        loop {
            if let Some(end) = self.text.windows(2).position(|w| w == b"\n\n") {
                let event: Vec<u8> = self.text.drain(..end + 2).collect();
                let event = String::from_utf8_lossy(&event);
                let of = |name: &str| {
                    let lines = event.lines().filter_map(|l| l.strip_prefix(name));
                    lines.map(str::trim_start).collect::<Vec<_>>().join("\n")
                };
                let data = of("data:");
                if !data.is_empty() {
                    return Ok((of("event:"), data));
                }
            } else if !chunk(&mut self.rest, &mut self.text)? {
                return Err(io::Error::other("the stream has ended"));
            }
        }
    }
}

/// A request that a [`Site`] was sent.
#[derive(Debug, Clone, Default)]
pub struct Asked {
    /// Method.
    pub method: String,
    /// Path with its query.
    pub path: String,
    /// Fields, names in small letters.
    pub headers: Vec<(String, String)>,
    /// Body.
    pub body: Vec<u8>,
}

impl Asked {
    /// The first field of this name; empty if there is none.
    pub fn header(&self, name: &str) -> &str {
        field(&self.headers, name)
    }
}

/// A site of the test's own on loopback, one thread a connection, one request each.
#[derive(Debug)]
pub struct Site {
    addr: SocketAddr,
    stop: Arc<AtomicBool>,
}

impl Site {
    /// Answers every request by this function until dropped.
    pub fn serve(answer: impl Fn(&Asked) -> Reply + Send + Sync + 'static) -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let addr = listener.local_addr()?;
        let stop = Arc::new(AtomicBool::new(false));
        let (stopped, answer) = (Arc::clone(&stop), Arc::new(answer));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if stopped.load(Ordering::SeqCst) {
                    return;
                }
                let answer = Arc::clone(&answer);
                // A client that is killed in the middle is what some tests do.
                std::thread::spawn(move || drop(one(stream, &*answer)));
            }
        });
        Ok(Self { addr, stop })
    }
    /// Where it listens.
    pub const fn addr(&self) -> SocketAddr {
        self.addr
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        drop(TcpStream::connect(self.addr));
    }
}

fn one(stream: TcpStream, answer: &dyn Fn(&Asked) -> Reply) -> io::Result<()> {
    stream.set_read_timeout(Some(PATIENCE))?;
    let mut rest = BufReader::new(stream);
    let (first, headers) = head_of(&mut rest)?;
    let mut words = first.split(' ').map(str::to_owned);
    let mut asked = Asked {
        method: words.next().unwrap_or_default(),
        path: words.next().unwrap_or_default(),
        headers,
        body: Vec::new(),
    };
    let length = asked.header("content-length").parse().unwrap_or(0);
    (&mut rest).take(length).read_to_end(&mut asked.body)?;
    if asked.body.len() as u64 != length {
        return Err(cut_off("a body"));
    }
    let reply = answer(&asked);
    let mut head = format!("HTTP/1.1 {} -\r\nconnection: close\r\n", reply.status);
    for (name, value) in &reply.headers {
        let _ = write!(head, "{name}: {value}\r\n");
    }
    if reply.status != 304 {
        let _ = write!(head, "content-length: {}\r\n", reply.body.len());
    }
    head.push_str("\r\n");
    let mut stream = rest.into_inner();
    stream.write_all(head.as_bytes())?;
    stream.write_all(&reply.body)
}
