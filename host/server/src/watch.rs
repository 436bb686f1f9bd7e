//! What a running server looks at again and again: its folder of packages, versions that were taken back, and how plugins fare.
//!
//! Lives here: noticing, and the file that `isocial doctor` reads. Not here: what follows from it (`pipeline`).

use std::{path::Path, sync::Arc, time::Duration};

use anyhow::Context as _;
use isocial_pipeline::{Host, health::Ailing};
use serde::{Deserialize, Serialize};
use tokio_util::sync::CancellationToken;

use crate::{config::Config, wiring};

/// Pause between two looks: a version that came or was taken back serves the next calls after so long at most.
const LOOK: Duration = Duration::from_secs(2);
/// The file inside the data folder that says how plugins fare: names and numbers, no organisation.
const FILE: &str = "health.json";
/// How old it may be while a server runs · milliseconds.
pub(crate) const FRESH_MS: i64 = 60_000;

/// How plugins fared when the server last looked.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(crate) struct Fared {
    /// When that was, as milliseconds since 1970.
    pub(crate) at_ms: i64,
    /// Those that fail or rest in some organisation.
    pub(crate) ailing: Vec<Line>,
}

/// One of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Line {
    /// Id and version.
    pub(crate) package: String,
    /// In how many organisations its last call failed.
    pub(crate) organisations: u64,
    /// In how many it rests.
    pub(crate) resting: u64,
    /// Name of the last failure.
    pub(crate) last_failure: String,
    /// When, as milliseconds since 1970.
    pub(crate) at_ms: i64,
}

impl From<Ailing> for Line {
    fn from(ailing: Ailing) -> Self {
        let (name, at) = ailing
            .last_failure
            .map_or(("", 0), |(name, at)| (name, at.as_millis()));
        Self {
            package: ailing.package.to_string(),
            organisations: ailing.organisations,
            resting: ailing.resting,
            last_failure: name.into(),
            at_ms: at,
        }
    }
}

/// Looks until stopped. A look that fails is said and tried again.
pub(crate) async fn serve(host: Arc<Host>, config: Config, stop: CancellationToken) {
    // Nothing is taken for seen: what came while the host was starting is registered now, and what is registered already costs a look.
    let mut seen = Vec::new();
    let mut said = None;
    loop {
        let looked = tokio::select! {
            () = stop.cancelled() => return,
            looked = look(&host, &config, &mut seen, &mut said) => looked,
        };
        if let Err(error) = looked {
            tracing::warn!(
                error = format!("{error:#}"),
                "the look at packages failed; trying again"
            );
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(LOOK) => {}
        }
    }
}

async fn look(
    host: &Host,
    config: &Config,
    seen: &mut Vec<Seen>,
    said: &mut Option<Fared>,
) -> anyhow::Result<()> {
    let now = names(&config.plugins_dir);
    if now != *seen {
        let all = wiring::register_folder(host, &config.plugins_dir).await?;
        if all {
            *seen = now;
        }
    }
    host.look_at_versions().await?;
    let now = host.clock.now().as_millis();
    let fared = Fared {
        at_ms: said.as_ref().map_or(now, |said| said.at_ms),
        ailing: host
            .ward
            .ailing(host.clock.now())
            .into_iter()
            .map(Line::from)
            .collect(),
    };
    // Written when something is new, and once a minute, so that a reader sees how old it is.
    if said.as_ref() != Some(&fared) || now - fared.at_ms >= FRESH_MS {
        let fared = Fared {
            at_ms: now,
            ..fared
        };
        write(&config.data_dir, &fared)?;
        *said = Some(fared);
    }
    Ok(())
}

/// A file in the folder of packages: enough to notice that it is another one now.
type Seen = (std::ffi::OsString, u64, Option<std::time::SystemTime>);

fn names(folder: &Path) -> Vec<Seen> {
    // A folder that is not set or cannot be read holds nothing new; the start has said so.
    let Ok(entries) = std::fs::read_dir(folder) else {
        return Vec::new();
    };
    let mut files: Vec<Seen> = entries
        .flatten()
        .filter_map(|e| {
            let meta = e.metadata().ok()?;
            Some((e.file_name(), meta.len(), meta.modified().ok()))
        })
        .collect();
    files.sort();
    files
}

/// Writes beside the place and renames, so that nobody reads half a file.
fn write(folder: &Path, fared: &Fared) -> anyhow::Result<()> {
    let path = folder.join(FILE);
    let beside = path.with_extension("part");
    std::fs::write(&beside, serde_json::to_vec(fared)?)
        .and_then(|()| std::fs::rename(&beside, &path))
        .with_context(|| format!("{} cannot be written", path.display()))
}

/// How plugins fared when a server last looked, and when that was said; nothing if none has ever run here.
pub(crate) fn read(folder: &Path) -> Option<Fared> {
    serde_json::from_slice(&std::fs::read(folder.join(FILE)).ok()?).ok()
}
