//! Projection of connector calls: bounds of what goes in, and blanking of what the contract does not name.
//!
//! Lives here: the parts of `connector`'s projection. Not here: admission.

use isocial_model::{
    Instant,
    connector::{Answer, Budget, ConnectorCall, Frame, Header, Job, Place, PlanNode, QueryPlan},
    contract::Rights,
};

use crate::{canon::Canon, egress::answer_headers_allowed, rejection::ProjectError};

/// How large a call is, for its line.
#[derive(Default)]
pub(crate) struct Size {
    pub(crate) items: u32,
    pub(crate) bytes: u64,
    pub(crate) refs: u32,
}

/// The least budget: what a connector gets that does not name `job.budget`.
const LEAST: Budget = Budget {
    items: 1,
    requests: 1,
};

fn job_of(call: &ConnectorCall) -> &Job {
    match call {
        ConnectorCall::Next { job, .. }
        | ConnectorCall::Respond { job, .. }
        | ConnectorCall::Check { job }
        | ConnectorCall::Checked { job, .. }
        | ConnectorCall::Ask { job, .. }
        | ConnectorCall::Judge { job, .. }
        | ConnectorCall::Open { job, .. }
        | ConnectorCall::Frames { job, .. }
        | ConnectorCall::Challenge { job, .. }
        | ConnectorCall::Receive { job, .. } => job,
    }
}

fn job_of_mut(call: &mut ConnectorCall) -> &mut Job {
    match call {
        ConnectorCall::Next { job, .. }
        | ConnectorCall::Respond { job, .. }
        | ConnectorCall::Check { job }
        | ConnectorCall::Checked { job, .. }
        | ConnectorCall::Ask { job, .. }
        | ConnectorCall::Judge { job, .. }
        | ConnectorCall::Open { job, .. }
        | ConnectorCall::Frames { job, .. }
        | ConnectorCall::Challenge { job, .. }
        | ConnectorCall::Receive { job, .. } => job,
    }
}

/// Requests that the answer may ask for.
pub(crate) fn max_requests(call: &ConnectorCall) -> u32 {
    job_of(call).budget.requests.clamp(1, 16)
}

/// Takes away what the rights do not name.
pub(crate) fn blank(call: &mut ConnectorCall, rights: &Rights) {
    let job = job_of_mut(call);
    if !rights.has("query.terms") {
        job.plan = QueryPlan::default();
        job.since = None;
    }
    if !rights.has("job.config") {
        job.config = "{}".into();
    }
    if !rights.has("job.state") {
        job.state = None;
    }
    if !rights.has("job.now") {
        job.now = Instant(0);
    }
    if !rights.has("job.budget") {
        job.budget = LEAST;
    }
    job.budget = Budget {
        items: job.budget.items.clamp(1, 250),
        requests: job.budget.requests.clamp(1, 16),
    };
    if !rights.has("job.cursor") {
        match call {
            ConnectorCall::Next { place, .. } | ConnectorCall::Respond { place, .. } => {
                *place = Place::Cursor(None);
            }
            ConnectorCall::Open { cursor, .. } | ConnectorCall::Frames { cursor, .. } => {
                *cursor = None;
            }
            _ => {}
        }
    }
    if !rights.has("recheck.refs")
        && let ConnectorCall::Ask { refs, .. } | ConnectorCall::Judge { refs, .. } = call
    {
        refs.clear();
    }
}

fn at_most(what: &'static str, given: usize, allowed: usize) -> Result<u64, ProjectError> {
    if given <= allowed {
        Ok(given as u64)
    } else {
        Err(ProjectError::TooMuch {
            what,
            given: given as u64,
            allowed: allowed as u64,
        })
    }
}

/// Checks every bound of the interface; headers outside the allow-list are taken away (HP-26).
pub(crate) fn bounds(call: &mut ConnectorCall, batch_max: u32) -> Result<Size, ProjectError> {
    let mut size = Size {
        items: 1,
        bytes: job_bounds(job_of(call))?,
        refs: 0,
    };
    match call {
        ConnectorCall::Next { place, .. } => size.bytes += place_bounds(place)?,
        ConnectorCall::Respond {
            place,
            scratch,
            answers,
            ..
        } => {
            size.bytes += place_bounds(place)?
                + at_most("scratch", scratch.len(), 64 * 1024)?
                + answer_bounds(answers)?;
            size.items = answers.len() as u32;
        }
        ConnectorCall::Check { .. } => {}
        ConnectorCall::Checked { answers, .. } => {
            size.bytes += answer_bounds(answers)?;
            size.items = answers.len() as u32;
        }
        ConnectorCall::Ask { refs, .. } => {
            size.bytes += refs_bounds(refs, batch_max)?;
            size.refs = refs.len() as u32;
            size.items = size.refs;
        }
        ConnectorCall::Judge { refs, answers, .. } => {
            size.bytes += refs_bounds(refs, batch_max)? + answer_bounds(answers)?;
            size.refs = refs.len() as u32;
            size.items = size.refs;
        }
        ConnectorCall::Open { cursor, .. } => {
            size.bytes += at_most("cursor", cursor.as_ref().map_or(0, Vec::len), 4096)?;
        }
        ConnectorCall::Frames { cursor, frames, .. } => {
            size.bytes += at_most("cursor", cursor.as_ref().map_or(0, Vec::len), 4096)?;
            let bytes: usize = frames.iter().map(frame_len).sum();
            size.bytes += at_most("frames", bytes, 8 * 1024 * 1024)?;
            size.items = frames.len() as u32;
        }
        ConnectorCall::Challenge { query, .. } => size.bytes += query_bounds(query)?,
        ConnectorCall::Receive { delivery, .. } => {
            visible(&mut delivery.headers);
            size.bytes += query_bounds(&delivery.query)?
                + at_most("delivery", delivery.body.len(), 1024 * 1024)?;
        }
    }
    Ok(size)
}

fn frame_len(frame: &Frame) -> usize {
    match frame {
        Frame::Text(text) => text.len(),
        Frame::Binary(bytes) => bytes.len(),
        Frame::Closed(_) => 0,
    }
}

fn visible(headers: &mut Vec<Header>) {
    headers.retain(|header| answer_headers_allowed(&header.name));
}

fn job_bounds(job: &Job) -> Result<u64, ProjectError> {
    let config = at_most("job.config", job.config.len(), 16 * 1024)?;
    let state = at_most("job.state", job.state.as_ref().map_or(0, Vec::len), 4096)?;
    at_most("job.plan", job.plan.nodes.len(), 4096)?;
    let mut words = 0;
    for (index, node) in job.plan.nodes.iter().enumerate() {
        let earlier = |children: &[u32]| children.iter().all(|child| (*child as usize) < index);
        let good = match node {
            PlanNode::Word(text)
            | PlanNode::Phrase(text)
            | PlanNode::Hashtag(text)
            | PlanNode::Author(text)
            | PlanNode::Language(text)
            | PlanNode::Domain(text)
            | PlanNode::Other(text) => {
                words += text.len() as u64;
                true
            }
            PlanNode::All(children) | PlanNode::Any(children) => earlier(children),
            PlanNode::None(child) => earlier(&[*child]),
        };
        if !good {
            return Err(ProjectError::Invalid {
                what: "job.plan",
                why: "children come before their parents",
            });
        }
    }
    Ok(config + state + words)
}

fn place_bounds(place: &Place) -> Result<u64, ProjectError> {
    match place {
        Place::Cursor(cursor) => at_most("cursor", cursor.as_ref().map_or(0, Vec::len), 4096),
        Place::Task(task) => Ok(at_most("task.key", task.key.len(), 128)?
            + at_most("task.payload", task.payload.len(), 1024)?),
    }
}

fn answer_bounds(answers: &mut [Answer]) -> Result<u64, ProjectError> {
    at_most("answers", answers.len(), 16)?;
    let mut bytes = 0;
    for answer in answers {
        if let Answer::Response(response) = answer {
            bytes += at_most("answer.body", response.body.len(), 8 * 1024 * 1024)?;
            visible(&mut response.headers);
        }
    }
    Ok(bytes)
}

fn refs_bounds(refs: &[String], batch_max: u32) -> Result<u64, ProjectError> {
    at_most("refs", refs.len(), batch_max.clamp(1, 250) as usize)?;
    refs.iter()
        .map(|reference| at_most("ref", reference.len(), 256))
        .sum()
}

fn query_bounds(query: &[(String, String)]) -> Result<u64, ProjectError> {
    at_most("query", query.len(), 32)?;
    query
        .iter()
        .map(|(name, value)| at_most("query", name.len() + value.len(), 4096))
        .sum()
}

/// Canonical bytes of the call.
pub(crate) fn commit(call: &ConnectorCall, canon: &mut Canon) {
    canon.value(job_of(call));
    match call {
        ConnectorCall::Next { place, .. } => canon.value(place),
        ConnectorCall::Respond {
            place,
            scratch,
            answers,
            ..
        } => {
            canon.value(place);
            canon.bytes(scratch);
            answers_into(answers, canon);
        }
        ConnectorCall::Check { .. } => {}
        ConnectorCall::Checked { answers, .. } => answers_into(answers, canon),
        ConnectorCall::Ask { refs, .. } => canon.value(refs),
        ConnectorCall::Judge { refs, answers, .. } => {
            canon.value(refs);
            answers_into(answers, canon);
        }
        ConnectorCall::Open { cursor, .. } => canon.value(cursor),
        ConnectorCall::Frames {
            cursor,
            first,
            frames,
            ..
        } => {
            canon.value(cursor);
            canon.number(*first);
            for frame in frames {
                match frame {
                    Frame::Text(text) => canon.bytes(text.as_bytes()),
                    Frame::Binary(bytes) => canon.bytes(bytes),
                    Frame::Closed(code) => canon.number(u64::from(*code)),
                }
            }
        }
        ConnectorCall::Challenge { query, .. } => canon.value(query),
        ConnectorCall::Receive { delivery, .. } => {
            canon.value(&delivery.query);
            canon.value(&delivery.headers);
            canon.bytes(&delivery.body);
        }
    }
}

fn answers_into(answers: &[Answer], canon: &mut Canon) {
    canon.number(answers.len() as u64);
    for answer in answers {
        match answer {
            Answer::Response(response) => {
                canon.number(u64::from(response.status));
                canon.value(&response.headers);
                canon.bytes(&response.body);
            }
            Answer::Failed(failure) => canon.value(failure),
        }
    }
}
