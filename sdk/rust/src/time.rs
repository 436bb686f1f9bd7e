//! Times as networks write them, to instants. No clock is read: a plugin's time is in its job.

use jiff::{Timestamp, civil::DateTime, fmt::rfc2822, tz::TimeZone};

pub use crate::types::Instant;

/// Reads RFC 3339 and what networks make of it: `2026-03-04T05:06:07.089Z`, with an offset, or with a space for the `T`.
///
/// A time without an offset, or a date alone, is taken as UTC.
pub fn rfc3339(text: &str) -> Option<Instant> {
    let text = text.trim();
    if let Ok(instant) = text.parse::<Timestamp>() {
        return Some(instant.as_millisecond());
    }
    let civil: DateTime = text.parse().ok()?;
    Some(
        civil
            .to_zoned(TimeZone::UTC)
            .ok()?
            .timestamp()
            .as_millisecond(),
    )
}

/// Reads RFC 2822 and what feeds make of it: `Wed, 04 Mar 2026 05:06:07 GMT`, a wrong weekday, a missing second, a two-digit year.
pub fn rfc2822(text: &str) -> Option<Instant> {
    static PARSER: rfc2822::DateTimeParser = rfc2822::DateTimeParser::new().relaxed_weekday(true);
    let text = text.trim();
    let read = |text: &str| {
        PARSER
            .parse_timestamp(text)
            .ok()
            .map(Timestamp::as_millisecond)
    };
    read(text).or_else(|| {
        // A weekday written out, or in another language, says nothing that the date does not.
        let (weekday, rest) = text.split_once(',')?;
        weekday
            .chars()
            .all(char::is_alphabetic)
            .then(|| read(rest.trim()))
            .flatten()
    })
}

/// Reads a time in any of the forms above, as feeds mix them.
pub fn lenient(text: &str) -> Option<Instant> {
    rfc3339(text).or_else(|| rfc2822(text))
}

/// The instant as RFC 3339 in UTC with milliseconds where there are any; nothing outside the years −9999 to 9999.
pub fn to_rfc3339(instant: Instant) -> Option<String> {
    Some(Timestamp::from_millisecond(instant).ok()?.to_string())
}

/// An instant from seconds since the epoch.
pub fn from_seconds(seconds: i64) -> Instant {
    seconds.saturating_mul(1000)
}

#[cfg(test)]
mod tests {
    use super::*;

    const AT: Instant = 1_772_600_767_000;

    #[test]
    fn times_are_read_as_networks_write_them() {
        for text in [
            "2026-03-04T05:06:07Z",
            "2026-03-04T05:06:07.000Z",
            "2026-03-04 05:06:07+00:00",
            " 2026-03-04T12:06:07+07:00 ",
            "2026-03-04T05:06:07",
        ] {
            assert_eq!(rfc3339(text), Some(AT), "{text}");
        }
        for text in [
            "Wed, 04 Mar 2026 05:06:07 GMT",
            "Wed, 4 Mar 2026 05:06:07 +0000",
            "04 Mar 2026 00:06:07 EST",
            "Mon, 04 Mar 2026 05:06:07 GMT",
            "Wednesday, 04 Mar 26 05:06:07 UT",
        ] {
            assert_eq!(rfc2822(text), Some(AT), "{text}");
        }
        assert_eq!(lenient("2026-03-04"), Some(1_772_582_400_000));
        for text in [
            "",
            "yesterday",
            "2026-13-04T05:06:07Z",
            "99999999999999",
            "Wed, 32 Mar 2026 05:06:07 GMT",
        ] {
            assert_eq!(lenient(text), None, "{text}");
        }
    }

    #[test]
    fn instants_are_written_and_read_back() {
        assert_eq!(to_rfc3339(AT).as_deref(), Some("2026-03-04T05:06:07Z"));
        assert_eq!(
            to_rfc3339(AT + 89).as_deref(),
            Some("2026-03-04T05:06:07.089Z")
        );
        assert_eq!(to_rfc3339(i64::MAX), None);
    }
}
