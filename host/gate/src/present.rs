//! Presentation: the only way in which people and the API get the values of a post.

use isocial_model::{
    Instant, Labeled,
    language::Analysis,
    post::{Engagement, Media, Mentioned, Post, PostKind},
};
use serde::Serialize;

/// Who looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Audience {
    /// An owner: also sees what is restricted.
    Owner,
    /// A member of the workspace.
    Member,
    /// Whoever has the link of a shared report: redacted text, no author, no ids.
    Share,
}

/// An author, as shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PresentedAuthor {
    /// Handle without `@`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub handle: Option<String>,
    /// Name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// Where people can see the profile.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub profile_url: Option<String>,
    /// Followers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub followers: Option<u64>,
    /// The network has verified the account.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verified: Option<bool>,
    /// The account says that it is a bot.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub automated: Option<bool>,
}

/// An analysis, as shown. Spans are byte offsets into the shown text, and absent where it is redacted.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PresentedAnalysis {
    /// Package that made it.
    pub by: String,
    /// Detected language.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// `negative`, `neutral`, `positive` or `unknown`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sentiment: Option<&'static str>,
    /// −1 to 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub score: Option<f32>,
    /// Name and score.
    pub emotions: Vec<(&'static str, f32)>,
    /// Kind, start, end.
    pub entities: Vec<(&'static str, u32, u32)>,
    /// Start, end.
    pub phrases: Vec<(u32, u32)>,
    /// Name and score.
    pub topics: Vec<(String, f32)>,
}

/// A mention, as shown.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PresentedMention {
    /// The network.
    pub network: String,
    /// What sort.
    pub kind: PostKind,
    /// Where people can read it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// Text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// Title.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Content warning: to be shown before anything else.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content_warning: Option<String>,
    /// As the network gave it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// When it was published, milliseconds since the epoch.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created: Option<Instant>,
    /// When it was last edited.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub edited: Option<Instant>,
    /// Who wrote it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub author: Option<PresentedAuthor>,
    /// Without `#`.
    pub hashtags: Vec<String>,
    /// Mentioned accounts.
    pub mentions: Vec<Mentioned>,
    /// Links.
    pub links: Vec<String>,
    /// Attachments; never fetched by the host.
    pub media: Vec<Media>,
    /// 0–1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rating: Option<f32>,
    /// Counts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub engagement: Option<Engagement>,
    /// ISO 3166-1 alpha-2.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
    /// The network marks it as sensitive.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sensitive: Option<bool>,
    /// Processing is restricted.
    pub restricted: bool,
    /// Analysis.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub analysis: Option<PresentedAnalysis>,
}

/// Shows a mention to an audience; nothing if it is held, or restricted and the audience is no owner.
pub fn present_mention(post: &Labeled<Post>, analysis: Option<&Analysis>, audience: Audience) -> Option<PresentedMention> {
    let _ = (post, analysis, audience);
    todo!()
}
