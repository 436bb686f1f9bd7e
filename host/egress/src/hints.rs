//! What a network says about its rate limit, in the forms that networks use.
//!
//! `Retry-After` in seconds or as a date; `X-RateLimit-*`, `X-Rate-Limit-*` and `RateLimit-*` with a reset in seconds from now, seconds
//! since the epoch or as an ISO instant; the IETF's single `RateLimit` field, old and new.

use http::HeaderMap;
use isocial_model::Instant;

/// A network may ask for a pause; not for one of years, by mistake or malice.
const LONGEST_MS: i64 = 24 * Instant::HOUR_MS;
/// A pause where the network says 429 and no more.
const DEFAULT_PAUSE_MS: i64 = Instant::MINUTE_MS;
/// Numbers above this are seconds since the epoch (2001), numbers below are seconds from now (31 years).
const EPOCH_FROM: f64 = 1_000_000_000.0;
/// Numbers above this are milliseconds since the epoch.
const MILLIS_FROM: f64 = 100_000_000_000.0;

/// What a network said about how often it may be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RateHints {
    /// Calls in a window.
    pub limit: Option<u64>,
    /// Calls left in this window.
    pub remaining: Option<u64>,
    /// When the window ends.
    pub reset: Option<Instant>,
    /// Not to be asked again before this instant. At most a day ahead.
    pub come_back: Option<Instant>,
}

impl RateHints {
    /// Reads an answer's status and header fields.
    pub fn read(status: u16, headers: &HeaderMap, now: Instant) -> Self {
        let get = |name: &str| {
            headers
                .get(name)
                .and_then(|value| value.to_str().ok())
                .map(str::trim)
        };
        let family = |what: &str| {
            ["x-ratelimit-", "x-rate-limit-", "ratelimit-"]
                .iter()
                .find_map(|prefix| get(&format!("{prefix}{what}")))
        };
        let single = get("ratelimit").unwrap_or_default();
        let limit = family("limit")
            .or_else(|| parameter(single, &["limit", "q"]))
            .and_then(count);
        let remaining = family("remaining")
            .or_else(|| parameter(single, &["remaining", "r"]))
            .and_then(count);
        let reset = family("reset-after")
            .and_then(seconds_from_now)
            .map(|ms| now.plus_ms(ms))
            .or_else(|| {
                family("reset")
                    .or_else(|| parameter(single, &["reset", "t"]))
                    .and_then(|text| instant(text, now))
            })
            .map(|reset| within(reset, now));
        let asked = get("retry-after")
            .and_then(|text| retry_after(text, now))
            .map(|at| within(at, now));
        let come_back = match (status, asked) {
            (_, Some(at)) if at > now => Some(at),
            (429, _) => Some(
                reset
                    .filter(|at| *at > now)
                    .unwrap_or_else(|| now.plus_ms(DEFAULT_PAUSE_MS)),
            ),
            _ if remaining == Some(0) => reset.filter(|at| *at > now),
            _ => None,
        };
        Self {
            limit,
            remaining,
            reset,
            come_back,
        }
    }
}

/// `100`, `100, 100;w=60`, `594.0`: the leading number.
fn count(text: &str) -> Option<u64> {
    let number: f64 = text.split([',', ';']).next()?.trim().parse().ok()?;
    (number.is_finite() && number >= 0.0).then_some(number as u64)
}

/// A parameter of `limit=100, remaining=50, reset=5` or of `"default";r=50;t=5`.
fn parameter<'a>(field: &'a str, names: &[&str]) -> Option<&'a str> {
    field.split([',', ';']).find_map(|part| {
        let (name, value) = part.split_once('=')?;
        names
            .contains(&name.trim().to_ascii_lowercase().as_str())
            .then(|| value.trim())
    })
}

fn seconds_from_now(text: &str) -> Option<i64> {
    let seconds: f64 = text.parse().ok()?;
    (seconds.is_finite() && seconds >= 0.0)
        .then_some((seconds * 1000.0).ceil().min(LONGEST_MS as f64) as i64)
}

/// Seconds from now, seconds or milliseconds since the epoch, or an ISO instant.
fn instant(text: &str, now: Instant) -> Option<Instant> {
    if let Ok(at) = text.trim_matches('"').parse::<jiff::Timestamp>() {
        return Some(Instant(at.as_millisecond()));
    }
    let number: f64 = text.split([',', ';']).next()?.trim().parse().ok()?;
    if !number.is_finite() || number < 0.0 {
        None
    } else if number >= MILLIS_FROM {
        Some(Instant(number as i64))
    } else if number >= EPOCH_FROM {
        Some(Instant((number * 1000.0) as i64))
    } else {
        Some(now.plus_ms((number * 1000.0).ceil().min(LONGEST_MS as f64) as i64))
    }
}

/// Seconds, or one of the three dates that HTTP knows (the two obsolete ones are read as well).
fn retry_after(text: &str, now: Instant) -> Option<Instant> {
    if let Some(ms) = seconds_from_now(text) {
        return Some(now.plus_ms(ms));
    }
    if let Ok(date) = jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(text) {
        return Some(Instant(date.as_millisecond()));
    }
    instant(text, now)
}

fn within(at: Instant, now: Instant) -> Instant {
    at.min(now.plus_ms(LONGEST_MS))
}

#[cfg(test)]
mod tests {
    use http::{HeaderName, HeaderValue};

    use super::*;

    /// 2026-03-01T12:00:00Z
    const NOW: Instant = Instant(1_772_366_400_000);

    fn read(status: u16, fields: &[(&str, &str)]) -> RateHints {
        let headers = fields
            .iter()
            .map(|(n, v)| {
                (
                    n.parse::<HeaderName>().unwrap(),
                    HeaderValue::from_str(v).unwrap(),
                )
            })
            .collect();
        RateHints::read(status, &headers, NOW)
    }

    #[test]
    fn every_form_of_a_rate_limit_is_understood() {
        let in_5_min = NOW.plus_ms(300_000);
        let forms: &[(&str, &[(&str, &str)])] = &[
            (
                "Mastodon: ISO instant",
                &[
                    ("x-ratelimit-limit", "300"),
                    ("x-ratelimit-remaining", "0"),
                    ("x-ratelimit-reset", "2026-03-01T12:05:00.000000Z"),
                ],
            ),
            (
                "Bluesky: epoch",
                &[
                    ("ratelimit-limit", "3000"),
                    ("ratelimit-remaining", "0"),
                    ("ratelimit-reset", "1772366700"),
                    ("ratelimit-policy", "3000;w=300"),
                ],
            ),
            (
                "X: epoch",
                &[
                    ("x-rate-limit-limit", "180"),
                    ("x-rate-limit-remaining", "0"),
                    ("x-rate-limit-reset", "1772366700"),
                ],
            ),
            (
                "Reddit: decimals, seconds from now",
                &[
                    ("x-ratelimit-used", "100"),
                    ("x-ratelimit-remaining", "0.0"),
                    ("x-ratelimit-reset", "300"),
                ],
            ),
            (
                "milliseconds",
                &[
                    ("x-ratelimit-remaining", "0"),
                    ("x-ratelimit-reset", "1772366700000"),
                ],
            ),
            (
                "seconds from now, named so",
                &[
                    ("x-ratelimit-remaining", "0"),
                    ("x-ratelimit-reset", "1772366600"),
                    ("x-ratelimit-reset-after", "300.0"),
                ],
            ),
            (
                "IETF, old",
                &[("ratelimit", "limit=100, remaining=0, reset=300")],
            ),
            ("IETF, new", &[("ratelimit", "\"default\";r=0;t=300")]),
        ];
        for (name, fields) in forms {
            let hints = read(200, fields);
            assert_eq!(hints.remaining, Some(0), "{name}");
            assert_eq!(hints.reset, Some(in_5_min), "{name}");
            assert_eq!(hints.come_back, Some(in_5_min), "{name}");
        }
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        assert_eq!(
            read(429, &[("retry-after", "120")]).come_back,
            Some(NOW.plus_ms(120_000))
        );
        assert_eq!(
            read(503, &[("retry-after", "Sun, 01 Mar 2026 12:02:00 GMT")]).come_back,
            Some(NOW.plus_ms(120_000))
        );
        assert_eq!(
            read(429, &[("retry-after", "Sun, 01 Mar 2026 11:00:00 GMT")]).come_back,
            Some(NOW.plus_ms(60_000)),
            "a date that has passed"
        );
    }

    #[test]
    fn a_bare_429_means_a_minute_and_nothing_means_nothing() {
        assert_eq!(read(429, &[]).come_back, Some(NOW.plus_ms(60_000)));
        assert_eq!(read(200, &[]), RateHints::default());
        let left = read(
            200,
            &[("x-ratelimit-remaining", "7"), ("x-ratelimit-reset", "60")],
        );
        assert_eq!((left.remaining, left.come_back), (Some(7), None));
    }

    #[test]
    fn nonsense_is_ignored_and_years_are_cut_to_a_day() {
        assert_eq!(
            read(
                200,
                &[
                    ("x-ratelimit-remaining", "-3"),
                    ("x-ratelimit-reset", "soon"),
                    ("retry-after", "NaN")
                ]
            ),
            RateHints::default()
        );
        assert_eq!(
            read(429, &[("retry-after", "999999999999")]).come_back,
            Some(NOW.plus_ms(24 * Instant::HOUR_MS))
        );
        assert_eq!(
            read(429, &[("x-ratelimit-reset", "99999999999999")]).come_back,
            Some(NOW.plus_ms(24 * Instant::HOUR_MS))
        );
    }
}
