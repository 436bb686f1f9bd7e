//! Deliveries through the real program: what a network sends to the address of a source, and what strangers send there.

use std::{process::Command, time::Duration};

use isocial_model::contract::MessageSignature;
use isocial_tests::{
    http::{Client, Reply, Site},
    root,
    server::{Deployment, Server, until},
};
use isocial_vault::{MessageParts, sign_message};
use serde_json::{Value, json};

use crate::{
    kill::{created, items},
    real::{Companion, python},
};

const PATIENCE: u64 = 90;
const SECRETS: [&str; 2] = ["the secret of the river", "the secret of the lake"];

/// A server with two organisations, each with a feed that holds nothing and is read once an hour.
struct Setting {
    server: Server,
    client: Client,
    token: String,
    deployment: Deployment,
    site: Site,
    /// The organisation's address and its source.
    orgs: Vec<(String, String)>,
    _folder: tempfile::TempDir,
}

fn setting(env: &[(&str, &str)]) -> Setting {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let empty =
        json!({ "version": "https://jsonfeed.org/version/1.1", "title": "Notes", "items": [] });
    let site = Site::serve(move |_| Reply::new(200, "application/feed+json", empty.to_string()))
        .expect("loopback has a free port");
    let mut deployment = Deployment::new(folder.path(), &[site.addr().port()], "")
        .and_then(|d| d.with_packages(&["feed", "archive"]))
        .expect("the folder is writable and the packages are built");
    for (name, value) in env {
        deployment.env.push(((*name).into(), (*value).into()));
    }
    let mut server = deployment.start().expect("the server starts");
    let token = server.token().expect("the first start prints the token");
    let client = server.client(&token).expect("it listens");
    let orgs = ["river", "lake"]
        .map(|slug| organisation(&client, slug, &format!("http://{}/{slug}", site.addr())))
        .into();
    Setting {
        server,
        client,
        token,
        deployment,
        site,
        orgs,
        _folder: folder,
    }
}

/// An organisation that reads a feed on this machine.
fn organisation(client: &Client, slug: &str, feed: &str) -> (String, String) {
    let org = created(client, "/api/v1/organisations", &json!({ "slug": slug }));
    let base = format!("/api/v1/organisations/{org}");
    let make = |what: &str, body: &Value| created(client, &format!("{base}/{what}"), body);
    let workspace = make("workspaces", &json!({ "id": "", "name": "Brand" }));
    let reader = make(
        "installations",
        &json!({ "workspace": workspace, "package": "isocial/feed", "hosts": ["127.0.0.1"] }),
    );
    let source = make(
        "sources",
        &json!({ "installation": reader, "config": { "url": feed }, "every_seconds": 3600 }),
    );
    make(
        "monitors",
        &json!({ "workspace": workspace, "name": "Lotus", "query": "lotus", "sources": [source] }),
    );
    (base, source)
}

impl Setting {
    /// Makes the address of an organisation's source and gives its path.
    fn address(&self, org: usize) -> String {
        let (base, source) = &self.orgs[org];
        let made = self
            .client
            .post(
                &format!("{base}/sources/{source}/address"),
                &json!({ "secret": SECRETS[org] }),
            )
            .expect("the server answers");
        assert_eq!(made.status, 201, "{}", made.text());
        path_of(made.json()["address"].as_str().expect("an address"))
    }
    fn mentions(&self, org: usize) -> Vec<Value> {
        items(&self.client, &format!("{}/mentions", self.orgs[org].0))
    }
    fn calls(&self, org: usize, function: &str) -> Vec<Value> {
        let ledger = format!("{}/receipts?limit=1000", self.orgs[org].0);
        let lines = items(&self.client, &ledger);
        lines
            .into_iter()
            .filter(|l| l["function"] == function)
            .collect()
    }
    /// A client without any token, as a network is.
    fn network(&mut self) -> Client {
        Client::new(self.server.addr().expect("it listens"))
    }
}

/// The path of an address: the deployments of these tests are told a port by the system.
fn path_of(address: &str) -> String {
    let at = address.find("/in/in_").expect("an address of ours");
    address[at..].to_owned()
}

fn signed(secret: &str, body: &[u8]) -> String {
    let form = MessageSignature {
        template: "{body}".into(),
        algorithm: "sha256".into(),
        encoding: "hex".into(),
        header: "x-hub-signature".into(),
        prefix: "sha256=".into(),
        id_header: String::new(),
        timestamp_header: String::new(),
    };
    let parts = MessageParts {
        id: "",
        timestamp: "",
        body,
    };
    sign_message(&form, secret.as_bytes(), &parts).expect("it can be signed")
}

fn feed(notes: &[(&str, &str)]) -> Vec<u8> {
    let items: Vec<Value> = notes
        .iter()
        .map(|(id, text)| json!({ "id": id, "url": format!("https://notes.example/{id}"), "content_text": text }))
        .collect();
    json!({ "version": "https://jsonfeed.org/version/1.1", "title": "Notes", "items": items })
        .to_string()
        .into_bytes()
}

fn deliver(network: &Client, path: &str, signature: &str, body: &[u8]) -> Reply {
    let mut fields = vec![("content-type", "application/feed+json")];
    if !signature.is_empty() {
        fields.push(("x-hub-signature", signature));
    }
    network
        .send_with("POST", path, &fields, Some(body))
        .expect("the server answers")
}

#[test]
fn a_signed_delivery_is_kept_before_it_is_answered_and_nothing_else_is() {
    let mut setting = setting(&[]);
    let network = setting.network();
    let (river, lake) = (setting.address(0), setting.address(1));
    let body = feed(&[
        ("1", "A lotus on the river"),
        ("2", "Nothing of ours"),
        ("3", "Lotus again"),
    ]);
    let good = signed(SECRETS[0], &body);

    let taken = deliver(&network, &river, &good, &body);
    assert_eq!((taken.status, taken.text().as_str()), (204, ""));
    // It was committed before the answer: nothing is waited for.
    assert_eq!(setting.mentions(0).len(), 2);
    assert!(setting.mentions(1).is_empty());
    let calls = setting.calls(0, "receive");
    assert_eq!(calls.len(), 1);
    assert_eq!(calls[0]["plugin"]["id"], "isocial/feed");
    assert_eq!(calls[0]["verdict"], "ok");
    assert!(setting.calls(1, "receive").is_empty());

    // Repeated by the network, or by somebody who has seen it: nothing is doubled.
    for _ in 0..2 {
        assert_eq!(deliver(&network, &river, &good, &body).status, 204);
    }
    assert_eq!(setting.mentions(0).len(), 2);

    // Forged: another secret, another organisation's, another body, no signature, one in another place.
    let other = feed(&[("9", "A lotus that nobody sent")]);
    let forged = [
        signed("a secret of nobody's", &other),
        signed(SECRETS[1], &other),
        good.clone(),
        String::new(),
        good.replace("sha256=", "md5="),
        signed(SECRETS[0], &other).replace("sha256=", ""),
        signed(SECRETS[0], &other).replace("sha256=", "sha512="),
    ];
    let before = setting.calls(0, "receive").len();
    let mut refusals: Vec<Reply> = forged
        .iter()
        .map(|signature| deliver(&network, &river, signature, &other))
        .collect();
    for refusal in &refusals {
        assert_eq!(refusal.status, 401);
    }
    // Unknown: no address, one that is nearly one, one of another organisation with this one's signature.
    let right = signed(SECRETS[0], &other);
    let cut = &river[..river.len() - 1];
    for path in ["/in/in_nothing", cut, &format!("{river}a"), "/in/%00"] {
        let refusal = deliver(&network, path, &right, &other);
        assert_eq!(refusal.status, 404, "{path}");
        refusals.push(refusal);
    }
    let strange = deliver(&network, &lake, &right, &other);
    assert_eq!(strange.status, 401);
    refusals.push(strange);
    // All of them are told the same words.
    for refusal in &refusals {
        assert_eq!(refusal.text(), refusals[0].text());
    }
    // None of them has reached the connector.
    assert_eq!(setting.calls(0, "receive").len(), before);
    assert!(setting.calls(1, "receive").is_empty());

    // Too large, said and unsaid.
    let huge = vec![b' '; 1024 * 1024 + 1];
    let signature = signed(SECRETS[0], &huge);
    assert_eq!(deliver(&network, &river, &signature, &huge).status, 413);
    let most = vec![b' '; 1024 * 1024];
    let signature = signed(SECRETS[0], &most);
    assert_eq!(deliver(&network, &river, &signature, &most).status, 204);

    // One that the connector cannot read is not lost: the network is asked to come again, and the ledger says why.
    let page = b"<!doctype html><title>We are down</title>".to_vec();
    let unread = deliver(&network, &river, &signed(SECRETS[0], &page), &page);
    assert_eq!(unread.status, 503);
    let wait = unread.header("retry-after").parse::<u32>();
    assert!(wait.is_ok_and(|s| s > 0), "{:?}", unread.headers);
    let last = setting.calls(0, "receive").pop().expect("its call");
    assert_eq!(last["verdict"], "fault", "{last}");

    // A second organisation's own delivery is its own.
    let theirs = feed(&[("1", "A lotus on the lake")]);
    let taken = deliver(&network, &lake, &signed(SECRETS[1], &theirs), &theirs);
    assert_eq!(taken.status, 204);
    assert_eq!(setting.mentions(1).len(), 1);
    assert_eq!(setting.mentions(0).len(), 2);

    // Made anew, the old address leads nowhere; withdrawn, the new one neither.
    let fresh = setting.address(0);
    assert_eq!(deliver(&network, &river, &right, &other).status, 404);
    assert_eq!(deliver(&network, &fresh, &right, &other).status, 204);
    let (base, source) = &setting.orgs[0];
    let address = format!("{base}/sources/{source}/address");
    let client = &setting.client;
    let status = |reply: std::io::Result<Reply>| reply.expect("the server answers").status;
    assert_eq!(status(client.get(&address)), 200);
    assert_eq!(status(client.delete(&address)), 204);
    assert_eq!(status(client.get(&address)), 404);
    assert_eq!(deliver(&network, &fresh, &right, &other).status, 404);

    // The books hold, and no log line has an address, a secret or a text.
    for org in 0..2 {
        let verdict = format!("{}/receipts/verdict", setting.orgs[org].0);
        let verdict = client.get(&verdict).expect("the server answers").json();
        assert_eq!(verdict["integrity"], "intact", "{verdict}");
    }
    let log = setting.server.log();
    for secret in [
        river.as_str(),
        lake.as_str(),
        fresh.as_str(),
        SECRETS[0],
        SECRETS[1],
        "nobody sent",
    ] {
        assert!(!log.contains(secret.trim_start_matches("/in/")), "{secret}");
    }
}

#[test]
fn a_challenge_is_answered_by_the_connector_and_only_at_its_address() {
    let mut setting = setting(&[]);
    let network = setting.network();
    let river = setting.address(0);
    let topic = format!("http%3A%2F%2F{}%2Fother.atom", setting.site.addr());
    let ask = |path: &str, mode: &str, topic: &str| {
        let query = format!(
            "{path}?hub.mode={mode}&hub.topic={topic}&hub.challenge=b%2Bk&hub.lease_seconds=60"
        );
        network.get(&query).expect("the server answers")
    };
    let answered = ask(&river, "subscribe", &topic);
    assert_eq!((answered.status, answered.text().as_str()), (200, "b+k"));
    assert!(answered.header("content-type").starts_with("text/plain"));
    assert_eq!(setting.calls(0, "challenge").len(), 1);
    for (path, mode, topic) in [
        ("/in/in_nothing", "subscribe", topic.as_str()),
        (
            river.as_str(),
            "subscribe",
            "https%3A%2F%2Felsewhere.example%2Ffeed",
        ),
        (river.as_str(), "denied", topic.as_str()),
        (river.as_str(), "", ""),
    ] {
        let refused = ask(path, mode, topic);
        assert_eq!(
            (refused.status, refused.text().as_str()),
            (404, "not taken\n")
        );
    }
    let many: Vec<String> = (0..40).map(|n| format!("a{n}=1")).collect();
    let many = many.join("&");
    let refused = network.get(&format!("{river}?{many}"));
    assert_eq!(refused.expect("the server answers").status, 413);
}

#[test]
fn an_address_has_its_share_of_a_minute() {
    let mut setting = setting(&[("ISOCIAL_INBOUND_PER_MINUTE", "3")]);
    let network = setting.network();
    let (river, lake) = (setting.address(0), setting.address(1));
    let body = feed(&[("1", "A lotus")]);
    let good = signed(SECRETS[0], &body);
    // A forged one has its share as well: guessing costs what delivering costs.
    assert_eq!(deliver(&network, &river, "", &body).status, 401);
    for _ in 0..2 {
        assert_eq!(deliver(&network, &river, &good, &body).status, 204);
    }
    let refused = deliver(&network, &river, &good, &body);
    assert_eq!(refused.status, 429);
    let wait: u64 = refused.header("retry-after").parse().expect("seconds");
    assert!((1..=21).contains(&wait), "{wait}");
    // Another's share is its own.
    let theirs = signed(SECRETS[1], &body);
    assert_eq!(deliver(&network, &lake, &theirs, &body).status, 204);
    // Whoever does as told is let in.
    std::thread::sleep(Duration::from_secs(wait));
    assert_eq!(deliver(&network, &river, &good, &body).status, 204);
}

#[test]
fn an_address_is_made_only_for_what_can_be_verified_and_by_command_as_well() {
    let setting = setting(&[]);
    let client = &setting.client;
    let (base, source) = &setting.orgs[0];
    let make = |path: &str, body: &Value| client.post(path, body).expect("the server answers");
    let address = format!("{base}/sources/{source}/address");
    for (body, says) in [
        (json!({}), "give a secret"),
        (json!({ "secret": "short" }), "16 to 199"),
        (json!({ "secret": "x".repeat(200) }), "16 to 199"),
    ] {
        let refused = make(&address, &body);
        assert_eq!(refused.status, 422, "{}", refused.text());
        assert_eq!(refused.json()["errors"][0]["field"], "/secret");
        assert!(refused.text().contains(says), "{}", refused.text());
    }
    // Another organisation's source is none of this one's.
    let theirs = format!("{base}/sources/{}/address", setting.orgs[1].1);
    let body = json!({ "secret": SECRETS[0] });
    assert_eq!(make(&theirs, &body).status, 404);
    // A connector that takes no deliveries.
    let workspace = items(client, &format!("{base}/workspaces"))[0]["id"].clone();
    let reader = created(
        client,
        &format!("{base}/installations"),
        &json!({ "workspace": workspace, "package": "isocial/archive" }),
    );
    let archive = created(
        client,
        &format!("{base}/sources"),
        &json!({ "installation": reader, "config": { "digest": "0".repeat(64) } }),
    );
    let refused = make(&format!("{base}/sources/{archive}/address"), &body);
    assert_eq!(refused.status, 409, "{}", refused.text());

    // By command, while the server runs.
    let secret = setting.deployment.data.with_file_name("secret.txt");
    std::fs::write(&secret, format!("{}\n", SECRETS[0])).expect("the folder is writable");
    let run = |arguments: &[&str]| {
        let out = setting
            .deployment
            .command()
            .arg("address")
            .args(arguments)
            .env("ISOCIAL_TOKEN", &setting.token)
            .output()
            .expect("the program runs");
        assert!(
            out.status.success(),
            "{}",
            String::from_utf8_lossy(&out.stderr)
        );
        String::from_utf8_lossy(&out.stdout).into_owned()
    };
    let file = secret.display().to_string();
    let made = run(&["make", "river", source, "--secret-file", &file, "--json"]);
    let made: Value = serde_json::from_str(&made).expect("JSON");
    let path = path_of(made["address"].as_str().expect("an address"));
    let list = run(&["list", "river"]);
    assert!(list.contains(source) && list.contains("since"), "{list}");
    assert!(!list.contains("in_"), "{list}");
    let mut server = setting.server;
    let network = Client::new(server.addr().expect("it listens"));
    let body = feed(&[("1", "A lotus")]);
    let good = signed(SECRETS[0], &body);
    assert_eq!(deliver(&network, &path, &good, &body).status, 204);
    run(&["withdraw", "river", source]);
    assert_eq!(deliver(&network, &path, &good, &body).status, 404);
}

/// A hub that nobody here wrote: it asks whether the subscription is meant, and signs what it delivers, here with another algorithm than
/// the one that the manifest names first.
#[test]
fn a_real_hub_delivers_what_is_new_in_a_feed() {
    let test = "a_real_hub_delivers_what_is_new_in_a_feed";
    let Some(python) = python(test, "flask_websub") else {
        return;
    };
    for algorithm in ["sha256", "sha1"] {
        let script = root().join("tests/real/websub_hub.py");
        let mut hub = Companion::start(Command::new(&python).arg(script).arg(algorithm))
            .expect("Python starts");
        let port = hub.says()["port"].as_u64().expect("a port") as u16;
        let folder = tempfile::tempdir().expect("a temporary folder");
        let deployment = Deployment::new(folder.path(), &[port], "")
            .and_then(|d| d.with_packages(&["feed"]))
            .expect("the folder is writable and the packages are built");
        let mut server = deployment.start().expect("the server starts");
        let token = server.token().expect("the first start prints the token");
        let client = server.client(&token).expect("it listens");
        let topic = format!("http://127.0.0.1:{port}/feed.atom");
        let (base, source) = organisation(&client, "river", &topic);
        let sources = format!("{base}/sources");
        until("the first reading", PATIENCE, || {
            (items(&client, &sources)[0]["status"] == "working").then_some(())
        })
        .expect("the feed is read");

        let made = client
            .post(
                &format!("{sources}/{source}/address"),
                &json!({ "secret": SECRETS[0] }),
            )
            .expect("the server answers");
        let path = path_of(made.json()["address"].as_str().expect("an address"));
        let addr = server.addr().expect("it listens");
        // What a person does at a hub, with the address that was shown.
        let callback = format!("http://{addr}{path}");
        let form = [
            ("hub.mode", "subscribe"),
            ("hub.callback", callback.as_str()),
            ("hub.topic", topic.as_str()),
            ("hub.secret", SECRETS[0]),
        ]
        .map(|(name, value)| format!("{name}={}", value.replace(' ', "+")))
        .join("&");
        let asked = Client::new(([127, 0, 0, 1], port).into())
            .send_with(
                "POST",
                "/hub",
                &[("content-type", "application/x-www-form-urlencoded")],
                Some(form.as_bytes()),
            )
            .expect("the hub answers");
        assert_eq!(asked.status, 202, "{}", asked.text());
        let verified = hub.says();
        assert_eq!(
            (&verified["what"], &verified["status"]),
            (&json!("asked"), &json!(200)),
            "{verified}"
        );

        // The hub keeps the subscription a moment after it was answered; a note of before it would never be delivered.
        let mut notes = 0;
        let delivered = until("a delivery", PATIENCE, || {
            notes += 1;
            hub.tell(&format!("A lotus, and note {notes}"));
            hub.says_within(Duration::from_secs(2))
        })
        .expect("it comes");
        assert_eq!(
            (
                &delivered["what"],
                &delivered["status"],
                &delivered["signed"]
            ),
            (&json!("delivered"), &json!(204), &json!(algorithm)),
            "{delivered}"
        );
        // Answered after the commit: it is there now, and the next reading by schedule is an hour away.
        let mentions = items(&client, &format!("{base}/mentions"));
        assert!(!mentions.is_empty());
        assert_eq!(mentions[0]["network"], "feed");
    }
}
