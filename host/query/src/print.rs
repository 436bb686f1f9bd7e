//! Writing queries: `parse(print(q)) == q`, as long as what is printed keeps to the limits of saving.

use std::fmt::{Display, Formatter, Result, Write};

use crate::{
    Address, AddressOf, Bounds, Form, Has, Measure, Near, Node, Number, Query, Scope, Text, Word,
    chars::{Class, class},
    names,
};

/// How tightly an operator binds: what stands inside a tighter one needs parentheses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Binding {
    Or,
    And,
    Near,
    Not,
    Atom,
}

impl Display for Query {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        node(self.root(), Binding::Or, f)
    }
}

fn node(what: &Node, around: Binding, f: &mut Formatter<'_>) -> Result {
    let own = match what {
        Node::Any(_) => Binding::Or,
        Node::All(_) => Binding::And,
        Node::Near(_) => Binding::Near,
        Node::Not(_) => Binding::Not,
        _ => Binding::Atom,
    };
    if own < around {
        f.write_char('(')?;
    }
    match what {
        Node::Any(children) => joined(children, " OR ", Binding::And, f)?,
        Node::All(children) => joined(children, " AND ", Binding::Near, f)?,
        Node::Not(child) => {
            f.write_str("NOT ")?;
            node(child, Binding::Atom, f)?;
        }
        Node::Near(near) => near_words(near, f)?,
        leaf => condition(leaf, f)?,
    }
    if own < around {
        f.write_char(')')?;
    }
    Ok(())
}

fn joined(children: &[Node], between: &str, around: Binding, f: &mut Formatter<'_>) -> Result {
    for (nth, child) in children.iter().enumerate() {
        if nth > 0 {
            f.write_str(between)?;
        }
        node(child, around, f)?;
    }
    Ok(())
}

fn near_words(near: &Near, f: &mut Formatter<'_>) -> Result {
    // A chain leans to the left: only there it needs no parentheses.
    node(&near.left, Binding::Near, f)?;
    write!(
        f,
        " {}/{} ",
        if near.ordered { "ONEAR" } else { "NEAR" },
        near.distance
    )?;
    node(&near.right, Binding::Atom, f)
}

fn condition(leaf: &Node, f: &mut Formatter<'_>) -> Result {
    match leaf {
        Node::Text(what) => text(what, f),
        Node::Hashtag(tag) => write!(f, "#{tag}"),
        Node::Author(value) => write!(f, "author:\"{value}\""),
        Node::Mention(value) => write!(f, "mention:\"{value}\""),
        Node::Language(value) => write!(f, "lang:{value}"),
        Node::Country(value) => write!(f, "country:{value}"),
        Node::Network(value) => write!(f, "network:{value}"),
        Node::Topic(value) => write!(f, "topic:\"{value}\""),
        Node::Address(Address { of, host, path }) => {
            let field = match of {
                AddressOf::Domain => "domain",
                AddressOf::Any => "url",
                AddressOf::Link => "link",
            };
            write!(f, "{field}:\"{host}{path}\"")
        }
        Node::Kind(kind) => write!(f, "type:{}", kind.name()),
        Node::Sentiment(label) => write!(f, "sentiment:{}", label.name()),
        Node::Emotion(label) => write!(f, "emotion:{}", names::emotion(*label)),
        Node::EntityKind(kind) => write!(f, "entity:{}", names::entity(*kind)),
        Node::EntityText(words) => {
            f.write_str("entity:")?;
            quoted(words, f)
        }
        Node::Has(has) => write!(f, "has:{}", names::has(*has)),
        Node::Sensitive(value) => write!(f, "sensitive:{value}"),
        Node::Verified(value) => write!(f, "verified:{value}"),
        Node::Measure(measure, bounds) => write!(f, "{}:{bounds}", names::measure(*measure)),
        _ => f.write_char('*'),
    }
}

fn text(what: &Text, f: &mut Formatter<'_>) -> Result {
    f.write_str(match what.scope {
        Scope::Anywhere => "",
        Scope::Title => "title:",
        Scope::Body => "body:",
        Scope::AuthorName => "author_name:",
    })?;
    if let [word] = what.words.as_slice()
        && (word.form == Form::Wild || (word.form != Form::Tag && is_plain(&word.text)))
    {
        f.write_str(&word.text)?;
        return if word.form == Form::Prefix {
            f.write_char('*')
        } else {
            Ok(())
        };
    }
    quoted(&what.words, f)?;
    what.slop.map_or(Ok(()), |slop| write!(f, "~{slop}"))
}

fn quoted(words: &[Word], f: &mut Formatter<'_>) -> Result {
    f.write_char('"')?;
    let mut before: Option<&Word> = None;
    for word in words {
        if let Some(before) = before {
            if word.glued {
                f.write_char('\'')?;
            } else if !(is_joinable(before) && is_joinable(word)) {
                f.write_char(' ')?;
            }
        }
        if word.form == Form::Tag {
            f.write_char('#')?;
        }
        f.write_str(&word.text)?;
        if word.form == Form::Prefix {
            f.write_char('*')?;
        }
        before = Some(word);
    }
    f.write_char('"')
}

/// Whether a word can stand without quotes and without being taken for something else.
fn is_plain(word: &str) -> bool {
    word.chars().all(|c| {
        matches!(class(c), Class::Word | Class::Single | Class::Extend) || matches!(c, '.' | ',')
    })
}

/// Whether a word can be written against its neighbour: ideographs and kana, which neither join nor compose.
pub(crate) fn is_joinable(word: &Word) -> bool {
    let mut chars = word.text.chars();
    let letter = chars.next().is_some_and(|c| matches!(c, '\u{3041}'..='\u{3096}' | '\u{30A1}'..='\u{30FA}' | '\u{4E00}'..='\u{9FFF}'));
    letter && chars.next().is_none() && word.form == Form::Exact
}

impl Display for Number {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let (whole, rest) = (self.thousandths / 1000, self.thousandths % 1000);
        match rest {
            0 => write!(f, "{whole}"),
            rest if rest % 100 == 0 => write!(f, "{whole}.{}", rest / 100),
            rest if rest % 10 == 0 => write!(f, "{whole}.{:02}", rest / 10),
            rest => write!(f, "{whole}.{rest:03}"),
        }
    }
}

impl Display for Bounds {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self {
            Self::Equal(n) => write!(f, "{n}"),
            Self::Above(n) => write!(f, ">{n}"),
            Self::AtLeast(n) => write!(f, ">={n}"),
            Self::Below(n) => write!(f, "<{n}"),
            Self::AtMost(n) => write!(f, "<={n}"),
            Self::Between(low, high) => write!(f, "{low}..{high}"),
        }
    }
}

impl Display for Has {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        f.write_str(names::has(*self))
    }
}

impl Display for Measure {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        f.write_str(names::measure(*self))
    }
}
