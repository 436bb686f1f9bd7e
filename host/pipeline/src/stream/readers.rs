//! The readers of a shared stream: every source that reads it, of all organisations, and one index over all their queries.
//!
//! Lives here: gathering readers and choosing, in memory, for whom a post is. Not here: writing (`deliver`).

use std::sync::Arc;

use isocial_model::{Labeled, post::Post};
use isocial_query::{Doc, Index, Scratch, Truth};
use isocial_store::{StoreError, setup::Account, setup::Installation};

use crate::{
    host::Host,
    library::Loaded,
    tenant::{Reading, Tenant},
};

/// One source that reads the stream.
#[derive(Debug)]
pub(super) struct Reader {
    /// Its organisation.
    pub(super) tenant: Arc<Tenant>,
    /// The source.
    pub(super) account: Account,
    /// What it is read for.
    pub(super) reading: Arc<Reading>,
    /// Its connector's installation.
    pub(super) installation: Installation,
    /// Its connector.
    pub(super) loaded: Arc<Loaded>,
}

/// All readers of a stream.
#[derive(Debug)]
pub(super) struct Readers {
    pub(super) all: Vec<Reader>,
    /// A query's position is its reader's.
    index: Index<u32>,
}

impl Readers {
    /// Gathers who reads the stream now. A registration of which nothing is left is taken off the stream.
    pub(super) async fn gather(host: &Host, stream: &str) -> Result<Self, StoreError> {
        let mut readers: Vec<Reader> = Vec::new();
        for registered in host.deployment.stream_monitors(stream).await? {
            let Some(scope) = host.deployment.scope_for_match(&registered).await? else {
                continue;
            };
            let tenant = match host.tenant(&scope).await {
                Ok(tenant) => tenant,
                // One organisation that cannot be opened stops no other.
                Err(error) => {
                    tracing::warn!(monitor.id = %registered.monitor(), error = %error, "an organisation cannot be opened; its monitor rests");
                    continue;
                }
            };
            let mut found = false;
            let sources = tenant
                .monitor(registered.monitor())
                .map(|m| m.sources.clone());
            for source in sources.into_iter().flatten() {
                let known = readers
                    .iter()
                    .any(|r| Arc::ptr_eq(&r.tenant, &tenant) && r.account.id == source);
                let Some(reader) = Self::reader(&tenant, &source).await? else {
                    // A package that is not loaded now may be so again: the registration waits for it.
                    found |= rests(host, &tenant, &source).await?;
                    continue;
                };
                let name = super::shared::name(
                    host,
                    &tenant.withheld,
                    &reader.account,
                    &reader.installation,
                );
                if name == stream {
                    found = true;
                    if !known {
                        readers.push(reader);
                    }
                }
            }
            if !found {
                host.deployment
                    .unwatch_stream(&scope, stream, registered.monitor())
                    .await?;
            }
        }
        let mut index = Index::new();
        for (position, reader) in (0u32..).zip(&readers) {
            for watched in reader.reading.matcher.monitors() {
                index.insert(position, Arc::clone(&watched.query));
            }
        }
        Ok(Self {
            all: readers,
            index,
        })
    }

    async fn reader(
        tenant: &Arc<Tenant>,
        source: &isocial_model::AccountId,
    ) -> Result<Option<Reader>, StoreError> {
        let Some(account) = tenant.db.account(source).await? else {
            return Ok(None);
        };
        let (Some(reading), Ok((_, loaded, installation))) = (
            tenant.reading(source),
            tenant.plugged(&account.installation),
        ) else {
            return Ok(None);
        };
        Ok(
            (super::sort(&loaded) == super::Sort::Shared).then(|| Reader {
                tenant: Arc::clone(tenant),
                account,
                reading,
                installation,
                loaded,
            }),
        )
    }

    /// For each post the positions of the readers whose queries may want it, ascending. Blocking and free of I/O: for the executor.
    pub(super) fn choose(&self, posts: &[Arc<Labeled<Post>>]) -> Vec<Vec<u32>> {
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
                let mut wanted = Vec::new();
                self.index.matches(&doc, &mut scratch, |reader, truth| {
                    if truth != Truth::No {
                        wanted.push(reader);
                    }
                });
                wanted.sort_unstable();
                wanted.dedup();
                wanted
            })
            .collect()
    }
}

/// Whether a source is there and its package is not loaded at the moment.
async fn rests(
    host: &Host,
    tenant: &Tenant,
    source: &isocial_model::AccountId,
) -> Result<bool, StoreError> {
    let Some(account) = tenant.db.account(source).await? else {
        return Ok(false);
    };
    let installation = tenant.db.installation(&account.installation).await?;
    Ok(installation.is_some_and(|i| i.enabled && host.library.get(&i.package).is_none()))
}
