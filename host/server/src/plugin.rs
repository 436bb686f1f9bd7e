//! `isocial plugin`: makes, builds and reads plugins.

mod conformance;
mod explain;

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use isocial_catalog::{Inspection, Package};
use isocial_model::Kind;
use isocial_package::{BuildOptions, Built, SdkDependency, build_crates, scaffold};

use crate::{
    cli::{Cli, KindName, Plugin},
    wiring,
};

/// Runs a subcommand.
pub(crate) async fn run(cli: &Cli, command: &Plugin) -> anyhow::Result<()> {
    match command {
        Plugin::New { kind, name, sdk } => new(*kind, name, sdk.as_deref()),
        Plugin::Build {
            folder,
            component: Some(component),
            out,
            quiet,
            ..
        } => wrap(folder, component, out.as_deref(), *quiet),
        Plugin::Build {
            folder,
            all,
            out,
            quiet,
            ..
        } => build(folder, *all, out.as_deref(), *quiet).map(|_| ()),
        Plugin::Test {
            folder,
            component,
            json,
        } => {
            let component = match component {
                Some(file) => file.clone(),
                None => {
                    build(folder, false, None, true)?
                        .into_iter()
                        .next()
                        .context("nothing was built")?
                        .path
                }
            };
            conformance::run(
                folder,
                &component,
                wiring::grants(&crate::read(cli)?),
                *json,
            )
            .await
        }
        Plugin::Explain {
            id,
            org,
            network,
            json,
            token,
        } => {
            let asked = explain::Asked {
                id,
                org: org.as_deref(),
                network: network.as_deref(),
                json: *json,
                token: token.as_deref(),
            };
            explain::run(&crate::read(cli)?, &asked).await
        }
        Plugin::Inspect { file, json } => inspect(file, *json),
        // It needs a deployment, which the other subcommands do not: `org`.
        Plugin::Rollback { .. } => Ok(()),
    }
}

impl From<KindName> for Kind {
    fn from(name: KindName) -> Self {
        match name {
            KindName::Connector => Self::Connector,
            KindName::LanguagePack => Self::LanguagePack,
            KindName::AlertChannel => Self::AlertChannel,
            KindName::ExportFormat => Self::ExportFormat,
        }
    }
}

#[expect(clippy::print_stdout, reason = "this command's output")]
fn new(kind: KindName, name: &str, sdk: Option<&Path>) -> anyhow::Result<()> {
    let sdk = match sdk.map(Path::to_path_buf).or_else(checkout) {
        Some(folder) => SdkDependency::Path(std::path::absolute(folder)?),
        None => SdkDependency::Version(env!("CARGO_PKG_VERSION").into()),
    };
    let folder = PathBuf::from(name);
    let files = scaffold(Kind::from(kind).name(), name, &folder, &sdk)?;
    for file in &files {
        println!("{}", file.display());
    }
    println!("\nnext: cd {name} && cargo test && isocial plugin build");
    Ok(())
}

/// The `sdk` folder of the checkout that the current folder lies in.
fn checkout() -> Option<PathBuf> {
    let here = std::env::current_dir().ok()?;
    here.ancestors()
        .map(|folder| folder.join("sdk"))
        .find(|sdk| sdk.join("rust/Cargo.toml").is_file())
}

/// Builds one plugin or all below a folder, and prints what each became.
fn build(folder: &Path, all: bool, out: Option<&Path>, quiet: bool) -> anyhow::Result<Vec<Built>> {
    let folders = if all {
        below(folder)?
    } else {
        vec![folder.to_path_buf()]
    };
    anyhow::ensure!(
        !folders.is_empty(),
        "no plugin.toml below {}",
        folder.display()
    );
    let options = BuildOptions {
        locked: all,
        quiet,
        ..BuildOptions::default()
    };
    let built = build_crates(&folders, &options)?;
    let mut moved = Vec::new();
    for mut one in built {
        if let Some(out) = out {
            std::fs::create_dir_all(out)
                .with_context(|| format!("{} cannot be made", out.display()))?;
            let to = out.join(one.path.file_name().unwrap_or_default());
            // A file that is copied onto itself is left empty.
            if std::fs::canonicalize(&to).ok() != std::fs::canonicalize(&one.path).ok() {
                std::fs::copy(&one.path, &to)
                    .with_context(|| format!("{} cannot be written", to.display()))?;
            }
            one.path = to;
        }
        if !quiet {
            say(&one);
        }
        moved.push(one);
    }
    Ok(moved)
}

/// Makes a package of a finished component and the folder's manifest.
fn wrap(folder: &Path, component: &Path, out: Option<&Path>, quiet: bool) -> anyhow::Result<()> {
    let read = |path: &Path| {
        std::fs::read(path).with_context(|| format!("{} cannot be read", path.display()))
    };
    let manifest = String::from_utf8(read(&folder.join("plugin.toml"))?)
        .context("plugin.toml is not UTF-8")?;
    let bytes = isocial_package::Package::wrap(&read(component)?, &manifest)?;
    // The host's own reading comes before anything is written: a package that it would refuse is of no use.
    let package = Package::read(&bytes)?;
    let id = package.reference().id.clone();
    let out = out.map_or_else(|| folder.join("target/plugins"), Path::to_path_buf);
    std::fs::create_dir_all(&out).with_context(|| format!("{} cannot be made", out.display()))?;
    let path = out.join(id.replace('/', "-") + ".wasm");
    std::fs::write(&path, &bytes)
        .with_context(|| format!("{} cannot be written", path.display()))?;
    if !quiet {
        let size = bytes.len() as u64;
        say(&Built { id, path, size });
    }
    Ok(())
}

#[expect(clippy::print_stdout, reason = "this command's output")]
fn say(built: &Built) {
    println!(
        "{:<20} {:>8} KiB  {}",
        built.id,
        built.size.div_ceil(1024),
        built.path.display()
    );
}

/// Folders below this one that hold a `plugin.toml`, in order.
fn below(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_path_buf()];
    while let Some(folder) = open.pop() {
        let entries = std::fs::read_dir(&folder)
            .with_context(|| format!("{} cannot be read", folder.display()))?;
        for entry in entries.flatten() {
            let path = entry.path();
            if path.is_dir() && entry.file_name() != "target" {
                open.push(path);
            } else if entry.file_name() == "plugin.toml" {
                found.push(folder.clone());
            }
        }
    }
    found.sort();
    Ok(found)
}

#[expect(clippy::print_stdout, reason = "this command's output")]
fn inspect(file: &Path, json: bool) -> anyhow::Result<()> {
    let bytes =
        std::fs::read(file).with_context(|| format!("{} cannot be read", file.display()))?;
    let package = Package::read(&bytes)?;
    let inspection = package.inspect();
    if json {
        println!("{}", serde_json::to_string_pretty(&inspection)?);
    } else {
        print!("{}", describe(&inspection));
    }
    Ok(())
}

/// What a person reads before enabling a plugin.
fn describe(i: &Inspection<'_>) -> String {
    use std::fmt::Write as _;
    let mut out = String::new();
    let list = |items: &[String]| {
        if items.is_empty() {
            "nothing".to_owned()
        } else {
            items.join(", ")
        }
    };
    let _ = writeln!(out, "{} {} · {}", i.id, i.version, i.kind);
    let _ = writeln!(out, "{}\n", i.description);
    let _ = writeln!(out, "interface  {}", i.interface);
    let _ = writeln!(out, "size       {} KiB", i.size.div_ceil(1024));
    let _ = writeln!(out, "digest     sha256:{}", i.digest);
    let _ = writeln!(out, "imports    {}", list(i.imports));
    let _ = writeln!(out, "exports    {}", list(i.exports));
    if let Some(inbound) = i.inbound {
        let _ = writeln!(
            out,
            "deliveries taken only if signed with the secret in `{}`",
            inbound.credential
        );
    }
    for contract in &i.contracts {
        let _ = writeln!(
            out,
            "\n{}  for {}",
            contract.function,
            contract.purposes.join(", ")
        );
        let _ = writeln!(out, "  is given  {}", list(&contract.input));
        for host in contract.egress {
            let _ = writeln!(out, "  reaches   {}: {}", host.host, host.why);
        }
        let _ = writeln!(out, "  keeps     {}", contract.retention);
    }
    out
}
