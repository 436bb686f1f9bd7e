//! Values of fields: what each field takes.

use std::ops::Range;

use isocial_model::{language::SentimentLabel, post::PostKind};

use crate::{
    Address, AddressOf, Bounds, Fix, Measure, Node, Number, Problem, Scope, Text, address,
    names::{self, Field},
    parse::{Parser, Step, fold_value, is_quote},
    terms,
};

/// Languages by the names that people write.
const LANGUAGES: [(&str, &str); 14] = [
    ("english", "en"),
    ("vietnamese", "vi"),
    ("spanish", "es"),
    ("french", "fr"),
    ("german", "de"),
    ("portuguese", "pt"),
    ("italian", "it"),
    ("arabic", "ar"),
    ("hindi", "hi"),
    ("indonesian", "id"),
    ("japanese", "ja"),
    ("korean", "ko"),
    ("chinese", "zh"),
    ("thai", "th"),
];

impl Parser<'_> {
    /// The value of a field, quoted or not; it is not a group.
    pub(crate) fn field_value(&mut self, field: Field) -> Step<Node> {
        let scope = match field {
            Field::Text => Some(Scope::Anywhere),
            Field::Title => Some(Scope::Title),
            Field::Body => Some(Scope::Body),
            Field::AuthorName => Some(Scope::AuthorName),
            _ => None,
        };
        let is_quoted = self.rest().starts_with(is_quote);
        if let (Some(scope), true) = (scope, is_quoted) {
            return self.phrase(scope);
        }
        let span = if is_quoted {
            self.quoted()?
        } else {
            let rest = self.rest();
            let len = rest
                .find(|c: char| c.is_whitespace() || c == ')' || is_quote(c))
                .unwrap_or(rest.len());
            self.at += len;
            self.at - len..self.at
        };
        if let Some(scope) = scope {
            let words = terms::bare(self, span);
            return Ok(if words.is_empty() {
                Node::Everything
            } else {
                Node::Text(Text {
                    scope,
                    words,
                    slop: None,
                })
            });
        }
        Ok(self.value(field, span).unwrap_or(Node::Everything))
    }

    fn bad(
        &mut self,
        field: Field,
        span: Range<usize>,
        expected: &str,
        fix: Option<String>,
    ) -> Option<Node> {
        let written = self.slice(span.clone()).to_owned();
        let fix = fix.map(|text| Fix {
            span: span.clone(),
            text,
        });
        self.error(
            Problem::BadValue {
                field: names::field(field),
                written,
            },
            span,
            expected,
            fix,
        );
        None
    }

    fn value(&mut self, field: Field, span: Range<usize>) -> Option<Node> {
        let written = self.slice(span.clone());
        let folded = fold_value(written);
        let lower = folded.as_str();
        match field {
            Field::Author | Field::Mention => {
                let Some(handle) = handle(written) else {
                    return self.bad(field, span, "a handle such as `lumora_care`", None);
                };
                let handle = handle.into();
                Some(if field == Field::Author {
                    Node::Author(handle)
                } else {
                    Node::Mention(handle)
                })
            }
            Field::Hashtag => {
                let tag = crate::segment::fold_tag(written.trim());
                let node = Node::Hashtag(tag.as_str().into());
                let sound =
                    crate::Query::new(node.clone()).is_ok() && !written.contains(['*', '?']);
                if sound {
                    Some(node)
                } else {
                    self.bad(
                        field,
                        span,
                        "a hashtag such as `lumora`, with a letter in it",
                        None,
                    )
                }
            }
            Field::Lang => {
                let code = lower.replace('_', "-");
                let mut parts = code.split('-');
                let first = parts.next().is_some_and(|p| {
                    matches!(p.len(), 2 | 3) && p.bytes().all(|b| b.is_ascii_lowercase())
                });
                let rest = parts.all(|p| {
                    (1..=8).contains(&p.len()) && p.bytes().all(|b| b.is_ascii_alphanumeric())
                });
                if first && rest && code.len() <= 35 {
                    return Some(Node::Language(code.into()));
                }
                let name = LANGUAGES
                    .iter()
                    .find(|(name, _)| *name == lower)
                    .map(|(_, code)| (*code).to_owned());
                self.bad(field, span, "a language code such as `en` or `pt-BR`", name)
            }
            Field::Country => {
                if lower.len() == 2 && lower.bytes().all(|b| b.is_ascii_lowercase()) {
                    return Some(Node::Country(lower.into()));
                }
                self.bad(
                    field,
                    span,
                    "a country code of two letters such as `VN`",
                    None,
                )
            }
            Field::Network => {
                if (1..=32).contains(&lower.len())
                    && lower
                        .bytes()
                        .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
                {
                    return Some(Node::Network(lower.into()));
                }
                self.bad(field, span, "a network's name such as `mastodon`", None)
            }
            Field::Domain | Field::Url | Field::Link => self.address(field, span),
            Field::Kind => self
                .choice(field, span, lower, &names::KINDS, PostKind::name)
                .map(Node::Kind),
            Field::Sentiment => self
                .choice(field, span, lower, &names::SENTIMENTS, SentimentLabel::name)
                .map(Node::Sentiment),
            Field::Emotion => self
                .choice(field, span, lower, &names::EMOTIONS, names::emotion)
                .map(Node::Emotion),
            Field::Has => self
                .choice(field, span, lower, &names::HAS, names::has)
                .map(Node::Has),
            Field::Sensitive => self
                .choice(field, span, lower, &[true, false], truth)
                .map(Node::Sensitive),
            Field::Verified => self
                .choice(field, span, lower, &[true, false], truth)
                .map(Node::Verified),
            Field::Topic => {
                if lower.is_empty() || lower.contains(is_quote) {
                    return self.bad(field, span, "a topic of a language pack", None);
                }
                Some(Node::Topic(lower.into()))
            }
            Field::Entity => {
                // A quoted kind is a name to look for: `entity:person` and `entity:"person"` differ.
                let quoted = self
                    .source
                    .get(..span.start)
                    .is_some_and(|before| before.ends_with(is_quote));
                let kind = names::ENTITIES
                    .into_iter()
                    .find(|kind| names::entity(*kind) == lower)
                    .filter(|_| !quoted);
                if let Some(kind) = kind {
                    return Some(Node::EntityKind(kind));
                }
                Some(terms::entity(self, span))
                    .filter(|words| !words.is_empty())
                    .map(Node::EntityText)
            }
            Field::Measure(measure) => self.bounds(measure, span),
            // Text has gone its own way.
            Field::Text | Field::Title | Field::Body | Field::AuthorName => None,
        }
    }

    fn choice<T: Copy>(
        &mut self,
        field: Field,
        span: Range<usize>,
        written: &str,
        values: &[T],
        name: impl Fn(T) -> &'static str,
    ) -> Option<T> {
        let found = values.iter().copied().find(|value| name(*value) == written);
        if found.is_none() {
            let all: Vec<&str> = values.iter().map(|value| name(*value)).collect();
            let near = names::nearest(written, all.iter().copied()).map(str::to_owned);
            self.bad(field, span, &format!("one of {}", all.join(", ")), near);
        }
        found
    }

    fn address(&mut self, field: Field, span: Range<usize>) -> Option<Node> {
        let cut = address::cut(self.slice(span.clone()).trim())
            .filter(|cut| cut.host.contains('.') && !cut.path.contains(char::is_whitespace));
        let Some(cut) = cut else {
            return self.bad(field, span, "a host such as `shop.example`", None);
        };
        if field == Field::Domain && !cut.path.is_empty() {
            return self.bad(
                field,
                span,
                "a host without a path; `url:` takes paths",
                Some(cut.host),
            );
        }
        let of = match field {
            Field::Domain => AddressOf::Domain,
            Field::Url => AddressOf::Any,
            _ => AddressOf::Link,
        };
        let node = Node::Address(Address {
            of,
            host: cut.host.into(),
            path: cut.path.into(),
        });
        if crate::Query::new(node.clone()).is_err() {
            return self.bad(
                field,
                span,
                "a web address such as `shop.example/cars`",
                None,
            );
        }
        Some(node)
    }

    fn bounds(&mut self, measure: Measure, span: Range<usize>) -> Option<Node> {
        let field = Field::Measure(measure);
        let written = self.slice(span.clone()).trim();
        let bounds = bounds(written);
        let highest = bounds.as_ref().map(|bounds| match *bounds {
            Bounds::Equal(n)
            | Bounds::Above(n)
            | Bounds::AtLeast(n)
            | Bounds::Below(n)
            | Bounds::AtMost(n) => (n, n),
            Bounds::Between(low, high) => (low, high),
        });
        match (bounds, highest) {
            (Some(_), Some((low, high))) if low > high => {
                let swapped = format!("{high}..{low}");
                self.bad(field, span, "the smaller number first", Some(swapped))
            }
            (Some(_), Some((low, high)))
                if measure == Measure::Rating && high.thousandths > 1000 =>
            {
                let fifth = |n: Number| Number {
                    thousandths: n.thousandths / 5,
                };
                let operator = written
                    .trim_start_matches(|c: char| c.is_ascii_digit() || c == '.')
                    .is_empty();
                let sign = if operator {
                    ""
                } else {
                    written.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.')
                };
                let fix = (high.thousandths <= 5000 && low == high)
                    .then(|| format!("{sign}{}", fifth(high)));
                self.bad(
                    field,
                    span,
                    "a rating from 0 to 1: four stars of five are 0.8",
                    fix,
                )
            }
            (Some(bounds), _) => Some(Node::Measure(measure, bounds)),
            _ => self.bad(
                field,
                span,
                "a number, `>n`, `>=n`, `<n`, `<=n` or `a..b`",
                None,
            ),
        }
    }
}

/// A handle or native id as written, without decoration; `None` if nothing is left of it.
pub(crate) fn handle(written: &str) -> Option<&str> {
    let handle = written
        .trim_start_matches(|c: char| c == '@' || c.is_whitespace())
        .trim_end();
    (!handle.is_empty() && !handle.contains(is_quote)).then_some(handle)
}

fn truth(value: bool) -> &'static str {
    if value { "true" } else { "false" }
}

fn bounds(written: &str) -> Option<Bounds> {
    if let Some((low, high)) = written.split_once("..") {
        return Some(Bounds::Between(number(low)?, number(high)?));
    }
    Some(if let Some(n) = written.strip_prefix(">=") {
        Bounds::AtLeast(number(n)?)
    } else if let Some(n) = written.strip_prefix("<=") {
        Bounds::AtMost(number(n)?)
    } else if let Some(n) = written.strip_prefix('>') {
        Bounds::Above(number(n)?)
    } else if let Some(n) = written.strip_prefix('<') {
        Bounds::Below(number(n)?)
    } else {
        Bounds::Equal(number(written)?)
    })
}

/// At most 15 digits, and 3 after the point.
fn number(written: &str) -> Option<Number> {
    let (whole, part) = written
        .split_once('.')
        .map_or((written, None), |(whole, part)| (whole, Some(part)));
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    if !(1..=15).contains(&whole.len()) || !digits(whole) {
        return None;
    }
    let rest = match part {
        None => 0,
        Some(part) if (1..=3).contains(&part.len()) && digits(part) => {
            format!("{part:0<3}").parse().ok()?
        }
        Some(_) => return None,
    };
    Some(Number {
        thousandths: whole.parse::<u64>().ok()? * 1000 + rest,
    })
}
