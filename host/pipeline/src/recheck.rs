//! Rechecking: networks that do not push deletions are asked whether posts still exist; what is gone there goes here (B8).

use isocial_gate::{AdmittedChange, AdmittedConnector, AdmittedPage, AdmittedVerdict};
use isocial_model::{
    AccountId, Instant,
    connector::{ComeBack, ConnectorCall},
};
use isocial_store::{JobLease, PageChange, PageCommit};

use crate::{
    collect::job_for,
    host::Host,
    job::{JobError, Next},
    land::{Counted, Landing, land},
    step::connector,
};

/// References a batch where the manifest says nothing.
const BATCH: u32 = 25;
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
            let meter = crate::Plugged::step_meter(job.budget.requests);
            let ask = ConnectorCall::Ask {
                job: job.clone(),
                refs: refs.clone(),
            };
            let verdicts = match connector(&host.executor, &plugged, ask, &mut receipts).await {
                Ok(AdmittedConnector::Requests(requests)) => {
                    let exchanged = plugged
                        .exchange(&host.egress, job.now, requests, &meter)
                        .await;
                    receipts.extend(exchanged.receipts);
                    let judge = ConnectorCall::Judge {
                        job,
                        refs,
                        answers: exchanged.answers,
                    };
                    match connector(&host.executor, &plugged, judge, &mut receipts).await {
                        Ok(AdmittedConnector::Verdicts(verdicts)) => verdicts,
                        _ => Vec::new(),
                    }
                }
                _ => Vec::new(),
            };
            let now = host.clock.now();
            let mut verdicts = verdicts.into_iter();
            for asked in askable {
                match verdicts.next().unwrap_or(AdmittedVerdict::Unknown) {
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
