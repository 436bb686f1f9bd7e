//! Deciding whether a post matches, in three values.
//!
//! Lives here: truth. Not here: where words stand (`spans`), which queries are worth asking (`index`).

use isocial_model::language::{Analysis, SentimentLabel};

use crate::{
    Address, AddressOf, Bounds, Doc, Measure, Node, Part, Query, Word, address,
    doc::Named,
    program::{Op, Program},
    spans::Finder,
};

/// What can be said of a condition: Kleene's three values. `AND` takes the least, `OR` the greatest, `NOT` turns them round.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Truth {
    /// It does not hold.
    No,
    /// Only analysis can tell.
    Maybe,
    /// It holds.
    Yes,
}

impl From<bool> for Truth {
    fn from(holds: bool) -> Self {
        if holds { Self::Yes } else { Self::No }
    }
}

impl std::ops::Not for Truth {
    type Output = Self;
    fn not(self) -> Self {
        match self {
            Self::No => Self::Yes,
            Self::Maybe => Self::Maybe,
            Self::Yes => Self::No,
        }
    }
}

/// Decides a query on a post; with an analysis the answer is never [`Truth::Maybe`].
///
/// The analysis must be of this very post: entities are read by their place in its text. What it leaves open (no language, no
/// opinion) counts as not so.
pub fn evaluate(query: &Query, doc: &Doc, analysis: Option<&Analysis>) -> Truth {
    let program = query.program();
    Evaluator {
        program,
        doc,
        analysis,
        finder: Finder { program, doc },
    }
    .truth(0)
}

struct Evaluator<'a> {
    program: &'a Program,
    doc: &'a Doc,
    analysis: Option<&'a Analysis>,
    finder: Finder<'a>,
}

impl Evaluator<'_> {
    fn truth(&self, at: u32) -> Truth {
        match *self.program.op(at) {
            Op::Everything => Truth::Yes,
            Op::All { end } => {
                let mut all = Truth::Yes;
                let mut child = at + 1;
                while child < end && all != Truth::No {
                    all = all.min(self.truth(child));
                    child = self.program.next(child);
                }
                all
            }
            Op::Any { end } => {
                let mut any = Truth::No;
                let mut child = at + 1;
                while child < end && any != Truth::Yes {
                    any = any.max(self.truth(child));
                    child = self.program.next(child);
                }
                any
            }
            Op::Not { .. } => !self.truth(at + 1),
            Op::Tag { number, word } => {
                let text = self
                    .program
                    .words(word, 1)
                    .first()
                    .map_or("", |word| self.program.word_text(word));
                self.named(self.doc.tags(), number, text).into()
            }
            Op::Leaf { number, leaf } => self
                .program
                .leaf(leaf)
                .map_or(Truth::No, |leaf| self.leaf(leaf, number)),
            Op::Word { .. } | Op::Words { .. } | Op::Near { .. } => self.finder.is_found(at).into(),
        }
    }

    fn named(&self, names: &[Named], number: u64, text: &str) -> bool {
        names
            .iter()
            .any(|name| name.number == number && self.doc.text(name.piece) == text)
    }

    /// Decides by the analysis; only it can tell.
    fn told(&self, holds: impl Fn(&Analysis) -> bool) -> Truth {
        self.analysis
            .map_or(Truth::Maybe, |analysis| holds(analysis).into())
    }

    fn leaf(&self, leaf: &Node, number: u64) -> Truth {
        let doc = self.doc;
        match leaf {
            Node::Author(name) => self.named(doc.authors(), number, name).into(),
            Node::Mention(name) => self.named(doc.mentions(), number, name).into(),
            Node::Network(name) => self.named(doc.network().as_slice(), number, name).into(),
            Node::Country(code) => (doc.country() == Some(code)).into(),
            Node::Kind(kind) => (doc.kind() == *kind).into(),
            Node::Has(has) => doc.has(*has).into(),
            Node::Sensitive(value) => (doc.sensitive().unwrap_or(false) == *value).into(),
            Node::Verified(value) => (doc.verified().unwrap_or(false) == *value).into(),
            Node::Measure(measure, bounds) => self.measure(*measure, *bounds).into(),
            Node::Address(wanted) => doc
                .links()
                .iter()
                .any(|link| self.is_address(*link, wanted))
                .into(),
            Node::Language(wanted) => match doc.language() {
                // The network's word goes first, the detector's second.
                Some(tag) => speaks(tag, wanted).into(),
                None => self.told(|analysis| {
                    analysis.language.as_ref().is_some_and(|(code, _)| {
                        speaks(&code.to_ascii_lowercase().replace('_', "-"), wanted)
                    })
                }),
            },
            Node::Sentiment(label) => self.told(|analysis| {
                analysis
                    .sentiment
                    .map_or(SentimentLabel::Unknown, |sentiment| sentiment.label)
                    == *label
            }),
            Node::Emotion(label) => {
                self.told(|analysis| analysis.emotions.iter().any(|(found, _)| found == label))
            }
            Node::Topic(topic) => self.told(|analysis| {
                analysis
                    .topics
                    .iter()
                    .any(|(found, _)| crate::parse::fold_value(found) == **topic)
            }),
            Node::EntityKind(kind) => {
                self.told(|analysis| analysis.entities.iter().any(|entity| entity.0 == *kind))
            }
            Node::EntityText(words) => self.told(|analysis| {
                analysis
                    .entities
                    .iter()
                    .any(|&(_, start, end, _)| self.is_entity(start, end, words))
            }),
            _ => Truth::No,
        }
    }

    fn is_address(&self, link: crate::doc::Link, wanted: &Address) -> bool {
        !(link.own && wanted.of == AddressOf::Link)
            && address::is_on(self.doc.text(link.host), &wanted.host)
            && self.doc.text(link.path).starts_with(&*wanted.path)
    }

    fn measure(&self, measure: Measure, bounds: Bounds) -> bool {
        self.doc.measure(measure).is_some_and(|value| match bounds {
            Bounds::Equal(n) => value == n.thousandths,
            Bounds::Above(n) => value > n.thousandths,
            Bounds::AtLeast(n) => value >= n.thousandths,
            Bounds::Below(n) => value < n.thousandths,
            Bounds::AtMost(n) => value <= n.thousandths,
            Bounds::Between(low, high) => (low.thousandths..=high.thousandths).contains(&value),
        })
    }

    fn is_entity(&self, start: u32, end: u32, words: &[Word]) -> bool {
        let body = self.doc.part(Part::Body);
        let tokens = self
            .doc
            .tokens()
            .get(body.start as usize..body.end as usize)
            .unwrap_or_default();
        let first = tokens.partition_point(|token| token.start < start);
        let inside = tokens
            .get(first..)
            .unwrap_or_default()
            .iter()
            .take_while(|token| token.end <= end);
        inside
            .map(|token| self.doc.text(token.piece))
            .eq(words.iter().map(|word| &*word.text))
    }
}

/// Whether a language tag is the wanted language or a kind of it; both in lower case.
fn speaks(tag: &str, wanted: &str) -> bool {
    tag.strip_prefix(wanted)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
}
