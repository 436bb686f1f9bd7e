//! Dates as feeds write them: RFC 3339 and RFC 2822, and the usual ways of getting them wrong.

use isocial_sdk::{connector::Instant, time};

/// Reads a date; nothing if it cannot be known which day is meant.
pub(crate) fn read(text: &str) -> Option<Instant> {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    // RFC 2822 lets a reader take any zone that it does not know for UTC, so words are looked at first.
    time::rfc3339(&text)
        .or_else(|| in_parts(&text))
        .or_else(|| time::rfc2822(&text))
}

const MONTHS: [&str; 12] = [
    "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
];

/// Names of zones that stand for one offset, in minutes.
const ZONES: [(&str, i32); 23] = [
    ("z", 0),
    ("ut", 0),
    ("utc", 0),
    ("gmt", 0),
    ("wet", 0),
    ("bst", 60),
    ("west", 60),
    ("cet", 60),
    ("cest", 120),
    ("eet", 120),
    ("eest", 180),
    ("msk", 180),
    ("ict", 420),
    ("wib", 420),
    ("hkt", 480),
    ("sgt", 480),
    ("jst", 540),
    ("kst", 540),
    ("aest", 600),
    ("est", -300),
    ("edt", -240),
    ("pst", -480),
    ("pdt", -420),
];

/// Reads a date word by word: a day, a month's name or a date in numbers, a time, an offset.
fn in_parts(text: &str) -> Option<Instant> {
    let mut day = None;
    let mut month = None;
    let mut year = None;
    let mut clock = None;
    let mut minutes = None;
    let spread = spread(text);
    for word in spread
        .split([' ', ',', '(', ')'])
        .filter(|word| !word.is_empty())
    {
        let lower = word.to_lowercase();
        let number = word.parse::<u32>().ok();
        if let Some(date) = numbers(word) {
            (year, month, day) = (Some(date.0), Some(date.1), Some(date.2));
        } else if word.contains(':') && !word.starts_with(['+', '-']) {
            clock = clock.or(Some(of_clock(word)?));
        } else if let Some(offset) = offset(word).filter(|_| clock.is_some()) {
            minutes = minutes.or(Some(offset));
        } else if let Some(number) = number {
            match (day, word.len()) {
                (None, 1 | 2) => day = Some(number),
                (_, 4) => year = year.or(Some(number)),
                (Some(_), 2) => {
                    let century = if number < 70 { 2000 } else { 1900 };
                    year = year.or(Some(century + number));
                }
                _ => return None,
            }
        } else if let Some(zone) = ZONES
            .iter()
            .find(|(name, _)| *name == lower)
            .filter(|_| clock.is_some())
        {
            minutes = minutes.or(Some(zone.1));
        } else if let Some(index) = MONTHS
            .iter()
            .position(|name| lower.starts_with(name))
            .filter(|_| month.is_none())
        {
            month = Some(index as u32 + 1);
        }
        // Anything else is a weekday, in whatever language.
    }
    let (hour, minute, second) = clock.unwrap_or((0, 0, 0));
    let (year, month, day) = (year?, month?, day?);
    let day_start = time::rfc3339(&format!("{year:04}-{month:02}-{day:02}T00:00:00Z"))?;
    let seconds = i64::from(hour * 3600 + minute * 60 + second.min(59))
        - i64::from(minutes.unwrap_or(0)) * 60;
    Some(day_start + seconds * 1000)
}

/// `T` and `Z` between digits as spaces, so that `2026-03-04T05:06:07+0100` falls into words, and an offset as its own word.
fn spread(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let digit = |index: Option<usize>| {
        index
            .and_then(|i| chars.get(i))
            .is_some_and(char::is_ascii_digit)
    };
    let colon_before = |index: usize| chars.iter().take(index).any(|c| *c == ':');
    let mut out = String::new();
    for (i, c) in chars.iter().enumerate() {
        let between = digit(i.checked_sub(1));
        match c {
            'T' | 't' if between && digit(Some(i + 1)) => out.push(' '),
            'Z' | 'z' if between => out.push_str(" Z"),
            '+' | '-' if between && colon_before(i) => {
                out.push(' ');
                out.push(*c);
            }
            c => out.push(*c),
        }
    }
    out
}

/// `2026-03-04` or `2026/03/04`: only with the year first is it clear which number is the day.
fn numbers(word: &str) -> Option<(u32, u32, u32)> {
    let parts: Vec<&str> = word.split(['-', '/', '.']).collect();
    let [year, month, day] = parts.as_slice() else {
        return None;
    };
    (year.len() == 4).then_some(())?;
    Some((year.parse().ok()?, month.parse().ok()?, day.parse().ok()?))
}

fn of_clock(word: &str) -> Option<(u32, u32, u32)> {
    let mut parts = word.split(':');
    let hour: u32 = parts.next()?.parse().ok()?;
    let minute: u32 = parts.next()?.parse().ok()?;
    let second = match parts.next() {
        Some(second) => second.split(['.', ',']).next()?.parse().ok()?,
        None => 0,
    };
    (hour <= 24 && minute < 60 && second <= 60).then_some((hour, minute, second))
}

/// `+0700`, `-05:00`, `+07`, `GMT+7`.
fn offset(word: &str) -> Option<i32> {
    let upper = word.to_ascii_uppercase();
    let word = upper
        .strip_prefix("GMT")
        .or_else(|| upper.strip_prefix("UTC"))
        .unwrap_or(&upper);
    let (sign, digits) = match word.split_at_checked(1)? {
        ("+", rest) => (1, rest),
        ("-" | "\u{2212}", rest) => (-1, rest),
        _ => return None,
    };
    let digits = digits.replace(':', "");
    let (hours, minutes) = match digits.len() {
        1 | 2 => (digits.parse::<i32>().ok()?, 0),
        3 | 4 => {
            let (hours, minutes) = digits.split_at_checked(digits.len() - 2)?;
            (hours.parse().ok()?, minutes.parse().ok()?)
        }
        _ => return None,
    };
    (hours <= 14 && minutes < 60).then_some(sign * (hours * 60 + minutes))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-03-04T05:06:07Z.
    const AT: Instant = 1_772_600_767_000;

    #[test]
    fn dates_are_read_as_feeds_write_them() {
        for text in [
            "Wed, 04 Mar 2026 05:06:07 GMT",
            "Wed, 04 Mar 2026 05:06:07 UTC",
            "Wed, 04 Mar 2026 05:06:07 Z",
            "Wed, 04 Mar 2026 05:06:07",
            "Wed 4 March 2026 05:06:07 +0000",
            "Wed Mar 4 05:06:07 2026",
            "March 4, 2026 05:06:07 UTC",
            "04 Mar 26 12:06:07 ICT",
            "Wed, 04 Mar 2026 06:06:07 CET (Central European Time)",
            "Wed, 04 Mar 2026 12:06:07 GMT+7",
            "T4, 04 Mar 2026 12:06:07 +07:00",
            "2026-03-04T05:06:07Z",
            "2026-03-04T12:06:07+0700",
            "2026-03-04 12:06:07 +0700",
            "2026-03-04T00:06:07-05",
            "2026-03-04 05:06:07.5",
            "2026/03/04 05:06:07",
            "  2026-03-04T05:06:07.000Z ",
        ] {
            assert_eq!(read(text).map(|at| at / 1000 * 1000), Some(AT), "{text}");
        }
        assert_eq!(read("2026-03-04"), Some(1_772_582_400_000));
        assert_eq!(
            read("Wed, 04 Mar 2026 24:00:00 GMT"),
            Some(1_772_582_400_000 + 86_400_000)
        );
    }

    #[test]
    fn what_could_be_another_day_is_not_read() {
        for text in [
            "",
            "yesterday",
            "03/04/2026",
            "2026",
            "Mar 2026",
            "32 Mar 2026",
            "2026-02-30",
            "04 Mar 2026 25:00:00",
            "12345678901234567890",
            "::",
            "+",
            "-",
            "T",
            "é1é",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
