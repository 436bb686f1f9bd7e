//! Landing: an admitted page is matched, what matches is analysed, and all of it is committed at once.
//!
//! Lives here: the middle of a post's way, the same for jobs, archives, streams and rechecks. Not here: where pages come from.

use std::sync::Arc;

use isocial_gate::{AdmittedChange, AdmittedPage, Audience, present_mention};
use isocial_model::{AccountId, Labeled, post::Post, receipt::Receipt};
use isocial_store::{Fence, PageChange, PageCommit, PageOutcome, PostWrite};

use crate::{
    analyse::{Read, Reading, analyse_new},
    host::{Host, LiveMention},
    job::JobError,
    matching::{Matcher, Verdicts},
    probe::Stage,
    tenant::Tenant,
};

/// How a page's posts count as collected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Counted {
    /// They are new to the host.
    AsNew,
    /// They are known and were only asked about again: nothing was collected.
    NotAgain,
    /// They are one organisation's part of a shared stream, which as a whole was counted once for the host.
    OfShared,
}

/// Where a page comes from, and what it must be committed against.
#[derive(Debug)]
pub(crate) struct Landing {
    /// The account that was read.
    pub(crate) account: AccountId,
    /// What the commit is compared with; absent where repeats are absorbed.
    pub(crate) fence: Option<Fence>,
    /// Key of the task that this page has done.
    pub(crate) done_task: Option<String>,
    /// Receipts so far; the page's own call is at `page_call`.
    pub(crate) receipts: Vec<Receipt>,
    /// Index of the call that gave the page.
    pub(crate) page_call: Option<usize>,
    /// How its posts count.
    pub(crate) counted: Counted,
    /// Milliseconds after which posts are to be rechecked, where their network has no push.
    pub(crate) recheck_ms: Option<i64>,
}

/// What came of a page.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Landed {
    /// Posts that the gate admitted.
    pub collected: u64,
    /// Posts that at least one monitor matched.
    pub matched: u64,
    /// Posts that no monitor matched.
    pub dropped: u64,
    /// Items that the connector could not read, or that the gate dropped.
    pub rejected: u64,
    /// Posts that a language pack analysed now; one whose text is as it was keeps its analysis and is not counted again.
    pub analysed: u64,
    /// Posts that were written for the first time.
    pub stored: u64,
    /// Posts that were removed.
    pub deleted: u64,
}

impl Landed {
    /// Adds another page's numbers.
    pub fn add(&mut self, other: &Self) {
        self.collected += other.collected;
        self.matched += other.matched;
        self.dropped += other.dropped;
        self.rejected += other.rejected;
        self.analysed += other.analysed;
        self.stored += other.stored;
        self.deleted += other.deleted;
    }
}

/// Lands a page for one organisation.
pub(crate) async fn land(
    host: &Host,
    tenant: &Tenant,
    matcher: &Arc<Matcher>,
    page: AdmittedPage,
    mut landing: Landing,
) -> Result<(Landed, PageOutcome), JobError> {
    let mut receipts = std::mem::take(&mut landing.receipts);
    let landed = commit(host, tenant, matcher, page, landing, &mut receipts).await;
    if landed.is_err() {
        // The page is lost, the calls were made: their lines are written without it.
        tenant.books.owe(receipts);
    }
    landed
}

async fn commit(
    host: &Host,
    tenant: &Tenant,
    matcher: &Arc<Matcher>,
    page: AdmittedPage,
    landing: Landing,
    receipts: &mut Vec<Receipt>,
) -> Result<(Landed, PageOutcome), JobError> {
    let posts: Vec<Arc<Labeled<Post>>> = page
        .changes
        .iter()
        .filter_map(|change| match change {
            AdmittedChange::Upsert(post) => Some(Arc::new(Labeled::clone(post))),
            _ => None,
        })
        .collect();
    let gate_dropped = page.dropped_items();
    let mut verdicts = look(host, tenant, matcher, &posts).await?;

    let chosen: Vec<usize> = verdicts
        .iter()
        .enumerate()
        .filter(|(_, v)| !v.none())
        .map(|(n, _)| n)
        .collect();
    let matched_posts: Vec<Arc<Labeled<Post>>> = chosen
        .iter()
        .filter_map(|n| posts.get(*n).cloned())
        .collect();
    let Read {
        posts: read,
        quarantined,
    } = analyse_new(host, tenant, &matched_posts, receipts).await?;
    host.probe.at(Stage::Analyse).await;

    let mut analyses = vec![Reading::default(); posts.len()];
    for (&n, reading) in chosen.iter().zip(read) {
        if let (Some(post), Some(verdict)) = (posts.get(n), verdicts.get_mut(n)) {
            matcher.second_look(post, verdict, reading.analysis.as_ref());
        }
        if let Some(slot) = analyses.get_mut(n) {
            *slot = reading;
        }
    }

    let mut numbers = Landed {
        collected: posts.len() as u64,
        rejected: u64::from(page.rejected) + gate_dropped,
        ..Landed::default()
    };
    let mut live = Vec::new();
    let mut each = posts.iter().zip(verdicts).zip(analyses);
    let mut changes = Vec::with_capacity(page.changes.len());
    for change in page.changes {
        changes.push(match change {
            AdmittedChange::Upsert(post) => {
                let Some(((shared, verdict), reading)) = each.next() else {
                    continue;
                };
                if verdict.yes.is_empty() {
                    numbers.dropped += 1;
                } else {
                    numbers.matched += 1;
                    let made = reading.call.is_some()
                        && reading.analysis.as_ref().is_some_and(|a| !a.set_aside);
                    numbers.analysed += u64::from(made);
                    if host.watched_live() {
                        live.push((
                            Arc::clone(shared),
                            matcher.split(&verdict).0,
                            reading.analysis.clone(),
                        ));
                    }
                }
                PageChange::Upsert(Box::new(write(
                    host,
                    landing.recheck_ms,
                    landing.page_call,
                    matcher,
                    *post,
                    verdict,
                    reading,
                )))
            }
            AdmittedChange::Delete(key) => PageChange::Delete(key),
            AdmittedChange::Hide(key) => PageChange::Hide(key),
            AdmittedChange::Restore(key) => PageChange::Restore(key),
            AdmittedChange::Author {
                network,
                author,
                state,
            } => PageChange::Author {
                network,
                author,
                state,
            },
            AdmittedChange::Strip { key, fields } => PageChange::Strip { key, fields },
            AdmittedChange::Replaced { old, new_id } => PageChange::Replaced { old, new_id },
            AdmittedChange::Engagement { key, counts } => PageChange::Engagement { key, counts },
        });
    }

    let counted = |name: &str, n: u64| (name.to_owned(), n);
    let counters = if landing.counted == Counted::NotAgain {
        Vec::new()
    } else {
        vec![
            counted("collected", numbers.collected),
            counted("matched", numbers.matched),
            counted("dropped", numbers.dropped),
            counted("rejected", numbers.rejected),
            counted("analysed", numbers.analysed),
            counted("quarantined", quarantined),
        ]
    };
    let commit = PageCommit {
        fence: landing.fence,
        account: Some(landing.account),
        cursor: page.cursor,
        state: page.state,
        done_task: landing.done_task,
        tasks: page.tasks,
        changes,
        receipts: receipts.clone(),
        coverage: page.seen.into_iter().collect(),
        counters,
    };
    host.probe.at(Stage::Commit).await;
    let outcome = tenant.db.commit_page(commit).await?;
    host.probe.at(Stage::Commit).await;
    numbers.stored = outcome.inserted;
    numbers.deleted = outcome.deleted;
    host.counters.quarantined.add(quarantined);
    match landing.counted {
        Counted::AsNew => count(host, &numbers, gate_dropped),
        Counted::NotAgain => {}
        Counted::OfShared => {
            let own = Landed {
                collected: 0,
                dropped: 0,
                rejected: gate_dropped,
                ..numbers
            };
            count(host, &own, gate_dropped);
        }
    }
    for (post, monitors, analysis) in live {
        if let Some(presented) = present_mention(&post, analysis.as_ref(), Audience::Member) {
            let mention = Arc::new(presented);
            for monitor in monitors {
                host.tell(LiveMention {
                    org: tenant.db.id().clone(),
                    monitor,
                    id: None,
                    mention: Arc::clone(&mention),
                });
            }
        }
    }
    Ok((numbers, outcome))
}

/// Matches on a thread of the executor: it is pure computation over up to 250 posts.
async fn look(
    host: &Host,
    tenant: &Tenant,
    matcher: &Arc<Matcher>,
    posts: &[Arc<Labeled<Post>>],
) -> Result<Vec<Verdicts>, JobError> {
    let (matcher, posts) = (Arc::clone(matcher), posts.to_vec());
    // A lost thread is an error of the job: a page is never committed as if nothing in it matched.
    Ok(host
        .executor
        .run(crate::tenant::turn(tenant.db.id()), move || {
            matcher.first_look(&posts)
        })
        .await?)
}

/// What is written of a post.
fn write(
    host: &Host,
    recheck_ms: Option<i64>,
    collected_by: Option<usize>,
    matcher: &Matcher,
    post: Labeled<Post>,
    verdict: Verdicts,
    reading: Reading,
) -> PostWrite {
    let (matched, unmatched) = matcher.split(&verdict);
    let analysed_by = reading.call;
    // What is kept already is left as it is.
    let analysis = reading.analysis.filter(|_| analysed_by.is_some());
    PostWrite {
        post,
        tokens: verdict.tokens,
        matched,
        unmatched,
        analysis,
        collected_by,
        analysed_by,
        recheck_at: recheck_ms.map(|ms| host.clock.now().plus_ms(ms)),
    }
}

fn count(host: &Host, numbers: &Landed, gate_dropped: u64) {
    let counters = &host.counters;
    counters.collected.add(numbers.collected);
    counters.matched.add(numbers.matched);
    counters.dropped.add(numbers.dropped);
    counters.refused.add(gate_dropped);
    counters.rejected.add(numbers.rejected - gate_dropped);
    counters.analysed.add(numbers.analysed);
    counters.stored.add(numbers.stored);
    counters.deleted.add(numbers.deleted);
    counters.pages.add(1);
}
