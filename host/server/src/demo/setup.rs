//! Setting the demo up, as a customer would: an organisation, plugins with consent, sources, a monitor, a rule, exports.

use std::path::PathBuf;

use anyhow::Context as _;
use isocial_model::{
    AccountId, InstallationId, JobId, MonitorId, OrgId, Secret, WorkspaceId, channel::Severity,
};
use isocial_pipeline::{
    Host,
    enable::{self, CredentialValue, NewPlugin},
    export::{self, ExportSpec},
    stream::{self, Fare},
    watch::RuleSpec,
    worker,
};
use isocial_store::{
    NewOrganisation, OperatorSession, OrgDb, OrgScope, Region, exports::ExportState,
    setup::AccountStatus,
};

use super::source::Source;
use crate::{cli::Demo, progress::Progress, summary::ExportLine};

/// The invented brand of the sample week.
pub(crate) const BRAND: &str = isocial_demo::Week::BRAND;
/// The slug of the demo's organisation.
const SLUG: &str = "demo";
/// The secret that the demo's webhook is signed with; the receiver is the sample network itself.
const WEBHOOK_SECRET: &str = "whsec_c2FtcGxlLW5ldHdvcmstd2ViaG9vay1zZWNyZXQ=";

/// The demo's organisation, set up.
pub(crate) struct Stage {
    /// Its id.
    pub(crate) org: OrgId,
    /// The proof that the operator may enter it.
    pub(crate) scope: OrgScope,
    /// Its store.
    pub(crate) db: OrgDb,
    /// The monitor.
    pub(crate) monitor: MonitorId,
    /// The archive's source.
    pub(crate) archive: Option<AccountId>,
    /// Sources with what people call them.
    sources: Vec<(AccountId, String)>,
    formats: Vec<InstallationId>,
    token: Secret,
}

impl Stage {
    /// Makes the organisation and enables what the source needs.
    pub(crate) async fn set(host: &Host, source: &Source, args: &Demo) -> anyhow::Result<Self> {
        let (token, operator) = operator(host).await?;
        if let Some(old) = host
            .deployment
            .organisation_by_slug(&operator, SLUG)
            .await?
        {
            anyhow::bail!(
                "this data folder already holds a demo ({})\nhint: give `--keep` another folder, or none",
                old.id
            );
        }
        let new = NewOrganisation {
            slug: SLUG.into(),
            name: "Demo".into(),
            region: Region::Local,
        };
        let org = host
            .deployment
            .create_organisation(&operator, &new)
            .await?
            .id;
        let scope = host
            .deployment
            .enter_as_operator(&operator, &org)
            .await?
            .context("the new organisation is gone")?;
        let db = host.deployment.org(&scope).await?;
        let workspace = db.create_workspace("Brand").await?;
        let shop = Shop {
            host,
            db: &db,
            workspace: &workspace,
        };

        for pack in ["isocial/en", "isocial/vi"] {
            shop.enable(pack, "{}", vec![], vec![]).await?;
        }
        let mut formats = Vec::new();
        for format in ["isocial/csv", "isocial/jsonl"] {
            formats.push(shop.enable(format, "{}", vec![], vec![]).await?);
        }
        let (sources, channel) = shop.sources(source).await?;
        let ids: Vec<AccountId> = sources.iter().map(|(id, _)| id.clone()).collect();
        let archive = matches!(source, Source::Archive { .. })
            .then(|| ids.first().cloned())
            .flatten();
        let query = match (&args.query, source) {
            (Some(query), _) => Some(query.clone()),
            (None, Source::Sample(_)) => Some(format!("{0} OR #{0}", BRAND.to_lowercase())),
            (None, _) => None,
        };
        let monitor = match query {
            Some(query) => enable::monitor(host, &scope, &db, &workspace, BRAND, &query, ids)
                .await
                .map_err(|error| explained(&error))?,
            None => {
                enable::monitor_of_everything(host, &scope, &db, &workspace, "Everything", ids)
                    .await?
            }
        };
        if let Some(channel) = channel {
            let spec = RuleSpec::Spike {
                minimum: None,
                factor: None,
            };
            let rule = enable::NewRule {
                monitor: &monitor,
                name: "Crisis watch",
                spec: &spec,
                severity: Severity::Warning,
                channels: vec![channel],
            };
            enable::rule(host, &scope, &db, rule).await?;
        }
        Ok(Self {
            org,
            scope,
            db,
            monitor,
            archive,
            sources,
            formats,
            token,
        })
    }

    /// The operator's token, to be shown once.
    pub(crate) fn token_text(&self) -> String {
        String::from_utf8_lossy(self.token.expose()).into_owned()
    }

    /// Sources whose stream is not open, with the reason.
    pub(crate) async fn waiting(&self, host: &Host) -> anyhow::Result<Vec<String>> {
        let mut waiting = Vec::new();
        for (id, name) in &self.sources {
            let Some(account) = self.db.account(id).await? else {
                continue;
            };
            if let Some(installation) = self.db.installation(&account.installation).await?
                && let Some(Fare::Waiting(why)) =
                    stream::fare(host, &host.settings.withheld, &account, &installation)
            {
                waiting.push(format!("{name} (stream): {why}"));
            }
        }
        Ok(waiting)
    }

    /// Sources whose last step failed, with the fault's name.
    pub(crate) async fn unreachable(&self) -> anyhow::Result<Vec<String>> {
        let mut failed = Vec::new();
        for (id, name) in &self.sources {
            if let Some(account) = self.db.account(id).await?
                && let AccountStatus::Failing(why) | AccountStatus::Stopped(why) = account.status
            {
                failed.push(format!("{name}: {why}"));
            }
        }
        Ok(failed)
    }
}

/// A query's errors with their fix, as the command line shows them.
fn explained(error: &enable::EnableError) -> anyhow::Error {
    anyhow::anyhow!("the query cannot be used: {error}")
}

/// The first operator token, or for a kept folder a new one cannot be had without the old: then the demo says so.
async fn operator(host: &Host) -> anyhow::Result<(Secret, OperatorSession)> {
    let token = host.deployment.first_operator_token().await?.context(
        "this data folder has an operator already\nhint: give `--keep` another folder, or none",
    )?;
    let text = String::from_utf8_lossy(token.expose()).into_owned();
    let session = host
        .deployment
        .check_operator_token(&text)
        .await?
        .context("the new token does not open")?;
    Ok((token, session))
}

/// Enabling, with the arguments that stay the same.
struct Shop<'a> {
    host: &'a Host,
    db: &'a OrgDb,
    workspace: &'a WorkspaceId,
}

impl Shop<'_> {
    async fn enable(
        &self,
        package: &str,
        config: &str,
        hosts: Vec<String>,
        credentials: Vec<(String, CredentialValue)>,
    ) -> anyhow::Result<InstallationId> {
        let new = NewPlugin {
            workspace: self.workspace,
            package,
            config,
            hosts,
            credentials,
        };
        Ok(enable::plugin(self.host, self.db, new).await?)
    }

    async fn source(
        &self,
        installation: &InstallationId,
        config: &serde_json::Value,
    ) -> anyhow::Result<AccountId> {
        Ok(enable::source(
            self.host,
            self.db,
            installation,
            &config.to_string(),
            Some(3_600),
        )
        .await?)
    }

    /// The sources, and the channel that is told of a crisis.
    async fn sources(
        &self,
        source: &Source,
    ) -> anyhow::Result<(Vec<(AccountId, String)>, Option<InstallationId>)> {
        match source {
            Source::Sample(running) => {
                let at = running.addr.ip().to_string();
                let mastodon = self
                    .enable("isocial/mastodon", "{}", vec![at.clone()], vec![])
                    .await?;
                let feed = self
                    .enable("isocial/feed", "{}", vec![at.clone()], vec![])
                    .await?;
                let mut sources = Vec::new();
                for tag in isocial_demo::Week::HASHTAGS {
                    let config =
                        serde_json::json!({ "instance": running.base_url, "hashtags": [tag] });
                    sources.push((
                        self.source(&mastodon, &config).await?,
                        format!("Mastodon #{tag}"),
                    ));
                }
                for path in ["/feeds/press.atom", "/feeds/blog.rss"] {
                    let config =
                        serde_json::json!({ "url": format!("{}{path}", running.base_url) });
                    sources.push((self.source(&feed, &config).await?, format!("feed {path}")));
                }
                let config =
                    serde_json::json!({ "url": format!("{}/hooks/alerts", running.base_url) });
                let secret = (
                    "signing".to_owned(),
                    CredentialValue::Value(WEBHOOK_SECRET.into()),
                );
                let channel = self
                    .enable(
                        "isocial/webhook",
                        &config.to_string(),
                        vec![at],
                        vec![secret],
                    )
                    .await?;
                Ok((sources, Some(channel)))
            }
            Source::Live {
                feed,
                mastodon,
                bluesky,
                ..
            } => {
                let mut sources = Vec::new();
                if let Some(url) = feed {
                    let installation = self
                        .enable("isocial/feed", "{}", vec![host_of(url)?], vec![])
                        .await?;
                    sources.push((
                        self.source(&installation, &serde_json::json!({ "url": url }))
                            .await?,
                        url.clone(),
                    ));
                }
                if let Some((instance, tag)) = mastodon {
                    let installation = self
                        .enable("isocial/mastodon", "{}", vec![host_of(instance)?], vec![])
                        .await?;
                    let config = serde_json::json!({ "instance": instance, "hashtags": [tag] });
                    sources.push((
                        self.source(&installation, &config).await?,
                        format!("{instance} #{tag}"),
                    ));
                }
                if let Some(service) = bluesky {
                    let (hosts, config) = if service.is_empty() {
                        (vec![], serde_json::json!({ "mode": "stream" }))
                    } else {
                        let config = serde_json::json!({ "mode": "stream", "service": service });
                        (vec![host_of(service)?], config)
                    };
                    let installation = self.enable("isocial/bluesky", "{}", hosts, vec![]).await?;
                    sources.push((
                        self.source(&installation, &config).await?,
                        "Bluesky's public stream".into(),
                    ));
                }
                Ok((sources, None))
            }
            Source::Archive { digest, path } => {
                let installation = self.enable("isocial/archive", "{}", vec![], vec![]).await?;
                let name = path
                    .file_name()
                    .unwrap_or_default()
                    .to_string_lossy()
                    .into_owned();
                let id = self
                    .source(&installation, &serde_json::json!({ "digest": digest }))
                    .await?;
                Ok((vec![(id, name)], None))
            }
        }
    }
}

/// The host of an address that a person gave.
fn host_of(url: &str) -> anyhow::Result<String> {
    let parsed = url::Url::parse(url)
        .with_context(|| format!("`{url}` is no address: expected https://…"))?;
    let host = parsed
        .host_str()
        .with_context(|| format!("`{url}` names no host"))?;
    Ok(host.to_owned())
}

/// Has every format write the monitor's mentions, and waits for the files.
pub(crate) async fn export(
    host: &Host,
    stage: &Stage,
    progress: &Progress,
) -> anyhow::Result<Vec<ExportLine>> {
    let tenant = host.tenant(&stage.scope).await?;
    let mut asked: Vec<JobId> = Vec::new();
    for format in &stage.formats {
        let spec = ExportSpec {
            monitor: Some(stage.monitor.clone()),
            ..ExportSpec::default()
        };
        asked.push(export::ask(host, &tenant, format, "Mentions", &spec, "operator").await?);
    }
    worker::drain(host, || {
        progress.say(format!(
            "exporting: {} rows",
            host.counters.exported_rows.get()
        ));
    })
    .await?;
    let mut lines = Vec::new();
    for id in asked {
        let Some(done) = stage.db.export(&id).await? else {
            continue;
        };
        anyhow::ensure!(
            done.state == ExportState::Done,
            "an export was not written: {}",
            done.problem.unwrap_or_else(|| "it is still waiting".into())
        );
        let file: PathBuf = stage.db.export_folder().join(done.file.unwrap_or_default());
        lines.push(ExportLine {
            file: file.display().to_string(),
            rows: done.rows,
            bytes: done.bytes,
            sha256: done.sha256.unwrap_or_default(),
        });
    }
    Ok(lines)
}
