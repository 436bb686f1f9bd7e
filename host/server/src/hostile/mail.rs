//! A mail server that keeps what it is handed and for whom, and a port that looks at how TLS is begun.

use std::{
    net::Ipv4Addr,
    sync::{Arc, Mutex, PoisonError},
};

use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader},
    net::{TcpListener, TcpStream},
};

/// A mail that was handed over.
#[derive(Debug, Clone, Default)]
pub(super) struct Handed {
    /// Addresses of `RCPT TO`.
    pub(super) recipients: Vec<String>,
    /// The message as it came.
    pub(super) message: String,
}

/// The mail server.
#[derive(Debug)]
pub(super) struct Mailbox {
    port: u16,
    handed: Arc<Mutex<Vec<Handed>>>,
}

impl Mailbox {
    /// Listens on a port of its own for as long as the runtime lives.
    pub(super) async fn start() -> anyhow::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let port = listener.local_addr()?.port();
        let handed: Arc<Mutex<Vec<Handed>>> = Arc::default();
        let shared = Arc::clone(&handed);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let shared = Arc::clone(&shared);
                tokio::spawn(async move {
                    let _ = session(stream, &shared).await;
                });
            }
        });
        Ok(Self { port, handed })
    }
    /// Port.
    pub(super) fn port(&self) -> u16 {
        self.port
    }
    /// Takes what was handed over since the last time.
    pub(super) fn take(&self) -> Vec<Handed> {
        std::mem::take(&mut *self.handed.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// One session of SMTP, as far as a client that sends one mail needs it.
async fn session(stream: TcpStream, all: &Mutex<Vec<Handed>>) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    stream.write_all(b"220 fake ESMTP\r\n").await?;
    let mut mail = Handed::default();
    let mut line = String::new();
    loop {
        line.clear();
        if stream.read_line(&mut line).await? == 0 {
            return Ok(());
        }
        let word = line.trim_end().to_ascii_uppercase();
        let answer: &[u8] = if word.starts_with("RCPT TO:") {
            let address = line.trim_end().get(8..).unwrap_or_default();
            let address = address.split('>').next().unwrap_or_default();
            mail.recipients
                .push(address.trim_start_matches([' ', '<']).to_owned());
            b"250 ok\r\n"
        } else if word == "DATA" {
            stream.write_all(b"354 go on\r\n").await?;
            loop {
                line.clear();
                if stream.read_line(&mut line).await? == 0 || line.trim_end() == "." {
                    break;
                }
                mail.message.push_str(&line);
            }
            let whole = std::mem::take(&mut mail);
            all.lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push(whole);
            b"250 kept\r\n"
        } else if word == "QUIT" {
            stream.write_all(b"221 bye\r\n").await?;
            return Ok(());
        } else {
            b"250 fake\r\n"
        };
        stream.write_all(answer).await?;
    }
}

/// A port that reads how a client begins TLS, and hangs up.
#[derive(Debug)]
pub(super) struct TlsProbe {
    port: u16,
    seen: Arc<Mutex<Vec<Vec<u16>>>>,
}

impl TlsProbe {
    /// Listens on a port of its own for as long as the runtime lives.
    pub(super) async fn start() -> anyhow::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let port = listener.local_addr()?.port();
        let seen: Arc<Mutex<Vec<Vec<u16>>>> = Arc::default();
        let shared = Arc::clone(&seen);
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let mut hello = vec![0; 4096];
                let read = stream.read(&mut hello).await.unwrap_or(0);
                hello.truncate(read);
                shared
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .push(versions(&hello));
            }
        });
        Ok(Self { port, seen })
    }
    /// Port.
    pub(super) fn port(&self) -> u16 {
        self.port
    }
    /// For each connection, the versions that the client offered; empty where it did not begin TLS.
    pub(super) fn take(&self) -> Vec<Vec<u16>> {
        std::mem::take(&mut *self.seen.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The versions that a ClientHello offers: those of its extension `supported_versions` (43), or the one in its head without it.
fn versions(record: &[u8]) -> Vec<u16> {
    let number = |at: usize| -> Option<usize> {
        Some(usize::from(*record.get(at)?) << 8 | usize::from(*record.get(at + 1)?))
    };
    let offered = || -> Option<Vec<u16>> {
        // Record (5) and handshake (4) heads, version (2), random (32), then session id, suites and compressions by their lengths.
        if record.first() != Some(&22) || record.get(5) != Some(&1) {
            return None;
        }
        let mut at = 5 + 4 + 2 + 32;
        at += 1 + usize::from(*record.get(at)?);
        at += 2 + number(at)?;
        at += 1 + usize::from(*record.get(at)?);
        let end = at + 2 + number(at)?;
        at += 2;
        while at < end {
            let (kind, size) = (number(at)?, number(at + 2)?);
            if kind == 43 {
                let list = record.get(at + 5..at + 4 + size)?;
                return Some(
                    list.chunks_exact(2)
                        .filter_map(|pair| Some(u16::from_be_bytes(pair.try_into().ok()?)))
                        .collect(),
                );
            }
            at += 4 + size;
        }
        Some(vec![u16::try_from(number(9)?).ok()?])
    };
    offered().unwrap_or_default()
}
