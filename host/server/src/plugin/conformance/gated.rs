//! The component as something that recorded cases can call: JSON in, the gate, the sandbox, the gate, JSON out.
//!
//! Lives here: the translation of calls and answers. What a post holds cannot be looked at on this side of the gate: an admitted post
//! crosses as a number, the same for equal posts, and two of them are told apart by the names of the fields in which they differ.

use std::{collections::BTreeSet, sync::Arc};

use isocial_gate::{
    AdmittedChange, AdmittedChannel, AdmittedConnector, AdmittedPage, AdmittedVerdict, Door,
    NoticeDraft, Rejection, conformance::differing_fields,
};
use isocial_model::{
    Class, Instant, Label, Labeled,
    channel::{Notice, Reply},
    connector::{ConnectorCall, Request},
    post::Post,
};
use isocial_testkit::Subject;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};

use super::bench::{Bench, Dropped};

/// The plugin behind its door.
pub(super) struct Gated<'b> {
    bench: &'b Bench,
    pub(super) door: Arc<Door>,
    posts: Vec<Labeled<Post>>,
    /// What the gate dropped so far: rule to count.
    pub(super) dropped: Dropped,
    /// Requests that may not be made: rule and host.
    pub(super) denied: BTreeSet<String>,
}

impl<'b> Gated<'b> {
    pub(super) fn new(bench: &'b Bench, door: Arc<Door>) -> Self {
        Self {
            bench,
            door,
            posts: Vec::new(),
            dropped: Vec::new(),
            denied: BTreeSet::new(),
        }
    }

    /// The number of this post: that of an equal one, if there was one.
    fn number(&mut self, post: &Labeled<Post>) -> usize {
        let known = self
            .posts
            .iter()
            .position(|known| differing_fields(known, post).is_empty());
        known.unwrap_or_else(|| {
            self.posts.push(post.clone());
            self.posts.len() - 1
        })
    }

    /// Names the fields in which two numbered posts differ.
    pub(super) fn differing(&self, one: u64, other: u64) -> Option<Vec<String>> {
        let post = |n: u64| self.posts.get(usize::try_from(n).ok()?);
        Some(differing_fields(post(one)?, post(other)?))
    }

    fn note(&mut self, dropped: Dropped) {
        for (rule, n) in dropped {
            match self.dropped.iter_mut().find(|(known, _)| *known == rule) {
                Some((_, count)) => *count = count.saturating_add(n),
                None => self.dropped.push((rule, n)),
            }
        }
    }

    /// Asks the gate about each request, as the host does before it makes one.
    fn ask(&mut self, requests: &[Request]) {
        for request in requests {
            if let Err(denial) = isocial_gate::permit(request.clone(), self.door.egress()) {
                self.denied.insert(denial.to_string());
            }
        }
    }

    fn connector(&mut self, call: ConnectorCall) -> Result<Result<Value, Value>, String> {
        let (result, dropped) = self.bench.call(
            &self.door,
            self.door.project_connector(call),
            |passed| self.bench.plugin().connector(passed),
            Door::admit_connector,
        )?;
        self.note(dropped);
        match admitted(result)? {
            Ok(AdmittedConnector::Fault(fault)) => Ok(Err(plain(&fault)?)),
            Ok(answer) => self.shown(answer).map(Ok),
            Err(fault) => Ok(Err(fault)),
        }
    }

    /// An admitted answer, as cases write it.
    pub(super) fn shown(&mut self, answer: AdmittedConnector) -> Result<Value, String> {
        Ok(match answer {
            AdmittedConnector::Page(page) => self.page(&page)?,
            AdmittedConnector::Again { requests, scratch } => {
                self.ask(&requests);
                json!({ "again": { "requests": plain(&requests)?, "scratch": scratch } })
            }
            AdmittedConnector::Requests(requests) => {
                self.ask(&requests);
                plain(&requests)?
            }
            AdmittedConnector::Text(text) => Value::String(text),
            AdmittedConnector::Verdicts(verdicts) => {
                verdicts.iter().map(|v| self.verdict(v)).collect()
            }
            AdmittedConnector::Subscription(subscription) => {
                let shown = plain(&subscription)?;
                if let Err(denial) =
                    isocial_gate::permit_subscription(subscription, self.door.egress())
                {
                    self.denied.insert(denial.to_string());
                }
                shown
            }
            AdmittedConnector::Fault(fault) => json!({ "fault": plain(&fault)? }),
        })
    }

    fn page(&mut self, page: &AdmittedPage) -> Result<Value, String> {
        let changes: Vec<Value> = page
            .changes
            .iter()
            .map(|change| self.change(change))
            .collect::<Result<_, _>>()?;
        Ok(json!({
            "changes": changes, "cursor": page.cursor, "tasks": plain(&page.tasks)?, "state": page.state,
            "next": plain(&page.next)?, "seen": plain(&page.seen)?, "rejected": page.rejected,
        }))
    }

    fn change(&mut self, change: &AdmittedChange) -> Result<Value, String> {
        use AdmittedChange as C;
        Ok(match change {
            C::Upsert(post) => json!({ "upsert": { "admitted": self.number(post) } }),
            C::Delete(key) => json!({ "delete": plain(key)? }),
            C::Hide(key) => json!({ "hide": plain(key)? }),
            C::Restore(key) => json!({ "restore": plain(key)? }),
            C::Author {
                network,
                author,
                state,
            } => {
                json!({ "author": { "network": network, "author": author, "state": plain(state)? } })
            }
            C::Strip { key, fields } => {
                json!({ "strip": { "key": plain(key)?, "fields": fields } })
            }
            C::Replaced { old, new_id } => {
                json!({ "replaced": { "old": plain(old)?, "new_id": new_id } })
            }
            C::Engagement { key, counts } => {
                json!({ "engagement": { "key": plain(key)?, "counts": plain(counts)? } })
            }
        })
    }

    fn verdict(&mut self, verdict: &AdmittedVerdict) -> Value {
        match verdict {
            AdmittedVerdict::Alive => json!("alive"),
            AdmittedVerdict::Gone => json!("gone"),
            AdmittedVerdict::Unknown => json!("unknown"),
            AdmittedVerdict::NotKept(rule) => json!({ "not-kept": rule }),
            AdmittedVerdict::Changed(post) => {
                json!({ "changed": { "admitted": self.number(post) } })
            }
        }
    }

    fn compose(
        &mut self,
        notice: Notice,
        destination: &str,
    ) -> Result<Result<Value, Value>, String> {
        let excerpts: Vec<Labeled<Post>> =
            notice.excerpts.iter().map(|text| excerpt(text)).collect();
        let draft = draft(notice);
        self.channel(self.door.project_notice(&draft, &excerpts, destination))
    }

    fn judge(
        &mut self,
        notice: Notice,
        destination: &str,
        reply: Reply,
    ) -> Result<Result<Value, Value>, String> {
        self.channel(self.door.project_reply(&draft(notice), destination, reply))
    }

    fn channel(&mut self, projected: ProjectedChannel) -> Result<Result<Value, Value>, String> {
        let (result, dropped) = self.bench.call(
            &self.door,
            projected,
            |passed| self.bench.plugin().channel(passed),
            Door::admit_channel,
        )?;
        self.note(dropped);
        Ok(match admitted(result)? {
            Ok(AdmittedChannel::Http(request)) => {
                self.ask(std::slice::from_ref(&request));
                Ok(json!({ "http": plain(&request)? }))
            }
            Ok(AdmittedChannel::Email(email)) => Ok(json!({ "email": plain(&email)? })),
            Ok(AdmittedChannel::Verdict(verdict)) => Ok(plain(&verdict)?),
            Err(fault) => Err(fault),
        })
    }
}

type ProjectedChannel = Result<
    (
        isocial_gate::Passed<isocial_model::channel::ChannelCall>,
        isocial_gate::OpenReceipt<isocial_gate::ChannelContext>,
    ),
    isocial_gate::ProjectError,
>;

impl Subject for Gated<'_> {
    fn call(
        &mut self,
        function: &str,
        mut arguments: Value,
    ) -> Result<Result<Value, Value>, String> {
        if let Some(now) = arguments.pointer("/job/now").and_then(Value::as_i64) {
            self.bench.clock().set(Instant(now));
        }
        let a = &mut arguments;
        let call = match function {
            "connector.next" => ConnectorCall::Next {
                job: take(a, "job")?,
                place: take(a, "place")?,
            },
            "connector.respond" => ConnectorCall::Respond {
                job: take(a, "job")?,
                place: take(a, "place")?,
                scratch: take(a, "scratch")?,
                answers: take(a, "answers")?,
            },
            "connector.check" => ConnectorCall::Check {
                job: take(a, "job")?,
            },
            "connector.checked" => ConnectorCall::Checked {
                job: take(a, "job")?,
                answers: take(a, "answers")?,
            },
            "recheck.ask" => ConnectorCall::Ask {
                job: take(a, "job")?,
                refs: take(a, "refs")?,
            },
            "recheck.judge" => ConnectorCall::Judge {
                job: take(a, "job")?,
                refs: take(a, "refs")?,
                answers: take(a, "answers")?,
            },
            "stream.open" => ConnectorCall::Open {
                job: take(a, "job")?,
                cursor: take(a, "cursor")?,
            },
            "stream.frames" => ConnectorCall::Frames {
                job: take(a, "job")?,
                cursor: take(a, "cursor")?,
                first: take(a, "first")?,
                frames: take(a, "frames")?,
            },
            "inbound.challenge" => ConnectorCall::Challenge {
                job: take(a, "job")?,
                query: take(a, "query")?,
            },
            "inbound.receive" => ConnectorCall::Receive {
                job: take(a, "job")?,
                delivery: take(a, "delivery")?,
            },
            "alert-channel.compose" => {
                let destination: String = take(a, "destination")?;
                return self.compose(take(a, "notice")?, &destination);
            }
            "alert-channel.judge" => {
                let destination: String = take(a, "destination")?;
                return self.judge(take(a, "notice")?, &destination, take(a, "reply")?);
            }
            other => return Err(format!("the interface has no `{other}`")),
        };
        let step = matches!(function, "connector.next" | "connector.respond");
        let answer = self.connector(call)?;
        // A page of a step is one of two outcomes and says so; a page of frames or of a delivery is the answer itself.
        Ok(answer.map(|value| {
            if step && value.get("changes").is_some() {
                json!({ "page": value })
            } else {
                value
            }
        }))
    }
}

/// The plugin's own fault, or the answer; a rejection by the gate is neither.
fn admitted<A>(result: Result<A, Rejection>) -> Result<Result<A, Value>, String> {
    match result {
        Ok(answer) => Ok(Ok(answer)),
        Err(Rejection::Fault(fault)) => Ok(Err(plain(&fault)?)),
        Err(rejection) => Err(format!("the gate rejects the answer: {rejection}")),
    }
}

fn take<T: DeserializeOwned>(arguments: &mut Value, name: &str) -> Result<T, String> {
    let value = arguments.get_mut(name).map(Value::take);
    serde_json::from_value(value.unwrap_or_default()).map_err(|e| format!("`{name}`: {e}"))
}

pub(super) fn plain<T: Serialize>(value: &T) -> Result<Value, String> {
    serde_json::to_value(value).map_err(|e| e.to_string())
}

/// A post that is nothing but a text, for a notice to show.
fn excerpt(text: &str) -> Labeled<Post> {
    let post = Post {
        network: "sample".into(),
        native_id: "1".into(),
        text: Some(text.to_owned()),
        ..Post::default()
    };
    Labeled::new(Label::of(Class::PublicText, Some("sample")), post)
}

fn draft(notice: Notice) -> NoticeDraft {
    NoticeDraft {
        idempotency_key: notice.idempotency_key,
        attempt: notice.attempt,
        rule: notice.rule,
        monitor: notice.monitor,
        severity: notice.severity,
        event: notice.event,
        count: notice.count,
        expected: notice.expected,
        start: notice.start,
        end: notice.end,
        link: notice.link,
        attributes: notice.attributes,
    }
}
