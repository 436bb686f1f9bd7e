//! The public post, as every connector writes it.

pub use crate::bindings::isocial::plugin::posts::{
    AgeSignal, Author, Engagement, Kind, Media, MediaKind, Mentioned, Post, Visibility,
};

impl Post {
    /// A post of which nothing is known but its network's registered name and its id there.
    ///
    /// Its visibility is `unknown` until the connector states it; the host keeps only what is stated to be public.
    pub fn new(network: impl Into<String>, native_id: impl Into<String>) -> Self {
        Self {
            network: network.into(),
            native_id: native_id.into(),
            ref_: None,
            url: None,
            kind: Kind::Post,
            text: None,
            title: None,
            content_warning: None,
            language: None,
            created: None,
            edited: None,
            author: None,
            visibility: Visibility::Unknown,
            age_signal: AgeSignal::NotPublished,
            in_reply_to: None,
            thread: None,
            repost_of: None,
            quote_of: None,
            hashtags: Vec::new(),
            mentions: Vec::new(),
            links: Vec::new(),
            media: Vec::new(),
            rating: None,
            engagement: None,
            country: None,
            sensitive: None,
            attributes: Vec::new(),
        }
    }
}

impl Default for Author {
    /// An author of whom nothing is known.
    fn default() -> Self {
        Self {
            native_id: None,
            handle: None,
            display_name: None,
            profile_url: None,
            followers: None,
            verified: None,
            automated: None,
        }
    }
}

impl Author {
    /// The author, or nothing if nothing is known: optional means absent, never empty.
    pub fn known(self) -> Option<Self> {
        (self != Self::default()).then_some(self)
    }
}

impl Default for Engagement {
    /// No counts.
    fn default() -> Self {
        Self {
            likes: None,
            reposts: None,
            replies: None,
            quotes: None,
            views: None,
        }
    }
}

impl Engagement {
    /// The counts, or nothing if none is known.
    pub fn known(self) -> Option<Self> {
        (self != Self::default()).then_some(self)
    }
}

impl Media {
    /// An attachment of this sort, without address or alternative text.
    pub fn new(kind: MediaKind) -> Self {
        Self {
            kind,
            url: None,
            alt: None,
        }
    }
}
