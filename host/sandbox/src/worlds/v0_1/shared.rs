//! Values that several kinds share: faults, requests and answers, attributes.

use isocial_model::{
    Instant,
    connector::{Answer, AuthenticationProblem, Failure, Fault, Header, Method, Request, Response},
    post::Attribute,
};

use super::{bindings::isocial::plugin::types as wit, vec};

same_words!(wit::Method => Method { Get, Head, Post, Put, Patch, Delete });
same_words!(Failure => wit::Failure { Denied, Unresolvable, Unreachable, Timeout, TooLarge, Tls, Budget, Malformed });
same_words!(wit::AuthenticationProblem => AuthenticationProblem { Missing, Rejected, Expired, InsufficientScope });

impl From<wit::Attribute> for Attribute {
    fn from(a: wit::Attribute) -> Self {
        Self {
            key: a.key,
            value: a.value,
        }
    }
}
impl From<Attribute> for wit::Attribute {
    fn from(a: Attribute) -> Self {
        Self {
            key: a.key,
            value: a.value,
        }
    }
}
impl From<wit::Header> for Header {
    fn from(h: wit::Header) -> Self {
        Self {
            name: h.name,
            value: h.value,
        }
    }
}
impl From<Header> for wit::Header {
    fn from(h: Header) -> Self {
        Self {
            name: h.name,
            value: h.value,
        }
    }
}

impl From<wit::Request> for Request {
    fn from(r: wit::Request) -> Self {
        Self {
            method: r.method.into(),
            url: r.url,
            headers: vec(r.headers),
            body: r.body,
            credential: r.credential,
        }
    }
}

impl From<Answer> for wit::Answer {
    fn from(answer: Answer) -> Self {
        match answer {
            Answer::Response(Response {
                status,
                headers,
                body,
            }) => Self::Response(wit::Response {
                status,
                headers: vec(headers),
                body,
            }),
            Answer::Failed(failure) => Self::Failed(failure.into()),
        }
    }
}

impl From<wit::Fault> for Fault {
    fn from(fault: wit::Fault) -> Self {
        match fault {
            wit::Fault::RetryAfter(seconds) => Self::RetryAfter(seconds),
            wit::Fault::RateLimited(limit) => Self::RateLimited {
                scope: limit.scope,
                reset: limit.reset.map(Instant),
            },
            wit::Fault::Authentication(a) => Self::Authentication {
                slot: a.slot,
                problem: a.problem.into(),
            },
            wit::Fault::BadConfig(bad) => Self::BadConfig {
                pointer: bad.pointer,
                problem: bad.problem,
            },
            wit::Fault::Upstream(status) => Self::Upstream(status),
            wit::Fault::Gone => Self::Gone,
            wit::Fault::Moved(url) => Self::Moved(url),
            wit::Fault::Permanent(why) => Self::Permanent(why),
            wit::Fault::Other((code, message)) => Self::Other { code, message },
        }
    }
}
