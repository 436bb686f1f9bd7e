//! Purposes: why a plugin is given anything. A closed list; there is none for selling, advertising or profiling (P-1.1).

use serde::{Deserialize, Serialize};

/// What an analysis looks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Task {
    /// Which language a text is in.
    Language,
    /// Opinion.
    Sentiment,
    /// Emotions.
    Emotion,
    /// Things named.
    Entities,
    /// What it is about.
    Topics,
    /// The text in another language.
    Translation,
}

/// Why data is handed to a plugin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Purpose {
    /// Reading public posts from a network.
    Collection,
    /// Working something out from a post.
    Analysis(Task),
    /// Telling people of an event.
    Alerting,
    /// Writing a file that a person asked for.
    Export,
    /// Making the service better; no plugin kind has it today.
    ServiceImprovement,
}

impl Purpose {
    /// Every purpose there is.
    pub const ALL: [Self; 10] = [
        Self::Collection,
        Self::Analysis(Task::Language),
        Self::Analysis(Task::Sentiment),
        Self::Analysis(Task::Emotion),
        Self::Analysis(Task::Entities),
        Self::Analysis(Task::Topics),
        Self::Analysis(Task::Translation),
        Self::Alerting,
        Self::Export,
        Self::ServiceImprovement,
    ];
    /// The name in manifests and receipts.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Collection => "collection",
            Self::Analysis(Task::Language) => "analysis/language",
            Self::Analysis(Task::Sentiment) => "analysis/sentiment",
            Self::Analysis(Task::Emotion) => "analysis/emotion",
            Self::Analysis(Task::Entities) => "analysis/entities",
            Self::Analysis(Task::Topics) => "analysis/topics",
            Self::Analysis(Task::Translation) => "analysis/translation",
            Self::Alerting => "alerting",
            Self::Export => "export",
            Self::ServiceImprovement => "service-improvement",
        }
    }
}

/// A purpose that does not exist.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is no purpose: expected one of collection, analysis/<task>, alerting, export, service-improvement"
)]
pub struct UnknownPurpose(pub String);

impl TryFrom<String> for Purpose {
    type Error = UnknownPurpose;
    fn try_from(name: String) -> Result<Self, UnknownPurpose> {
        Self::ALL
            .into_iter()
            .find(|p| p.name() == name)
            .ok_or(UnknownPurpose(name))
    }
}
impl From<Purpose> for String {
    fn from(purpose: Purpose) -> String {
        purpose.name().into()
    }
}
impl std::fmt::Display for Purpose {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}
