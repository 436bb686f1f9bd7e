//! Record keys that are times: 13 characters of base 32 that sort as their microseconds do.

use isocial_sdk::connector::Instant;

const DIGITS: &[u8; 32] = b"234567abcdefghijklmnopqrstuvwxyz";

/// When a key was made; nothing if it is no such key.
pub(crate) fn time(key: &str) -> Option<Instant> {
    if key.len() != 13 {
        return None;
    }
    let mut value: u64 = 0;
    for byte in key.bytes() {
        let digit = DIGITS.iter().position(|d| *d == byte)? as u64;
        value = value.checked_mul(32)?.checked_add(digit)?;
    }
    // The highest bit is 0; the lowest ten tell clocks apart.
    let micros = i64::try_from(value >> 10).ok()?;
    Some(micros / 1000)
}

/// The first key of an instant: every later one sorts after it.
pub(crate) fn at(instant: Instant) -> String {
    const MOST: u64 = (1 << 53) - 1;
    let micros = u64::try_from(instant)
        .unwrap_or(0)
        .saturating_mul(1000)
        .min(MOST);
    let value = micros << 10;
    (0..13)
        .rev()
        .map(|place| {
            let digit = (value >> (place * 5)) & 31;
            DIGITS.get(digit as usize).copied().map_or('2', char::from)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_times() {
        // Of a record that a real server made at this instant.
        assert_eq!(time("3n2ynbvt6222k").map(|t| t / 1000), Some(1_795_454_433));
        assert_eq!(time(&at(1_772_600_767_089)), Some(1_772_600_767_089));
        assert!(at(1_772_600_767_089) < at(1_772_600_767_090));
        assert_eq!(at(0), "2222222222222");
        assert_eq!(at(i64::MIN), at(0));
        assert_eq!(at(i64::MAX).len(), 13);
        for no in [
            "",
            "self",
            "3n2ynbvt6222",
            "3N2YNBVT6222K",
            "zzzzzzzzzzzzz",
            "1111111111111",
        ] {
            assert_eq!(time(no), None, "{no}");
        }
    }
}
