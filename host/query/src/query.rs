//! A checked query in canonical form.
//!
//! Lives here: what a tree must be, and its one form. Not here: what may be saved (`parse`), which is stricter.

use std::hash::{Hash, Hasher};

use crate::{
    AddressOf, Bounds, Form, Near, Node, ParseError, ParseErrors, Problem, Scope, Text, Word,
    chars::{Class, class},
    program::Program,
    segment::{Kind, Sink, segment},
};

/// Levels that a query may be nested.
pub(crate) const MAX_DEPTH: usize = 32;
/// Words that `NEAR/n` and `~n` may let stand between.
pub(crate) const MAX_DISTANCE: u16 = 1000;

/// A query in canonical form, ready to match. Equal queries have equal trees.
#[derive(Clone)]
pub struct Query {
    root: Node,
    program: Program,
}

impl Query {
    /// Checks a tree and puts it in canonical form: nested `AND`s and `OR`s are joined, lone ones opened.
    ///
    /// Refuses what cannot be written (words that are not folded, [`Near`] of something without a place, more than 32 levels);
    /// does not refuse what only must not be saved, such as a query that requires nothing.
    pub fn new(root: Node) -> Result<Self, ParseErrors> {
        let refuse = |problem| {
            ParseErrors(vec![ParseError {
                problem,
                span: 0..0,
                line: 1,
                column: 1,
                expected: "a tree that can be written".into(),
                fix: None,
            }])
        };
        if !is_within(&root, MAX_DEPTH) {
            return Err(refuse(Problem::TooDeep { max: MAX_DEPTH }));
        }
        let root = canonical(root);
        check(&root).map_err(refuse)?;
        Ok(Self::of_canonical(root))
    }

    /// Of a tree that is canonical and checked.
    pub(crate) fn of_canonical(root: Node) -> Self {
        Self {
            program: Program::of(&root),
            root,
        }
    }

    /// The query that every post matches, written `*`; people cannot save it, operators and the demo can.
    pub fn everything() -> Self {
        Self::of_canonical(Node::Everything)
    }

    /// The tree.
    pub fn root(&self) -> &Node {
        &self.root
    }

    pub(crate) fn program(&self) -> &Program {
        &self.program
    }

    /// A hash of the printed form (FNV-1a, 64 bits): the same in every process, for caches and change detection; no secret, no proof.
    pub fn stable_hash(&self) -> u64 {
        self.to_string()
            .bytes()
            .fold(0xCBF2_9CE4_8422_2325, |hash, byte| {
                (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3)
            })
    }
}

impl PartialEq for Query {
    fn eq(&self, other: &Self) -> bool {
        self.root == other.root
    }
}
impl Eq for Query {}
impl Hash for Query {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.root.hash(state);
    }
}

impl std::fmt::Debug for Query {
    /// Shows the hash, never the text: queries are confidential.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Query({:016x})", self.stable_hash())
    }
}

/// Whether a tree has at most `levels` levels.
pub(crate) fn is_within(node: &Node, levels: usize) -> bool {
    let Some(below) = levels.checked_sub(1) else {
        return false;
    };
    match node {
        Node::All(children) | Node::Any(children) => {
            children.iter().all(|child| is_within(child, below))
        }
        Node::Not(child) => is_within(child, below),
        Node::Near(near) => is_within(&near.left, below) && is_within(&near.right, below),
        _ => true,
    }
}

/// The one form of a tree.
pub(crate) fn canonical(node: Node) -> Node {
    match node {
        Node::All(children) => {
            let mut flat = Vec::with_capacity(children.len());
            for child in children {
                match canonical(child) {
                    Node::All(inner) => flat.extend(inner),
                    Node::Everything => {}
                    other => flat.push(other),
                }
            }
            lone(flat, Node::All).unwrap_or(Node::Everything)
        }
        Node::Any(children) => {
            let mut flat = Vec::with_capacity(children.len());
            for child in children {
                match canonical(child) {
                    Node::Any(inner) => flat.extend(inner),
                    Node::Everything => return Node::Everything,
                    other => flat.push(other),
                }
            }
            // No alternative at all: nothing matches.
            lone(flat, Node::Any).unwrap_or_else(|| Node::Not(Box::new(Node::Everything)))
        }
        Node::Not(child) => Node::Not(Box::new(canonical(*child))),
        Node::Near(near) => Node::Near(Near {
            left: Box::new(canonical(*near.left)),
            right: Box::new(canonical(*near.right)),
            ..near
        }),
        Node::Text(text) => canonical_text(text),
        Node::Address(mut address) => {
            if address.of == AddressOf::Any && address.path.is_empty() {
                address.of = AddressOf::Domain;
            }
            Node::Address(address)
        }
        Node::Measure(measure, Bounds::Between(low, high)) if low == high => {
            Node::Measure(measure, Bounds::Equal(low))
        }
        other => other,
    }
}

fn lone(mut nodes: Vec<Node>, join: fn(Vec<Node>) -> Node) -> Option<Node> {
    match nodes.len() {
        0 | 1 => nodes.pop(),
        _ => Some(join(nodes)),
    }
}

fn canonical_text(mut text: Text) -> Node {
    // Nothing is written together with what ends in a star.
    let mut open = true;
    for word in &mut text.words {
        word.glued &= !open;
        open = !matches!(word.form, Form::Exact | Form::Tag);
    }
    match text.words.as_slice() {
        [word] if word.form == Form::Tag && text.scope == Scope::Anywhere => {
            Node::Hashtag(word.text.clone())
        }
        [_] => Node::Text(Text { slop: None, ..text }),
        _ => Node::Text(text),
    }
}

fn check(node: &Node) -> Result<(), Problem> {
    match node {
        Node::All(children) | Node::Any(children) => children.iter().try_for_each(check),
        Node::Not(child) => check(child),
        Node::Near(near) => {
            let operator = if near.ordered { "ONEAR" } else { "NEAR" };
            if near.distance > MAX_DISTANCE {
                return Err(Problem::BadValue {
                    field: operator,
                    written: near.distance.to_string(),
                });
            }
            for side in [&near.left, &near.right] {
                if let Some(what) = without_place(side) {
                    return Err(Problem::NotPositional { operator, what });
                }
                check(side)?;
            }
            Ok(())
        }
        Node::Text(text) => check_text(text),
        Node::EntityText(words) => {
            if words.is_empty() || words.iter().any(|word| word.form != Form::Exact) {
                return Err(Problem::NoWord {
                    written: String::new(),
                });
            }
            words.iter().try_for_each(check_word)
        }
        Node::Hashtag(tag) => check_word(&Word {
            text: tag.clone(),
            form: Form::Tag,
            glued: false,
        }),
        Node::Author(value) | Node::Mention(value) => {
            if crate::values::handle(value) == Some(value) {
                return Ok(());
            }
            Err(Problem::BadValue {
                field: "author",
                written: value.to_string(),
            })
        }
        Node::Topic(value) => check_value(value),
        Node::Language(value) | Node::Country(value) | Node::Network(value) => {
            if value.is_empty()
                || !value
                    .bytes()
                    .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
            {
                return Err(Problem::BadValue {
                    field: "code",
                    written: value.to_string(),
                });
            }
            Ok(())
        }
        Node::Address(address) => {
            let written = format!("{}{}", address.host, address.path);
            match crate::address::cut(&written) {
                Some(cut)
                    if cut.host == *address.host
                        && cut.path == *address.path
                        && !written.contains(['"', ' ', '\n', '\t']) =>
                {
                    Ok(())
                }
                _ => Err(Problem::BadValue {
                    field: "url",
                    written,
                }),
            }
        }
        _ => Ok(()),
    }
}

fn check_value(value: &str) -> Result<(), Problem> {
    let folded = crate::parse::fold_value(value);
    if value.is_empty() || value.contains(crate::parse::is_quote) || folded != value {
        return Err(Problem::BadValue {
            field: "value",
            written: value.to_owned(),
        });
    }
    Ok(())
}

fn check_text(text: &Text) -> Result<(), Problem> {
    if text.words.is_empty() {
        return Err(Problem::NoWord {
            written: String::new(),
        });
    }
    if text.slop.is_some_and(|slop| slop > MAX_DISTANCE) {
        return Err(Problem::BadValue {
            field: "~",
            written: text.slop.unwrap_or_default().to_string(),
        });
    }
    let open = text.words.iter().any(|word| word.form == Form::Wild) && text.words.len() > 1;
    let loose = text.slop.is_some()
        && text
            .words
            .iter()
            .any(|word| matches!(word.form, Form::Prefix | Form::Wild));
    if open || loose {
        return Err(Problem::NotYet {
            what: "a wildcard in such a phrase".into(),
        });
    }
    text.words.iter().try_for_each(check_word)
}

/// A word must be what cutting its own text gives.
fn check_word(word: &Word) -> Result<(), Problem> {
    let bad = || Problem::NoWord {
        written: word.text.to_string(),
    };
    if word.form == Form::Wild {
        let sound = |piece: &str| {
            piece.is_empty() || (is_one(piece, Kind::Word) && piece.chars().all(is_letter))
        };
        return if word.text.contains('?')
            && !word.text.starts_with('?')
            && word.text.split('?').all(sound)
        {
            Ok(())
        } else {
            Err(bad())
        };
    }
    let sound = match word.form {
        Form::Tag => is_one(&format!("#{}", word.text), Kind::Tag),
        Form::Prefix => is_one(&word.text, Kind::Word) && word.text.chars().all(is_letter),
        _ => is_one(&word.text, Kind::Word),
    };
    if sound { Ok(()) } else { Err(bad()) }
}

/// Whether a wildcard may stand after this character: part of a word that goes on.
pub(crate) fn is_letter(c: char) -> bool {
    matches!(class(c), Class::Word | Class::Extend) || matches!(c, '.' | ',')
}

fn is_one(text: &str, kind: Kind) -> bool {
    struct Same<'a> {
        text: &'a str,
        kind: Kind,
        folded: String,
        tokens: usize,
        same: bool,
    }
    impl Sink for Same<'_> {
        fn folded(&mut self) -> &mut String {
            &mut self.folded
        }
        fn token(&mut self, kind: Kind, from: usize, _: usize, _: usize) {
            self.tokens += 1;
            let text = if kind == Kind::Tag {
                self.text.strip_prefix('#').unwrap_or_default()
            } else {
                self.text
            };
            self.same = kind == self.kind && self.folded.get(from..) == Some(text);
        }
        fn mention(&mut self, _: usize, _: usize) {}
    }
    let mut same = Same {
        text,
        kind,
        folded: String::new(),
        tokens: 0,
        same: false,
    };
    segment(text, &mut same);
    same.tokens == 1 && same.same
}

/// What has no place in a text, for `NEAR`; `None` if the whole node has one.
pub(crate) fn without_place(node: &Node) -> Option<&'static str> {
    match node {
        Node::Text(_) | Node::Hashtag(_) | Node::Near(_) => None,
        Node::Any(children) => children.iter().find_map(without_place),
        Node::All(_) => Some("AND"),
        Node::Not(_) => Some("NOT"),
        Node::Everything => Some("`*`"),
        _ => Some("a field"),
    }
}
