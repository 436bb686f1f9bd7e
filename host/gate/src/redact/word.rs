//! Words with digits in them: bank accounts, identity numbers with letters, addresses of blockchains. Each digit leads to its word, and
//! the word's form to the one detector that may know it.

use super::{DetailKind, detect::Found, groups::digits_end, iban, id, wallet, work};

/// The longest word that any detector knows: an address of a blockchain.
const WORD_MAX: usize = 96;

/// Finds details in words with digits.
pub(super) fn words(text: &str, found: &mut Vec<Found>) {
    let bytes = text.as_bytes();
    let mut at = 0;
    while let Some(offset) = bytes
        .get(at..)
        .and_then(|rest| rest.iter().position(u8::is_ascii_digit))
    {
        let digit = at + offset;
        let digits = digits_end(bytes, digit);
        work::did(digits - at);
        at = digits;
        if let Some(detail) = detail(bytes, digit, digits) {
            at = detail.end.max(at);
            found.push(detail);
        }
    }
}

/// What the digits from `digit` to `digits` are part of.
fn detail(bytes: &[u8], digit: usize, digits: usize) -> Option<Found> {
    let letters_before = bytes
        .get(..digit)?
        .iter()
        .rev()
        .take(WORD_MAX)
        .take_while(|b| b.is_ascii_alphabetic())
        .count();
    let start = digit - letters_before;
    let tail = bytes
        .get(digits..)?
        .iter()
        .take(WORD_MAX)
        .take_while(|b| b.is_ascii_alphanumeric())
        .count();
    let end = digits + tail;
    work::did(end - start);
    let found = |start: usize, end: Option<usize>, kind: DetailKind| {
        end.map(|end| Found { start, end, kind })
    };
    let length = end - start;
    // Two letters, perhaps with a space behind them, and two digits or more: an account, or a British number.
    let pair = match letters_before {
        2 => Some(start),
        0 => digit.checked_sub(3).filter(|from| {
            bytes.get(from + 2) == Some(&b' ')
                && bytes
                    .get(*from..from + 2)
                    .is_some_and(|w| w.iter().all(u8::is_ascii_alphabetic))
        }),
        _ => None,
    };
    if let Some(pair) = pair {
        if letters_before == 2
            && let Some(end) = iban::end(bytes, pair)
        {
            return found(pair, Some(end), DetailKind::Iban);
        }
        if let Some(end) = id::nino(bytes, pair) {
            return found(pair, Some(end), DetailKind::GbNino);
        }
    }
    match (letters_before, digits - digit) {
        (0, 8 | 1..=2) => {
            if let Some(end) = id::dni(bytes, digit) {
                return found(digit, Some(end), DetailKind::EsDni);
            }
        }
        (1, 7) => {
            if let Some(end) = id::nie(bytes, start) {
                return found(start, Some(end), DetailKind::EsNie);
            }
        }
        (0, 7) => {
            let from = digit.checked_sub(2)?;
            if bytes.get(from + 1) == Some(&b'-')
                && let Some(end) = id::nie(bytes, from)
            {
                return found(from, Some(end), DetailKind::EsNie);
            }
        }
        (5, 4) if length == 10 && id::pan(bytes.get(start..end)?) => {
            return found(start, Some(end), DetailKind::InPan);
        }
        _ => {}
    }
    if letters_before == 0
        && let Some(end) = id::nir_with_letter(bytes, digit)
    {
        return found(digit, Some(end), DetailKind::FrNir);
    }
    // RSSMRA85T10A562S, RSSMRA 85T10 A562S, RSS MRA 85T10 A562S.
    let code = match letters_before {
        6..=15 if length == 16 => Some(start),
        0 => names_before(bytes, digit),
        _ => None,
    };
    if let Some(code) = code
        && let Some(end) = id::fiscal_code(bytes, code)
    {
        return found(code, Some(end), DetailKind::ItFiscalCode);
    }
    if length >= wallet::LENGTH_MIN && wallet::is_wallet(bytes.get(start..end)?) {
        return found(start, Some(end), DetailKind::Wallet);
    }
    None
}

/// Where six letters in one or two words that end right before an offset begin.
fn names_before(bytes: &[u8], digit: usize) -> Option<usize> {
    let (mut at, mut letters) = (digit, 0);
    while letters < 6 {
        at = at.checked_sub(1)?;
        match bytes.get(at)? {
            b if b.is_ascii_alphabetic() => letters += 1,
            b' ' if letters == 0 || letters == 3 => {}
            _ => return None,
        }
    }
    Some(at)
}
