//! Analysis: matched posts go through the language packs in batches, each post through the pack of its language.
//!
//! A batch is what one page of one organisation holds for one pack, at most 128 posts and 256 KiB: it comes full from the page and does
//! not wait to be filled (B4 lets it wait 100 ms at most). Waiting for other pages would hold back their commits and tie two pages to
//! one receipt; mixing organisations is impossible, because a pack here is one organisation's installation behind its own door.
//!
//! Lives here: which pack reads what, and which answer is kept. Not here: redaction and admission (`gate`), models (the packs).

use std::sync::Arc;

use isocial_model::{
    Labeled,
    language::{Analysis, Tasks},
    post::Post,
    receipt::Receipt,
};
use isocial_sandbox::{Executor, Plugin};

use isocial_store::StoreError;

use crate::{host::Host, plugged::Plugged, tenant::Tenant};

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

/// What became of a list of posts.
#[derive(Debug, Default)]
struct Analysed {
    /// One a post: the analysis, and the index into `receipts` of the call that made it.
    posts: Vec<Option<(Analysis, usize)>>,
    /// One a call.
    receipts: Vec<Receipt>,
}

/// What is known of one post's analysis.
#[derive(Debug, Clone, Default)]
pub(crate) struct Reading {
    /// The analysis, made now or kept from before.
    pub(crate) analysis: Option<Analysis>,
    /// Index into the receipts of the call that made it now; absent where it is kept already and nothing is to be written.
    pub(crate) call: Option<usize>,
}

/// Analyses what is new in posts: one whose text is as it was keeps its analysis, and no pack is called for it. The receipts of the calls
/// are appended.
pub(crate) async fn analyse_new(
    host: &Host,
    tenant: &Tenant,
    posts: &[Arc<Labeled<Post>>],
    receipts: &mut Vec<Receipt>,
) -> Result<Vec<Reading>, StoreError> {
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
    let made = analyse(&host.executor, packs, &unread).await;
    let first = receipts.len();
    receipts.extend(made.receipts);
    let mut made = made.posts.into_iter();
    Ok(kept
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
        .collect())
}

/// Analyses posts. A pack that fails costs its batch the analysis, never the posts: they are kept without.
async fn analyse(executor: &Executor, packs: &[Pack], posts: &[Arc<Labeled<Post>>]) -> Analysed {
    let mut done = Analysed {
        posts: vec![None; posts.len()],
        receipts: Vec::new(),
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
        let mut rest = chosen.as_slice();
        while !rest.is_empty() {
            let batch: Vec<Arc<Labeled<Post>>> =
                rest.iter().filter_map(|n| posts.get(*n).cloned()).collect();
            let (passed, open) = match pack.plugged.door.project_documents(&batch, &[], TASKS) {
                Ok(projected) => projected,
                Err(error) => {
                    tracing::warn!(plugin.id = %pack.plugged.door.package(), error = %error, "posts could not be given to the pack");
                    break;
                }
            };
            let taken = open.context().taken().clamp(1, rest.len());
            let (these, later) = rest.split_at(taken);
            rest = later;
            let (result, receipt) = pack
                .plugged
                .call(
                    executor,
                    (passed, open),
                    Plugin::analyze,
                    isocial_gate::Door::admit_analyses,
                )
                .await;
            let call = done.receipts.len();
            done.receipts.push(receipt);
            match result {
                Ok(admitted) => {
                    for (&n, analysis) in these.iter().zip(admitted.posts) {
                        let tagged = tags.get(n).is_some_and(|t| {
                            t.as_ref().is_some_and(|t| pack.languages.contains(t))
                        });
                        if let (Some(slot), Some(analysis)) = (done.posts.get_mut(n), analysis)
                            && better(&analysis, slot.as_ref().map(|(a, _)| a), tagged)
                        {
                            *slot = Some((analysis, call));
                        }
                    }
                }
                Err(error) => {
                    tracing::warn!(plugin.id = %pack.plugged.door.package(), error = %error, "a batch was not analysed");
                }
            }
        }
    }
    done
}

/// Whether a reading is to be kept: always where the network says that the post is in this pack's language, else where the pack is
/// sure enough of the language, and surer than the pack before it.
fn better(new: &Analysis, old: Option<&Analysis>, tagged: bool) -> bool {
    let confidence = |a: &Analysis| a.language.as_ref().map_or(0.0, |(_, c)| *c);
    tagged
        || (confidence(new) >= LEAST_CONFIDENCE
            && old.is_none_or(|old| confidence(new) > confidence(old)))
}
