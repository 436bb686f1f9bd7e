//! Labels: what a value is, travelling with it, so that no room can use it as something else (SECURITY model B1).

use serde::{Deserialize, Serialize};

/// What sort of data a value is. Ordered by how much care it asks for, so that joining two is taking the greater one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Class {
    /// About the host's own working, of nobody.
    Telemetry,
    /// Counts over many, released only as such.
    Aggregate,
    /// Worked out from other values: sentiment, topics.
    Derived,
    /// Counts of reactions.
    Engagement,
    /// What a person published.
    PublicText,
    /// Who published it, and where.
    PublicIdentity,
    /// What an organisation has set up: queries, names, destinations.
    ConfigPrivate,
    /// Data of the people who use the host.
    AccountPii,
    /// Keys and credentials.
    Secret,
}

/// The label of one value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Label {
    /// The sort of data.
    pub class: Class,
    /// The network it came from, if it came from one.
    pub network: Option<Box<str>>,
    /// Processing is restricted (right to restriction): stored, otherwise untouched.
    pub restricted: bool,
    /// Under a legal hold: kept, hidden from use.
    pub held: bool,
}

impl Label {
    /// A label of this class from this network, without flags.
    pub fn of(class: Class, network: Option<&str>) -> Self {
        Self {
            class,
            network: network.map(Into::into),
            restricted: false,
            held: false,
        }
    }
    /// The label of what is derived from two values: the greater care of both.
    pub fn join(&self, other: &Self) -> Self {
        Self {
            class: self.class.max(other.class),
            network: if self.network == other.network {
                self.network.clone()
            } else {
                None
            },
            restricted: self.restricted || other.restricted,
            held: self.held || other.held,
        }
    }
}

/// The three places at which a label may be opened. The layer test fails on a use of one anywhere but in its room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Opening {
    /// `gate`: for plugins by projection, for people and the API by presentation.
    Gate,
    /// `store`: the codec between rows and values.
    Codec,
    /// `query`: the evaluator.
    Evaluator,
}

/// A value with its label. There is no `Deref`: who wants the value says at which of the three places it stands.
#[derive(Clone)]
pub struct Labeled<T> {
    label: Label,
    value: T,
}

impl<T> Labeled<T> {
    /// Puts a label on a value.
    pub fn new(label: Label, value: T) -> Self {
        Self { label, value }
    }
    /// The label.
    pub fn label(&self) -> &Label {
        &self.label
    }
    /// The value, at one of the three places.
    pub fn open(&self, _at: Opening) -> &T {
        &self.value
    }
    /// Takes the value out, at one of the three places.
    pub fn into_open(self, _at: Opening) -> T {
        self.value
    }
}

impl<T> std::fmt::Debug for Labeled<T> {
    /// Shows the label, never the value.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Labeled")
            .field("label", &self.label)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn joining_takes_the_greater_care() {
        let text = Label::of(Class::PublicText, Some("mastodon"));
        let mut config = Label::of(Class::ConfigPrivate, None);
        config.restricted = true;
        let both = text.join(&config);
        assert_eq!(
            (both.class, both.restricted, both.network),
            (Class::ConfigPrivate, true, None)
        );
    }

    #[test]
    fn debug_never_shows_the_value() {
        let labeled = Labeled::new(Label::of(Class::Secret, None), "seeded-canary");
        assert!(!format!("{labeled:?}").contains("canary"));
    }
}
