//! One organisation in work: its store, its monitors' queries by source, its language packs; and how its installations are plugged in.
//!
//! Lives here: reading an organisation's configuration once for many jobs. Not here: changing it (`api`), its rows (`store`).

use std::{
    collections::{HashMap, hash_map::DefaultHasher},
    hash::{Hash, Hasher},
    sync::Arc,
};

use isocial_gate::{Door, DoorSpec, EgressGrant, Layer, SlotGrant};
use isocial_model::{
    AccountId, InstallationId, Instant, Kind, MonitorId, connector::QueryPlan, contract::HostRule,
    key::OrgKeys,
};
use isocial_query::{Query, handles_in_query, parse_stored, plan};
use isocial_store::{JobKind, OrgDb, OrgScope, StoreError, setup::Installation, setup::Monitor};

use crate::{
    analyse::Pack,
    books::OrgBooks,
    explain::Withheld,
    grant::Grant,
    host::Host,
    keeper::Keeper,
    library::Loaded,
    matching::{Matcher, Watched},
    plugged::Plugged,
};

/// An installation cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PlugError {
    /// There is none of this id, or it is switched off.
    #[error("the installation {0} does not exist or is switched off")]
    Absent(InstallationId),
    /// Its package is not loaded.
    #[error("the package {0} is not loaded on this host: register it, or look at `isocial doctor`")]
    NotLoaded(String),
    /// The operator has taken its version back, and there is none that it could run on instead.
    #[error("{0} was taken back by the operator: consent to another version, or wait for one")]
    Withdrawn(String),
    /// Its grant does not read.
    #[error("the grant of {0} does not read: consent anew")]
    Grant(InstallationId),
    /// Its contracts cannot be in force.
    #[error(transparent)]
    Door(#[from] isocial_gate::DoorError),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What one source is read for.
#[derive(Debug)]
pub struct Reading {
    /// Its monitors' queries, indexed.
    pub matcher: Arc<Matcher>,
    /// What the network may be asked.
    pub plan: QueryPlan,
}

/// One organisation in work.
#[derive(Debug)]
pub struct Tenant {
    /// Its store.
    pub db: OrgDb,
    /// The proof that this work may enter it.
    pub scope: OrgScope,
    /// Its books.
    pub books: Arc<OrgBooks>,
    /// What is withheld from its plugins, by the operator and by itself.
    pub withheld: Withheld,
    monitors: HashMap<MonitorId, Monitor>,
    readings: HashMap<AccountId, Arc<Reading>>,
    plugged: HashMap<InstallationId, (Plugged, Arc<Loaded>, Installation)>,
    packs: Vec<Pack>,
}

impl Tenant {
    /// Reads monitors and installations. What cannot be used is left out with a warning: one broken query stops no other.
    pub(crate) async fn read(host: &Host, db: OrgDb, scope: OrgScope) -> Result<Self, StoreError> {
        let monitors: Vec<Monitor> = db
            .monitors()
            .await?
            .into_iter()
            .filter(|m| m.enabled)
            .collect();
        let mut queries: HashMap<MonitorId, Arc<Query>> = HashMap::new();
        let mut handles = Vec::new();
        for monitor in &monitors {
            match parse_stored(&monitor.query) {
                Ok(query) => {
                    handles.extend(handles_in_query(&query));
                    queries.insert(monitor.id.clone(), Arc::new(query));
                }
                Err(_) => {
                    tracing::warn!(monitor.id = %monitor.id, "a stored query does not parse any more; the monitor rests");
                }
            }
        }
        let mut by_source: HashMap<AccountId, Vec<Watched>> = HashMap::new();
        for monitor in &monitors {
            let Some(query) = queries.get(&monitor.id) else {
                continue;
            };
            for source in &monitor.sources {
                let watched = Watched {
                    id: monitor.id.clone(),
                    query: Arc::clone(query),
                };
                by_source.entry(source.clone()).or_default().push(watched);
            }
        }
        let readings = by_source
            .into_iter()
            .map(|(source, watched)| {
                let plan = any_of(watched.iter().map(|w| plan(&w.query)));
                (
                    source,
                    Arc::new(Reading {
                        matcher: Arc::new(Matcher::new(watched)),
                        plan,
                    }),
                )
            })
            .collect();
        let books = host.books.of(&scope);
        host.deployment
            .schedule(
                &scope,
                JobKind::Retain,
                "",
                host.clock.now().plus_ms(Instant::DAY_MS),
            )
            .await?;
        let withheld = host.settings.withheld.with_organisation(&db).await?;
        let mut tenant = Self {
            withheld,
            books: Arc::clone(&books),
            monitors: monitors.into_iter().map(|m| (m.id.clone(), m)).collect(),
            readings,
            plugged: HashMap::new(),
            packs: Vec::new(),
            db,
            scope,
        };
        handles.sort();
        handles.dedup();
        for installation in tenant
            .db
            .installations()
            .await?
            .into_iter()
            .filter(|i| i.enabled)
        {
            match plug(host, &tenant, &installation, &handles) {
                Ok((plugged, loaded)) => {
                    if loaded.kind == Kind::LanguagePack {
                        let languages = loaded.manifest.languages.clone();
                        tenant.packs.push(Pack {
                            languages,
                            plugged: plugged.clone(),
                        });
                    }
                    tenant
                        .plugged
                        .insert(installation.id.clone(), (plugged, loaded, installation));
                }
                Err(error) => {
                    tracing::warn!(installation.id = %installation.id, error = %error, "an installation cannot be used");
                }
            }
        }
        tenant
            .packs
            .sort_by(|a, b| a.plugged.door.package().cmp(b.plugged.door.package()));
        Ok(tenant)
    }

    /// What a source is read for; absent if no monitor wants it: then nothing is asked of its network (P-1.3).
    pub fn reading(&self, source: &AccountId) -> Option<Arc<Reading>> {
        self.readings.get(source).cloned()
    }
    /// A monitor that collects.
    pub fn monitor(&self, id: &MonitorId) -> Option<&Monitor> {
        self.monitors.get(id)
    }
    /// The language packs.
    pub fn packs(&self) -> &[Pack] {
        &self.packs
    }
    /// An installation, plugged in.
    pub fn plugged(
        &self,
        id: &InstallationId,
    ) -> Result<(Plugged, Arc<Loaded>, Installation), PlugError> {
        self.plugged
            .get(id)
            .cloned()
            .ok_or_else(|| PlugError::Absent(id.clone()))
    }
}

/// Puts an installation behind its door.
fn plug(
    host: &Host,
    tenant: &Tenant,
    installation: &Installation,
    own_handles: &[String],
) -> Result<(Plugged, Arc<Loaded>), PlugError> {
    let loaded = host
        .library
        .get(&installation.package)
        .ok_or_else(|| PlugError::NotLoaded(installation.package.to_string()))?;
    if host.library.is_withdrawn(&loaded.package) {
        return Err(PlugError::Withdrawn(loaded.package.to_string()));
    }
    let Tenant { db, books, .. } = tenant;
    let grant = grant_of(installation)?;
    let layers = tenant.withheld.layers(&grant);
    let door = door(
        host,
        &loaded,
        &grant,
        layers,
        db.keys(),
        own_handles.to_vec(),
    )?
    .with_abandoned(Arc::clone(&books.abandoned));
    let plugged = Plugged {
        door: Arc::new(door),
        plugin: loaded.plugin.with_tally(books.tally.clone()),
        credentials: Arc::new(Keeper::new(db.clone(), installation.id.clone())),
        turn: turn(db.id()),
        account: installation.id.as_str().into(),
        said: Some(host.said.of(db.id(), &installation.id)),
        health: host.ward.of(turn(db.id()), &installation.package),
    };
    Ok((plugged, loaded))
}

/// What was consented to for an installation.
pub(crate) fn grant_of(installation: &Installation) -> Result<Grant, PlugError> {
    serde_json::from_str(&installation.grant).map_err(|_| PlugError::Grant(installation.id.clone()))
}

/// The door of a package under a grant: an organisation's, or with the deployment's keys a shared stream's.
pub(crate) fn door(
    host: &Host,
    loaded: &Loaded,
    grant: &Grant,
    layers: Vec<Layer>,
    keys: Arc<dyn OrgKeys>,
    own_handles: Vec<String>,
) -> Result<Door, isocial_gate::DoorError> {
    Door::new(DoorSpec {
        package: loaded.package.clone(),
        kind: loaded.kind,
        contracts: loaded.manifest.contracts.clone(),
        layers,
        keys,
        clock: Arc::clone(&host.clock),
        network: loaded.network(),
        topics: loaded.manifest.topics.clone(),
        own_handles,
        egress: egress_grant(host, loaded, grant),
        spreadsheet: loaded.manifest.spreadsheet,
        own_base: host.settings.own_base.clone(),
    })
}

/// The queue of an organisation on the executor.
pub(crate) fn turn(org: &isocial_model::OrgId) -> u64 {
    turn_of(org.as_str())
}

/// The queue of whatever has this name.
pub(crate) fn turn_of(name: &str) -> u64 {
    hashed(name)
}

/// Something's place among the executor's queues.
pub(crate) fn hashed(what: impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    what.hash(&mut hasher);
    hasher.finish()
}

/// Where an installation may reach: the manifest's hosts, those that a person added, and the operator's exceptions for exactly these.
fn egress_grant(host: &Host, loaded: &Loaded, grant: &Grant) -> EgressGrant {
    let hosts: Vec<HostRule> = loaded
        .manifest
        .contracts
        .iter()
        .flat_map(|c| c.egress.clone())
        .collect();
    let literal = hosts
        .iter()
        .filter(|r| r.host != HostRule::TENANT_DECLARED)
        .map(|r| r.host.clone());
    let slot_hosts: Vec<String> = grant.hosts.iter().cloned().chain(literal).collect();
    EgressGrant {
        exceptions: host
            .settings
            .exceptions
            .iter()
            .filter(|e| slot_hosts.contains(&e.host))
            .cloned()
            .collect(),
        tenant_hosts: grant.hosts.clone(),
        slots: loaded
            .manifest
            .credentials
            .iter()
            .map(|slot| SlotGrant {
                slot: slot.clone(),
                hosts: slot_hosts.clone(),
            })
            .collect(),
        input: loaded.kind == Kind::Connector,
        hosts,
    }
}

/// One plan that asks for whatever any of these asks for.
fn any_of(plans: impl Iterator<Item = QueryPlan>) -> QueryPlan {
    use isocial_model::connector::PlanNode;
    let mut nodes: Vec<PlanNode> = Vec::new();
    let mut roots = Vec::new();
    for plan in plans {
        let base = nodes.len() as u32;
        let moved = |children: Vec<u32>| children.into_iter().map(|c| c + base).collect();
        for node in plan.nodes {
            nodes.push(match node {
                PlanNode::All(children) => PlanNode::All(moved(children)),
                PlanNode::Any(children) => PlanNode::Any(moved(children)),
                PlanNode::None(child) => PlanNode::None(child + base),
                leaf => leaf,
            });
        }
        if nodes.len() as u32 > base {
            roots.push(nodes.len() as u32 - 1);
        }
    }
    if roots.len() > 1 {
        nodes.push(PlanNode::Any(roots));
    }
    QueryPlan { nodes }
}
