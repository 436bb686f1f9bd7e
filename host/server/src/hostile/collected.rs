//! Cases about what a connector brings in: other networks' posts, people of the wrong age, dates that escape retention.

use serde_json::json;

use super::{
    case::{Case, Verdict},
    stage::{WORD, first},
};

/// HP-37: a connector speaks for its own network only.
pub(super) async fn forged(case: &mut Case<'_>) -> anyhow::Result<Verdict> {
    let feeder = case.tame("connector").await?;
    let package = case.take("plugin").await?;
    let org = case.org().await?;
    let lines: Vec<String> = (0..3).map(|n| format!("{WORD} original {n}")).collect();
    let config = json!({ "lines": lines, "handle": "victim" });
    org.read(&feeder, &[], &config).await?;
    let before = org.mentions().await?;
    anyhow::ensure!(
        before.len() == 3,
        "the posts to be attacked are not there: {}",
        json!(before)
    );
    org.read(&package, &[], &json!({})).await?;
    let calls = org.calls(&package).await?;
    anyhow::ensure!(
        first(&calls)["dropped"]["foreign-network"] == 4,
        "expected four changes that were dropped: {}",
        first(&calls)
    );
    let after = org.mentions().await?;
    anyhow::ensure!(
        before == after,
        "the posts of another network have changed: {}",
        json!(after)
    );
    Ok(Verdict::Contained)
}

/// HP-41: not kept, and counted.
pub(super) async fn ages(case: &mut Case<'_>) -> anyhow::Result<Verdict> {
    let package = case.take("plugin").await?;
    let org = case.org().await?;
    org.read(&package, &[], &json!({})).await?;
    let kept = org.texts().await?;
    anyhow::ensure!(kept == ["lumora by adult"], "kept were {kept:?}");
    let calls = org.calls(&package).await?;
    let dropped = &first(&calls)["dropped"];
    anyhow::ensure!(
        dropped["age-flagged"] == 1 && dropped["age-unknown"] == 2,
        "the receipt does not count them: {}",
        first(&calls)
    );
    Ok(Verdict::Contained)
}

/// HP-42: a post is never from the future, so its retention begins now at the latest.
pub(super) async fn future(case: &mut Case<'_>) -> anyhow::Result<Verdict> {
    let package = case.take("plugin").await?;
    let org = case.org().await?;
    org.read(&package, &[], &json!({})).await?;
    let kept = org.mentions().await?;
    anyhow::ensure!(kept.len() == 2, "expected both posts: {}", json!(kept));
    let lines = org.lines("call").await?;
    let read = first(&lines)["at"].as_i64().unwrap_or_default();
    for mention in &kept {
        for field in ["at", "created", "edited"] {
            let at = mention[field].as_i64().unwrap_or_default();
            // The receipt is closed after the post was read; a second is for its commit.
            anyhow::ensure!(
                at <= read + 1_000,
                "`{field}` is {} ms ahead of its reading",
                at - read
            );
        }
    }
    let calls = org.calls(&package).await?;
    anyhow::ensure!(
        first(&calls)["dropped"]["future-clamped"] == 4,
        "the receipt does not say that dates were changed: {}",
        first(&calls)
    );
    Ok(Verdict::Contained)
}
