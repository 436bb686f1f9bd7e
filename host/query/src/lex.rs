//! What stands next in a query: operators, parentheses, quotes, and chunks of anything else.

use crate::{
    Fix, Problem,
    parse::{DEFAULT_DISTANCE, Parser, Step, is_quote},
    query::MAX_DISTANCE,
};

/// What stands next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Next {
    End,
    Open,
    Close,
    Quote,
    Minus,
    And,
    Or,
    Not,
    Near {
        distance: u16,
        ordered: bool,
    },
    /// Anything else, up to space, parenthesis, quote or comment.
    Chunk,
}

impl Parser<'_> {
    /// Skips white space and comments.
    pub(crate) fn space(&mut self) -> Step<()> {
        loop {
            let rest = self.rest();
            let trimmed = rest.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{FEFF}');
            self.at += rest.len() - trimmed.len();
            let Some(comment) = trimmed.strip_prefix("/*") else {
                return Ok(());
            };
            let Some(end) = comment.find("*/") else {
                let span = self.at..self.source.len();
                let fix = Fix {
                    span: self.source.len()..self.source.len(),
                    text: " */".into(),
                };
                return self.stop(
                    Problem::Unclosed {
                        what: "the comment",
                    },
                    span,
                    "`*/`",
                    Some(fix),
                );
            };
            self.at += 2 + end + 2;
        }
    }

    /// The end of a chunk that starts here.
    pub(crate) fn chunk_end(&self) -> usize {
        let mut end = self.at;
        let mut chars = self.rest().chars().peekable();
        while let Some(c) = chars.next() {
            if c.is_whitespace()
                || matches!(c, '(' | ')')
                || is_quote(c)
                || (c == '/' && chars.peek() == Some(&'*'))
            {
                break;
            }
            end += c.len_utf8();
        }
        end
    }

    /// What stands next, and where it ends.
    pub(crate) fn peek(&mut self) -> Step<(Next, usize)> {
        self.space()?;
        let mut chars = self.rest().chars();
        let Some(first) = chars.next() else {
            return Ok((Next::End, self.at));
        };
        let after = self.at + first.len_utf8();
        Ok(match first {
            '(' => (Next::Open, after),
            ')' => (Next::Close, after),
            c if is_quote(c) => (Next::Quote, after),
            '-' if chars
                .next()
                .is_some_and(|c| !c.is_whitespace() && !matches!(c, '-' | ')')) =>
            {
                (Next::Minus, after)
            }
            _ => {
                let end = self.chunk_end();
                let next = match self.slice(self.at..end) {
                    "AND" => Next::And,
                    "OR" => Next::Or,
                    "NOT" => Next::Not,
                    chunk => self.near(chunk, end)?.unwrap_or(Next::Chunk),
                };
                (next, end)
            }
        })
    }

    fn near(&mut self, chunk: &str, end: usize) -> Step<Option<Next>> {
        let (ordered, name, rest) = match (chunk.strip_prefix("NEAR"), chunk.strip_prefix("ONEAR"))
        {
            (Some(rest), _) => (false, "NEAR", rest),
            (_, Some(rest)) => (true, "ONEAR", rest),
            _ => return Ok(None),
        };
        if rest.is_empty() {
            return Ok(Some(Next::Near {
                distance: DEFAULT_DISTANCE,
                ordered,
            }));
        }
        let Some(number) = rest.strip_prefix('/') else {
            return Ok(None);
        };
        let (number, forward) = number
            .strip_suffix(['f', 'F'])
            .map_or((number, false), |number| (number, true));
        let digits = number.bytes().all(|b| b.is_ascii_digit());
        let distance = if number.is_empty() && forward {
            Some(DEFAULT_DISTANCE)
        } else {
            number.parse().ok()
        };
        if let Some(distance) = distance.filter(|&n: &u16| digits && n <= MAX_DISTANCE) {
            return Ok(Some(Next::Near {
                distance,
                ordered: ordered || forward,
            }));
        }
        let span = self.at..end;
        let fix = Fix {
            span: span.clone(),
            text: format!("{name}/{DEFAULT_DISTANCE}"),
        };
        let problem = Problem::BadValue {
            field: name,
            written: chunk.to_owned(),
        };
        self.stop(
            problem,
            span,
            "a number of words from 0 to 1000, such as `NEAR/5`",
            Some(fix),
        )
    }
}
