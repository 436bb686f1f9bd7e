//! Landing: an admitted page is matched, what matches is analysed, and all of it is committed at once.
//!
//! Lives here: the middle of a post's way, the same for jobs, archives, streams and rechecks. Not here: where pages come from.

use std::sync::Arc;

use isocial_gate::{AdmittedChange, AdmittedPage, Audience, present_mention};
use isocial_model::{AccountId, Labeled, language::Analysis, post::Post, receipt::Receipt};
use isocial_store::{Fence, PageChange, PageCommit, PageOutcome, PostWrite};

use crate::{
    analyse::analyse,
    host::{Host, LiveMention},
    job::JobError,
    matching::{Matcher, Verdicts},
    probe::Stage,
    tenant::Tenant,
};

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
    /// Whether these posts are known and were only asked about again: then they are not counted as collected.
    pub(crate) again: bool,
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
    /// Posts with an analysis.
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
    landing: Landing,
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
    let analysed = analyse(
        &host.executor,
        tenant.packs(),
        &matched_posts,
        host.clock.now(),
    )
    .await;
    let quarantined = analysed.quarantined;
    host.probe.at(Stage::Analyse).await;

    let mut receipts = landing.receipts;
    let first_analysis = receipts.len();
    receipts.extend(analysed.receipts);
    let mut analyses: Vec<Option<(Analysis, usize)>> = vec![None; posts.len()];
    for (&n, analysis) in chosen.iter().zip(analysed.posts) {
        if let (Some(post), Some(verdict)) = (posts.get(n), verdicts.get_mut(n)) {
            matcher.second_look(post, verdict, analysis.as_ref().map(|(a, _)| a));
        }
        if let Some(slot) = analyses.get_mut(n) {
            *slot = analysis.map(|(a, call)| (a, first_analysis + call));
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
                let Some(((shared, verdict), analysis)) = each.next() else {
                    continue;
                };
                if verdict.yes.is_empty() {
                    numbers.dropped += 1;
                } else {
                    numbers.matched += 1;
                    numbers.analysed += u64::from(analysis.is_some());
                    if host.watched_live() {
                        live.push((
                            Arc::clone(shared),
                            matcher.split(&verdict).0,
                            analysis.as_ref().map(|(a, _)| a.clone()),
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
                    analysis,
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
    let counters = if landing.again {
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
        receipts,
        coverage: page.seen.into_iter().collect(),
        counters,
    };
    host.probe.at(Stage::Commit).await;
    let outcome = tenant.db.commit_page(commit).await?;
    host.probe.at(Stage::Commit).await;
    numbers.stored = outcome.inserted;
    numbers.deleted = outcome.deleted;
    host.counters.quarantined.add(quarantined);
    if !landing.again {
        count(host, &numbers, gate_dropped);
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
    analysis: Option<(Analysis, usize)>,
) -> PostWrite {
    let (matched, unmatched) = matcher.split(&verdict);
    let (analysis, analysed_by) = analysis.map_or((None, None), |(a, by)| (Some(a), Some(by)));
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
