//! What plugins said in their logs: the newest lines of each installation, for its own organisation and nobody else (HP-15).
//!
//! Kept in memory only, so that nothing of it outlives the process or needs a retention of its own. Never in the operator's log.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, PoisonError},
};

use isocial_model::{InstallationId, Instant, OrgId};
use isocial_sandbox::{Log, LogLine};

/// Lines that are kept of one installation.
const LINES: usize = 256;

/// A line, when its call ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SaidLine {
    /// When.
    pub at: Instant,
    /// The line: of one line, cut and neutralised by the sandbox.
    pub line: LogLine,
}

/// The newest lines of one installation.
#[derive(Debug, Default)]
pub struct Said(Mutex<(VecDeque<SaidLine>, u64)>);

impl Said {
    /// Keeps the lines of a call; the oldest go where there are too many.
    pub(crate) fn keep(&self, at: Instant, log: Log) {
        if log.lines.is_empty() && log.dropped == 0 {
            return;
        }
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.1 = kept.1.saturating_add(log.dropped);
        for line in log.lines {
            if kept.0.len() == LINES {
                kept.0.pop_front();
                kept.1 = kept.1.saturating_add(1);
            }
            kept.0.push_back(SaidLine { at, line });
        }
    }
    /// The lines, oldest first, and how many are not among them: too many of one call, or older.
    pub fn lines(&self) -> (Vec<SaidLine>, u64) {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        (kept.0.iter().cloned().collect(), kept.1)
    }
}

/// All installations' lines, by their organisations.
#[derive(Debug, Default)]
pub struct AllSaid(Mutex<HashMap<OrgId, HashMap<InstallationId, Arc<Said>>>>);

impl AllSaid {
    /// One installation's.
    pub fn of(&self, org: &OrgId, installation: &InstallationId) -> Arc<Said> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let own = all.entry(org.clone()).or_default();
        Arc::clone(own.entry(installation.clone()).or_default())
    }
    /// Forgets one installation's: when it is removed.
    pub fn forget(&self, org: &OrgId, installation: &InstallationId) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(own) = all.get_mut(org) {
            own.remove(installation);
        }
    }
    /// Forgets an organisation's: when it is deleted.
    pub(crate) fn forget_org(&self, org: &OrgId) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.remove(org);
    }
}

#[cfg(test)]
mod tests {
    use isocial_sandbox::LogLevel;

    use super::*;

    #[test]
    fn the_newest_lines_are_kept_and_the_rest_is_counted() {
        let said = Said::default();
        for n in 0..100 {
            let lines = (0..4).map(|m| LogLine {
                level: LogLevel::Info,
                text: format!("{n}.{m}"),
            });
            let log = Log {
                lines: lines.collect(),
                dropped: 1,
            };
            said.keep(Instant(n), log);
        }
        let (lines, missing) = said.lines();
        assert_eq!((lines.len(), missing), (LINES, 100 + 400 - 256));
        assert_eq!(lines.last().map(|l| l.line.text.as_str()), Some("99.3"));
    }
}
