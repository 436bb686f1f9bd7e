//! Matching: which monitors a post belongs to, before anything of it is written.
//!
//! Lives here: the index over the monitors of a source, and the second look once the analysis is there. Not here: the language (`query`).

use std::sync::Arc;

use isocial_model::{Labeled, MonitorId, language::Analysis, post::Post};
use isocial_query::{Doc, Index, Query, Scratch, Truth, evaluate};

/// A monitor as the matcher needs it.
#[derive(Debug, Clone)]
pub struct Watched {
    /// The monitor.
    pub id: MonitorId,
    /// Its query.
    pub query: Arc<Query>,
}

/// All queries that one source is read for, indexed so that a post is compared with the few that could match it.
#[derive(Debug)]
pub struct Matcher {
    monitors: Vec<Watched>,
    index: Index<u32>,
}

/// What matching says of one post before its analysis.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Verdicts {
    /// Positions of monitors that match.
    pub yes: Vec<u32>,
    /// Positions of monitors that only the analysis can decide.
    pub maybe: Vec<u32>,
    /// The post's token stream; empty if nothing matches, because then nothing is kept.
    pub tokens: String,
}

impl Verdicts {
    /// Whether the post is dropped unseen.
    pub fn none(&self) -> bool {
        self.yes.is_empty() && self.maybe.is_empty()
    }
}

impl Matcher {
    /// Indexes these monitors.
    pub fn new(monitors: Vec<Watched>) -> Self {
        let mut index = Index::new();
        for (position, monitor) in (0u32..).zip(&monitors) {
            index.insert(position, Arc::clone(&monitor.query));
        }
        Self { monitors, index }
    }

    /// The monitors, by position.
    pub fn monitors(&self) -> &[Watched] {
        &self.monitors
    }

    /// Matches posts, in their order. Blocking and free of I/O: for a thread of the executor.
    pub fn first_look(&self, posts: &[Arc<Labeled<Post>>]) -> Vec<Verdicts> {
        let mut scratch = Scratch::default();
        let Some(first) = posts.first() else {
            return Vec::new();
        };
        let mut doc = Doc::of(first);
        posts
            .iter()
            .enumerate()
            .map(|(n, post)| {
                if n > 0 {
                    doc.refill(post);
                }
                let mut verdicts = Verdicts::default();
                self.index
                    .matches(&doc, &mut scratch, |position, truth| match truth {
                        Truth::Yes => verdicts.yes.push(position),
                        Truth::Maybe => verdicts.maybe.push(position),
                        Truth::No => {}
                    });
                if !verdicts.none() {
                    verdicts.yes.sort_unstable();
                    verdicts.maybe.sort_unstable();
                    verdicts.tokens = doc.fts_tokens();
                }
                verdicts
            })
            .collect()
    }

    /// Decides what only the analysis can tell. Without an analysis a `maybe` stays out: what is not known to match is not kept.
    pub fn second_look(
        &self,
        post: &Labeled<Post>,
        verdicts: &mut Verdicts,
        analysis: Option<&Analysis>,
    ) {
        if verdicts.maybe.is_empty() {
            return;
        }
        let doc = Doc::of(post);
        for position in std::mem::take(&mut verdicts.maybe) {
            if let Some(monitor) = self.monitors.get(position as usize)
                && evaluate(&monitor.query, &doc, analysis) == Truth::Yes
            {
                verdicts.yes.push(position);
            }
        }
        verdicts.yes.sort_unstable();
    }

    /// The ids of matching monitors, and of all others of this source.
    pub fn split(&self, verdicts: &Verdicts) -> (Vec<MonitorId>, Vec<MonitorId>) {
        let (mut yes, mut no) = (Vec::new(), Vec::new());
        for (position, monitor) in (0u32..).zip(&self.monitors) {
            if verdicts.yes.binary_search(&position).is_ok() {
                &mut yes
            } else {
                &mut no
            }
            .push(monitor.id.clone());
        }
        (yes, no)
    }
}
