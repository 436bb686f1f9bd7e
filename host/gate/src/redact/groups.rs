//! Groups of digits, and the runs that they form: `0912 345 678` is one run of three groups.
//!
//! Lives here: where runs begin and end, and windows of them. Not here: what a window is (`number`).

use super::work;

/// One group of digits; offsets in the folded text.
#[derive(Debug, Clone, Copy)]
pub(super) struct Group {
    pub(super) start: usize,
    pub(super) end: usize,
}

impl Group {
    pub(super) fn len(self) -> usize {
        self.end - self.start
    }
}

/// The most digits that any detail has: a payment card's.
pub(super) const DIGITS_MAX: usize = 19;

/// Groups that are read as one number, with their digits.
#[derive(Debug, Clone, Copy)]
pub(super) struct Window<'t> {
    pub(super) text: &'t str,
    pub(super) groups: &'t [Group],
    pub(super) digits: &'t [u8],
}

impl Window<'_> {
    pub(super) fn start(&self) -> usize {
        self.groups.first().map_or(0, |g| g.start)
    }
    pub(super) fn end(&self) -> usize {
        self.groups.last().map_or(0, |g| g.end)
    }
    /// The byte so many places before the first digit.
    pub(super) fn before(&self, back: usize) -> Option<u8> {
        let at = self.start().checked_sub(back)?;
        self.text.as_bytes().get(at).copied()
    }
    /// Whether the digits stand behind a decimal point.
    pub(super) fn fraction(&self) -> bool {
        self.before(1) == Some(b'.') && self.before(2).is_some_and(|b| b.is_ascii_digit())
    }
    /// The digit at a place, 0 beyond the end.
    pub(super) fn digit(&self, at: usize) -> u8 {
        self.digits.get(at).map_or(0, |d| d - b'0')
    }
    /// The first digits as a number.
    pub(super) fn prefix(&self, count: usize) -> u32 {
        let digits = self.digits.get(..count).unwrap_or_default();
        digits.iter().fold(0, |n, d| n * 10 + u32::from(d - b'0'))
    }
    /// Whether the groups have these lengths.
    pub(super) fn shaped(&self, lengths: &[usize]) -> bool {
        self.groups.len() == lengths.len()
            && self.groups.iter().zip(lengths).all(|(g, n)| g.len() == *n)
    }
    /// Whether a single sign stands between any two groups, each one of these.
    pub(super) fn joined_by(&self, allowed: &[u8]) -> bool {
        self.between()
            .all(|gap| matches!(gap, [sign] if allowed.contains(sign)))
    }
    /// Whether exactly these signs stand between the groups.
    pub(super) fn joined_as(&self, signs: &[u8]) -> bool {
        self.groups.len() == signs.len() + 1
            && self.between().zip(signs).all(|(gap, sign)| gap == [*sign])
    }
    /// What stands between the groups.
    pub(super) fn between(&self) -> impl Iterator<Item = &[u8]> {
        let bytes = self.text.as_bytes();
        self.groups.windows(2).map(move |pair| match pair {
            [a, b] => bytes.get(a.end..b.start).unwrap_or_default(),
            _ => &[],
        })
    }
}

/// Where the digits that begin at an offset end.
pub(super) fn digits_end(bytes: &[u8], start: usize) -> usize {
    bytes
        .get(start..)
        .and_then(|rest| rest.iter().position(|b| !b.is_ascii_digit()))
        .map_or(bytes.len(), |n| start + n)
}

/// Gives each run of groups to `read`, in order; `groups` is room to work in.
pub(super) fn runs(text: &str, groups: &mut Vec<Group>, mut read: impl FnMut(&[Group])) {
    let bytes = text.as_bytes();
    groups.clear();
    let mut at = 0;
    while let Some(offset) = bytes
        .get(at..)
        .and_then(|rest| rest.iter().position(u8::is_ascii_digit))
    {
        let start = at + offset;
        let end = digits_end(bytes, start);
        work::did(end - at);
        if let Some(last) = groups.last()
            && !joins(bytes, last.end, start)
        {
            read(groups);
            groups.clear();
        }
        groups.push(Group { start, end });
        at = end;
    }
    if !groups.is_empty() {
        read(groups);
    }
}

/// Whether what stands between two groups can stand inside one number: at most three signs, with at most one dash or slash.
fn joins(bytes: &[u8], from: usize, to: usize) -> bool {
    let between = bytes.get(from..to).unwrap_or_default();
    if between.len() > 4 {
        return false;
    }
    if between == b" / " {
        // Stands between two numbers; `/` inside one.
        return false;
    }
    let mut strong = 0;
    for sign in between {
        match sign {
            b' ' | b'(' | b')' => {}
            b'-' | b'.' | b'/' => strong += 1,
            _ => return false,
        }
    }
    strong <= 1
}
