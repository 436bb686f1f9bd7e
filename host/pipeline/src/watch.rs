//! Watching: a monitor's rules are held against its counts; what they find becomes an incident with one notice a channel.
//!
//! Lives here: rules as they are written down, and the step from counts to the outbox. Not here: the judgement (`detect`), sending (`notify`).

use std::collections::BTreeMap;

use isocial_model::{Instant, MonitorId, channel::Notice};
use isocial_store::{
    JobKind, JobLease,
    alerts::{Incident, NewNotice, Rule, Subject},
    counts::Unit,
};
use serde::{Deserialize, Serialize};

use crate::{
    detect::{Spike, SpikeRule, spikes},
    host::Host,
    job::{JobError, Next},
    probe::Stage,
    tenant::Tenant,
};

/// What a rule asks for, as it is kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "when", rename_all = "kebab-case", deny_unknown_fields)]
pub enum RuleSpec {
    /// An hour has far more mentions than the hours before it.
    Spike {
        /// Mentions that the hour must have; absent = the operator's default.
        #[serde(default)]
        minimum: Option<u32>,
        /// Multiple of the expected volume; absent = the operator's default.
        #[serde(default)]
        factor: Option<f64>,
    },
    /// An hour is far more negative than neutral and positive together, at the same minimum of mentions.
    Negative {
        /// Mentions that the hour must have; absent = the operator's default.
        #[serde(default)]
        minimum: Option<u32>,
        /// Share of negative mentions · 0–1.
        share: f64,
    },
}

/// Hours that are looked back at: two weeks, one to judge and one to judge by.
const LOOK_BACK_H: i64 = 336;
/// Incidents that are read back to know how far a rule has been looked at.
const KNOWN: u32 = 200;

/// Looks at one monitor.
pub(crate) async fn run(host: &Host, lease: &JobLease) -> Result<Next, JobError> {
    let id: MonitorId = lease.subject().parse().map_err(|_| JobError::Subject)?;
    let tenant = host.tenant(&lease.scope()).await?;
    let Some(monitor) = tenant.monitor(&id) else {
        return Ok(Next::Done);
    };
    let rules: Vec<Rule> = tenant
        .db
        .rules(Some(&id))
        .await?
        .into_iter()
        .filter(|r| r.enabled)
        .collect();
    if rules.is_empty() {
        return Ok(Next::Done);
    }
    let now = host.clock.now();
    let buckets = tenant
        .db
        .timeline(
            &id,
            Unit::Hour,
            now.floor(Instant::HOUR_MS)
                .plus_ms(-LOOK_BACK_H * Instant::HOUR_MS),
            now.plus_ms(1),
        )
        .await?;
    let known = tenant.db.incidents(Some(&id), KNOWN).await?;
    let mut notices = 0;
    for rule in rules {
        let Ok(spec) = serde_json::from_str::<RuleSpec>(&rule.spec) else {
            tracing::warn!(rule.id = %rule.id, "a rule does not read any more; it rests");
            continue;
        };
        let last = known
            .iter()
            .filter(|i| i.rule == rule.id)
            .map(|i| i.start)
            .max();
        let watermark = last.unwrap_or(Instant(i64::MIN + 1));
        let (found, event) = match spec {
            RuleSpec::Spike { minimum, factor } => {
                let counts: BTreeMap<Instant, u64> =
                    buckets.iter().map(|b| (b.start, b.total)).collect();
                (
                    spikes(&counts, watermark, last, &spike_rule(host, minimum, factor)),
                    "spike",
                )
            }
            RuleSpec::Negative { minimum, share } => {
                let least = u64::from(minimum.unwrap_or(host.settings.spike.minimum));
                let refractory = i64::from(host.settings.spike.refractory_h) * Instant::HOUR_MS;
                let mut last = last;
                let mut found = Vec::new();
                for b in buckets
                    .iter()
                    .filter(|b| b.start > watermark && b.total >= least)
                {
                    let quiet =
                        last.is_none_or(|l| b.start.as_millis() - l.as_millis() >= refractory);
                    if quiet && b.negative as f64 >= share * b.total as f64 {
                        found.push(Spike {
                            hour: b.start,
                            count: b.negative,
                            expected: share * b.total as f64,
                            severity: rule.severity,
                        });
                        last = Some(b.start);
                    }
                }
                (found, "sentiment")
            }
        };
        for spike in found {
            host.probe.at(Stage::Notice).await;
            notices += keep(host, &tenant, &rule, &monitor.name, &spike, event).await?;
            host.probe.at(Stage::Notice).await;
        }
    }
    // Scheduled even where none was new: a run that was killed between the two had kept them without.
    if notices > 0 || tenant.db.next_notice().await?.is_some() {
        host.deployment
            .schedule(&tenant.scope, JobKind::Notify, "", now)
            .await?;
    }
    Ok(Next::Done)
}

fn spike_rule(host: &Host, minimum: Option<u32>, factor: Option<f64>) -> SpikeRule {
    let default = host.settings.spike;
    SpikeRule {
        minimum: minimum.unwrap_or(default.minimum),
        factor: factor.unwrap_or(default.factor),
        ..default
    }
}

/// Keeps an incident with one notice a channel; the number of notices that were new.
async fn keep(
    host: &Host,
    tenant: &Tenant,
    rule: &Rule,
    monitor: &str,
    spike: &Spike,
    event: &str,
) -> Result<u64, JobError> {
    let id = tenant.db.incident_id(&rule.id, spike.hour);
    let end = spike.hour.plus_ms(Instant::HOUR_MS);
    let link = format!(
        "{}api/v1/organisations/{}/incidents#{id}",
        host.settings.own_base,
        tenant.db.id()
    );
    let severity = spike.severity.max(rule.severity);
    let notices: Vec<NewNotice> = rule
        .channels
        .iter()
        .map(|channel| NewNotice {
            subject: Subject::Incident(id.clone()),
            channel: channel.clone(),
            notice: Notice {
                idempotency_key: String::new(),
                attempt: 0,
                rule: rule.name.clone(),
                monitor: monitor.to_owned(),
                severity,
                event: event.to_owned(),
                count: spike.count,
                expected: Some(spike.expected),
                start: spike.hour,
                end,
                link: link.clone(),
                excerpts: Vec::new(),
                attributes: Vec::new(),
            },
            due: None,
        })
        .collect();
    let incident = Incident {
        id,
        rule: rule.id.clone(),
        monitor: rule.monitor.clone(),
        start: spike.hour,
        end,
        count: spike.count,
        expected: Some(spike.expected),
        severity,
        closed: end < host.clock.now(),
    };
    Ok(tenant.db.keep_incident(&incident, &notices).await?)
}
