//! One case: its folder, what is expected of it, and the ground that it runs on, swept when it ends.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    Ground,
    api::Api,
    own::Own,
    stage::{Org, Reading},
};

/// What came of a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Verdict {
    /// The host would not take it: nothing of it ran.
    Refused,
    /// It ran, tried, and harmed nobody.
    Contained,
    /// It did what it must not, or the attack was not seen at all.
    Failed,
    /// The part that it is about does not exist yet.
    Pending,
}

/// Where a case can run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Place {
    /// On any host that its operator's token opens.
    #[default]
    Any,
    /// On the suite's own throw-away host only.
    Own,
}

/// `expect.toml`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Expect {
    /// The case in a few words.
    pub(super) title: String,
    /// How it must end.
    pub(super) verdict: Verdict,
    /// Where it can run.
    #[serde(default)]
    pub(super) place: Place,
    /// What the host lacks that this case is about; until then it is not run, and counts as pending.
    pub(super) lacks: Option<String>,
    /// Words that the refusal must hold.
    #[serde(default)]
    pub(super) says: Vec<String>,
}

impl Expect {
    /// Reads it.
    pub(super) fn read(folder: &Path) -> anyhow::Result<Self> {
        let file = folder.join("expect.toml");
        let text = std::fs::read_to_string(&file)
            .with_context(|| format!("{} cannot be read", file.display()))?;
        toml::from_str(&text).with_context(|| format!("{}", file.display()))
    }
}

/// A case that runs.
pub(super) struct Case<'a> {
    /// What is expected.
    pub(super) expect: &'a Expect,
    /// What stands around.
    pub(super) ground: &'a Ground,
    /// The host that it runs on.
    pub(super) api: Api,
    /// The same host, where it is the suite's own.
    pub(super) own: Option<&'a mut Own>,
    folder: PathBuf,
    tag: String,
    orgs: Vec<Org>,
    packages: Vec<String>,
}

impl<'a> Case<'a> {
    /// Prepares the ground for the case in this folder.
    pub(super) fn new(
        expect: &'a Expect,
        folder: PathBuf,
        ground: &'a Ground,
        (api, own): (Api, Option<&'a mut Own>),
    ) -> anyhow::Result<Self> {
        ground.network.play(&folder.join("network.toml"))?;
        ground.mailbox.take();
        ground.tls.take();
        let id = folder.file_name().unwrap_or_default().to_string_lossy();
        let tag = format!(
            "{}-{}",
            id.get(..5).unwrap_or_default().to_lowercase(),
            ground.run
        );
        Ok(Self {
            expect,
            ground,
            api,
            own,
            folder,
            tag,
            orgs: Vec::new(),
            packages: Vec::new(),
        })
    }

    /// Bytes of one of its guests.
    pub(super) fn guest(&self, name: &str) -> anyhow::Result<Bytes> {
        component(&self.folder.join(name).with_extension("wasm"))
    }
    /// Names of all its guests, in order.
    pub(super) fn guests(&self) -> anyhow::Result<Vec<String>> {
        let mut names = Vec::new();
        for entry in std::fs::read_dir(&self.folder)?.flatten() {
            let path = entry.path();
            if path.extension().is_some_and(|e| e == "wasm") {
                names.extend(path.file_stem().map(|n| n.to_string_lossy().into_owned()));
            }
        }
        names.sort();
        anyhow::ensure!(!names.is_empty(), "the case has no guests");
        Ok(names)
    }

    /// Offers a component to the host: the package's id, or why it was refused.
    async fn offer_bytes(&mut self, bytes: Bytes) -> anyhow::Result<Result<String, String>> {
        let reply = self.api.upload(bytes).await?;
        if reply.status >= 300 {
            return Ok(Err(reply.problem()));
        }
        let shown = reply.json();
        let of = |key: &str| shown[key].as_str().unwrap_or_default().to_owned();
        self.packages
            .push(format!("/api/v1/plugins/{}/{}", of("id"), of("version")));
        Ok(Ok(of("id")))
    }
    /// Offers a guest to the host: the package's id, or why it was refused.
    pub(super) async fn offer(&mut self, name: &str) -> anyhow::Result<Result<String, String>> {
        let bytes = self.guest(name)?;
        self.offer_bytes(bytes).await
    }
    /// Registers a guest that the host must take; the package's id.
    pub(super) async fn take(&mut self, name: &str) -> anyhow::Result<String> {
        self.offer(name).await?.map_err(|refusal| {
            anyhow::anyhow!("the guest was refused before it could try: {refusal}")
        })
    }
    /// Registers the well-behaved plugin of a kind: `connector`, `pack`, `channel`, `export`.
    pub(super) async fn tame(&mut self, kind: &str) -> anyhow::Result<String> {
        let folder = self.ground.guests.join(format!("tame-{kind}"));
        let bytes = component(&folder.join("plugin.wasm"))?;
        self.offer_bytes(bytes)
            .await?
            .map_err(|refusal| anyhow::anyhow!("the tame {kind} was refused: {refusal}"))
    }

    /// A throw-away organisation, erased when the case ends.
    pub(super) async fn org(&mut self) -> anyhow::Result<Org> {
        let slug = format!("{}-{}", self.tag, self.orgs.len());
        let org = Org::make(&self.api, slug).await?;
        self.orgs.push(org.clone());
        Ok(org)
    }
    /// A throw-away organisation with a guest that reads the fake network, already read once. `granted` = may reach it.
    pub(super) async fn reading(
        &mut self,
        name: &str,
        granted: bool,
        mut config: Value,
    ) -> anyhow::Result<(Org, Reading, String)> {
        let package = self.take(name).await?;
        let org = self.org().await?;
        config["base"] = self.ground.network.base().into();
        let hosts: &[&str] = if granted { &["127.0.0.1"] } else { &[] };
        let reading = org.read(&package, hosts, &config).await?;
        Ok((org, reading, package))
    }
    /// Takes over the address of its own host, which has been started again.
    pub(super) fn follow(&mut self) {
        if let Some(own) = &self.own {
            self.api = own.api.clone();
        }
        for org in &mut self.orgs {
            org.api = self.api.clone();
        }
    }
    /// Erases its organisations and withdraws its packages.
    pub(super) async fn sweep(self) -> anyhow::Result<()> {
        for org in &self.orgs {
            org.erase().await?;
        }
        for path in &self.packages {
            self.api.delete(path).await?;
        }
        Ok(())
    }
}

fn component(file: &Path) -> anyhow::Result<Bytes> {
    let bytes = std::fs::read(file).with_context(|| {
        format!(
            "{} cannot be read\nhint: `cargo xtask guests` makes the guests",
            file.display()
        )
    })?;
    Ok(bytes.into())
}
