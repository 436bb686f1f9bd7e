//! HT-28: somebody takes the newest receipts away, by putting an older copy of the organisation's file in the place of the newer one.

use std::path::{Path, PathBuf};

use serde_json::json;

use super::{
    case::{Case, Verdict},
    stage::WORD,
};

/// Calls between the copy and the theft. A head is signed outside the file every 64 lines; fewer than that would not be noticed yet.
const CALLS: usize = 130;

/// The ledger must say that it is not complete any more.
pub(super) async fn cut(case: &mut Case<'_>) -> anyhow::Result<Verdict> {
    let feeder = case.tame("connector").await?;
    let org = case.org().await?;
    let reader = org.enable(&feeder, &json!({}), &[], &json!({})).await?;
    let first = org.source(&reader, &json!({})).await?;
    org.watch("Watch", &[&first]).await?;
    org.settled(&first).await?;
    let Some(own) = case.own.as_deref_mut() else {
        anyhow::bail!("this case needs a host whose files it may touch");
    };
    own.stop().await?;
    let kept = tempfile::tempdir()?;
    copy(&own.data(), kept.path(), &own.data())?;
    own.again().await?;
    case.follow();
    let mut org = org;
    org.api = case.api.clone();
    let mut sources = Vec::new();
    for n in 0..CALLS {
        // Empty polls fold into one line; each of these finds a post.
        let config = json!({ "lines": [format!("{WORD} {n}")], "id": format!("call-{n}") });
        sources.push(org.source(&reader, &config).await?);
    }
    let all: Vec<&str> = sources.iter().map(String::as_str).collect();
    org.watch("More", &all).await?;
    for source in &sources {
        org.settled(source).await?;
    }
    let path = org.path("receipts/verdict");
    let before = org.api.get(&path).await?.good("the verdict")?;
    anyhow::ensure!(
        before["completeness"] == "complete" && before["lines"].as_u64() >= Some(CALLS as u64),
        "the ledger was not whole to begin with: {before}"
    );
    let Some(own) = case.own.as_deref_mut() else {
        anyhow::bail!("this case needs a host whose files it may touch");
    };
    own.stop().await?;
    let put = put_back(kept.path(), &own.data())?;
    own.again().await?;
    case.follow();
    anyhow::ensure!(put > 0, "no file of an organisation was found to put back");
    let after = case.api.get(&path).await?.good("the verdict")?;
    anyhow::ensure!(
        after["lines"].as_u64() < before["lines"].as_u64(),
        "the older file is not the one that is read: {after}"
    );
    anyhow::ensure!(
        after["completeness"] != "complete",
        "the newest lines are gone and the ledger says that it is complete: {after}"
    );
    Ok(Verdict::Contained)
}

/// Copies every file below `from`, keeping its place below `root`.
fn copy(from: &Path, into: &Path, root: &Path) -> anyhow::Result<()> {
    for entry in std::fs::read_dir(from)?.flatten() {
        let path = entry.path();
        if path.is_dir() {
            copy(&path, into, root)?;
        } else {
            let to = into.join(path.strip_prefix(root)?);
            std::fs::create_dir_all(to.parent().unwrap_or(into))?;
            std::fs::copy(&path, to)?;
        }
    }
    Ok(())
}

/// Puts the organisations' files back as they were, and leaves the deployment's own: how many.
fn put_back(kept: &Path, data: &Path) -> anyhow::Result<usize> {
    let mut put = 0;
    let mut open = vec![kept.to_path_buf()];
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(&folder)?.flatten() {
            let path = entry.path();
            if path.is_dir() {
                open.push(path);
                continue;
            }
            let below: PathBuf = path.strip_prefix(kept)?.to_path_buf();
            // The deployment's file, its key and its cache lie at the top or in folders of their own; organisations in `organisations`.
            if below.starts_with("organisations") {
                std::fs::copy(&path, data.join(&below))?;
                put += 1;
            }
        }
    }
    Ok(put)
}
