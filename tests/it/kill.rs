//! `kill -9` at seeded points: what is kept afterwards is what an uninterrupted run over the same input keeps.
//!
//! Five deployments are killed ten times each, once inside each of the six stages (the program's own marker proves the stage) and
//! four times at random. Each kill meets work of its own: a source with a monitor and a rule that are made for it.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    process::Output,
    sync::{Arc, Mutex},
    time::Duration,
};

use isocial_model::{Clock as _, time::SystemClock};
use isocial_tests::{
    http::{Asked, Client, Reply, Site},
    server::{Deployment, Server, until},
};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

const SEED: u64 = 20_261_123;
const DEPLOYMENTS: u64 = 5;
const STAGES: [&str; 6] = ["fetch", "commit", "analyse", "notice", "delivery", "export"];
const RANDOM_KILLS: usize = 4;
const WORKERS: usize = 2;
/// Long enough for a page on a busy machine, short enough to be waited for after each kill.
const TOML: &str = "public_url = \"http://127.0.0.1:7700\"\n[collect]\ninterval_s = 3600\nworkers = 2\nlease_s = 3\n[notify]\nbackoff_s = 1\n";
const HOUR: i64 = 3_600_000;
/// Hours with one post each, posts of the hour after them, and posts that the query does not match.
const CALM: usize = 40;
const BURST: usize = 30;
const OTHER: usize = 10;
/// Posts of the feed that takes three pages.
const LONG: usize = 600;
/// Seconds that anything may take on a busy machine.
const PATIENCE: u64 = 90;

/// SplitMix64: the same points of death for the same seed.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % n
    }
    fn shuffle<T>(&mut self, items: &mut [T]) {
        for n in (1..items.len()).rev() {
            items.swap(n, self.below(n as u64 + 1) as usize);
        }
    }
}

/// Where a run is killed.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Death {
    /// At the n-th passage of a stage.
    In(&'static str, u32),
    /// So many milliseconds after work was given.
    Working(u64),
    /// So many milliseconds after the start, ready or not.
    Starting(u64),
}

fn deaths(dice: &mut Dice) -> Vec<Death> {
    let mut all: Vec<Death> = STAGES
        .iter()
        .map(|stage| match *stage {
            // These have a passage before the step and one after it.
            "commit" | "notice" | "export" => Death::In(stage, 1 + dice.below(2) as u32),
            _ => Death::In(stage, 1),
        })
        .collect();
    for n in 0..RANDOM_KILLS {
        all.push(if n % 2 == 0 {
            Death::Working(dice.below(900))
        } else {
            Death::Starting(dice.below(1_500))
        });
    }
    dice.shuffle(&mut all);
    all
}

/// What the site of the test was asked and told.
#[derive(Debug, Default, Clone)]
struct Heard {
    /// Path → how often it was read.
    reads: BTreeMap<String, usize>,
    /// Idempotency key → how often it came.
    messages: BTreeMap<String, usize>,
}

/// The texts of one feed: number, hours after the beginning in milliseconds, words.
fn entries(feed: &str) -> Vec<(usize, i64, String)> {
    let words = [
        "a great ride, I love it",
        "the brakes failed again, terrible",
        "seen at the river today",
    ];
    let text = |n: usize| format!("Lantia wheels, note {n}: {}", words[n % words.len()]);
    if feed == "long" {
        return (0..LONG)
            .map(|n| (n, n as i64 * HOUR / 4, text(n)))
            .collect();
    }
    let calm = (0..CALM).map(|n| (n, n as i64 * HOUR, text(n)));
    let burst = (CALM..CALM + BURST).map(|n| (n, CALM as i64 * HOUR + n as i64 * 30_000, text(n)));
    let other = (CALM + BURST..CALM + BURST + OTHER)
        .map(|n| (n, n as i64 * HOUR, format!("Nothing to see here, note {n}")));
    calm.chain(burst).chain(other).collect()
}

/// Posts of a feed that the query matches.
fn matching(feed: &str) -> usize {
    if feed == "long" { LONG } else { CALM + BURST }
}

fn feed(name: &str, begin: i64) -> String {
    let items: Vec<Value> = entries(name)
        .into_iter()
        .map(|(n, after, text)| {
            let at = jiff::Timestamp::from_millisecond(begin + after).expect("a date of our days");
            json!({
                "id": format!("{name}-{n}"), "url": format!("https://{name}.example/{n}"), "content_text": text,
                "date_published": at.to_string(), "language": "en",
            })
        })
        .collect();
    json!({ "version": "https://jsonfeed.org/version/1.1", "title": name, "language": "en", "items": items }).to_string()
}

fn site(heard: &Arc<Mutex<Heard>>, begin: i64) -> Site {
    let heard = Arc::clone(heard);
    Site::serve(move |asked: &Asked| {
        let mut heard = heard.lock().expect("nobody panics with it");
        if let Some(name) = asked.path.strip_prefix("/feed/") {
            *heard.reads.entry(name.to_owned()).or_default() += 1;
            return Reply::new(200, "application/feed+json", feed(name, begin))
                .with("etag", "\"1\"");
        }
        let key = asked.header("webhook-id").to_owned();
        *heard.messages.entry(key).or_default() += 1;
        Reply::new(200, "text/plain", "")
    })
    .expect("loopback has a free port")
}

/// What one run works on.
struct Scene {
    deployment: Deployment,
    token: String,
    base: String,
    workspace: String,
    reader: String,
    channel: String,
    format: String,
    site: String,
}

pub(crate) fn created(client: &Client, path: &str, body: &Value) -> String {
    let reply = client.post(path, body).expect("the server answers");
    assert!(
        matches!(reply.status, 201 | 202),
        "{path}: {} {}",
        reply.status,
        reply.text()
    );
    reply.json()["id"].as_str().unwrap_or_default().to_owned()
}

/// An organisation with its plugins, made once; runs begin on copies of its folder.
fn set_up(folder: &Path, site: &Site) -> Scene {
    let deployment =
        Deployment::new(folder, &[site.addr().port()], TOML).expect("the folder is writable");
    let mut server = deployment.start().expect("the server starts");
    let token = server.token().expect("the first start prints the token");
    let client = server.client(&token).expect("it listens");
    let org = created(
        &client,
        "/api/v1/organisations",
        &json!({ "slug": "river" }),
    );
    let base = format!("/api/v1/organisations/{org}");
    let workspace = created(
        &client,
        &format!("{base}/workspaces"),
        &json!({ "id": "", "name": "Brand" }),
    );
    let at = site.addr().to_string();
    let enable = |package: &str, more: Value| {
        let mut body = json!({ "workspace": workspace, "package": package });
        body.as_object_mut()
            .expect("an object")
            .extend(more.as_object().cloned().unwrap_or_default());
        created(&client, &format!("{base}/installations"), &body)
    };
    enable("isocial/en", json!({}));
    let reader = enable("isocial/feed", json!({ "hosts": ["127.0.0.1"] }));
    let format = enable("isocial/jsonl", json!({}));
    let channel = enable(
        "isocial/webhook",
        json!({
            "hosts": ["127.0.0.1"], "config": { "url": format!("http://{at}/hook") },
            "credentials": { "signing": "whsec_cml2ZXItd2hlZWxzLXRlc3Qtc2VjcmV0" },
        }),
    );
    server.stop().expect("it stops when asked");
    Scene {
        deployment,
        token,
        base,
        workspace,
        reader,
        channel,
        format,
        site: at,
    }
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a temporary folder is writable");
    for entry in std::fs::read_dir(from).expect("it is there").flatten() {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).expect("it can be copied");
        }
    }
}

impl Scene {
    /// The same on a copy of its data.
    fn copied(&self, folder: &Path) -> Self {
        copy(&self.deployment.data, &folder.join("data"));
        let mut deployment = self.deployment.clone();
        deployment.data = folder.join("data");
        Self {
            deployment,
            token: self.token.clone(),
            base: self.base.clone(),
            workspace: self.workspace.clone(),
            reader: self.reader.clone(),
            channel: self.channel.clone(),
            format: self.format.clone(),
            site: self.site.clone(),
        }
    }

    fn source(&self, client: &Client, feed: &str) -> String {
        let url = format!("http://{}/feed/{feed}", self.site);
        let body = json!({ "installation": self.reader, "config": { "url": url } });
        let source = created(client, &format!("{}/sources", self.base), &body);
        let body = json!({ "workspace": self.workspace, "name": feed, "query": "lantia", "sources": [source] });
        created(client, &format!("{}/monitors", self.base), &body)
    }

    /// Work for one kill; the export that it asked for, if it did.
    fn act(&self, client: &Client, step: usize, death: Death) -> Option<String> {
        if step == 0 {
            self.source(client, "long");
        }
        let feed = format!("f{step}");
        let monitor = self.source(client, &feed);
        let rule = json!({ "monitor": monitor, "name": "Crisis watch", "spec": { "when": "spike", "minimum": 20, "factor": 4.0 }, "channels": [self.channel] });
        created(client, &format!("{}/rules", self.base), &rule);
        matches!(death, Death::In("export", _)).then(|| {
            let path = format!("{}/mentions?limit=500&monitor={monitor}", self.base);
            until("a monitor to be complete", PATIENCE, || {
                (items(client, &path).len() == matching(&feed)).then_some(())
            })
            .unwrap_or_else(|e| {
                panic!(
                    "{e}: {} mentions; {:?}",
                    items(client, &path).len(),
                    items(client, &format!("{}/sources", self.base))
                )
            });
            let body = json!({ "format": self.format, "title": feed, "monitor": monitor });
            created(client, &format!("{}/exports", self.base), &body)
        })
    }
}

/// The items of one page.
pub(crate) fn items(client: &Client, path: &str) -> Vec<Value> {
    let reply = client.get(path).expect("the server answers");
    assert_eq!(reply.status, 200, "{path}: {}", reply.text());
    reply.json()["items"]
        .as_array()
        .cloned()
        .unwrap_or_default()
}

/// All items of all pages.
fn all(client: &Client, path: &str) -> Vec<Value> {
    let mut found = Vec::new();
    let mut after = String::new();
    loop {
        let reply = client.get(&format!("{path}?limit=500{after}"));
        let page = reply.expect("the server answers").json();
        found.extend(page["items"].as_array().cloned().unwrap_or_default());
        match page["next"].as_str() {
            Some(next) => after = format!("&after={next}"),
            None => return found,
        }
    }
}

/// What became of one run.
struct Ended {
    content: String,
    totals: Value,
    /// Kills of a server that served, and of one that perhaps did not yet.
    killed: (usize, usize),
    unclean_lines: usize,
}

/// Runs all steps, killed or not, lets them finish and checks what a run can be checked for by itself.
fn run(scene: &Scene, heard: &Mutex<Heard>, deaths: &[Death], kills: bool) -> Ended {
    *heard.lock().expect("nobody panics with it") = Heard::default();
    let mut exports = Vec::new();
    let mut killed = (0, 0);
    let mut running: Option<Server> = None;
    for (step, death) in deaths.iter().copied().enumerate() {
        if !kills {
            let mut server = running
                .take()
                .unwrap_or_else(|| scene.deployment.start().expect("the server starts"));
            let client = server.client(&scene.token).expect("it listens");
            exports.extend(scene.act(&client, step, death));
            running = Some(server);
            continue;
        }
        let mut deployment = scene.deployment.clone();
        let marker = scene
            .deployment
            .data
            .with_file_name(format!("marker-{step}"));
        if let Death::In(stage, n) = death {
            let probe = format!("{stage}:{n}:{}", marker.display());
            deployment.env.push(("ISOCIAL_TEST_PROBE".into(), probe));
        }
        let mut server = deployment.start().expect("it starts after a kill");
        let client = server.client(&scene.token).expect("it listens");
        exports.extend(scene.act(&client, step, death));
        match death {
            Death::In(stage, _) => {
                until(&format!("the marker of {stage}"), PATIENCE, || {
                    marker.exists().then_some(())
                })
                .unwrap_or_else(|e| panic!("step {step}, {death:?}: {e}; {}", server.log()));
                let said = until("the marker's word", PATIENCE, || {
                    std::fs::read_to_string(&marker)
                        .ok()
                        .filter(|t| !t.is_empty())
                });
                assert_eq!(said.as_deref(), Ok(stage));
            }
            Death::Working(ms) => std::thread::sleep(Duration::from_millis(ms)),
            Death::Starting(ms) => {
                // Work is left over by a kill; the one that is meant comes in the next start.
                server.kill().expect("it can be killed");
                killed.0 += 1;
                server = deployment.spawn().expect("it starts after a kill");
                std::thread::sleep(Duration::from_millis(ms));
            }
        }
        server.kill().expect("it can be killed");
        if matches!(death, Death::Starting(_)) {
            killed.1 += 1;
        } else {
            killed.0 += 1;
        }
    }

    let mut server = running.take().unwrap_or_else(|| {
        scene
            .deployment
            .start()
            .expect("it starts after the last kill")
    });
    let client = server.client(&scene.token).expect("it listens");
    settle(scene, &client, deaths.len(), &exports);
    check_mentions(scene, &client, deaths.len());
    check_exports(scene, &client, &exports);
    let unclean_lines = check_ledger(scene, &client, heard, killed.0 + killed.1);
    check_notices(scene, &client, heard, deaths, kills);
    drop(client);
    server.stop().expect("it stops when asked");
    let verdict = verify(scene);
    assert_eq!(verdict["good"], true, "{verdict}");
    assert_eq!(verdict["totals"]["without_receipt"], 0, "{verdict}");
    // The last run ended cleanly: the sandbox's counter was read, and the lines add up to it.
    let reconciled = &verdict["reconciled"];
    assert!(
        reconciled["exact"].as_u64() >= Some(1) && reconciled["open_calls"] == 0,
        "{verdict}"
    );
    Ended {
        content: verdict["content"].as_str().unwrap_or_default().to_owned(),
        totals: verdict["totals"].clone(),
        killed,
        unclean_lines,
    }
}

/// Waits until nothing is left to do.
fn settle(scene: &Scene, client: &Client, steps: usize, exports: &[String]) {
    let expected = LONG + steps * (CALM + BURST);
    until("all mentions", PATIENCE, || {
        (all(client, &format!("{}/mentions", scene.base)).len() >= expected).then_some(())
    })
    .expect("they come");
    until("all notices", PATIENCE, || {
        let notices = items(client, &format!("{}/notices", scene.base));
        let delivered = notices
            .iter()
            .filter(|n| n["status"] == "delivered")
            .count();
        (notices.len() >= steps && delivered == notices.len()).then_some(())
    })
    .unwrap_or_else(|e| {
        panic!(
            "{e}: {:?}",
            items(client, &format!("{}/notices", scene.base))
        )
    });
    for id in exports {
        until("an export", PATIENCE, || {
            let export = client
                .get(&format!("{}/exports/{id}", scene.base))
                .ok()?
                .json();
            (export["state"] == "done").then_some(())
        })
        .expect("it is written");
    }
}

/// Every expected mention once, no other.
fn check_mentions(scene: &Scene, client: &Client, steps: usize) {
    let names: BTreeMap<String, String> = items(client, &format!("{}/monitors", scene.base))
        .iter()
        .map(|m| {
            (
                m["id"].to_string(),
                m["name"].as_str().unwrap_or_default().to_owned(),
            )
        })
        .collect();
    let mut found: Vec<(String, String)> = all(client, &format!("{}/mentions", scene.base))
        .iter()
        .map(|m| {
            let url = m["url"].as_str().unwrap_or_default().to_owned();
            (names[&m["monitor"].to_string()].clone(), url)
        })
        .collect();
    let mut expected: Vec<(String, String)> = (0..steps)
        .map(|n| format!("f{n}"))
        .chain(["long".to_owned()])
        .flat_map(|feed| {
            let urls = (0..matching(&feed)).map(|n| format!("https://{feed}.example/{n}"));
            urls.map(|url| (feed.clone(), url)).collect::<Vec<_>>()
        })
        .collect();
    found.sort();
    expected.sort();
    assert_eq!(found.len(), expected.len());
    assert_eq!(found, expected);
}

/// The files of the exports that were killed, and one of everything, have each row once.
fn check_exports(scene: &Scene, client: &Client, exports: &[String]) {
    let body = json!({ "format": scene.format, "title": "Everything" });
    let everything = created(client, &format!("{}/exports", scene.base), &body);
    let mentions = all(client, &format!("{}/mentions", scene.base)).len();
    let expected = exports.iter().map(|id| (id.clone(), CALM + BURST));
    for (id, rows) in expected.chain([(everything, mentions)]) {
        let path = format!("{}/exports/{id}", scene.base);
        let export = until("an export", PATIENCE, || {
            let export = client.get(&path).ok()?.json();
            (export["state"] == "done").then_some(export)
        })
        .expect("it is written");
        let file = client
            .get(&format!("{path}/file"))
            .expect("the server answers");
        assert_eq!(hex::encode(Sha256::digest(&file.body)), export["sha256"]);
        let text = file.text();
        let lines: BTreeSet<&str> = text.lines().collect();
        assert_eq!((text.lines().count(), lines.len()), (rows, rows));
        assert_eq!(export["rows"], rows);
    }
}

/// The chain holds, every mention's receipts are calls in it, and its exchanges are the ones that the site saw. Counts unclean stops.
fn check_ledger(scene: &Scene, client: &Client, heard: &Mutex<Heard>, kills: usize) -> usize {
    let verdict = client.get(&format!("{}/receipts/verdict", scene.base));
    let verdict = verdict.expect("the server answers").json();
    assert_eq!(
        (&verdict["integrity"], &verdict["completeness"]),
        (&json!("intact"), &json!("complete"))
    );
    let lines = all(client, &format!("{}/receipts", scene.base));
    assert_eq!(verdict["lines"], lines.len());
    let calls: BTreeMap<u64, &Value> = lines
        .iter()
        .filter(|l| l["line"] == "call")
        .map(|l| (l["seq"].as_u64().unwrap_or_default(), l))
        .collect();
    let mut by: BTreeMap<(u64, &str), u64> = BTreeMap::new();
    for mention in all(client, &format!("{}/mentions", scene.base)) {
        for (key, kind) in [
            ("collected_by", "connector"),
            ("analysed_by", "language-pack"),
        ] {
            let seq = mention[key]
                .as_u64()
                .expect("every mention has both receipts");
            *by.entry((seq, kind)).or_default() += 1;
        }
    }
    for ((seq, kind), mentions) in by {
        let call = calls[&seq];
        assert_eq!(
            (&call["kind"], &call["verdict"]),
            (&json!(kind), &json!("ok"))
        );
        assert!(call["items-out"].as_u64() >= Some(mentions), "{call}");
    }
    // Between an exchange and its receipt lies at most what the workers had in hand when they were killed.
    let exchanges = |method: &str| {
        let lines = lines
            .iter()
            .filter(|l| l["line"] == "egress" && l["method"] == method);
        lines
            .map(|l| l["times"].as_u64().unwrap_or(1) as usize)
            .sum::<usize>()
    };
    let heard = heard.lock().expect("nobody panics with it").clone();
    let (reads, messages) = (
        heard.reads.values().sum::<usize>(),
        heard.messages.values().sum::<usize>(),
    );
    for (method, seen) in [("GET", reads), ("POST", messages)] {
        let told = exchanges(method);
        assert!(
            told <= seen && seen <= told + kills * WORKERS,
            "{method}: {told} receipts, {seen} exchanges, {kills} kills"
        );
        assert!(
            kills > 0 || told == seen,
            "{method}: {told} receipts, {seen} exchanges"
        );
    }
    // Each kill repeats at most one page of a source, and of at most as many sources as there are workers.
    let mut extra = 0;
    for (feed, reads) in &heard.reads {
        let pages = if feed == "long" {
            LONG.div_ceil(250)
        } else {
            1
        };
        assert!(
            (pages..=pages + kills).contains(reads),
            "{feed}: read {reads} times"
        );
        extra += reads - pages;
    }
    // What was fetched, or analysed, when the server was killed is read again: the kills met work.
    assert!(
        kills == 0 || extra >= 2,
        "{extra} pages were repeated by {kills} kills"
    );
    assert!(
        extra <= kills * WORKERS,
        "{extra} pages were repeated by {kills} kills"
    );
    lines.iter().filter(|l| l["line"] == "unclean-stop").count()
}

/// One notice an incident; every message that came belongs to one of them.
fn check_notices(
    scene: &Scene,
    client: &Client,
    heard: &Mutex<Heard>,
    deaths: &[Death],
    kills: bool,
) {
    let notices = items(client, &format!("{}/notices", scene.base));
    let incidents = items(client, &format!("{}/incidents", scene.base));
    let of = |rows: &[Value], key: &str| -> BTreeSet<String> {
        rows.iter().map(|r| r[key].to_string()).collect()
    };
    assert_eq!(
        (notices.len(), incidents.len()),
        (deaths.len(), deaths.len())
    );
    assert_eq!(of(&notices, "subject").len(), deaths.len());
    assert_eq!(of(&incidents, "monitor").len(), deaths.len());
    let heard = heard.lock().expect("nobody panics with it").clone();
    assert_eq!(heard.messages.len(), notices.len(), "{:?}", heard.messages);
    let (sent, repeats) = (heard.messages.values().sum::<usize>(), usize::from(kills));
    // The message that had gone out when the server was killed came again, under the same key.
    assert!(sent >= notices.len() + repeats, "{:?}", heard.messages);
    assert!(kills || sent == notices.len(), "{:?}", heard.messages);
}

fn verify(scene: &Scene) -> Value {
    let Output {
        status,
        stdout,
        stderr,
    } = scene
        .deployment
        .command()
        .args(["receipts", "verify", "river", "--json"])
        .env("ISOCIAL_TOKEN", &scene.token)
        .output()
        .expect("the program runs");
    assert!(status.success(), "{}", String::from_utf8_lossy(&stderr));
    serde_json::from_slice(&stdout).expect("it prints JSON")
}

#[test]
fn fifty_kills_lose_nothing_and_double_nothing() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let now = SystemClock.now().as_millis();
    let begin = now - now.rem_euclid(HOUR) - 240 * HOUR;
    let heard = Arc::new(Mutex::new(Heard::default()));
    let site = site(&heard, begin);
    let scene = set_up(folder.path(), &site);

    let mut dice = Dice(SEED);
    let plans: Vec<Vec<Death>> = (0..DEPLOYMENTS).map(|_| deaths(&mut dice)).collect();
    let mut whole = scene.copied(&folder.path().join("whole"));
    // Here nothing is to be taken over, however busy the machine is.
    let lease = ("ISOCIAL_COLLECT_LEASE_S".into(), "600".into());
    whole.deployment.env.push(lease);
    let whole = run(&whole, &heard, &plans[0], false);
    assert_eq!(whole.unclean_lines, 0);

    let mut kills = 0;
    for (n, plan) in plans.iter().enumerate() {
        let scene = scene.copied(&folder.path().join(format!("killed-{n}")));
        let ended = run(&scene, &heard, plan, true);
        assert_eq!(ended.totals, whole.totals, "deployment {n}, {plan:?}");
        assert_eq!(ended.content, whole.content, "deployment {n}, {plan:?}");
        // A run that was killed before it had begun leaves no line, nor does one that was killed before it had written the last one's.
        let (served, starting) = ended.killed;
        let lines = served - starting..=served + starting;
        assert!(
            lines.contains(&ended.unclean_lines),
            "deployment {n}: {} unclean stops in the ledger, expected {lines:?}",
            ended.unclean_lines
        );
        kills += served + starting;
    }
    assert!(kills >= 50, "{kills} kills");
}
