//! From JSON to the SDK's types.

use isocial_sdk::{
    channel::{Destination, Notice, Reply, Severity, SmtpReply},
    connector::{Budget, Delivery, Frame, Job, Place, PlanNode, QueryPlan, Task},
    types::{Answer, Attribute, Failure, Header, Response},
};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::run::bytes;

fn field<'v>(value: &'v Value, name: &str) -> Result<&'v Value, String> {
    value
        .get(name)
        .ok_or_else(|| format!("`{name}` is missing"))
}
fn get<T: DeserializeOwned>(value: &Value, name: &str) -> Result<T, String> {
    T::deserialize(field(value, name)?).map_err(|error| format!("`{name}`: {error}"))
}
fn opt_bytes(value: &Value, name: &str) -> Option<Vec<u8>> {
    let value = value.get(name).filter(|v| !v.is_null());
    value.map(|_| bytes(value))
}
fn list<'v>(value: &'v Value, name: &str) -> Result<&'v Vec<Value>, String> {
    field(value, name)?
        .as_array()
        .ok_or_else(|| format!("`{name}` is no list"))
}
/// The only field of a variant, and its name; a bare word is a variant without a field.
fn variant(value: &Value) -> Result<(&str, &Value), String> {
    match value {
        Value::String(name) => Ok((name, &Value::Null)),
        Value::Object(map) if map.len() == 1 => map
            .iter()
            .next()
            .map(|(k, v)| (k.as_str(), v))
            .ok_or_else(|| "an empty variant".into()),
        other => Err(format!("expected a variant, found {other}")),
    }
}
fn of<T: DeserializeOwned>(value: &Value) -> Result<T, String> {
    T::deserialize(value).map_err(|error| error.to_string())
}

pub(crate) fn job(arguments: &Value) -> Result<Job, String> {
    let job = field(arguments, "job")?;
    let budget = field(job, "budget")?;
    Ok(Job {
        plan: QueryPlan {
            nodes: list(field(job, "plan")?, "nodes")?
                .iter()
                .map(node)
                .collect::<Result<_, _>>()?,
        },
        config: get(job, "config")?,
        state: opt_bytes(job, "state"),
        budget: Budget {
            items: get(budget, "items")?,
            requests: get(budget, "requests")?,
        },
        now: get(job, "now")?,
        since: get(job, "since")?,
    })
}

fn node(value: &Value) -> Result<PlanNode, String> {
    let (name, inner) = variant(value)?;
    Ok(match name {
        "word" => PlanNode::Word(of(inner)?),
        "phrase" => PlanNode::Phrase(of(inner)?),
        "hashtag" => PlanNode::Hashtag(of(inner)?),
        "author" => PlanNode::Author(of(inner)?),
        "language" => PlanNode::Language(of(inner)?),
        "domain" => PlanNode::Domain(of(inner)?),
        "all" => PlanNode::All(of(inner)?),
        "any" => PlanNode::Any(of(inner)?),
        "none" => PlanNode::None(of(inner)?),
        "other" => PlanNode::Other(of(inner)?),
        _ => return Err(format!("`{name}` is no node of a query plan")),
    })
}

pub(crate) fn place(arguments: &Value) -> Result<Place, String> {
    let place = field(arguments, "place")?;
    match variant(place)? {
        ("cursor", _) => Ok(Place::Cursor(opt_bytes(place, "cursor"))),
        ("task", task) => Ok(Place::Task(Task {
            key: get(task, "key")?,
            payload: bytes(task.get("payload")),
            due: get(task, "due")?,
        })),
        (other, _) => Err(format!("`{other}` is no place")),
    }
}

pub(crate) fn cursor(arguments: &Value) -> Option<Vec<u8>> {
    opt_bytes(arguments, "cursor")
}
pub(crate) fn refs(arguments: &Value) -> Result<Vec<String>, String> {
    get(arguments, "refs")
}
pub(crate) fn pairs(value: Option<&Value>) -> Result<Vec<(String, String)>, String> {
    value.map_or(Ok(Vec::new()), of)
}

fn headers(value: &Value) -> Result<Vec<Header>, String> {
    list(value, "headers")?
        .iter()
        .map(|h| {
            Ok(Header {
                name: get(h, "name")?,
                value: get(h, "value")?,
            })
        })
        .collect()
}

pub(crate) fn answers(arguments: &Value) -> Result<Vec<Answer>, String> {
    list(arguments, "answers")?.iter().map(answer).collect()
}

fn answer(value: &Value) -> Result<Answer, String> {
    match variant(value)? {
        ("response", r) => {
            let body = bytes(r.get("body"));
            Ok(Answer::Response(Response {
                status: get(r, "status")?,
                headers: headers(r)?,
                body,
            }))
        }
        ("failed", failure) => failure_of(failure.as_str().unwrap_or_default()).map(Answer::Failed),
        (other, _) => Err(format!("`{other}` is no answer")),
    }
}

fn failure_of(name: &str) -> Result<Failure, String> {
    Ok(match name {
        "denied" => Failure::Denied,
        "unresolvable" => Failure::Unresolvable,
        "unreachable" => Failure::Unreachable,
        "timeout" => Failure::Timeout,
        "too-large" => Failure::TooLarge,
        "tls" => Failure::Tls,
        "budget" => Failure::Budget,
        "malformed" => Failure::Malformed,
        _ => return Err(format!("`{name}` is no failure")),
    })
}

pub(crate) fn frames(arguments: &Value) -> Result<Vec<Frame>, String> {
    let frame = |value: &Value| match variant(value)? {
        ("text", text) => of(text).map(Frame::Text),
        ("binary", list) => Ok(Frame::Binary(bytes(Some(list)))),
        ("closed", code) => of(code).map(Frame::Closed),
        (other, _) => Err(format!("`{other}` is no frame")),
    };
    list(arguments, "frames")?.iter().map(frame).collect()
}

pub(crate) fn delivery(arguments: &Value) -> Result<Delivery, String> {
    let delivery = field(arguments, "delivery")?;
    let (query, body) = (pairs(delivery.get("query"))?, bytes(delivery.get("body")));
    Ok(Delivery {
        query,
        headers: headers(delivery)?,
        body,
    })
}

pub(crate) fn notice(arguments: &Value) -> Result<Notice, String> {
    let n = field(arguments, "notice")?;
    let severity: String = get(n, "severity")?;
    let attribute = |a: &Value| {
        Ok(Attribute {
            key: get(a, "key")?,
            value: get(a, "value")?,
        })
    };
    Ok(Notice {
        idempotency_key: get(n, "idempotency_key")?,
        attempt: get(n, "attempt")?,
        rule: get(n, "rule")?,
        monitor: get(n, "monitor")?,
        severity: match severity.as_str() {
            "info" => Severity::Info,
            "warning" => Severity::Warning,
            "critical" => Severity::Critical,
            other => return Err(format!("`{other}` is no severity")),
        },
        event: get(n, "event")?,
        count: get(n, "count")?,
        expected: get(n, "expected")?,
        start: get(n, "start")?,
        end: get(n, "end")?,
        link: get(n, "link")?,
        excerpts: get(n, "excerpts")?,
        attributes: list(n, "attributes")?
            .iter()
            .map(attribute)
            .collect::<Result<_, String>>()?,
    })
}

pub(crate) fn destination(arguments: &Value) -> Destination {
    Destination {
        config: arguments
            .get("destination")
            .and_then(Value::as_str)
            .unwrap_or("{}")
            .to_owned(),
    }
}

pub(crate) fn reply(arguments: &Value) -> Result<Reply, String> {
    match variant(field(arguments, "reply")?)? {
        ("http", inner) => answer(inner).map(Reply::Http),
        ("smtp", inner) => Ok(Reply::Smtp(SmtpReply {
            code: get(inner, "code")?,
            text: get(inner, "text")?,
        })),
        (other, _) => Err(format!("`{other}` is no reply")),
    }
}
