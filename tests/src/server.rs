//! The program as a server on a data folder of its own, from outside: started, waited for, stopped, killed.
//!
//! Lives here: the process, its log and its token. Not here: what is asked of it (`http`, and each test).

use std::{
    fmt::Write as _,
    io::{BufRead, BufReader, Read},
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use crate::{http::Client, isocial, packages};

/// Longest wait for the server to serve: its first start compiles every package.
const START: Duration = Duration::from_mins(3);
/// Pause between two looks at something that is waited for.
pub const LOOK: Duration = Duration::from_millis(20);

/// A deployment: its data folder, its configuration, and what the server is started with.
#[derive(Debug, Clone)]
pub struct Deployment {
    /// The data folder.
    pub data: PathBuf,
    /// What the program is started by, if by anything: a program and its arguments, which are followed by the program's path and its own.
    pub before: Vec<String>,
    /// Variables beyond the ones that every deployment here has.
    pub env: Vec<(String, String)>,
    config: PathBuf,
}

impl Deployment {
    /// A deployment in this folder, which may serve loopback ports as exceptions from "https, public addresses".
    pub fn new(folder: &Path, ports: &[u16], toml: &str) -> std::io::Result<Self> {
        let config = folder.join("isocial.toml");
        let mut text = String::from(toml);
        for port in ports {
            let _ = write!(
                text,
                "\n[[egress.exception]]\nhost = \"127.0.0.1\"\nport = {port}\nscheme = \"http\"\nwhy = \"a site of the test\"\n"
            );
        }
        std::fs::write(&config, text)?;
        Ok(Self {
            data: folder.join("data"),
            before: Vec::new(),
            env: Vec::new(),
            config,
        })
    }
    /// The same with these packages only, in a folder of its own: what is not registered need not be compiled.
    pub fn with_packages(mut self, names: &[&str]) -> std::io::Result<Self> {
        let folder = self.data.with_file_name("packages");
        std::fs::create_dir_all(&folder)?;
        for name in names {
            let file = format!("isocial-{name}.wasm");
            std::fs::copy(packages().join(&file), folder.join(&file))?;
        }
        let folder = folder.display().to_string();
        self.env.push(("ISOCIAL_PLUGINS_DIR".into(), folder));
        Ok(self)
    }
    /// The program on this deployment, to be completed with a subcommand.
    pub fn command(&self) -> Command {
        let mut command = match self.before.split_first() {
            None => Command::new(isocial()),
            Some((program, arguments)) => {
                let mut command = Command::new(program);
                command.args(arguments).arg(isocial());
                command
            }
        };
        command
            .arg("--config")
            .arg(&self.config)
            .env("ISOCIAL_DATA_DIR", &self.data)
            .env("ISOCIAL_LISTEN", "127.0.0.1:0")
            .env("ISOCIAL_LOG_FORMAT", "json")
            .env("ISOCIAL_PLUGINS_DIR", packages())
            .envs(self.env.iter().map(|(k, v)| (k, v)))
            .stdin(Stdio::null());
        command
    }
    /// Starts `isocial serve` and does not wait for it.
    pub fn spawn(&self) -> std::io::Result<Server> {
        let mut child = self
            .command()
            .arg("serve")
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        let (log, out) = (follow(child.stderr.take()), follow(child.stdout.take()));
        Ok(Server { child, log, out })
    }
    /// Starts `isocial serve` and waits until it serves.
    pub fn start(&self) -> Result<Server, String> {
        let mut server = self.spawn().map_err(|e| {
            format!(
                "{}: {e}; `cargo xtask plugins` makes it",
                isocial().display()
            )
        })?;
        server.addr()?;
        Ok(server)
    }
}

/// Collects what a pipe gives, line by line.
fn follow(pipe: Option<impl Read + Send + 'static>) -> Arc<Mutex<String>> {
    let text = Arc::new(Mutex::new(String::new()));
    if let Some(pipe) = pipe {
        let text = Arc::clone(&text);
        std::thread::spawn(move || {
            for line in BufReader::new(pipe).lines().map_while(Result::ok) {
                if let Ok(mut text) = text.lock() {
                    text.push_str(&line);
                    text.push('\n');
                }
            }
        });
    }
    text
}

/// A running server; killed when dropped.
#[derive(Debug)]
pub struct Server {
    child: Child,
    log: Arc<Mutex<String>>,
    out: Arc<Mutex<String>>,
}

impl Server {
    /// Where it listens, if it does by now.
    pub fn listens(&self) -> Option<SocketAddr> {
        self.log().lines().find_map(listening)
    }
    /// Where it listens, once it does.
    pub fn addr(&mut self) -> Result<SocketAddr, String> {
        let end = Instant::now() + START;
        loop {
            if let Some(addr) = self.listens() {
                return Ok(addr);
            }
            let gone = self.child.try_wait().ok().flatten();
            if gone.is_some() || Instant::now() > end {
                return Err(format!(
                    "the server does not serve ({gone:?}); its log:\n{}",
                    self.log()
                ));
            }
            std::thread::sleep(LOOK);
        }
    }
    /// The operator's token, which the first start of a deployment prints.
    pub fn token(&mut self) -> Result<String, String> {
        self.addr()?;
        let end = Instant::now() + START;
        loop {
            let out = self.out();
            if let Some(at) = out.find("ist_") {
                return Ok(out[at..]
                    .split_whitespace()
                    .next()
                    .unwrap_or_default()
                    .to_owned());
            }
            if Instant::now() > end {
                return Err("the first start printed no token".into());
            }
            std::thread::sleep(LOOK);
        }
    }
    /// A client of it with this token.
    pub fn client(&mut self, token: &str) -> Result<Client, String> {
        Ok(Client::new(self.addr()?).with_token(token))
    }
    /// The number of its process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }
    /// What it has logged so far.
    pub fn log(&self) -> String {
        self.log.lock().map(|t| t.clone()).unwrap_or_default()
    }
    /// What it has printed so far.
    pub fn out(&self) -> String {
        self.out.lock().map(|t| t.clone()).unwrap_or_default()
    }
    /// Kills it at once, as `kill -9` does.
    pub fn kill(mut self) -> std::io::Result<()> {
        self.child.kill()?;
        self.child.wait().map(drop)
    }
    /// Asks it to stop and waits until it has.
    pub fn stop(mut self) -> Result<(), String> {
        let asked = Command::new("kill")
            .arg(self.child.id().to_string())
            .status()
            .map_err(|e| e.to_string())?;
        let status = self.child.wait().map_err(|e| e.to_string())?;
        if asked.success() && status.success() {
            Ok(())
        } else {
            Err(format!("it ended with {status}; its log:\n{}", self.log()))
        }
    }
}

/// The address in the line that says so.
fn listening(line: &str) -> Option<SocketAddr> {
    let line: serde_json::Value = serde_json::from_str(line).ok()?;
    line["fields"]["listen"].as_str()?.parse().ok()
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// Looks until `found` gives something, or fails after `seconds`.
pub fn until<T>(
    what: &str,
    seconds: u64,
    mut found: impl FnMut() -> Option<T>,
) -> Result<T, String> {
    let end = Instant::now() + Duration::from_secs(seconds);
    loop {
        if let Some(it) = found() {
            return Ok(it);
        }
        if Instant::now() > end {
            return Err(format!("waited {seconds} s for {what}"));
        }
        std::thread::sleep(LOOK);
    }
}
