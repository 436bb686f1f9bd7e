//! The throw-away host: this very program, serving on the embedded default in a folder that is removed, watched from outside.

use std::{
    fmt::Write as _,
    path::{Path, PathBuf},
    process::Stdio,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use anyhow::Context as _;
use tokio::{
    io::{AsyncBufReadExt as _, AsyncRead, BufReader},
    process::{Child, Command},
};

use super::{
    api::Api,
    mail::Mailbox,
    network::Network,
    stage::{PATIENCE_S, until},
};

/// Longest wait for the host to serve, and for it to stop.
const PATIENCE: Duration = Duration::from_mins(2);
/// Pause between two looks.
const LOOK: Duration = Duration::from_millis(10);

/// A throw-away host that serves.
pub(super) struct Own {
    folder: tempfile::TempDir,
    child: Option<Child>,
    log: Arc<Mutex<String>>,
    out: Arc<Mutex<String>>,
    /// Its API.
    pub(super) api: Api,
    /// The operator's token.
    pub(super) token: String,
}

/// What reaches a throw-away host: ports that its operator excepts from "https, public addresses".
pub(super) struct Around<'a> {
    /// The fake network.
    pub(super) network: &'a Network,
    /// The fake mail server.
    pub(super) mailbox: &'a Mailbox,
    /// A port on which TLS is looked at.
    pub(super) tls_port: u16,
}

impl Own {
    /// Starts it and waits until it serves.
    pub(super) async fn start(around: &Around<'_>) -> anyhow::Result<Self> {
        let folder = tempfile::tempdir().context("a folder for a throw-away host")?;
        std::fs::write(folder.path().join("isocial.toml"), config(around))?;
        let (log, out) = (Arc::default(), Arc::default());
        let child = spawn(folder.path(), &log, &out)?;
        let mut own = Self {
            folder,
            child: Some(child),
            log,
            out,
            api: Api::at("http://127.0.0.1:1", "").await?,
            token: String::new(),
        };
        own.serves().await?;
        own.token = until("the token of the throw-away host", PATIENCE_S, async || {
            let printed = own.out();
            let mut words = printed.split_whitespace();
            Ok(words.find(|w| w.starts_with("ist_")).map(str::to_owned))
        })
        .await?;
        own.serves().await?;
        Ok(own)
    }

    /// Waits until it says where it listens, and takes that address.
    async fn serves(&mut self) -> anyhow::Result<()> {
        let end = std::time::Instant::now() + PATIENCE;
        loop {
            if let Some(addr) = self.log().lines().rev().find_map(listening) {
                self.api = Api::at(&format!("http://{addr}"), &self.token).await?;
                return Ok(());
            }
            let ended = match self.child.as_mut() {
                Some(child) => child.try_wait()?.is_some(),
                None => true,
            };
            anyhow::ensure!(
                !ended && std::time::Instant::now() < end,
                "the throw-away host does not serve; its log ends with: {}",
                self.log().lines().last().unwrap_or_default()
            );
            tokio::time::sleep(LOOK).await;
        }
    }

    /// Asks it to stop and waits until it has.
    pub(super) async fn stop(&mut self) -> anyhow::Result<()> {
        let Some(mut child) = self.child.take() else {
            return Ok(());
        };
        if let Some(id) = child.id() {
            Command::new("kill").arg(id.to_string()).status().await?;
        }
        if tokio::time::timeout(PATIENCE, child.wait()).await.is_err() {
            child.kill().await?;
            anyhow::bail!("the throw-away host did not stop when it was asked to");
        }
        Ok(())
    }

    /// Starts it again on the same folder.
    pub(super) async fn again(&mut self) -> anyhow::Result<()> {
        self.lock_log().clear();
        self.child = Some(spawn(self.folder.path(), &self.log, &self.out)?);
        self.serves().await
    }

    /// Its data folder.
    pub(super) fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }
    /// What it has logged so far: the operator's log.
    pub(super) fn log(&self) -> String {
        self.lock_log().clone()
    }
    /// Greatest resident memory so far, in bytes; nothing where the system does not tell.
    pub(super) fn peak_bytes(&self) -> Option<u64> {
        let id = self.child.as_ref()?.id()?;
        let status = std::fs::read_to_string(format!("/proc/{id}/status")).ok()?;
        let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:"))?;
        let kib: u64 = line.split_whitespace().next()?.parse().ok()?;
        Some(kib * 1024)
    }

    fn out(&self) -> String {
        self.out
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
    fn lock_log(&self) -> std::sync::MutexGuard<'_, String> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The embedded default, with exceptions for what stands around it, and everything in its log.
fn config(around: &Around<'_>) -> String {
    let mut text = String::from(
        "[log]\nfilter = \"debug\"\nformat = \"json\"\n[notify]\nbackoff_s = 1\n[egress]\nconnect_timeout_ms = 2000\n",
    );
    let _ = writeln!(
        text,
        "[smtp]\nhost = \"127.0.0.1\"\nport = {}\ntls = \"none\"\nfrom = \"alerts@example.org\"",
        around.mailbox.port()
    );
    for (host, port, scheme) in [
        ("127.0.0.1", around.network.port(), "http"),
        ("127.0.0.1", around.mailbox.port(), "smtp"),
        ("localhost", around.tls_port, "https"),
    ] {
        let _ = writeln!(
            text,
            "[[egress.exception]]\nhost = \"{host}\"\nport = {port}\nscheme = \"{scheme}\"\nwhy = \"a fake of the hostile suite\""
        );
    }
    text
}

fn spawn(
    folder: &Path,
    log: &Arc<Mutex<String>>,
    out: &Arc<Mutex<String>>,
) -> anyhow::Result<Child> {
    let program = std::env::current_exe().context("this program's own file")?;
    let mut child = Command::new(program)
        .arg("--config")
        .arg(folder.join("isocial.toml"))
        .arg("serve")
        .current_dir(folder)
        .env_clear()
        .env("ISOCIAL_DATA_DIR", folder.join("data"))
        .env("ISOCIAL_LISTEN", "127.0.0.1:0")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .context("the throw-away host cannot be started")?;
    follow(child.stderr.take(), log);
    follow(child.stdout.take(), out);
    Ok(child)
}

/// Collects what a pipe gives, line by line.
fn follow(pipe: Option<impl AsyncRead + Send + Unpin + 'static>, into: &Arc<Mutex<String>>) {
    let Some(pipe) = pipe else { return };
    let into = Arc::clone(into);
    tokio::spawn(async move {
        let mut lines = BufReader::new(pipe).lines();
        while let Ok(Some(line)) = lines.next_line().await {
            let mut text = into.lock().unwrap_or_else(PoisonError::into_inner);
            text.push_str(&line);
            text.push('\n');
        }
    });
}

/// The address in the line that says so.
fn listening(line: &str) -> Option<String> {
    let line: serde_json::Value = serde_json::from_str(line).ok()?;
    Some(line["fields"]["listen"].as_str()?.to_owned())
}
