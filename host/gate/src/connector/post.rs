//! Posts from outside: every bound of the interface, what may be kept, and what becomes of what breaks a rule.
//!
//! Lives here: one post's admission. Ids are refused, texts are neutralised and cut, odd optional values are dropped; everything is
//! counted by rule. Not here: pages and calls (`connector`).

use isocial_model::{
    Class, Instant, Label, Labeled,
    contract::Rights,
    post::{AgeSignal, Attribute, Author, Post, PostKey, PostKind, Visibility},
};

use crate::{neutral, open::Closing, policy::NetworkPolicy};

/// Attributes that are registered: any other key is dropped.
pub const ATTRIBUTES: [&str; 12] = [
    "app-version",
    "board",
    "category",
    "community",
    "feed",
    "forum",
    "instance",
    "podcast",
    "source-title",
    "store",
    "subreddit",
    "tags",
];

/// Fields of a post as `strip` may name them.
pub const STRIPPABLE: [&str; 25] = [
    "ref",
    "url",
    "text",
    "title",
    "content-warning",
    "language",
    "created",
    "edited",
    "author",
    "in-reply-to",
    "thread",
    "repost-of",
    "quote-of",
    "hashtags",
    "mentions",
    "links",
    "media",
    "rating",
    "engagement",
    "country",
    "sensitive",
    "attributes",
    "kind",
    "visibility",
    "age-signal",
];

/// The earliest instant that is taken for a date of publication: 1970. Before it there was no network to publish on.
const EARLIEST: Instant = Instant(0);

/// What a post that may not be kept means for a copy that the host may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NotKept {
    /// Nothing: it was never a post of this network, or has no usable name.
    Drop(&'static str),
    /// It is not public: hide what there is.
    Hide(&'static str),
    /// It must not be held: delete what there is.
    Delete(&'static str),
}

/// What decides about posts of one connector.
pub(crate) struct Rules<'a> {
    pub(crate) policy: &'a NetworkPolicy,
    /// What the contract says it writes, within what the network's pack lets be kept.
    pub(crate) kept: &'a Rights,
    pub(crate) now: Instant,
}

impl Rules<'_> {
    /// Whether this names a post of the connector's own network.
    pub(crate) fn key(&self, key: &PostKey) -> Result<(), &'static str> {
        if *key.network != *self.policy.network {
            return Err("foreign-network");
        }
        if !neutral::is_id(&key.native_id, 512) {
            return Err("bad-id");
        }
        Ok(())
    }

    /// Admits one post, or says what its not being admitted means.
    pub(crate) fn post(
        &self,
        mut post: Box<Post>,
        notes: &mut Closing,
    ) -> Result<Box<Labeled<Post>>, NotKept> {
        if *post.network != *self.policy.network {
            return Err(NotKept::Drop("foreign-network"));
        }
        if !neutral::is_id(&post.native_id, 512) {
            return Err(NotKept::Drop("bad-id"));
        }
        match post.visibility {
            Visibility::Public => {}
            // The source holds nothing but public items, and does not say so with each.
            Visibility::Unknown if !self.policy.visibility_per_item => {
                post.visibility = Visibility::Public;
            }
            _ => return Err(NotKept::Hide("not-public")),
        }
        match post.age_signal {
            AgeSignal::Adult => {}
            AgeSignal::NotPublished | AgeSignal::Unknown if !self.policy.age_signal_published => {}
            AgeSignal::Minor => return Err(NotKept::Delete("age-flagged")),
            AgeSignal::NotPublished | AgeSignal::Unknown => {
                return Err(NotKept::Delete("age-unknown"));
            }
        }
        self.identity(&mut post, notes);
        self.words(&mut post, notes);
        self.times(&mut post, notes);
        self.lists(&mut post, notes);
        minimise(&mut post, self.kept, notes);
        let label = Label::of(Class::PublicText, Some(&self.policy.network));
        Ok(Box::new(Labeled::new(label, *post)))
    }

    fn identity(&self, post: &mut Post, notes: &mut Closing) {
        let mut field = |field: &mut Option<String>, max: usize| {
            if field.as_ref().is_some_and(|id| !neutral::is_id(id, max)) {
                *field = None;
                notes.note("bad-optional-id");
            }
        };
        field(&mut post.reference, 256);
        field(&mut post.in_reply_to, 512);
        field(&mut post.thread, 512);
        field(&mut post.repost_of, 512);
        field(&mut post.quote_of, 512);
        link(&mut post.url, 2048, notes);
        if let Some(author) = &mut post.author {
            self.author(author, notes);
            if *author == Author::default() {
                post.author = None;
            }
        }
    }

    #[expect(
        clippy::unused_self,
        reason = "one of the steps of a post, which all read the same"
    )]
    fn author(&self, author: &mut Author, notes: &mut Closing) {
        if author
            .native_id
            .as_ref()
            .is_some_and(|id| !neutral::is_id(id, 512))
        {
            author.native_id = None;
            notes.note("bad-optional-id");
        }
        if let Some(handle) = &mut author.handle {
            if let Some(bare) = handle.strip_prefix('@') {
                *handle = bare.to_owned();
            }
            if !neutral::is_id(handle, 256) || handle.contains(char::is_whitespace) {
                author.handle = None;
                notes.note("bad-optional-id");
            }
        }
        short(&mut author.display_name, 512, notes);
        link(&mut author.profile_url, 2048, notes);
    }

    #[expect(
        clippy::unused_self,
        reason = "one of the steps of a post, which all read the same"
    )]
    fn words(&self, post: &mut Post, notes: &mut Closing) {
        if let Some(text) = &mut post.text {
            if neutral::text(text) {
                notes.note("neutralised");
            }
            if neutral::cut(text, 64 * 1024) {
                notes.note("cut");
            }
            if text.is_empty() {
                post.text = None;
            }
        }
        short(&mut post.title, 1024, notes);
        short(&mut post.content_warning, 1024, notes);
        if post
            .language
            .as_ref()
            .is_some_and(|tag| !neutral::is_language(tag))
        {
            post.language = None;
            notes.note("bad-value");
        }
        if post
            .country
            .as_ref()
            .is_some_and(|c| c.len() != 2 || !c.bytes().all(|b| b.is_ascii_uppercase()))
        {
            post.country = None;
            notes.note("bad-value");
        }
        if post.rating.is_some_and(|r| !(0.0..=1.0).contains(&r)) {
            post.rating = None;
            notes.note("bad-value");
        }
    }

    fn times(&self, post: &mut Post, notes: &mut Closing) {
        for time in [&mut post.created, &mut post.edited] {
            match *time {
                // A date in the future would escape retention (HP-42).
                Some(at) if at > self.now => {
                    *time = Some(self.now);
                    notes.note("future-clamped");
                }
                Some(at) if at < EARLIEST => {
                    *time = None;
                    notes.note("bad-value");
                }
                _ => {}
            }
        }
    }

    #[expect(
        clippy::unused_self,
        reason = "one of the steps of a post, which all read the same"
    )]
    fn lists(&self, post: &mut Post, notes: &mut Closing) {
        capped(&mut post.hashtags, 64, notes);
        for tag in &mut post.hashtags {
            if tag.starts_with('#') {
                *tag = tag.trim_start_matches('#').to_owned();
            }
        }
        kept(&mut post.hashtags, notes, |tag| neutral::is_id(tag, 128));
        capped(&mut post.links, 64, notes);
        kept(&mut post.links, notes, |link| neutral::is_link(link, 2048));
        capped(&mut post.mentions, 64, notes);
        for mention in &mut post.mentions {
            for (field, max) in [(&mut mention.native_id, 512), (&mut mention.handle, 256)] {
                if field.as_ref().is_some_and(|id| !neutral::is_id(id, max)) {
                    *field = None;
                    notes.note("bad-optional-id");
                }
            }
        }
        post.mentions
            .retain(|m| m.native_id.is_some() || m.handle.is_some());
        capped(&mut post.media, 32, notes);
        for media in &mut post.media {
            link(&mut media.url, 2048, notes);
            short(&mut media.alt, 4096, notes);
        }
        attributes(&mut post.attributes, 32, notes);
    }
}

/// Keeps registered attributes, neutral and short.
pub(crate) fn attributes(list: &mut Vec<Attribute>, max: usize, notes: &mut Closing) {
    capped(list, max, notes);
    kept(list, notes, |a| ATTRIBUTES.contains(&a.key.as_str()));
    for attribute in list {
        if neutral::line(&mut attribute.value) {
            notes.note("neutralised");
        }
        if neutral::cut(&mut attribute.value, 1024) {
            notes.note("cut");
        }
    }
}

fn capped<T>(list: &mut Vec<T>, max: usize, notes: &mut Closing) {
    if list.len() > max {
        list.truncate(max);
        notes.note("cut");
    }
}

fn kept<T>(list: &mut Vec<T>, notes: &mut Closing, good: impl Fn(&T) -> bool) {
    let before = list.len();
    list.retain(good);
    notes.note_many("bad-value", (before - list.len()) as u32);
}

fn short(field: &mut Option<String>, max: usize, notes: &mut Closing) {
    if let Some(text) = field {
        if neutral::line(text) {
            notes.note("neutralised");
        }
        if neutral::cut(text, max) {
            notes.note("cut");
        }
        if text.is_empty() {
            *field = None;
        }
    }
}

fn link(field: &mut Option<String>, max: usize, notes: &mut Closing) {
    if field
        .as_ref()
        .is_some_and(|url| !neutral::is_link(url, max))
    {
        *field = None;
        notes.note("bad-link");
    }
}

/// Takes away what may not be kept, before anything is matched or written (B3).
fn minimise(post: &mut Post, kept: &Rights, notes: &mut Closing) {
    let mut took = 0;
    let mut unless = |path: &str, present: bool, take: &mut dyn FnMut()| {
        if present && !kept.has(path) {
            take();
            took += 1;
        }
    };
    unless("post.text", post.text.is_some(), &mut || post.text = None);
    unless("post.title", post.title.is_some(), &mut || {
        post.title = None;
    });
    unless(
        "post.content-warning",
        post.content_warning.is_some(),
        &mut || post.content_warning = None,
    );
    unless("post.lang", post.language.is_some(), &mut || {
        post.language = None;
    });
    let other_kind = post.kind != PostKind::default();
    unless("post.kind", other_kind, &mut || {
        post.kind = PostKind::default();
    });
    unless("post.url", post.url.is_some(), &mut || post.url = None);
    unless("post.created", post.created.is_some(), &mut || {
        post.created = None;
    });
    unless("post.edited", post.edited.is_some(), &mut || {
        post.edited = None;
    });
    unless("post.hashtags", !post.hashtags.is_empty(), &mut || {
        post.hashtags.clear();
    });
    unless("post.links", !post.links.is_empty(), &mut || {
        post.links.clear();
    });
    unless("post.media", !post.media.is_empty(), &mut || {
        post.media.clear();
    });
    unless("post.mentions", !post.mentions.is_empty(), &mut || {
        post.mentions.clear();
    });
    unless("post.rating", post.rating.is_some(), &mut || {
        post.rating = None;
    });
    unless("post.sensitive", post.sensitive.is_some(), &mut || {
        post.sensitive = None;
    });
    unless("post.attributes", !post.attributes.is_empty(), &mut || {
        post.attributes.clear();
    });
    unless("post.engagement", post.engagement.is_some(), &mut || {
        post.engagement = None;
    });
    unless("post.place", post.country.is_some(), &mut || {
        post.country = None;
    });
    if post.thread.is_some()
        || post.in_reply_to.is_some()
        || post.repost_of.is_some()
        || post.quote_of.is_some()
    {
        unless("post.thread", true, &mut || {
            (post.thread, post.in_reply_to, post.repost_of, post.quote_of) =
                (None, None, None, None);
        });
    }
    if let Some(author) = &mut post.author {
        let level = kept.level("post.author");
        let profile = author.display_name.is_some()
            || author.profile_url.is_some()
            || author.followers.is_some()
            || author.verified.is_some()
            || author.automated.is_some();
        if level < 3 && profile {
            *author = Author {
                native_id: author.native_id.take(),
                handle: author.handle.take(),
                ..Author::default()
            };
            took += 1;
        }
        if level < 2 && author.handle.is_some() {
            author.handle = None;
            took += 1;
        }
        if level < 1 {
            post.author = None;
            took += 1;
        }
    }
    notes.note_many("not-kept", took);
}
