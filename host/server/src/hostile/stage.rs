//! The stage of a case: throw-away organisations on a host, set up and looked at through its API.

use serde_json::{Value, json};

use super::api::Api;

/// Pause between two looks at something that is waited for.
const LOOK: std::time::Duration = std::time::Duration::from_millis(20);
/// Longest wait for anything of a case to happen · seconds.
pub(super) const PATIENCE_S: u64 = 60;
/// The word that every monitor looks for.
pub(super) const WORD: &str = "lumora";

/// Looks until there is something, or fails after so many seconds.
pub(super) async fn until<T>(
    what: &str,
    seconds: u64,
    mut look: impl AsyncFnMut() -> anyhow::Result<Option<T>>,
) -> anyhow::Result<T> {
    let end = std::time::Instant::now() + std::time::Duration::from_secs(seconds);
    loop {
        if let Some(found) = look().await? {
            return Ok(found);
        }
        anyhow::ensure!(
            std::time::Instant::now() < end,
            "waited {seconds} s for {what}"
        );
        tokio::time::sleep(LOOK).await;
    }
}

/// The first of a list, or null.
pub(super) fn first(all: &[Value]) -> &Value {
    const NONE: &Value = &Value::Null;
    all.first().unwrap_or(NONE)
}

/// A throw-away organisation.
#[derive(Clone)]
pub(super) struct Org {
    pub(super) api: Api,
    /// Its id.
    pub(super) id: String,
    /// Its slug.
    pub(super) slug: String,
    /// Its workspace.
    pub(super) workspace: String,
}

/// A source that is read, and what reads it.
pub(super) struct Reading {
    pub(super) source: String,
    pub(super) monitor: String,
    pub(super) installation: String,
}

fn id_of(body: &Value) -> anyhow::Result<String> {
    let id = body["id"].as_str();
    Ok(id
        .ok_or_else(|| anyhow::anyhow!("the host gave no id"))?
        .to_owned())
}

impl Org {
    /// Makes it, with a workspace.
    pub(super) async fn make(api: &Api, slug: String) -> anyhow::Result<Self> {
        let body = json!({ "slug": slug, "name": format!("Name of {slug}") });
        let made = api.post("/api/v1/organisations", &body).await?;
        let id = id_of(&made.good("an organisation cannot be made")?)?;
        let mut org = Self {
            api: api.clone(),
            id,
            slug,
            workspace: String::new(),
        };
        let body = json!({ "name": format!("Room of {}", org.slug) });
        org.workspace = org.create("workspaces", &body).await?;
        Ok(org)
    }

    /// An address below it.
    pub(super) fn path(&self, rest: &str) -> String {
        format!("/api/v1/organisations/{}/{rest}", self.id)
    }

    /// Makes something; its id.
    pub(super) async fn create(&self, noun: &str, body: &Value) -> anyhow::Result<String> {
        id_of(
            &self
                .api
                .post(&self.path(noun), body)
                .await?
                .good(&format!("`{noun}` cannot be made"))?,
        )
    }

    /// Enables a package with these hosts and credentials.
    pub(super) async fn enable(
        &self,
        package: &str,
        config: &Value,
        hosts: &[&str],
        credentials: &Value,
    ) -> anyhow::Result<String> {
        let body = json!({
            "workspace": self.workspace, "package": package, "config": config, "hosts": hosts, "credentials": credentials,
        });
        self.create("installations", &body).await
    }

    /// Adds a source.
    pub(super) async fn source(
        &self,
        installation: &str,
        config: &Value,
    ) -> anyhow::Result<String> {
        let body = json!({ "installation": installation, "config": config, "every_seconds": 3600 });
        self.create("sources", &body).await
    }

    /// Watches sources for the suite's word, from now on.
    pub(super) async fn watch(&self, name: &str, sources: &[&str]) -> anyhow::Result<String> {
        let body =
            json!({ "workspace": self.workspace, "name": name, "query": WORD, "sources": sources });
        self.create("monitors", &body).await
    }

    /// Enables a connector, adds a source, watches it, and waits until it was read once.
    pub(super) async fn read(
        &self,
        package: &str,
        hosts: &[&str],
        config: &Value,
    ) -> anyhow::Result<Reading> {
        let installation = self.enable(package, &json!({}), hosts, &json!({})).await?;
        let source = self.source(&installation, config).await?;
        let monitor = self.watch("Watch", &[&source]).await?;
        self.settled(&source).await?;
        Ok(Reading {
            source,
            monitor,
            installation,
        })
    }

    /// How a source fares, once it was read.
    pub(super) async fn settled(&self, source: &str) -> anyhow::Result<Value> {
        until("the source to be read", PATIENCE_S, async || {
            let all = self.list("sources").await?;
            let found = all.into_iter().find(|s| s["id"] == source);
            Ok(found.filter(|s| s["status"] != "new"))
        })
        .await
    }

    /// All items of a list, page by page.
    pub(super) async fn list(&self, noun: &str) -> anyhow::Result<Vec<Value>> {
        let mut all = Vec::new();
        let mut after = String::new();
        loop {
            let mark = if noun.contains('?') { '&' } else { '?' };
            let path = match noun {
                "receipts" => format!("receipts?limit=1000{}", after.replacen('?', "&", 1)),
                _ => format!("{noun}{}", after.replacen('?', &mark.to_string(), 1)),
            };
            let page = self.api.get(&self.path(&path)).await?.good(noun)?;
            all.extend(page["items"].as_array().cloned().unwrap_or_default());
            match page["next"].as_str() {
                Some(next) => after = format!("?after={next}"),
                None => return Ok(all),
            }
        }
    }

    /// Its mentions.
    pub(super) async fn mentions(&self) -> anyhow::Result<Vec<Value>> {
        self.list("mentions").await
    }
    /// Texts of its mentions.
    pub(super) async fn texts(&self) -> anyhow::Result<Vec<String>> {
        let all = self.mentions().await?;
        let text = |m: &Value| m["text"].as_str().unwrap_or_default().to_owned();
        Ok(all.iter().map(text).collect())
    }
    /// The text that a guest of the suite told, which begins by a word of the kit.
    pub(super) async fn told(&self) -> anyhow::Result<String> {
        let all = self.texts().await?;
        let told = all
            .into_iter()
            .find(|text| text.starts_with("lumora told: "));
        told.ok_or_else(|| anyhow::anyhow!("the guest told nothing of what it was given"))
    }
    /// Its ledger's lines of this kind: `call` or `egress`.
    pub(super) async fn lines(&self, kind: &str) -> anyhow::Result<Vec<Value>> {
        let all = self.list("receipts").await?;
        Ok(all
            .into_iter()
            .filter(|line| line["line"] == kind)
            .collect())
    }
    /// Calls of a package, by its id.
    pub(super) async fn calls(&self, package: &str) -> anyhow::Result<Vec<Value>> {
        let all = self.lines("call").await?;
        Ok(all
            .into_iter()
            .filter(|line| line["plugin"]["id"] == package)
            .collect())
    }
    /// How its exchanges ended, in order: status, failure or `denied:rule`.
    pub(super) async fn exchanges(&self) -> anyhow::Result<Vec<String>> {
        let all = self.lines("egress").await?;
        let result = |line: &Value| line["result"].as_str().unwrap_or_default().to_owned();
        Ok(all.iter().map(result).collect())
    }

    /// Has a format write a monitor's mentions; how the export ended.
    pub(super) async fn export(&self, format: &str, monitor: &str) -> anyhow::Result<Value> {
        let body = json!({ "format": format, "title": "Export", "monitor": monitor });
        let id = self.create("exports", &body).await?;
        until("the export", PATIENCE_S, async || {
            let path = self.path(&format!("exports/{id}"));
            let now = self.api.get(&path).await?.good("the export")?;
            let ended = now["state"] == "done" || now["state"] == "failed";
            Ok(ended.then_some(now))
        })
        .await
    }
    /// The same, and the file's bytes as text.
    pub(super) async fn file(&self, format: &str, monitor: &str) -> anyhow::Result<String> {
        let ended = self.export(format, monitor).await?;
        anyhow::ensure!(ended["state"] == "done", "no file was written: {ended}");
        let id = ended["id"].as_str().unwrap_or_default();
        let reply = self
            .api
            .get(&self.path(&format!("exports/{id}/file")))
            .await?;
        anyhow::ensure!(reply.status == 200, "the file: {}", reply.problem());
        Ok(String::from_utf8_lossy(&reply.body).into_owned())
    }

    /// Destroys it.
    pub(super) async fn erase(&self) -> anyhow::Result<()> {
        let path = format!("/api/v1/organisations/{}", self.id);
        let reply = self.api.delete(&path).await?;
        anyhow::ensure!(
            reply.status == 204,
            "a throw-away organisation was not erased: {}",
            reply.problem()
        );
        Ok(())
    }
}
