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
    health::{plugins_own, set_aside},
    host::Host,
    plugged::{Plugged, STEP_BYTES, denied},
    step::{StepError, connector, try_connector},
};

/// Frames a call: the interface's upper bound for changes a page.
pub(super) const FRAMES: usize = 250;
/// Bytes a call, beyond which frames wait for the next one.
const BYTES: usize = 1 << 20;
/// Calls that may fail before one works again, in however many batches: 8 lead to a single one of 250 frames, and 8 more to a second one.
/// The cursor has not moved since, so that nothing is lost when the stream is opened anew.
const FAILURES: u32 = 16;

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
    if let Err(until) = plugged.health.may_call(now) {
        return not("resting".to_owned(), Some(until), false);
    }
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

/// Reads one part of a batch of frames into a page.
pub(super) async fn page(
    host: &Host,
    plugged: &Plugged,
    job: Job,
    cursor: Option<Vec<u8>>,
    part: &Part,
    receipts: &mut Vec<Receipt>,
) -> Result<AdmittedPage, StepError> {
    let call = ConnectorCall::Frames {
        job,
        cursor,
        first: part.first,
        // A copy, so that a part over which the connector fails can be halved: the network may not say it again.
        frames: part.frames.clone(),
    };
    let answer = try_connector(&host.executor, plugged, call, receipts).await?;
    plugged.health.worked();
    match answer {
        AdmittedConnector::Page(page) => Ok(page),
        AdmittedConnector::Fault(fault) => Err(StepError::Fault(fault)),
        _ => Err(StepError::Shape),
    }
}

/// Frames that one call may carry, with the number of the first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Part {
    pub(super) first: u64,
    pub(super) frames: Vec<Frame>,
}

/// How an open stream fares, over all of its batches.
#[derive(Debug, Default)]
pub(super) struct Trials {
    /// Failed calls since the last page.
    failed: u32,
    /// A frame was set aside since the last page: what that page saw is not whole.
    gap: bool,
}

impl Trials {
    /// A page was read; what it saw is not whole if a frame before it was set aside.
    pub(super) fn page(&mut self, page: &mut AdmittedPage) {
        if self.gap
            && let Some(window) = &mut page.seen
        {
            window.complete = false;
        }
        *self = Self::default();
    }
}

/// A batch of frames, cut into parts that one call may carry. A part over which the connector fails is halved, until the frame that
/// makes it fail is alone and is set aside: whoever can send a post that a connector cannot bear must not stop a stream with it.
pub(super) struct Parts {
    /// The last one is next.
    open: Vec<Part>,
}

impl Parts {
    /// Cuts a batch.
    pub(super) fn new(first: u64, frames: Vec<Frame>) -> Self {
        let mut parts: Vec<Part> = Vec::new();
        let mut bytes = 0;
        for (n, frame) in (first..).zip(frames) {
            let size = match &frame {
                Frame::Text(text) => text.len(),
                Frame::Binary(binary) => binary.len(),
                Frame::Closed(_) => 0,
            };
            match parts.last_mut() {
                Some(part) if bytes + size <= BYTES => {
                    bytes += size;
                    part.frames.push(frame);
                }
                _ => {
                    bytes = size;
                    parts.push(Part {
                        first: n,
                        frames: vec![frame],
                    });
                }
            }
        }
        parts.reverse();
        Self { open: parts }
    }

    /// Takes back a part over which the connector failed, in halves; sets it aside where it is a single frame. Gives the error back where
    /// no frame is to blame, or too many are: then the stream is to be closed, and the plugin's health remembers it.
    pub(super) fn failed(
        &mut self,
        part: Part,
        error: StepError,
        plugged: &Plugged,
        trials: &mut Trials,
        receipts: &mut [Receipt],
    ) -> Result<(), StepError> {
        let StepError::Call(call) = &error else {
            return Err(error);
        };
        let Some(why) = plugins_own(call) else {
            return Err(error);
        };
        trials.failed += 1;
        if trials.failed >= FAILURES {
            if let Some(receipt) = receipts.last() {
                plugged.remember(call, receipt.at);
            }
            return Err(error);
        }
        if !self.halve(part) {
            trials.gap = true;
            if let Some(receipt) = receipts.last_mut() {
                set_aside(receipt);
            }
            plugged.health.set_aside(1);
            tracing::warn!(plugin.id = %plugged.door.package(), reason = why, "a frame made a connector fail and was set aside");
        }
        Ok(())
    }

    /// Takes a part back in halves, the first one next; false if it is a single frame.
    fn halve(&mut self, mut part: Part) -> bool {
        if part.frames.len() < 2 {
            return false;
        }
        let half = part.frames.len() / 2;
        let second = part.frames.split_off(half);
        self.open.push(Part {
            first: part.first + half as u64,
            frames: second,
        });
        self.open.push(part);
        true
    }
}

impl Iterator for Parts {
    type Item = Part;

    fn next(&mut self) -> Option<Part> {
        self.open.pop()
    }
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
        let cut = Parts::new(7, vec![frame(10), frame(BYTES), frame(1), Frame::Closed(0)]);
        let sizes: Vec<(u64, usize)> = cut.map(|part| (part.first, part.frames.len())).collect();
        assert_eq!(sizes, [(7, 1), (8, 1), (9, 2)]);
        assert!(Parts::new(0, Vec::new()).next().is_none());
    }

    #[test]
    fn a_frame_that_cannot_be_borne_is_found_and_the_others_are_read_once_in_order() {
        for poison in 0..FRAMES as u64 {
            let frames = (0..FRAMES).map(|n| Frame::Text(n.to_string())).collect();
            let mut parts = Parts::new(0, frames);
            let (mut read, mut set_aside, mut failed) = (Vec::new(), Vec::new(), 0);
            while let Some(part) = parts.next() {
                let numbers = part.first..part.first + part.frames.len() as u64;
                if !numbers.contains(&poison) {
                    for (n, frame) in numbers.zip(&part.frames) {
                        assert_eq!(*frame, Frame::Text(n.to_string()));
                        read.push(n);
                    }
                    continue;
                }
                failed += 1;
                if !parts.halve(part) {
                    set_aside.push(poison);
                }
            }
            let others: Vec<u64> = (0..FRAMES as u64).filter(|n| *n != poison).collect();
            assert_eq!((read, set_aside), (others, vec![poison]));
            assert!(failed < FAILURES, "{failed}");
        }
    }
}
