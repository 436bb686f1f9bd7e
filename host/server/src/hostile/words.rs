//! Cases that smuggle: characters that break lines, content in logs and errors, text between the decimals of a score.

use serde_json::{Value, json};

use super::{
    case::{Case, Verdict},
    limits::{ended_by, pack_reads},
    stage::{Org, first},
};

/// What must be in no line, log, metric or error that is not its owner's.
const CANARY: &str = "canary-quill-lantern-of-a-post";

/// Fails if the operator's view of the host holds this: its log (where it can be looked at), its metrics, the ledger.
async fn unseen_by_the_operator(case: &Case<'_>, org: &Org, what: &str) -> anyhow::Result<()> {
    if let Some(own) = &case.own {
        anyhow::ensure!(
            !own.log().contains(what),
            "the operator's log holds `{what}`"
        );
    }
    let metrics = case.api.get("/metrics").await?;
    let metrics = String::from_utf8_lossy(&metrics.body).into_owned();
    anyhow::ensure!(metrics.contains("isocial"), "there are no metrics");
    anyhow::ensure!(!metrics.contains(what), "the metrics hold `{what}`");
    let ledger = serde_json::to_string(&org.list("receipts").await?)?;
    anyhow::ensure!(!ledger.contains(what), "the ledger holds `{what}`");
    Ok(())
}

/// Whether a text can break a line, a terminal or the direction of what stands around it. Line feeds are a post's own.
fn breaks(text: &str) -> bool {
    text.chars().any(|c| {
        (c.is_control() && c != '\n')
            || matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    })
}

/// Every text in a JSON value.
fn texts(value: &Value) -> Vec<&str> {
    match value {
        Value::String(text) => vec![text],
        Value::Array(all) => all.iter().flat_map(texts).collect(),
        Value::Object(all) => all.values().flat_map(texts).collect(),
        _ => Vec::new(),
    }
}

/// HP-14: cleaned or dropped; what is no text at all ends the call; log lines stay one line.
pub(super) async fn control_characters(case: &mut Case<'_>) -> anyhow::Result<Verdict> {
    let package = case.take("plugin").await?;
    let org = case.org().await?;
    let reading = org.read(&package, &[], &json!({})).await?;
    let mentions = org.mentions().await?;
    anyhow::ensure!(
        mentions.len() == 1
            && first(&mentions)["text"]
                .as_str()
                .is_some_and(|t| t.starts_with("lumora kept")),
        "expected the one post with a good id: {}",
        json!(mentions)
    );
    let bad: Vec<&str> = texts(first(&mentions))
        .into_iter()
        .filter(|t| breaks(t))
        .collect();
    anyhow::ensure!(bad.is_empty(), "not cleaned: {bad:?}");
    let calls = org.calls(&package).await?;
    anyhow::ensure!(
        first(&calls)["dropped"]["bad-id"] == 1 && first(&calls)["dropped"]["neutralised"].is_u64(),
        "the receipt does not say what was dropped and cleaned: {}",
        first(&calls)
    );
    let lines = org
        .list(&format!("installations/{}/log", reading.installation))
        .await?;
    let line = first(&lines)["text"].as_str().unwrap_or_default();
    anyhow::ensure!(
        line.starts_with("lumora-log") && !breaks(line) && !line.contains('\n'),
        "the plugin's log line is {line:?}"
    );
    if let Some(own) = &case.own {
        let broken = own
            .log()
            .lines()
            .find(|l| serde_json::from_str::<Value>(l).is_err())
            .map(str::to_owned);
        anyhow::ensure!(
            broken.is_none(),
            "a line of the operator's log is broken: {broken:?}"
        );
    }
    unseen_by_the_operator(case, &org, "lumora-log").await?;
    let (org, pack) = pack_reads(case, "surrogate", &["half a character"]).await?;
    ended_by(&org, &pack, &["output"]).await?;
    Ok(Verdict::Contained)
}

/// HP-15: the lines are the organisation's to read, few and short; the operator sees none of them.
pub(super) async fn posts_in_the_log(case: &mut Case<'_>) -> anyhow::Result<Verdict> {
    let (org, pack) = pack_reads(case, "plugin", &[CANARY]).await?;
    ended_by(&org, &pack, &["trap"]).await?;
    let installations = org.list("installations").await?;
    let installed = |i: &&Value| i["kind"] == "language-pack";
    let id = installations.iter().find(installed).map(|i| &i["id"]);
    let id = id.and_then(Value::as_str).unwrap_or_default();
    let lines = org.list(&format!("installations/{id}/log")).await?;
    let with = |l: &&Value| l["text"].as_str().is_some_and(|t| t.contains(CANARY));
    anyhow::ensure!(
        lines.iter().any(|line| with(&line)),
        "the guest logged nothing: the case shows nothing"
    );
    let long = |l: &&Value| l["text"].as_str().is_some_and(|t| t.len() > 1_024);
    anyhow::ensure!(
        lines.len() <= 256 && !lines.iter().any(|line| long(&line)),
        "the plugin's log is not capped: {} lines",
        lines.len()
    );
    unseen_by_the_operator(case, &org, CANARY).await?;
    Ok(Verdict::Contained)
}

/// HP-16: a fault is its name, for everybody.
pub(super) async fn data_in_errors(case: &mut Case<'_>) -> anyhow::Result<Verdict> {
    let package = case.take("plugin").await?;
    let org = case.org().await?;
    let reading = org
        .read(&package, &[], &json!({ "lines": [CANARY] }))
        .await?;
    let mut source = org.settled(&reading.source).await?;
    anyhow::ensure!(
        source["fault"] == "other",
        "the guest did not fail with what it knows: {source}"
    );
    // Its configuration is the organisation's own text.
    source["config"] = Value::Null;
    anyhow::ensure!(
        !source.to_string().contains(CANARY),
        "the source's status holds the text of the error"
    );
    unseen_by_the_operator(case, &org, CANARY).await?;
    Ok(Verdict::Contained)
}

/// HP-29: numbers are whole hundredths in fields of their own, and an answer with anything between or above them is not used: the sandbox
/// stops it where it is read, or the gate rejects it.
pub(super) async fn mantissas(case: &mut Case<'_>) -> anyhow::Result<Verdict> {
    let (org, pack) = pack_reads(case, "plugin", &["two bytes of this are hidden"]).await?;
    let calls = org.calls(&pack).await?;
    anyhow::ensure!(
        !calls.is_empty()
            && calls.iter().all(|c| {
                c["verdict"] == "rejected" || (c["verdict"] == "stopped" && c["rule"] == "output")
            }),
        "an answer with hidden bits was taken, or none was given: {}",
        json!(calls)
    );
    let mentions = org.mentions().await?;
    anyhow::ensure!(
        mentions.len() == 1 && first(&mentions)["analysis"].is_null(),
        "expected the post without a reading: {}",
        json!(mentions)
    );
    Ok(Verdict::Contained)
}
