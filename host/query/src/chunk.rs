//! Chunks of a query: bare words, and the names of fields before their values.

use crate::{
    Doubt, Fix, Node, Problem, Scope, Text,
    names::{self, FIELDS, Field, LATER},
    parse::{Parser, Step, is_quote},
    terms,
};

impl Parser<'_> {
    pub(crate) fn chunk(&mut self, end: usize) -> Step<Node> {
        let span = self.at..end;
        let chunk = self.slice(span.clone());
        if let Some((name, _)) = chunk.split_once(':')
            && !name.is_empty()
            && name.bytes().all(|b| b.is_ascii_alphabetic() || b == b'_')
            && !matches!(name.to_ascii_lowercase().as_str(), "http" | "https")
        {
            return self.field(name);
        }
        self.at = end;
        let later = |what: &str| Problem::NotYet {
            what: what.to_owned(),
        };
        if chunk == "*" {
            if !self.stored {
                self.error(
                    Problem::NothingRequired,
                    span,
                    "a word, a phrase or an account",
                    None,
                );
            }
            return Ok(Node::Everything);
        }
        if matches!(chunk, "SENTENCE" | "OSENTENCE" | "PARAGRAPH") && self.rest().starts_with('(') {
            let fix = Fix {
                span: span.clone(),
                text: String::new(),
            };
            return self.stop(
                later(&format!("`{chunk}(…)`")),
                span,
                "`NEAR/n` between the words",
                Some(fix),
            );
        }
        if let Some(name) = chunk.strip_prefix('@') {
            let fix = (!name.is_empty()).then(|| Fix {
                span: span.clone(),
                text: format!("mention:{name}"),
            });
            self.error(
                later("a saved list (`@name`)"),
                span,
                "`mention:name` for posts that name an account",
                fix,
            );
            return Ok(Node::Everything);
        }
        if chunk.starts_with('>') {
            self.error(
                later("a word's frequency (`>=n:word`)"),
                span,
                "the word alone",
                None,
            );
            return Ok(Node::Everything);
        }
        let operator = match chunk {
            "&&" | "&" | "+" => Some("AND"),
            "||" | "|" => Some("OR"),
            "!" => Some("NOT"),
            _ => None,
        };
        if let Some(operator) = operator {
            let fix = Fix {
                span: span.clone(),
                text: operator.to_owned(),
            };
            return self.stop(
                Problem::Unexpected {
                    found: format!("`{chunk}`"),
                },
                span,
                &format!("`{operator}`"),
                Some(fix),
            );
        }
        if matches!(chunk, "and" | "or" | "not" | "near") {
            let fix = Fix {
                span: span.clone(),
                text: chunk.to_ascii_uppercase(),
            };
            self.lint(Doubt::SmallOperator, span.clone(), vec![fix]);
        }
        let words = terms::bare(self, span);
        Ok(if words.is_empty() {
            Node::Everything
        } else {
            Node::Text(Text {
                scope: Scope::Anywhere,
                words,
                slop: None,
            })
        })
    }

    fn field(&mut self, name: &str) -> Step<Node> {
        let span = self.at..self.at + name.len();
        let lower = name.to_ascii_lowercase();
        let Some(&(_, field)) = FIELDS.iter().find(|(known, _)| *known == lower) else {
            let all = || FIELDS.iter().map(|(name, _)| *name);
            let (problem, fix) = if LATER.contains(&lower.as_str()) {
                (
                    Problem::NotYet {
                        what: format!("the field `{lower}`"),
                    },
                    None,
                )
            } else {
                let fix = if let Some(near) = names::nearest(name, all()) {
                    Fix {
                        span: span.clone(),
                        text: near.to_owned(),
                    }
                } else {
                    let end = self.chunk_end();
                    Fix {
                        span: self.at..end,
                        text: format!("\"{}\"", self.slice(self.at..end)),
                    }
                };
                (
                    Problem::UnknownField {
                        name: name.to_owned(),
                    },
                    Some(fix),
                )
            };
            let known: Vec<&str> = all().collect();
            self.error(
                problem,
                span.clone(),
                &format!("one of {}", known.join(", ")),
                fix,
            );
            // Read over the value, so that later errors are found as well.
            self.at = span.end + 1;
            return match self.rest().chars().next() {
                Some('(') => self.group(Some(Field::Topic)).map(|_| Node::Everything),
                Some(c) if is_quote(c) => self.quoted().map(|_| Node::Everything),
                _ => {
                    self.at = self.chunk_end();
                    Ok(Node::Everything)
                }
            };
        };
        self.at = span.end + 1;
        match self.rest().chars().next() {
            Some('(') => self.group(Some(field)),
            Some(c) if !c.is_whitespace() && c != ')' => self.field_value(field),
            _ => {
                let before = self.at;
                self.space()?;
                let fix = (!self.rest().is_empty() && self.at > before).then(|| Fix {
                    span: before..self.at,
                    text: String::new(),
                });
                let problem = Problem::Unexpected {
                    found: format!("nothing after `{name}:`"),
                };
                self.stop(
                    problem,
                    span.start..before,
                    "a value right after the colon",
                    fix,
                )
            }
        }
    }
}
