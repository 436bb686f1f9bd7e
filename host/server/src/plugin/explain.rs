//! `isocial plugin explain`: for each field of each contract, which layer grants it and which takes it away.

use std::{fmt::Write as _, path::Path};

use anyhow::Context as _;
use isocial_catalog::{Manifest, Package};
use isocial_gate::{
    Explained, LayerName,
    explain::{Does, Part},
};
use isocial_pipeline::{
    Grant,
    explain::{self, Withheld},
};

use crate::{config::Config, org};

/// What was asked for.
#[derive(Debug)]
pub(crate) struct Asked<'a> {
    /// `publisher/name`, or a component's file.
    pub(crate) id: &'a str,
    pub(crate) org: Option<&'a str>,
    pub(crate) network: Option<&'a str>,
    pub(crate) json: bool,
    pub(crate) token: Option<&'a str>,
}

/// Runs it.
#[expect(clippy::print_stdout, reason = "this command's output")]
pub(crate) async fn run(config: &Config, asked: &Asked<'_>) -> anyhow::Result<()> {
    let withheld = Withheld::by_operator(&crate::config::restrictions(config))?;
    let (manifest, withheld, grant) = match asked.org {
        Some(slug) => {
            let (manifest, withheld, grant) = installed(config, asked, slug, &withheld).await?;
            (manifest, withheld, Some(grant))
        }
        None => (published(config, asked.id)?, withheld, None),
    };
    let contracts = explain::contracts(&manifest, &withheld, grant.as_ref(), asked.network);
    if asked.json {
        let value = serde_json::json!({
            "id": manifest.id, "version": manifest.version.to_string(), "kind": manifest.kind.name(),
            "installed": grant.is_some(), "network": asked.network, "contracts": contracts,
        });
        println!("{}", serde_json::to_string_pretty(&value)?);
    } else {
        let whose = match (asked.org, asked.network) {
            (Some(slug), _) => format!("as {slug} has it installed"),
            (None, _) => "as consent to the whole manifest would have it".to_owned(),
        };
        let of = asked
            .network
            .map(|n| format!(", for posts of {n}"))
            .unwrap_or_default();
        println!(
            "{} {} · {} · {whose}{of}",
            manifest.id, manifest.version, manifest.kind
        );
        print!("{}", describe(&contracts));
    }
    Ok(())
}

/// The manifest that an organisation's installation has, and its grant.
async fn installed(
    config: &Config,
    asked: &Asked<'_>,
    slug: &str,
    withheld: &Withheld,
) -> anyhow::Result<(Manifest, Withheld, Grant)> {
    let token = asked.token.context(
        "an organisation's grant needs the operator's token\nhint: set ISOCIAL_TOKEN, or leave --org out",
    )?;
    let (deployment, session) = org::open(config, token).await?;
    let db = org::enter(&deployment, &session, slug).await?;
    let mut found: Vec<_> = db
        .installations()
        .await?
        .into_iter()
        .filter(|i| i.package.id == asked.id)
        .collect();
    found.sort_by(|a, b| a.package.version.cmp(&b.package.version));
    let installation = found.pop().with_context(|| {
        format!(
            "{slug} has not installed `{}`\nhint: leave --org out to see what it would be given",
            asked.id
        )
    })?;
    let bytes = deployment
        .component(&installation.package.digest)
        .await?
        .with_context(|| {
            format!(
                "the component of {} is not kept any more",
                installation.package
            )
        })?;
    let grant = serde_json::from_str(&installation.grant).with_context(|| {
        format!(
            "the grant of {} does not read: consent anew",
            installation.id
        )
    })?;
    let withheld = withheld.with_organisation(&db).await?;
    deployment.close().await;
    Ok((Package::read(&bytes)?.into_manifest(), withheld, grant))
}

/// The newest version in the folder of packages, or the file that is named.
fn published(config: &Config, id: &str) -> anyhow::Result<Manifest> {
    let read = |path: &Path| -> anyhow::Result<Manifest> {
        let bytes =
            std::fs::read(path).with_context(|| format!("{} cannot be read", path.display()))?;
        Ok(Package::read(&bytes)?.into_manifest())
    };
    if Path::new(id).extension().is_some_and(|e| e == "wasm") {
        return read(Path::new(id));
    }
    let folder = &config.plugins_dir;
    let entries = std::fs::read_dir(folder).with_context(|| {
        format!(
            "the folder of packages `{}` cannot be read\nhint: set `plugins_dir` or ISOCIAL_PLUGINS_DIR, or give a component's file",
            folder.display()
        )
    })?;
    entries
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|e| e == "wasm"))
        .filter_map(|path| read(&path).ok())
        .filter(|manifest| manifest.id == id)
        .max_by(|a, b| a.version.cmp(&b.version))
        .with_context(|| format!("there is no package `{id}` in {}", folder.display()))
}

/// As a person reads it: a line a field, a word a layer.
fn describe(contracts: &[Explained]) -> String {
    let mut out = String::new();
    for contract in contracts {
        let _ = writeln!(out, "\n{}", contract.function);
        for purpose in &contract.purposes {
            let end = if purpose.left { "kept" } else { "lost" };
            let _ = writeln!(
                out,
                "  for {:<26} {end:<14} {}",
                purpose.purpose,
                layers(&purpose.layers)
            );
        }
        if !contract.strict.is_empty() {
            let by: Vec<String> = contract.strict.iter().copied().map(layer_name).collect();
            let _ = writeln!(
                out,
                "  text is redacted strictly, persons' names included: {}",
                by.join(" · ")
            );
        }
        for field in &contract.fields {
            let change = if field.given == field.asked {
                field.given.to_owned()
            } else {
                format!("{} → {}", field.asked, field.given)
            };
            let _ = writeln!(
                out,
                "  {:<30} {change:<14} {}",
                field.field,
                layers(&field.layers)
            );
        }
    }
    out
}

fn layer_name(layer: LayerName) -> String {
    let name = serde_json::to_value(layer).unwrap_or_default();
    name.as_str().unwrap_or_default().to_owned()
}

fn layers(parts: &[Part]) -> String {
    let word = |part: &Part| {
        let name = layer_name(part.layer);
        match part.does {
            Does::Grants => format!("{name} grants"),
            Does::Narrows => format!("{name} NARROWS to {}", part.allows),
            Does::Removes => format!("{name} REMOVES"),
            Does::Nothing => format!("{name} –"),
        }
    };
    parts.iter().map(word).collect::<Vec<_>>().join(" · ")
}
