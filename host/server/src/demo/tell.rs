//! What came of the demo, read back from the database and the ledger, not from what the jobs say of themselves.

use std::collections::{BTreeMap, BTreeSet};

use isocial_model::{Instant, receipt::Line};
use isocial_pipeline::Host;
use isocial_store::{
    alerts::NoticeStatus,
    counts::Unit,
    ledger::{Completeness, Integrity},
};

use super::{setup::Stage, source::Collected};
use crate::summary::{AlertLine, ExportLine, Opinions, PluginLine, Summary};

/// Receipts a page.
const PAGE: u32 = 1_000;
/// Days of the timeline.
const DAYS: i64 = 9;

/// Reads the summary back.
pub(crate) async fn summary(
    host: &Host,
    stage: &Stage,
    collected: &Collected,
    exports: Vec<ExportLine>,
) -> anyhow::Result<Summary> {
    let db = &stage.db;
    let totals = db.totals().await?;
    let counters: BTreeMap<String, u64> = db.counters().await?.into_iter().collect();
    let counted = |name: &str| counters.get(name).copied().unwrap_or(0);
    let now = host.clock.now();
    let from = now.floor(Instant::HOUR_MS).plus_ms(-DAYS * Instant::DAY_MS);
    let buckets = db
        .timeline(&stage.monitor, Unit::Hour, from, now.plus_ms(1))
        .await?;
    let mut opinions = Opinions::default();
    for b in &buckets {
        opinions.positive += b.positive;
        opinions.neutral += b.neutral;
        opinions.negative += b.negative;
        opinions.unknown += b.unknown;
    }
    let notices = db.notices(None, 100).await?;
    let verdict = db.verify_ledger().await?;
    let ledger = match (verdict.integrity, verdict.completeness) {
        (Integrity::Intact, Completeness::Complete) => "intact and complete".to_owned(),
        (integrity, completeness) => format!("{integrity:?}, {completeness:?}"),
    };
    Ok(Summary {
        collected: counted("collected"),
        matched: counted("matched"),
        dropped: counted("dropped"),
        rejected: counted("rejected"),
        analysed: counted("analysed"),
        repeated: counted("matched").saturating_sub(totals.posts + totals.tombstones),
        stored: totals.posts,
        deleted: totals.tombstones,
        lines: collected.read.map(|r| r.lines),
        alerts_delivered: totals.delivered,
        exported_rows: exports.iter().map(|e| e.rows).sum(),
        receipts: totals.receipts,
        without_receipt: totals.without_receipt,
        ledger,
        opinions,
        hours: hours(&buckets.iter().map(|b| (b.start, b.total)).collect()),
        alerts: notices
            .iter()
            .map(|n| AlertLine {
                rule: n.notice.rule.clone(),
                at: iso(n.notice.start),
                count: n.notice.count,
                expected: n.notice.expected,
                severity: format!("{:?}", n.notice.severity).to_lowercase(),
                status: match n.status {
                    NoticeStatus::Pending => "waiting",
                    NoticeStatus::Delivered => "delivered",
                    NoticeStatus::Dead => "given up",
                }
                .into(),
                attempts: n.attempts,
            })
            .collect(),
        exports,
        plugins: plugins(host, stage).await?,
        unreachable: collected.unreachable.clone(),
        urls: Vec::new(),
        seconds: 0.0,
    })
}

/// Mentions an hour, from the first one with any to the last, hours without any included.
fn hours(buckets: &BTreeMap<Instant, u64>) -> Vec<u64> {
    let (Some(first), Some(last)) = (buckets.keys().next(), buckets.keys().next_back()) else {
        return Vec::new();
    };
    let count = (last.as_millis() - first.as_millis()) / Instant::HOUR_MS + 1;
    (0..count.min(24 * DAYS))
        .map(|h| {
            buckets
                .get(&first.plus_ms(h * Instant::HOUR_MS))
                .copied()
                .unwrap_or(0)
        })
        .collect()
}

/// Every loaded plugin with its calls, counted by the sandbox and, apart from that, by the ledger.
async fn plugins(host: &Host, stage: &Stage) -> anyhow::Result<Vec<PluginLine>> {
    let mut given: BTreeMap<String, (u64, BTreeSet<String>)> = BTreeMap::new();
    let mut after = 0;
    loop {
        let page = stage.db.receipts(after, PAGE).await?;
        let Some(last) = page.last() else { break };
        after = last.seq;
        for kept in page {
            if let Line::Call(call) = kept.receipt.line {
                let entry = given.entry(call.plugin.id).or_default();
                entry.0 += u64::from(call.times);
                entry.1.extend(call.fields);
            }
        }
    }
    Ok(host
        .library
        .all()
        .into_iter()
        .map(|loaded| {
            let (receipted_calls, fields) = given.remove(&loaded.package.id).unwrap_or_default();
            PluginLine {
                id: loaded.package.id.clone(),
                version: loaded.package.version.to_string(),
                kind: loaded.kind.name().into(),
                digest: loaded.package.digest.clone(),
                imports: loaded.plugin.imports().to_vec(),
                calls: loaded.plugin.calls(),
                receipted_calls,
                given: fields.into_iter().collect(),
            }
        })
        .collect())
}

/// An instant as people write it.
fn iso(at: Instant) -> String {
    jiff::Timestamp::from_millisecond(at.as_millis()).map_or_else(
        |_| at.as_millis().to_string(),
        |t| t.strftime("%Y-%m-%d %H:%M").to_string(),
    )
}
