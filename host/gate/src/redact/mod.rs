//! Redaction: replaces personal details in text before a plugin may see it (SECURITY model B6).
//!
//! Lives here: the redactor and its tokens. Beside it: how text is folded (`fold`), in which order it is read (`detect`), and a file
//! for each family of detectors: `mail`, `phone` with `context`, `card`, `iban`, `ip`, `mac`, `id` (a file a country), `wallet`,
//! `coordinates`, `link`, `names`; `number` and `word` lead from digits to them. Not here: who may see what (`rights`).
//!
//! Most posts hold no detail at all, so one pass over the bytes comes first and everything else only if it saw a trigger.

mod card;
mod context;
mod coordinates;
mod detect;
mod edits;
mod fold;
mod given;
mod groups;
mod iban;
mod id;
mod ip;
mod kind;
mod link;
mod mac;
mod mail;
mod names;
mod number;
mod phone;
mod spans;
mod wallet;
mod word;
mod work;

use std::{
    borrow::Cow,
    collections::{BTreeMap, HashMap, HashSet},
};

use self::{
    detect::{Found, Room, Wanted},
    edits::Edit,
    fold::Folded,
};
pub use self::{edits::Edits, kind::DetailKind, spans::Detail};

/// The longest text that the host keeps, and so the longest that is redacted, in bytes.
pub const TEXT_MAX_BYTES: usize = 64 * 1024;

/// Why a text cannot be redacted: it is then not passed on at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RedactError {
    /// Longer than any text that the host keeps.
    #[error("text of {0} bytes cannot be redacted: expected at most 65,536")]
    TooLong(usize),
    /// Each detail that is replaced makes another one of what stands beside it, time and again.
    #[error("text cannot be redacted: its details do not settle")]
    Unsettled,
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

/// Redaction for one call: the same detail gets the same token in all its texts.
#[derive(Debug)]
pub struct Redactor<'o> {
    own: &'o OwnHandles,
    strict: bool,
    seen: HashMap<(usize, String), u32>,
    next: [u32; DetailKind::FAMILIES],
    counts: [u32; DetailKind::FAMILIES],
    folded: Folded,
    found: Vec<Found>,
    room: Room,
}

impl<'o> Redactor<'o> {
    /// A fresh one, without memory of other calls.
    pub fn new(own: &'o OwnHandles) -> Self {
        Self {
            own,
            strict: false,
            seen: HashMap::new(),
            next: [0; DetailKind::FAMILIES],
            counts: [0; DetailKind::FAMILIES],
            folded: Folded::default(),
            found: Vec::new(),
            room: Room::default(),
        }
    }

    /// Replaces persons' names as well, as far as our short list of given names knows them (B6, strict mode). Names in public posts are public
    /// speech, so this is for organisations that ask for it.
    #[must_use]
    pub fn strict(mut self, strict: bool) -> Self {
        self.strict = strict;
        self
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
            // Two details may share a character that stands for several: the first one takes it.
            let from = self.folded.start(found.start).max(done);
            let to = self.folded.end(found.end).max(from);
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
        self.counts
            .iter()
            .enumerate()
            .filter(|(_, n)| **n > 0)
            .map(|(family, n)| (DetailKind::family_name(family), *n))
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
        if triggers.any() || self.strict {
            let wanted = Wanted {
                own: self.own,
                names: self.strict,
            };
            let folded = self.folded.text(text);
            if !detect::detect(folded, triggers, wanted, &mut self.room, &mut self.found) {
                return Err(RedactError::Unsettled);
            }
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
            DetailKind::Secret | DetailKind::Wallet => detail.to_owned(),
            DetailKind::Card | DetailKind::Phone => {
                detail.chars().filter(char::is_ascii_digit).collect()
            }
            DetailKind::Mail
            | DetailKind::Ip
            | DetailKind::User
            | DetailKind::Person
            | DetailKind::Coordinates => detail.to_lowercase(),
            _ => detail
                .chars()
                .filter(char::is_ascii_alphanumeric)
                .map(|c| c.to_ascii_uppercase())
                .collect(),
        };
        let family = found.kind.family();
        if let Some(count) = self.counts.get_mut(family) {
            *count += 1;
        }
        let next = self.next.get_mut(family);
        *self.seen.entry((family, value)).or_insert_with(|| {
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
    let _ = write!(out, "⟦{}:{number}⟧", DetailKind::family_name(kind.family()));
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
