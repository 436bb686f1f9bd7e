//! What operators and organisations withhold: no plugin is given it, and the ledger and `plugin explain` say so.

use isocial_tests::{
    http::{Client, Reply, Site},
    server::{Deployment, until},
};
use serde_json::{Value, json};
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::kill::{created, items};

const PATIENCE: u64 = 60;

/// The newest call of a plugin that was given posts.
fn newest_call(client: &Client, base: &str, plugin: &str) -> Option<Value> {
    items(client, &format!("{base}/receipts?limit=1000"))
        .into_iter()
        .filter(|l| l["function"] == "analyze" && l["plugin"].to_string().contains(plugin))
        .max_by_key(|l| l["seq"].as_u64())
}

fn has(list: &Value, what: &str) -> bool {
    list.as_array().is_some_and(|l| l.iter().any(|v| v == what))
}

#[test]
fn what_is_withheld_is_given_to_no_plugin_any_more() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    // A post more each time that it is asked.
    let asked = AtomicUsize::new(1);
    let site = Site::serve(move |_| {
        let posts: Vec<Value> = (0..asked.fetch_add(1, Ordering::Relaxed))
            .map(|n| {
                json!({ "id": format!("n-{n}"), "url": format!("https://notes.example/{n}"), "language": "en",
                        "content_text": format!("Maria Petrova loves the scooter, note {n}"), "date_published": "2026-06-01T10:00:00Z" })
            })
            .collect();
        let body =
            json!({ "version": "https://jsonfeed.org/version/1.1", "title": "Notes", "items": posts });
        Reply::new(200, "application/feed+json", body.to_string())
    })
    .expect("loopback has a free port");
    let toml = "[rights]\nat_most = [\"post.lang:none\"]\n";
    let deployment = Deployment::new(folder.path(), &[site.addr().port()], toml)
        .and_then(|d| d.with_packages(&["feed", "en"]))
        .expect("the folder is writable and the packages are built");
    let mut server = deployment.start().expect("the server starts");
    let token = server.token().expect("the first start prints the token");
    let client = server.client(&token).expect("it listens");
    let org = created(
        &client,
        "/api/v1/organisations",
        &json!({ "slug": "river" }),
    );
    let base = format!("/api/v1/organisations/{org}");
    let workspace = json!({ "name": "Brand" });
    let workspace = created(&client, &format!("{base}/workspaces"), &workspace);
    let enable = |package: &str, hosts: Value| {
        let body = json!({ "workspace": workspace, "package": package, "hosts": hosts });
        created(&client, &format!("{base}/installations"), &body)
    };
    let english = enable("isocial/en", json!([]));
    let feed = enable("isocial/feed", json!(["127.0.0.1"]));
    let address = format!("http://{}/notes.json", site.addr());
    let source = json!({ "installation": feed, "config": { "url": address }, "every_seconds": 1 });
    let source = created(&client, &format!("{base}/sources"), &source);
    let monitor = json!({ "workspace": workspace, "name": "Scooters", "query": "scooter", "sources": [source] });
    created(&client, &format!("{base}/monitors"), &monitor);

    let before = until("a first call", PATIENCE, || {
        newest_call(&client, &base, "isocial/en")
    })
    .expect("posts are read");
    let fields = &before["fields"];
    assert!(has(fields, "post.created:day") && has(fields, "post.text:redacted"));
    assert!(
        !has(fields, "post.lang"),
        "the operator withholds it: {before}"
    );
    assert!(has(&before["purposes"], "analysis/emotion"), "{before}");

    let path = format!("{base}/restrictions");
    let none = client.get(&path).expect("the server answers").json();
    assert_eq!(none["at_most"], json!([]));
    for (wrong, says) in [
        (
            json!({ "at_most": ["post.text:raw"] }),
            "takes nothing away",
        ),
        (json!({ "at_most": ["post.nothing"] }), "no field"),
        (json!({ "at_mots": [] }), "unknown field"),
        (json!({ "no_purposes": ["analysis/mood"] }), "mood"),
    ] {
        let reply = client.put(&path, &wrong).expect("the server answers");
        assert_eq!(reply.status, 422, "{wrong}: {}", reply.text());
        assert!(reply.text().contains(says), "{wrong}: {}", reply.text());
    }
    let new = json!({ "at_most": ["post.created:none"], "no_purposes": ["analysis/emotion"], "strict_redaction": true });
    let reply = client.put(&path, &new).expect("the server answers");
    assert_eq!(reply.status, 200, "{}", reply.text());
    assert_eq!(client.get(&path).expect("the server answers").json(), new);

    let after = until("a call after it", PATIENCE, || {
        newest_call(&client, &base, "isocial/en").filter(|l| !has(&l["fields"], "post.created:day"))
    })
    .unwrap_or_else(|e| panic!("{e}: {}", server.log()));
    assert!(after["seq"].as_u64() > before["seq"].as_u64());
    assert!(!has(&after["purposes"], "analysis/emotion"), "{after}");
    assert!(has(&after["purposes"], "analysis/sentiment"), "{after}");
    assert!(
        after["redacted"]["name"].as_u64() >= Some(1),
        "strict redaction takes names: {after}"
    );
    assert!(before["redacted"]["name"].is_null(), "{before}");
    let explained = client.get(&format!("{base}/installations/{english}/rights"));
    let explained = explained.expect("the server answers").json();
    let contract = &explained["contracts"][0];
    assert_eq!(contract["strict"], json!(["organisation"]), "{explained}");
    let field = |name: &str| {
        let fields = contract["fields"].as_array().expect("fields");
        fields
            .iter()
            .find(|f| f["field"] == name)
            .cloned()
            .expect("it is asked for")
    };
    for (name, layer) in [("post.created", "organisation"), ("post.lang", "operator")] {
        let field = field(name);
        assert_eq!(field["given"], "none", "{field}");
        let layers = field["layers"].as_array().expect("layers");
        let by = layers.iter().find(|l| l["does"] == "removes").expect("one");
        assert_eq!(by["layer"], layer, "{field}");
    }
    server.stop().expect("it stops");
    let out = deployment
        .command()
        .args([
            "plugin",
            "explain",
            "isocial/en",
            "--org",
            "river",
            "--token",
            &token,
        ])
        .output()
        .expect("the program runs");
    let said = String::from_utf8_lossy(&out.stdout);
    assert!(
        said.contains("organisation REMOVES") && said.contains("operator REMOVES"),
        "{said}"
    );
}
