//! A query laid out flat, so that deciding it touches little memory.
//!
//! Lives here: the layout. Not here: what the operations mean (`evaluate`).

use crate::{
    Form, Near, Node, Scope, Text, Word,
    chars::fold_slow,
    hash::{Space, number},
};

/// One operation; operands follow their operation. `end` is where the operation after all operands stands.
#[derive(Debug, Clone)]
pub(crate) enum Op {
    /// Always holds.
    Everything,
    /// All operands.
    All { end: u32 },
    /// Any operand.
    Any { end: u32 },
    /// Not the operand.
    Not { end: u32 },
    /// Left operand follows, right one stands at `right`.
    Near {
        right: u32,
        end: u32,
        distance: u16,
        ordered: bool,
    },
    /// One whole word, the commonest condition.
    Word {
        number: u64,
        word: u32,
        scope: Scope,
    },
    /// Words next to each other, or one that is not whole.
    Words {
        first: u32,
        len: u32,
        scope: Scope,
        slop: Option<u16>,
    },
    /// A hashtag.
    Tag { number: u64, word: u32 },
    /// A condition that is kept as a node.
    Leaf { number: u64, leaf: u32 },
}

/// A word to compare with.
#[derive(Debug, Clone, Copy)]
pub(crate) struct WordOp {
    pub(crate) number: u64,
    pub(crate) form: Form,
    from: u32,
    to: u32,
}

/// A query laid out flat.
#[derive(Debug, Clone, Default)]
pub(crate) struct Program {
    ops: Vec<Op>,
    words: Vec<WordOp>,
    text: String,
    leaves: Vec<Node>,
}

/// The number of a word in a scope; prefixes have numbers of their own, open words none that anything has.
pub(crate) fn word_number(word: &Word, scope: Scope) -> u64 {
    let name = scope == Scope::AuthorName;
    let space = match word.form {
        Form::Exact if name => Space::Name,
        Form::Exact => Space::Word,
        Form::Tag => Space::Tag,
        Form::Prefix if name => Space::NamePrefix,
        Form::Prefix => Space::WordPrefix,
        Form::Wild => Space::Other,
    };
    number(space, word.text.as_bytes())
}

impl Program {
    /// Lays out a checked tree.
    pub(crate) fn of(root: &Node) -> Self {
        let mut program = Self::default();
        program.add(root);
        program.ops.shrink_to_fit();
        program.words.shrink_to_fit();
        program.text.shrink_to_fit();
        program.leaves.shrink_to_fit();
        program
    }

    fn add(&mut self, node: &Node) {
        let at = self.ops.len();
        match node {
            Node::Everything => self.ops.push(Op::Everything),
            Node::All(children) | Node::Any(children) => {
                self.ops.push(Op::Everything);
                for child in children {
                    self.add(child);
                }
                let end = self.ops.len() as u32;
                self.set(
                    at,
                    if matches!(node, Node::All(_)) {
                        Op::All { end }
                    } else {
                        Op::Any { end }
                    },
                );
            }
            Node::Not(child) => {
                self.ops.push(Op::Everything);
                self.add(child);
                let end = self.ops.len() as u32;
                self.set(at, Op::Not { end });
            }
            Node::Near(Near {
                left,
                right,
                distance,
                ordered,
            }) => {
                self.ops.push(Op::Everything);
                self.add(left);
                let middle = self.ops.len() as u32;
                self.add(right);
                let end = self.ops.len() as u32;
                self.set(
                    at,
                    Op::Near {
                        right: middle,
                        end,
                        distance: *distance,
                        ordered: *ordered,
                    },
                );
            }
            Node::Text(text) => self.add_text(text),
            Node::Hashtag(tag) => {
                let word = self.add_word(tag, Form::Tag, number(Space::Tag, tag.as_bytes()));
                self.ops.push(Op::Tag {
                    number: number(Space::Tag, tag.as_bytes()),
                    word,
                });
            }
            other => {
                let leaf = match other {
                    Node::Author(name) => Node::Author(fold_slow(name).into()),
                    Node::Mention(name) => Node::Mention(fold_slow(name).into()),
                    other => other.clone(),
                };
                let number = match &leaf {
                    Node::Author(name) | Node::Mention(name) | Node::Network(name) => {
                        number(Space::Other, name.as_bytes())
                    }
                    _ => 0,
                };
                self.ops.push(Op::Leaf {
                    number,
                    leaf: self.leaves.len() as u32,
                });
                self.leaves.push(leaf);
            }
        }
    }

    fn add_text(&mut self, text: &Text) {
        let first = self.words.len() as u32;
        for word in &text.words {
            self.add_word(&word.text, word.form, word_number(word, text.scope));
        }
        self.ops.push(match text.words.as_slice() {
            [word] if word.form == Form::Exact => Op::Word {
                number: word_number(word, text.scope),
                word: first,
                scope: text.scope,
            },
            words => Op::Words {
                first,
                len: words.len() as u32,
                scope: text.scope,
                slop: text.slop,
            },
        });
    }

    fn add_word(&mut self, text: &str, form: Form, number: u64) -> u32 {
        let from = self.text.len() as u32;
        self.text.push_str(text);
        self.words.push(WordOp {
            number,
            form,
            from,
            to: self.text.len() as u32,
        });
        (self.words.len() - 1) as u32
    }

    fn set(&mut self, at: usize, op: Op) {
        if let Some(place) = self.ops.get_mut(at) {
            *place = op;
        }
    }

    /// The operation at a place; past the end, one that always holds.
    pub(crate) fn op(&self, at: u32) -> &Op {
        self.ops.get(at as usize).unwrap_or(&Op::Everything)
    }
    /// Where the next operation stands that is no operand of this one.
    pub(crate) fn next(&self, at: u32) -> u32 {
        match *self.op(at) {
            Op::All { end } | Op::Any { end } | Op::Not { end } | Op::Near { end, .. } => end,
            _ => at + 1,
        }
    }
    pub(crate) fn words(&self, first: u32, len: u32) -> &[WordOp] {
        self.words
            .get(first as usize..(first + len) as usize)
            .unwrap_or_default()
    }
    pub(crate) fn word_text(&self, word: &WordOp) -> &str {
        self.text
            .get(word.from as usize..word.to as usize)
            .unwrap_or_default()
    }
    pub(crate) fn leaf(&self, leaf: u32) -> Option<&Node> {
        self.leaves.get(leaf as usize)
    }
}
