//! Collecting: a leased job reads its source, step by step, each page committed with its cursor and its receipts.

use std::sync::Arc;

use isocial_model::{
    AccountId, Instant,
    connector::{Budget, ComeBack, Fault, Job, Place},
    receipt::Receipt,
};
use isocial_store::{
    Fence, JobKind, JobLease, StoreError,
    setup::{Account, AccountStatus},
};

use crate::{
    host::Host,
    job::{JobError, Next},
    land::{Counted, Landed, Landing, land},
    library::Loaded,
    step::{StepError, step_with},
    tenant::{Reading, Tenant},
};

/// Posts a page: the interface's upper bound.
const ITEMS: u32 = 250;
/// Requests a step.
const REQUESTS: u32 = 16;
/// Pause after a step that failed for a reason that may pass · milliseconds.
const PAUSE_MS: i64 = 60_000;
/// Tasks that one run takes up.
const TASKS: u32 = 16;

/// Runs one collecting job until its source has nothing more now, or its share of steps is used.
pub(crate) async fn run(host: &Host, lease: &mut JobLease) -> Result<Next, JobError> {
    let id: AccountId = lease.subject().parse().map_err(|_| JobError::Subject)?;
    let tenant = host.tenant(&lease.scope()).await?;
    let Some(account) = tenant.db.account(&id).await? else {
        return Ok(Next::Done);
    };
    let Some(reading) = tenant.reading(&id) else {
        return Ok(Next::at(host, account.every_seconds));
    };
    let mut total = Landed::default();
    for _ in 0..host.settings.steps {
        // Each step by what holds then: a restriction, another version, a plugin that is no more.
        if !Arc::ptr_eq(&tenant, &host.tenant(&lease.scope()).await?) {
            return Ok(Next::Due(host.clock.now()));
        }
        let turn = one_step(host, &tenant, &reading, &account, lease).await?;
        total.add(&turn.landed);
        match turn.next {
            Some(next) => return Ok(next),
            None => {
                if !host.deployment.renew(lease, host.settings.lease_ms).await? {
                    return Ok(Next::Lost);
                }
            }
        }
    }
    tracing::debug!(job.id = %lease.job(), collected = total.collected, "a source has more than one run takes");
    Ok(Next::Due(host.clock.now()))
}

/// What a step leads to; `next` absent = go on at once.
struct Turn {
    landed: Landed,
    next: Option<Next>,
}

async fn one_step(
    host: &Host,
    tenant: &Tenant,
    reading: &Reading,
    account: &Account,
    lease: &JobLease,
) -> Result<Turn, JobError> {
    let (plugged, loaded, _) = tenant.plugged(&account.installation)?;
    // State moves with each page, so it is read anew.
    let state = tenant.db.account(&account.id).await?.and_then(|a| a.state);
    let at = tenant.db.place(lease.job()).await?;
    let task = tenant
        .db
        .due_tasks(&account.id, TASKS)
        .await?
        .into_iter()
        .next();
    let done_task = task.as_ref().map(|t| t.key.clone());
    let place = task.map_or(Place::Cursor(at.cursor), Place::Task);
    let job = job_for(host, reading, account, state);
    let step = step_with(
        &host.executor,
        &host.egress,
        &plugged,
        &job,
        &place,
        &host.probe,
    )
    .await;
    let page = match step.result {
        Ok(page) => page,
        Err(error) => {
            host.counters.steps_failed.add(1);
            let (status, next) = after_failure(host, account, &error, step.come_back);
            tracing::warn!(account.id = %account.id, plugin.id = %plugged.door.package(), fault = %name(&error), "a step gave no page");
            write(tenant, &account.id, step.receipts).await?;
            tenant.db.set_account_status(&account.id, &status).await?;
            return Ok(Turn {
                landed: Landed::default(),
                next: Some(next),
            });
        }
    };
    let next = page.next;
    let empty = page.changes.is_empty()
        && page.tasks.is_empty()
        && page.rejected == 0
        && page.dropped.is_empty()
        && done_task.is_none();
    let (receipts, page_call) = if empty {
        // Nothing was found: its lines wait for more of the same. Cursor and state move all the same.
        tenant.books.fold(&tenant.db, &account.id, step.receipts);
        (Vec::new(), None)
    } else {
        let mut receipts = tenant.books.folded(&account.id);
        let before = receipts.len();
        receipts.extend(step.receipts);
        (receipts, step.page_call.map(|call| call + before))
    };
    let fence = Fence {
        job: lease.job().clone(),
        lease_epoch: lease.epoch(),
        cursor_version: at.cursor_version,
    };
    let landing = Landing {
        account: account.id.clone(),
        fence: Some(fence),
        done_task,
        receipts,
        page_call,
        counted: Counted::AsNew,
        recheck_ms: host.recheck_ms(&loaded),
    };
    let (landed, _) = match land(host, tenant, &reading.matcher, page, landing).await {
        Ok(done) => done,
        // Somebody else has this job now; what this worker had read is dropped, nothing is doubled.
        Err(JobError::Store(StoreError::Conflict { .. })) => {
            return Ok(Turn {
                landed: Landed::default(),
                next: Some(Next::Lost),
            });
        }
        Err(error) => return Err(error),
    };
    tenant
        .db
        .set_account_status(&account.id, &AccountStatus::Working)
        .await?;
    let more = tenant
        .db
        .next_task(&account.id)
        .await?
        .is_some_and(|due| due <= host.clock.now());
    let caught_up = !matches!(next, ComeBack::Immediately) && !more;
    if caught_up {
        // Rules are looked at once a source has been read up to now: half a window must not look like a quiet hour.
        follow(host, tenant, reading, &account.id, &loaded).await?;
    }
    let wait = |seconds: u32| host.clock.now().plus_ms(i64::from(seconds) * 1_000);
    let next = match next {
        _ if more => None,
        ComeBack::Immediately => step.come_back.map(Next::Due),
        ComeBack::After(seconds) => Some(Next::Due(
            step.come_back
                .max(Some(wait(seconds)))
                .unwrap_or_else(|| wait(seconds)),
        )),
        ComeBack::Scheduled => Some(Next::Due(
            step.come_back
                .max(Some(wait(account.every_seconds)))
                .unwrap_or_else(|| wait(account.every_seconds)),
        )),
    };
    Ok(Turn { landed, next })
}

/// What new posts of a source set in motion: the rules of its monitors are looked at, and the posts are asked about in time.
pub(crate) async fn follow(
    host: &Host,
    tenant: &Tenant,
    reading: &Reading,
    account: &AccountId,
    loaded: &Loaded,
) -> Result<(), StoreError> {
    let mut monitors: Vec<_> = reading.matcher.monitors().iter().map(|w| &w.id).collect();
    monitors.dedup();
    for monitor in monitors {
        host.deployment
            .schedule(
                &tenant.scope,
                JobKind::Detect,
                monitor.as_str(),
                host.clock.now(),
            )
            .await?;
    }
    if let Some(ms) = host.recheck_ms(loaded) {
        let due = host.clock.now().plus_ms(ms);
        host.deployment
            .schedule(&tenant.scope, JobKind::Recheck, account.as_str(), due)
            .await?;
    }
    Ok(())
}

/// Writes the lines of a step that gave no page, behind what waited of its source.
async fn write(
    tenant: &Tenant,
    source: &AccountId,
    receipts: Vec<Receipt>,
) -> Result<(), StoreError> {
    let mut all = tenant.books.folded(source);
    all.extend(receipts);
    let written = tenant.db.append_receipts(&all).await;
    if written.is_err() {
        tenant.books.owe(all);
    }
    written.map(|_| ())
}

/// The job as its connector sees it: no organisation's id, name or plan is in it (HP-50).
pub(crate) fn job_for(
    host: &Host,
    reading: &Reading,
    account: &Account,
    state: Option<Vec<u8>>,
) -> Job {
    Job {
        plan: reading.plan.clone(),
        config: account.config.clone(),
        state,
        budget: budget(),
        now: host.clock.now(),
        since: None,
    }
}

/// What one call may ask for.
pub(crate) fn budget() -> Budget {
    Budget {
        items: ITEMS,
        requests: REQUESTS,
    }
}

/// How the account fares after a failed step, and when it is tried again.
fn after_failure(
    host: &Host,
    account: &Account,
    error: &StepError,
    come_back: Option<Instant>,
) -> (AccountStatus, Next) {
    let now = host.clock.now();
    let pause = come_back
        .unwrap_or_else(|| now.plus_ms(PAUSE_MS.max(i64::from(account.every_seconds) * 1_000)));
    let failing = |at: Instant| (AccountStatus::Failing(name(error)), Next::Due(at));
    match error {
        StepError::Fault(Fault::RetryAfter(seconds)) => failing(
            now.plus_ms(i64::from(*seconds) * 1_000)
                .max(come_back.unwrap_or(now)),
        ),
        StepError::Fault(Fault::RateLimited { reset, .. }) => {
            failing(reset.unwrap_or(pause).max(now.plus_ms(1_000)))
        }
        StepError::Resting(until) => failing(*until),
        // Only a person can mend these: the source rests until its configuration changes.
        StepError::Fault(
            Fault::Authentication { .. }
            | Fault::BadConfig { .. }
            | Fault::Gone
            | Fault::Moved(_)
            | Fault::Permanent(_),
        ) => (
            AccountStatus::Stopped(name(error)),
            Next::Due(now.plus_ms(Instant::HOUR_MS)),
        ),
        _ => failing(pause),
    }
}

/// A failure's name, without any text of the plugin.
pub(crate) fn name(error: &StepError) -> String {
    match error {
        StepError::Fault(fault) => isocial_gate::rejection::fault_name(fault).to_owned(),
        StepError::Call(crate::CallError::Rejected(rejection)) => {
            format!("rejected:{}", rejection.name())
        }
        StepError::Call(crate::CallError::Sandbox(_)) => "stopped".to_owned(),
        StepError::Call(_) => "not-projected".to_owned(),
        StepError::Endless => "endless".to_owned(),
        StepError::Resting(_) => "resting".to_owned(),
        StepError::Shape => "shape".to_owned(),
    }
}
