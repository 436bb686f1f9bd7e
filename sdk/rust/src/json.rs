//! JSON with the path in every error: `/statuses/3/account/acct: expected a string, found a number`.

use std::{fmt, rc::Rc};

pub use serde_json::{Value, json};

use crate::types::{Fault, Instant};

/// What was wrong, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JsonError {
    /// JSON pointer (RFC 6901); empty is the whole.
    pub path: String,
    /// What was expected and what was found; never a value.
    pub problem: String,
}

impl fmt::Display for JsonError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}: {}",
            if self.path.is_empty() {
                "/"
            } else {
                &self.path
            },
            self.problem
        )
    }
}

impl std::error::Error for JsonError {}

impl From<JsonError> for Fault {
    /// An answer that is not what the network's description says: code `unexpected-answer`.
    fn from(error: JsonError) -> Self {
        Self::other("unexpected-answer", error.to_string())
    }
}

/// Reads a whole answer.
pub fn parse(bytes: &[u8]) -> Result<Value, JsonError> {
    serde_json::from_slice(bytes).map_err(|error| {
        let problem = if error.is_eof() {
            "the JSON ends too early"
        } else {
            "no JSON"
        };
        JsonError {
            path: String::new(),
            problem: format!(
                "{problem} (line {}, column {})",
                error.line(),
                error.column()
            ),
        }
    })
}

/// A step on the way to a value.
#[derive(Debug, Clone, PartialEq)]
enum Step<'a> {
    Key(&'a str),
    Index(usize),
}

/// The way to a value, from its end.
#[derive(Debug, Clone, PartialEq)]
struct Way<'a> {
    step: Step<'a>,
    before: Option<Rc<Way<'a>>>,
}

/// A value and where it stands; the path is only written out when there is an error.
///
/// A field that is absent and one that is `null` are the same thing: `opt_…` gives nothing, the others fail.
///
/// ```
/// use isocial_sdk::json::{At, parse};
/// let answer = parse(br#"{"statuses":[{"id":"1","account":{"acct":7}}]}"#).unwrap();
/// let status = At::root(&answer).list("statuses").unwrap().remove(0);
/// assert_eq!(status.id("id").unwrap(), "1");
/// let error = status.object("account").unwrap().text("acct").unwrap_err();
/// assert_eq!(error.to_string(), "/statuses/0/account/acct: expected a string, found a number");
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct At<'a> {
    value: &'a Value,
    way: Option<Rc<Way<'a>>>,
}

macro_rules! fields {
    ($($(#[$doc:meta])* $name:ident, $opt:ident -> $type:ty, $expected:literal, |$value:ident| $read:expr;)*) => {$(
        $(#[$doc])*
        pub fn $name(&self, key: &str) -> Result<$type, JsonError> {
            let $value = self.field(key).ok_or_else(|| self.wrong(Some(key), $expected, None))?;
            $read.ok_or_else(|| self.wrong(Some(key), $expected, Some($value)))
        }
        $(#[$doc])*
        /// Nothing if it is absent or null; still an error if it is something else.
        pub fn $opt(&self, key: &str) -> Result<Option<$type>, JsonError> {
            self.field(key).map(|_| self.$name(key)).transpose()
        }
    )*};
}

impl<'a> At<'a> {
    /// The whole of an answer.
    pub fn root(value: &'a Value) -> Self {
        Self { value, way: None }
    }
    /// The value itself.
    pub fn value(&self) -> &'a Value {
        self.value
    }

    fields! {
        /// The field as text.
        text, opt_text -> &'a str, "a string", |v| v.as_str();
        /// The field as a whole number.
        integer, opt_integer -> i64, "a whole number", |v| v.as_i64();
        /// The field as a count: a whole number that is not negative.
        count, opt_count -> u64, "a count", |v| v.as_u64();
        /// The field as a number.
        number, opt_number -> f64, "a number", |v| v.as_f64();
        /// The field as yes or no.
        flag, opt_flag -> bool, "true or false", |v| v.as_bool();
        /// The field as an id: text that is not empty, or a whole number written as text.
        id, opt_id -> String, "an id", |v| id_of(v);
        /// The field as an instant, written as RFC 3339.
        time, opt_time -> Instant, "a time (RFC 3339)", |v| v.as_str().and_then(crate::time::rfc3339);
    }

    /// The field as an object.
    pub fn object(&self, key: &'a str) -> Result<At<'a>, JsonError> {
        let value = self
            .field(key)
            .ok_or_else(|| self.wrong(Some(key), "an object", None))?;
        if value.is_object() {
            Ok(self.child(value, Step::Key(key)))
        } else {
            Err(self.wrong(Some(key), "an object", Some(value)))
        }
    }
    /// The field as an object; nothing if it is absent or null.
    pub fn opt_object(&self, key: &'a str) -> Result<Option<At<'a>>, JsonError> {
        self.field(key).map(|_| self.object(key)).transpose()
    }
    /// The elements of the field, which is a list.
    pub fn list(&self, key: &'a str) -> Result<Vec<At<'a>>, JsonError> {
        let value = self
            .field(key)
            .ok_or_else(|| self.wrong(Some(key), "a list", None))?;
        self.child(value, Step::Key(key)).elements()
    }
    /// The elements of the field, which is a list; none if it is absent or null.
    pub fn opt_list(&self, key: &'a str) -> Result<Vec<At<'a>>, JsonError> {
        self.field(key)
            .map_or_else(|| Ok(Vec::new()), |_| self.list(key))
    }
    /// The elements of this value, which is a list.
    pub fn elements(&self) -> Result<Vec<At<'a>>, JsonError> {
        let list = self
            .value
            .as_array()
            .ok_or_else(|| self.wrong(None, "a list", Some(self.value)))?;
        Ok(list
            .iter()
            .enumerate()
            .map(|(i, value)| self.child(value, Step::Index(i)))
            .collect())
    }
    /// This value as text.
    pub fn as_text(&self) -> Result<&'a str, JsonError> {
        self.value
            .as_str()
            .ok_or_else(|| self.wrong(None, "a string", Some(self.value)))
    }
    /// An error about this value, for what only the connector can judge.
    pub fn error(&self, problem: impl Into<String>) -> JsonError {
        JsonError {
            path: self.path(None),
            problem: problem.into(),
        }
    }

    fn field(&self, key: &str) -> Option<&'a Value> {
        self.value.get(key).filter(|v| !v.is_null())
    }
    fn child(&self, value: &'a Value, step: Step<'a>) -> At<'a> {
        At {
            value,
            way: Some(Rc::new(Way {
                step,
                before: self.way.clone(),
            })),
        }
    }
    fn wrong(&self, key: Option<&str>, expected: &str, found: Option<&Value>) -> JsonError {
        let problem = match found {
            None if self.value.is_object() => format!("expected {expected}, but it is absent"),
            None => format!(
                "expected {expected} in an object, found {} instead of the object",
                sort_of(self.value)
            ),
            Some(found) => format!("expected {expected}, found {}", sort_of(found)),
        };
        JsonError {
            path: self.path(key),
            problem,
        }
    }
    fn path(&self, key: Option<&str>) -> String {
        let mut steps: Vec<String> = key.map(escape).into_iter().collect();
        let mut way = self.way.as_deref();
        while let Some(link) = way {
            steps.push(match link.step {
                Step::Key(key) => escape(key),
                Step::Index(index) => index.to_string(),
            });
            way = link.before.as_deref();
        }
        steps
            .iter()
            .rev()
            .fold(String::new(), |path, step| path + "/" + step)
    }
}

/// A key as it stands in a JSON pointer.
fn escape(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

fn id_of(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) if number.is_i64() || number.is_u64() => Some(number.to_string()),
        _ => None,
    }
}

fn sort_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_say_where_and_never_what() {
        let value = parse(br#"{"a/b":{"list":[1,{"x":"secret"}]},"n":null,"id":12,"empty":"","neg":-1,"t":"2026-03-04T05:06:07Z"}"#).unwrap();
        let root = At::root(&value);
        let element = root.object("a/b").unwrap().list("list").unwrap().remove(1);
        assert_eq!(
            element.count("x").unwrap_err().to_string(),
            "/a~1b/list/1/x: expected a count, found a string"
        );
        assert_eq!(
            root.text("n").unwrap_err().to_string(),
            "/n: expected a string, but it is absent"
        );
        assert_eq!(root.opt_text("n"), Ok(None));
        assert!(root.opt_text("id").is_err());
        assert_eq!(root.id("id").unwrap(), "12");
        assert!(root.id("empty").is_err() && root.count("neg").is_err());
        assert_eq!(root.time("t").unwrap(), 1_772_600_767_000);
        assert_eq!(
            root.elements().unwrap_err().to_string(),
            "/: expected a list, found an object"
        );
        assert!(root.opt_list("absent").unwrap().is_empty());
        let Fault::Other((code, message)) = Fault::from(element.error("no such thing")) else {
            panic!("not `other`")
        };
        assert_eq!(
            (code.as_str(), message.as_str()),
            ("unexpected-answer", "/a~1b/list/1: no such thing")
        );
    }

    #[test]
    fn broken_json_says_the_place() {
        assert_eq!(
            parse(b"{\"a\":").unwrap_err().problem,
            "the JSON ends too early (line 1, column 5)"
        );
        assert!(parse(b"<html>").unwrap_err().problem.starts_with("no JSON"));
    }
}
