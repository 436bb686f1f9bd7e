//! Where to highlight: the words of a query in the original text.

use crate::{Doc, Part, Query, program::Op, spans::Finder};

/// Where the query's words are in the body: ascending byte ranges of `post.text`, without overlap.
///
/// Shows what the query asks for, not what it excludes; words of `NEAR` and phrases only where they stand together.
pub fn hits(query: &Query, doc: &Doc) -> Vec<(usize, usize)> {
    hits_in(query, doc, Part::Body)
}

/// Where the query's words are in one part of the post: ascending byte ranges of that part's text, without overlap.
pub fn hits_in(query: &Query, doc: &Doc, part: Part) -> Vec<(usize, usize)> {
    let finder = Finder {
        program: query.program(),
        doc,
    };
    let range = doc.part(part);
    let mut tokens: Vec<(u32, u32)> = Vec::new();
    collect(&finder, 0, None, &mut tokens);
    let mut places: Vec<(usize, usize)> = tokens
        .into_iter()
        .filter(|(first, last)| range.contains(first) && range.contains(last))
        .filter_map(|(first, last)| {
            let (first, last) = (
                doc.tokens().get(first as usize)?,
                doc.tokens().get(last as usize)?,
            );
            Some((first.start as usize, last.end as usize))
        })
        .collect();
    places.sort_unstable();
    let mut merged: Vec<(usize, usize)> = Vec::with_capacity(places.len());
    for (start, end) in places {
        match merged.last_mut() {
            Some(last) if start < last.1 => last.1 = last.1.max(end),
            _ => merged.push((start, end)),
        }
    }
    merged
}

/// Adds what the operation finds, inside `frames` if there are any.
fn collect(finder: &Finder<'_>, at: u32, frames: Option<&[(u32, u32)]>, out: &mut Vec<(u32, u32)>) {
    match *finder.program.op(at) {
        Op::All { end } | Op::Any { end } => {
            let mut child = at + 1;
            while child < end {
                collect(finder, child, frames, out);
                child = finder.program.next(child);
            }
        }
        Op::Near { right, .. } => {
            let mut found = Vec::new();
            finder.spans(at, &mut found);
            found.retain(|span| is_framed(*span, frames));
            if !found.is_empty() {
                let mut farthest = 0;
                for frame in &mut found {
                    farthest = farthest.max(frame.1);
                    frame.1 = farthest;
                }
                collect(finder, at + 1, Some(&found), out);
                collect(finder, right, Some(&found), out);
            }
        }
        Op::Word { .. } | Op::Words { .. } | Op::Tag { .. } => {
            let mut found = Vec::new();
            finder.spans(at, &mut found);
            out.extend(found.into_iter().filter(|span| is_framed(*span, frames)));
        }
        Op::Not { .. } | Op::Everything | Op::Leaf { .. } => {}
    }
}

/// Whether a span lies in a frame. Frames ascend by their beginnings and hold the farthest end so far, so that one look is enough.
fn is_framed(span: (u32, u32), frames: Option<&[(u32, u32)]>) -> bool {
    frames.is_none_or(|frames| {
        let before = frames.partition_point(|frame| frame.0 <= span.0);
        before
            .checked_sub(1)
            .and_then(|last| frames.get(last))
            .is_some_and(|frame| span.1 <= frame.1)
    })
}
