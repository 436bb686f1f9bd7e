//! Building the guests: crates by cargo, hand-written modules and components by the assembler, each with its manifest, into one folder.
//!
//! A case's folder becomes a folder of the same name: one component a manifest, and what is expected. Where a manifest has no code of
//! its own name, the case's crate is its code, or the well-behaved plugin of its kind.

use std::{
    borrow::Cow,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::Context as _;
use isocial_package::{MANIFEST_SECTION, Package, TARGET, guest_flags};
use serde::Deserialize;
use wasm_encoder::{CustomSection, Encode as _, Section as _};

use super::limits::bomb;

/// Files that are no manifests.
const NO_MANIFEST: [&str; 3] = ["Cargo", "expect", "network"];

/// What building needs of a manifest.
#[derive(Deserialize)]
struct Heading {
    plugin: Plugin,
}
#[derive(Deserialize)]
struct Plugin {
    kind: String,
}

/// Builds every case below `source` into `out`.
pub(super) fn run(source: &Path, out: &Path, quiet: bool) -> anyhow::Result<()> {
    let source = std::fs::canonicalize(source)
        .with_context(|| format!("there is no folder of cases {}", source.display()))?;
    let target = out.parent().unwrap_or(out).to_path_buf();
    cargo(&source, &target, quiet)?;
    let cores = target.join(TARGET).join("release");
    let mut made = 0;
    for folder in subfolders(&source)? {
        let name = folder.file_name().unwrap_or_default().to_owned();
        if !folder.join("expect.toml").is_file() && !folder.join("plugin.toml").is_file() {
            continue;
        }
        let into = out.join(&name);
        if into.is_dir() {
            std::fs::remove_dir_all(&into)?;
        }
        std::fs::create_dir_all(&into)
            .with_context(|| format!("{} cannot be made", into.display()))?;
        for file in ["expect.toml", "network.toml"] {
            if folder.join(file).is_file() {
                std::fs::copy(folder.join(file), into.join(file))?;
            }
        }
        for manifest in manifests(&folder)? {
            let bytes = guest(&folder, &manifest, &cores)
                .with_context(|| format!("{}", manifest.display()))?;
            let stem = manifest.file_stem().unwrap_or_default();
            std::fs::write(into.join(stem).with_extension("wasm"), bytes)?;
            made += 1;
        }
    }
    if !quiet {
        say(made, out);
    }
    Ok(())
}

#[expect(clippy::print_stdout, reason = "this command's output")]
fn say(made: usize, out: &Path) {
    println!("{made} guests in {}", out.display());
}

/// Builds all crates of the guests' own workspace, with the flags that plugins are built with.
fn cargo(source: &Path, target: &Path, quiet: bool) -> anyhow::Result<()> {
    let root = source.ancestors().nth(2).unwrap_or(source);
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command
        .current_dir(source)
        .args(["build", "--release", "--locked", "--target", TARGET])
        .env("CARGO_TARGET_DIR", std::path::absolute(target)?)
        .env("CARGO_ENCODED_RUSTFLAGS", guest_flags(root));
    if quiet {
        command.arg("--quiet");
    }
    let status = command.status().context("cargo does not start")?;
    anyhow::ensure!(
        status.success(),
        "the guests could not be built ({status}); cargo's messages stand above"
    );
    Ok(())
}

fn subfolders(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let mut all: Vec<PathBuf> = std::fs::read_dir(folder)?
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.is_dir())
        .collect();
    all.sort();
    Ok(all)
}

fn manifests(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let mut all: Vec<PathBuf> = std::fs::read_dir(folder)?
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|e| e == "toml"))
        .filter(|path| {
            !NO_MANIFEST
                .iter()
                .any(|n| path.file_stem() == Some(n.as_ref()))
        })
        .collect();
    all.sort();
    Ok(all)
}

/// The component of one manifest.
fn guest(folder: &Path, manifest: &Path, cores: &Path) -> anyhow::Result<Vec<u8>> {
    let text = std::fs::read_to_string(manifest)?;
    let by_hand = manifest.with_extension("wat");
    if by_hand.is_file() {
        let bytes = wat::parse_file(&by_hand)?;
        let whole = std::fs::read_to_string(&by_hand)?.starts_with("(component");
        return if whole {
            Ok(with_manifest(bytes, &text))
        } else {
            Ok(Package::build(&bytes, &text)?)
        };
    }
    if manifest.file_stem().is_some_and(|name| name == "bomb") {
        return Ok(Package::build(&bomb(), &text)?);
    }
    let own = folder.join("Cargo.toml");
    let name = if own.is_file() {
        let name = folder.file_name().unwrap_or_default().to_string_lossy();
        if name.starts_with('H') {
            name.get(..5).unwrap_or_default().to_lowercase()
        } else {
            name.into_owned()
        }
    } else {
        let heading: Heading = toml::from_str(&text)?;
        let kind = match heading.plugin.kind.as_str() {
            "language-pack" => "pack",
            "alert-channel" => "channel",
            "export-format" => "export",
            _ => "connector",
        };
        format!("tame-{kind}")
    };
    let core = cores.join(name.replace('-', "_")).with_extension("wasm");
    let core = std::fs::read(&core).with_context(|| format!("{}", core.display()))?;
    Ok(Package::build(&core, &text)?)
}

/// A component that no packager would make, with a manifest all the same.
fn with_manifest(mut component: Vec<u8>, manifest: &str) -> Vec<u8> {
    let section = CustomSection {
        name: Cow::Borrowed(MANIFEST_SECTION),
        data: Cow::Borrowed(manifest.as_bytes()),
    };
    component.push(section.id());
    section.encode(&mut component);
    component
}
