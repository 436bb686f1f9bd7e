//! `start_50`: how long the host takes from its start to being ready, with 50 installed plugins whose compiled code is cached.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use anyhow::{Context as _, ensure};
use isocial_catalog::Package;
use isocial_tests::server::Deployment;
use serde_json::json;

use crate::{
    bench::Bench,
    row::{Outcome, Row, median},
};

/// The row of this file.
pub(crate) const ID: &str = "start_50";

/// Plugins.
const PLUGINS: usize = 50;
/// Starts, of which the middle one counts.
const STARTS: usize = 7;
/// Pause between two looks whether it is ready.
const LOOK: Duration = Duration::from_millis(1);

/// Starts the server again and again on a data folder in which everything is registered, installed and compiled.
pub(crate) fn row(bench: &Bench) -> anyhow::Result<Row> {
    let unit = "ms";
    if !isocial_tests::isocial().exists() {
        return Ok(Row {
            id: ID,
            unit,
            outcome: Outcome::NotRun("cargo xtask plugins".into()),
            method: "start of the server with 50 plugins".into(),
        });
    }
    let folder = bench.folder().join("start");
    let packages = folder.join("packages");
    std::fs::create_dir_all(&packages)?;
    let ids = many(&packages)?;
    let mut deployment = Deployment::new(&folder, &[], "")?;
    let named = packages.display().to_string();
    deployment.env.push(("ISOCIAL_PLUGINS_DIR".into(), named));
    // The first start compiles and registers; then every plugin is enabled in an organisation.
    let mut first = deployment.start().map_err(anyhow::Error::msg)?;
    let token = first.token().map_err(anyhow::Error::msg)?;
    let client = first.client(&token).map_err(anyhow::Error::msg)?;
    let made = |path: &str, body| -> anyhow::Result<String> {
        let reply = client.post(path, &body)?;
        let id = reply.json()["id"].as_str().map(str::to_owned);
        id.with_context(|| format!("{path}: {} {}", reply.status, reply.text()))
    };
    let org = made("/api/v1/organisations", json!({ "slug": "fifty" }))?;
    let base = format!("/api/v1/organisations/{org}");
    let workspace = made(&format!("{base}/workspaces"), json!({ "name": "Brand" }))?;
    let mut installed = 0;
    for id in &ids {
        // Some need a configuration that only a person could give; they are registered all the same.
        let new = json!({ "workspace": workspace, "package": id });
        installed += usize::from(made(&format!("{base}/installations"), new).is_ok());
    }
    first.stop().map_err(anyhow::Error::msg)?;

    let mut times = Vec::new();
    for _ in 0..=STARTS {
        let began = Instant::now();
        let server = deployment.spawn()?;
        let addr = loop {
            if let Some(addr) = server.listens() {
                break addr;
            }
            ensure!(
                began.elapsed() < Duration::from_mins(1),
                "it does not start: {}",
                server.log()
            );
            std::thread::sleep(LOOK);
        };
        let client = isocial_tests::http::Client::new(addr);
        while client.get("/readyz")?.status != 200 {
            std::thread::sleep(LOOK);
        }
        times.push(began.elapsed().as_secs_f64() * 1e3);
        server.stop().map_err(anyhow::Error::msg)?;
    }
    times.remove(0);
    Ok(Row {
        id: ID,
        unit,
        outcome: Outcome::Value(median(times)),
        method: format!(
            "`isocial serve` from its start to 200 at /readyz, {PLUGINS} plugins registered (the built packages under {PLUGINS} names), {installed} of them enabled in one organisation, compiled code cached; median of {STARTS} starts after one of warm-up"
        ),
    })
}

/// The built packages under other names of the same length, until there are enough; their ids.
fn many(folder: &Path) -> anyhow::Result<Vec<String>> {
    let mut built: Vec<_> = std::fs::read_dir(isocial_tests::packages())
        .context("the built packages\nhint: `cargo xtask plugins` makes them")?
        .flatten()
        .map(|f| f.path())
        .filter(|p| p.extension().is_some_and(|e| e == "wasm"))
        .collect();
    built.sort();
    let mut ids = Vec::new();
    for (n, file) in built.iter().cycle().take(PLUGINS).enumerate() {
        let mut bytes = std::fs::read(file)?;
        let package = Package::read(&bytes)?;
        let id = package.reference().id.clone();
        let mut other = id.clone();
        other.truncate(id.len() - 2);
        let letter = |n: usize| char::from(b'a' + (n % 26) as u8);
        other.extend([letter(n / 26), letter(n)]);
        // The manifest stands at the end, as it was written.
        let start = bytes.len() - package.manifest_text().len();
        let text = package.manifest_text().replacen(&id, &other, 1);
        bytes.truncate(start);
        bytes.extend_from_slice(text.as_bytes());
        Package::read(&bytes).with_context(|| format!("{other} is no name"))?;
        std::fs::write(folder.join(format!("{n:02}.wasm")), &bytes)?;
        ids.push(other);
    }
    Ok(ids)
}
