//! A post made ready for matching: opened, normalised and segmented once.
//!
//! Lives here: the one opening of labels in this room, and what matching reads. Not here: matching itself (`evaluate`, `index`).

use isocial_model::{
    Labeled, Opening,
    post::{MediaKind, Post, PostKind},
};

use crate::{
    Has, Measure, Scope, address,
    chars::fold_slow,
    hash::{Space, number},
    segment::{Kind, Sink, fold_tag, segment},
};

/// A part of a post that has text of its own; distances never cross from one to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Part {
    /// The title.
    Title,
    /// The content warning.
    Warning,
    /// The body (`post.text`).
    Body,
    /// The author's display name.
    AuthorName,
}

/// The order of parts in a document; the display name is last, so that `Anywhere` is one range.
const PARTS: [Part; 4] = [Part::Title, Part::Warning, Part::Body, Part::AuthorName];

/// A piece of the document's folded text.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Piece {
    from: u32,
    to: u32,
}

/// One token of a post.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Token {
    /// Its number, in the space of its kind and part.
    pub(crate) number: u64,
    /// Its folded text.
    pub(crate) piece: Piece,
    /// Where it is in the original text of its part · bytes.
    pub(crate) start: u32,
    /// Where it ends there.
    pub(crate) end: u32,
    /// What it is.
    pub(crate) kind: Kind,
}

/// A value with its number.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Named {
    pub(crate) number: u64,
    pub(crate) piece: Piece,
}

/// An address of a post.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Link {
    pub(crate) host: Piece,
    pub(crate) path: Piece,
    /// The post's own page, not a link in it.
    pub(crate) own: bool,
}

/// A post made ready for matching. Make it once a post, or [`refill`](Doc::refill) one again and again; it holds no label and no secret, but
/// text and identities of the post: it is not for keeping.
#[derive(Clone, Default)]
pub struct Doc {
    folded: String,
    tokens: Vec<Token>,
    /// Where each part's tokens end, in the order of `PARTS`.
    ends: [u32; 4],
    /// Numbers of tokens with their places, ascending: where a word is.
    order: Vec<(u64, u32)>,
    /// One of 256 bits for each number: what is surely not there is mostly seen here.
    seen: [u64; 4],
    tags: Vec<Named>,
    authors: Vec<Named>,
    mentions: Vec<Named>,
    links: Vec<Link>,
    network: Option<Named>,
    language: Option<Piece>,
    country: Option<Piece>,
    kind: PostKind,
    has: u32,
    sensitive: Option<bool>,
    verified: Option<bool>,
    measures: [Option<u64>; 7],
}

impl Doc {
    /// Normalises and segments a post.
    pub fn of(post: &Labeled<Post>) -> Self {
        let mut doc = Self::default();
        doc.refill(post);
        doc
    }

    /// Like [`Doc::of`], in the memory of an earlier post.
    pub fn refill(&mut self, post: &Labeled<Post>) {
        let post = post.open(Opening::Evaluator);
        self.clear();
        let name = post
            .author
            .as_ref()
            .and_then(|author| author.display_name.as_deref());
        let texts = [
            post.title.as_deref(),
            post.content_warning.as_deref(),
            post.text.as_deref(),
            name,
        ];
        for (part, text) in PARTS.into_iter().zip(texts) {
            if let Some(text) = text {
                let space = if part == Part::AuthorName {
                    Space::Name
                } else {
                    Space::Word
                };
                segment(
                    text,
                    &mut Filling {
                        doc: self,
                        space,
                        text,
                    },
                );
            }
            if let Some(end) = self.ends.get_mut(part as usize) {
                *end = self.tokens.len() as u32;
            }
        }
        self.order.extend(
            self.tokens
                .iter()
                .zip(0..)
                .map(|(token, place)| (token.number, place)),
        );
        self.order.sort_unstable();
        for token in &self.tokens {
            let (word, bit) = seen_bit(token.number);
            if let Some(word) = self.seen.get_mut(word) {
                *word |= bit;
            }
        }
        self.take_fields(post);
    }

    fn clear(&mut self) {
        self.folded.clear();
        self.tokens.clear();
        self.order.clear();
        self.tags.clear();
        self.authors.clear();
        self.mentions.clear();
        self.links.clear();
        self.ends = [0; 4];
        self.seen = [0; 4];
    }

    fn take_fields(&mut self, post: &Post) {
        for tag in &post.hashtags {
            let from = self.folded.len();
            self.folded.push_str(&fold_tag(tag));
            let piece = self.piece_from(from);
            self.tags.push(Named {
                number: number(Space::Tag, self.text(piece).as_bytes()),
                piece,
            });
        }
        if let Some(author) = &post.author {
            for name in author.handle.iter().chain(&author.native_id) {
                let named = self.named(name);
                self.authors.push(named);
            }
        }
        for mentioned in &post.mentions {
            for name in mentioned.handle.iter().chain(&mentioned.native_id) {
                let named = self.named(name);
                self.mentions.push(named);
            }
        }
        if let Some(page) = &post.url {
            self.link(page, true);
        }
        for link in &post.links {
            self.link(link, false);
        }
        self.network = Some(self.named(&post.network));
        let language = post
            .language
            .as_deref()
            .filter(|tag| !tag.is_empty() && !tag.eq_ignore_ascii_case("und"));
        self.language = language.map(|tag| self.push_folded(&tag.replace('_', "-")));
        self.country = post.country.as_deref().map(|code| self.push_folded(code));
        self.kind = post.kind;
        self.sensitive = post.sensitive;
        self.verified = post.author.as_ref().and_then(|author| author.verified);
        self.has = self.has_bits(post);
        let counts = post.engagement.unwrap_or_default();
        let whole = |count: Option<u64>| count.map(|n| n.saturating_mul(1000));
        let followers = post.author.as_ref().and_then(|author| author.followers);
        let rating = post.rating.filter(|rating| rating.is_finite());
        self.measures = [
            whole(counts.likes),
            whole(counts.reposts),
            whole(counts.replies),
            whole(counts.quotes),
            whole(counts.views),
            whole(followers),
            rating.map(|rating| (rating.clamp(0.0, 1.0) * 1000.0).round() as u64),
        ];
    }

    fn has_bits(&self, post: &Post) -> u32 {
        let media = |kind| post.media.iter().any(|media| media.kind == kind);
        let facts = [
            (Has::Image, media(MediaKind::Image)),
            (Has::Video, media(MediaKind::Video)),
            (Has::Audio, media(MediaKind::Audio)),
            (
                Has::Media,
                post.media.iter().any(|media| media.kind != MediaKind::Link),
            ),
            (
                Has::Link,
                media(MediaKind::Link) || self.links.iter().any(|link| !link.own),
            ),
            (Has::Hashtag, !self.tags.is_empty()),
            (Has::Mention, !self.mentions.is_empty()),
            (Has::Title, post.title.is_some()),
            (Has::Rating, post.rating.is_some()),
            (Has::Country, post.country.is_some()),
        ];
        facts
            .into_iter()
            .filter(|&(_, there)| there)
            .fold(0, |bits, (has, _)| bits | 1 << has as u32)
    }

    fn push_folded(&mut self, text: &str) -> Piece {
        let from = self.folded.len();
        if text.is_ascii() {
            self.folded.push_str(text);
            if let Some(added) = self.folded.get_mut(from..) {
                added.make_ascii_lowercase();
            }
        } else {
            self.folded.push_str(&fold_slow(text));
        }
        self.piece_from(from)
    }

    fn named(&mut self, name: &str) -> Named {
        let piece = self.push_folded(name.trim_start_matches('@'));
        Named {
            number: number(Space::Other, self.text(piece).as_bytes()),
            piece,
        }
    }

    fn link(&mut self, written: &str, own: bool) {
        if let Some(cut) = address::cut(written) {
            let from = self.folded.len();
            self.folded.push_str(&cut.host);
            let host = self.piece_from(from);
            let from = self.folded.len();
            self.folded.push_str(&cut.path);
            let path = self.piece_from(from);
            self.links.push(Link { host, path, own });
        }
    }

    fn piece_from(&self, from: usize) -> Piece {
        Piece {
            from: from as u32,
            to: self.folded.len() as u32,
        }
    }

    /// The text of a piece.
    pub(crate) fn text(&self, piece: Piece) -> &str {
        self.folded
            .get(piece.from as usize..piece.to as usize)
            .unwrap_or_default()
    }

    /// All tokens, part by part.
    pub(crate) fn tokens(&self) -> &[Token] {
        &self.tokens
    }

    /// The range of tokens of a part.
    pub(crate) fn part(&self, part: Part) -> std::ops::Range<u32> {
        let end = |nth: usize| self.ends.get(nth).copied().unwrap_or_default();
        let nth = part as usize;
        (if nth == 0 { 0 } else { end(nth - 1) })..end(nth)
    }

    /// The range of tokens that a scope looks at.
    pub(crate) fn scope(&self, scope: Scope) -> std::ops::Range<u32> {
        match scope {
            Scope::Anywhere => 0..self.part(Part::Body).end,
            Scope::Title => self.part(Part::Title),
            Scope::Body => self.part(Part::Body),
            Scope::AuthorName => self.part(Part::AuthorName),
        }
    }

    /// The part that a token is in, as a number.
    pub(crate) fn part_of(&self, place: u32) -> usize {
        self.ends.iter().take_while(|&&end| end <= place).count()
    }

    /// Places of the tokens with this number, ascending.
    pub(crate) fn places(&self, number: u64) -> &[(u64, u32)] {
        let (word, bit) = seen_bit(number);
        if self.seen.get(word).is_none_or(|seen| seen & bit == 0) {
            return &[];
        }
        let start = self.order.partition_point(|&(other, _)| other < number);
        let rest = self.order.get(start..).unwrap_or_default();
        let len = rest
            .iter()
            .take_while(|&&(other, _)| other == number)
            .count();
        rest.get(..len).unwrap_or_default()
    }

    pub(crate) fn tags(&self) -> &[Named] {
        &self.tags
    }
    pub(crate) fn authors(&self) -> &[Named] {
        &self.authors
    }
    pub(crate) fn mentions(&self) -> &[Named] {
        &self.mentions
    }
    pub(crate) fn links(&self) -> &[Link] {
        &self.links
    }
    pub(crate) fn network(&self) -> Option<Named> {
        self.network
    }
    pub(crate) fn language(&self) -> Option<&str> {
        self.language.map(|piece| self.text(piece))
    }
    pub(crate) fn country(&self) -> Option<&str> {
        self.country.map(|piece| self.text(piece))
    }
    pub(crate) fn kind(&self) -> PostKind {
        self.kind
    }
    pub(crate) fn has(&self, has: Has) -> bool {
        self.has & (1 << has as u32) != 0
    }
    pub(crate) fn sensitive(&self) -> Option<bool> {
        self.sensitive
    }
    pub(crate) fn verified(&self) -> Option<bool> {
        self.verified
    }
    /// In thousandths.
    pub(crate) fn measure(&self, measure: Measure) -> Option<u64> {
        self.measures.get(measure as usize).copied().flatten()
    }
}

fn seen_bit(number: u64) -> (usize, u64) {
    ((number >> 62) as usize, 1 << ((number >> 56) & 63))
}

impl std::fmt::Debug for Doc {
    /// Shows counts, never text.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Doc")
            .field("tokens", &self.tokens.len())
            .finish_non_exhaustive()
    }
}

/// Takes what segmentation finds into the document.
struct Filling<'a> {
    doc: &'a mut Doc,
    space: Space,
    text: &'a str,
}

impl Sink for Filling<'_> {
    fn folded(&mut self) -> &mut String {
        &mut self.doc.folded
    }
    fn token(&mut self, kind: Kind, from: usize, start: usize, end: usize) {
        let doc = &mut *self.doc;
        let piece = doc.piece_from(from);
        let space = match kind {
            Kind::Word => self.space,
            Kind::Tag => Space::Tag,
            Kind::Address => Space::Other,
        };
        let number = number(space, doc.text(piece).as_bytes());
        doc.tokens.push(Token {
            number,
            piece,
            start: start as u32,
            end: end as u32,
            kind,
        });
        // What stands in a display name is neither a hashtag nor a link of the post.
        if self.space == Space::Word {
            match kind {
                Kind::Word => {}
                Kind::Tag => doc.tags.push(Named { number, piece }),
                Kind::Address => doc.link(self.text.get(start..end).unwrap_or_default(), false),
            }
        }
    }
    fn mention(&mut self, start: usize, end: usize) {
        if self.space == Space::Word {
            let named = self
                .doc
                .named(self.text.get(start..end).unwrap_or_default());
            self.doc.mentions.push(named);
        }
    }
}
