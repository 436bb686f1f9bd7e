//! Reading queries: the grammar, with errors that say where, what and how to repair it.
//!
//! Lives here: operators, groups and limits. Not here: cutting (`lex`), words (`terms`) and the values of fields (`values`). Safe on any text:
//! recursion is bounded by the nesting limit, work by the length.

use std::ops::Range;

use crate::{
    Doubt, Fix, Lint, Near, Node, ParseError, ParseErrors, Problem, Query, Scope, Text,
    cover::requires_something,
    lex::Next,
    names::Field,
    query::{MAX_DEPTH, MAX_DISTANCE, canonical, is_within, without_place},
    terms,
};

/// Bytes of a query that may be saved.
const MAX_BYTES: usize = 8 * 1024;
/// Bytes of a query that can be read at all.
const MAX_STORED_BYTES: usize = 256 * 1024;
/// Words and other conditions of a query that may be saved.
const MAX_TERMS: usize = 2000;
/// Wildcards of a query that may be saved: each is compared with every word of a candidate.
const MAX_WILDCARDS: usize = 20;
/// Errors that are worth showing at once.
const MAX_ERRORS: usize = 20;
/// Words that `NEAR` without a number lets stand between.
pub(crate) const DEFAULT_DISTANCE: u16 = 4;

/// A query and what is doubtful in it.
#[derive(Debug, Clone)]
pub struct Parsed {
    /// The query.
    pub query: Query,
    /// Doubts, in the order of the text.
    pub lints: Vec<Lint>,
}

/// Reads a query that a person wants to save; refuses what would be too costly or would match everything.
///
/// Limits: 8 KiB, 32 levels, 2,000 terms, 20 wildcards, each after at least 3 letters (2 in Chinese, Japanese and Korean), and
/// at least one word, hashtag, account or address that every match must have.
pub fn parse(source: &str) -> Result<Query, ParseErrors> {
    parse_with_lints(source).map(|parsed| parsed.query)
}

/// Like [`parse`], and says what is doubtful.
pub fn parse_with_lints(source: &str) -> Result<Parsed, ParseErrors> {
    read(source, false)
}

/// Reads a query that was saved before: the refusals of saving do not apply (but 32 levels, and 256 KiB), and `*` is
/// [`Query::everything`]. What this room has printed can always be read back so.
pub fn parse_stored(source: &str) -> Result<Query, ParseErrors> {
    read(source, true).map(|parsed| parsed.query)
}

fn read(source: &str, stored: bool) -> Result<Parsed, ParseErrors> {
    let mut parser = Parser {
        source,
        at: 0,
        depth: 0,
        stored,
        errors: Vec::new(),
        lints: Vec::new(),
    };
    let max = if stored { MAX_STORED_BYTES } else { MAX_BYTES };
    let mut root = Node::Everything;
    if source.len() > max {
        let cut = (0..=max)
            .rev()
            .find(|&at| source.is_char_boundary(at))
            .unwrap_or(0);
        parser.error(
            Problem::TooLong {
                bytes: source.len(),
                max,
            },
            cut..source.len(),
            "a shorter query",
            None,
        );
    } else if let Ok(node) = parser.whole() {
        root = canonical(node);
        if parser.errors.is_empty() {
            parser.limits(&root);
        }
    }
    if parser.errors.is_empty() {
        Ok(Parsed {
            query: Query::of_canonical(root),
            lints: parser.lints,
        })
    } else {
        parser.errors.truncate(MAX_ERRORS);
        Err(ParseErrors(parser.errors))
    }
}

/// Reading stopped; the error is noted.
pub(crate) struct Stop;
pub(crate) type Step<T> = Result<T, Stop>;

pub(crate) struct Parser<'a> {
    pub(crate) source: &'a str,
    pub(crate) at: usize,
    depth: usize,
    pub(crate) stored: bool,
    errors: Vec<ParseError>,
    lints: Vec<Lint>,
}

/// Quotes as keyboards and word processors write them.
pub(crate) fn is_quote(c: char) -> bool {
    matches!(c, '"' | '“' | '”' | '„')
}

/// The folded form of a value that is compared as a whole.
pub(crate) fn fold_value(value: &str) -> String {
    crate::chars::fold_slow(value.trim()).trim().to_owned()
}

impl<'a> Parser<'a> {
    pub(crate) fn error(
        &mut self,
        problem: Problem,
        span: Range<usize>,
        expected: &str,
        fix: Option<Fix>,
    ) {
        let (line, column) = place(self.source, span.start);
        self.errors.push(ParseError {
            problem,
            span,
            line,
            column,
            expected: expected.to_owned(),
            fix,
        });
    }

    pub(crate) fn stop<T>(
        &mut self,
        problem: Problem,
        span: Range<usize>,
        expected: &str,
        fix: Option<Fix>,
    ) -> Step<T> {
        self.error(problem, span, expected, fix);
        Err(Stop)
    }

    pub(crate) fn lint(&mut self, doubt: Doubt, span: Range<usize>, fixes: Vec<Fix>) {
        let (line, column) = place(self.source, span.start);
        self.lints.push(Lint {
            doubt,
            span,
            line,
            column,
            fixes,
        });
    }

    pub(crate) fn slice(&self, span: Range<usize>) -> &'a str {
        self.source.get(span).unwrap_or_default()
    }

    pub(crate) fn rest(&self) -> &'a str {
        self.source.get(self.at..).unwrap_or_default()
    }

    fn whole(&mut self) -> Step<Node> {
        self.space()?;
        if self.rest().is_empty() {
            return self.stop(
                Problem::Empty,
                0..self.source.len(),
                "a word, a phrase or an account",
                None,
            );
        }
        let node = self.or(None)?;
        if self.peek()?.0 == Next::Close {
            let span = self.at..self.at + 1;
            let fix = Fix {
                span: span.clone(),
                text: String::new(),
            };
            return self.stop(
                Problem::Unexpected {
                    found: "`)` without `(`".into(),
                },
                span,
                "the end of the query",
                Some(fix),
            );
        }
        Ok(node)
    }

    fn or(&mut self, field: Option<Field>) -> Step<Node> {
        let mut nodes = vec![self.and(field)?];
        while let (Next::Or, end) = self.peek()? {
            let operator = self.at..end;
            self.at = end;
            self.needs_operand("OR", operator)?;
            nodes.push(self.and(field)?);
        }
        Ok(if nodes.len() == 1 {
            nodes.swap_remove(0)
        } else {
            Node::Any(nodes)
        })
    }

    fn and(&mut self, field: Option<Field>) -> Step<Node> {
        let mut bare = self.bare_word(field)?;
        let mut nodes = vec![self.not(field)?];
        loop {
            match self.peek()? {
                (Next::End | Next::Close | Next::Or, _) => break,
                (Next::And, end) => {
                    let operator = self.at..end;
                    self.at = end;
                    self.needs_operand("AND", operator)?;
                    bare = self.bare_word(field)?;
                }
                (Next::Near { .. }, end) => {
                    let operator = self.at..end;
                    let what = self.slice(operator.clone());
                    return self.stop(
                        Problem::Unexpected {
                            found: format!("`{what}`"),
                        },
                        operator,
                        "a word, a phrase or a group before it",
                        None,
                    );
                }
                _ => {
                    let word = self.bare_word(field)?;
                    if let (Some(first), Some(second)) = (&bare, &word) {
                        let span = first.start..second.end;
                        let (a, b) = (self.slice(first.clone()), self.slice(second.clone()));
                        let fixes = vec![
                            Fix {
                                span: span.clone(),
                                text: format!("\"{a} {b}\""),
                            },
                            Fix {
                                span: span.clone(),
                                text: format!("{a} AND {b}"),
                            },
                        ];
                        self.lint(Doubt::BareWords, span, fixes);
                    }
                    bare = word;
                }
            }
            nodes.push(self.not(field)?);
        }
        Ok(if nodes.len() == 1 {
            nodes.swap_remove(0)
        } else {
            Node::All(nodes)
        })
    }

    /// The place of a plain word that comes next, for the lint about two of them.
    fn bare_word(&mut self, field: Option<Field>) -> Step<Option<Range<usize>>> {
        let (Next::Chunk, end) = self.peek()? else {
            return Ok(None);
        };
        let span = self.at..end;
        let plain = self
            .slice(span.clone())
            .chars()
            .all(|c| c.is_alphanumeric() || matches!(c, '\'' | '’' | '-' | '_'));
        Ok((field.is_none() && plain).then_some(span))
    }

    fn needs_operand(&mut self, name: &str, operator: Range<usize>) -> Step<()> {
        let found = match self.peek()? {
            (Next::End, _) => format!("the end after `{name}`"),
            (Next::Close, _) => format!("`)` after `{name}`"),
            (Next::And | Next::Or | Next::Near { .. }, end) => {
                format!("`{}` after `{name}`", self.slice(self.at..end))
            }
            _ => return Ok(()),
        };
        let fix = Fix {
            span: operator.clone(),
            text: String::new(),
        };
        self.stop(
            Problem::Unexpected { found },
            operator,
            "a word, a phrase or a group after it",
            Some(fix),
        )
    }

    fn not(&mut self, field: Option<Field>) -> Step<Node> {
        let (next, end) = self.peek()?;
        if !matches!(next, Next::Not | Next::Minus) {
            return self.proximity(field);
        }
        let operator = self.at..end;
        self.at = end;
        self.needs_operand("NOT", operator.clone())?;
        if matches!(self.peek()?.0, Next::Not | Next::Minus) {
            let fix = Fix {
                span: operator.start..self.at,
                text: String::new(),
            };
            return self.stop(
                Problem::Unexpected {
                    found: "`NOT` after `NOT`".into(),
                },
                operator,
                "one `NOT`",
                Some(fix),
            );
        }
        let start = self.at;
        let operand = self.atom(field)?;
        let atom_end = self.at;
        if let (Next::Near { .. }, _) = self.peek()? {
            // NOT binds tighter, and `(NOT a) NEAR b` has no meaning: ask rather than guess.
            let near = self.at;
            self.at = start;
            self.proximity(field)?;
            let group = self.slice(start..self.at).trim_end();
            let fix = Fix {
                span: start..start + group.len(),
                text: format!("({group})"),
            };
            let end = atom_end.max(near);
            self.error(
                Problem::NotPositional {
                    operator: "NEAR",
                    what: "NOT",
                },
                operator.start..end,
                "parentheses: `NOT (a NEAR/5 b)`",
                Some(fix),
            );
        }
        Ok(Node::Not(Box::new(operand)))
    }

    fn proximity(&mut self, field: Option<Field>) -> Step<Node> {
        let start = self.at;
        let mut left = self.atom(field)?;
        while let (Next::Near { distance, ordered }, end) = self.peek()? {
            let span = self.at..end;
            let operator = if ordered { "ONEAR" } else { "NEAR" };
            self.at = end;
            self.needs_operand(operator, span.clone())?;
            let right_start = self.at;
            if let (Next::Not | Next::Minus, end) = self.peek()? {
                let problem = Problem::NotPositional {
                    operator,
                    what: "NOT",
                };
                return self.stop(
                    problem,
                    right_start..end,
                    "a word, a phrase or an OR group",
                    None,
                );
            }
            let right = self.atom(field)?;
            let left_fault = without_place(&left).map(|what| (what, start..span.start));
            if let Some((what, side)) = left_fault
                .or_else(|| without_place(&right).map(|what| (what, right_start..self.at)))
            {
                // An operand that has its own error already stands as `Everything`.
                if self.errors.is_empty() {
                    self.error(
                        Problem::NotPositional { operator, what },
                        side,
                        "words, phrases, hashtags or an OR group of them",
                        None,
                    );
                }
                left = Node::Everything;
                continue;
            }
            left = Node::Near(Near {
                left: Box::new(left),
                right: Box::new(right),
                distance,
                ordered,
            });
        }
        Ok(left)
    }

    fn atom(&mut self, field: Option<Field>) -> Step<Node> {
        let (next, end) = self.peek()?;
        let start = self.at;
        match next {
            Next::Open => self.group(field),
            Next::Quote => match field {
                Some(field) => self.field_value(field),
                None => self.phrase(Scope::Anywhere),
            },
            Next::Chunk => match field {
                Some(field) => self.field_value(field),
                None => self.chunk(end),
            },
            Next::End => self.stop(
                Problem::Unexpected {
                    found: "the end of the query".into(),
                },
                start..end,
                "a word, a phrase or a group",
                None,
            ),
            _ => {
                let found = format!("`{}`", self.slice(start..end));
                let fix = Fix {
                    span: start..end,
                    text: String::new(),
                };
                self.stop(
                    Problem::Unexpected { found },
                    start..end,
                    "a word, a phrase or a group",
                    Some(fix),
                )
            }
        }
    }

    /// A group in parentheses; the next character is `(`.
    pub(crate) fn group(&mut self, field: Option<Field>) -> Step<Node> {
        let open = self.at;
        self.at += 1;
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return self.stop(
                Problem::TooDeep { max: MAX_DEPTH },
                open..open + 1,
                "fewer parentheses inside each other",
                None,
            );
        }
        if let (Next::Close, end) = self.peek()? {
            let fix = Fix {
                span: open..end,
                text: String::new(),
            };
            return self.stop(
                Problem::Unexpected {
                    found: "an empty group".into(),
                },
                open..end,
                "a word between `(` and `)`",
                Some(fix),
            );
        }
        let node = self.or(field)?;
        if self.peek()?.0 != Next::Close {
            let fix = Fix {
                span: self.at..self.at,
                text: ")".into(),
            };
            return self.stop(
                Problem::Unclosed { what: "the group" },
                open..open + 1,
                "`)`",
                Some(fix),
            );
        }
        self.at += 1;
        self.depth -= 1;
        Ok(node)
    }

    /// What stands between the quote here and its partner; reading goes on after it.
    pub(crate) fn quoted(&mut self) -> Step<Range<usize>> {
        let open = self.at;
        let start = open + self.rest().chars().next().map_or(0, char::len_utf8);
        let Some(len) = self
            .source
            .get(start..)
            .and_then(|rest| rest.find(is_quote))
        else {
            let fix = Fix {
                span: self.source.len()..self.source.len(),
                text: "\"".into(),
            };
            return self.stop(
                Problem::Unclosed { what: "the phrase" },
                open..self.source.len(),
                "a closing quote",
                Some(fix),
            );
        };
        self.at = start
            + len
            + self
                .source
                .get(start + len..)
                .and_then(|rest| rest.chars().next())
                .map_or(0, char::len_utf8);
        Ok(start..start + len)
    }

    /// A phrase; the next character is a quote.
    pub(crate) fn phrase(&mut self, scope: Scope) -> Step<Node> {
        let open = self.at;
        let inner = self.quoted()?;
        let words = terms::phrase(self, inner);
        let slop = self.slop()?;
        if slop.is_some() && words.iter().any(|word| word.form == crate::Form::Prefix) {
            self.error(
                Problem::NotYet {
                    what: "a wildcard in a phrase with `~`".into(),
                },
                open..self.at,
                "whole words",
                None,
            );
        }
        Ok(if words.is_empty() {
            Node::Everything
        } else {
            Node::Text(Text { scope, words, slop })
        })
    }

    fn slop(&mut self) -> Step<Option<u16>> {
        let Some(rest) = self.rest().strip_prefix('~') else {
            return Ok(None);
        };
        let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let span = self.at..self.at + 1 + digits;
        if let Some(slop) = rest
            .get(..digits)
            .and_then(|digits| digits.parse().ok())
            .filter(|&n: &u16| n <= MAX_DISTANCE)
        {
            self.at = span.end;
            return Ok(Some(slop));
        }
        let problem = Problem::BadValue {
            field: "~",
            written: self.slice(span.clone()).to_owned(),
        };
        let fix = Fix {
            span: span.clone(),
            text: format!("~{DEFAULT_DISTANCE}"),
        };
        self.stop(problem, span, "a number of words from 0 to 1000", Some(fix))
    }

    /// What may not be saved.
    fn limits(&mut self, root: &Node) {
        let all = 0..self.source.len();
        if !is_within(root, MAX_DEPTH) {
            self.error(
                Problem::TooDeep { max: MAX_DEPTH },
                all,
                "fewer groups or NEAR inside each other",
                None,
            );
            return;
        }
        if self.stored {
            return;
        }
        let (terms, wildcards) = terms::count(root);
        if terms > MAX_TERMS {
            self.error(
                Problem::TooManyTerms {
                    terms,
                    max: MAX_TERMS,
                },
                all.clone(),
                "several queries",
                None,
            );
        }
        if wildcards > MAX_WILDCARDS {
            self.error(
                Problem::TooManyWildcards {
                    wildcards,
                    max: MAX_WILDCARDS,
                },
                all.clone(),
                "whole words",
                None,
            );
        }
        if !requires_something(root) {
            self.error(
                Problem::NothingRequired,
                all,
                "a word, hashtag, account or address outside NOT, and in every branch of OR",
                None,
            );
        }
    }
}

/// Line and column of a byte, from 1; columns count characters.
fn place(source: &str, at: usize) -> (u32, u32) {
    let before = source.get(..at).unwrap_or(source);
    let line = before.matches('\n').count() as u32 + 1;
    let column = before.rsplit('\n').next().unwrap_or(before).chars().count() as u32 + 1;
    (line, column)
}
