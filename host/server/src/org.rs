//! `isocial org`, `isocial receipts` and `isocial plugin rollback`: the operator's commands on the data folder itself.

use anyhow::Context as _;
use isocial_model::time::SystemClock;
use isocial_store::{
    Deployment, NewOrganisation, OperatorSession, Region,
    ledger::{Completeness, Integrity},
};
use std::sync::Arc;

use crate::{
    cli::{Org, Receipts},
    config::Config,
    wiring,
};

/// Opens the data folder and checks the token. No plugin is loaded and no job is run.
async fn open(config: &Config, token: &str) -> anyhow::Result<(Deployment, OperatorSession)> {
    let options = wiring::store_options(config);
    anyhow::ensure!(
        !options.is_new(),
        "there is no deployment in {}\nhint: `isocial serve` makes one; set `data_dir` or ISOCIAL_DATA_DIR to its folder",
        config.data_dir.display()
    );
    let vault = Arc::new(wiring::open_vault(
        config,
        &options,
        Arc::new(isocial_vault::OsEntropy),
    )?);
    let deployment = Deployment::open(options, vault, Arc::new(SystemClock)).await?;
    let session = deployment
        .check_operator_token(token.trim())
        .await?
        .context("the operator's token does not open this deployment\nhint: it was shown at the first start")?;
    Ok((deployment, session))
}

/// Runs a subcommand of `org`.
#[expect(clippy::print_stdout, reason = "this command's output")]
pub(crate) async fn run(config: &Config, command: &Org) -> anyhow::Result<()> {
    match command {
        Org::Create {
            slug,
            name,
            json,
            token,
        } => {
            let (deployment, session) = open(config, token).await?;
            let new = NewOrganisation {
                slug: slug.clone(),
                name: name.clone().unwrap_or_else(|| slug.clone()),
                region: Region::Local,
            };
            let org = deployment.create_organisation(&session, &new).await?;
            if *json {
                println!(
                    "{}",
                    serde_json::json!({ "id": org.id.as_str(), "slug": org.slug })
                );
            } else {
                println!("{}  {}", org.id, org.slug);
            }
            deployment.close().await;
        }
        Org::List { json, token } => {
            let (deployment, session) = open(config, token).await?;
            for org in deployment.organisations(&session).await? {
                if *json {
                    println!(
                        "{}",
                        serde_json::json!({ "id": org.id.as_str(), "slug": org.slug, "name": org.name })
                    );
                } else {
                    println!("{}  {:<20} {}", org.id, org.slug, org.name);
                }
            }
            deployment.close().await;
        }
        Org::Delete { slug, yes, token } => {
            let (deployment, session) = open(config, token).await?;
            let org = deployment
                .organisation_by_slug(&session, slug)
                .await?
                .with_context(|| {
                    format!("there is no organisation `{slug}`\nhint: `isocial org list`")
                })?;
            if *yes {
                deployment.delete_organisation(&session, &org.id).await?;
                println!(
                    "{} is deleted: its key is destroyed and its file removed",
                    org.slug
                );
            } else {
                let scope = deployment
                    .enter_as_operator(&session, &org.id)
                    .await?
                    .context("it is gone already")?;
                let totals = deployment.org(&scope).await?.totals().await?;
                println!(
                    "{} ({}) would be deleted for good: {} posts, {} mentions, {} receipts",
                    org.slug, org.id, totals.posts, totals.mentions, totals.receipts
                );
                println!("hint: add --yes to do it");
            }
            deployment.close().await;
        }
    }
    Ok(())
}

/// Runs a subcommand of `receipts`.
#[expect(clippy::print_stdout, reason = "this command's output")]
pub(crate) async fn receipts(config: &Config, command: &Receipts) -> anyhow::Result<()> {
    let Receipts::Verify { slug, json, token } = command;
    let (deployment, session) = open(config, token).await?;
    let org = deployment
        .organisation_by_slug(&session, slug)
        .await?
        .with_context(|| format!("there is no organisation `{slug}`\nhint: `isocial org list`"))?;
    let scope = deployment
        .enter_as_operator(&session, &org.id)
        .await?
        .context("the organisation is gone")?;
    let db = deployment.org(&scope).await?;
    let verdict = db.verify_ledger().await?;
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
    };
    let good =
        verdict.integrity == Integrity::Intact && verdict.completeness == Completeness::Complete;
    if *json {
        // Two deployments that have read the same can be compared by what they hold.
        let totals = db.totals().await?;
        println!(
            "{}",
            serde_json::json!({
                "lines": verdict.lines, "integrity": integrity, "completeness": completeness, "good": good,
                "content": db.content_digest().await?,
                "totals": {
                    "posts": totals.posts, "mentions": totals.mentions, "analysed": totals.analysed,
                    "without_receipt": totals.without_receipt, "notices": totals.notices,
                    "delivered": totals.delivered, "dead": totals.dead, "tombstones": totals.tombstones,
                },
            })
        );
    } else {
        println!("{} lines · {integrity} · {completeness}", verdict.lines);
    }
    deployment.close().await;
    anyhow::ensure!(good, "the ledger does not hold");
    Ok(())
}

/// Takes the newest version of a plugin back. A server that runs on the folder notices within seconds.
#[expect(clippy::print_stdout, reason = "this command's output")]
pub(crate) async fn rollback(
    config: &Config,
    id: &str,
    json: bool,
    token: &str,
) -> anyhow::Result<()> {
    let (deployment, session) = open(config, token).await?;
    let withdrawn = deployment.withdrawn_packages().await?;
    let mut versions: Vec<_> = deployment
        .packages()
        .await?
        .into_iter()
        .map(|kept| kept.package)
        .filter(|p| p.id == id && !withdrawn.contains(&(p.id.clone(), p.version.clone())))
        .map(|p| p.version)
        .collect();
    versions.sort();
    let newest = versions.pop();
    let (Some(newest), Some(before)) = (newest, versions.pop()) else {
        deployment.close().await;
        anyhow::bail!(
            "there is no earlier version of `{id}` to go back to\nhint: `isocial plugin rollback` needs two registered versions that were not taken back"
        );
    };
    deployment.withdraw_package(&session, id, &newest).await?;
    deployment.close().await;
    if json {
        let said = serde_json::json!({ "id": id, "withdrawn": newest.to_string(), "now": before.to_string() });
        println!("{said}");
    } else {
        println!("{id} {newest} was taken back; {before} serves the next calls");
    }
    Ok(())
}
