//! Edits: the way between the offsets of a text and those of its redacted form.

/// One replacement: the detail in the original, its token in the redacted text; byte offsets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Edit {
    pub(super) old_start: u32,
    pub(super) old_end: u32,
    pub(super) new_start: u32,
    pub(super) new_end: u32,
}

/// The replacements of one text: the way between its offsets and the redacted text's.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Edits(pub(super) Vec<Edit>);

impl Edits {
    /// Whether nothing was replaced.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
    /// The span of the original that a span of the redacted text stands for; nothing if it touches a token or is no span.
    pub fn back(&self, start: u32, end: u32) -> Option<(u32, u32)> {
        Self::map(
            &self.0,
            start,
            end,
            |e| (e.new_start, e.new_end),
            |e| i64::from(e.old_end) - i64::from(e.new_end),
        )
    }
    /// The span of the redacted text for a span of the original; nothing if it touches a replaced detail or is no span.
    pub fn forward(&self, start: u32, end: u32) -> Option<(u32, u32)> {
        Self::map(
            &self.0,
            start,
            end,
            |e| (e.old_start, e.old_end),
            |e| i64::from(e.new_end) - i64::from(e.old_end),
        )
    }
    fn map(
        edits: &[Edit],
        start: u32,
        end: u32,
        side: impl Fn(&Edit) -> (u32, u32),
        shift: impl Fn(&Edit) -> i64,
    ) -> Option<(u32, u32)> {
        if start >= end {
            return None;
        }
        let before = edits.partition_point(|e| side(e).1 <= start);
        if edits.get(before).is_some_and(|e| side(e).0 < end) {
            return None;
        }
        let delta = before
            .checked_sub(1)
            .and_then(|i| edits.get(i))
            .map_or(0, shift);
        Some((
            u32::try_from(i64::from(start) + delta).ok()?,
            u32::try_from(i64::from(end) + delta).ok()?,
        ))
    }
}
