//! The host: everything that the jobs need, in one place, made once by `server`.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use isocial_egress::Egress;
use isocial_gate::PresentedMention;
use isocial_model::{Clock, Entropy, MentionId, MonitorId, OrgId};
use isocial_sandbox::{Executor, Sandbox};
use isocial_store::{Deployment, OrgDb, OrgScope, StoreError, setup::Installation};
use tokio::sync::broadcast;

use crate::{
    books::Books,
    counters::Counters,
    health::{ShownHealth, Ward},
    library::Library,
    probe::Probe,
    said::AllSaid,
    settings::Settings,
    stream::Fares,
    tenant::Tenant,
};

/// Live mentions that a slow reader may lag behind before it misses some; it is told how many.
const LIVE_BUFFER: usize = 1_024;

/// Everything that the jobs need.
pub struct Host {
    /// What is kept.
    pub deployment: Deployment,
    /// Where plugins run.
    pub sandbox: Sandbox,
    /// On which threads.
    pub executor: Executor,
    /// The way out.
    pub egress: Egress,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Chance, for jitter and ids.
    pub entropy: Arc<dyn Entropy>,
    /// What the operator has set.
    pub settings: Settings,
    /// Loaded packages.
    pub library: Library,
    /// How plugins fare.
    pub ward: Ward,
    /// What is counted over all organisations, without their names.
    pub counters: Counters,
    /// How streams fare.
    pub streams: Fares,
    /// Stops the world for a test.
    pub probe: Probe,
    /// What ledgers are still owed.
    pub books: Books,
    /// Counts changes of any organisation's configuration, so that a shared stream knows when to look who reads it.
    changes: AtomicU64,
    /// What plugins say in their logs.
    pub said: AllSaid,
    live: broadcast::Sender<LiveMention>,
    tenants: Mutex<HashMap<OrgId, Arc<Tenant>>>,
}

/// A mention that has just been committed, for whoever watches live.
#[derive(Debug, Clone)]
pub struct LiveMention {
    /// Whose. A reader lets through its own organisation's only.
    pub org: OrgId,
    /// The monitor.
    pub monitor: MonitorId,
    /// The mention, where it is known.
    pub id: Option<MentionId>,
    /// As a member sees it.
    pub mention: Arc<PresentedMention>,
}

/// What a host is made of.
pub struct Parts {
    /// What is kept.
    pub deployment: Deployment,
    /// Where plugins run.
    pub sandbox: Sandbox,
    /// The way out.
    pub egress: Egress,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Chance.
    pub entropy: Arc<dyn Entropy>,
    /// What the operator has set.
    pub settings: Settings,
    /// Stops the world for a test.
    pub probe: Probe,
}

impl std::fmt::Debug for Parts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Parts").finish_non_exhaustive()
    }
}

impl Host {
    /// Puts a host together.
    pub fn new(parts: Parts) -> Result<Arc<Self>, std::io::Error> {
        let executor = Executor::new(parts.sandbox.config().executor_threads())?;
        Ok(Arc::new(Self {
            books: Books::new(Arc::clone(&parts.clock)),
            deployment: parts.deployment,
            sandbox: parts.sandbox,
            executor,
            egress: parts.egress,
            clock: parts.clock,
            entropy: parts.entropy,
            settings: parts.settings,
            library: Library::default(),
            ward: Ward::default(),
            counters: Counters::default(),
            streams: Fares::default(),
            probe: parts.probe,
            changes: AtomicU64::new(0),
            said: AllSaid::default(),
            live: broadcast::channel(LIVE_BUFFER).0,
            tenants: Mutex::default(),
        }))
    }

    /// An organisation's store and what its jobs need of its configuration, read once and kept until [`Host::forget`].
    pub async fn tenant(&self, scope: &OrgScope) -> Result<Arc<Tenant>, StoreError> {
        if let Some(known) = self.lock().get(scope.org()) {
            return Ok(Arc::clone(known));
        }
        loop {
            let before = self.changes();
            let db = self.deployment.org(scope).await?;
            let tenant = Arc::new(Tenant::read(self, db, scope.clone()).await?);
            let mut known = self.lock();
            // What was changed while it was read may be missing in it. Changes are counted under this lock.
            if self.changes() == before {
                known.insert(scope.org().clone(), Arc::clone(&tenant));
                return Ok(tenant);
            }
        }
    }

    /// Forgets what was read of an organisation's configuration: to be called after every change of it, and after its deletion.
    pub fn forget(&self, db: &OrgDb) {
        let mut known = self.lock();
        known.remove(db.id());
        self.changes.fetch_add(1, Ordering::SeqCst);
    }

    /// Forgets an organisation by its id: after its deletion.
    pub fn forget_id(&self, org: &OrgId) {
        let mut known = self.lock();
        known.remove(org);
        self.changes.fetch_add(1, Ordering::SeqCst);
        drop(known);
        self.said.forget_org(org);
    }

    /// How many changes of configuration there have been on this node.
    pub(crate) fn changes(&self) -> u64 {
        self.changes.load(Ordering::SeqCst)
    }

    /// Forgets what was read of every organisation: after a package was withdrawn.
    pub(crate) fn forget_all(&self) {
        let mut known = self.lock();
        known.clear();
        self.changes.fetch_add(1, Ordering::SeqCst);
    }

    /// How an installation's plugin fares.
    pub fn health(&self, db: &OrgDb, installation: &Installation) -> ShownHealth {
        self.ward
            .of(crate::tenant::turn(db.id()), &installation.package)
            .shown(self.clock.now())
    }

    /// Mentions from now on, as they are committed.
    pub fn live(&self) -> broadcast::Receiver<LiveMention> {
        self.live.subscribe()
    }

    pub(crate) fn tell(&self, mention: LiveMention) {
        // Nobody listening is no fault.
        let _ = self.live.send(mention);
    }

    pub(crate) fn watched_live(&self) -> bool {
        self.live.receiver_count() > 0
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<OrgId, Arc<Tenant>>> {
        self.tenants.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for Host {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Host")
            .field("deployment", &self.deployment)
            .finish_non_exhaustive()
    }
}
