//! What the server holds: the week, how far it has come, who listens, and what was counted.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use isocial_model::{Clock, Instant};
use tokio::sync::broadcast;
use tokio_util::sync::CancellationToken;

use super::{Delivery, Faults, Options};
use crate::week::{Fate, SamplePost, Shown, Visibility, Week, fold};

/// Five minutes: the span that the rate limit counts.
pub(super) const RATE_SPAN_MS: i64 = 300_000;
/// More events than a week has changes, so that a slow reader misses none.
const EVENTS: usize = 8_192;

/// Something that a stream tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Event {
    /// A post is new; its index.
    Update(usize),
    /// It was edited.
    Edit(usize),
    /// It was deleted.
    Delete(usize),
}

impl Event {
    pub(super) const fn index(self) -> usize {
        match self {
            Self::Update(index) | Self::Edit(index) | Self::Delete(index) => index,
        }
    }
}

/// How far the week has come.
#[derive(Debug)]
struct Progress {
    /// Posts up to here are published.
    published: usize,
    /// Posts whose fate has come.
    changed: Vec<bool>,
    /// When the feeds were corrected.
    corrected: Option<Instant>,
}

#[derive(Debug)]
pub(super) struct State {
    pub(super) week: Week,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) options: Options,
    pub(super) base_url: String,
    pub(super) stopping: CancellationToken,
    pub(super) events: broadcast::Sender<Event>,
    /// Hashtags as the network compares them, by post.
    tags: Vec<Vec<String>>,
    by_id: HashMap<u64, usize>,
    progress: Mutex<Progress>,
    faults: Mutex<Faults>,
    /// Start of the span that is being counted, and requests in it.
    rate: Mutex<(i64, u32)>,
    deliveries: Mutex<Vec<Delivery>>,
    /// Requests since the start, requests and pages since the faults were set.
    pub(super) served: AtomicU64,
    pub(super) requests: AtomicU64,
    pub(super) pages: AtomicU64,
    /// What was told so far, with the time of each in microseconds, ever rising: what a reader resumes from.
    log: Mutex<Vec<(i64, Event)>>,
    /// Whether the live week was set off.
    pub(super) set_off: AtomicBool,
}

/// A poisoned lock only means that a test's thread panicked: what it guards is whole between any two statements.
fn lock<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}

impl State {
    pub(super) fn new(
        week: Week,
        clock: Arc<dyn Clock>,
        options: Options,
        base_url: String,
    ) -> Self {
        let tags = week
            .posts
            .iter()
            .map(|post| post.tags.iter().map(|tag| fold(tag)).collect())
            .collect();
        let by_id = week
            .posts
            .iter()
            .enumerate()
            .map(|(index, post)| (post.id, index))
            .collect();
        let progress = Progress {
            published: week.posts.len().saturating_sub(options.held_back),
            changed: vec![false; week.posts.len()],
            corrected: None,
        };
        Self {
            tags,
            by_id,
            progress: Mutex::new(progress),
            faults: Mutex::new(options.faults.clone()),
            rate: Mutex::new((i64::MIN, 0)),
            deliveries: Mutex::new(Vec::new()),
            served: AtomicU64::new(0),
            requests: AtomicU64::new(0),
            pages: AtomicU64::new(0),
            log: Mutex::new(Vec::new()),
            set_off: AtomicBool::new(false),
            stopping: CancellationToken::new(),
            events: broadcast::channel(EVENTS).0,
            week,
            clock,
            options,
            base_url,
        }
    }

    /// The post with this id, if it is published and not deleted.
    pub(super) fn find(&self, id: &str) -> Option<(usize, &SamplePost)> {
        let index = *self.by_id.get(&id.parse().ok()?)?;
        self.visible(index).map(|post| (index, post))
    }

    /// The post at `index`, if it is published and not deleted.
    pub(super) fn visible(&self, index: usize) -> Option<&SamplePost> {
        let progress = lock(&self.progress);
        let post = self
            .week
            .posts
            .get(index)
            .filter(|_| index < progress.published)?;
        let gone =
            post.fate == Fate::Deleted && progress.changed.get(index).copied().unwrap_or(false);
        (!gone).then_some(post)
    }

    /// How a post reads now, and when it was edited.
    pub(super) fn shown<'a>(
        &self,
        index: usize,
        post: &'a SamplePost,
    ) -> (&'a Shown, Option<Instant>) {
        let changed = lock(&self.progress)
            .changed
            .get(index)
            .copied()
            .unwrap_or(false);
        match (&post.later, &post.fate) {
            (Some(later), Fate::Edited { at }) if changed => (later, Some(*at)),
            _ => (&post.first, None),
        }
    }

    /// Whether timelines show a post of this visibility.
    pub(super) fn listed(&self, post: &SamplePost) -> bool {
        post.visibility == Visibility::Public || self.options.careless
    }

    /// A post's hashtags as the network compares them.
    pub(super) fn tags(&self, index: usize) -> &[String] {
        self.tags.get(index).map_or(&[], Vec::as_slice)
    }

    /// The next held-back post, published and told.
    pub(super) fn publish_next(&self) -> Option<usize> {
        let index = {
            let mut progress = lock(&self.progress);
            if progress.published >= self.week.posts.len() {
                return None;
            }
            progress.published += 1;
            progress.published - 1
        };
        self.tell(Event::Update(index));
        Some(index)
    }

    /// The next edit or deletion of a published post, done and told; the feeds' corrections come with the first.
    pub(super) fn change_next(&self) -> Option<Event> {
        let event = {
            let mut progress = lock(&self.progress);
            if progress.corrected.is_none() {
                progress.corrected = Some(self.clock.now().max(self.week.end()));
            }
            let published = progress.published;
            let due = self
                .week
                .posts
                .iter()
                .take(published)
                .zip(&progress.changed);
            let index = due
                .enumerate()
                .find(|(_, (post, done))| !**done && post.fate != Fate::Stays)?
                .0;
            *progress.changed.get_mut(index)? = true;
            match self.week.posts.get(index)?.fate {
                Fate::Deleted => Event::Delete(index),
                _ => Event::Edit(index),
            }
        };
        self.tell(event);
        Some(event)
    }

    /// When the feeds' corrections were made, if they were.
    pub(super) fn corrected(&self) -> Option<Instant> {
        lock(&self.progress).corrected
    }

    /// How many events were told so far.
    pub(super) fn log_length(&self) -> usize {
        lock(&self.log).len()
    }

    /// The position of the first event after this time in microseconds.
    pub(super) fn position_after(&self, time_us: i64) -> usize {
        lock(&self.log).partition_point(|(at, _)| *at <= time_us)
    }

    /// Events from this position on.
    pub(super) fn log_from(&self, position: usize) -> Vec<(i64, Event)> {
        lock(&self.log).get(position..).unwrap_or_default().to_vec()
    }

    fn tell(&self, event: Event) {
        {
            let mut log = lock(&self.log);
            let now = self.clock.now().as_millis() * 1_000;
            let at = log.last().map_or(now, |(last, _)| now.max(last + 1));
            log.push((at, event));
        }
        // Nobody listening is no fault.
        drop(self.events.send(event));
    }

    pub(super) fn faults(&self) -> Faults {
        lock(&self.faults).clone()
    }

    pub(super) fn set_faults(&self, faults: Faults) {
        *lock(&self.faults) = faults;
        self.requests.store(0, Ordering::SeqCst);
        self.pages.store(0, Ordering::SeqCst);
    }

    /// Counts a request against the limit: what remains, whether it may pass, and when the span ends.
    pub(super) fn spend(&self) -> (u32, bool, Instant) {
        let span = self.clock.now().floor(RATE_SPAN_MS);
        let mut rate = lock(&self.rate);
        if rate.0 != span.as_millis() {
            *rate = (span.as_millis(), 0);
        }
        let passes = rate.1 < self.options.rate_limit;
        rate.1 = rate.1.saturating_add(1);
        (
            self.options.rate_limit.saturating_sub(rate.1),
            passes,
            span.plus_ms(RATE_SPAN_MS),
        )
    }

    /// Takes a delivery, and the status that it is answered with.
    pub(super) fn deliver(&self, make: impl FnOnce(u16) -> Delivery) -> u16 {
        let mut deliveries = lock(&self.deliveries);
        let status = if deliveries.is_empty() && self.options.refuse_first_delivery {
            503
        } else {
            204
        };
        deliveries.push(make(status));
        status
    }

    pub(super) fn deliveries(&self) -> Vec<Delivery> {
        lock(&self.deliveries).clone()
    }
}
