//! `isocial address`: where networks deliver to sources, on the data folder itself.

use anyhow::Context as _;
use isocial_model::AccountId;
use isocial_pipeline::address;
use isocial_store::{Deployment, OperatorSession, OrgScope};

use crate::{cli::Address, config::Config, org, wiring};

/// Runs a subcommand of `address`.
#[expect(clippy::print_stdout, reason = "this command's output")]
pub(crate) async fn run(config: &Config, command: &Address) -> anyhow::Result<()> {
    match command {
        Address::Make {
            org,
            source,
            secret_file,
            json,
            token,
        } => {
            let (deployment, session) = org::open(config, token).await?;
            let scope = enter(&deployment, &session, org).await?;
            let secret = secret_file
                .as_ref()
                .map(|path| {
                    std::fs::read_to_string(path)
                        .map(|text| isocial_model::Secret::new(text.trim_end()))
                        .with_context(|| format!("{} cannot be read", path.display()))
                })
                .transpose()?;
            let secret = secret.as_ref().map(|s| String::from_utf8_lossy(s.expose()));
            let path = address::make(&deployment, &scope, &id(source)?, secret.as_deref()).await?;
            let base = wiring::own_base(config);
            let address = format!("{base}{}", String::from_utf8_lossy(path.expose()));
            if *json {
                println!("{}", serde_json::json!({ "address": address }));
            } else {
                println!("{address}\nshown this once; give it to the network, and to nobody else");
                if config.public_url.is_empty() {
                    println!(
                        "hint: `public_url` is not set, so this address is of this machine alone"
                    );
                }
            }
            deployment.close().await;
        }
        Address::List { org, json, token } => {
            let (deployment, session) = org::open(config, token).await?;
            let scope = enter(&deployment, &session, org).await?;
            for account in deployment.org(&scope).await?.accounts().await? {
                let made = deployment.address_made(&scope, &account.id).await?;
                let made = made.map(isocial_model::Instant::as_millis);
                if *json {
                    println!(
                        "{}",
                        serde_json::json!({ "source": account.id.as_str(), "made": made })
                    );
                } else {
                    let since = made.map(jiff::Timestamp::from_millisecond).transpose()?;
                    let since =
                        since.map_or_else(|| "no address".to_owned(), |at| format!("since {at}"));
                    println!("{}  {since}", account.id);
                }
            }
            deployment.close().await;
        }
        Address::Withdraw { org, source, token } => {
            let (deployment, session) = org::open(config, token).await?;
            let scope = enter(&deployment, &session, org).await?;
            let withdrawn = deployment.withdraw_address(&scope, &id(source)?).await?;
            deployment.close().await;
            anyhow::ensure!(
                withdrawn,
                "{source} has no address\nhint: `isocial address list {org}`"
            );
            println!("withdrawn: what comes there is unknown from now on");
        }
    }
    Ok(())
}

fn id(source: &str) -> anyhow::Result<AccountId> {
    source
        .parse()
        .with_context(|| format!("`{source}` is no source's id: expected `acc_…`"))
}

async fn enter(
    deployment: &Deployment,
    session: &OperatorSession,
    slug: &str,
) -> anyhow::Result<OrgScope> {
    let org = deployment
        .organisation_by_slug(session, slug)
        .await?
        .with_context(|| format!("there is no organisation `{slug}`\nhint: `isocial org list`"))?;
    deployment
        .enter_as_operator(session, &org.id)
        .await?
        .context("the organisation is gone")
}
