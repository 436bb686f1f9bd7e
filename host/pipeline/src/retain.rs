//! Retaining: lines of a ledger that are past their time are removed, once a day (B4: 13 months by default).
//!
//! Lives here: the job. Not here: what stands in for what was removed (`store`), how long lines are kept (`settings`).

use isocial_model::Instant;
use isocial_store::JobLease;

use crate::{
    books::kept_from,
    host::Host,
    job::{JobError, Next},
};

/// Removes an organisation's old lines and comes back tomorrow.
pub(crate) async fn run(host: &Host, lease: &mut JobLease) -> Result<Next, JobError> {
    let Some(before) = kept_from(host) else {
        return Ok(Next::Done);
    };
    let removed = host
        .deployment
        .org(&lease.scope())
        .await?
        .cut_ledger(before)
        .await?;
    if removed > 0 {
        tracing::info!(job.id = %lease.job(), removed, "old receipts were removed; a signed checkpoint stands for them");
    }
    Ok(Next::Due(host.clock.now().plus_ms(Instant::DAY_MS)))
}
