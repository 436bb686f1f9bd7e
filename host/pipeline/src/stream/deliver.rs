//! Delivering a page of a shared stream: each organisation is given what its queries match, and what concerns the posts that it holds;
//! an organisation that neither matches nor holds anything is not opened.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use isocial_gate::{AdmittedChange, AdmittedPage};
use isocial_model::{
    OrgId, PackageRef,
    connector::{ComeBack, Window},
    receipt::{Line, Receipt, SharedLine},
};
use isocial_store::{OrgScope, PageChange, PageCommit, StoreError, streams::Posting};

use super::{own::look_at_rules, readers::Readers};
use crate::{
    host::Host,
    job::JobError,
    land::{Counted, Landing, land},
};

/// Attempts at an organisation's store before its part of a page is given up, and the pause between two.
const ATTEMPTS: u32 = 3;
const PAUSE: Duration = Duration::from_millis(200);

/// What a page came to over all organisations.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Delivered {
    /// Posts in the page.
    pub(super) posts: u64,
    /// Organisations' stores that were written.
    pub(super) stores: u64,
}

/// What each reader has seen of the stream since it was last written down.
pub(super) type Seen = Vec<Option<Window>>;

/// The call that gave the page, as the deployment's ledger has it.
pub(super) struct Source<'a> {
    /// Which package.
    pub(super) package: &'a PackageRef,
    /// The call's number in the deployment's ledger.
    pub(super) seq: u64,
    /// Whose turn on the executor.
    pub(super) turn: u64,
    /// Milliseconds after which posts are rechecked.
    pub(super) recheck_ms: Option<i64>,
}

/// Brings a page to everybody whom it concerns. An organisation whose store fails for longer than a moment loses its part, which its
/// coverage then shows as incompletely seen; nobody else waits for it.
pub(super) async fn deliver(
    host: &Host,
    readers: &Arc<Readers>,
    page: AdmittedPage,
    source: &Source<'_>,
    seen: &mut Seen,
) -> Result<Delivered, JobError> {
    let posts: Vec<_> = page
        .changes
        .iter()
        .filter_map(|change| match change {
            AdmittedChange::Upsert(post) => Some(Arc::new(isocial_model::Labeled::clone(post))),
            _ => None,
        })
        .collect();
    let mut delivered = Delivered {
        posts: posts.len() as u64,
        stores: 0,
    };
    let chooser = Arc::clone(readers);
    let wanted = host
        .executor
        .run(source.turn, move || chooser.choose(&posts))
        .await?;
    let mut holders: BTreeMap<usize, Vec<OrgScope>> = BTreeMap::new();
    let concerned: Vec<Posting> = page.changes.iter().map(posting).collect();
    for (position, scope) in host.deployment.holders_of(&concerned).await? {
        holders.entry(position).or_default().push(scope);
    }

    // For each reader the changes that are for it, in their order; for holders who read no more, what takes away.
    let mut first_reader: BTreeMap<&OrgId, usize> = BTreeMap::new();
    for (n, reader) in readers.all.iter().enumerate() {
        first_reader.entry(reader.tenant.scope.org()).or_insert(n);
    }
    let mut parts: BTreeMap<usize, Vec<AdmittedChange>> = BTreeMap::new();
    let mut strangers: BTreeMap<String, (OrgScope, Vec<PageChange>)> = BTreeMap::new();
    let mut wanted = wanted.into_iter();
    for (n, change) in page.changes.into_iter().enumerate() {
        let mut to: Vec<usize> = match &change {
            AdmittedChange::Upsert(_) => wanted
                .next()
                .unwrap_or_default()
                .into_iter()
                .map(|reader| reader as usize)
                .collect(),
            _ => Vec::new(),
        };
        for scope in holders.remove(&n).unwrap_or_default() {
            match first_reader.get(scope.org()) {
                Some(reader) if !to.contains(reader) => to.push(*reader),
                Some(_) => {}
                None => {
                    if let Some(change) = taking_away(&change) {
                        let key = scope.org().to_string();
                        let entry = strangers.entry(key).or_insert_with(|| (scope, Vec::new()));
                        entry.1.push(change);
                    }
                }
            }
        }
        for reader in to {
            parts.entry(reader).or_default().push(change.clone());
        }
    }

    host.counters.collected.add(delivered.posts);
    for (window, reader) in seen.iter_mut().zip(0..) {
        *window = join(*window, page.seen);
        let Some(changes) = parts.remove(&reader) else {
            continue;
        };
        match write(host, readers, reader, changes, window.take(), source).await {
            Ok(()) => delivered.stores += 1,
            Err(error) => {
                tracing::error!(error = %error, "an organisation's part of a stream could not be written; its coverage shows the gap");
                *window = page.seen.map(|w| Window {
                    complete: false,
                    ..w
                });
            }
        }
    }
    for (scope, changes) in strangers.into_values() {
        let items = changes.len() as u32;
        let commit = PageCommit {
            changes,
            receipts: vec![told(host, source, items)],
            ..PageCommit::default()
        };
        match host.tenant(&scope).await {
            Ok(tenant) => {
                let outcome = tenant.db.commit_page(commit).await?;
                host.counters.deleted.add(outcome.deleted);
                delivered.stores += 1;
            }
            // Deleted in between: its posts went with it.
            Err(StoreError::Gone) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(delivered)
}

/// Lands one reader's part, with a few attempts.
async fn write(
    host: &Host,
    readers: &Readers,
    position: usize,
    changes: Vec<AdmittedChange>,
    seen: Option<Window>,
    source: &Source<'_>,
) -> Result<(), JobError> {
    let Some(reader) = readers.all.get(position) else {
        return Ok(());
    };
    let items = changes.len() as u32;
    let page = AdmittedPage {
        changes,
        cursor: None,
        tasks: Vec::new(),
        state: None,
        next: ComeBack::Scheduled,
        seen,
        rejected: 0,
        dropped: BTreeMap::new(),
    };
    let mut attempt = 1;
    loop {
        let landing = Landing {
            account: reader.account.id.clone(),
            fence: None,
            done_task: None,
            receipts: vec![told(host, source, items)],
            page_call: Some(0),
            counted: Counted::OfShared,
            recheck_ms: source.recheck_ms,
        };
        let matcher = &reader.reading.matcher;
        match land(host, &reader.tenant, matcher, page.clone(), landing).await {
            Ok((landed, _)) => {
                // Counted once for all readers, above.
                if landed.matched > 0 {
                    look_at_rules(host, &reader.tenant, &reader.reading).await?;
                }
                return Ok(());
            }
            Err(JobError::Store(StoreError::Gone)) => return Ok(()),
            Err(error) if attempt >= ATTEMPTS => return Err(error),
            Err(_) => attempt += 1,
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// The line in the organisation's own ledger.
fn told(host: &Host, source: &Source<'_>, items: u32) -> Receipt {
    Receipt {
        at: host.clock.now(),
        line: Line::Shared(SharedLine {
            plugin: source.package.clone(),
            deployment_seq: source.seq,
            items,
        }),
    }
}

/// What a change concerns.
fn posting(change: &AdmittedChange) -> Posting {
    match change.key() {
        Ok(key) => Posting::Post(key),
        Err((network, author)) => Posting::Author(network.to_owned(), author.to_owned()),
    }
}

/// What is owed to a post's holder even where it reads the stream no more: deletions, hiding, stripping. New content is not.
fn taking_away(change: &AdmittedChange) -> Option<PageChange> {
    Some(match change {
        AdmittedChange::Upsert(_) | AdmittedChange::Engagement { .. } => return None,
        AdmittedChange::Delete(key) => PageChange::Delete(key.clone()),
        AdmittedChange::Hide(key) => PageChange::Hide(key.clone()),
        AdmittedChange::Restore(key) => PageChange::Restore(key.clone()),
        AdmittedChange::Author {
            network,
            author,
            state,
        } => PageChange::Author {
            network: network.clone(),
            author: author.clone(),
            state: *state,
        },
        AdmittedChange::Strip { key, fields } => PageChange::Strip {
            key: key.clone(),
            fields: fields.clone(),
        },
        AdmittedChange::Replaced { old, new_id } => PageChange::Replaced {
            old: old.clone(),
            new_id: new_id.clone(),
        },
    })
}

/// Two windows of one stream, the second read after the first.
fn join(first: Option<Window>, second: Option<Window>) -> Option<Window> {
    match (first, second) {
        (Some(a), Some(b)) => Some(Window {
            start: a.start.min(b.start),
            end: a.end.max(b.end),
            // A hole between the two was not seen.
            complete: a.complete && b.complete && b.start <= a.end,
        }),
        (one, other) => one.or(other),
    }
}

/// Writes down what each reader has seen although nothing was for it: an empty result and an unknown one are never the same.
pub(super) async fn cover(readers: &Readers, seen: &mut Seen) {
    for (window, reader) in seen.iter_mut().zip(&readers.all) {
        let Some(window) = window.take() else {
            continue;
        };
        let commit = PageCommit {
            account: Some(reader.account.id.clone()),
            coverage: vec![window],
            ..PageCommit::default()
        };
        if let Err(error) = reader.tenant.db.commit_page(commit).await {
            tracing::warn!(account.id = %reader.account.id, error = %error, "what was seen of a stream could not be written down");
        }
    }
}
