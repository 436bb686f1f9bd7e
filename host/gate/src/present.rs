//! Presentation: the only way in which people and the API get the values of a post.

use isocial_model::{
    Instant, Labeled, Opening,
    language::Analysis,
    post::{Engagement, Media, Mentioned, Post, PostKind},
};
use serde::Serialize;

use crate::{
    export::{bucket, emotion_name, entity_name},
    redact::{OwnHandles, Redactor},
};

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
///
/// For [`Audience::Share`] texts are redacted (left out if they cannot be), and author, ids, mentioned accounts, media and links go.
pub fn present_mention(
    post: &Labeled<Post>,
    analysis: Option<&Analysis>,
    audience: Audience,
) -> Option<PresentedMention> {
    let analysis = analysis.filter(|a| !a.set_aside);
    let label = post.label();
    if label.held || (label.restricted && audience != Audience::Owner) {
        return None;
    }
    let post = post.open(Opening::Gate);
    let shared = audience == Audience::Share;
    let own = OwnHandles::default();
    let mut redactor = Redactor::new(&own);
    let mut words = |text: &Option<String>| {
        let text = text.as_ref()?;
        if !shared {
            return Some(text.clone());
        }
        let mut out = String::with_capacity(text.len());
        redactor.append(text, &mut out).ok()?;
        Some(out)
    };
    let unless_shared = |value: &Option<String>| value.clone().filter(|_| !shared);
    Some(PresentedMention {
        network: post.network.clone(),
        kind: post.kind,
        url: unless_shared(&post.url),
        text: words(&post.text),
        title: words(&post.title),
        content_warning: words(&post.content_warning),
        language: post.language.clone(),
        created: post.created.map(|at| {
            if shared {
                at.floor(Instant::DAY_MS)
            } else {
                at
            }
        }),
        edited: post.edited.filter(|_| !shared),
        author: post
            .author
            .as_ref()
            .filter(|_| !shared)
            .map(|author| PresentedAuthor {
                handle: author.handle.clone(),
                display_name: author.display_name.clone(),
                profile_url: author.profile_url.clone(),
                followers: author.followers,
                verified: author.verified,
                automated: author.automated,
            }),
        hashtags: post.hashtags.clone(),
        mentions: if shared {
            Vec::new()
        } else {
            post.mentions.clone()
        },
        links: if shared {
            Vec::new()
        } else {
            post.links.clone()
        },
        media: if shared {
            Vec::new()
        } else {
            post.media.clone()
        },
        rating: post.rating,
        engagement: post
            .engagement
            .map(|e| if shared { bucketed(e) } else { e }),
        country: unless_shared(&post.country),
        sensitive: post.sensitive,
        restricted: label.restricted,
        analysis: analysis.map(|analysis| present_analysis(analysis, shared)),
    })
}

fn bucketed(counts: Engagement) -> Engagement {
    Engagement {
        likes: counts.likes.map(bucket),
        reposts: counts.reposts.map(bucket),
        replies: counts.replies.map(bucket),
        quotes: counts.quotes.map(bucket),
        views: counts.views.map(bucket),
    }
}

fn present_analysis(analysis: &Analysis, shared: bool) -> PresentedAnalysis {
    PresentedAnalysis {
        by: analysis.by.clone(),
        language: analysis.language.as_ref().map(|(tag, _)| tag.clone()),
        sentiment: analysis.sentiment.map(|s| s.label.name()),
        score: analysis.sentiment.map(|s| s.score),
        emotions: analysis
            .emotions
            .iter()
            .map(|(label, score)| (emotion_name(*label), *score))
            .collect(),
        // Offsets into the own text mean nothing in a redacted one.
        entities: analysis
            .entities
            .iter()
            .filter(|_| !shared)
            .map(|(kind, start, end, _)| (entity_name(*kind), *start, *end))
            .collect(),
        phrases: if shared {
            Vec::new()
        } else {
            analysis.phrases.clone()
        },
        topics: analysis.topics.clone(),
    }
}

#[cfg(test)]
mod tests {
    use isocial_model::{Class, Label, post::Author};

    use super::*;

    fn post(change: impl Fn(&mut Label)) -> Labeled<Post> {
        let mut label = Label::of(Class::PublicText, Some("sample"));
        change(&mut label);
        let author = Author {
            native_id: Some("u1".into()),
            handle: Some("an_nguyen".into()),
            ..Author::default()
        };
        let engagement = Engagement {
            likes: Some(1234),
            ..Engagement::default()
        };
        Labeled::new(
            label,
            Post {
                network: "sample".into(),
                native_id: "canary-1".into(),
                url: Some("https://sample.example/canary-1".into()),
                text: Some("Lumen? ask an@example.vn or @binh".into()),
                created: Some(Instant(1_700_000_000_123)),
                author: Some(author),
                engagement: Some(engagement),
                ..Post::default()
            },
        )
    }

    #[test]
    fn a_share_shows_no_person() {
        let shown = present_mention(&post(|_| ()), None, Audience::Share).unwrap();
        let json = serde_json::to_string(&shown).unwrap();
        for canary in ["canary-1", "an_nguyen", "an@example", "binh", "u1\""] {
            assert!(!json.contains(canary), "{json}");
        }
        assert_eq!(
            shown.text.as_deref(),
            Some("Lumen? ask ⟦mail:1⟧ or ⟦user:1⟧")
        );
        assert_eq!(
            (
                shown.engagement.unwrap().likes,
                shown.created.unwrap().0 % Instant::DAY_MS
            ),
            (Some(1000), 0)
        );
    }

    #[test]
    fn members_see_the_post_but_not_what_is_restricted_or_held() {
        let shown = present_mention(&post(|_| ()), None, Audience::Member).unwrap();
        assert_eq!(shown.author.unwrap().handle.as_deref(), Some("an_nguyen"));
        let restricted = post(|label| label.restricted = true);
        assert!(present_mention(&restricted, None, Audience::Member).is_none());
        assert!(
            present_mention(&restricted, None, Audience::Owner)
                .unwrap()
                .restricted
        );
        assert!(present_mention(&post(|label| label.held = true), None, Audience::Owner).is_none());
    }
}
