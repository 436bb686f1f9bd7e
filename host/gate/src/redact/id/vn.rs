//! Vietnam: the citizen's identity number of 12 digits (Decree 137/2015/ND-CP, article 13; Circular 59/2021/TT-BCA): province of
//! birth, century with sex, year, six digits. It has no check digit; provinces are the published list. The older card of nine
//! digits counts beside its name only.

use super::super::{context, groups::Window};

/// Codes of the provinces (Circular 59/2021/TT-BCA, annex 1). Those merged since keep the numbers that they gave out.
#[rustfmt::skip]
const PROVINCES: [u32; 63] = [
    1, 2, 4, 6, 8, 10, 11, 12, 14, 15, 17, 19, 20, 22, 24, 25, 26, 27, 30, 31, 33, 34, 35, 36, 37, 38, 40, 42, 44, 45, 46, 48, 49, 51,
    52, 54, 56, 58, 60, 62, 64, 66, 67, 68, 70, 72, 74, 75, 77, 79, 80, 82, 83, 84, 86, 87, 89, 91, 92, 93, 94, 95, 96,
];

const NAMES: &[&str] = &[
    "cccd",
    "cmnd",
    "cmt",
    "cmtnd",
    "cccd/cmnd",
    "cước",
    "thân",
    "dân",
];

/// 001203012345. Centuries 0 and 1 are the 20th, 2 and 3 the 21st; later ones have nobody yet.
pub(super) fn citizen_id(window: &Window<'_>) -> bool {
    let numbered = PROVINCES.binary_search(&window.prefix(3)).is_ok() && window.digit(3) <= 3;
    // 4-4-4 is how telephones are read out, unless the number is named.
    let read_out = window.shaped(&[4, 4, 4]);
    numbered
        && window.groups.len() <= 4
        && window.joined_by(b" -.")
        && (!read_out || context::named(window.text, window.start(), NAMES))
}

/// Nine digits, bare or in threes, beside the card's name.
pub(super) fn old_id(window: &Window<'_>) -> bool {
    (window.groups.len() == 1 || window.shaped(&[3, 3, 3]))
        && context::named(window.text, window.start(), NAMES)
}
