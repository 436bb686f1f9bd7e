//! What answers say beside their body: next pages, rate limits, whether to go on.

use crate::{
    json,
    time::rfc2822,
    types::{Answer, AuthenticationProblem, Failure, Fault, Instant, RateLimit, Response},
};

/// One entry of a Link header (RFC 8288).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// The address as it stands there: absolute, or a reference to [`resolve`](crate::uri::resolve).
    pub target: String,
    /// Its relations, such as `next`, in lower case.
    pub relations: Vec<String>,
}

/// The entries of a Link header; what is malformed is left out.
pub fn links(header: &str) -> Vec<Link> {
    let mut found = Vec::new();
    let mut rest = header;
    while let Some((_, after)) = rest.split_once('<') {
        let Some((target, after)) = after.split_once('>') else {
            break;
        };
        let end = end_of_entry(after);
        let (parameters, next) = after.split_at(end);
        let relations = parameters
            .split(';')
            .filter_map(|p| p.split_once('='))
            .find(|(name, _)| name.trim().eq_ignore_ascii_case("rel"))
            .map(|(_, value)| {
                value
                    .trim()
                    .trim_matches('"')
                    .split_ascii_whitespace()
                    .map(str::to_ascii_lowercase)
                    .collect()
            });
        found.push(Link {
            target: target.trim().to_owned(),
            relations: relations.unwrap_or_default(),
        });
        rest = next;
    }
    found
}

/// Where the comma that ends an entry stands, quoted commas apart.
fn end_of_entry(text: &str) -> usize {
    let mut quoted = false;
    text.find(|c| {
        quoted ^= c == '"';
        c == ',' && !quoted
    })
    .unwrap_or(text.len())
}

/// The address that an answer's Link header names as `relation`, such as `next`.
pub fn link(response: &Response, relation: &str) -> Option<String> {
    response
        .headers
        .iter()
        .filter(|h| h.name.eq_ignore_ascii_case("link"))
        .find_map(|header| {
            links(&header.value)
                .into_iter()
                .find(|l| l.relations.iter().any(|r| r == relation))
                .map(|l| l.target)
        })
}

/// The answer if the network gave one, else a fault that makes the host try again later or, if it refused, never.
pub fn response(answer: Answer) -> Result<Response, Fault> {
    match answer {
        Answer::Response(response) => Ok(response),
        Answer::Failed(failure) => Err(match failure {
            Failure::Denied => Fault::permanent("the host does not allow this address"),
            Failure::TooLarge => Fault::permanent("the answer is larger than the host takes"),
            Failure::Budget => Fault::RetryAfter(60),
            Failure::Unresolvable => Fault::other("unresolvable", "the name does not resolve"),
            Failure::Unreachable => Fault::other("unreachable", "no connection could be made"),
            Failure::Timeout => Fault::other("timeout", "the network took too long"),
            Failure::Tls => Fault::other("tls", "no trusted connection could be made"),
            Failure::Malformed => Fault::other("malformed", "the answer is not what it says it is"),
        }),
    }
}

/// The only answer of a step that made one request.
pub fn single(answers: Vec<Answer>) -> Result<Response, Fault> {
    let count = answers.len();
    match answers.into_iter().next() {
        Some(answer) if count == 1 => response(answer),
        _ => Err(Fault::other(
            "answers",
            format!("expected one answer, got {count}"),
        )),
    }
}

/// The fault that an answer's status stands for, or nothing if it is 200–299.
///
/// 429, and 403 or 503 with a time to wait, are rate limits; 401 and 403 a credential that does not work, where `slot` names the one
/// that was asked for; 301 and 308 a move; 404 and 410 gone; 5xx upstream.
pub fn fault(response: &Response, now: Instant, slot: Option<&str>) -> Option<Fault> {
    let limited = || rate_limit(response, now);
    Some(match (response.status, slot) {
        (200..=299, _) => return None,
        (429, _) => limited().unwrap_or(Fault::RetryAfter(60)),
        (403 | 503, _) if limited().is_some() => limited()?,
        (401, Some(slot)) => Fault::authentication(slot, AuthenticationProblem::Rejected),
        (403, Some(slot)) => Fault::authentication(slot, AuthenticationProblem::InsufficientScope),
        (301 | 308, _) => match response.header("location") {
            Some(target) => Fault::Moved(target.to_owned()),
            None => Fault::Upstream(response.status),
        },
        (404 | 410, _) => Fault::Gone,
        (status, _) => Fault::Upstream(status),
    })
}

/// The body as JSON if the status is 200–299, else the fault that [`fault`] names.
pub fn json_body(
    response: &Response,
    now: Instant,
    slot: Option<&str>,
) -> Result<serde_json::Value, Fault> {
    match fault(response, now, slot) {
        Some(fault) => Err(fault),
        None => Ok(json::parse(&response.body)?),
    }
}

/// What an answer says about waiting: `Retry-After` in seconds or as a date, else a reset time with nothing remaining.
pub fn rate_limit(response: &Response, now: Instant) -> Option<Fault> {
    if let Some(value) = response.header("retry-after") {
        let seconds = match value.trim().parse::<u32>() {
            Ok(seconds) => seconds,
            Err(_) => seconds_until(rfc2822(value)?, now),
        };
        return Some(Fault::RetryAfter(seconds));
    }
    let field = |names: [&str; 2]| names.into_iter().find_map(|n| response.header(n));
    let remaining = field(["x-ratelimit-remaining", "ratelimit-remaining"])
        .and_then(|v| v.trim().parse::<f64>().ok());
    if response.status != 429 && remaining.is_none_or(|r| r >= 1.0) {
        return None;
    }
    let reset = reset(field(["x-ratelimit-reset", "ratelimit-reset"])?, now)?;
    Some(Fault::RateLimited(RateLimit {
        scope: "account".into(),
        reset: Some(reset),
    }))
}

/// A reset time, which networks write as a date, as seconds since the epoch, or as seconds from now.
fn reset(value: &str, now: Instant) -> Option<Instant> {
    /// A year in seconds: less is a span, more is a point in time.
    const SPAN: i64 = 366 * 86_400;
    let value = value.trim();
    match value.split('.').next().unwrap_or(value).parse::<i64>() {
        Ok(seconds @ 0..SPAN) => Some(now.saturating_add(seconds * 1000)),
        Ok(seconds @ SPAN..) => Some(crate::time::from_seconds(seconds)),
        Ok(_) => None,
        Err(_) => crate::time::lenient(value),
    }
}

/// Whole seconds from `now` to `then`, upwards: waiting too short is worse than too long.
fn seconds_until(then: Instant, now: Instant) -> u32 {
    let wait = then.saturating_sub(now).max(0);
    u32::try_from(wait / 1000 + i64::from(wait % 1000 > 0)).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::Header;

    const NOW: Instant = 1_772_600_767_000;

    fn answer(status: u16, headers: &[(&str, &str)]) -> Response {
        let headers = headers
            .iter()
            .map(|(n, v)| Header {
                name: (*n).into(),
                value: (*v).into(),
            })
            .collect();
        Response {
            status,
            headers,
            body: Vec::new(),
        }
    }

    #[test]
    fn link_headers_are_read() {
        let header = r#"<https://a.example/x?max_id=7>; rel="next", <https://a.example/y,z>; title="a, b"; rel=prev, </p>; rel="first last""#;
        let found = links(header);
        assert_eq!(found.len(), 3);
        assert_eq!(
            found[1],
            Link {
                target: "https://a.example/y,z".into(),
                relations: vec!["prev".into()]
            }
        );
        assert_eq!(found[2].relations, ["first", "last"]);
        let answer = answer(200, &[("link", header)]);
        assert_eq!(
            link(&answer, "next").as_deref(),
            Some("https://a.example/x?max_id=7")
        );
        assert_eq!(link(&answer, "up"), None);
        assert!(links("<unfinished").is_empty());
    }

    #[test]
    fn rate_limits_become_typed_faults() {
        let limited = |headers: &[(&str, &str)]| fault(&answer(429, headers), NOW, None).unwrap();
        assert_eq!(limited(&[("retry-after", "17")]), Fault::RetryAfter(17));
        assert_eq!(
            limited(&[("retry-after", "Wed, 04 Mar 2026 05:06:37 GMT")]),
            Fault::RetryAfter(30)
        );
        assert_eq!(limited(&[]), Fault::RetryAfter(60));
        for reset in ["2026-03-04T05:11:07Z", "1772601067", "300", "300.000"] {
            let Fault::RateLimited(limit) = limited(&[("x-ratelimit-reset", reset)]) else {
                panic!("{reset}")
            };
            assert_eq!(limit.reset, Some(NOW + 300_000), "{reset}");
        }
        assert_eq!(
            fault(&answer(200, &[("x-ratelimit-remaining", "0")]), NOW, None),
            None
        );
    }

    #[test]
    fn statuses_become_typed_faults() {
        assert_eq!(fault(&answer(204, &[]), NOW, None), None);
        assert_eq!(fault(&answer(410, &[]), NOW, None), Some(Fault::Gone));
        assert_eq!(
            fault(&answer(502, &[]), NOW, Some("token")),
            Some(Fault::Upstream(502))
        );
        assert_eq!(
            fault(&answer(401, &[]), NOW, None),
            Some(Fault::Upstream(401))
        );
        let rejected = Fault::authentication("token", AuthenticationProblem::Rejected);
        assert_eq!(fault(&answer(401, &[]), NOW, Some("token")), Some(rejected));
        assert_eq!(
            fault(
                &answer(308, &[("location", "https://b.example/")]),
                NOW,
                None
            ),
            Some(Fault::Moved("https://b.example/".into()))
        );
        let limited = fault(
            &answer(
                403,
                &[("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "60")],
            ),
            NOW,
            Some("token"),
        );
        assert!(
            matches!(limited, Some(Fault::RateLimited(_))),
            "{limited:?}"
        );
    }

    #[test]
    fn failures_are_never_taken_for_answers() {
        assert!(matches!(
            response(Answer::Failed(Failure::Denied)),
            Err(Fault::Permanent(_))
        ));
        assert!(
            matches!(single(vec![Answer::Failed(Failure::Timeout)]), Err(Fault::Other((code, _))) if code == "timeout")
        );
        assert!(single(Vec::new()).is_err());
    }
}
