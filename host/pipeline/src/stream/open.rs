//! Opening a stream and reading pages off it: the part that own and shared streams have in common.

use isocial_egress::{Call, FrameStream, Meter};
use isocial_gate::{AdmittedConnector, AdmittedPage, permit_subscription};
use isocial_model::{
    Instant,
    connector::{ConnectorCall, Fault, Frame, Job, Origin},
    receipt::{Line, Receipt},
};
use tokio_util::sync::CancellationToken;

use crate::{
    host::Host,
    plugged::{Plugged, STEP_BYTES, denied},
    step::{StepError, connector},
};

/// Frames a call: the interface's upper bound for changes a page.
pub(super) const FRAMES: usize = 250;
/// Bytes a call, beyond which frames wait for the next one.
const BYTES: usize = 1 << 20;

/// What opening came to.
pub(super) enum Opened {
    /// Frames come.
    Stream(Box<FrameStream>),
    /// This configuration has no stream.
    None,
    /// Not now.
    Not {
        /// The fault's or failure's name.
        why: String,
        /// Not before; absent leaves it to the back-off.
        at: Option<Instant>,
        /// Only a person can mend it.
        lasting: bool,
    },
}

/// Asks the connector for its subscription and opens it, if the gate permits. Every step leaves a receipt.
pub(super) async fn open(
    host: &Host,
    plugged: &Plugged,
    job: Job,
    cursor: Option<Vec<u8>>,
    cancel: &CancellationToken,
    receipts: &mut Vec<Receipt>,
) -> Opened {
    let now = job.now;
    let not = |why: String, at, lasting| Opened::Not { why, at, lasting };
    let call = ConnectorCall::Open { job, cursor };
    let subscription = match connector(&host.executor, plugged, call, receipts).await {
        Ok(AdmittedConnector::Subscription(s)) if s.origin == Origin::Input => return Opened::None,
        Ok(AdmittedConnector::Subscription(s)) => s,
        Ok(AdmittedConnector::Fault(Fault::BadConfig { .. })) => return Opened::None,
        Ok(AdmittedConnector::Fault(fault)) => {
            let error = StepError::Fault(fault);
            return not(crate::collect::name(&error), None, lasting(&error));
        }
        Ok(_) => return not(crate::collect::name(&StepError::Shape), None, true),
        Err(error) => return not(crate::collect::name(&error.into()), None, false),
    };
    let permitted = match permit_subscription(subscription, plugged.door.egress()) {
        Ok(permitted) => permitted,
        Err(denial) => {
            receipts.push(denied(plugged.door.package(), now, "STREAM", &denial));
            return not(format!("denied:{}", denial.rule), None, true);
        }
    };
    let meter = Meter::new(2, STEP_BYTES);
    let call = Call {
        package: plugged.door.package(),
        account: &plugged.account,
        credentials: plugged.credentials.as_ref(),
        meter: &meter,
        message_id: None,
    };
    match host.egress.subscribe(permitted, &call, cancel).await {
        Ok(stream) => {
            receipts.push(egress_line(now, stream.line()));
            Opened::Stream(Box::new(stream))
        }
        Err(refused) => {
            let why = refused.line.result.clone();
            let lasting = matches!(refused.status, Some(401 | 403 | 404 | 410));
            receipts.push(egress_line(now, refused.line));
            not(
                why,
                refused.hints.come_back.or(refused.hints.reset),
                lasting,
            )
        }
    }
}

/// A closing line of an open stream: how many bytes came in all, and how it ended.
pub(super) fn closing(now: Instant, stream: &FrameStream, how: &str) -> Receipt {
    let mut line = stream.line();
    how.clone_into(&mut line.result);
    egress_line(now, line)
}

fn egress_line(at: Instant, line: isocial_model::receipt::EgressLine) -> Receipt {
    Receipt {
        at,
        line: Line::Egress(line),
    }
}

/// Reads a batch of frames into pages, each in a call of its own size: one page a batch, unless its frames are large.
pub(super) async fn page(
    host: &Host,
    plugged: &Plugged,
    job: Job,
    cursor: Option<Vec<u8>>,
    first: u64,
    frames: Vec<Frame>,
    receipts: &mut Vec<Receipt>,
) -> Result<AdmittedPage, StepError> {
    let call = ConnectorCall::Frames {
        job,
        cursor,
        first,
        frames,
    };
    match connector(&host.executor, plugged, call, receipts).await? {
        AdmittedConnector::Page(page) => Ok(page),
        AdmittedConnector::Fault(fault) => Err(StepError::Fault(fault)),
        _ => Err(StepError::Shape),
    }
}

/// Cuts a batch into parts that one call may carry, with the number of each part's first frame.
pub(super) fn parts(first: u64, frames: Vec<Frame>) -> Vec<(u64, Vec<Frame>)> {
    let mut parts: Vec<(u64, Vec<Frame>)> = Vec::new();
    let mut bytes = 0;
    for (n, frame) in (first..).zip(frames) {
        let size = match &frame {
            Frame::Text(text) => text.len(),
            Frame::Binary(binary) => binary.len(),
            Frame::Closed(_) => 0,
        };
        match parts.last_mut() {
            Some((_, part)) if bytes + size <= BYTES => {
                bytes += size;
                part.push(frame);
            }
            _ => {
                bytes = size;
                parts.push((n, vec![frame]));
            }
        }
    }
    parts
}

/// Whether only a person can mend it.
pub(super) fn lasting(error: &StepError) -> bool {
    matches!(
        error,
        StepError::Fault(
            Fault::Authentication { .. }
                | Fault::BadConfig { .. }
                | Fault::Gone
                | Fault::Moved(_)
                | Fault::Permanent(_)
        )
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_is_cut_by_size_and_keeps_its_numbers() {
        let frame = |n: usize| Frame::Text("x".repeat(n));
        let cut = parts(7, vec![frame(10), frame(BYTES), frame(1), Frame::Closed(0)]);
        let sizes: Vec<(u64, usize)> = cut.iter().map(|(n, p)| (*n, p.len())).collect();
        assert_eq!(sizes, [(7, 1), (8, 1), (9, 2)]);
        assert!(parts(0, Vec::new()).is_empty());
    }
}
