//! The run of one case: what the host would do, with the recorded answers in place of a network.
//!
//! Values cross as JSON, in the words of the interface (snake case for fields, kebab case for variants, bytes as lists of numbers), so
//! that a native plugin and a sandboxed component are called by the same code.

use std::{collections::BTreeMap, path::Path};

use serde_json::{Value, json};

use crate::{
    case::{Action, AnswerSpec, Call, Case, Exchange, FrameSpec, RequestSpec},
    snapshot::tidy,
};

/// Something that can be called as a plugin is.
pub trait Subject {
    /// Calls `interface.function`, such as `connector.next`, with its arguments by name.
    ///
    /// `Ok(Ok(…))` is the function's answer, `Ok(Err(…))` the plugin's own fault; `Err` says why the call could not be made.
    fn call(&mut self, function: &str, arguments: Value) -> Result<Result<Value, Value>, String>;
}

/// Why a case does not hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("call {call}: {problem}")]
pub struct RunError {
    /// Which call, from 1.
    pub call: usize,
    /// What was expected and what was found.
    pub problem: String,
}

/// Rounds of `again` in one step before it is taken for a plugin that never comes to an end.
const MOST_ROUNDS: usize = 32;

/// Runs a case and returns what each call came to, tidied for people. `folder` holds the files that the case names.
///
/// Every call is made twice and must answer the same both times: a plugin that keeps something between calls fails here.
pub fn run_case(
    case: &Case,
    folder: &Path,
    subject: &mut dyn Subject,
) -> Result<Vec<Value>, RunError> {
    let mut run =
        Run::of(case, folder, subject).map_err(|problem| RunError { call: 0, problem })?;
    let mut outcomes = Vec::new();
    for (i, call) in case.calls.iter().enumerate() {
        let outcome = run.call(call).map_err(|problem| RunError {
            call: i + 1,
            problem,
        })?;
        outcomes.push(tidy(&outcome));
    }
    Ok(outcomes)
}

/// What is kept between the calls of a case, as the host keeps it.
struct Run<'a> {
    folder: &'a Path,
    subject: &'a mut dyn Subject,
    job: Value,
    cursor: Value,
    tasks: BTreeMap<String, Value>,
    frames: u64,
}

impl<'a> Run<'a> {
    fn of(case: &Case, folder: &'a Path, subject: &'a mut dyn Subject) -> Result<Self, String> {
        let spec = &case.job;
        let job = json!({
            "plan": { "nodes": spec.plan },
            "config": spec.config.to_string(),
            "state": spec.state.as_deref().map(str::as_bytes),
            "budget": { "items": spec.items, "requests": spec.requests },
            "now": instant(&spec.now)?,
            "since": spec.since.as_deref().map(instant).transpose()?,
        });
        Ok(Self {
            folder,
            subject,
            job,
            cursor: Value::Null,
            tasks: BTreeMap::new(),
            frames: 0,
        })
    }

    fn call(&mut self, call: &Call) -> Result<Value, String> {
        if let Some(now) = &call.now {
            self.set("now", json!(instant(now)?));
        }
        if call.afresh {
            self.cursor = Value::Null;
        }
        if let Some(cursor) = &call.cursor {
            self.cursor = json!(cursor.as_bytes());
        }
        match call.action {
            Action::Step => self.step(call),
            Action::Check => self.check(call),
            Action::Recheck => self.recheck(call),
            Action::Open => {
                let arguments = json!({ "job": self.job, "cursor": self.cursor });
                Ok(named(
                    "subscription",
                    self.twice("stream.open", &arguments)?,
                ))
            }
            Action::Frames => self.read_frames(call),
            Action::Challenge => {
                let arguments = json!({ "job": self.job, "query": pairs(&call.query) });
                Ok(named("body", self.twice("inbound.challenge", &arguments)?))
            }
            Action::Receive => self.receive(call),
            Action::Deliver => self.deliver(call),
        }
    }

    fn set(&mut self, field: &str, value: Value) {
        if let Some(slot) = self.job.get_mut(field) {
            *slot = value;
        }
    }

    /// Calls twice and compares: nothing may stay behind.
    fn twice(&mut self, function: &str, arguments: &Value) -> Result<Result<Value, Value>, String> {
        let first = self.subject.call(function, arguments.clone())?;
        let second = self.subject.call(function, arguments.clone())?;
        if first == second {
            Ok(first)
        } else {
            Err(format!(
                "`{function}` answered differently when it was called again"
            ))
        }
    }

    fn step(&mut self, call: &Call) -> Result<Value, String> {
        let place = match &call.task {
            Some(key) => {
                json!({ "task": self.tasks.get(key).ok_or(format!("no earlier page left a task `{key}`"))? })
            }
            None => json!({ "cursor": self.cursor }),
        };
        let mut left = call.exchanges.iter();
        let mut outcome = self.twice(
            "connector.next",
            &json!({ "job": self.job, "place": place }),
        )?;
        for _ in 0..MOST_ROUNDS {
            let again = match &outcome {
                Err(_) => None,
                Ok(outcome) => outcome.get("again"),
            };
            let Some(again) = again else {
                none_left(left)?;
                if let Some(page) = outcome.as_ref().ok().and_then(|o| o.get("page")) {
                    if let Some(key) = &call.task {
                        self.tasks.remove(key);
                    }
                    self.commit(page);
                }
                return Ok(match outcome {
                    Ok(outcome) => outcome,
                    Err(fault) => json!({ "fault": fault }),
                });
            };
            let answers = self.exchange(again.get("requests"), &mut left)?;
            let scratch = again.get("scratch").cloned().unwrap_or_default();
            let arguments =
                json!({ "job": self.job, "place": place, "scratch": scratch, "answers": answers });
            outcome = self.twice("connector.respond", &arguments)?;
        }
        Err(format!("no page after {MOST_ROUNDS} rounds of `again`"))
    }

    fn check(&mut self, call: &Call) -> Result<Value, String> {
        let requests = match self.twice("connector.check", &json!({ "job": self.job }))? {
            Ok(requests) => requests,
            Err(fault) => return Ok(json!({ "fault": fault })),
        };
        let mut left = call.exchanges.iter();
        let answers = self.exchange(Some(&requests), &mut left)?;
        none_left(left)?;
        Ok(named(
            "usable",
            self.twice(
                "connector.checked",
                &json!({ "job": self.job, "answers": answers }),
            )?,
        ))
    }

    fn recheck(&mut self, call: &Call) -> Result<Value, String> {
        let requests = match self.twice(
            "recheck.ask",
            &json!({ "job": self.job, "refs": call.refs }),
        )? {
            Ok(requests) => requests,
            Err(fault) => return Ok(json!({ "fault": fault })),
        };
        let mut left = call.exchanges.iter();
        let answers = self.exchange(Some(&requests), &mut left)?;
        none_left(left)?;
        let arguments = json!({ "job": self.job, "refs": call.refs, "answers": answers });
        let verdicts = self.twice("recheck.judge", &arguments)?;
        if let Ok(Value::Array(list)) = &verdicts
            && list.len() != call.refs.len()
        {
            return Err(format!(
                "expected {} verdicts, one a reference, found {}",
                call.refs.len(),
                list.len()
            ));
        }
        Ok(named("verdicts", verdicts))
    }

    fn read_frames(&mut self, call: &Call) -> Result<Value, String> {
        let mut frames = Vec::new();
        for frame in &call.frames {
            match frame {
                FrameSpec::Text(text) => frames.push(json!({ "text": text })),
                FrameSpec::Closed(code) => frames.push(json!({ "closed": code })),
                FrameSpec::Binary(hex) => frames.push(json!({ "binary": unhex(hex)? })),
                FrameSpec::LinesOf(file) => {
                    frames.extend(self.file(file)?.lines().map(|line| json!({ "text": line })));
                }
            }
        }
        let count = frames.len() as u64;
        let arguments = json!({ "job": self.job, "cursor": self.cursor, "first": self.frames, "frames": frames });
        let page = self.twice("stream.frames", &arguments)?;
        self.frames += count;
        if let Ok(page) = &page {
            self.commit(page);
        }
        Ok(named("page", page))
    }

    fn receive(&mut self, call: &Call) -> Result<Value, String> {
        let body = call.body.clone().unwrap_or_default().into_bytes();
        let delivery =
            json!({ "query": pairs(&call.query), "headers": headers(&call.headers), "body": body });
        let page = self.twice(
            "inbound.receive",
            &json!({ "job": self.job, "delivery": delivery }),
        )?;
        if let Ok(page) = &page {
            self.commit(page);
        }
        Ok(named("page", page))
    }

    fn deliver(&mut self, call: &Call) -> Result<Value, String> {
        let notice = notice(call.notice.as_ref(), &self.job);
        let destination = call
            .destination
            .clone()
            .unwrap_or_else(|| json!({}))
            .to_string();
        let arguments = json!({ "notice": notice, "destination": destination });
        let message = match self.twice("alert-channel.compose", &arguments)? {
            Ok(message) => message,
            Err(fault) => return Ok(json!({ "fault": fault })),
        };
        let mut left = call.exchanges.iter();
        let reply = match (message.get("http"), &call.smtp) {
            (Some(request), _) => {
                let answers = self.exchange(Some(&json!([request])), &mut left)?;
                answers
                    .into_iter()
                    .next()
                    .map(|answer| json!({ "http": answer }))
            }
            (None, Some(smtp)) => Some(json!({ "smtp": { "code": smtp.code, "text": smtp.text } })),
            (None, None) => None,
        };
        none_left(left)?;
        let Some(reply) = reply else {
            return Ok(json!({ "message": message }));
        };
        let arguments = json!({ "notice": notice, "destination": destination, "reply": reply });
        let verdict = named("verdict", self.twice("alert-channel.judge", &arguments)?);
        Ok(json!({ "message": message, "then": verdict }))
    }

    /// Keeps what the host would keep with a page.
    fn commit(&mut self, page: &Value) {
        if let Some(cursor) = page.get("cursor").filter(|c| !c.is_null()) {
            self.cursor = cursor.clone();
        }
        if let Some(state) = page.get("state").filter(|s| !s.is_null()) {
            self.set("state", state.clone());
        }
        for task in page
            .get("tasks")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
        {
            if let Some(key) = task.get("key").and_then(Value::as_str) {
                self.tasks.insert(key.to_owned(), task.clone());
            }
        }
    }

    /// The recorded answers to these requests, which must be the recorded ones.
    fn exchange(
        &self,
        requests: Option<&Value>,
        left: &mut std::slice::Iter<'_, Exchange>,
    ) -> Result<Vec<Value>, String> {
        let requests = requests
            .and_then(Value::as_array)
            .ok_or("the requests are no list")?;
        let mut answers = Vec::new();
        for request in requests {
            let asked = || format!("{} {}", text(request, "method"), text(request, "url"));
            let exchange = left
                .next()
                .ok_or_else(|| format!("asks for {}, which the case does not expect", asked()))?;
            expected(&exchange.request, request)?;
            answers.push(self.answer(&exchange.answer)?);
        }
        Ok(answers)
    }

    fn answer(&self, spec: &AnswerSpec) -> Result<Value, String> {
        if let Some(failure) = &spec.failed {
            return Ok(json!({ "failed": failure }));
        }
        let body = match (&spec.body, &spec.body_file) {
            (Some(body), _) => body.clone(),
            (None, Some(file)) => self.file(file)?,
            (None, None) => String::new(),
        };
        let body = spec
            .repeat
            .map_or(Ok(body.clone()), |times| repeated(&body, times))?;
        Ok(
            json!({ "response": { "status": spec.status, "headers": headers(&spec.headers), "body": body.as_bytes() } }),
        )
    }

    fn file(&self, name: &str) -> Result<String, String> {
        let path = self.folder.join(name);
        std::fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))
    }
}

fn named(name: &str, result: Result<Value, Value>) -> Value {
    match result {
        Ok(value) => json!({ name: value }),
        Err(fault) => json!({ "fault": fault }),
    }
}

fn none_left(mut left: std::slice::Iter<'_, Exchange>) -> Result<(), String> {
    match left.next() {
        Some(exchange) => Err(format!(
            "never asks for {} {}",
            exchange.request.method, exchange.request.url
        )),
        None => Ok(()),
    }
}

fn text<'v>(value: &'v Value, field: &str) -> &'v str {
    value.get(field).and_then(Value::as_str).unwrap_or_default()
}

/// Whether a request is the expected one; the first difference is told.
fn expected(spec: &RequestSpec, request: &Value) -> Result<(), String> {
    let differs = |what: &str, expected: &str, found: &str| {
        Err(format!("{what}: expected `{expected}`, found `{found}`"))
    };
    if text(request, "method") != spec.method {
        return differs("method", &spec.method, text(request, "method"));
    }
    if text(request, "url") != spec.url {
        return differs("url", &spec.url, text(request, "url"));
    }
    let credential = request.get("credential").and_then(Value::as_str);
    if credential != spec.credential.as_deref() {
        return differs(
            "credential",
            spec.credential.as_deref().unwrap_or("none"),
            credential.unwrap_or("none"),
        );
    }
    for (name, value) in &spec.headers {
        let list = request
            .get("headers")
            .and_then(Value::as_array)
            .into_iter()
            .flatten();
        let found = list
            .clone()
            .find(|h| text(h, "name").eq_ignore_ascii_case(name))
            .map(|h| text(h, "value"));
        if found != Some(value) {
            return differs(&format!("header `{name}`"), value, found.unwrap_or("none"));
        }
    }
    let Some(body) = &spec.body else {
        return Ok(());
    };
    let found = bytes(request.get("body"));
    let found = String::from_utf8_lossy(&found);
    let same_json = || {
        Some(
            serde_json::from_str::<Value>(body).ok()?
                == serde_json::from_str::<Value>(&found).ok()?,
        )
    };
    if *body == found || same_json() == Some(true) {
        Ok(())
    } else {
        differs("body", body, &found)
    }
}

/// Bytes as they cross: a list of numbers.
pub(crate) fn bytes(value: Option<&Value>) -> Vec<u8> {
    value
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(|b| u8::try_from(b.as_u64()?).ok())
        .collect()
}

fn headers(fields: &BTreeMap<String, String>) -> Value {
    fields
        .iter()
        .map(|(name, value)| json!({ "name": name, "value": value }))
        .collect()
}

fn pairs(query: &BTreeMap<String, String>) -> Value {
    query
        .iter()
        .map(|(name, value)| json!([name, value]))
        .collect()
}

fn instant(text: &str) -> Result<i64, String> {
    isocial_sdk::time::rfc3339(text)
        .ok_or_else(|| format!("`{text}` is no time: expected RFC 3339"))
}

fn unhex(text: &str) -> Result<Vec<u8>, String> {
    let pair = |i: usize| {
        text.get(i..i + 2)
            .and_then(|p| u8::from_str_radix(p, 16).ok())
    };
    (0..text.len())
        .step_by(2)
        .map(|i| pair(i).ok_or_else(|| format!("`{text}` is no hex")))
        .collect()
}

/// A body whose part between `{{` and `}}` stands there `times` times.
fn repeated(body: &str, times: u32) -> Result<String, String> {
    let parts = body
        .split_once("{{")
        .and_then(|(before, rest)| Some((before, rest.rsplit_once("}}")?)));
    let (before, (part, after)) =
        parts.ok_or("`repeat` needs a part between `{{` and `}}` in the body")?;
    let list: Vec<String> = (1..=times)
        .map(|n| part.replace('#', &n.to_string()))
        .collect();
    Ok(format!("{before}{}{after}", list.join(",")))
}

/// A whole notice from the parts that matter to a case.
fn notice(given: Option<&Value>, job: &Value) -> Value {
    let now = job.get("now").cloned().unwrap_or_default();
    let mut notice = json!({
        "idempotency_key": "notice-1", "attempt": 1, "rule": "A rule", "monitor": "A monitor", "severity": "warning", "event": "spike",
        "count": 1, "expected": null, "start": now, "end": now, "link": "https://host.example/incidents/1", "excerpts": [],
        "attributes": [],
    });
    if let (Some(whole), Some(given)) = (notice.as_object_mut(), given.and_then(Value::as_object)) {
        whole.extend(given.clone());
    }
    notice
}
