//! United States: Social Security numbers (SSA, POMS RM 10201.035) and individual taxpayer numbers (IRS). They have no check digit;
//! what was never issued is excluded: areas 000, 666 and from 900, group 00, serial 0000.

use super::super::{context, groups::Window};

const NAMES: &[&str] = &[
    "ssn", "ssns", "security", "itin", "taxpayer", "ss#", "social",
];

/// 123-45-6789; with spaces, or bare, beside its name.
pub(super) fn ssn(window: &Window<'_>) -> bool {
    let area = window.prefix(3);
    let issued = area != 0 && area != 666 && area < 900;
    issued && halves(window) && written(window)
}

/// 9xx-(50–65, 70–88, 90–92, 94–99)-xxxx.
pub(super) fn itin(window: &Window<'_>) -> bool {
    let group = window.digit(3) * 10 + window.digit(4);
    window.digit(0) == 9
        && matches!(group, 50..=65 | 70..=88 | 90..=92 | 94..=99)
        && written(window)
}

fn halves(window: &Window<'_>) -> bool {
    (window.digit(3), window.digit(4)) != (0, 0) && !window.digits.ends_with(b"0000")
}

fn written(window: &Window<'_>) -> bool {
    let shaped = window.shaped(&[3, 2, 4]);
    (shaped && window.joined_by(b"-"))
        || (((shaped && window.joined_by(b" .")) || window.groups.len() == 1)
            && context::named(window.text, window.start(), NAMES))
}
