//! The manifest: `plugin.toml`, embedded in the component.
//!
//! Lives here: its form and what is true of every valid one by itself. Not here: whether it agrees with the component (`package`).

use isocial_model::{
    Kind,
    contract::{Contract, HostRule, Slot},
};
use semver::Version;
use serde::{Deserialize, Serialize};

use crate::{config::ConfigSchema, error::PackageError, inbound::InboundRule};

/// How deletions at the network become known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DeletionShape {
    /// The network tells.
    Push,
    /// The host asks by reference; the plugin exports `recheck`.
    Recheck,
    /// The host expires.
    Ttl,
}

/// How the host can know that a post is public.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum VisibilityShape {
    /// The network says it of each item, and the connector passes it on.
    Attested,
    /// The source holds nothing but public items.
    PublicOnly,
}

/// A valid manifest.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Manifest {
    /// `publisher/name`.
    pub id: String,
    /// The plugin's version.
    pub version: Version,
    /// Its kind.
    pub kind: Kind,
    /// The interface that it exports, `isocial:plugin/connector@0.1.0`.
    pub interface: String,
    /// What people call it · ≤ 64 characters.
    pub name: String,
    /// What it does, for people · ≤ 512 characters.
    pub description: String,
    /// SPDX expression.
    pub licence: String,
    /// Where to read more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub homepage: Option<String>,
    /// Connectors: registered names of the networks whose posts it may write.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub networks: Vec<String>,
    /// Connectors: how deletions become known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deletion: Option<DeletionShape>,
    /// Connectors that recheck: references a call.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recheck_batch: Option<u32>,
    /// Connectors: how the host can know that a post is public.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub visibility: Option<VisibilityShape>,
    /// Connectors: whether the network publishes an age signal.
    pub age_signal: bool,
    /// Language packs: languages that it reads, BCP 47.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub languages: Vec<String>,
    /// Language packs: its topics, in the order of their indices.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub topics: Vec<String>,
    /// Language packs: name of the taxonomy that the topics are of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub taxonomy: Option<String>,
    /// Export formats: whether people open its files in spreadsheets, so that cells are neutralised.
    pub spreadsheet: bool,
    /// Export formats: extension of its files, without a dot.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub extension: Option<String>,
    /// Export formats: media type of its files.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub media_type: Option<String>,
    /// What can be set: a subset of JSON Schema.
    #[serde(skip_serializing_if = "ConfigSchema::is_empty")]
    pub config: ConfigSchema,
    /// Credentials that the host keeps for it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub credentials: Vec<Slot>,
    /// Connectors that export `inbound`: how a delivery is verified.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub inbound: Option<InboundRule>,
    /// One contract an exported function.
    pub contracts: Vec<Contract>,
}

/// The file, as it is written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    plugin: Table,
    #[serde(default)]
    config: ConfigSchema,
    #[serde(default, rename = "credential")]
    credentials: Vec<Slot>,
    inbound: Option<InboundRule>,
    #[serde(default, rename = "contract")]
    contracts: Vec<Contract>,
}

/// Its first table.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Table {
    id: String,
    version: Version,
    kind: Kind,
    interface: String,
    name: String,
    description: String,
    licence: String,
    homepage: Option<String>,
    #[serde(default)]
    networks: Vec<String>,
    deletion: Option<DeletionShape>,
    recheck_batch: Option<u32>,
    visibility: Option<VisibilityShape>,
    age_signal: Option<bool>,
    #[serde(default)]
    languages: Vec<String>,
    #[serde(default)]
    topics: Vec<String>,
    taxonomy: Option<String>,
    spreadsheet: Option<bool>,
    extension: Option<String>,
    media_type: Option<String>,
}

impl Manifest {
    /// Reads `plugin.toml` and checks all that can be checked without the component.
    pub fn parse(text: &str) -> Result<Self, PackageError> {
        let file: File = toml::from_str(text)
            .map_err(|error| PackageError::Syntax(error.to_string().trim_end().to_owned()))?;
        let File {
            plugin: t,
            config,
            credentials,
            inbound,
            contracts,
        } = file;
        let manifest = Self {
            id: t.id,
            version: t.version,
            kind: t.kind,
            interface: t.interface,
            name: t.name,
            description: t.description,
            licence: t.licence,
            homepage: t.homepage,
            networks: t.networks,
            deletion: t.deletion,
            recheck_batch: t.recheck_batch,
            visibility: t.visibility,
            age_signal: t.age_signal.unwrap_or(false),
            languages: t.languages,
            topics: t.topics,
            taxonomy: t.taxonomy,
            spreadsheet: t.spreadsheet.unwrap_or(false),
            extension: t.extension,
            media_type: t.media_type,
            config,
            credentials,
            inbound,
            contracts,
        };
        manifest.check_heading()?;
        manifest.check_kind(t.age_signal.is_some(), t.spreadsheet.is_some())?;
        manifest.config.check()?;
        manifest.check_credentials()?;
        if let Some(inbound) = &manifest.inbound {
            inbound.check(manifest.kind, &manifest.credentials)?;
        }
        manifest.check_contracts()?;
        Ok(manifest)
    }

    /// The contract of a function.
    pub fn contract(&self, function: &str) -> Option<&Contract> {
        self.contracts.iter().find(|c| c.function == function)
    }

    fn check_heading(&self) -> Result<(), PackageError> {
        let good_id = self
            .id
            .split_once('/')
            .is_some_and(|(publisher, name)| is_word(publisher) && is_word(name));
        if !good_id {
            let expected = "expected `publisher/name`, each of 2–64 lower-case letters, digits and single dashes";
            return Err(PackageError::value(
                "plugin.id",
                format!("`{}`: {expected}", short(&self.id)),
            ));
        }
        if !self.version.build.is_empty() {
            let problem = format!(
                "`{}` has build metadata, which does not order versions: leave it out",
                self.version
            );
            return Err(PackageError::value("plugin.version", problem));
        }
        for (key, text, most) in [
            ("name", &self.name, 64),
            ("description", &self.description, 512),
            ("licence", &self.licence, 128),
        ] {
            let count = text.chars().count();
            if count == 0 || count > most || text.chars().any(char::is_control) {
                let problem = format!("expected one line of 1–{most} characters, found {count}");
                return Err(PackageError::value(format!("plugin.{key}"), problem));
            }
        }
        match &self.homepage {
            Some(url)
                if !url.starts_with("https://")
                    || url.len() > 512
                    || url.chars().any(char::is_whitespace) =>
            {
                Err(PackageError::value(
                    "plugin.homepage",
                    "expected an https address of at most 512 bytes",
                ))
            }
            _ => Ok(()),
        }
    }

    /// Each kind has the keys that are about it, and no others.
    fn check_kind(&self, age_signal: bool, spreadsheet: bool) -> Result<(), PackageError> {
        use Kind::{Connector, ExportFormat, LanguagePack};
        let keys = [
            ("networks", !self.networks.is_empty(), Connector, true),
            ("deletion", self.deletion.is_some(), Connector, true),
            ("visibility", self.visibility.is_some(), Connector, true),
            ("age-signal", age_signal, Connector, false),
            (
                "recheck-batch",
                self.recheck_batch.is_some(),
                Connector,
                self.deletion == Some(DeletionShape::Recheck),
            ),
            ("languages", !self.languages.is_empty(), LanguagePack, true),
            ("topics", !self.topics.is_empty(), LanguagePack, false),
            (
                "taxonomy",
                self.taxonomy.is_some(),
                LanguagePack,
                !self.topics.is_empty(),
            ),
            ("spreadsheet", spreadsheet, ExportFormat, false),
            ("extension", self.extension.is_some(), ExportFormat, true),
            ("media-type", self.media_type.is_some(), ExportFormat, true),
        ];
        for (key, given, kind, required) in keys {
            let key = format!("plugin.{key}");
            if given && self.kind != kind {
                return Err(PackageError::value(
                    key,
                    format!(
                        "is for the kind {kind}, and this is the kind {}: leave it out",
                        self.kind
                    ),
                ));
            }
            if !given && required && self.kind == kind {
                return Err(PackageError::value(
                    key,
                    format!("is missing: the kind {kind} says it"),
                ));
            }
        }
        for network in &self.networks {
            if !is_word(network) || network.len() > 32 {
                let problem = format!(
                    "`{}`: expected a registered name of at most 32 lower-case letters",
                    short(network)
                );
                return Err(PackageError::value("plugin.networks", problem));
            }
        }
        if self.recheck_batch.is_some_and(|n| !(1..=250).contains(&n)) {
            return Err(PackageError::value(
                "plugin.recheck-batch",
                "expected 1–250",
            ));
        }
        for language in &self.languages {
            let good = language.split('-').all(|part| {
                (1..=8).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphanumeric())
            });
            if !good || language.len() > 35 {
                let problem = format!(
                    "`{}`: expected a BCP 47 tag such as `vi` or `pt-BR`",
                    short(language)
                );
                return Err(PackageError::value("plugin.languages", problem));
            }
        }
        if self.topics.len() > 1024 || self.topics.iter().any(|t| t.is_empty() || t.len() > 64) {
            return Err(PackageError::value(
                "plugin.topics",
                "expected at most 1,024 names of 1–64 bytes",
            ));
        }
        if self.extension.as_ref().is_some_and(|e| !is_extension(e)) {
            return Err(PackageError::value(
                "plugin.extension",
                "expected 1–8 lower-case letters or digits, without a dot",
            ));
        }
        Ok(())
    }

    fn check_credentials(&self) -> Result<(), PackageError> {
        for (i, slot) in self.credentials.iter().enumerate() {
            let key = format!("credential[{i}].name");
            if !is_word(&slot.name) {
                let problem = format!(
                    "`{}`: expected 2–64 lower-case letters, digits and single dashes",
                    short(&slot.name)
                );
                return Err(PackageError::value(key, problem));
            }
            if self
                .credentials
                .iter()
                .take(i)
                .any(|other| other.name == slot.name)
            {
                return Err(PackageError::value(
                    key,
                    format!("`{}` is there twice: keep one", slot.name),
                ));
            }
        }
        Ok(())
    }

    fn check_contracts(&self) -> Result<(), PackageError> {
        for (i, contract) in self.contracts.iter().enumerate() {
            let key = |field: &str| format!("contract[{i}].{field}");
            if self
                .contracts
                .iter()
                .take(i)
                .any(|other| other.function == contract.function)
            {
                return Err(PackageError::value(
                    key("function"),
                    format!("`{}` has a contract already: keep one", contract.function),
                ));
            }
            if contract.purposes.is_empty() {
                return Err(PackageError::value(
                    key("purposes"),
                    "expected at least one",
                ));
            }
            if contract.batch_max == 0 {
                return Err(PackageError::value(key("batch-max"), "expected at least 1"));
            }
            for rule in &contract.egress {
                let literal = rule.host.contains('.')
                    && rule.host.bytes().all(|b| {
                        b.is_ascii_lowercase() || b.is_ascii_digit() || b".-".contains(&b)
                    });
                if rule.host != HostRule::TENANT_DECLARED && !literal {
                    let problem = format!(
                        "`{}`: expected a literal host name in lower case, or `tenant-declared`; there are no wildcards",
                        short(&rule.host)
                    );
                    return Err(PackageError::value(key("egress"), problem));
                }
                if rule.why.trim().is_empty() {
                    return Err(PackageError::value(
                        key("egress"),
                        format!("`{}` has no reason: people are shown it", rule.host),
                    ));
                }
            }
        }
        Ok(())
    }
}

/// Lower-case letters, digits and single dashes, neither first nor last; 2–64 of them, beginning with a letter.
fn is_word(text: &str) -> bool {
    (2..=64).contains(&text.len())
        && text.starts_with(|c: char| c.is_ascii_lowercase())
        && !text.ends_with('-')
        && !text.contains("--")
        && text
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

fn is_extension(text: &str) -> bool {
    (1..=8).contains(&text.len())
        && text
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
}

/// What was given, short enough for a message.
fn short(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(64).collect()
}
