//! What is read again and has not changed: nothing is given to a language pack twice.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use isocial_model::{Clock as _, time::SystemClock};
use isocial_tests::{
    http::{Reply, Site},
    server::{Deployment, until},
};
use serde_json::{Value, json};

use crate::kill::{created, items};

const PATIENCE: u64 = 90;

/// A status as Mastodon's API has it, with so many likes.
fn status(id: i64, content: &str, likes: u64) -> Value {
    // Ids of this network have their time in them.
    let at = id >> 16;
    let at = jiff::Timestamp::from_millisecond(at).expect("a date of our days");
    json!({
        "id": id.to_string(), "uri": format!("https://plaza.example/users/mai/statuses/{id}"),
        "url": format!("https://plaza.example/@mai/{id}"), "created_at": at.to_string(), "edited_at": null,
        "account": { "id": "101", "username": "mai", "acct": "mai", "url": "https://plaza.example/@mai",
            "display_name": "Mai", "note": "", "locked": false, "bot": false, "followers_count": 7 },
        "content": format!("<p>{content}</p>"), "visibility": "public", "sensitive": false, "spoiler_text": "",
        "media_attachments": [], "mentions": [], "tags": [{ "name": "lotus", "url": "https://plaza.example/tags/lotus" }],
        "emojis": [], "reblogs_count": 0, "favourites_count": likes, "replies_count": 0, "reblog": null, "language": "en",
    })
}

/// Calls in the ledger of this plugin and function, and how many items they were given.
fn calls(ledger: &[Value], plugin: &str, function: &str) -> (usize, u64) {
    let mut found = (0, 0);
    for line in ledger {
        if line["plugin"]["id"] == plugin && line["function"] == function {
            found.0 += line["times"].as_u64().unwrap_or(1) as usize;
            found.1 += line["items"].as_u64().unwrap_or_default();
        }
    }
    found
}

/// B8: a post that is asked about again keeps its analysis; its counts are refreshed, and no pack is called for it.
#[test]
fn a_rechecked_post_that_says_the_same_is_not_given_to_a_pack_again() {
    let likes = Arc::new(AtomicU64::new(1));
    // From then on the second of two posts says something else.
    let edited = Arc::new(AtomicU64::new(0));
    let (known, changed) = (Arc::clone(&likes), Arc::clone(&edited));
    let older = (SystemClock.now().as_millis() - 3_600_000) << 16;
    let newer = older + (1_000 << 16);
    let read = format!("min_id={newer}");
    let site = Site::serve(move |asked| {
        let n = known.load(Ordering::SeqCst);
        let second = ["It works well, I love it.", "It broke, terrible."]
            [changed.load(Ordering::SeqCst) as usize];
        let both = json!([
            status(newer, &format!("The lotus bell. {second}"), n),
            status(older, "The lotus bell rings. A wonderful sound!", n)
        ]);
        // Read once; from then on there is nothing new, only what is asked about.
        if asked.path.contains("/timelines/tag/") && asked.path.contains(&read) {
            return Reply::new(200, "application/json", "[]");
        }
        Reply::new(200, "application/json", both.to_string())
    })
    .expect("loopback has a free port");
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut deployment = Deployment::new(folder.path(), &[site.addr().port()], "")
        .and_then(|d| d.with_packages(&["mastodon", "en"]))
        .expect("the folder is writable and the packages are built");
    let soon = ("ISOCIAL_COLLECT_RECHECK_S".into(), "1".into());
    deployment.env.push(soon);
    let mut server = deployment.start().expect("the server starts");
    let token = server.token().expect("the first start prints the token");
    let client = server.client(&token).expect("it listens");
    let org = created(
        &client,
        "/api/v1/organisations",
        &json!({ "slug": "river" }),
    );
    let base = format!("/api/v1/organisations/{org}");
    let make = |what: &str, body: &Value| created(&client, &format!("{base}/{what}"), body);
    let workspace = make("workspaces", &json!({ "id": "", "name": "Brand" }));
    make(
        "installations",
        &json!({ "workspace": workspace, "package": "isocial/en" }),
    );
    let reader = make(
        "installations",
        &json!({ "workspace": workspace, "package": "isocial/mastodon", "hosts": ["127.0.0.1"] }),
    );
    let config = json!({ "instance": format!("http://{}", site.addr()), "hashtags": ["lotus"] });
    let source = make(
        "sources",
        &json!({ "installation": reader, "config": config, "every_seconds": 3600 }),
    );
    make(
        "monitors",
        &json!({ "workspace": workspace, "name": "Lotus", "query": "lotus", "sources": [source] }),
    );

    let ledger = || items(&client, &format!("{base}/receipts?limit=1000"));
    let mentions = || items(&client, &format!("{base}/mentions"));
    let shown = |list: &[Value], likes: u64| {
        let text = serde_json::to_string(list).unwrap_or_default();
        list.len() == 2 && text.matches(&format!("\"likes\":{likes}")).count() == 2
    };
    let first = until("both mentions", PATIENCE, || {
        Some(mentions()).filter(|list| shown(list, 1))
    })
    .expect("they come");
    let (_, given) = calls(&ledger(), "isocial/en", "analyze");
    assert_eq!(given, 2, "each was read once");

    likes.store(2, Ordering::SeqCst);
    let again = until("what a recheck says", PATIENCE, || {
        Some(mentions()).filter(|list| shown(list, 2))
    })
    .expect("it comes");
    let before = calls(&ledger(), "isocial/mastodon", "judge").0;
    until("another recheck", PATIENCE, || {
        (calls(&ledger(), "isocial/mastodon", "judge").0 > before).then_some(())
    })
    .expect("it comes");
    assert_eq!(
        calls(&ledger(), "isocial/en", "analyze").1,
        2,
        "no pack was called for what says the same"
    );
    for (old, new) in first.iter().zip(&again) {
        assert_eq!(old["analysed_by"], new["analysed_by"]);
        assert!(new["analysed_by"].is_u64(), "{new}");
        assert_eq!(old["analysis"], new["analysis"]);
        assert!(new["analysis"].is_object(), "{new}");
    }

    // One that says something else is read anew, and only that one.
    edited.store(1, Ordering::SeqCst);
    until("the edit", PATIENCE, || {
        let text = serde_json::to_string(&mentions()).unwrap_or_default();
        text.contains("terrible").then_some(())
    })
    .expect("it comes");
    assert_eq!(calls(&ledger(), "isocial/en", "analyze").1, 3);
    let verdict = client
        .get(&format!("{base}/receipts/verdict"))
        .expect("the server answers")
        .json();
    assert_eq!(verdict["integrity"], "intact");
}
