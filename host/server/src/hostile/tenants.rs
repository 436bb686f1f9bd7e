//! Cases about whose data it is: fields beyond a contract, text of other organisations, references to authors, who the tenant is.

use std::collections::BTreeSet;

use data_encoding::{BASE32_NOPAD, BASE64, HEXLOWER};
use hmac::{Hmac, Mac as _};
use serde_json::json;
use sha2::{Digest as _, Sha256};

use super::{
    case::{Case, Verdict},
    doors,
    stage::{Org, WORD, first},
};

/// Rounds in which two organisations take turns at the same plugin. The sandbox's own tests reuse its places a million times.
const ROUNDS: usize = 20;

/// HP-01: a field that the contract does not name is absent, at its precision.
pub(super) async fn reads_beyond_its_contract(case: &mut Case<'_>) -> anyhow::Result<Verdict> {
    let package = case.take("plugin").await?;
    let feeder = case.tame("connector").await?;
    let org = case.org().await?;
    let config = json!({ "lines": [format!("{WORD} canary-text")], "handle": "canary-handle" });
    let reading = org.read(&feeder, &[], &config).await?;
    let format = org.enable(&package, &json!({}), &[], &json!({})).await?;
    let file = org.file(&format, &reading.monitor).await?;
    anyhow::ensure!(
        file.contains("echo: ") && file.contains("canary-text"),
        "the guest did not give back what it was given: {file:?}"
    );
    let mentions = org.mentions().await?;
    let mention = first(&mentions);
    anyhow::ensure!(
        mention["author"]["handle"] == "canary-handle",
        "the field that must not leak is not there at all"
    );
    let id = mention["id"].as_str().unwrap_or_default();
    for hidden in [
        "canary-handle",
        "post-0",
        "feed",
        "Watch",
        id,
        org.id.as_str(),
    ] {
        anyhow::ensure!(
            !file.contains(hidden),
            "`{hidden}` reached the guest: {file}"
        );
    }
    // The day, and no second of it.
    let at = mention["created"].as_i64().unwrap_or_default();
    anyhow::ensure!(
        !file.contains(&at.to_string()),
        "the very second reached the guest"
    );
    let calls = org.calls(&package).await?;
    let allowed = ["post.created:day", "post.text:raw"];
    for call in &calls {
        let fields = call["fields"].as_array().cloned().unwrap_or_default();
        anyhow::ensure!(
            fields
                .iter()
                .all(|f| f.as_str().is_some_and(|f| allowed.contains(&f))),
            "the receipt names other fields: {call}"
        );
    }
    Ok(Verdict::Contained)
}

/// HP-31: nothing of one organisation is in another one's call.
pub(super) async fn globals(case: &mut Case<'_>) -> anyhow::Result<Verdict> {
    let pack = case.take("plugin").await?;
    let feeder = case.tame("connector").await?;
    let mut both = Vec::new();
    for letter in ["a", "b"] {
        let org = case.org().await?;
        org.enable(&pack, &json!({}), &[], &json!({})).await?;
        let reader = org.enable(&feeder, &json!({}), &[], &json!({})).await?;
        both.push((org, reader, letter));
    }
    for round in 0..ROUNDS {
        for (org, reader, letter) in &both {
            let lines: Vec<String> = (0..20)
                .map(|n| format!("{WORD} canary-of-{letter} {round}-{n}"))
                .collect();
            // The ids are the same each round and the texts differ: each round is read anew.
            let source = org.source(reader, &json!({ "lines": lines })).await?;
            org.watch("Watch", &[&source]).await?;
            org.settled(&source).await?;
        }
    }
    for (org, ..) in &both {
        let calls = org.calls(&pack).await?;
        anyhow::ensure!(
            calls.len() >= ROUNDS,
            "only {} calls were made",
            calls.len()
        );
        for mention in org.mentions().await? {
            let sentiment = &mention["analysis"]["sentiment"];
            anyhow::ensure!(
                sentiment != "positive",
                "a call found what another one left: {mention}"
            );
            anyhow::ensure!(
                sentiment == "negative",
                "the guest did not look: the case shows nothing: {mention}"
            );
        }
    }
    Ok(Verdict::Contained)
}

/// References to authors that an export wrote down.
async fn references(org: &Org, format: &str, monitor: &str) -> anyhow::Result<Vec<String>> {
    let file = org.file(format, monitor).await?;
    let refs: Vec<String> = file
        .lines()
        .filter_map(|line| line.strip_prefix("ref:"))
        .map(str::to_owned)
        .collect();
    anyhow::ensure!(
        !refs.is_empty(),
        "the guest wrote no references down: the case shows nothing"
    );
    Ok(refs)
}

/// HP-34: the same author has another reference for each plugin, and one for each.
pub(super) async fn compared_authors(case: &mut Case<'_>) -> anyhow::Result<Verdict> {
    let packages = [case.take("first").await?, case.take("second").await?];
    let feeder = case.tame("connector").await?;
    let org = case.org().await?;
    let lines = [format!("{WORD} one"), format!("{WORD} two")];
    let config = json!({ "lines": lines, "handle": "ada" });
    let monitor = org.read(&feeder, &[], &config).await?.monitor;
    let mut all = Vec::new();
    for package in &packages {
        let format = org.enable(package, &json!({}), &[], &json!({})).await?;
        let refs = references(&org, &format, &monitor).await?;
        let distinct: BTreeSet<String> = refs.iter().cloned().collect();
        anyhow::ensure!(
            refs.len() == 2 && distinct.len() == 1,
            "one author has {} references in one plugin",
            distinct.len()
        );
        all.extend(distinct);
    }
    anyhow::ensure!(
        all[0] != all[1],
        "two plugins can recognise the same author"
    );
    Ok(Verdict::Contained)
}

/// HP-35: no usual hash of what is known gives a reference, no other organisation's does, and nobody can be asked for one.
pub(super) async fn dictionary(case: &mut Case<'_>) -> anyhow::Result<Verdict> {
    doors::refuse(case, "oracle").await?;
    let package = case.take("plugin").await?;
    let feeder = case.tame("connector").await?;
    let handles = ["ada", "alice", "bob"];
    let mut seen: Vec<BTreeSet<String>> = Vec::new();
    let mut known: Vec<String> = vec![String::new(), "feed".into(), package.clone()];
    for _ in 0..2 {
        let org = case.org().await?;
        known.extend([org.id.clone(), org.slug.clone(), org.workspace.clone()]);
        let format = org.enable(&package, &json!({}), &[], &json!({})).await?;
        let mut refs = BTreeSet::new();
        let lines = [format!("{WORD} one")];
        let config = json!({ "lines": lines, "handle": "ada" });
        let reading = org.read(&feeder, &[], &config).await?;
        refs.extend(references(&org, &format, &reading.monitor).await?);
        known.push(reading.installation);
        seen.push(refs);
    }
    anyhow::ensure!(
        seen[0].is_disjoint(&seen[1]),
        "two organisations share a reference"
    );
    let words: Vec<String> = handles
        .iter()
        .flat_map(|h| {
            [
                (*h).to_owned(),
                format!("@{h}"),
                format!("native-{h}"),
                format!("feed/native-{h}"),
                format!("feednative-{h}"),
                format!("feed\0native-{h}"),
                format!("feed:{h}"),
            ]
        })
        .collect();
    for reference in seen.iter().flatten() {
        let plain = reference.to_ascii_lowercase();
        for word in &words {
            anyhow::ensure!(
                !plain.contains(word.as_str()),
                "the reference `{reference}` holds `{word}`"
            );
            for key in &known {
                let guess = Guess::of(key, word);
                anyhow::ensure!(
                    !guess.matches(reference),
                    "`{reference}` is a hash of `{word}` under `{key}`"
                );
            }
        }
    }
    Ok(Verdict::Contained)
}

/// The hashes that somebody would try first.
struct Guess(Vec<Vec<u8>>);

impl Guess {
    fn of(key: &str, word: &str) -> Self {
        let mut all = vec![
            Sha256::digest(word.as_bytes()).to_vec(),
            Sha256::digest(format!("{key}{word}").as_bytes()).to_vec(),
            Sha256::digest(format!("{word}{key}").as_bytes()).to_vec(),
        ];
        if let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key.as_bytes()) {
            mac.update(word.as_bytes());
            all.push(mac.finalize().into_bytes().to_vec());
        }
        Self(all)
    }
    /// Whether a reference begins like one of them, in any usual writing.
    fn matches(&self, reference: &str) -> bool {
        let plain = reference.to_ascii_lowercase();
        self.0.iter().any(|hash| {
            let written = [
                HEXLOWER.encode(hash),
                BASE32_NOPAD.encode(hash).to_ascii_lowercase(),
                BASE64.encode(hash).to_ascii_lowercase(),
            ];
            written
                .iter()
                .any(|text| text.get(..12).is_some_and(|head| plain.contains(head)))
        })
    }
}

/// HP-50: nothing in a call says for whom it is.
pub(super) async fn fingerprint(case: &mut Case<'_>) -> anyhow::Result<Verdict> {
    let package = case.take("plugin").await?;
    let org = case.org().await?;
    let reading = org.read(&package, &[], &json!({})).await?;
    let told = org.told().await?;
    anyhow::ensure!(
        told.contains("budget"),
        "the guest told nothing of its job: {told}"
    );
    for hidden in [
        &org.id,
        &org.slug,
        &org.workspace,
        &reading.source,
        &reading.monitor,
        &reading.installation,
    ] {
        let bare = hidden.split_once('_').map_or(hidden.as_str(), |(_, id)| id);
        anyhow::ensure!(
            !told.contains(bare),
            "the guest was told `{hidden}`: {told}"
        );
    }
    for word in ["Name of", "Room of", "org_", "tenant"] {
        anyhow::ensure!(!told.contains(word), "the guest was told `{word}`: {told}");
    }
    Ok(Verdict::Contained)
}
