//! How far the reading of an account has come: first backwards through what there is, then forwards from where that began.
//!
//! Keys of posts are times and sort as such. Clients make them by their own clocks, so a key may be some minutes off: no poll begins
//! later than ten minutes before the last one ended, and a post that is read again changes nothing. A post whose key says that it is
//! older than that when it appears is not noticed by a poll.

use isocial_sdk::{
    connector::{Fault, Instant, Job, Place},
    uri::Uri,
};
use serde::{Deserialize, Serialize};

use crate::tid;

/// How far behind now a poll begins · milliseconds.
pub(crate) const OVERLAP_MS: i64 = 10 * 60 * 1000;

/// A span of time that was seen.
pub(crate) type Seen = Option<(Instant, Instant)>;

/// The cursor of an account. Without one the reading begins.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(crate) struct Mark {
    /// The key above which nothing has been read for good; absent while an account has no posts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    top: Option<String>,
    /// The key below which older posts are still to be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    down: Option<String>,
    /// The key above which the present poll goes on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    up: Option<String>,
}

impl Mark {
    /// Where a job stands.
    pub(crate) fn of(place: &Place) -> Result<Option<Self>, Fault> {
        let read = |bytes: &[u8]| {
            serde_json::from_slice(bytes).map_err(|_| {
                Fault::permanent("the cursor is none of this connector's: begin again without one")
            })
        };
        place.cursor().map(read).transpose()
    }

    /// Adds to a list's address where it is to begin, and in which direction it is to go.
    pub(crate) fn place(mark: Option<&Self>, url: Uri) -> Uri {
        match mark {
            None => url,
            Some(Self {
                down: Some(down), ..
            }) => url.query("cursor", down),
            Some(Self { top, up, .. }) => url
                .query_opt("cursor", up.as_ref().or(top.as_ref()))
                .query("reverse", true),
        }
    }

    /// Whether there is more to be read now.
    pub(crate) fn has_more(&self) -> bool {
        self.down.is_some() || self.up.is_some()
    }

    /// Where a list of these keys leads that goes on behind `last`, or is at its end; and what it showed.
    pub(crate) fn after(
        mark: Option<Self>,
        job: &Job,
        keys: &[String],
        last: Option<String>,
    ) -> Result<(Self, Seen), Fault> {
        match mark {
            Some(mark) if mark.down.is_none() => mark.upwards(job, keys, last),
            mark => Self::downwards(mark, job, keys, last),
        }
    }

    /// Further down, or to the end and so to the first poll.
    fn downwards(
        mark: Option<Self>,
        job: &Job,
        keys: &[String],
        last: Option<String>,
    ) -> Result<(Self, Seen), Fault> {
        let before = mark.as_ref().and_then(|mark| mark.down.clone());
        let oldest = keys.iter().filter_map(|key| tid::time(key)).min();
        let top = match mark {
            Some(mark) => mark.top,
            None => keys.iter().max().map(|newest| settled(newest, job)),
        };
        let end = before.as_deref().map_or(Some(job.now), tid::time);
        let enough = job
            .since
            .zip(oldest)
            .is_some_and(|(since, oldest)| oldest < since);
        let down = last.filter(|_| !enough);
        if let (Some(down), Some(before)) = (&down, &before) {
            goes_on(before, down, down < before)?;
        }
        let up = None;
        Ok((Self { top, down, up }, oldest.zip(end)))
    }

    /// Further up, or to the present.
    fn upwards(
        self,
        job: &Job,
        keys: &[String],
        last: Option<String>,
    ) -> Result<(Self, Seen), Fault> {
        let from = self.up.or_else(|| self.top.clone());
        let start = from.as_deref().and_then(tid::time);
        let down = None;
        if let Some(last) = last {
            if let Some(from) = &from {
                goes_on(from, &last, *from < last)?;
            }
            let end = keys.iter().filter_map(|key| tid::time(key)).max();
            let (top, up) = (self.top, Some(last));
            return Ok((Self { top, down, up }, start.zip(end)));
        }
        let top = from.map(|from| settled(&from, job)).max(self.top);
        let up = None;
        Ok((Self { top, down, up }, start.map(|start| (start, job.now))))
    }
}

/// The key, but none of the last minutes: before it, clocks that are a little off cannot matter any more.
fn settled(key: &str, job: &Job) -> String {
    tid::at(job.now.saturating_sub(OVERLAP_MS)).min(key.to_owned())
}

/// Refuses a list that would never end. Only keys that are times are known to sort.
fn goes_on(from: &str, to: &str, sorted: bool) -> Result<(), Fault> {
    let times = tid::time(from).is_some() && tid::time(to).is_some();
    if from != to && (sorted || !times) {
        return Ok(());
    }
    Err(Fault::other(
        "unexpected-answer",
        "/cursor: expected the list to go on, found a place where it has been",
    ))
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use isocial_sdk::connector::{Budget, QueryPlan};
    use proptest::prelude::*;

    use super::*;

    const BEGINNING: Instant = 1_772_600_000_000;

    fn job(now: Instant) -> Job {
        Job {
            plan: QueryPlan { nodes: Vec::new() },
            config: "{}".into(),
            state: None,
            budget: Budget {
                items: 3,
                requests: 1,
            },
            now,
            since: None,
        }
    }

    /// Lists as a server does: newest first, or with `reverse` oldest first; never the cursor's own key.
    fn listed(keys: &BTreeSet<String>, mark: Option<&Mark>) -> Vec<String> {
        let url = Mark::place(mark, Uri::https("pds.example")).to_string();
        let cursor = isocial_sdk::uri::query_value(&url, "cursor");
        if url.contains("reverse=true") {
            let above = keys
                .iter()
                .filter(|key| cursor.as_ref().is_none_or(|c| *key > c));
            above.take(3).cloned().collect()
        } else {
            let below = keys
                .iter()
                .rev()
                .filter(|key| cursor.as_ref().is_none_or(|c| *key < c));
            below.take(3).cloned().collect()
        }
    }

    proptest! {
        /// Posts appear while the account is being read, with keys up to nine minutes off: none is missed.
        #[test]
        fn no_post_is_missed(
            posts in prop::collection::vec((0..200_000_i64, -540_000..540_000_i64), 0..40),
            pauses in prop::collection::vec(0..20_000_i64, 1..60),
        ) {
            let published: BTreeMap<String, Instant> = posts
                .iter()
                .map(|(at, off)| (tid::at(BEGINNING + at + off), BEGINNING + at))
                .collect();
            let (mut now, mut mark, mut seen) = (BEGINNING, None, BTreeSet::new());
            // Each step takes its time; the last poll comes after everything has been published.
            for pause in pauses.into_iter().chain([200_000]) {
                now += pause;
                for _ in 0..60 {
                    let there: BTreeSet<String> = published.iter().filter(|(_, at)| **at <= now).map(|(k, _)| k.clone()).collect();
                    let keys = listed(&there, mark.as_ref());
                    let last = keys.last().cloned();
                    seen.extend(keys.iter().cloned());
                    let (next, _) = Mark::after(mark, &job(now), &keys, last).unwrap();
                    let more = next.has_more();
                    mark = Some(next);
                    if !more {
                        break;
                    }
                    now += 50;
                }
                prop_assert!(!mark.as_ref().is_some_and(Mark::has_more), "a reading comes to its end");
            }
            prop_assert_eq!(seen, published.into_keys().collect::<BTreeSet<_>>());
        }
    }

    #[test]
    fn a_list_that_goes_round_is_refused() {
        let (early, late) = (tid::at(BEGINNING), tid::at(BEGINNING + 1));
        let up = |from: &str| Mark {
            top: None,
            down: None,
            up: Some(from.into()),
        };
        let down = |from: &str| Mark {
            top: None,
            down: Some(from.into()),
            up: None,
        };
        let now = job(BEGINNING);
        for (mark, last, good) in [
            (up(&early), &late, true),
            (up(&late), &early, false),
            (up(&early), &early, false),
            (down(&late), &early, true),
            (down(&early), &late, false),
            (down("b"), &"a".to_owned(), true),
            (down("a"), &"b".to_owned(), true),
            (down("a"), &"a".to_owned(), false),
        ] {
            let found = Mark::after(Some(mark.clone()), &now, &[], Some(last.clone()));
            assert_eq!(found.is_ok(), good, "{mark:?} {last}");
        }
    }
}
