//! What can be wrong with a query, said so that one click repairs it.
//!
//! Lives here: errors, lints and fixes. Messages quote the customer's own query: show them to who wrote it, never log them.

use std::ops::Range;

/// Everything that is wrong with a query; never empty.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct ParseErrors(pub(crate) Vec<ParseError>);

impl ParseErrors {
    /// The errors in the order of the text.
    pub fn errors(&self) -> &[ParseError] {
        &self.0
    }
}

impl std::fmt::Display for ParseErrors {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (nth, error) in self.0.iter().enumerate() {
            if nth > 0 {
                f.write_str("; ")?;
            }
            std::fmt::Display::fmt(error, f)?;
        }
        Ok(())
    }
}

/// One error.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: {problem}")]
pub struct ParseError {
    /// What is wrong.
    pub problem: Problem,
    /// Bytes of the source that it is about.
    pub span: Range<usize>,
    /// Line · from 1.
    pub line: u32,
    /// Column in characters · from 1.
    pub column: u32,
    /// What was expected there, in words.
    pub expected: String,
    /// What repairs it, if something obvious does.
    pub fix: Option<Fix>,
}

/// A repair: put `text` in the place of `span`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fix {
    /// Bytes of the source to replace; empty to insert.
    pub span: Range<usize>,
    /// What to put there.
    pub text: String,
}

impl Fix {
    /// The source with the repair made; the source itself where the span does not fit it.
    pub fn apply(&self, source: &str) -> String {
        match (source.get(..self.span.start), source.get(self.span.end..)) {
            (Some(before), Some(after)) => format!("{before}{}{after}", self.text),
            _ => source.to_owned(),
        }
    }
}

/// What is wrong, by what the customer can do about it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Problem {
    /// Nothing but space and comments.
    #[error("the query is empty: name a word, a phrase or an account")]
    Empty,
    /// Longer than allowed.
    #[error("the query has {bytes} bytes: at most {max} are allowed")]
    TooLong {
        /// Its length.
        bytes: usize,
        /// The limit.
        max: usize,
    },
    /// Parentheses or `NEAR` too deep.
    #[error("the query is nested deeper than {max} levels")]
    TooDeep {
        /// The limit.
        max: usize,
    },
    /// Too many conditions.
    #[error("the query has {terms} terms: at most {max} are allowed")]
    TooManyTerms {
        /// How many.
        terms: usize,
        /// The limit.
        max: usize,
    },
    /// Too many wildcards.
    #[error("the query has {wildcards} wildcards: at most {max} are allowed")]
    TooManyWildcards {
        /// How many.
        wildcards: usize,
        /// The limit.
        max: usize,
    },
    /// A wildcard after too few letters.
    #[error("`{written}` is too short for a wildcard: at least {min} letters must come before it")]
    ShortPrefix {
        /// As written.
        written: String,
        /// Letters needed.
        min: usize,
    },
    /// Nothing that a post must contain.
    #[error(
        "nothing in the query must be in a post: name at least one word, hashtag, account or address that every match has"
    )]
    NothingRequired,
    /// A field that does not exist.
    #[error("there is no field `{name}`")]
    UnknownField {
        /// As written.
        name: String,
    },
    /// Part of the language that this version does not have.
    #[error("{what} is not available yet")]
    NotYet {
        /// What.
        what: String,
    },
    /// A value that the field does not take.
    #[error("`{written}` is no value of `{field}`")]
    BadValue {
        /// The field.
        field: &'static str,
        /// As written.
        written: String,
    },
    /// Something `NEAR` cannot join.
    #[error("{operator} joins words, phrases, hashtags and OR groups of them, not {what}")]
    NotPositional {
        /// `NEAR` or `ONEAR`.
        operator: &'static str,
        /// What was found.
        what: &'static str,
    },
    /// A word without any letter, digit or emoji.
    #[error("`{written}` has no letter, digit or emoji to look for")]
    NoWord {
        /// As written.
        written: String,
    },
    /// Something else stands where an operand or operator was expected.
    #[error("unexpected {found}")]
    Unexpected {
        /// What was found, in words.
        found: String,
    },
    /// Something opened is not closed.
    #[error("{what} is never closed")]
    Unclosed {
        /// What.
        what: &'static str,
    },
}

/// Something that is allowed and probably not meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lint {
    /// What.
    pub doubt: Doubt,
    /// Bytes of the source that it is about.
    pub span: Range<usize>,
    /// Line · from 1.
    pub line: u32,
    /// Column in characters · from 1.
    pub column: u32,
    /// What would say it clearly, the likeliest first.
    pub fixes: Vec<Fix>,
}

/// What is doubtful.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Doubt {
    /// Two bare words side by side: both must occur, anywhere. A phrase, or `AND`?
    BareWords,
    /// `and`, `or`, `not`, `near` in small letters is a word to look for.
    SmallOperator,
    /// A `?` in quotes is punctuation.
    WildcardInQuotes,
}
