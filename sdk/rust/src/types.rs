//! Values that several kinds of plugin share: requests, answers, faults, attributes.

pub use crate::bindings::isocial::plugin::types::{
    Answer, Attribute, Authentication, AuthenticationProblem, BadConfig, Failure, Fault, Header,
    Instant, Method, RateLimit, Request, Response,
};

use crate::text::truncated;

impl Request {
    /// Asks for `url` by GET, without header fields, body or credential.
    pub fn get(url: impl Into<String>) -> Self {
        Self {
            method: Method::Get,
            url: url.into(),
            headers: Vec::new(),
            body: None,
            credential: None,
        }
    }
    /// Sends `body` to `url` by POST as this media type.
    pub fn post(url: impl Into<String>, media_type: &str, body: impl Into<Vec<u8>>) -> Self {
        let request = Self {
            method: Method::Post,
            body: Some(body.into()),
            ..Self::get(url)
        };
        request.with_header("content-type", media_type)
    }
    /// Sends `value` to `url` by POST as JSON.
    pub fn post_json(url: impl Into<String>, value: &serde_json::Value) -> Self {
        Self::post(url, "application/json", value.to_string())
    }
    /// Adds a header field; the name is put in lower case.
    pub fn with_header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push(Header {
            name: name.to_ascii_lowercase(),
            value: value.into(),
        });
        self
    }
    /// Names the manifest's slot whose credential the host is to attach.
    pub fn with_credential(mut self, slot: &str) -> Self {
        self.credential = Some(slot.into());
        self
    }
}

impl Response {
    /// The first field of this name; names are compared without case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|h| h.name.eq_ignore_ascii_case(name))
            .map(|h| h.value.as_str())
    }
    /// Whether the status is 200–299.
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }
}

impl Fault {
    /// The network asks to wait for so many seconds.
    pub fn retry_after(seconds: u32) -> Self {
        Self::RetryAfter(seconds)
    }
    /// The credential in `slot` does not work.
    pub fn authentication(slot: &str, problem: AuthenticationProblem) -> Self {
        Self::Authentication(Authentication {
            slot: slot.into(),
            problem,
        })
    }
    /// The configuration's value at `pointer` (RFC 6901) cannot work; `problem` says what was expected.
    pub fn bad_config(pointer: impl Into<String>, problem: impl Into<String>) -> Self {
        Self::BadConfig(BadConfig {
            pointer: truncated(pointer.into(), 256),
            problem: truncated(problem.into(), 256),
        })
    }
    /// Trying again cannot help; `reason` is cut at 256 bytes.
    pub fn permanent(reason: impl Into<String>) -> Self {
        Self::Permanent(truncated(reason.into(), 256))
    }
    /// Anything else: a code that the plugin documents, and a message that is cut at 256 bytes.
    pub fn other(code: &str, message: impl Into<String>) -> Self {
        Self::Other((code.into(), truncated(message.into(), 256)))
    }
}

impl Attribute {
    /// An attribute by its registered name; the value is cut at 1,024 bytes.
    pub fn new(key: &str, value: impl Into<String>) -> Self {
        Self {
            key: key.into(),
            value: truncated(value.into(), 1024),
        }
    }
}
