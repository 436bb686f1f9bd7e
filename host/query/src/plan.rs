//! What of a query a network may be asked.
//!
//! Lives here: the part of a query that is handed to connectors, and the names that other rooms need from it. A plan asks for
//! at least what the query matches; the evaluator decides what of it does.

use isocial_model::connector::{PlanNode, QueryPlan};

use crate::{Form, Node, Query, Scope, Text, print::is_joinable};

/// Nodes that a plan may have.
const MAX_NODES: usize = 4096;

/// The part of a query that networks can be asked for.
///
/// Conditions that are ours alone become `Other` with nothing but their kind's name: a connector learns no more of a query than it can
/// use. Wildcards, measures and what only analysis tells are such; `NEAR` asks for both sides, `"a b"~n` for all its words. `NOT` is
/// handed on only where the network can be asked for exactly what is excluded; everywhere else it is `Other`, because excluding
/// too much would lose posts.
pub fn plan(query: &Query) -> QueryPlan {
    let mut planner = Planner { nodes: Vec::new() };
    planner.add(query.root());
    if planner.nodes.len() > MAX_NODES {
        planner.nodes = vec![PlanNode::Other("query".into())];
    }
    QueryPlan {
        nodes: planner.nodes,
    }
}

struct Planner {
    nodes: Vec<PlanNode>,
}

/// A node of the plan, and whether it asks for exactly what the query says.
type Added = (u32, bool);

impl Planner {
    fn push(&mut self, node: PlanNode) -> u32 {
        self.nodes.push(node);
        (self.nodes.len() - 1) as u32
    }

    fn other(&mut self, kind: &str) -> Added {
        (self.push(PlanNode::Other(kind.into())), false)
    }

    fn children(&mut self, nodes: &[Node]) -> (Vec<u32>, bool) {
        let added: Vec<Added> = nodes.iter().map(|node| self.add(node)).collect();
        (
            added.iter().map(|(at, _)| *at).collect(),
            added.iter().all(|(_, exact)| *exact),
        )
    }

    fn add(&mut self, node: &Node) -> Added {
        match node {
            Node::All(nodes) => {
                let (children, exact) = self.children(nodes);
                (self.push(PlanNode::All(children)), exact)
            }
            Node::Any(nodes) => {
                let (children, exact) = self.children(nodes);
                (self.push(PlanNode::Any(children)), exact)
            }
            Node::Not(child) => {
                let before = self.nodes.len();
                let (child, exact) = self.add(child);
                if exact {
                    return (self.push(PlanNode::None(child)), true);
                }
                self.nodes.truncate(before);
                self.other("not")
            }
            Node::Near(near) => {
                let (left, right) = (self.add(&near.left).0, self.add(&near.right).0);
                (self.push(PlanNode::All(vec![left, right])), false)
            }
            Node::Text(text) => self.text(text),
            Node::Hashtag(tag) => (self.push(PlanNode::Hashtag(tag.to_string())), true),
            Node::Author(name) => (self.push(PlanNode::Author(name.to_string())), true),
            Node::Language(tag) => (self.push(PlanNode::Language(tag.to_string())), false),
            Node::Address(address) => {
                (self.push(PlanNode::Domain(address.host.to_string())), false)
            }
            Node::Everything => self.other("everything"),
            Node::Mention(_) => self.other("mention"),
            Node::Country(_) => self.other("country"),
            Node::Network(_) => self.other("network"),
            Node::Kind(_) => self.other("type"),
            Node::Has(_) => self.other("has"),
            Node::Measure(measure, _) => {
                let name = measure.to_string();
                self.other(&name)
            }
            _ => self.other("condition"),
        }
    }

    fn text(&mut self, text: &Text) -> Added {
        if text.scope == Scope::AuthorName {
            return self.other("author_name");
        }
        let exact = text.scope == Scope::Anywhere;
        let is_whole = |form| matches!(form, Form::Exact | Form::Tag);
        if text.slop.is_none() && text.words.iter().all(|word| word.form == Form::Exact) {
            let node = match text.words.as_slice() {
                [word] => PlanNode::Word(word.text.to_string()),
                _ => PlanNode::Phrase(written(text)),
            };
            return (self.push(node), exact);
        }
        // Whole words of it are all in a match; a word that was written with an apostrophe is none by itself to a network.
        let mut parts = Vec::new();
        for (nth, word) in text.words.iter().enumerate() {
            let is_glued = word.glued || text.words.get(nth + 1).is_some_and(|next| next.glued);
            if is_whole(word.form) && !is_glued {
                let node = if word.form == Form::Tag {
                    PlanNode::Hashtag
                } else {
                    PlanNode::Word
                };
                parts.push(self.push(node(word.text.to_string())));
            }
        }
        match parts.as_slice() {
            [] => self.other("wildcard"),
            [one] => (*one, false),
            _ => (self.push(PlanNode::All(parts)), false),
        }
    }
}

/// A phrase as people write it.
fn written(text: &Text) -> String {
    let mut out = String::new();
    let mut before = None;
    for word in &text.words {
        if let Some(before) = before {
            if word.glued {
                out.push('\'');
            } else if !(is_joinable(before) && is_joinable(word)) {
                out.push(' ');
            }
        }
        out.push_str(&word.text);
        before = Some(word);
    }
    out
}

/// Handles that the query names as author or mention, without `@`, in the customer's own case: redaction leaves these readable.
pub fn handles_in_query(query: &Query) -> Vec<String> {
    let mut found = Vec::new();
    visit(query.root(), true, &mut |node, _| {
        if let Node::Author(name) | Node::Mention(name) = node {
            found.push(name.to_string());
        }
    });
    unique(found)
}

/// Hashtags that the query asks for (not those it excludes), folded, without `#`: what a hashtag timeline is read for.
pub fn hashtags_of(query: &Query) -> Vec<String> {
    let mut found = Vec::new();
    visit(query.root(), true, &mut |node, wanted| match node {
        Node::Hashtag(tag) if wanted => found.push(tag.to_string()),
        Node::Text(text) if wanted => {
            found.extend(
                text.words
                    .iter()
                    .filter(|word| word.form == Form::Tag)
                    .map(|word| word.text.to_string()),
            );
        }
        _ => {}
    });
    unique(found)
}

/// Shows every condition, and whether it is asked for rather than excluded.
fn visit(node: &Node, wanted: bool, see: &mut impl FnMut(&Node, bool)) {
    see(node, wanted);
    match node {
        Node::All(nodes) | Node::Any(nodes) => {
            for node in nodes {
                visit(node, wanted, see);
            }
        }
        Node::Not(node) => visit(node, !wanted, see),
        Node::Near(near) => {
            visit(&near.left, wanted, see);
            visit(&near.right, wanted, see);
        }
        _ => {}
    }
}

fn unique(mut names: Vec<String>) -> Vec<String> {
    names.sort_unstable();
    names.dedup();
    names
}
