//! Lists of details: what the detectors found in a text, by character, without replacing anything. This is how they are judged.

use super::{RedactError, Redactor, link};

/// A detail in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct Detail {
    /// Where it begins, in Unicode characters.
    pub start: usize,
    /// Where it ends, in Unicode characters.
    pub end: usize,
    /// What it is: a [`DetailKind::label`](super::DetailKind::label), or `DOMAIN_NAME` for a link, which is found but never replaced.
    #[serde(rename = "type")]
    pub label: &'static str,
}

/// The label of links.
const LINK: &str = "DOMAIN_NAME";

impl Redactor<'_> {
    /// What the detectors find in a text, and its links, in order of their beginnings. Counts and tokens stay as they are.
    ///
    /// Fails where [`Redactor::append`] fails.
    pub fn details(&mut self, text: &str) -> Result<Vec<Detail>, RedactError> {
        self.detect(text)?;
        let mut bytes: Vec<(usize, usize, &'static str)> = Vec::new();
        let mut done = 0;
        for found in &self.found {
            let from = self.folded.start(found.start).max(done);
            done = self.folded.end(found.end).max(from);
            bytes.push((from, done, found.kind.label()));
        }
        let mut links = Vec::new();
        link::links(text, &mut links);
        bytes.extend(
            links
                .into_iter()
                .filter_map(|l| link::shown(text, l))
                .map(|(start, end)| (start, end, LINK)),
        );
        bytes.sort_by_key(|(start, end, _)| (*start, *end));
        Ok(in_characters(text, &bytes))
    }
}

/// The same spans in characters; one walk over the text.
fn in_characters(text: &str, spans: &[(usize, usize, &'static str)]) -> Vec<Detail> {
    let mut bounds: Vec<usize> = spans
        .iter()
        .flat_map(|(start, end, _)| [*start, *end])
        .collect();
    bounds.sort_unstable();
    bounds.dedup();
    let (mut at, mut count) = (0, 0);
    let counts: Vec<usize> = bounds
        .iter()
        .map(|to| {
            count += text.get(at..*to).map_or(0, |t| t.chars().count());
            at = *to;
            count
        })
        .collect();
    let place = |offset: usize| {
        let nth = bounds.partition_point(|bound| *bound < offset);
        counts.get(nth).copied().unwrap_or(count)
    };
    spans
        .iter()
        .map(|(start, end, label)| Detail {
            start: place(*start),
            end: place(*end),
            label,
        })
        .collect()
}
