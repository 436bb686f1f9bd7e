//! The books, from outside: a ledger is taken out and checked where neither the data folder nor the server is; and a plugin's rights are
//! explained.

use std::{
    fs,
    path::Path,
    process::{Command, Output, Stdio},
};

use isocial_tests::{
    http::{Asked, Reply, Site},
    isocial,
    server::{Deployment, until},
};
use serde_json::{Value, json};

use crate::kill::{created, items};

const POSTS: usize = 12;
const PATIENCE: u64 = 60;

/// A feed whose posts all match, and which has nothing new when it is read again.
fn site() -> Site {
    Site::serve(|_: &Asked| {
        let items: Vec<Value> = (0..POSTS)
            .map(|n| {
                json!({
                    "id": format!("n-{n}"), "url": format!("https://feed.example/{n}"),
                    "content_text": format!("Lantia wheels, note {n}: a great ride"), "language": "en",
                    "date_published": "2026-01-05T10:00:00Z",
                })
            })
            .collect();
        let body = json!({
            "version": "https://jsonfeed.org/version/1.1", "title": "feed", "language": "en", "items": items,
        });
        Reply::new(200, "application/feed+json", body.to_string())
    })
    .expect("loopback has a free port")
}

/// The program in an empty folder, with nothing of any deployment in its surroundings.
fn outsider(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(isocial());
    for (name, _) in std::env::vars() {
        if name.starts_with("ISOCIAL_") {
            command.env_remove(name);
        }
    }
    command
        .args(arguments)
        .current_dir(folder)
        .stdin(Stdio::null())
        .output()
        .expect("the program runs")
}

/// What `receipts verify FILE --json` says, and whether it ended well.
fn verdict(folder: &Path, more: &[&str]) -> (bool, Value) {
    let arguments = [&["receipts", "verify"], more, &["--json"]].concat();
    let output = outsider(folder, &arguments);
    let said = String::from_utf8_lossy(&output.stderr);
    let verdict = serde_json::from_slice(&output.stdout).unwrap_or_else(|e| panic!("{e}: {said}"));
    (output.status.success(), verdict)
}

#[test]
fn ht_28_a_ledger_is_checked_by_an_outsider_and_every_tampering_is_found() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let away = tempfile::tempdir().expect("another place");
    let heads = away.path().join("heads");
    let site = site();
    let toml = format!(
        "[collect]\ninterval_s = 1\n[receipts]\nheads_dir = {:?}\n",
        heads.display().to_string()
    );
    let deployment = Deployment::new(folder.path(), &[site.addr().port()], &toml)
        .and_then(|d| d.with_packages(&["feed", "en"]))
        .expect("the folder is writable and the packages are built");
    let mut server = deployment.start().expect("it serves");
    let token = server.token().expect("the first start prints it");
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
    let enable = |package: &str, hosts: Value| {
        let body = json!({ "workspace": workspace, "package": package, "hosts": hosts });
        created(&client, &format!("{base}/installations"), &body)
    };
    enable("isocial/en", json!([]));
    let reader = enable("isocial/feed", json!(["127.0.0.1"]));
    let url = format!("http://{}/feed", site.addr());
    let source = json!({ "installation": reader, "config": { "url": url } });
    let source = created(&client, &format!("{base}/sources"), &source);
    let monitor =
        json!({ "workspace": workspace, "name": "m", "query": "lantia", "sources": [source] });
    created(&client, &format!("{base}/monitors"), &monitor);
    until("the mentions", PATIENCE, || {
        (items(&client, &format!("{base}/mentions")).len() == POSTS).then_some(())
    })
    .expect("they come");

    // The organisation takes its ledger out over the API while the host runs on.
    let reply = client
        .get(&format!("{base}/receipts/file"))
        .expect("the server answers");
    assert_eq!(reply.status, 200);
    fs::write(away.path().join("early.jsonl"), reply.text()).expect("writable");
    let key = client
        .get("/api/v1/receipts/key")
        .expect("it answers")
        .json();
    let key = key["key"].as_str().expect("hex").to_owned();
    let (good, found) = verdict(away.path(), &["early.jsonl", "--key", &key]);
    assert!(
        good && found["pinned"] == true && found["ledger"] == org,
        "{found}"
    );
    let rights = client
        .get(&format!("{base}/installations/{reader}/rights"))
        .expect("it answers")
        .json();
    assert_eq!(rights["installed"], true, "{rights}");
    assert_eq!(
        rights["contracts"][0]["fields"][0]["layers"][0]["layer"],
        "ceiling"
    );
    drop(client);
    server.stop().expect("it stops when asked");

    // A clean stop reads the sandbox's counter: the lines stand for exactly the calls that it took.
    let run = |arguments: &[&str]| {
        let mut command = deployment.command();
        let command = command.args(arguments).env("ISOCIAL_TOKEN", &token);
        command.output().expect("the program runs")
    };
    let out = away.path().join("ledger.jsonl");
    let output = run(&[
        "receipts",
        "download",
        "river",
        "--out",
        &out.display().to_string(),
    ]);
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let printed = run(&["receipts", "key"]);
    assert_eq!(String::from_utf8_lossy(&printed.stdout).trim(), key);
    let (good, found) = verdict(
        away.path(),
        &["ledger.jsonl", "--key", &key, "--heads", "heads"],
    );
    assert!(good && found["integrity"] == "intact", "{found}");
    let reconciled = &found["reconciled"];
    assert!(
        reconciled["exact"].as_u64() >= Some(1)
            && reconciled["open_calls"] == 0
            && reconciled["off"] == json!([]),
        "{found}"
    );
    let text = fs::read_to_string(&out).expect("it was written");
    let lines: Vec<&str> = text.lines().collect();
    let calls: u64 = lines
        .iter()
        .filter_map(|l| serde_json::from_str::<Value>(l).ok())
        .filter(|l| l["line"]["line"] == "call")
        .map(|l| l["line"]["times"].as_u64().unwrap_or_default())
        .sum();
    assert_eq!(reconciled["calls"], calls);

    // Folder and server are not needed; each tampering is found.
    fs::rename(folder.path(), folder.path().with_extension("away")).expect("it can be moved");
    let tampered = |name: &str, lines: &[&str]| {
        fs::write(away.path().join(name), lines.join("\n")).expect("writable");
        let (good, found) = verdict(away.path(), &[name]);
        assert!(!good && found["good"] == false, "{name}: {found}");
        let word = |key: &str| found[key].as_str().unwrap_or_default().to_owned();
        (word("integrity"), word("completeness"))
    };
    let changed = lines[2].replace("\"bytes-in\":", "\"bytes-in\":1");
    let mut all = lines.clone();
    all[2] = &changed;
    assert_eq!(tampered("changed", &all).0, "changed at line 2");
    let mut all = lines.clone();
    all.remove(3);
    assert_eq!(tampered("missing", &all).0, "line 3 is missing");
    let mut all = lines.clone();
    all.insert(3, lines[1]);
    assert_eq!(tampered("inserted", &all).0, "line 1 was put in");
    let mut all = lines.clone();
    all.remove(lines.len() - 2);
    let (integrity, completeness) = tampered("cut", &all);
    assert!(
        integrity == "intact" && completeness.starts_with("cut off"),
        "{completeness}"
    );
    // The early download is whole, and the heads outside say that it is not the newest.
    let (good, found) = verdict(away.path(), &["early.jsonl", "--heads", "heads"]);
    assert!(
        !good
            && found["completeness"]
                .as_str()
                .is_some_and(|c| c.starts_with("cut off")),
        "{found}"
    );
    let (good, _) = verdict(away.path(), &["ledger.jsonl", "--key", &"00".repeat(32)]);
    assert!(!good, "another key signed nothing of this");
    fs::rename(folder.path().with_extension("away"), folder.path()).expect("it can be moved back");
    // What it is asked of the data folder is answered as before.
    let output = run(&["receipts", "verify", "river", "--json"]);
    let verdict: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(verdict["good"], true, "{verdict}");
}

#[test]
fn a_plugins_rights_are_explained_layer_by_layer() {
    let away = tempfile::tempdir().expect("a folder");
    let packages = isocial_tests::packages().display().to_string();
    let explain = |more: &[&str]| {
        let mut command = Command::new(isocial());
        command
            .args([&["plugin", "explain"], more].concat())
            .current_dir(away.path())
            .env("ISOCIAL_PLUGINS_DIR", &packages)
            .output()
            .expect("the program runs")
    };
    let output = explain(&["isocial/csv", "--network", "nowhere", "--json"]);
    let said: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let fields = said["contracts"][0]["fields"].as_array().expect("fields");
    let field = |name: &str| {
        fields
            .iter()
            .find(|f| f["field"] == name)
            .expect("it is asked for")
    };
    let text = field("post.text");
    assert_eq!(text["given"], "redacted", "{text}");
    let narrowed = |layer: &Value| layer["layer"] == "network-pack" && layer["does"] == "narrows";
    assert!(
        text["layers"]
            .as_array()
            .expect("layers")
            .iter()
            .any(narrowed),
        "{text}"
    );
    let words = explain(&["isocial/en"]);
    let words = String::from_utf8_lossy(&words.stdout);
    assert!(
        words.contains("post.text") && words.contains("ceiling grants"),
        "{words}"
    );
    let absent = explain(&["isocial/none"]);
    assert!(!absent.status.success());
    assert!(String::from_utf8_lossy(&absent.stderr).contains("isocial/none"));
}
