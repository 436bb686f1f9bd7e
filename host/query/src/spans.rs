//! Where the words of a condition stand.
//!
//! Lives here: words, phrases and closeness over places. All work is bounded by the post's tokens times the query's words.

use crate::{
    Doc, Form, Scope,
    doc::Token,
    program::{Op, Program, WordOp},
    segment::Kind,
};

/// First and last token of something found.
pub(crate) type Span = (u32, u32);

/// Looks for the positional conditions of one query in one post.
#[derive(Clone, Copy)]
pub(crate) struct Finder<'a> {
    pub(crate) program: &'a Program,
    pub(crate) doc: &'a Doc,
}

impl Finder<'_> {
    /// Whether a positional operation holds.
    pub(crate) fn is_found(&self, at: u32) -> bool {
        if let Op::Word {
            number,
            word,
            scope,
        } = *self.program.op(at)
        {
            let places = self.doc.places(number);
            if places.is_empty() {
                return false;
            }
            let range = self.doc.scope(scope);
            let text = self.word_text(word);
            return places
                .iter()
                .any(|&(_, place)| range.contains(&place) && self.is_text(place, text));
        }
        let mut found = Vec::new();
        self.spans(at, &mut found);
        !found.is_empty()
    }

    /// Adds what a positional operation finds, ascending by first token, without repeats.
    pub(crate) fn spans(&self, at: u32, out: &mut Vec<Span>) {
        match *self.program.op(at) {
            Op::Word {
                number,
                word,
                scope,
            } => {
                let range = self.doc.scope(scope);
                let text = self.word_text(word);
                let places = self.doc.places(number).iter().map(|&(_, place)| place);
                out.extend(
                    places
                        .filter(|place| range.contains(place) && self.is_text(*place, text))
                        .map(|place| (place, place)),
                );
            }
            Op::Tag { number, word } => {
                let text = self.word_text(word);
                let places = self.doc.places(number).iter().map(|&(_, place)| place);
                let end = self.doc.scope(Scope::Anywhere).end;
                out.extend(
                    places
                        .filter(|place| *place < end && self.is_text(*place, text))
                        .map(|place| (place, place)),
                );
            }
            Op::Words {
                first,
                len,
                scope,
                slop,
            } => {
                let words = self.program.words(first, len);
                match slop {
                    Some(slop) => self.loose(words, scope, u32::from(slop), out),
                    None => self.phrase(words, scope, out),
                }
            }
            Op::Any { end } => {
                let before = out.len();
                let mut child = at + 1;
                while child < end {
                    self.spans(child, out);
                    // Alternatives mostly find the same places in a text made to cost: keep each once.
                    if out.len() - before > 2 * self.doc.tokens().len() {
                        tidy(out, before);
                    }
                    child = self.program.next(child);
                }
                tidy(out, before);
            }
            Op::Near {
                right,
                distance,
                ordered,
                ..
            } => {
                let (mut lefts, mut rights) = (Vec::new(), Vec::new());
                self.spans(at + 1, &mut lefts);
                if !lefts.is_empty() {
                    self.spans(right, &mut rights);
                }
                if !rights.is_empty() {
                    self.near(&lefts, &rights, u32::from(distance), ordered, out);
                }
            }
            _ => {}
        }
    }

    fn word_text(&self, word: u32) -> &str {
        self.program
            .words(word, 1)
            .first()
            .map_or("", |word| self.program.word_text(word))
    }

    fn is_text(&self, place: u32, text: &str) -> bool {
        self.doc
            .tokens()
            .get(place as usize)
            .is_some_and(|token| self.doc.text(token.piece) == text)
    }

    fn is_word(&self, token: &Token, word: &WordOp) -> bool {
        let wanted = self.program.word_text(word);
        match word.form {
            Form::Exact | Form::Tag => {
                token.number == word.number && self.doc.text(token.piece) == wanted
            }
            Form::Prefix => {
                token.kind == Kind::Word && self.doc.text(token.piece).starts_with(wanted)
            }
            Form::Wild => token.kind == Kind::Word && is_wild(self.doc.text(token.piece), wanted),
        }
    }

    fn phrase(&self, words: &[WordOp], scope: Scope, out: &mut Vec<Span>) {
        let range = self.doc.scope(scope);
        let len = words.len() as u32;
        // Start from the word that is rarest here.
        let mut anchor: Option<(usize, &[(u64, u32)])> = None;
        for (nth, word) in words.iter().enumerate() {
            if matches!(word.form, Form::Exact | Form::Tag) {
                let places = self.doc.places(word.number);
                if places.is_empty() {
                    return;
                }
                if anchor.is_none_or(|(_, best)| places.len() < best.len()) {
                    anchor = Some((nth, places));
                }
            }
        }
        let holds = |first: u32| {
            let last = first + len - 1;
            first >= range.start
                && last < range.end
                && self.doc.part_of(first) == self.doc.part_of(last)
                && self
                    .doc
                    .tokens()
                    .get(first as usize..=last as usize)
                    .is_some_and(|tokens| {
                        tokens
                            .iter()
                            .zip(words)
                            .all(|(token, word)| self.is_word(token, word))
                    })
        };
        let mut take = |first: u32| {
            if holds(first) {
                out.push((first, first + len - 1));
            }
        };
        match anchor {
            Some((nth, places)) => places
                .iter()
                .filter_map(|&(_, place)| place.checked_sub(nth as u32))
                .for_each(&mut take),
            None => range.clone().for_each(&mut take),
        }
    }

    /// All words in any order, with at most `slop` further ones among them: the smallest windows.
    fn loose(&self, words: &[WordOp], scope: Scope, slop: u32, out: &mut Vec<Span>) {
        let range = self.doc.scope(scope);
        // Each different word once, with how often it is needed.
        let mut needed: Vec<(&WordOp, usize)> = Vec::with_capacity(words.len());
        for word in words {
            let same = |other: &WordOp| {
                other.number == word.number
                    && self.program.word_text(other) == self.program.word_text(word)
            };
            match needed.iter_mut().find(|(other, _)| same(other)) {
                Some((_, times)) => *times += 1,
                None => needed.push((word, 1)),
            }
        }
        let mut events: Vec<(u32, usize)> = Vec::new();
        for (nth, (word, times)) in needed.iter().enumerate() {
            let before = events.len();
            let text = self.program.word_text(word);
            let places = self.doc.places(word.number).iter().map(|&(_, place)| place);
            events.extend(
                places
                    .filter(|place| range.contains(place) && self.is_text(*place, text))
                    .map(|place| (place, nth)),
            );
            if events.len() - before < *times {
                return;
            }
        }
        events.sort_unstable();
        let longest = words.len() as u32 + slop;
        let mut counts = vec![0_usize; needed.len()];
        let mut missing = words.len();
        let need = |nth: usize| needed.get(nth).map_or(0, |(_, times)| *times);
        let mut open = 0;
        for &(last, nth) in &events {
            if let Some(count) = counts.get_mut(nth) {
                *count += 1;
                missing -= usize::from(*count <= need(nth));
            }
            // Give up from the left what is there often enough without it; then this is the smallest window that ends here.
            while missing == 0 {
                let Some(&(first, gone)) = events.get(open) else {
                    break;
                };
                let Some(count) = counts.get_mut(gone) else {
                    break;
                };
                open += 1;
                *count -= 1;
                if *count < need(gone) {
                    missing += 1;
                    if last - first < longest && self.doc.part_of(first) == self.doc.part_of(last) {
                        out.push((first, last));
                    }
                }
            }
        }
    }

    /// Pairs close to each other: for each side the closest partner before and after it.
    fn near(
        &self,
        lefts: &[Span],
        rights: &[Span],
        distance: u32,
        ordered: bool,
        out: &mut Vec<Span>,
    ) {
        let mut found = Vec::new();
        self.pairs(lefts, rights, distance, &mut found);
        if !ordered {
            self.pairs(rights, lefts, distance, &mut found);
        }
        thin(&mut found);
        out.append(&mut found);
    }

    /// Pairs of one of `firsts` and, after it, one of `seconds`; `firsts` and `seconds` ascend by first token.
    fn pairs(&self, firsts: &[Span], seconds: &[Span], distance: u32, out: &mut Vec<Span>) {
        let close = |first: Span, second: Span| {
            second.0 > first.1
                && second.0 - first.1 - 1 <= distance
                && self.doc.part_of(first.0) == self.doc.part_of(second.1)
        };
        for &first in firsts {
            let next = seconds.partition_point(|second| second.0 <= first.1);
            if let Some(&second) = seconds.get(next).filter(|second| close(first, **second)) {
                out.push((first.0, second.1));
            }
        }
        let mut by_end: Vec<Span> = firsts.to_vec();
        by_end.sort_unstable_by_key(|span| span.1);
        for &second in seconds {
            let before = by_end.partition_point(|first| first.1 < second.0);
            if let Some(&first) = before
                .checked_sub(1)
                .and_then(|last| by_end.get(last))
                .filter(|first| close(**first, second))
            {
                out.push((first.0, second.1));
            }
        }
    }
}

/// Sorts what was added since `before` and keeps each span once.
fn tidy(out: &mut Vec<Span>, before: usize) {
    let mut added = out.split_off(before);
    added.sort_unstable();
    added.dedup();
    out.append(&mut added);
}

/// Keeps of the spans with one beginning the shortest, and of those with one end the shortest: at most two for each token, however
/// many `NEAR`s stand inside each other. Afterwards they ascend.
fn thin(spans: &mut Vec<Span>) {
    let mut by_end = spans.clone();
    by_end.sort_unstable_by_key(|span| (span.1, std::cmp::Reverse(span.0)));
    by_end.dedup_by_key(|span| span.1);
    spans.sort_unstable();
    spans.dedup_by_key(|span| span.0);
    spans.append(&mut by_end);
    spans.sort_unstable();
    spans.dedup();
}

/// Whether a word fits a pattern in which `?` stands for one character.
fn is_wild(text: &str, pattern: &str) -> bool {
    let mut chars = text.chars();
    pattern
        .chars()
        .all(|wanted| chars.next().is_some_and(|c| wanted == '?' || wanted == c))
        && chars.next().is_none()
}
