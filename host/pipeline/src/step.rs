//! One step of a connector: asked, its requests exchanged, asked again with the answers, until there is a page.
//!
//! Lives here: the sans-I/O loop. Not here: what happens with the page (`collect`).

use isocial_egress::{Egress, Meter};
use isocial_gate::{AdmittedConnector, AdmittedPage};
use isocial_model::{
    Instant,
    connector::{Answer, ConnectorCall, Failure, Fault, Job, Place, Request},
    receipt::{EgressLine, Line, Receipt},
};
use isocial_sandbox::{Executor, Plugin};

use crate::{
    plugged::{CallError, Plugged},
    probe::{Probe, Stage},
};

/// Rounds of requests that one step may take. A search, its hits' details and their threads are three; more is a loop.
const ROUNDS: u32 = 8;

/// What a step came to, with every receipt of it in order.
#[derive(Debug)]
pub struct Step {
    /// The page, or why there is none.
    pub result: Result<AdmittedPage, StepError>,
    /// Calls and exchanges.
    pub receipts: Vec<Receipt>,
    /// Index of the call that gave the page.
    pub page_call: Option<usize>,
    /// A network asked not to be asked before this.
    pub come_back: Option<Instant>,
}

/// Why a step gave no page.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StepError {
    /// The connector's own typed fault.
    #[error("the connector reports: {0:?}")]
    Fault(Fault),
    /// The call itself failed.
    #[error(transparent)]
    Call(#[from] CallError),
    /// The connector never came to a page.
    #[error(
        "the connector asked for requests {ROUNDS} times without a page: expected a page, or tasks for later"
    )]
    Endless,
    /// It failed again and again and is not called before this instant.
    #[error("the connector rests after failures")]
    Resting(Instant),
    /// The connector answered in the shape of another call.
    #[error("the connector answered in the shape of another call")]
    Shape,
}

/// Runs one step from `place`.
pub(crate) async fn step_with(
    executor: &Executor,
    egress: &Egress,
    plugged: &Plugged,
    job: &Job,
    place: &Place,
    probe: &Probe,
) -> Step {
    let mut step = Step {
        result: Err(StepError::Endless),
        receipts: Vec::new(),
        page_call: None,
        come_back: None,
    };
    if let Err(until) = plugged.health.may_call(job.now) {
        step.result = Err(StepError::Resting(until));
        return step;
    }
    let mut call = ConnectorCall::Next {
        job: job.clone(),
        place: place.clone(),
    };
    let mut purse = Purse {
        meter: Plugged::step_meter(job.budget.requests),
        requests: job.budget.requests as usize,
    };
    for _ in 0..ROUNDS {
        match connector(executor, plugged, call, &mut step.receipts).await {
            Ok(AdmittedConnector::Page(page)) => {
                plugged.health.worked();
                step.page_call = step.receipts.len().checked_sub(1);
                step.result = Ok(page);
                return step;
            }
            Ok(AdmittedConnector::Again { requests, scratch }) => {
                let answers =
                    exchange(egress, plugged, job.now, requests, (&mut purse, &mut step)).await;
                probe.at(Stage::Fetch).await;
                call = ConnectorCall::Respond {
                    job: job.clone(),
                    place: place.clone(),
                    scratch,
                    answers,
                };
            }
            Ok(AdmittedConnector::Fault(fault)) => {
                plugged.health.worked();
                step.result = Err(StepError::Fault(fault));
                return step;
            }
            Ok(_) => {
                step.result = Err(StepError::Shape);
                return step;
            }
            Err(error) => {
                step.result = Err(error.into());
                return step;
            }
        }
    }
    step
}

/// What one step may still spend, over all of its rounds (HP-46).
struct Purse {
    meter: Meter,
    /// Requests of the budget that the connector was told.
    requests: usize,
}

/// Makes the requests as far as the step's budget goes; the rest is answered by `budget`, with a line each.
async fn exchange(
    egress: &Egress,
    plugged: &Plugged,
    now: Instant,
    mut requests: Vec<Request>,
    (purse, step): (&mut Purse, &mut Step),
) -> Vec<Answer> {
    let over = requests.split_off(requests.len().min(purse.requests));
    purse.requests -= requests.len();
    let exchanged = plugged.exchange(egress, now, requests, &purse.meter).await;
    step.receipts.extend(exchanged.receipts);
    step.come_back = step.come_back.max(exchanged.come_back);
    let mut answers = exchanged.answers;
    for request in over {
        step.receipts.push(over_budget(plugged, now, &request));
        answers.push(Answer::Failed(Failure::Budget));
    }
    answers
}

/// The ledger's line of a request that was one too many.
fn over_budget(plugged: &Plugged, now: Instant, request: &Request) -> Receipt {
    let line = EgressLine {
        plugin: plugged.door.package().clone(),
        method: request.method.name().to_owned(),
        host: String::new(),
        credential: None,
        bytes_out: 0,
        bytes_in: 0,
        result: "budget:step".into(),
        times: 1,
    };
    Receipt {
        at: now,
        line: Line::Egress(line),
    }
}

/// One call of a connector through the door; its receipt is appended whatever comes of it, and a failure remembered. That it worked is said
/// when the whole step is done.
pub(crate) async fn connector(
    executor: &Executor,
    plugged: &Plugged,
    call: ConnectorCall,
    receipts: &mut Vec<Receipt>,
) -> Result<AdmittedConnector, CallError> {
    let result = try_connector(executor, plugged, call, receipts).await;
    if let (Err(error), Some(receipt)) = (&result, receipts.last()) {
        plugged.remember(error, receipt.at);
    }
    result
}

/// The same without remembering how the plugin fared: for batches that are divided, which count once.
pub(crate) async fn try_connector(
    executor: &Executor,
    plugged: &Plugged,
    call: ConnectorCall,
    receipts: &mut Vec<Receipt>,
) -> Result<AdmittedConnector, CallError> {
    let projected = plugged.door.project_connector(call)?;
    let (result, receipt) = plugged
        .try_call(
            executor,
            projected,
            Plugin::connector,
            isocial_gate::Door::admit_connector,
        )
        .await;
    receipts.push(receipt);
    result
}
