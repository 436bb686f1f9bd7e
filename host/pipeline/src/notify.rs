//! Notifying: the outbox is emptied, each notice through its channel's plugin, at least once, with the same idempotency key.
//!
//! Lives here: one attempt, and what its end means for the next. Not here: which notices there are (`watch`).

use isocial_egress::{Call, Meter};
use isocial_gate::{AdmittedChannel, MailBinding, NoticeDraft};
use isocial_model::{
    Instant, Labeled,
    channel::{DeliveryVerdict, Email, Notice, Reply},
    connector::{Answer, Failure, Request},
    post::Post,
    receipt::{Line, Receipt},
};
use isocial_sandbox::Plugin;
use isocial_store::{
    JobLease,
    alerts::{LeasedNotice, Settlement},
};

use crate::{
    host::Host,
    job::{JobError, Next},
    plugged::{CallError, Plugged, STEP_BYTES},
    probe::Stage,
    tenant::Tenant,
};

/// Notices that one run takes up at a time.
const BATCH: u32 = 16;
/// Longest wait between two attempts · milliseconds.
const LONGEST_MS: i64 = Instant::HOUR_MS;

/// Empties an organisation's outbox as far as it is due.
pub(crate) async fn run(host: &Host, lease: &mut JobLease, owner: &str) -> Result<Next, JobError> {
    loop {
        let tenant = host.tenant(&lease.scope()).await?;
        let notices = tenant
            .db
            .lease_notices(owner, host.settings.lease_ms, BATCH)
            .await?;
        if notices.is_empty() {
            return Ok(tenant.db.next_notice().await?.map_or(Next::Done, Next::Due));
        }
        for notice in notices {
            let mut receipts = Vec::new();
            let settlement = attempt(host, &tenant, &notice, &mut receipts).await;
            host.counters.delivery_attempts.add(1);
            host.counters
                .delivered
                .add(u64::from(settlement == Settlement::Delivered));
            let settled = tenant
                .db
                .settle_notice(&notice, &settlement, &receipts)
                .await;
            if !matches!(settled, Ok(true)) {
                // Another worker took it over, or the store is in trouble: what this attempt did still belongs into the ledger.
                tenant.books.owe(receipts);
            }
            settled?;
        }
        if !host.deployment.renew(lease, host.settings.lease_ms).await? {
            return Ok(Next::Lost);
        }
    }
}

/// One attempt, from the notice to its settlement.
async fn attempt(
    host: &Host,
    tenant: &Tenant,
    leased: &LeasedNotice,
    receipts: &mut Vec<Receipt>,
) -> Settlement {
    let Ok((plugged, _, installation)) = tenant.plugged(&leased.channel) else {
        return again(
            host,
            &leased.notice,
            None,
            "the channel is switched off or not loaded",
        );
    };
    if let Err(until) = plugged.health.may_call(host.clock.now()) {
        let wait_ms = until.as_millis() - host.clock.now().as_millis();
        let seconds = u32::try_from(wait_ms / 1_000 + 1).unwrap_or(0);
        let reason = "the channel's plugin failed again and again and rests";
        return again(host, &leased.notice, Some(seconds), reason);
    }
    let draft = draft(&leased.notice);
    let destination = installation.config.as_str();
    let message = match call(
        host,
        &plugged,
        plugged
            .door
            .project_notice::<&Labeled<Post>>(&draft, &[], destination),
        receipts,
    )
    .await
    {
        Ok(message) => message,
        Err(error) => return again(host, &leased.notice, None, &problem(&error)),
    };
    let reply = match message {
        AdmittedChannel::Http(request) => {
            http(host, &plugged, &leased.notice, request, receipts).await
        }
        AdmittedChannel::Email(email) => {
            mail(
                host,
                &plugged,
                &leased.notice,
                &email,
                destination,
                receipts,
            )
            .await
        }
        AdmittedChannel::Verdict(_) => {
            return again(
                host,
                &leased.notice,
                None,
                "the channel judged where it was to compose",
            );
        }
    };
    host.probe.at(Stage::Delivery).await;
    let judged = call(
        host,
        &plugged,
        plugged.door.project_reply(&draft, destination, reply),
        receipts,
    )
    .await;
    if judged.is_ok() {
        plugged.health.worked();
    }
    match judged {
        Ok(AdmittedChannel::Verdict(DeliveryVerdict::Delivered)) => Settlement::Delivered,
        Ok(AdmittedChannel::Verdict(DeliveryVerdict::Retry(seconds))) => again(
            host,
            &leased.notice,
            seconds,
            "the service asked to try again",
        ),
        Ok(AdmittedChannel::Verdict(DeliveryVerdict::Failed(reason))) => {
            Settlement::Dead { reason }
        }
        Ok(_) => again(
            host,
            &leased.notice,
            None,
            "the channel composed where it was to judge",
        ),
        Err(error) => again(host, &leased.notice, None, &problem(&error)),
    }
}

async fn call(
    host: &Host,
    plugged: &Plugged,
    projected: Result<
        (
            isocial_gate::Passed<isocial_model::channel::ChannelCall>,
            isocial_gate::OpenReceipt<isocial_gate::ChannelContext>,
        ),
        isocial_gate::ProjectError,
    >,
    receipts: &mut Vec<Receipt>,
) -> Result<AdmittedChannel, CallError> {
    let (result, receipt) = plugged
        .call(
            &host.executor,
            projected?,
            Plugin::channel,
            isocial_gate::Door::admit_channel,
        )
        .await;
    receipts.push(receipt);
    result
}

async fn http(
    host: &Host,
    plugged: &Plugged,
    notice: &Notice,
    request: Request,
    receipts: &mut Vec<Receipt>,
) -> Reply {
    let now = host.clock.now();
    let method = request.method.name();
    match isocial_gate::permit(request, plugged.door.egress()) {
        Ok(permitted) => {
            let meter = Meter::new(2, STEP_BYTES);
            let call = Call {
                package: plugged.door.package(),
                account: &plugged.account,
                credentials: plugged.credentials.as_ref(),
                meter: &meter,
                message_id: Some(&notice.idempotency_key),
            };
            let exchange = host.egress.exchange(permitted, &call).await;
            receipts.extend(exchange.session_lines.into_iter().map(|line| Receipt {
                at: now,
                line: Line::Egress(line),
            }));
            receipts.push(Receipt {
                at: now,
                line: Line::Egress(exchange.line),
            });
            Reply::Http(exchange.answer)
        }
        Err(denial) => {
            receipts.push(crate::plugged::denied(
                plugged.door.package(),
                now,
                method,
                &denial,
            ));
            Reply::Http(Answer::Failed(Failure::Denied))
        }
    }
}

/// Recipients come from the installation's configuration, never from the plugin (HP-43).
async fn mail(
    host: &Host,
    plugged: &Plugged,
    notice: &Notice,
    email: &Email,
    destination: &str,
    receipts: &mut Vec<Receipt>,
) -> Reply {
    let Some((smtp, from)) = &host.settings.smtp else {
        return Reply::Smtp {
            code: 0,
            text: "no mail server is configured".into(),
        };
    };
    let binding = MailBinding {
        from: from.clone(),
        to: recipients(destination),
        own_base: host.settings.own_base.clone(),
        idempotency_key: notice.idempotency_key.clone(),
    };
    let now = host.clock.now();
    match isocial_gate::permit_mail(email, &binding) {
        Ok(permitted) => {
            let sent = host
                .egress
                .send_mail(&permitted, smtp, plugged.door.package())
                .await;
            receipts.push(Receipt {
                at: now,
                line: Line::Egress(sent.line),
            });
            sent.reply
        }
        Err(denial) => {
            receipts.push(crate::plugged::denied(
                plugged.door.package(),
                now,
                "MAIL",
                &denial,
            ));
            Reply::Smtp {
                code: 0,
                text: format!("denied by rule {}", denial.rule),
            }
        }
    }
}

/// `to` of the destination: an address, or a list of them.
fn recipients(destination: &str) -> Vec<String> {
    let config: serde_json::Value = serde_json::from_str(destination).unwrap_or_default();
    match config.get("to") {
        Some(serde_json::Value::String(one)) => vec![one.clone()],
        Some(serde_json::Value::Array(many)) => many
            .iter()
            .filter_map(|v| v.as_str().map(str::to_owned))
            .collect(),
        _ => Vec::new(),
    }
}

fn draft(notice: &Notice) -> NoticeDraft {
    NoticeDraft {
        idempotency_key: notice.idempotency_key.clone(),
        attempt: notice.attempt,
        rule: notice.rule.clone(),
        monitor: notice.monitor.clone(),
        severity: notice.severity,
        event: notice.event.clone(),
        count: notice.count,
        expected: notice.expected,
        start: notice.start,
        end: notice.end,
        link: notice.link.clone(),
        attributes: notice.attributes.clone(),
    }
}

/// The next attempt, or the end: doubling waits with jitter, so that many notices of one outage do not come back at once.
fn again(host: &Host, notice: &Notice, asked_seconds: Option<u32>, reason: &str) -> Settlement {
    let reason = reason.chars().take(200).collect::<String>();
    if notice.attempt >= host.settings.attempts {
        return Settlement::Dead { reason };
    }
    let doubled = host
        .settings
        .backoff_ms
        .saturating_mul(1 << notice.attempt.saturating_sub(1).min(20))
        .min(LONGEST_MS);
    let mut byte = [0u8; 1];
    host.entropy.fill(&mut byte);
    let jittered = doubled / 2 + doubled * i64::from(byte[0]) / 510;
    let wait = jittered.max(asked_seconds.map_or(0, |s| i64::from(s) * 1_000));
    Settlement::Retry {
        at: host.clock.now().plus_ms(wait),
        reason,
    }
}

/// A problem without any text of the plugin or the service.
fn problem(error: &CallError) -> String {
    match error {
        CallError::Rejected(rejection) => format!(
            "the channel's answer was not admitted: {}",
            rejection.name()
        ),
        CallError::Sandbox(stopped) => stopped.to_string(),
        CallError::Project(error) => error.to_string(),
        CallError::Thread(error) => error.to_string(),
    }
}
