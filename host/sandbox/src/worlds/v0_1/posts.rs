//! Posts and changes, out of a guest. The host never gives a connector a post.

use isocial_model::{
    Instant,
    post::{
        AgeSignal, Author, AuthorState, Change, Engagement, Media, MediaKind, Mentioned, Post,
        PostKey, PostKind, Visibility,
    },
};

use super::{
    bindings::isocial::plugin::{connector_types as changes, posts as wit},
    vec,
};

same_words!(wit::Kind => PostKind { Post, Reply, Repost, Quote, Comment, Review, Article, Video });
same_words!(wit::Visibility => Visibility { Public, Unlisted, Restricted, Private, Unknown });
same_words!(wit::AgeSignal => AgeSignal { NotPublished, Adult, Minor, Unknown });
same_words!(wit::MediaKind => MediaKind { Image, Video, Audio, Link, Other });
same_words!(changes::AuthorState => AuthorState { Gone, Hidden, Protected, Restored });

impl From<wit::Author> for Author {
    fn from(a: wit::Author) -> Self {
        Self {
            native_id: a.native_id,
            handle: a.handle,
            display_name: a.display_name,
            profile_url: a.profile_url,
            followers: a.followers,
            verified: a.verified,
            automated: a.automated,
        }
    }
}
impl From<wit::Mentioned> for Mentioned {
    fn from(m: wit::Mentioned) -> Self {
        Self {
            native_id: m.native_id,
            handle: m.handle,
        }
    }
}
impl From<wit::Media> for Media {
    fn from(m: wit::Media) -> Self {
        Self {
            kind: m.kind.into(),
            url: m.url,
            alt: m.alt,
        }
    }
}
impl From<wit::Engagement> for Engagement {
    fn from(e: wit::Engagement) -> Self {
        Self {
            likes: e.likes,
            reposts: e.reposts,
            replies: e.replies,
            quotes: e.quotes,
            views: e.views,
        }
    }
}

impl From<wit::Post> for Post {
    fn from(p: wit::Post) -> Self {
        Self {
            network: p.network,
            native_id: p.native_id,
            reference: p.ref_,
            url: p.url,
            kind: p.kind.into(),
            text: p.text,
            title: p.title,
            content_warning: p.content_warning,
            language: p.language,
            created: p.created.map(Instant),
            edited: p.edited.map(Instant),
            author: p.author.map(Into::into),
            visibility: p.visibility.into(),
            age_signal: p.age_signal.into(),
            in_reply_to: p.in_reply_to,
            thread: p.thread,
            repost_of: p.repost_of,
            quote_of: p.quote_of,
            hashtags: p.hashtags,
            mentions: vec(p.mentions),
            links: p.links,
            media: vec(p.media),
            rating: p.rating,
            engagement: p.engagement.map(Into::into),
            country: p.country,
            sensitive: p.sensitive,
            attributes: vec(p.attributes),
        }
    }
}

impl From<changes::Key> for PostKey {
    fn from(k: changes::Key) -> Self {
        Self {
            network: k.network,
            native_id: k.native_id,
        }
    }
}

impl From<changes::Change> for Change {
    fn from(change: changes::Change) -> Self {
        match change {
            changes::Change::Upsert(post) => Self::Upsert(Box::new(post.into())),
            changes::Change::Delete(key) => Self::Delete(key.into()),
            changes::Change::Hide(key) => Self::Hide(key.into()),
            changes::Change::Restore(key) => Self::Restore(key.into()),
            changes::Change::Author(event) => Self::Author {
                network: event.network,
                author: event.author,
                state: event.state.into(),
            },
            changes::Change::Strip(strip) => Self::Strip {
                key: strip.key.into(),
                fields: strip.fields,
            },
            changes::Change::Replaced(r) => Self::Replaced {
                old: r.old.into(),
                new_id: r.new_id,
            },
            changes::Change::Engagement(e) => Self::Engagement {
                key: e.key.into(),
                counts: e.counts.into(),
            },
            changes::Change::Other(attribute) => Self::Other(attribute.into()),
        }
    }
}
