//! Probes: points inside the stages at which a test stops the world for good, so that it can be killed there and nowhere else.
//!
//! In production a probe is one comparison with `None`.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

/// The stages of a post's way that a crash must not tear.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Stage {
    /// Answers are there, the connector has not seen them.
    Fetch,
    /// The page is ready, nothing of it is written; or it is written and the job is not completed.
    Commit,
    /// Analyses are there, nothing of them is written.
    Analyse,
    /// An incident is found and not kept; or kept and its delivery not scheduled.
    Notice,
    /// A message has gone out, its notice is not settled.
    Delivery,
    /// A file is half written.
    Export,
}

impl Stage {
    /// All stages.
    pub const ALL: [Self; 6] = [
        Self::Fetch,
        Self::Commit,
        Self::Analyse,
        Self::Notice,
        Self::Delivery,
        Self::Export,
    ];
    /// The name in the variable and the marker.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Fetch => "fetch",
            Self::Commit => "commit",
            Self::Analyse => "analyse",
            Self::Notice => "notice",
            Self::Delivery => "delivery",
            Self::Export => "export",
        }
    }
}

/// Where to stop, if anywhere.
#[derive(Debug, Default)]
pub struct Probe(Option<Point>);

#[derive(Debug)]
struct Point {
    stage: Stage,
    left: AtomicU32,
    marker: PathBuf,
}

impl Probe {
    /// Stops nowhere.
    pub fn none() -> Self {
        Self(None)
    }
    /// Reads `stage:n:path`: at the n-th passage of the stage (from 1) the marker file is written and the passage never ends.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.splitn(3, ':');
        let (stage, n, marker) = (parts.next()?, parts.next()?, parts.next()?);
        let stage = Stage::ALL.into_iter().find(|s| s.name() == stage)?;
        Some(Self(Some(Point {
            stage,
            left: AtomicU32::new(n.parse().ok()?),
            marker: marker.into(),
        })))
    }
    /// Passes a stage.
    pub(crate) async fn at(&self, stage: Stage) {
        let Some(point) = self.0.as_ref().filter(|p| p.stage == stage) else {
            return;
        };
        let passed = point
            .left
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |n| n.checked_sub(1));
        if passed == Ok(1) && std::fs::write(&point.marker, stage.name()).is_ok() {
            std::future::pending::<()>().await;
        }
    }
}
