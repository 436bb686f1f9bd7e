//! Analysis: matched posts go through the language packs in batches, each post through the pack of its language.
//!
//! A batch is what one page of one organisation holds for one pack, at most 128 posts and 256 KiB: it comes full from the page and does
//! not wait to be filled (B4 lets it wait 100 ms at most). Waiting for other pages would hold back their commits and tie two pages to
//! one receipt; mixing organisations is impossible, because a pack here is one organisation's installation behind its own door.
//!
//! Lives here: which pack reads what, which answer is kept, and how a post that makes a pack fail is found and set aside. Not here:
//! redaction and admission (`gate`), models (the packs), when a pack that fails rests (`health`).

use std::sync::Arc;

use isocial_gate::{AdmittedAnalyses, ProjectError};
use isocial_model::{
    Instant, Labeled,
    language::{Analysis, Tasks},
    post::Post,
    receipt::Receipt,
};
use isocial_sandbox::{Executor, Plugin};

use isocial_store::StoreError;

use crate::{
    health::{plugins_own, set_aside},
    host::Host,
    plugged::Plugged,
    tenant::Tenant,
};

/// All analyses; the gate narrows them to what is granted.
const TASKS: Tasks = Tasks {
    language: true,
    sentiment: true,
    emotions: true,
    entities: true,
    topics: true,
    translation: false,
};
/// Below this confidence in its own language a pack's reading of a post without a language tag is not taken.
const LEAST_CONFIDENCE: f32 = 0.5;

/// A language pack as an organisation has it.
#[derive(Debug, Clone)]
pub struct Pack {
    /// Primary subtags of the languages that its manifest declares.
    pub languages: Vec<String>,
    /// The pack.
    pub plugged: Plugged,
}

/// Calls of one pack that may fail while a list of posts is read: finding one post among 128 takes 8, and 8 more find a second one.
const FAILURES: u32 = 16;
/// Calls that may fail before one has worked: after the 8 that lead to a single post comes its neighbour. A pack that cannot read that
/// one either cannot read at all, and no post is to blame.
const FAILURES_WITHOUT_SUCCESS: u32 = 10;

/// What became of a list of posts.
#[derive(Debug, Default)]
struct Analysed {
    /// One a post: the analysis, and the index into `receipts` of the call that made it.
    posts: Vec<Option<(Analysis, usize)>>,
    /// One a call.
    receipts: Vec<Receipt>,
    /// Posts that made a pack fail when they were given alone. They are kept like any other, without that pack's analysis.
    quarantined: u64,
}

/// What is known of one post's analysis.
#[derive(Debug, Clone, Default)]
pub(crate) struct Reading {
    /// The analysis, made now or kept from before.
    pub(crate) analysis: Option<Analysis>,
    /// Index into the receipts of the call that made it now; absent where it is kept already and nothing is to be written.
    pub(crate) call: Option<usize>,
}

/// What is known of all posts' analyses.
#[derive(Debug)]
pub(crate) struct Read {
    /// One a post.
    pub(crate) posts: Vec<Reading>,
    /// Posts that made a pack fail when they were given alone.
    pub(crate) quarantined: u64,
}

/// Analyses what is new in posts: one whose text is as it was keeps its analysis, and no pack is called for it. The receipts of the calls
/// are appended.
pub(crate) async fn analyse_new(
    host: &Host,
    tenant: &Tenant,
    posts: &[Arc<Labeled<Post>>],
    receipts: &mut Vec<Receipt>,
) -> Result<Read, StoreError> {
    let packs = tenant.packs();
    // An analysis by a pack that this organisation has no more, or has in another version, is made anew.
    let in_use: Vec<String> = packs
        .iter()
        .map(|p| p.plugged.door.package().to_string())
        .collect();
    let mut kept = tenant.db.kept_analyses(posts).await?;
    for slot in &mut kept {
        *slot = slot.take().filter(|a| in_use.contains(&a.by));
    }
    let unread: Vec<Arc<Labeled<Post>>> = posts
        .iter()
        .zip(&kept)
        .filter(|(_, kept)| kept.is_none())
        .map(|(post, _)| Arc::clone(post))
        .collect();
    let made = analyse(&host.executor, packs, &unread, host.clock.now()).await;
    let first = receipts.len();
    receipts.extend(made.receipts);
    let quarantined = made.quarantined;
    let mut made = made.posts.into_iter();
    let posts = kept
        .into_iter()
        .map(|kept| match kept {
            Some(analysis) => Reading {
                analysis: Some(analysis),
                call: None,
            },
            None => made
                .next()
                .flatten()
                .map_or_else(Reading::default, |(analysis, call)| Reading {
                    analysis: Some(analysis),
                    call: Some(first + call),
                }),
        })
        .collect();
    Ok(Read { posts, quarantined })
}

/// Analyses posts. A pack that fails costs posts the analysis, never the posts: they are kept without. Which post makes it fail is
/// found by halving its batch, so that it costs no other post anything; a pack that rests after failures is not asked.
async fn analyse(
    executor: &Executor,
    packs: &[Pack],
    posts: &[Arc<Labeled<Post>>],
    now: Instant,
) -> Analysed {
    let mut done = Analysed {
        posts: vec![None; posts.len()],
        ..Analysed::default()
    };
    let tags: Vec<Option<String>> = posts
        .iter()
        .map(|p| isocial_gate::language_tag(p))
        .collect();
    for pack in packs {
        let reads = |tag: &Option<String>| match tag {
            Some(tag) => {
                let known = packs.iter().any(|p| p.languages.contains(tag));
                pack.languages.contains(tag) || !known
            }
            None => true,
        };
        let chosen: Vec<usize> = (0..posts.len())
            .filter(|n| tags.get(*n).is_some_and(reads))
            .collect();
        if chosen.is_empty() || pack.plugged.health.may_call(now).is_err() {
            continue;
        }
        let pass = Pass {
            executor,
            pack,
            posts,
            tags: &tags,
        };
        pass.read(chosen, now, &mut done).await;
    }
    done
}

/// One pack on its way through a list of posts.
struct Pass<'a> {
    executor: &'a Executor,
    pack: &'a Pack,
    posts: &'a [Arc<Labeled<Post>>],
    tags: &'a [Option<String>],
}

impl Pass<'_> {
    /// Reads the chosen posts, batch by batch, halving those that fail. The pack's health remembers one outcome of it all.
    async fn read(&self, chosen: Vec<usize>, now: Instant, done: &mut Analysed) {
        let plugged = &self.pack.plugged;
        let (mut worked, mut failures) = (false, 0);
        let mut last = None;
        // Posts that failed alone, each with its call.
        let mut alone: Vec<(usize, usize)> = Vec::new();
        // What is to be read; the last one is next.
        let mut open = vec![chosen];
        while let Some(mut part) = open.pop() {
            let batch: Vec<Arc<Labeled<Post>>> = part
                .iter()
                .filter_map(|n| self.posts.get(*n).cloned())
                .collect();
            let (passed, receipt) = match plugged.door.project_documents(&batch, &[], TASKS) {
                Ok(projected) => projected,
                // None of these may be given; others may.
                Err(ProjectError::Nothing(_)) => continue,
                Err(error) => {
                    tracing::warn!(plugin.id = %plugged.door.package(), error = %error, "posts could not be given to the pack");
                    break;
                }
            };
            let taken = receipt.context().taken().clamp(1, part.len());
            let later = part.split_off(taken);
            if !later.is_empty() {
                open.push(later);
            }
            let (result, receipt) = plugged
                .try_call(
                    self.executor,
                    (passed, receipt),
                    Plugin::analyze,
                    isocial_gate::Door::admit_analyses,
                )
                .await;
            let call = done.receipts.len();
            done.receipts.push(receipt);
            match result {
                Ok(admitted) => {
                    worked = true;
                    self.keep(&part, admitted, call, done);
                }
                Err(error) => {
                    let own = plugins_own(&error).is_some();
                    last = Some(error);
                    if !own {
                        // A fault of its own, a full pool: no post is to blame, and smaller batches would not help.
                        continue;
                    }
                    failures += 1;
                    if let [post] = part[..] {
                        alone.push((post, call));
                    } else {
                        let second = part.split_off(part.len() / 2);
                        open.push(second);
                        open.push(part);
                    }
                    if failures >= FAILURES || (!worked && failures >= FAILURES_WITHOUT_SUCCESS) {
                        tracing::warn!(plugin.id = %plugged.door.package(), "a pack failed too often over one page; the rest of it is kept without its analysis");
                        break;
                    }
                }
            }
        }
        // Nothing worked: a post is to blame only where it is the only one and the pack has worked until now; else the pack is.
        if !worked && (alone.len() > 1 || !plugged.health.is_well()) {
            alone.clear();
        }
        let by = plugged.door.package().to_string();
        for &(post, call) in &alone {
            if let Some(receipt) = done.receipts.get_mut(call) {
                set_aside(receipt);
            }
            if let Some(slot @ None) = done.posts.get_mut(post) {
                *slot = Some((Analysis::set_aside(by.clone()), call));
            }
        }
        done.quarantined += alone.len() as u64;
        plugged.health.set_aside(alone.len() as u64);
        if worked {
            plugged.health.worked();
        } else if let Some(error) = &last
            && alone.is_empty()
        {
            plugged.remember(error, now);
        }
        if let Some(error) = last {
            tracing::warn!(plugin.id = %plugged.door.package(), error = %error, quarantined = alone.len(), "posts were kept without an analysis");
        }
    }

    /// Keeps what a pack has read where it reads better than the packs before it.
    fn keep(&self, part: &[usize], admitted: AdmittedAnalyses, call: usize, done: &mut Analysed) {
        for (&n, analysis) in part.iter().zip(admitted.posts) {
            let tagged = self
                .tags
                .get(n)
                .is_some_and(|t| t.as_ref().is_some_and(|t| self.pack.languages.contains(t)));
            if let (Some(slot), Some(analysis)) = (done.posts.get_mut(n), analysis)
                && better(&analysis, slot.as_ref().map(|(a, _)| a), tagged)
            {
                *slot = Some((analysis, call));
            }
        }
    }
}

/// Whether a reading is to be kept: always where the network says that the post is in this pack's language, else where the pack is
/// sure enough of the language, and surer than the pack before it.
fn better(new: &Analysis, old: Option<&Analysis>, tagged: bool) -> bool {
    let confidence = |a: &Analysis| a.language.as_ref().map_or(0.0, |(_, c)| *c);
    tagged
        || (confidence(new) >= LEAST_CONFIDENCE
            && old.is_none_or(|old| confidence(new) > confidence(old)))
}
