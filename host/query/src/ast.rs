//! The query as a tree: what customers mean, free of how they wrote it.
//!
//! Lives here: the nodes and their canonical form. Not here: reading (`parse`), writing (`print`), deciding (`evaluate`).

use isocial_model::{
    language::{EmotionLabel, EntityKind, SentimentLabel},
    post::PostKind,
};

/// One condition, or several joined.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Node {
    /// Every post: only for monitors that an operator or the demo sets up; customers' queries name something.
    Everything,
    /// All of them (`AND`); at least two.
    All(Vec<Node>),
    /// Any of them (`OR`); at least two.
    Any(Vec<Node>),
    /// Not this one (`NOT`, `-`).
    Not(Box<Node>),
    /// Two things close to each other (`NEAR/n`, `ONEAR/n`).
    Near(Near),
    /// Words next to each other, or a single one.
    Text(Text),
    /// A hashtag, folded, without `#`.
    Hashtag(Box<str>),
    /// Written by this account: its handle without `@`, or its native id, in the customer's own case; compared folded.
    Author(Box<str>),
    /// Names this account: handle without `@`, in the customer's own case; compared folded.
    Mention(Box<str>),
    /// In this language · BCP 47, lower case; `pt` also means `pt-br`.
    Language(Box<str>),
    /// From this country · ISO 3166-1 alpha-2, lower case.
    Country(Box<str>),
    /// From this network · registered name, lower case.
    Network(Box<str>),
    /// About a web address.
    Address(Address),
    /// Of this kind (`type:`).
    Kind(PostKind),
    /// With this opinion; only analysis can tell.
    Sentiment(SentimentLabel),
    /// With this emotion; only analysis can tell.
    Emotion(EmotionLabel),
    /// About this topic of a language pack, folded; only analysis can tell.
    Topic(Box<str>),
    /// With an entity of this kind; only analysis can tell.
    EntityKind(EntityKind),
    /// With an entity of exactly these words; only analysis can tell.
    EntityText(Vec<Word>),
    /// With something attached or given.
    Has(Has),
    /// The network marks it as sensitive, or does not.
    Sensitive(bool),
    /// The network has verified the author, or has not.
    Verified(bool),
    /// A count or a rating within bounds; a post without it is outside all of them.
    Measure(Measure, Bounds),
}

/// Two things close to each other.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Near {
    /// One: text, hashtag, an `Any` of these, or another `Near`.
    pub left: Box<Node>,
    /// The other, likewise.
    pub right: Box<Node>,
    /// Words that may stand between them, at most · 0–1,000.
    pub distance: u16,
    /// The left one comes first.
    pub ordered: bool,
}

/// Words next to each other in one part of a post.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Text {
    /// Where to look.
    pub scope: Scope,
    /// At least one.
    pub words: Vec<Word>,
    /// `"a b"~n`: in any order, with at most so many further words among them · 0–1,000.
    pub slop: Option<u16>,
}

/// Where words are looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Scope {
    /// Title, body and content warning.
    Anywhere,
    /// The title only.
    Title,
    /// The body only.
    Body,
    /// The author's display name only.
    AuthorName,
}

/// One word of a text condition.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Word {
    /// Normalised and folded; for `Wild` with `?` where one character is open.
    pub text: Box<str>,
    /// How it is compared.
    pub form: Form,
    /// Only an apostrophe stood between it and the word before, as in `l'orange`. Matching does not look at this.
    pub glued: bool,
}

/// How a word is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Form {
    /// The whole word.
    Exact,
    /// Words that start so (`word*`).
    Prefix,
    /// `?` stands for exactly one character; only as a text condition's single word.
    Wild,
    /// A hashtag among words, without `#`.
    Tag,
}

/// A condition on web addresses. Addresses are compared without scheme, `www.`, port, fragment and trackers.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Address {
    /// Which addresses.
    pub of: AddressOf,
    /// This host or one below it · lower case.
    pub host: Box<str>,
    /// The path starts so; empty or with a leading `/`.
    pub path: Box<str>,
}

/// Which addresses of a post are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum AddressOf {
    /// Its own page and its links, host only (`domain:`, `site:`).
    Domain,
    /// Its own page and its links (`url:`).
    Any,
    /// Its links only (`link:`).
    Link,
}

/// What a post can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
#[expect(missing_docs, reason = "the words are their own meaning")]
pub enum Has {
    Image,
    Video,
    Audio,
    Media,
    Link,
    Hashtag,
    Mention,
    Title,
    Rating,
    Country,
}

/// What can be compared as a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Measure {
    /// Likes at the last reading.
    Likes,
    /// Reposts at the last reading.
    Reposts,
    /// Replies at the last reading.
    Replies,
    /// Quotes at the last reading.
    Quotes,
    /// Views at the last reading.
    Views,
    /// Followers of the author.
    Followers,
    /// Rating, 0–1.
    Rating,
}

/// A number of a query, exact to a thousandth.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Number {
    /// Thousandths · 0 to 10¹⁵ × 1,000.
    pub thousandths: u64,
}

/// Bounds of a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Bounds {
    /// `n`
    Equal(Number),
    /// `>n`
    Above(Number),
    /// `>=n`
    AtLeast(Number),
    /// `<n`
    Below(Number),
    /// `<=n`
    AtMost(Number),
    /// `a..b`, both included.
    Between(Number, Number),
}
