//! National identity numbers, one country a file, each with the check that its issuer defines.
//!
//! Lives here: which of them a number of digits may be. Those with letters are asked by `word`.

mod br;
mod de;
mod es;
mod fr;
mod gb;
mod india;
mod it;
mod named;
mod us;
mod vn;

pub(super) use self::{
    es::{dni, nie},
    fr::nir_with_letter,
    gb::nino,
    india::pan,
    it::fiscal_code,
    named::papers,
};
use super::{DetailKind, context::Announced, groups::Window};

/// The identity number that a window of digits is. What is announced as a telephone is one unless its form is an id's alone.
pub(super) fn of_digits(window: &Window<'_>, announced: Announced) -> Option<DetailKind> {
    let phone = announced == Announced::Phone;
    if window.groups.len() == 1 && window.fraction() {
        return None;
    }
    match window.digits.len() {
        9 if us::ssn(window) => Some(DetailKind::UsSsn),
        9 if us::itin(window) => Some(DetailKind::UsItin),
        9 if vn::old_id(window) => Some(DetailKind::VnId),
        11 if br::cpf(window, phone) => Some(DetailKind::BrCpf),
        11 if !phone && de::tax_id(window) => Some(DetailKind::DeTaxId),
        12 if !phone && vn::citizen_id(window) => Some(DetailKind::VnId),
        12 if !phone && india::aadhaar(window) => Some(DetailKind::InAadhaar),
        14 if br::cnpj(window) => Some(DetailKind::BrCnpj),
        15 if fr::nir(window) => Some(DetailKind::FrNir),
        _ => None,
    }
}

/// Reads `count` characters from an offset, passing over single spaces, dashes and points; upper case, and where they end. Nothing if
/// a letter or digit follows.
fn compact<const N: usize>(bytes: &[u8], start: usize) -> Option<([u8; N], usize)> {
    let mut out = [0u8; N];
    let (mut n, mut at, mut gap) = (0, start, true);
    while n < N {
        let byte = *bytes.get(at)?;
        if byte.is_ascii_alphanumeric() {
            *out.get_mut(n)? = byte.to_ascii_uppercase();
            n += 1;
            gap = false;
        } else if matches!(byte, b' ' | b'-' | b'.') && !gap {
            gap = true;
        } else {
            return None;
        }
        at += 1;
    }
    super::work::did(at - start);
    (!bytes.get(at).is_some_and(u8::is_ascii_alphanumeric)).then_some((out, at))
}

/// Whether a letter or digit stands right before an offset.
fn glued(bytes: &[u8], start: usize) -> bool {
    start
        .checked_sub(1)
        .and_then(|i| bytes.get(i))
        .is_some_and(|b| b.is_ascii_alphanumeric() || *b == b'_')
}

/// The digits' value; letters count nothing.
fn value(digits: &[u8]) -> u64 {
    digits
        .iter()
        .filter(|d| d.is_ascii_digit())
        .fold(0, |n, d| n * 10 + u64::from(d - b'0'))
}
