//! Connectors: jobs in; outcomes, verdicts, subscriptions and pages out.

use isocial_model::{
    Instant,
    connector::{
        ComeBack, Frame, Framing, InboundDelivery, Job, Origin, Outcome, Page, Place, PlanNode,
        Subscription, TaskItem, Verdict, Window,
    },
};

use super::{
    bindings::isocial::plugin::{connector_types as wit, inbound, recheck, stream},
    vec,
};

same_words!(stream::Framing => Framing { Websocket, Sse, Lines, LengthPrefixed });

impl From<PlanNode> for wit::PlanNode {
    fn from(node: PlanNode) -> Self {
        match node {
            PlanNode::Word(word) => Self::Word(word),
            PlanNode::Phrase(words) => Self::Phrase(words),
            PlanNode::Hashtag(tag) => Self::Hashtag(tag),
            PlanNode::Author(account) => Self::Author(account),
            PlanNode::Language(tag) => Self::Language(tag),
            PlanNode::Domain(host) => Self::Domain(host),
            PlanNode::All(children) => Self::All(children),
            PlanNode::Any(children) => Self::Any(children),
            PlanNode::None(child) => Self::None(child),
            PlanNode::Other(condition) => Self::Other(condition),
        }
    }
}

impl From<Job> for wit::Job {
    fn from(job: Job) -> Self {
        Self {
            plan: wit::QueryPlan {
                nodes: vec(job.plan.nodes),
            },
            config: job.config,
            state: job.state,
            budget: wit::Budget {
                items: job.budget.items,
                requests: job.budget.requests,
            },
            now: job.now.0,
            since: job.since.map(Instant::as_millis),
        }
    }
}

impl From<TaskItem> for wit::Task {
    fn from(task: TaskItem) -> Self {
        Self {
            key: task.key,
            payload: task.payload,
            due: task.due.map(Instant::as_millis),
        }
    }
}
impl From<wit::Task> for TaskItem {
    fn from(task: wit::Task) -> Self {
        Self {
            key: task.key,
            payload: task.payload,
            due: task.due.map(Instant),
        }
    }
}

impl From<Place> for wit::Place {
    fn from(place: Place) -> Self {
        match place {
            Place::Cursor(cursor) => Self::Cursor(cursor),
            Place::Task(task) => Self::Task(task.into()),
        }
    }
}

impl From<wit::ComeBack> for ComeBack {
    fn from(next: wit::ComeBack) -> Self {
        match next {
            wit::ComeBack::Immediately => Self::Immediately,
            wit::ComeBack::After(seconds) => Self::After(seconds),
            wit::ComeBack::Scheduled => Self::Scheduled,
        }
    }
}

impl From<wit::Page> for Page {
    fn from(page: wit::Page) -> Self {
        Self {
            changes: vec(page.changes),
            cursor: page.cursor,
            tasks: vec(page.tasks),
            state: page.state,
            next: page.next.into(),
            seen: page.seen.map(|w| Window {
                start: Instant(w.start),
                end: Instant(w.end),
                complete: w.complete,
            }),
            rejected: page.rejected,
        }
    }
}

impl From<wit::Outcome> for Outcome {
    fn from(outcome: wit::Outcome) -> Self {
        match outcome {
            wit::Outcome::Page(page) => Self::Page(page.into()),
            wit::Outcome::Again(again) => Self::Again {
                requests: vec(again.requests),
                scratch: again.scratch,
            },
        }
    }
}

impl From<recheck::Verdict> for Verdict {
    fn from(verdict: recheck::Verdict) -> Self {
        match verdict {
            recheck::Verdict::Alive => Self::Alive,
            recheck::Verdict::Gone => Self::Gone,
            recheck::Verdict::Changed(post) => Self::Changed(Box::new(post.into())),
            recheck::Verdict::Unknown => Self::Unknown,
        }
    }
}

impl From<Frame> for stream::Frame {
    fn from(frame: Frame) -> Self {
        match frame {
            Frame::Text(text) => Self::Text(text),
            Frame::Binary(bytes) => Self::Binary(bytes),
            Frame::Closed(code) => Self::Closed(code),
        }
    }
}
impl From<stream::Frame> for Frame {
    fn from(frame: stream::Frame) -> Self {
        match frame {
            stream::Frame::Text(text) => Self::Text(text),
            stream::Frame::Binary(bytes) => Self::Binary(bytes),
            stream::Frame::Closed(code) => Self::Closed(code),
        }
    }
}

impl From<stream::Subscription> for Subscription {
    fn from(s: stream::Subscription) -> Self {
        Self {
            origin: match s.origin {
                stream::Origin::Network(url) => Origin::Network(url),
                stream::Origin::Input => Origin::Input,
            },
            framing: s.framing.into(),
            subprotocols: s.subprotocols,
            greeting: vec(s.greeting),
            ping: s.ping,
            credential: s.credential,
        }
    }
}

impl From<InboundDelivery> for inbound::Delivery {
    fn from(d: InboundDelivery) -> Self {
        Self {
            query: d.query,
            headers: vec(d.headers),
            body: d.body,
        }
    }
}
