//! The API through the real program: who is let in, who sees what, how mistakes are told, and that numbers agree with rows.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use isocial_model::{Clock as _, time::SystemClock};
use isocial_tests::{
    http::{Client, Reply, Site},
    server::{Deployment, Server, until},
};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::kill::{created, items};

const HOUR: i64 = 3_600_000;
/// Posts of the site's feed that the query matches, over as many hours.
const POSTS: usize = 60;
const PATIENCE: u64 = 90;
/// What is nowhere to be found but behind the token: in names, queries, texts, addresses.
const CANARY: &str = "quetzalfinch";

/// A server with the site that it reads, in a folder that is removed at the end.
struct Setting {
    server: Server,
    client: Client,
    token: String,
    data: PathBuf,
    site: Site,
    _folder: tempfile::TempDir,
}

fn feed() -> String {
    let now = SystemClock.now().as_millis();
    let items: Vec<Value> = (0..POSTS)
        .map(|n| {
            let at = jiff::Timestamp::from_millisecond(now - n as i64 * HOUR).expect("a date of our days");
            let word = ["love it", "terrible, it broke", "seen today"][n % 3];
            json!({
                "id": format!("n-{n}"), "url": format!("https://notes.example/{n}"), "language": "en",
                "content_text": format!("The {CANARY} scooter, note {n}: {word}"), "date_published": at.to_string(),
                "authors": [{ "name": format!("Ana {CANARY}") }],
            })
        })
        .collect();
    json!({ "version": "https://jsonfeed.org/version/1.1", "title": "Notes", "items": items })
        .to_string()
}

fn setting(packages: &[&str], env: &[(&str, &str)]) -> Setting {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let body = feed();
    let site = Site::serve(move |asked| match asked.path.strip_prefix("/broken") {
        Some(_) => Reply::new(404, "text/plain", format!("no {CANARY} here")),
        None => Reply::new(200, "application/feed+json", body.clone()),
    });
    let site = site.expect("loopback has a free port");
    let mut deployment = Deployment::new(folder.path(), &[site.addr().port()], "")
        .and_then(|d| d.with_packages(packages))
        .expect("the folder is writable and the packages are built");
    for (name, value) in env {
        deployment.env.push(((*name).into(), (*value).into()));
    }
    let mut server = deployment.start().expect("the server starts");
    let token = server.token().expect("the first start prints the token");
    let client = server.client(&token).expect("it listens");
    Setting {
        server,
        client,
        token,
        data: deployment.data,
        site,
        _folder: folder,
    }
}

/// An organisation's address and its workspace.
fn organisation(client: &Client, slug: &str) -> (String, String) {
    let org = created(
        client,
        "/api/v1/organisations",
        &json!({ "slug": slug, "name": format!("{slug} {CANARY}") }),
    );
    let base = format!("/api/v1/organisations/{org}");
    let workspace = created(
        client,
        &format!("{base}/workspaces"),
        &json!({ "id": "", "name": "Brand" }),
    );
    (base, workspace)
}

fn enable(client: &Client, base: &str, workspace: &str, package: &str, hosts: &[String]) -> String {
    let body = json!({ "workspace": workspace, "package": package, "hosts": hosts });
    created(client, &format!("{base}/installations"), &body)
}

/// A monitor that reads the site's feed.
fn monitor(setting: &Setting, base: &str, workspace: &str) -> String {
    let at = setting.site.addr().to_string();
    let client = &setting.client;
    let reader = enable(
        client,
        base,
        workspace,
        "isocial/feed",
        &["127.0.0.1".to_owned()],
    );
    let config = json!({ "installation": reader, "config": { "url": format!("http://{at}/{CANARY}.json") }, "every_seconds": 3600 });
    let source = created(client, &format!("{base}/sources"), &config);
    let body = json!({ "workspace": workspace, "name": format!("Watch {CANARY}"), "query": CANARY, "sources": [source] });
    created(client, &format!("{base}/monitors"), &body)
}

fn wait_for_mentions(client: &Client, base: &str) -> Vec<Value> {
    until("all mentions", PATIENCE, || {
        let found = items(client, &format!("{base}/mentions?limit=500"));
        (found.len() == POSTS).then_some(found)
    })
    .expect("they come")
}

/// Every route of the description with its parameters filled in.
fn routes(client: &Client, base: &str) -> Vec<(String, String)> {
    let document = client
        .get("/api/v1/openapi.json")
        .expect("the server answers")
        .json();
    let mut routes = Vec::new();
    for (path, methods) in document["paths"].as_object().expect("it describes paths") {
        let org = base.rsplit('/').next().unwrap_or_default();
        let path = path
            .replace("{org}", org)
            .replace("{id}", "absent")
            .replace("{publisher}/{name}", "nobody/absent");
        for method in methods.as_object().expect("with methods").keys() {
            if ["get", "post", "put", "patch", "delete"].contains(&method.as_str()) {
                routes.push((method.to_uppercase(), path.clone()));
            }
        }
    }
    assert!(
        routes.len() > 20,
        "the description is too short: {routes:?}"
    );
    routes
}

fn is_problem(reply: &Reply, status: u16, slug: &str) {
    let body = reply.json();
    assert_eq!(reply.status, status, "{body}");
    assert_eq!(reply.header("content-type"), "application/problem+json");
    assert_eq!(body["type"], format!("/problems/{slug}"));
    assert_eq!(body["status"], status);
    assert!(
        body["title"].is_string() && body["detail"].is_string(),
        "{body}"
    );
}

#[test]
fn no_route_answers_without_the_token() {
    let mut setting = setting(&[], &[]);
    let (base, _) = organisation(&setting.client, "river");
    let addr = setting.server.addr().expect("it listens");
    let nobody = Client::new(addr);
    let guesser = Client::new(addr).with_token(&format!("{}x", setting.token));
    let mut routes = routes(&nobody, &base);
    routes.push(("GET".into(), "/metrics".into()));
    for (method, path) in routes {
        let body = (method == "POST").then_some(b"{}".as_slice());
        for client in [&nobody, &guesser] {
            let reply = client
                .send(&method, &path, body)
                .expect("the server answers");
            is_problem(&reply, 401, "unauthenticated");
        }
    }
    for open in ["/healthz", "/readyz", "/api/v1/openapi.json"] {
        assert_eq!(
            nobody.get(open).expect("the server answers").status,
            200,
            "{open}"
        );
    }
    is_problem(
        &nobody.get("/api/v1/nothing").expect("the server answers"),
        404,
        "not-found",
    );
    let put = nobody
        .send("PUT", "/api/v1/plugins", None)
        .expect("the server answers");
    is_problem(&put, 405, "method-not-allowed");
}

#[test]
fn hp_37_no_second_connector_of_a_network_can_overwrite_posts_of_the_first() {
    let setting = setting(&["feed", "mastodon"], &[]);
    let client = &setting.client;
    // Another publisher's connector of the network `feed`.
    let other = std::fs::read(isocial_tests::guests().join("tame-connector/plugin.wasm"))
        .expect("`cargo xtask guests` makes it");
    let fields = [("content-type", "application/wasm")];
    let reply = client.send_with("POST", "/api/v1/plugins", &fields, Some(&other));
    assert_eq!(reply.expect("the server answers").status, 201);
    let (base, workspace) = organisation(client, "river");
    enable(client, &base, &workspace, "isocial/feed", &[]);
    enable(client, &base, &workspace, "isocial/mastodon", &[]);
    let body = json!({ "workspace": workspace, "package": "hostile/tame-connector" });
    let reply = client.post(&format!("{base}/installations"), &body);
    let reply = reply.expect("the server answers");
    is_problem(&reply, 409, "conflict");
    assert!(reply.text().contains("isocial/feed"), "{}", reply.text());
    // In an organisation that reads the network by no other it may be enabled.
    let (base, workspace) = organisation(client, "brook");
    enable(client, &base, &workspace, "hostile/tame-connector", &[]);
    setting.server.stop().expect("it stops");
}

#[test]
fn two_organisations_are_strangers_and_a_deleted_one_is_gone() {
    let setting = setting(&["feed", "en", "jsonl"], &[]);
    let client = &setting.client;
    let (own, workspace) = organisation(client, "river");
    let (other, _) = organisation(client, "meadow");
    enable(client, &own, &workspace, "isocial/en", &[]);
    let format = enable(client, &own, &workspace, "isocial/jsonl", &[]);
    let monitor = monitor(&setting, &own, &workspace);
    let mention = wait_for_mentions(client, &own)[0]["id"]
        .as_str()
        .unwrap_or_default()
        .to_owned();
    let rule = json!({ "monitor": monitor, "name": "Crisis watch", "spec": { "when": "spike" }, "channels": [] });
    let rule = created(client, &format!("{own}/rules"), &rule);
    let export = created(
        client,
        &format!("{own}/exports"),
        &json!({ "format": format, "title": "All" }),
    );

    for list in [
        "installations",
        "sources",
        "monitors",
        "mentions",
        "rules",
        "incidents",
        "notices",
        "exports",
        "receipts",
    ] {
        let path = format!("{other}/{list}");
        assert!(items(client, &path).is_empty(), "{path}");
    }
    let get = |path: &str| client.get(path).expect("the server answers");
    for (theirs, absent) in [
        (format!("monitors/{monitor}"), "monitors/absent".to_owned()),
        (
            format!("monitors/{monitor}/timeline"),
            "monitors/absent/timeline".to_owned(),
        ),
        (format!("mentions/{mention}"), "mentions/absent".to_owned()),
        (format!("exports/{export}"), "exports/absent".to_owned()),
        (
            format!("exports/{export}/file"),
            "exports/absent/file".to_owned(),
        ),
    ] {
        let (theirs, absent) = (
            get(&format!("{other}/{theirs}")),
            get(&format!("{other}/{absent}")),
        );
        is_problem(&theirs, 404, "not-found");
        assert_eq!(theirs.body, absent.body);
    }
    for path in [
        format!("monitors/{monitor}"),
        format!("rules/{rule}"),
        format!("installations/{format}"),
    ] {
        let reply = client
            .delete(&format!("{other}/{path}"))
            .expect("the server answers");
        is_problem(&reply, 404, "not-found");
    }
    assert_eq!(get(&format!("{own}/monitors/{monitor}")).status, 200);
    let spread = json!({ "format": format, "title": "All" });
    let reply = client
        .post(&format!("{other}/exports"), &spread)
        .expect("the server answers");
    is_problem(&reply, 422, "invalid");

    let file = organisation_file(&setting.data, &own);
    assert!(file.is_some());
    assert_eq!(client.delete(&own).expect("the server answers").status, 204);
    assert_eq!(organisation_file(&setting.data, &own), None);
    let never = "/api/v1/organisations/absent";
    for ((method, gone), (_, never)) in routes(client, &own).into_iter().zip(routes(client, never))
    {
        if !gone.starts_with(&own) {
            continue;
        }
        let body = (method == "POST").then_some(b"{}".as_slice());
        let gone = client
            .send(&method, &gone, body)
            .expect("the server answers");
        let never = client
            .send(&method, &never, body)
            .expect("the server answers");
        is_problem(&gone, 404, "not-found");
        assert_eq!(gone.body, never.body);
    }
    assert_eq!(items(client, "/api/v1/organisations").len(), 1);
    assert_eq!(get(&format!("{other}/monitors")).status, 200);
}

/// What of an organisation lies in the data folder.
fn organisation_file(data: &Path, base: &str) -> Option<PathBuf> {
    let org = base.rsplit('/').next().unwrap_or_default();
    let mut folders = vec![data.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            if entry.file_name().to_string_lossy().contains(org) {
                return Some(entry.path());
            }
            if entry.path().is_dir() {
                folders.push(entry.path());
            }
        }
    }
    None
}

#[test]
fn what_is_wrong_with_a_request_is_named() {
    let setting = setting(&["feed", "jsonl"], &[]);
    let client = &setting.client;
    let (base, workspace) = organisation(client, "river");
    let reader = enable(client, &base, &workspace, "isocial/feed", &[]);
    let format = enable(client, &base, &workspace, "isocial/jsonl", &[]);
    let orgs = "/api/v1/organisations".to_owned();
    let of = |path: &str| format!("{base}/{path}");
    let wrong = [
        (orgs.clone(), json!({ "slug": "River!" }), "/slug"),
        (
            orgs.clone(),
            json!({ "slug": "lake", "region": "moon" }),
            "region",
        ),
        (orgs, json!({ "slug": "lake", "colour": "blue" }), "body"),
        (of("workspaces"), json!({ "name": 7 }), "body"),
        (
            of("installations"),
            json!({ "workspace": "here", "package": "isocial/feed" }),
            "workspace",
        ),
        (
            of("installations"),
            json!({ "workspace": workspace, "package": "nobody/nothing" }),
            "package",
        ),
        (
            of("sources"),
            json!({ "installation": reader, "config": {} }),
            "config",
        ),
        (
            of("sources"),
            json!({ "installation": reader, "config": { "url": 7 } }),
            "config",
        ),
        (
            of("monitors"),
            json!({ "workspace": workspace, "name": "x", "query": "(open", "sources": [] }),
            "query",
        ),
        (
            of("monitors"),
            json!({ "workspace": workspace, "name": "x", "query": "open", "sources": ["absent"] }),
            "sources/0",
        ),
        (of("rules"), json!({ "monitor": "absent" }), "body"),
        (
            of("exports"),
            json!({ "format": reader, "title": "x" }),
            "format",
        ),
        (of("exports"), json!({ "format": format }), "body"),
        (
            "/api/v1/queries/check".into(),
            json!({ "query": "a AND" }),
            "query",
        ),
    ];
    for (path, body, field) in wrong {
        let reply = client.post(&path, &body).expect("the server answers");
        is_problem(&reply, 422, "invalid");
        let problem = reply.json();
        let named = problem["errors"][0]["field"].as_str().unwrap_or_default();
        assert!(named.contains(field), "{path} {body}: {problem}");
        let detail = problem["errors"][0]["detail"].as_str().unwrap_or_default();
        assert!(!detail.is_empty(), "{path} {body}: {problem}");
    }
    for (path, field) in [
        ("mentions?limit=many", "query"),
        ("mentions?colour=blue", "query"),
        ("receipts?after=x", "query"),
    ] {
        let reply = client.get(&of(path)).expect("the server answers");
        is_problem(&reply, 422, "invalid");
        assert_eq!(reply.json()["errors"][0]["field"], field, "{path}");
    }
    let reply = client
        .send("POST", &of("monitors"), Some(b"{\"name\": "))
        .expect("the server answers");
    is_problem(&reply, 422, "invalid");
    let taken = client
        .post("/api/v1/organisations", &json!({ "slug": "river" }))
        .expect("the server answers");
    is_problem(&taken, 409, "conflict");
}

/// Follows `next` until there is none; every page but the last is full.
fn paged(client: &Client, path: &str, limit: usize) -> Vec<Value> {
    let mut found = Vec::new();
    let mut after = String::new();
    loop {
        let page = client
            .get(&format!("{path}?limit={limit}{after}"))
            .expect("the server answers")
            .json();
        let rows = page["items"].as_array().cloned().unwrap_or_default();
        assert!(rows.len() <= limit);
        let count = rows.len();
        found.extend(rows);
        let Some(next) = page["next"].as_str() else {
            return found;
        };
        assert_eq!(count, limit);
        after = format!("&after={next}");
    }
}

#[test]
fn mentions_are_streamed_paged_counted_and_exported() {
    let setting = setting(&["feed", "en", "jsonl"], &[]);
    let client = &setting.client;
    let (base, workspace) = organisation(client, "river");
    let (other, _) = organisation(client, "meadow");
    enable(client, &base, &workspace, "isocial/en", &[]);
    let format = enable(client, &base, &workspace, "isocial/jsonl", &[]);

    let mut live = client
        .events(&format!("{base}/mentions/live"))
        .expect("a stream opens");
    let mut strangers = client
        .events(&format!("{other}/mentions/live"))
        .expect("a stream opens");
    let monitor = monitor(&setting, &base, &workspace);
    let mut urls = BTreeSet::new();
    for _ in 0..POSTS {
        let (name, data) = live.next_event().expect("an event comes");
        let data: Value = serde_json::from_str(&data).expect("an event's data is JSON");
        assert_eq!(
            (name.as_str(), &data["monitor"]),
            ("mention", &json!(monitor))
        );
        urls.insert(data["post"]["url"].to_string());
    }
    assert_eq!(urls.len(), POSTS);

    let mentions = wait_for_mentions(client, &base);
    let at: Vec<i64> = mentions.iter().filter_map(|m| m["at"].as_i64()).collect();
    assert!(at.len() == POSTS && at.is_sorted_by(|a, b| a >= b));
    for limit in [1, 7, POSTS] {
        assert_eq!(
            paged(client, &format!("{base}/mentions"), limit),
            mentions,
            "{limit} a page"
        );
    }
    let receipts = paged(client, &format!("{base}/receipts"), 3);
    let numbers: Vec<u64> = receipts.iter().filter_map(|r| r["seq"].as_u64()).collect();
    assert!(receipts.len() > 3 && numbers == (1..=receipts.len() as u64).collect::<Vec<_>>());

    for unit in ["minute", "hour", "day"] {
        let path = format!("{base}/monitors/{monitor}/timeline?unit={unit}");
        let buckets = items(client, &path);
        let sum = |key: &str| buckets.iter().filter_map(|b| b[key].as_u64()).sum::<u64>();
        assert_eq!(sum("total"), POSTS as u64, "{path}");
        for side in ["negative", "neutral", "positive"] {
            let rows = mentions
                .iter()
                .filter(|m| m["analysis"]["sentiment"] == side);
            assert_eq!(sum(side), rows.count() as u64, "{path}: {side}");
        }
        assert!(sum("negative") > 0 && sum("positive") > 0, "{path}");
    }
    let span = (
        at[40].div_euclid(HOUR) * HOUR,
        at[10].div_euclid(HOUR) * HOUR,
    );
    let query = format!("from={}&until={}", span.0, span.1);
    let inside = at.iter().filter(|t| (span.0..span.1).contains(*t)).count();
    let buckets = items(
        client,
        &format!("{base}/monitors/{monitor}/timeline?{query}"),
    );
    let total: u64 = buckets.iter().filter_map(|b| b["total"].as_u64()).sum();
    assert_eq!(total, inside as u64);
    assert_eq!(
        items(client, &format!("{base}/mentions?limit=500&{query}")).len(),
        inside
    );

    let body = json!({ "format": format, "title": "All", "monitor": monitor });
    let id = created(client, &format!("{base}/exports"), &body);
    let export = until("the export", PATIENCE, || {
        let export = client.get(&format!("{base}/exports/{id}")).ok()?.json();
        (export["state"] == "done").then_some(export)
    })
    .expect("it is written");
    let file = client
        .get(&format!("{base}/exports/{id}/file"))
        .expect("the server answers");
    assert_eq!(file.status, 200);
    assert_eq!(export["sha256"], hex::encode(Sha256::digest(&file.body)));
    assert_eq!(
        (&export["bytes"], &export["rows"]),
        (&json!(file.body.len()), &json!(POSTS))
    );
    assert_eq!(file.text().lines().count(), POSTS);

    // A stopping server ends all streams: the strangers' one has had no event.
    setting
        .server
        .stop()
        .expect("it stops though readers are there");
    assert!(strangers.next_event().is_err());
}

#[test]
fn neither_metrics_nor_the_log_carry_names() {
    let mut setting = setting(&["feed", "en", "jsonl"], &[("ISOCIAL_LOG_FILTER", "debug")]);
    let client = setting.client.clone();
    let (base, workspace) = organisation(&client, "river");
    enable(&client, &base, &workspace, "isocial/en", &[]);
    let format = enable(&client, &base, &workspace, "isocial/jsonl", &[]);
    monitor(&setting, &base, &workspace);
    wait_for_mentions(&client, &base);
    let reader = items(&client, &format!("{base}/sources"))[0]["installation"].clone();
    // What fails is logged, too.
    let at = setting.site.addr();
    let config = json!({ "installation": reader, "config": { "url": format!("http://{at}/broken-{CANARY}.json") } });
    let source = created(&client, &format!("{base}/sources"), &config);
    let body = json!({ "workspace": workspace, "name": format!("Broken {CANARY}"), "query": CANARY, "sources": [source] });
    created(&client, &format!("{base}/monitors"), &body);
    until("the broken source to fail", PATIENCE, || {
        let sources = items(&client, &format!("{base}/sources"));
        let failed = |s: &Value| matches!(s["status"].as_str(), Some("failing" | "stopped"));
        sources.iter().any(failed).then_some(())
    })
    .expect("it fails");
    let title = format!("About {CANARY}");
    let id = created(
        &client,
        &format!("{base}/exports"),
        &json!({ "format": format, "title": title }),
    );
    until("the export", PATIENCE, || {
        let export = client.get(&format!("{base}/exports/{id}")).ok()?.json();
        (export["state"] == "done").then_some(())
    })
    .expect("it is written");
    assert_eq!(
        items(&client, &format!("{base}/mentions?query={CANARY}")).len(),
        50
    );
    let wrong = client
        .get(&format!("{base}/mentions?query=({CANARY}"))
        .expect("the server answers");
    is_problem(&wrong, 422, "invalid");

    let reply = client.get("/metrics").expect("the server answers");
    assert!(
        reply
            .header("content-type")
            .starts_with("application/openmetrics-text")
    );
    let metrics = reply.text();
    let values = parse(&metrics);
    let value = |name: &str| values.iter().find(|(n, _)| n == name).map(|(_, v)| *v);
    assert_eq!(
        value("isocial_stored_total"),
        Some(POSTS as f64),
        "{metrics}"
    );
    assert_eq!(
        value("isocial_exported_rows_total"),
        Some(POSTS as f64),
        "{metrics}"
    );
    let org = base.rsplit('/').next().unwrap_or_default();
    for name in [CANARY, org, "river", "notes.example", "{"] {
        assert!(
            !metrics.contains(name),
            "{name} is in the metrics:\n{metrics}"
        );
    }

    let log = setting.server.log();
    let addr = setting.server.addr().expect("it listens");
    assert!(
        log.contains("a step gave no page") && log.contains(&addr.to_string()),
        "{log}"
    );
    for secret in [CANARY, "notes.example", &setting.token] {
        let line = log.lines().find(|l| l.contains(secret));
        assert_eq!(line, None, "{secret} is in the log");
    }
}

/// Names and values of an OpenMetrics text; fails where it is none.
fn parse(text: &str) -> Vec<(String, f64)> {
    assert!(text.ends_with("# EOF\n"), "{text}");
    let mut described = BTreeSet::new();
    let mut values = Vec::new();
    for line in text.lines() {
        if let Some(comment) = line.strip_prefix("# ") {
            let mut words = comment.split(' ');
            if words.next() == Some("TYPE") {
                let name = words.next().unwrap_or_default().to_owned();
                assert!(described.insert(name), "described twice: {line}");
            }
            continue;
        }
        let (name, value) = line.split_once(' ').expect("a name and a value");
        let family = name.strip_suffix("_total").unwrap_or(name);
        assert!(described.contains(family), "not described: {line}");
        assert!(
            name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_'),
            "{line}"
        );
        values.push((name.to_owned(), value.parse().expect("a number")));
    }
    values
}
