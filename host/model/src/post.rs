//! The public post and the changes that can befall it. Mirrors `wit/plugin.wit`: the same words, the same bounds.

use serde::{Deserialize, Serialize};

use crate::time::Instant;

/// What sort of contribution a post is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PostKind {
    /// A contribution of its own.
    #[default]
    Post,
    /// An answer to another post.
    Reply,
    /// Another post, passed on unchanged.
    Repost,
    /// Another post, passed on with words.
    Quote,
    /// A comment on something that is no post.
    Comment,
    /// A review.
    Review,
    /// An article.
    Article,
    /// A video.
    Video,
}

impl PostKind {
    /// The name in queries and exports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Post => "post",
            Self::Reply => "reply",
            Self::Repost => "repost",
            Self::Quote => "quote",
            Self::Comment => "comment",
            Self::Review => "review",
            Self::Article => "article",
            Self::Video => "video",
        }
    }
}

/// Who may see a post on its network. Only `Public` is ever kept (P-1.5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Visibility {
    /// Everybody.
    Public,
    /// Everybody who has the link.
    Unlisted,
    /// Some.
    Restricted,
    /// The addressed.
    Private,
    /// The network does not say.
    #[default]
    Unknown,
}

/// What the network says about the author's age (B7).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AgeSignal {
    /// The network publishes no such signal.
    #[default]
    NotPublished,
    /// Of age.
    Adult,
    /// Under age: never kept.
    Minor,
    /// The network publishes a signal, but not for this author: not kept.
    Unknown,
}

/// Who wrote a post. Every field is optional, because the gate must be able to take each away.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Author {
    /// The network's own id of the account · ≤ 512 bytes.
    pub native_id: Option<String>,
    /// Handle without `@` · ≤ 256 bytes.
    pub handle: Option<String>,
    /// ≤ 512 bytes.
    pub display_name: Option<String>,
    /// ≤ 2,048 bytes.
    pub profile_url: Option<String>,
    /// Followers.
    pub followers: Option<u64>,
    /// The network has verified the account.
    pub verified: Option<bool>,
    /// The account says that it is a bot.
    pub automated: Option<bool>,
}

/// An account that a post mentions.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Mentioned {
    /// ≤ 512 bytes.
    pub native_id: Option<String>,
    /// Handle without `@` · ≤ 256 bytes.
    pub handle: Option<String>,
}

/// What sort of attachment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MediaKind {
    /// A picture.
    Image,
    /// A video.
    Video,
    /// Sound.
    Audio,
    /// A preview of a link.
    Link,
    /// Something else.
    Other,
}

/// Something attached to a post. The file itself is never fetched.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Media {
    /// What sort.
    pub kind: MediaKind,
    /// ≤ 2,048 bytes.
    pub url: Option<String>,
    /// Alternative text · ≤ 4,096 bytes.
    pub alt: Option<String>,
}

/// Counts at the moment of reading; absent where the network gives none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Engagement {
    /// Likes, favourites.
    pub likes: Option<u64>,
    /// Reposts, boosts.
    pub reposts: Option<u64>,
    /// Replies.
    pub replies: Option<u64>,
    /// Quotes.
    pub quotes: Option<u64>,
    /// Views.
    pub views: Option<u64>,
}

/// An attribute by registered key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attribute {
    /// Registered name · ≤ 64 bytes.
    pub key: String,
    /// Value as text · ≤ 1,024 bytes.
    pub value: String,
}

/// A public post, as a connector gave it. Optional means absent, never empty.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Post {
    /// Network's registered name · ≤ 32 bytes.
    pub network: String,
    /// The network's own id · 1–512 bytes.
    pub native_id: String,
    /// Opaque reference that `recheck` gets back · ≤ 256 bytes.
    pub reference: Option<String>,
    /// Where people can read it · ≤ 2,048 bytes.
    pub url: Option<String>,
    /// What sort.
    pub kind: PostKind,
    /// Plain text · ≤ 64 KiB.
    pub text: Option<String>,
    /// ≤ 1,024 bytes.
    pub title: Option<String>,
    /// Content warning · ≤ 1,024 bytes.
    pub content_warning: Option<String>,
    /// BCP 47 as the network gave it · ≤ 35 bytes.
    pub language: Option<String>,
    /// When it was published.
    pub created: Option<Instant>,
    /// When it was last edited.
    pub edited: Option<Instant>,
    /// Who wrote it.
    pub author: Option<Author>,
    /// Who may see it.
    pub visibility: Visibility,
    /// The author's age, as far as the network says.
    pub age_signal: AgeSignal,
    /// Native id of the post that this one answers.
    pub in_reply_to: Option<String>,
    /// Native id of the thread's first post.
    pub thread: Option<String>,
    /// Native id of the reposted post.
    pub repost_of: Option<String>,
    /// Native id of the quoted post.
    pub quote_of: Option<String>,
    /// Without `#`.
    pub hashtags: Vec<String>,
    /// Mentioned accounts.
    pub mentions: Vec<Mentioned>,
    /// Expanded links.
    pub links: Vec<String>,
    /// Attachments.
    pub media: Vec<Media>,
    /// Stars or the like, scaled to 0–1.
    pub rating: Option<f32>,
    /// Counts.
    pub engagement: Option<Engagement>,
    /// ISO 3166-1 alpha-2 as the network gave it.
    pub country: Option<String>,
    /// The network marks it as sensitive.
    pub sensitive: Option<bool>,
    /// Registered attributes.
    pub attributes: Vec<Attribute>,
}

/// Names a post.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct PostKey {
    /// Registered name of the network.
    pub network: String,
    /// The network's own id.
    pub native_id: String,
}

/// What became of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AuthorState {
    /// Deleted: erase everything of it.
    Gone,
    /// Not public at present.
    Hidden,
    /// Only for its followers.
    Protected,
    /// Public again.
    Restored,
}

/// One change to what is public.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Change {
    /// A post is new, or has changed as a whole.
    Upsert(Box<Post>),
    /// The network deleted it.
    Delete(PostKey),
    /// It is not public at present.
    Hide(PostKey),
    /// It is public again.
    Restore(PostKey),
    /// Something happened to all posts of an author.
    Author {
        /// The network.
        network: String,
        /// The author's native id.
        author: String,
        /// What happened.
        state: AuthorState,
    },
    /// Fields must no longer be held.
    Strip {
        /// Of which post.
        key: PostKey,
        /// Which fields, as named in WIT.
        fields: Vec<String>,
    },
    /// It has a new id.
    Replaced {
        /// The old name.
        old: PostKey,
        /// The new native id.
        new_id: String,
    },
    /// New counts.
    Engagement {
        /// Of which post.
        key: PostKey,
        /// The counts.
        counts: Engagement,
    },
    /// Something that this version does not name: dropped and counted.
    Other(Attribute),
}
