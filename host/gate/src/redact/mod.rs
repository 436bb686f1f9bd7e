//! Redaction: replaces personal details in text before a plugin may see it (SECURITY model B6).
//!
//! Lives here: the redactor, tokens, offset mapping. Beside it: how text is folded for detection (`fold`), what is looked for
//! (`detect`), what a run of digits is (`digits`, `iban`), secrets in links (`link`). Not here: who may see what (`rights`).
//!
//! Most posts hold no detail at all, so one pass over the bytes comes first and everything else only if it saw a trigger.

mod detect;
mod digits;
mod fold;
mod iban;
mod link;

use std::{
    borrow::Cow,
    collections::{BTreeMap, HashMap, HashSet},
};

use self::{detect::Found, fold::Folded};

/// The longest text that the host keeps, and so the longest that is redacted, in bytes.
pub const TEXT_MAX_BYTES: usize = 64 * 1024;

/// Why a text cannot be redacted: it is then not passed on at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RedactError {
    /// Longer than any text that the host keeps.
    #[error("text of {0} bytes cannot be redacted: expected at most 65,536")]
    TooLong(usize),
}

/// What a detail is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum DetailKind {
    Secret,
    Mail,
    Iban,
    Card,
    Ip,
    Id,
    Phone,
    User,
}

impl DetailKind {
    const ALL: [Self; 8] = [
        Self::Secret,
        Self::Mail,
        Self::Iban,
        Self::Card,
        Self::Ip,
        Self::Id,
        Self::Phone,
        Self::User,
    ];
    /// The word in tokens and receipts.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Secret => "secret",
            Self::Mail => "mail",
            Self::Iban => "iban",
            Self::Card => "card",
            Self::Ip => "ip",
            Self::Id => "id",
            Self::Phone => "phone",
            Self::User => "user",
        }
    }
}

/// Handles that are not redacted: those of the organisation's own monitors.
#[derive(Debug, Clone, Default)]
pub struct OwnHandles(HashSet<String>);

impl OwnHandles {
    /// From handles as people write them, with or without `@`; case does not matter.
    pub fn new<S: AsRef<str>>(handles: &[S]) -> Self {
        Self(
            handles
                .iter()
                .map(|h| h.as_ref().trim().trim_start_matches('@').to_lowercase())
                .collect(),
        )
    }
    fn holds(&self, handle: &str) -> bool {
        !self.0.is_empty() && self.0.contains(&handle.to_lowercase())
    }
}

/// One replacement: the detail in the original, its token in the redacted text; byte offsets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Edit {
    old_start: u32,
    old_end: u32,
    new_start: u32,
    new_end: u32,
}

/// The replacements of one text: the way between its offsets and the redacted text's.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Edits(Vec<Edit>);

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

/// Redaction for one call: the same detail gets the same token in all its texts.
#[derive(Debug)]
pub struct Redactor<'o> {
    own: &'o OwnHandles,
    seen: HashMap<(DetailKind, String), u32>,
    next: [u32; DetailKind::ALL.len()],
    counts: [u32; DetailKind::ALL.len()],
    folded: Folded,
    found: Vec<Found>,
}

impl<'o> Redactor<'o> {
    /// A fresh one, without memory of other calls.
    pub fn new(own: &'o OwnHandles) -> Self {
        Self {
            own,
            seen: HashMap::new(),
            next: [0; DetailKind::ALL.len()],
            counts: [0; DetailKind::ALL.len()],
            folded: Folded::default(),
            found: Vec::new(),
        }
    }

    /// Appends the redacted text to `out`; the offsets of the edits count from where it begins there.
    ///
    /// On an error nothing is appended.
    pub fn append(&mut self, text: &str, out: &mut String) -> Result<Edits, RedactError> {
        if !self.detect(text)? {
            out.push_str(text);
            return Ok(Edits::default());
        }
        let base = out.len();
        let mut edits = Vec::with_capacity(self.found.len());
        let mut done = 0;
        for index in 0..self.found.len() {
            let Some(found) = self.found.get(index).copied() else {
                break;
            };
            let (from, to) = (
                self.folded.original(found.start),
                self.folded.original(found.end),
            );
            let number = self.number(found, text);
            out.push_str(text.get(done..from).unwrap_or_default());
            let new_start = out.len() - base;
            push_token(out, found.kind, number);
            edits.push(Edit {
                old_start: from as u32,
                old_end: to as u32,
                new_start: new_start as u32,
                new_end: (out.len() - base) as u32,
            });
            done = to;
        }
        out.push_str(text.get(done..).unwrap_or_default());
        Ok(Edits(edits))
    }

    /// What was replaced so far: kind to count, without the kinds that did not occur.
    pub fn counts(&self) -> BTreeMap<&'static str, u32> {
        DetailKind::ALL
            .iter()
            .zip(self.counts)
            .filter(|(_, n)| *n > 0)
            .map(|(kind, n)| (kind.name(), n))
            .collect()
    }

    /// Fills `found` and `folded`; false if there is nothing to replace.
    fn detect(&mut self, text: &str) -> Result<bool, RedactError> {
        if text.len() > TEXT_MAX_BYTES {
            return Err(RedactError::TooLong(text.len()));
        }
        self.found.clear();
        let mut triggers = fold::triggers(text);
        if triggers.odd && self.folded.fold(text) {
            triggers = fold::triggers(self.folded.text(text));
        } else {
            self.folded.same();
        }
        if triggers.any() {
            detect::detect(self.folded.text(text), triggers, self.own, &mut self.found);
        }
        Ok(!self.found.is_empty())
    }

    /// The number of a detail's token: the same value, however it is spelled, has the same one.
    fn number(&mut self, found: Found, text: &str) -> u32 {
        let detail = self
            .folded
            .text(text)
            .get(found.start..found.end)
            .unwrap_or_default();
        let value = match found.kind {
            DetailKind::Card | DetailKind::Phone | DetailKind::Id => {
                detail.chars().filter(char::is_ascii_digit).collect()
            }
            DetailKind::Iban => detail
                .chars()
                .filter(char::is_ascii_alphanumeric)
                .map(|c| c.to_ascii_uppercase())
                .collect(),
            DetailKind::Secret => detail.to_owned(),
            DetailKind::Mail | DetailKind::Ip | DetailKind::User => detail.to_lowercase(),
        };
        let slot = found.kind as usize;
        if let Some(count) = self.counts.get_mut(slot) {
            *count += 1;
        }
        let next = self.next.get_mut(slot);
        *self.seen.entry((found.kind, value)).or_insert_with(|| {
            next.map_or(0, |n| {
                *n += 1;
                *n
            })
        })
    }
}

/// Writes `⟦kind:number⟧`.
fn push_token(out: &mut String, kind: DetailKind, number: u32) {
    use std::fmt::Write as _;
    // Writing to a String cannot fail.
    let _ = write!(out, "⟦{}:{number}⟧", kind.name());
}

/// A redacted text, with the way back to the original's offsets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Redacted<'a> {
    text: Cow<'a, str>,
    edits: Edits,
    counts: BTreeMap<&'static str, u32>,
}

impl Redacted<'_> {
    /// The text with tokens in place of details.
    pub fn text(&self) -> &str {
        &self.text
    }
    /// What was replaced: kind to count.
    pub fn counts(&self) -> &BTreeMap<&'static str, u32> {
        &self.counts
    }
    /// The way between the offsets.
    pub fn edits(&self) -> &Edits {
        &self.edits
    }
    /// The redacted text, owned.
    pub fn into_text(self) -> String {
        self.text.into_owned()
    }
}

/// Redacts one text; details become tokens such as `⟦mail:1⟧`, the same value the same token.
///
/// Fails closed: a text that cannot be handled is not passed on.
/// ```
/// use isocial_gate::redact::{OwnHandles, redact};
/// let redacted = redact("write to an@example.vn or @an_nguyen", &OwnHandles::default()).unwrap();
/// assert_eq!(redacted.text(), "write to ⟦mail:1⟧ or ⟦user:1⟧");
/// ```
pub fn redact<'a>(text: &'a str, own: &OwnHandles) -> Result<Redacted<'a>, RedactError> {
    let mut redactor = Redactor::new(own);
    if !redactor.detect(text)? {
        return Ok(Redacted {
            text: Cow::Borrowed(text),
            edits: Edits::default(),
            counts: BTreeMap::new(),
        });
    }
    let mut out = String::with_capacity(text.len() + 16);
    let edits = redactor.append(text, &mut out)?;
    Ok(Redacted {
        text: Cow::Owned(out),
        edits,
        counts: redactor.counts(),
    })
}

#[cfg(test)]
mod tests;
