//! Streams: what a network pushes is here within moments, once, and gone when the network says so; a public stream is read once for all.

use std::{collections::BTreeMap, path::Path, sync::Arc};

use isocial_demo::{Fate, Options, Running, SampleNetwork, Week};
use isocial_model::{Clock as _, Instant, post::Visibility, time::SystemClock};
use isocial_tests::{
    http::Client,
    server::{Deployment, Server, until},
};
use serde_json::{Value, json};

use crate::kill::{created, items};

const PATIENCE: u64 = 90;
/// Posts that the network publishes only when it is told to.
const HELD_BACK: usize = 400;
/// As many as a cursor has room for the names of.
const NEWEST: usize = 30;
const EITHER: &str = "ryndola OR #ryndola";
const RIVALS: &str = "voltekka OR #voltekka OR pedrimo OR #pedrimo";

/// The sample network, on a runtime of its own.
struct Network {
    runtime: tokio::runtime::Runtime,
    held_back: usize,
    running: Option<Running>,
}

impl Network {
    fn start(seed: u64, held_back: usize, live_gap_ms: Option<u64>) -> Self {
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        let start = SystemClock.now().plus_ms(-7 * Instant::DAY_MS);
        let options = Options {
            held_back,
            live_gap_ms,
            ..Options::default()
        };
        let week = Week::generate(seed, start);
        let running = runtime
            .block_on(SampleNetwork::start(week, Arc::new(SystemClock), options))
            .expect("loopback has a free port");
        Self {
            runtime,
            held_back,
            running: Some(running),
        }
    }
    fn get(&self) -> &Running {
        self.running.as_ref().expect("it runs until it is dropped")
    }
    /// Texts of public posts with one of these words, as a stream tells them: what was held back, and at last also every edit, of older
    /// posts too, without what was deleted.
    fn texts(&self, words: &[&str], at_last: bool, kept: impl Fn(&Week, usize) -> bool) -> Texts {
        let week = self.get().week();
        let held_back = week.posts.len() - self.held_back;
        let mut texts = Texts::new();
        for (n, post) in week.posts.iter().enumerate() {
            let shown = match (&post.fate, &post.later) {
                (Fate::Deleted, _) if at_last => continue,
                (Fate::Edited { .. }, Some(later)) if at_last => later,
                _ if n >= held_back => &post.first,
                _ => continue,
            };
            let lower = shown.text.to_lowercase();
            if post.visibility == Visibility::Public
                && words.iter().any(|w| lower.contains(w))
                && kept(week, n)
            {
                *texts.entry(without_links(&shown.text)).or_default() += 1;
            }
        }
        texts
    }
    /// Texts of held-back posts that were deleted, as far as no other post of the week reads the same.
    fn deleted(&self) -> Vec<String> {
        let week = self.get().week();
        let mut often = Texts::new();
        for post in &week.posts {
            for shown in std::iter::once(&post.first).chain(&post.later) {
                *often.entry(without_links(&shown.text)).or_default() += 1;
            }
        }
        let held_back = week.posts.iter().skip(week.posts.len() - self.held_back);
        held_back
            .filter(|post| post.fate == Fate::Deleted && post.visibility == Visibility::Public)
            .map(|post| without_links(&post.first.text))
            .filter(|text| often[text] == 1)
            .collect()
    }
}

/// Texts, and how often each is there.
type Texts = BTreeMap<String, usize>;

/// A text's words without links, which one network writes out and another shortens.
fn without_links(text: &str) -> String {
    let words = text.split_whitespace();
    let plain: Vec<&str> = words.filter(|w| !w.contains(".example")).collect();
    plain.join(" ")
}

/// What one has more often than the other.
fn difference(left: &Texts, right: &Texts) -> Vec<(String, usize)> {
    let only = left
        .iter()
        .filter(|(text, n)| right.get(*text).is_none_or(|other| other < n));
    only.map(|(text, n)| (text.clone(), *n)).collect()
}

impl Drop for Network {
    fn drop(&mut self) {
        if let Some(running) = self.running.take() {
            self.runtime.block_on(running.stop());
        }
    }
}

/// A deployment that may reach the network, over HTTP and WebSocket.
fn deployment(folder: &Path, network: &Network, packages: &[&str]) -> Deployment {
    let port = network.get().addr.port();
    let toml = format!(
        "[collect]\ninterval_s = 3600\nworkers = 2\nlease_s = 3\n[[egress.exception]]\nhost = \"127.0.0.1\"\nport = {port}\nscheme = \"ws\"\nwhy = \"a network of the test\"\n"
    );
    Deployment::new(folder, &[port], &toml)
        .and_then(|d| d.with_packages(packages))
        .expect("the folder is writable and the packages are built")
}

/// One organisation that reads one source.
struct Org {
    base: String,
    monitor: String,
}

impl Org {
    fn new(
        client: &Client,
        slug: &str,
        package: &str,
        more: &Value,
        config: &Value,
        query: &str,
    ) -> Self {
        let org = created(client, "/api/v1/organisations", &json!({ "slug": slug }));
        let base = format!("/api/v1/organisations/{org}");
        let workspace = json!({ "id": "", "name": "Brand" });
        let workspace = created(client, &format!("{base}/workspaces"), &workspace);
        let mut body =
            json!({ "workspace": workspace, "package": package, "hosts": ["127.0.0.1"] });
        for (key, value) in more.as_object().into_iter().flatten() {
            body[key] = value.clone();
        }
        let reader = created(client, &format!("{base}/installations"), &body);
        let body = json!({ "workspace": workspace, "package": "isocial/en" });
        created(client, &format!("{base}/installations"), &body);
        let source = json!({ "installation": reader, "config": config });
        let source = created(client, &format!("{base}/sources"), &source);
        let body =
            json!({ "workspace": workspace, "name": slug, "query": query, "sources": [source] });
        let monitor = created(client, &format!("{base}/monitors"), &body);
        Self { base, monitor }
    }
    fn is_open(&self, client: &Client) -> bool {
        let sources = items(client, &format!("{}/sources", self.base));
        sources
            .iter()
            .all(|s| s["stream"] == "open" && s["status"] == "working")
    }
    fn texts(&self, client: &Client) -> Texts {
        let mut texts = Texts::new();
        let mut after = String::new();
        loop {
            let path = format!(
                "{}/mentions?limit=500&monitor={}{after}",
                self.base, self.monitor
            );
            let page = client.get(&path).expect("the server answers").json();
            for mention in page["items"].as_array().into_iter().flatten() {
                let text = mention["text"].as_str().unwrap_or_default();
                *texts.entry(without_links(text)).or_default() += 1;
            }
            match page["next"].as_str() {
                Some(next) => after = format!("&after={next}"),
                None => return texts,
            }
        }
    }
    /// Waits until what is here is right: `expected` and nothing else, or beside others where `others` may be here.
    fn settles(&self, client: &Client, what: &str, expected: &Texts, others: bool) {
        until(what, PATIENCE, || {
            let found = self.texts(client);
            let lacks = difference(expected, &found);
            (lacks.is_empty() && (others || found == *expected)).then_some(())
        })
        .unwrap_or_else(|e| {
            let found = self.texts(client);
            panic!(
                "{e}: lacks {:#?}, has too much {:#?}",
                difference(expected, &found),
                difference(&found, expected)
            )
        });
    }
}

fn start(deployment: &Deployment, token: &mut String) -> (Server, Client) {
    let mut server = deployment.start().expect("the server starts");
    if token.is_empty() {
        *token = server.token().expect("the first start prints the token");
    }
    let client = server.client(token).expect("it listens");
    (server, client)
}

#[test]
fn a_source_of_its_own_is_told_of_posts_edits_and_deletions() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    // A server tells of a deletion by its own id, which a connector can tell of the newest posts only: a week in which one of those goes.
    let network = (1..100)
        .map(|seed| Network::start(seed, NEWEST, None))
        .find(|network| !network.deleted().is_empty())
        .expect("some week has one");
    let deployment = deployment(folder.path(), &network, &["mastodon", "en"]);
    let mut token = String::new();
    let (server, client) = start(&deployment, &mut token);
    let config = json!({ "instance": network.get().base_url, "hashtags": Week::HASHTAGS });
    let more = json!({ "credentials": { "token": "sample-token" } });
    let org = Org::new(&client, "river", "isocial/mastodon", &more, &config, EITHER);
    until("the stream to be open", PATIENCE, || {
        org.is_open(&client).then_some(())
    })
    .unwrap_or_else(|e| {
        panic!(
            "{e}: {:?}; {}",
            items(&client, &format!("{}/sources", org.base)),
            server.log()
        )
    });

    assert_eq!(network.get().publish_held_back(), NEWEST);
    // People who do not want to be found are not kept, however they are told of.
    let kept = |week: &Week, n: usize| week.people[week.posts[n].author].findable;
    let expected = network.texts(&["ryndola"], false, kept);
    assert!(expected.len() > 5, "{}", expected.len());
    org.settles(&client, "what was pushed", &expected, true);
    network.get().apply_edits_and_deletions();
    let at_last = network.texts(&["ryndola"], true, kept);
    assert!(at_last != expected, "something was edited or deleted");
    org.settles(&client, "edits and deletions", &at_last, true);
    let deleted = network.deleted();
    until("what was deleted to be gone", PATIENCE, || {
        let found = org.texts(&client);
        let here = deleted.iter().filter(|text| found.contains_key(*text));
        (here.count() == 0).then_some(())
    })
    .expect("it goes");
    // It was pushed: the calls that gave it read frames.
    let lines = items(&client, &format!("{}/receipts?limit=500", org.base));
    let frames = |line: &&Value| line["function"] == "frames" && line["verdict"] == "ok";
    let read: u64 = lines
        .iter()
        .filter(frames)
        .filter_map(|l| l["items-out"].as_u64())
        .sum();
    assert!(read >= expected.values().sum::<usize>() as u64, "{read}");
    server.stop().expect("it stops when asked");
}

#[test]
fn a_shared_stream_is_read_once_for_all_and_goes_on_after_a_kill() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let network = Network::start(11, HELD_BACK, None);
    let deployment = deployment(folder.path(), &network, &["bluesky", "en"]);
    let mut token = String::new();
    let (server, client) = start(&deployment, &mut token);
    let service = format!("ws://{}", network.get().addr);
    let config = json!({ "mode": "stream", "service": service });
    let org = |slug: &str, query: &str| {
        Org::new(&client, slug, "isocial/bluesky", &json!({}), &config, query)
    };
    let (ours, rivals) = (org("river", EITHER), org("brook", RIVALS));
    let nobody = org("puddle", "zyxwvut");
    for org in [&ours, &rivals, &nobody] {
        until("the stream to be open", PATIENCE, || {
            org.is_open(&client).then_some(())
        })
        .unwrap_or_else(|e| {
            panic!(
                "{e}: {:?}; {}",
                items(&client, &format!("{}/sources", org.base)),
                server.log()
            )
        });
    }
    let metrics = client.get("/metrics").expect("the server answers").text();
    assert!(metrics.contains("isocial_streams_open 1\n"), "{metrics}");

    let all = |_: &Week, _: usize| true;
    assert_eq!(network.get().publish_held_back(), HELD_BACK);
    let (first, second) = (["ryndola"], ["voltekka", "pedrimo"]);
    let expected = network.texts(&first, false, all);
    assert!(expected.len() > 20, "{}", expected.len());
    ours.settles(&client, "our mentions", &expected, false);
    let expected = network.texts(&second, false, all);
    rivals.settles(&client, "the rivals' mentions", &expected, false);

    // What happens while the server is dead is told when it is back, from where it was; what comes twice is there once.
    server.kill().expect("it can be killed");
    network.get().apply_edits_and_deletions();
    let (server, client) = start(&deployment, &mut token);
    let expected = network.texts(&first, true, all);
    ours.settles(&client, "our mentions at last", &expected, false);
    let expected = network.texts(&second, true, all);
    rivals.settles(&client, "the rivals' mentions at last", &expected, false);

    // An organisation for which there is nothing was given nothing, and its ledger says so.
    assert!(nobody.texts(&client).is_empty());
    let lines = |org: &Org| items(&client, &format!("{}/receipts?limit=500", org.base));
    let shared = |org: &Org| lines(org).iter().filter(|l| l["line"] == "shared").count();
    assert_eq!(shared(&nobody), 0);
    assert!(shared(&ours) > 0 && shared(&rivals) > 0);
    for org in [&ours, &rivals] {
        let verdict = client.get(&format!("{}/receipts/verdict", org.base));
        let verdict = verdict.expect("the server answers").json();
        assert_eq!(
            (&verdict["integrity"], &verdict["completeness"]),
            (&json!("intact"), &json!("complete"))
        );
        let collected_by = |m: &Value| m["collected_by"].as_u64();
        assert!(
            items(&client, &format!("{}/mentions?limit=500", org.base))
                .iter()
                .all(|m| collected_by(m).is_some())
        );
    }
    server.stop().expect("it stops when asked");

    // What the stream's connector was given stands in the deployment's own ledger, which adds up to the sandbox's counter.
    let receipts = |arguments: &[&str]| {
        let out = deployment
            .command()
            .arg("receipts")
            .args(arguments)
            .env("ISOCIAL_TOKEN", &token)
            .output()
            .expect("the program runs");
        let error = String::from_utf8_lossy(&out.stderr).into_owned();
        assert!(out.status.success(), "{arguments:?}: {error}");
        String::from_utf8(out.stdout).expect("text")
    };
    let said: Value =
        serde_json::from_str(&receipts(&["verify", "--shared", "--json"])).expect("JSON");
    assert_eq!(
        (&said["integrity"], &said["completeness"], &said["good"]),
        (&json!("intact"), &json!("complete"), &json!(true))
    );
    let sums = &said["reconciled"];
    assert!(sums["exact"].as_u64() >= Some(1), "{said}");
    assert_eq!(
        (&sums["unclean"], &sums["open_calls"], &sums["holds"]),
        (&json!(1), &json!(0), &json!(true)),
        "{said}"
    );
    let file = folder.path().join("shared.ledger.jsonl");
    let file = file.to_str().expect("a path in UTF-8");
    receipts(&["download", "--shared", "--out", file]);
    let key = receipts(&["key"]);
    let outside: Value =
        serde_json::from_str(&receipts(&["verify", file, "--key", key.trim(), "--json"]))
            .expect("JSON");
    assert_eq!(outside["good"], true, "{outside}");
    assert_eq!(outside["lines"], said["lines"]);
}

#[test]
fn a_monitor_that_comes_or_goes_joins_or_leaves_a_stream_that_is_open() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let network = Network::start(11, HELD_BACK, None);
    let deployment = deployment(folder.path(), &network, &["bluesky", "en"]);
    let mut token = String::new();
    let (server, client) = start(&deployment, &mut token);
    let service = format!("ws://{}", network.get().addr);
    let config = json!({ "mode": "stream", "service": service });
    let org = |slug: &str, query: &str| {
        Org::new(&client, slug, "isocial/bluesky", &json!({}), &config, query)
    };
    let first = org("river", RIVALS);
    until("the stream to be open", PATIENCE, || {
        first.is_open(&client).then_some(())
    })
    .expect("it opens");
    let second = org("brook", EITHER);
    until("the new source to be read", PATIENCE, || {
        second.is_open(&client).then_some(())
    })
    .expect("it is");
    let gone = client.delete(&format!("{}/monitors/{}", first.base, first.monitor));
    assert_eq!(gone.expect("the server answers").status, 204);
    network.get().publish_held_back();
    let expected = network.texts(&["ryndola"], false, |_, _| true);
    second.settles(&client, "the new monitor's mentions", &expected, false);
    assert!(items(&client, &format!("{}/mentions", first.base)).is_empty());
    server.stop().expect("it stops when asked");
}

#[test]
fn the_demo_listens_to_a_live_stream_and_says_what_it_could_not_reach() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let network = Network::start(11, HELD_BACK, Some(2));
    let deployment = deployment(
        folder.path(),
        &network,
        &["bluesky", "feed", "en", "vi", "csv", "jsonl"],
    );
    let out = deployment
        .command()
        .args([
            "demo",
            "--live",
            "--once",
            "--json",
            "--seconds",
            "6",
            "--exports",
        ])
        .arg(folder.path().join("exports"))
        .args(["--bluesky", &format!("ws://{}", network.get().addr)])
        .args(["--feed", "https://127.0.0.1:9/feed.xml"])
        .output()
        .expect("the program runs");
    let error = String::from_utf8_lossy(&out.stderr);
    assert!(out.status.success(), "{error}");
    let summary: Value = serde_json::from_slice(&out.stdout).expect("it prints JSON");
    let number = |key: &str| summary[key].as_u64().unwrap_or_default();
    assert!(number("collected") > 20, "{summary}");
    assert_eq!(
        (number("matched"), number("dropped")),
        (number("collected"), 0),
        "{summary}"
    );
    assert!(
        number("stored") > 20 && number("exported_rows") > 40 && number("without_receipt") == 0,
        "{summary}"
    );
    let unreachable = summary["unreachable"].to_string();
    assert!(
        unreachable.contains("feed.xml") && !unreachable.contains("Bluesky"),
        "{summary}"
    );
}
