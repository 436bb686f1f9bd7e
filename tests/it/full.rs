//! A data folder that fills up: the server says so, keeps what it has, and goes on by itself once there is room again.

use std::{
    fs::{File, OpenOptions},
    io::Write as _,
    path::{Path, PathBuf},
    process::Command,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use isocial_tests::{
    http::{Client, Reply, Site},
    not_run,
    server::{Deployment, until},
};
use serde_json::{Value, json};

use crate::kill::{created, items};

const PATIENCE: u64 = 120;
/// Posts of the feed at first, and once the folder is full.
const FEW: usize = 40;
const MANY: usize = 1_000;
/// Far more writes than a log can take that was given its room before.
const MOST_WRITES: usize = 20_000;

/// Starts a program with a small file system of its own at the data folder, which nobody else sees and which ends with it.
fn alone(folder: &Path) -> Option<Vec<String>> {
    let script =
        "mount -t tmpfs -o size=40m,mode=0700 tmpfs \"$ISOCIAL_DATA_DIR\" && exec \"$0\" \"$@\"";
    let ways = [
        &["--mount"][..],
        &["--mount", "--user", "--map-root-user"][..],
    ];
    ways.iter().find_map(|flags| {
        let mut before = vec!["unshare".to_owned()];
        before.extend(flags.iter().map(|flag| (*flag).to_owned()));
        before.extend(["sh", "-c", script].map(str::to_owned));
        let tried = Command::new(&before[0])
            .args(&before[1..])
            .arg("true")
            .env("ISOCIAL_DATA_DIR", folder)
            .output();
        tried
            .is_ok_and(|out| out.status.success())
            .then_some(before)
    })
}

/// A post of three kilobytes that is like no other.
fn item(n: usize) -> Value {
    let text = format!("lotus {n} of many, and its words: ").repeat(90);
    json!({ "id": format!("n-{n}"), "url": format!("https://notes.example/{n}"), "content_text": text })
}

/// A file that takes all the room that is left.
fn fill(path: &Path) {
    let mut file = File::create(path).expect("the data folder is there");
    // Ever smaller pieces, so that not a page is left.
    for size in [1 << 20, 64 << 10, 4 << 10] {
        let piece = vec![0x5a; size];
        while file.write_all(&piece).is_ok() {}
    }
    let more = OpenOptions::new()
        .append(true)
        .open(path)
        .and_then(|mut file| file.write_all(&[0; 8 << 10]));
    assert!(more.is_err(), "there is still room");
}

fn mentions(client: &Client, base: &str) -> usize {
    let mut found = 0;
    let mut after = String::new();
    loop {
        let page = client
            .get(&format!("{base}/mentions?limit=500{after}"))
            .expect("the server answers");
        assert_eq!(page.status, 200, "{}", page.text());
        found += page.json()["items"].as_array().map_or(0, Vec::len);
        match page.json()["next"].as_str() {
            Some(next) => after = format!("&after={next}"),
            None => return found,
        }
    }
}

#[test]
fn a_full_disk_is_said_loses_nothing_and_is_left_behind_by_itself() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let data = folder.path().join("data");
    std::fs::create_dir(&data).expect("the folder is writable");
    let Some(before) = alone(&data) else {
        not_run(
            "a_full_disk_is_said_loses_nothing_and_is_left_behind_by_itself",
            "Linux as root or with user namespaces, and `unshare` (util-linux)",
        );
        return;
    };
    let published = Arc::new(AtomicUsize::new(FEW));
    let now = Arc::clone(&published);
    let site = Site::serve(move |_| {
        let all: Vec<Value> = (0..now.load(Ordering::SeqCst)).map(item).collect();
        let feed =
            json!({ "version": "https://jsonfeed.org/version/1.1", "title": "Notes", "items": all });
        Reply::new(200, "application/feed+json", feed.to_string())
    })
    .expect("loopback has a free port");
    let mut deployment = Deployment::new(folder.path(), &[site.addr().port()], "")
        .and_then(|d| d.with_packages(&["feed"]))
        .expect("the folder is writable and the packages are built");
    deployment.before = before;
    let mut server = deployment.start().expect("the server starts");
    let token = server.token().expect("the first start prints the token");
    let client = server.client(&token).expect("it listens");
    let org = json!({ "slug": "river" });
    let org = created(&client, "/api/v1/organisations", &org);
    let base = format!("/api/v1/organisations/{org}");
    let make = |what: &str, body: &Value| created(&client, &format!("{base}/{what}"), body);
    let workspace = make("workspaces", &json!({ "id": "", "name": "Brand" }));
    let reader = make(
        "installations",
        &json!({ "workspace": workspace, "package": "isocial/feed", "hosts": ["127.0.0.1"] }),
    );
    let config = json!({ "url": format!("http://{}/feed.json", site.addr()) });
    let source = make(
        "sources",
        &json!({ "installation": reader, "config": config, "every_seconds": 1 }),
    );
    make(
        "monitors",
        &json!({ "workspace": workspace, "name": "Lotus", "query": "lotus", "sources": [source] }),
    );
    until("the first posts", PATIENCE, || {
        (mentions(&client, &base) == FEW).then_some(())
    })
    .expect("they come");

    // The folder as the server sees it, in its own tree of mounts.
    let inside = data.strip_prefix("/").expect("an absolute path");
    let ballast: PathBuf = ["/proc", &server.id().to_string(), "root"]
        .iter()
        .collect::<PathBuf>()
        .join(inside)
        .join("ballast");
    fill(&ballast);

    // A person is told, by a problem of its own; what was kept before that is kept.
    let workspaces = format!("{base}/workspaces");
    let mut kept = 1;
    let refused = (0..MOST_WRITES).find_map(|n| {
        let reply = client
            .post(
                &workspaces,
                &json!({ "id": "", "name": format!("Team {n}") }),
            )
            .expect("the server answers");
        if reply.status == 201 {
            kept += 1;
            return None;
        }
        Some(reply)
    });
    let refused = refused.expect("the folder is full");
    assert_eq!(refused.status, 507, "{}\n{}", refused.text(), server.log());
    assert_eq!(refused.json()["type"], "/problems/full");
    assert!(refused.text().contains("nothing was kept"));

    // A job is told as well, and tries again.
    published.store(MANY, Ordering::SeqCst);
    until("the log to say so", PATIENCE, || {
        let log = server.log();
        log.lines()
            .any(|line| {
                line.contains("\"ERROR\"")
                    && line.contains("is full: nothing of this write was kept")
            })
            .then_some(())
    })
    .unwrap_or_else(|e| panic!("{e}\n{}", server.log()));
    // Whatever was committed is there, and can be read.
    let then = mentions(&client, &base);
    assert!((FEW..MANY).contains(&then), "{then}");
    let list = items(&client, &workspaces).len();
    assert_eq!(list, kept, "every workspace that was confirmed is there");
    let verdict = || {
        client
            .get(&format!("{base}/receipts/verdict"))
            .expect("the server answers")
            .json()
    };
    assert_eq!(verdict()["integrity"], "intact");

    // Room again: nobody has to do anything.
    std::fs::remove_file(&ballast).expect("it can be removed");
    until("all posts", PATIENCE, || {
        (mentions(&client, &base) == MANY).then_some(())
    })
    .unwrap_or_else(|e| panic!("{e}: {}\n{}", mentions(&client, &base), server.log()));
    make("workspaces", &json!({ "id": "", "name": "One more" }));
    assert_eq!(items(&client, &workspaces).len(), kept + 1);
    let verdict = verdict();
    assert_eq!(
        (&verdict["integrity"], &verdict["completeness"]),
        (&json!("intact"), &json!("complete")),
        "{verdict}"
    );
    server.stop().expect("it stops when asked");
}
