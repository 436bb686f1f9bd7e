//! Cases about exports: what people open in a spreadsheet, and whose rows are in a file.

use serde_json::json;

use super::{
    case::{Case, Verdict},
    stage::WORD,
};

/// HP-28: no cell begins as a formula does.
pub(super) async fn formula(case: &mut Case<'_>) -> anyhow::Result<Verdict> {
    let package = case.take("plugin").await?;
    let feeder = case.tame("connector").await?;
    let org = case.org().await?;
    let starts = ["=", "+", "-", "@", "\t=", "\r=", " =", "\u{ff1d}", "\n="];
    let lines: Vec<String> = starts
        .iter()
        .map(|s| format!("{s}HYPERLINK(\"https://evil.invalid/\"; \"{WORD}\")"))
        .collect();
    let reading = org.read(&feeder, &[], &json!({ "lines": lines })).await?;
    let format = org.enable(&package, &json!({}), &[], &json!({})).await?;
    let file = org.file(&format, &reading.monitor).await?;
    let cells: Vec<&str> = file.split("cell:").skip(1).collect();
    anyhow::ensure!(
        cells.len() == starts.len(),
        "{} cells of {} posts: the case shows nothing: {file:?}",
        cells.len(),
        starts.len()
    );
    for cell in cells {
        let first = cell.trim_start().chars().next();
        anyhow::ensure!(
            !first.is_some_and(|c| "=+-@\u{ff1d}\u{ff0b}\u{ff0d}\u{ff20}".contains(c)),
            "a cell begins as a formula does: {cell:?}"
        );
    }
    Ok(Verdict::Contained)
}

/// HP-44: a file holds the rows that it was asked for, and no others.
pub(super) async fn rows_of_another(case: &mut Case<'_>) -> anyhow::Result<Verdict> {
    let package = case.take("plugin").await?;
    let feeder = case.tame("connector").await?;
    let mut jobs = Vec::new();
    for (letter, rooms) in [("a", 2), ("b", 1)] {
        let org = case.org().await?;
        let format = org.enable(&package, &json!({}), &[], &json!({})).await?;
        let reader = org.enable(&feeder, &json!({}), &[], &json!({})).await?;
        for room in 0..rooms {
            let canary = format!("canary-{letter}{room}");
            let config = json!({ "lines": [format!("{WORD} {canary}")], "id": canary });
            let source = org.source(&reader, &config).await?;
            let monitor = org.watch(&canary, &[&source]).await?;
            org.settled(&source).await?;
            jobs.push((org.clone(), format.clone(), monitor, canary));
        }
    }
    // Twice, so that each file has another one before it.
    for _ in 0..2 {
        for (org, format, monitor, own) in &jobs {
            let file = org.file(format, monitor).await?;
            anyhow::ensure!(
                file.contains("kept:") && file.contains(own.as_str()),
                "the guest wrote nothing of what it kept: the case shows nothing: {file:?}"
            );
            for (.., other) in jobs.iter().filter(|(.., other)| other != own) {
                anyhow::ensure!(
                    !file.contains(other.as_str()),
                    "the file of {own} holds rows of {other}"
                );
            }
            let before = file
                .split("kept:")
                .nth(1)
                .and_then(|rest| rest.split("rows:").next())
                .unwrap_or_default();
            anyhow::ensure!(
                before.trim().is_empty(),
                "the guest still knew the file before: {before:?}"
            );
        }
    }
    Ok(Verdict::Contained)
}
