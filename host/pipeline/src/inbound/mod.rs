//! Inbound: what a network delivers to the address of a source by itself.
//!
//! Lives here: verifying a delivery, the way from it to committed posts, the proof that an address is meant, how many may come. Not here:
//! HTTP (`api`), the signature's arithmetic (`vault`), making addresses (`address`).
//!
//! A delivery that is not signed as the manifest says never reaches a plugin. A repeated one changes nothing: upserts are idempotent, what
//! was deleted stays deleted, an older edit does not replace a newer one.

mod turnstile;
mod verify;

use isocial_gate::AdmittedConnector;
use isocial_model::{
    AccountId,
    connector::{ComeBack, ConnectorCall, Fault, Header, InboundDelivery, Job},
    receipt::Receipt,
};
use isocial_store::{JobKind, OrgScope, StoreError, setup::Account};

pub use self::turnstile::{Inside, Turnstile};
use crate::{
    collect::{budget, follow},
    host::Host,
    job::JobError,
    land::{Counted, Landing, land},
    plugged::CallError,
    step::connector,
    tenant::{PlugError, Tenant},
};

/// When a network is to come again after something that may pass · seconds.
const SOON_S: u32 = 60;
/// When it is to come again after something that a person must mend · seconds.
const LATER_S: u32 = 300;

/// What came, as HTTP had it.
#[derive(Clone)]
pub struct Incoming {
    /// Decoded query pairs.
    pub query: Vec<(String, String)>,
    /// Fields, names in lower case.
    pub headers: Vec<(String, String)>,
    /// Body · ≤ 1 MiB.
    pub body: Vec<u8>,
}

impl std::fmt::Debug for Incoming {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Incoming(…)")
    }
}

/// Why a delivery or a challenge was not taken, as the network is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// There is no such address, or nothing behind it.
    Unknown,
    /// It is not signed as it must be.
    Forged,
    /// It is more than a connector may be given.
    TooLarge,
    /// This address has had its share: come again after so many seconds.
    TooMany(u32),
    /// Not now: come again after so many seconds.
    Later(u32),
}

/// Takes a delivery: verified, read by the connector, matched, analysed, committed. `Ok` means that it is on disk, or that nobody looks for
/// anything in this source and nothing of it may be kept (P-1.3).
pub async fn deliver(
    host: &Host,
    scope: &OrgScope,
    source: &AccountId,
    incoming: Incoming,
) -> Result<(), Refusal> {
    let taken = take(host, scope, source, incoming).await;
    match taken {
        Ok(()) => host.counters.deliveries.add(1),
        Err(_) => host.counters.deliveries_refused.add(1),
    }
    taken
}

async fn take(
    host: &Host,
    scope: &OrgScope,
    source: &AccountId,
    incoming: Incoming,
) -> Result<(), Refusal> {
    let tenant = host.tenant(scope).await.map_err(store)?;
    let account = account(&tenant, source).await?;
    let (plugged, loaded, _) = tenant.plugged(&account.installation).map_err(unplugged)?;
    let rule = loaded.manifest.inbound.as_ref().ok_or(Refusal::Unknown)?;
    let credential = plugged.credentials.credential(&rule.credential).await;
    let credential = credential.map_err(|error| {
        tracing::error!(error = %error, "a credential cannot be read; a delivery waits");
        Refusal::Later(SOON_S)
    })?;
    let forms = rule.forms(&loaded.manifest.credentials);
    if !verify::is_signed(
        rule,
        &forms,
        credential.as_ref(),
        &incoming,
        host.clock.now(),
    ) {
        tracing::warn!(account.id = %source, "a delivery is not signed as it must be");
        return Err(Refusal::Forged);
    }
    let Some(reading) = tenant.reading(source) else {
        return Ok(());
    };
    let job = Job {
        plan: reading.plan.clone(),
        ..job(host, &account)
    };
    let call = ConnectorCall::Receive {
        job,
        delivery: InboundDelivery {
            query: incoming.query,
            headers: incoming
                .headers
                .into_iter()
                .map(|(name, value)| Header { name, value })
                .collect(),
            body: incoming.body,
        },
    };
    let mut receipts = Vec::new();
    let answer = connector(&host.executor, &plugged, call, &mut receipts).await;
    let page = match answer {
        Ok(AdmittedConnector::Page(page)) => page,
        other => return Err(unread(&tenant, source, other, &receipts).await),
    };
    // A delivery says nothing about where reading stands: a cursor in its page is not kept. What it leaves to be asked for is.
    let next = match page.next {
        ComeBack::Immediately => Some(0),
        ComeBack::After(seconds) => Some(seconds),
        ComeBack::Scheduled if !page.tasks.is_empty() => Some(0),
        ComeBack::Scheduled => None,
    };
    let landing = Landing {
        account: source.clone(),
        fence: None,
        done_task: None,
        page_call: receipts.len().checked_sub(1),
        receipts,
        counted: Counted::AsNew,
        recheck_ms: host.recheck_ms(&loaded),
    };
    land(host, &tenant, &reading.matcher, page, landing)
        .await
        .map_err(|e| failed(&e))?;
    // On disk from here on: what follows is set in motion by the next reading as well.
    follow(host, &tenant, &reading, source, &loaded)
        .await
        .map_err(store)?;
    if let Some(seconds) = next {
        let due = host.clock.now().plus_ms(i64::from(seconds) * 1_000);
        host.deployment
            .schedule(scope, JobKind::Collect, source.as_str(), due)
            .await
            .map_err(store)?;
    }
    Ok(())
}

/// What proves to the network that this address is meant: the body to answer with.
pub async fn challenge(
    host: &Host,
    scope: &OrgScope,
    source: &AccountId,
    query: Vec<(String, String)>,
) -> Result<String, Refusal> {
    let tenant = host.tenant(scope).await.map_err(store)?;
    let account = account(&tenant, source).await?;
    let (plugged, loaded, _) = tenant.plugged(&account.installation).map_err(unplugged)?;
    if loaded.manifest.inbound.is_none() {
        return Err(Refusal::Unknown);
    }
    let call = ConnectorCall::Challenge {
        job: job(host, &account),
        query,
    };
    let mut receipts = Vec::new();
    match connector(&host.executor, &plugged, call, &mut receipts).await {
        Ok(AdmittedConnector::Text(text)) => {
            tenant.db.append_receipts(&receipts).await.map_err(store)?;
            Ok(text)
        }
        // The connector knows nothing of what the network asks.
        Ok(AdmittedConnector::Fault(_)) => {
            tenant.db.append_receipts(&receipts).await.map_err(store)?;
            Err(Refusal::Unknown)
        }
        other => Err(unread(&tenant, source, other, &receipts).await),
    }
}

async fn account(tenant: &Tenant, source: &AccountId) -> Result<Account, Refusal> {
    let account = tenant.db.account(source).await.map_err(store)?;
    account.ok_or(Refusal::Unknown)
}

/// The job without its plan: a challenge is nobody's query.
fn job(host: &Host, account: &Account) -> Job {
    Job {
        plan: isocial_model::connector::QueryPlan::default(),
        config: account.config.clone(),
        state: account.state.clone(),
        budget: budget(),
        now: host.clock.now(),
        since: None,
    }
}

/// A delivery that gave no page: its receipts are kept, and the network keeps the delivery and comes again.
async fn unread(
    tenant: &Tenant,
    source: &AccountId,
    answer: Result<AdmittedConnector, CallError>,
    receipts: &[Receipt],
) -> Refusal {
    let (why, refusal) = match answer {
        Ok(AdmittedConnector::Fault(fault)) => {
            let wait = match &fault {
                Fault::RetryAfter(seconds) => *seconds,
                _ => LATER_S,
            };
            (
                isocial_gate::rejection::fault_name(&fault).to_owned(),
                Refusal::Later(wait.clamp(1, 86_400)),
            )
        }
        Ok(_) => ("shape".to_owned(), Refusal::Later(LATER_S)),
        Err(CallError::Project(_)) => ("not-projected".to_owned(), Refusal::TooLarge),
        Err(CallError::Rejected(rejection)) => (
            format!("rejected:{}", rejection.name()),
            Refusal::Later(LATER_S),
        ),
        Err(_) => ("stopped".to_owned(), Refusal::Later(LATER_S)),
    };
    tracing::warn!(account.id = %source, fault = %why, "a delivery gave no page");
    if let Err(error) = tenant.db.append_receipts(receipts).await {
        return store(error);
    }
    refusal
}

fn store(error: StoreError) -> Refusal {
    match error {
        StoreError::Gone => Refusal::Unknown,
        error => failed(&error.into()),
    }
}

fn unplugged(error: PlugError) -> Refusal {
    match error {
        // Switched off by a person, or gone.
        PlugError::Absent(_) => Refusal::Unknown,
        error => failed(&error.into()),
    }
}

/// Something of the host's own: logged here, and the network comes again.
fn failed(error: &JobError) -> Refusal {
    tracing::error!(error = %error, "a delivery could not be taken; the network is asked to come again");
    Refusal::Later(SOON_S)
}
