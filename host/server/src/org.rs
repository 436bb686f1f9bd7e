//! `isocial org` and `isocial plugin rollback`: the operator's commands on the data folder itself.

use anyhow::Context as _;
use isocial_model::time::SystemClock;
use isocial_store::{Deployment, NewOrganisation, OperatorSession, OrgDb, Region};
use std::sync::Arc;

use crate::{cli::Org, config::Config, wiring};

/// Opens the data folder and checks the token. No plugin is loaded and no job is run.
pub(crate) async fn open(
    config: &Config,
    token: &str,
) -> anyhow::Result<(Deployment, OperatorSession)> {
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

/// Enters an organisation by its slug.
pub(crate) async fn enter(
    deployment: &Deployment,
    session: &OperatorSession,
    slug: &str,
) -> anyhow::Result<OrgDb> {
    let org = deployment
        .organisation_by_slug(session, slug)
        .await?
        .with_context(|| format!("there is no organisation `{slug}`\nhint: `isocial org list`"))?;
    let scope = deployment
        .enter_as_operator(session, &org.id)
        .await?
        .context("the organisation is gone")?;
    Ok(deployment.org(&scope).await?)
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
        println!(
            "{id} {newest} was taken back; {before} serves the next calls where consent covers it, and elsewhere none does until somebody consents"
        );
    }
    Ok(())
}
