//! `isocial receipts`: takes ledgers out and checks them, in the data folder or from a file alone.

use std::{
    io::{BufReader, Write as _},
    path::{Path, PathBuf},
};

use anyhow::Context as _;
use isocial_model::Instant;
use isocial_store::ledger::{
    Completeness, Integrity, Reconciled,
    offline::{self, Offline, Trust},
    text::HeadLine,
};
use serde_json::{Value, json};

use crate::{
    cli::{Cli, Receipts},
    config::Config,
    org, read,
};

/// Runs a subcommand. A file is checked without reading any configuration.
pub(crate) async fn run(cli: &Cli, command: &Receipts) -> anyhow::Result<()> {
    match command {
        Receipts::Download {
            slug, out, token, ..
        } => download(&read(cli)?, slug.as_deref(), out, token).await,
        Receipts::Key { token } => key(&read(cli)?, token).await,
        Receipts::Verify {
            what,
            key,
            heads,
            json,
            token,
            ..
        } => {
            if let Some(what) = what
                && is_file(what, token.is_some())
            {
                return verify_file(Path::new(what), key.as_deref(), heads, *json);
            }
            let token = token.as_deref().context(
                "a ledger in the data folder needs the operator's token\n\
                 hint: set ISOCIAL_TOKEN, or give the path of a downloaded file (`./name` where the name could be a slug)",
            )?;
            verify(&read(cli)?, what.as_deref(), *json, token).await
        }
    }
}

/// Whether this is a path: it has a character that no slug has, or nobody has shown a token and there is such a file.
fn is_file(what: &str, token: bool) -> bool {
    let slug = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    !what.chars().all(slug) || (!token && Path::new(what).is_file())
}

/// Without a slug the deployment's own.
async fn download(
    config: &Config,
    slug: Option<&str>,
    out: &Path,
    token: &str,
) -> anyhow::Result<()> {
    let (deployment, session) = org::open(config, token).await?;
    let mut file = match slug {
        Some(slug) => org::enter(&deployment, &session, slug).await?.ledger_file(),
        None => deployment.ledger_file(),
    };
    let mut to: Box<dyn std::io::Write> = if out == Path::new("-") {
        Box::new(std::io::stdout().lock())
    } else {
        let made = std::fs::File::create(out);
        Box::new(made.with_context(|| format!("{} cannot be written", out.display()))?)
    };
    while let Some(part) = file.next().await? {
        to.write_all(part.as_bytes())?;
    }
    to.flush()?;
    deployment.close().await;
    Ok(())
}

#[expect(clippy::print_stdout, reason = "this command's output")]
async fn key(config: &Config, token: &str) -> anyhow::Result<()> {
    let (deployment, _) = org::open(config, token).await?;
    println!("{}", hex::encode(deployment.ledger_key()));
    deployment.close().await;
    Ok(())
}

/// Checks a ledger in the data folder, keyed chain included; without a slug the deployment's own.
#[expect(clippy::print_stdout, reason = "this command's output")]
async fn verify(
    config: &Config,
    slug: Option<&str>,
    json: bool,
    token: &str,
) -> anyhow::Result<()> {
    let (deployment, session) = org::open(config, token).await?;
    let db = match slug {
        Some(slug) => Some(org::enter(&deployment, &session, slug).await?),
        None => None,
    };
    let verdict = match &db {
        Some(db) => db.verify_ledger().await?,
        None => deployment.verify_ledger().await?,
    };
    let integrity = match verdict.integrity {
        Integrity::Intact => "intact".to_owned(),
        Integrity::Changed { seq } => format!("changed at line {seq}"),
        Integrity::Missing { seq } => format!("line {seq} is missing"),
    };
    let completeness = match verdict.completeness {
        Completeness::Complete => "complete".to_owned(),
        Completeness::Cut { lines, signed } => {
            format!("cut off: {lines} of {signed} signed lines are there")
        }
        Completeness::Rebuilt { seq } => {
            format!("rebuilt: line {seq} is not the one that was signed")
        }
        Completeness::Unsigned => "unsigned: no signed head is left".to_owned(),
    };
    let good = verdict.integrity == Integrity::Intact
        && verdict.completeness == Completeness::Complete
        && verdict.reconciled.holds();
    if json {
        let mut said = json!({
            "lines": verdict.lines, "integrity": integrity, "completeness": completeness, "good": good,
            "reconciled": reconciled(&verdict.reconciled),
        });
        if let Some(db) = &db {
            // Two deployments that have read the same can be compared by what they hold.
            let totals = db.totals().await?;
            said["content"] = json!(db.content_digest().await?);
            said["totals"] = json!({
                "posts": totals.posts, "mentions": totals.mentions, "analysed": totals.analysed,
                "without_receipt": totals.without_receipt, "notices": totals.notices,
                "delivered": totals.delivered, "dead": totals.dead, "tombstones": totals.tombstones,
            });
        }
        println!("{said}");
    } else {
        println!(
            "{} lines · {integrity} · {completeness}\n{}",
            verdict.lines,
            in_words(&verdict.reconciled)
        );
    }
    deployment.close().await;
    anyhow::ensure!(good, "the ledger does not hold");
    Ok(())
}

/// Checks a downloaded file, with nothing but the file and what the caller hands in.
#[expect(clippy::print_stdout, reason = "this command's output")]
fn verify_file(
    path: &Path,
    key: Option<&str>,
    heads: &[PathBuf],
    json: bool,
) -> anyhow::Result<()> {
    let mut trust = Trust::default();
    if let Some(text) = key {
        let mut bytes = [0; 32];
        hex::decode_to_slice(text.trim(), &mut bytes)
            .context("--key: expected 64 hex digits, as `isocial receipts key` prints them")?;
        trust.key = Some(bytes);
    }
    for place in heads {
        let read = read_heads(place);
        trust
            .heads
            .extend(read.with_context(|| format!("{} cannot be read", place.display()))?);
    }
    let file = std::fs::File::open(path);
    let file = file.with_context(|| format!("{} cannot be read", path.display()))?;
    let found = offline::verify(BufReader::new(file), &trust)
        .with_context(|| path.display().to_string())?;
    let (integrity, completeness) = (words_integrity(&found), words_completeness(&found));
    if json {
        println!(
            "{}",
            json!({
                "ledger": found.ledger, "lines": found.lines, "first": found.first, "checkpoint": found.checkpoint,
                "integrity": integrity, "completeness": completeness, "good": found.good(),
                "reconciled": reconciled(&found.reconciled),
                "key": hex::encode(found.key), "pinned": found.pinned, "heads": found.heads,
            })
        );
    } else {
        println!("ledger {} · {} lines", found.ledger, found.lines);
        if found.checkpoint {
            println!(
                "lines up to {} were removed when their time was over; a signed checkpoint stands for them",
                found.first
            );
        }
        println!("integrity     {integrity}");
        println!("completeness  {completeness}");
        println!("calls         {}", in_words(&found.reconciled));
        println!(
            "signed by     {}{}",
            hex::encode(found.key),
            if found.pinned {
                ""
            } else {
                " (the file's own word: compare it with the deployment's key, or give --key)"
            }
        );
    }
    anyhow::ensure!(found.good(), "the ledger does not hold");
    Ok(())
}

fn words_integrity(found: &Offline) -> String {
    match found.integrity {
        offline::Integrity::Intact => "intact".into(),
        offline::Integrity::Changed { seq } => format!("changed at line {seq}"),
        offline::Integrity::Missing { seq } => format!("line {seq} is missing"),
        offline::Integrity::Inserted { seq } => format!("line {seq} was put in"),
        offline::Integrity::Rewritten { after, until } => {
            format!("rewritten between line {after} and the head signed at line {until}")
        }
    }
}

fn words_completeness(found: &Offline) -> String {
    match found.completeness {
        offline::Completeness::Complete { as_of } => format!("complete as of {}", iso(as_of)),
        offline::Completeness::Cut { last, signed } => {
            format!("cut off: it ends at line {last}, and {signed} were signed")
        }
        offline::Completeness::Unsigned => "unsigned: no head whose signature holds".into(),
    }
}

fn iso(at: Instant) -> String {
    jiff::Timestamp::from_millisecond(at.as_millis())
        .map_or_else(|_| at.as_millis().to_string(), |t| t.to_string())
}

fn reconciled(found: &Reconciled) -> Value {
    let off: Vec<Value> = found
        .off
        .iter()
        .map(|(seq, counted, lines)| json!({ "seq": seq, "counted": counted, "lines": lines }))
        .collect();
    json!({
        "holds": found.holds(), "calls": found.calls, "exact": found.exact, "off": off, "unchecked": found.unchecked,
        "unclean": found.unclean, "open_calls": found.open_calls,
    })
}

fn in_words(found: &Reconciled) -> String {
    use std::fmt::Write as _;
    // Writing to a string cannot fail.
    let mut text = format!(
        "{} calls; {} readings of the sandbox's counter are met exactly",
        found.calls, found.exact
    );
    for (seq, counted, lines) in &found.off {
        let _ = write!(
            text,
            "; the one at line {seq} is not: the sandbox took {counted} calls, the lines stand for {lines}"
        );
    }
    if found.open_calls > 0 {
        let _ = write!(text, "; {} calls since the last reading", found.open_calls);
    }
    if found.unclean > 0 {
        let _ = write!(
            text,
            "; {} unclean stops, before each of which calls in hand and empty polls of the last 60 seconds may lack a line",
            found.unclean
        );
    }
    text
}

/// Heads of a file, or of every file of a folder. Other lines of it, such as those of an earlier download, are passed over.
fn read_heads(place: &Path) -> std::io::Result<Vec<HeadLine>> {
    let files = if place.is_dir() {
        let entries: Result<Vec<_>, _> = std::fs::read_dir(place)?.collect();
        entries?.into_iter().map(|e| e.path()).collect()
    } else {
        vec![place.to_path_buf()]
    };
    let mut heads = Vec::new();
    for file in files {
        let text = std::fs::read_to_string(file)?;
        heads.extend(text.lines().filter_map(|l| serde_json::from_str(l).ok()));
    }
    Ok(heads)
}
