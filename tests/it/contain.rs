//! Plugins that do harm in a running server: what is contained, what an organisation and its operator see of it, and how another version
//! takes over without a restart.

use std::{
    path::{Path, PathBuf},
    sync::atomic::{AtomicUsize, Ordering},
};

use isocial_tests::{
    http::{Client, Reply, Site},
    server::{Deployment, Server, until},
};
use serde_json::{Value, json};

use crate::kill::{created, items};

/// Posts of the feed when it is first asked; one of them is poison.
const POSTS: usize = 40;
const PATIENCE: u64 = 90;

/// Answers every document with nothing but its language, which the tag says already.
const READS: &str = "";
/// Loops for ever over a text with this word in it.
const LOOPS_OVER_POISON: &str = r"
  (block $done
    (loop $look
      (br_if $done (i32.ge_u (local.get $at) (local.get $len)))
      (if (i32.eq (i32.load (i32.add (local.get $text) (local.get $at))) (i32.const 0x73696f70)) (then (loop $ever (br $ever))))
      (local.set $at (i32.add (local.get $at) (i32.const 1)))
      (br $look)))";
const TRAPS: &str = "unreachable";

/// A language pack with this version, reading these fields.
fn pack(version: &str, fields: &str, body: &str) -> Vec<u8> {
    let module = format!(
        r#"(module
          (memory (export "memory") 4)
          (global $free (mut i32) (i32.const 8192))
          (func (export "cabi_realloc") (param i32 i32 i32) (param $size i32) (result i32)
            (local $at i32)
            (local.set $at (i32.and (i32.add (global.get $free) (i32.const 15)) (i32.const -16)))
            (global.set $free (i32.add (local.get $at) (local.get $size)))
            (local.get $at))
          (func (export "isocial:plugin/language-pack@0.1.0#analyze")
            (param $text i32) (param $len i32) (param i32 i32 i32 i32 i32 i32 i32 i32) (result i32)
            (local $at i32)
            {body}
            (i32.const 1024)))"#
    );
    let manifest = format!(
        r#"[plugin]
id = "sample/reader"
version = "{version}"
kind = "language-pack"
interface = "isocial:plugin/language-pack@0.1.0"
name = "Reader"
description = "Reads for a test."
licence = "Apache-2.0"
languages = ["en"]

[[contract]]
function = "analyze"
purposes = ["analysis/sentiment"]
input = [{fields}]
output = {{ sentiment = "enum(negative,neutral,positive)", score = "f32[-1,1]/0.01" }}
batch-max = 128
egress = []
retention = "none"
"#
    );
    let module = wat::parse_str(module).expect("a module");
    isocial_package::Package::build(&module, &manifest).expect("a package")
}

const MODEST: &str = r#""post.text:redacted""#;
const MORE: &str = r#""post.text:redacted", "post.lang""#;

struct Setting {
    deployment: Deployment,
    server: Server,
    client: Client,
    token: String,
    base: String,
    packages: PathBuf,
    _site: Site,
    _folder: tempfile::TempDir,
}

/// A server that reads a feed every second and has its English posts read by this pack; one of the first posts is poison.
fn setting(reader: &[u8]) -> Setting {
    setting_with(reader, |n| n == 23)
}

/// The same with other posts that are poison.
fn setting_with(reader: &[u8], poison: impl Fn(usize) -> bool + Send + Sync + 'static) -> Setting {
    let folder = tempfile::tempdir().expect("a temporary folder");
    // One more post each time that it is asked.
    let asked = AtomicUsize::new(0);
    let site = Site::serve(move |_| {
        let posts: Vec<Value> = (0..POSTS + asked.fetch_add(1, Ordering::Relaxed))
            .map(|n| {
                let word = if poison(n) { "poison" } else { "harmless" };
                json!({ "id": format!("n-{n}"), "url": format!("https://notes.example/{n}"), "language": "en",
                        "content_text": format!("The scooter, note {n}, {word}"), "date_published": "2026-06-01T10:00:00Z" })
            })
            .collect();
        let body =
            json!({ "version": "https://jsonfeed.org/version/1.1", "title": "Notes", "items": posts });
        Reply::new(200, "application/feed+json", body.to_string())
    })
        .expect("loopback has a free port");
    let mut deployment = Deployment::new(folder.path(), &[site.addr().port()], "")
        .and_then(|d| d.with_packages(&["feed"]))
        .expect("the folder is writable and the packages are built");
    let budget = ("ISOCIAL_SANDBOX_LANGUAGE_PACK_MS".into(), "100".into());
    deployment.env.push(budget);
    let packages = deployment.data.with_file_name("packages");
    put(&packages, "reader-1.wasm", reader);
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
        &json!({ "name": "Brand" }),
    );
    let enable = |package: &str, hosts: Value| {
        let body = json!({ "workspace": workspace, "package": package, "hosts": hosts });
        created(&client, &format!("{base}/installations"), &body)
    };
    enable("sample/reader", json!([]));
    let feed = enable("isocial/feed", json!(["127.0.0.1"]));
    let address = format!("http://{}/notes.json", site.addr());
    let source = json!({ "installation": feed, "config": { "url": address }, "every_seconds": 1 });
    let source = created(&client, &format!("{base}/sources"), &source);
    let monitor = json!({ "workspace": workspace, "name": "Scooters", "query": "scooter", "sources": [source] });
    created(&client, &format!("{base}/monitors"), &monitor);
    Setting {
        deployment,
        server,
        client,
        token,
        base,
        packages,
        _site: site,
        _folder: folder,
    }
}

/// A file comes whole or not at all, as a careful operator puts it there.
fn put(folder: &Path, name: &str, bytes: &[u8]) {
    let beside = folder.join("coming");
    std::fs::write(&beside, bytes).expect("the folder is writable");
    std::fs::rename(&beside, folder.join(name)).expect("the folder is writable");
}

impl Setting {
    fn reader(&self) -> Value {
        items(&self.client, &format!("{}/installations", self.base))
            .into_iter()
            .find(|i| {
                i["package"]
                    .as_str()
                    .is_some_and(|p| p.starts_with("sample/reader"))
            })
            .expect("it is enabled")
    }

    /// Waits until the installation is as asked for.
    fn reader_is(&self, what: &str, is: impl Fn(&Value) -> bool) -> Value {
        until(what, PATIENCE, || Some(self.reader()).filter(|r| is(r)))
            .unwrap_or_else(|error| panic!("{error}: {}\n{}", self.reader(), self.server.log()))
    }

    fn mentions(&self) -> Vec<Value> {
        until("all mentions", PATIENCE, || {
            let found = items(&self.client, &format!("{}/mentions?limit=500", self.base));
            (found.len() >= POSTS).then_some(found)
        })
        .unwrap_or_else(|error| panic!("{error}\n{}", self.server.log()))
    }

    fn version(reader: &Value) -> &str {
        let package = reader["package"].as_str().unwrap_or_default();
        package
            .split_once('@')
            .or_else(|| package.split_once(' '))
            .map_or("", |(_, rest)| rest)
    }
}

#[test]
fn a_post_that_a_pack_loops_over_is_set_aside_and_costs_no_other_post_anything() {
    let setting = setting(&pack("1.0.0", MODEST, LOOPS_OVER_POISON));
    let mentions = setting.mentions();
    let unread: Vec<&Value> = mentions
        .iter()
        .filter(|m| m["analysis"].is_null())
        .collect();
    assert_eq!(unread.len(), 1, "{unread:?}");
    assert!(unread[0].to_string().contains("poison"));
    let receipts = items(
        &setting.client,
        &format!("{}/receipts?limit=500", setting.base),
    );
    let set_aside = |r: &&Value| r.to_string().contains("quarantined");
    let quarantined: Vec<&Value> = receipts.iter().filter(set_aside).collect();
    assert!(!quarantined.is_empty(), "{receipts:?}");
    assert!(
        quarantined
            .iter()
            .all(|r| r.to_string().contains("\"time\""))
    );
    // It works, for all others: it does not rest.
    let reader = setting.reader();
    assert_eq!(reader["health"]["state"], "working", "{reader}");
    assert!(
        reader["health"]["quarantined"].as_u64() >= Some(1),
        "{reader}"
    );
    setting.server.stop().expect("it stops");
}

#[test]
fn posts_that_a_pack_loops_over_come_alone_again_and_again_and_it_goes_on_reading_others() {
    // Each new post is poison: a page of its own, in which nothing works.
    let setting = setting_with(&pack("1.0.0", MODEST, LOOPS_OVER_POISON), |n| {
        n == 23 || (POSTS..POSTS + 4).contains(&n)
    });
    setting.mentions();
    let reader = setting.reader_is("four more are set aside", |r| {
        r["health"]["quarantined"].as_u64() >= Some(5)
    });
    assert_eq!(reader["health"]["state"], "working", "{reader}");
    let read = until("those behind them are read", PATIENCE, || {
        let found = items(
            &setting.client,
            &format!("{}/mentions?limit=500", setting.base),
        );
        (found.len() > POSTS + 5).then_some(found)
    })
    .expect("they come");
    let unread: Vec<&Value> = read.iter().filter(|m| m["analysis"].is_null()).collect();
    assert!(
        unread.iter().all(|m| m.to_string().contains("poison")),
        "{unread:?}"
    );
    // A post that was set aside is not tried again at every reading of its feed.
    let reader = setting.reader();
    assert_eq!(reader["health"]["quarantined"], 5, "{reader}");
    setting.server.stop().expect("it stops");
}

#[test]
fn a_pack_that_always_traps_rests_and_a_new_version_takes_over_without_a_restart() {
    let setting = setting(&pack("1.0.0", MODEST, TRAPS));
    let mentions = setting.mentions();
    assert!(
        mentions.iter().all(|m| m["analysis"].is_null()),
        "kept, unread"
    );
    let resting = setting.reader_is("the pack rests", |r| r["health"]["state"] == "resting");
    assert_eq!(resting["health"]["quarantined"], 0, "no post is to blame");
    assert!(
        resting["health"]["failures"]["trap"].as_u64() >= Some(3),
        "{resting}"
    );
    assert!(resting["health"]["resting_until_ms"].is_i64(), "{resting}");
    // The connector beside it does not rest, and the operator sees it without asking the API.
    let feed = items(&setting.client, &format!("{}/installations", setting.base));
    assert!(
        feed.iter()
            .any(|i| i["kind"] == "connector" && i["health"]["state"] == "working")
    );
    let said = until("doctor says so", PATIENCE, || {
        let out = setting
            .deployment
            .command()
            .args(["doctor", "--json"])
            .output()
            .ok()?;
        let text = String::from_utf8_lossy(&out.stdout).into_owned();
        text.contains("plugin health").then_some(text)
    });
    assert!(said.expect("doctor knows").contains("sample/reader"));

    // A version that asks for more waits for a person; one that does not takes over (HP-04).
    put(
        &setting.packages,
        "reader-3.wasm",
        &pack("3.0.0", MORE, READS),
    );
    let waits = setting.reader_is("the greedy version waits", |r| r["waiting"] == "3.0.0");
    assert_eq!(Setting::version(&waits), "1.0.0", "{waits}");
    put(
        &setting.packages,
        "reader-2.wasm",
        &pack("2.0.0", MODEST, READS),
    );
    let new = setting.reader_is("the new version reads", |r| {
        Setting::version(r) == "2.0.0" && r["health"]["state"] == "working"
    });
    assert_eq!(new["waiting"], "3.0.0", "{new}");
    until("what came since is read", PATIENCE, || {
        let found = items(
            &setting.client,
            &format!("{}/mentions?limit=500", setting.base),
        );
        let read = |m: &Value| !m["analysis"].is_null();
        found.iter().any(read).then_some(())
    })
    .expect("the new version reads");

    // Back with one command, while the server runs. The greedy one is the newest and goes first.
    for (taken_back, runs) in [("3.0.0", "2.0.0"), ("2.0.0", "1.0.0")] {
        let out = setting
            .deployment
            .command()
            .args([
                "plugin",
                "rollback",
                "sample/reader",
                "--json",
                "--token",
                &setting.token,
            ])
            .output()
            .expect("the program runs");
        assert!(
            out.status.success(),
            "{}",
            String::from_utf8_lossy(&out.stderr)
        );
        let said: Value = serde_json::from_slice(&out.stdout).expect("JSON");
        assert_eq!(
            (&said["withdrawn"], &said["now"]),
            (&json!(taken_back), &json!(runs))
        );
        setting.reader_is("it went back", |r| Setting::version(r) == runs);
    }
    let out = setting
        .deployment
        .command()
        .args([
            "plugin",
            "rollback",
            "sample/reader",
            "--token",
            &setting.token,
        ])
        .output()
        .expect("the program runs");
    assert!(!out.status.success(), "there is nothing to go back to");
    // It stays so after a restart, though the folder of packages still holds what was taken back.
    let Setting {
        server,
        deployment,
        token,
        base,
        ..
    } = setting;
    server.stop().expect("it stops");
    let mut server = deployment.start().expect("it starts again");
    let client = server.client(&token).expect("it listens");
    let reader = items(&client, &format!("{base}/installations"));
    let reader = reader
        .iter()
        .find(|i| i["kind"] == "language-pack")
        .expect("it is enabled");
    assert_eq!(Setting::version(reader), "1.0.0", "{reader}");
}
