//! Rechecking: networks that do not push deletions are asked whether posts still exist; what is gone there goes here (B8).

use std::ops::Range;

use isocial_egress::Meter;
use isocial_gate::{AdmittedChange, AdmittedConnector, AdmittedPage, AdmittedVerdict};
use isocial_model::{
    AccountId, Instant,
    connector::{ComeBack, ConnectorCall, Job},
    receipt::Receipt,
};
use isocial_store::{JobLease, PageChange, PageCommit};

use crate::{
    collect::job_for,
    health::{plugins_own, set_aside},
    host::Host,
    job::{JobError, Next},
    land::{Counted, Landing, land},
    plugged::{CallError, Plugged},
    step::try_connector,
};

/// References a batch where the manifest says nothing.
const BATCH: u32 = 25;
/// Calls that may fail over one batch: 6 lead to a single one of 25, and 6 more to a second one.
const FAILURES: u32 = 12;
/// When to ask again where a network could not be asked · milliseconds.
const UNKNOWN_MS: i64 = Instant::HOUR_MS;

/// Rechecks what is due of one source's network.
pub(crate) async fn run(host: &Host, lease: &mut JobLease) -> Result<Next, JobError> {
    let id: AccountId = lease.subject().parse().map_err(|_| JobError::Subject)?;
    let tenant = host.tenant(&lease.scope()).await?;
    let Some(account) = tenant.db.account(&id).await? else {
        return Ok(Next::Done);
    };
    let Some(reading) = tenant.reading(&id) else {
        return Ok(Next::Done);
    };
    let (plugged, loaded, _) = tenant.plugged(&account.installation)?;
    let (Some(network), Some(every)) = (loaded.manifest.networks.first(), host.recheck_ms(&loaded))
    else {
        return Ok(Next::Done);
    };
    loop {
        let due = tenant
            .db
            .due_rechecks(network, loaded.manifest.recheck_batch.unwrap_or(BATCH))
            .await?;
        if due.is_empty() {
            return Ok(Next::Due(host.clock.now().plus_ms(every / 4)));
        }
        if let Err(until) = plugged.health.may_call(host.clock.now()) {
            return Ok(Next::Due(until));
        }
        // A post without a reference cannot be asked about; it is left to the next full reading.
        let (askable, blind): (Vec<_>, Vec<_>) =
            due.into_iter().partition(|r| r.reference.is_some());
        let refs: Vec<String> = askable.iter().filter_map(|r| r.reference.clone()).collect();
        let mut receipts = Vec::new();
        let mut changes: Vec<PageChange> = blind
            .into_iter()
            .map(|r| PageChange::RecheckAt {
                key: r.key,
                at: None,
            })
            .collect();
        let mut upserts = Vec::new();
        if !refs.is_empty() {
            let job = job_for(host, &reading, &account, None);
            let meter = Plugged::step_meter(job.budget.requests);
            let asking = Asking {
                host,
                plugged: &plugged,
                job: &job,
                meter: &meter,
            };
            let verdicts = asking.ask(&refs, &mut receipts).await;
            let now = host.clock.now();
            let mut verdicts = verdicts.into_iter();
            for asked in askable {
                match verdicts
                    .next()
                    .flatten()
                    .unwrap_or(AdmittedVerdict::Unknown)
                {
                    AdmittedVerdict::Alive => {
                        changes.push(PageChange::RecheckAt {
                            key: asked.key,
                            at: Some(now.plus_ms(every)),
                        });
                    }
                    AdmittedVerdict::Gone => changes.push(PageChange::Delete(asked.key)),
                    // It changed into something that may not be kept, such as a post for followers only.
                    AdmittedVerdict::NotKept(_) => changes.push(PageChange::Hide(asked.key)),
                    AdmittedVerdict::Changed(post) => {
                        changes.push(PageChange::RecheckAt {
                            key: asked.key,
                            at: Some(now.plus_ms(every)),
                        });
                        upserts.push(AdmittedChange::Upsert(post));
                    }
                    // Failure to fetch is not deletion.
                    AdmittedVerdict::Unknown => {
                        changes.push(PageChange::RecheckAt {
                            key: asked.key,
                            at: Some(now.plus_ms(UNKNOWN_MS)),
                        });
                    }
                }
            }
        }
        let commit = PageCommit {
            account: Some(account.id.clone()),
            changes,
            receipts: receipts.clone(),
            ..PageCommit::default()
        };
        let outcome = tenant
            .db
            .commit_page(commit)
            .await
            .inspect_err(|_| tenant.books.owe(receipts))?;
        host.counters.deleted.add(outcome.deleted);
        if !upserts.is_empty() {
            let page = AdmittedPage {
                changes: upserts,
                cursor: None,
                tasks: Vec::new(),
                state: None,
                next: ComeBack::Scheduled,
                seen: None,
                rejected: 0,
                dropped: std::collections::BTreeMap::new(),
            };
            let landing = Landing {
                account: account.id.clone(),
                fence: None,
                done_task: None,
                receipts: Vec::new(),
                page_call: None,
                counted: Counted::NotAgain,
                recheck_ms: Some(every),
            };
            land(host, &tenant, &reading.matcher, page, landing).await?;
        }
        if !host.deployment.renew(lease, host.settings.lease_ms).await? {
            return Ok(Next::Lost);
        }
    }
}

/// One batch of questions on its way to a network.
struct Asking<'a> {
    host: &'a Host,
    plugged: &'a Plugged,
    job: &'a Job,
    /// All rounds together spend from one.
    meter: &'a Meter,
}

impl Asking<'_> {
    /// Asks about references: one verdict each, absent where there is none. A batch that makes the connector fail is halved, so that one
    /// reference which it cannot bear keeps no other from being asked about: without that, a post could keep its neighbours from ever
    /// being found deleted.
    async fn ask(
        &self,
        refs: &[String],
        receipts: &mut Vec<Receipt>,
    ) -> Vec<Option<AdmittedVerdict>> {
        let mut verdicts: Vec<Option<AdmittedVerdict>> = refs.iter().map(|_| None).collect();
        let (mut worked, mut failures) = (false, 0);
        let mut last = None;
        let mut alone = Vec::new();
        let mut open: Vec<Range<usize>> = Vec::new();
        open.push(0..refs.len());
        while let Some(range) = open.pop() {
            let part = refs.get(range.clone()).unwrap_or_default().to_vec();
            match self.once(part, receipts).await {
                Ok(found) => {
                    worked = true;
                    for (slot, verdict) in verdicts.iter_mut().skip(range.start).zip(found) {
                        *slot = Some(verdict);
                    }
                }
                Err(error) => {
                    let own = plugins_own(&error).is_some();
                    last = Some(error);
                    failures += u32::from(own);
                    if !own || failures >= FAILURES {
                        break;
                    }
                    if range.len() == 1 {
                        alone.push(receipts.len() - 1);
                    } else {
                        let middle = range.start + range.len() / 2;
                        open.push(middle..range.end);
                        open.push(range.start..middle);
                    }
                }
            }
        }
        match &last {
            _ if worked => {
                // Where nothing worked no reference is to blame.
                for call in &alone {
                    if let Some(receipt) = receipts.get_mut(*call) {
                        set_aside(receipt);
                    }
                }
                self.plugged.health.set_aside(alone.len() as u64);
                self.plugged.health.worked();
            }
            Some(error) => self.plugged.remember(error, self.job.now),
            None => {}
        }
        verdicts
    }

    /// One round of questions, requests and judgement.
    async fn once(
        &self,
        refs: Vec<String>,
        receipts: &mut Vec<Receipt>,
    ) -> Result<Vec<AdmittedVerdict>, CallError> {
        let (executor, plugged) = (&self.host.executor, self.plugged);
        let ask = ConnectorCall::Ask {
            job: self.job.clone(),
            refs: refs.clone(),
        };
        let AdmittedConnector::Requests(requests) =
            try_connector(executor, plugged, ask, receipts).await?
        else {
            return Ok(Vec::new());
        };
        let exchanged = plugged
            .exchange(&self.host.egress, self.job.now, requests, self.meter)
            .await;
        receipts.extend(exchanged.receipts);
        let judge = ConnectorCall::Judge {
            job: self.job.clone(),
            refs,
            answers: exchanged.answers,
        };
        match try_connector(executor, plugged, judge, receipts).await? {
            AdmittedConnector::Verdicts(verdicts) => Ok(verdicts),
            _ => Ok(Vec::new()),
        }
    }
}
