//! International bank account numbers (ISO 13616; the check is ISO/IEC 7064, MOD 97-10), bare or in groups, in either case. Lengths are
//! those of the SWIFT IBAN registry.

/// Countries with bank account numbers of this form, and how long they are.
#[rustfmt::skip]
const IBAN_LENGTHS: &[(&[u8; 2], usize)] = &[
    (b"AD", 24), (b"AE", 23), (b"AL", 28), (b"AT", 20), (b"AZ", 28), (b"BA", 20), (b"BE", 16), (b"BG", 22),
    (b"BH", 22), (b"BI", 27), (b"BR", 29), (b"BY", 28), (b"CH", 21), (b"CR", 22), (b"CY", 28), (b"CZ", 24),
    (b"DE", 22), (b"DJ", 27), (b"DK", 18), (b"DO", 28), (b"EE", 20), (b"EG", 29), (b"ES", 24), (b"FI", 18),
    (b"FK", 18), (b"FO", 18), (b"FR", 27), (b"GB", 22), (b"GE", 22), (b"GI", 23), (b"GL", 18), (b"GR", 27),
    (b"GT", 28), (b"HN", 28), (b"HR", 21), (b"HU", 28), (b"IE", 22), (b"IL", 23), (b"IQ", 23), (b"IS", 26),
    (b"IT", 27), (b"JO", 30), (b"KW", 30), (b"KZ", 20), (b"LB", 28), (b"LC", 32), (b"LI", 21), (b"LT", 20),
    (b"LU", 20), (b"LV", 21), (b"LY", 25), (b"MC", 27), (b"MD", 24), (b"ME", 22), (b"MK", 19), (b"MN", 20),
    (b"MR", 27), (b"MT", 31), (b"MU", 30), (b"NI", 28), (b"NL", 18), (b"NO", 15), (b"OM", 23), (b"PK", 24),
    (b"PL", 28), (b"PS", 29), (b"PT", 25), (b"QA", 29), (b"RO", 24), (b"RS", 22), (b"RU", 33), (b"SA", 24),
    (b"SC", 31), (b"SD", 18), (b"SE", 24), (b"SI", 19), (b"SK", 24), (b"SM", 27), (b"SO", 23), (b"ST", 25),
    (b"SV", 28), (b"TL", 23), (b"TN", 24), (b"TR", 26), (b"UA", 29), (b"VA", 22), (b"VG", 24), (b"XK", 20),
    (b"YE", 30),
];

/// Where the account that begins with two letters at an offset ends: country, two check digits, and the rest, bare or in groups.
pub(super) fn end(bytes: &[u8], start: usize) -> Option<usize> {
    let head: [u8; 4] = bytes.get(start..start + 4)?.try_into().ok()?;
    let [first, second, tens, units] = head.map(|byte| byte.to_ascii_uppercase());
    if !first.is_ascii_uppercase()
        || !second.is_ascii_uppercase()
        || !tens.is_ascii_digit()
        || !units.is_ascii_digit()
    {
        return None;
    }
    if start
        .checked_sub(1)
        .and_then(|i| bytes.get(i))
        .is_some_and(u8::is_ascii_alphanumeric)
    {
        return None;
    }
    let length = IBAN_LENGTHS
        .iter()
        .find(|(country, _)| **country == [first, second])?
        .1;
    let mut chars = [0u8; 34];
    let (mut n, mut at, mut gap) = (0, start, 0);
    while n < length {
        let byte = *bytes.get(at)?;
        if byte.is_ascii_alphanumeric() {
            *chars.get_mut(n)? = byte.to_ascii_uppercase();
            n += 1;
            gap = 0;
        } else if matches!(byte, b' ' | b'-' | b'.') && gap == 0 && n >= 2 {
            gap = 1;
        } else {
            return None;
        }
        at += 1;
    }
    if bytes.get(at).is_some_and(u8::is_ascii_alphanumeric) {
        return None;
    }
    let rotated = chars.get(4..length)?.iter().chain(chars.get(..4)?);
    let rest = rotated.fold(0u32, |rest, c| {
        if c.is_ascii_digit() {
            (rest * 10 + u32::from(c - b'0')) % 97
        } else {
            (rest * 100 + u32::from(c - b'A') + 10) % 97
        }
    });
    (rest == 1).then_some(at)
}
