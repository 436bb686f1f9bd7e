//! Contracts: what a plugin's exported function may be given, may answer and may reach (SECURITY model B2), as data.
//!
//! Lives here: the vocabulary of fields with their precision ladders, and rights as a lattice that can only narrow.
//! Not here: which layer grants what (`gate::rights`).

use std::{collections::BTreeMap, fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::purpose::Purpose;

/// The four kinds of plugin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Turns a network's official API into changes to public posts.
    Connector,
    /// Reads text in its languages.
    LanguagePack,
    /// Turns a notice into a message for one service.
    AlertChannel,
    /// Turns rows into a file.
    ExportFormat,
}

impl Kind {
    /// All of them. A new kind fails the build of every table that lists them.
    pub const ALL: [Self; 4] = [
        Self::Connector,
        Self::LanguagePack,
        Self::AlertChannel,
        Self::ExportFormat,
    ];
    /// The name in manifests, also of the interface that it must export.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Connector => "connector",
            Self::LanguagePack => "language-pack",
            Self::AlertChannel => "alert-channel",
            Self::ExportFormat => "export-format",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A package, exactly: what was published, at which version, in which bytes.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct PackageRef {
    /// `publisher/name`.
    pub id: String,
    /// Its version.
    pub version: semver::Version,
    /// SHA-256 of the component, lower-case hex.
    pub digest: String,
}

impl fmt::Display for PackageRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.id, self.version)
    }
}

/// A field that a contract may name, with its precision ladder from nothing to everything.
#[derive(Debug, PartialEq, Eq)]
pub struct Field {
    /// Dotted path, `post.text`.
    pub path: &'static str,
    /// Steps of precision; the first is always `none`. Fields without finer steps have `none` and `given`.
    pub ladder: &'static [&'static str],
}

const PLAIN: &[&str] = &["none", "given"];

macro_rules! vocabulary {
    ($($path:literal $(: $($step:literal)>+)?),* $(,)?) => {
        /// Every field that a contract can name; there are no wildcards (HP-02).
        pub const VOCABULARY: &[Field] = &[$(Field { path: $path, ladder: vocabulary!(@ladder $($($step)>+)?) }),*];
    };
    (@ladder) => { PLAIN };
    (@ladder $($step:literal)>+) => { &[$($step),+] };
}

vocabulary! {
    // what a connector is given
    "query.terms", "job.config", "job.state", "job.cursor", "job.budget", "job.now", "recheck.refs",
    // what a connector may write
    "post.network",
    // posts, for packs and exports
    "post.text": "none" > "redacted" > "raw",
    "post.title": "none" > "redacted" > "raw",
    "post.content-warning": "none" > "redacted" > "raw",
    "post.lang", "post.kind", "post.url", "post.native-id", "post.hashtags", "post.links", "post.media", "post.mentions",
    "post.thread", "post.rating", "post.sensitive", "post.attributes", "post.targets",
    "post.created": "none" > "day" > "hour" > "second",
    "post.edited": "none" > "day" > "hour" > "second",
    "post.author": "none" > "pairwise-ref" > "handle" > "profile",
    "post.engagement": "none" > "bucket" > "exact",
    "post.place": "none" > "country",
    // what analysis gave, for exports
    "analysis.language", "analysis.sentiment", "analysis.emotions", "analysis.entities", "analysis.topics",
    "mention.id", "mention.monitor",
    // notices, for channels
    "notice.rule", "notice.monitor", "notice.severity", "notice.count", "notice.time": "none" > "minute", "notice.link", "notice.excerpts",
    "destination.config",
}

/// A right that cannot be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RightError {
    /// Wildcards do not exist.
    #[error("`{0}` has a wildcard: name each field")]
    Wildcard(String),
    /// No such field.
    #[error("`{0}` is no field of the vocabulary")]
    UnknownField(String),
    /// No such step.
    #[error("`{step}` is no precision of `{path}`: expected one of {}", allowed.join(", "))]
    UnknownStep {
        /// The field.
        path: String,
        /// What was given.
        step: String,
        /// What exists, without `none`.
        allowed: Vec<&'static str>,
    },
}

/// One right: a field at a precision, written `post.text:redacted`, or `post.lang` where there are no finer steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Right {
    /// The field.
    pub field: &'static Field,
    /// Index into the field's ladder; 0 is nothing.
    pub level: u8,
}

impl FromStr for Right {
    type Err = RightError;
    fn from_str(text: &str) -> Result<Self, RightError> {
        if text.contains('*') {
            return Err(RightError::Wildcard(text.into()));
        }
        let (path, step) = text
            .split_once(':')
            .map_or((text, None), |(p, s)| (p, Some(s)));
        let field = VOCABULARY
            .iter()
            .find(|f| f.path == path)
            .ok_or_else(|| RightError::UnknownField(text.into()))?;
        let unknown = |step: &str| RightError::UnknownStep {
            path: path.into(),
            step: step.into(),
            allowed: field.ladder.iter().skip(1).copied().collect(),
        };
        let level = match step {
            None if field.ladder.len() == 2 => 1,
            None => return Err(unknown("")),
            Some(step) => field
                .ladder
                .iter()
                .position(|s| *s == step)
                .ok_or_else(|| unknown(step))?,
        };
        Ok(Self {
            field,
            level: level as u8,
        })
    }
}

impl fmt::Display for Right {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.field.path)?;
        if self.field.ladder.len() > 2 || self.level == 0 {
            write!(
                f,
                ":{}",
                self.field
                    .ladder
                    .get(self.level as usize)
                    .copied()
                    .unwrap_or("none")
            )?;
        }
        Ok(())
    }
}

/// Rights to fields: a lattice by field, of which the only operation is to narrow.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(try_from = "Vec<String>", into = "Vec<String>")]
pub struct Rights(BTreeMap<&'static str, u8>);

impl Rights {
    /// Nothing.
    pub fn none() -> Self {
        Self::default()
    }
    /// Everything in the vocabulary at its highest precision: the neutral element of `narrow`.
    pub fn everything() -> Self {
        Self(
            VOCABULARY
                .iter()
                .map(|f| (f.path, (f.ladder.len() - 1) as u8))
                .collect(),
        )
    }
    /// The rights in this list; a field that is named twice has the lower precision.
    pub fn parse<S: AsRef<str>>(list: &[S]) -> Result<Self, RightError> {
        let mut rights = BTreeMap::new();
        for text in list {
            let right: Right = text.as_ref().parse()?;
            let level = rights.entry(right.field.path).or_insert(right.level);
            *level = (*level).min(right.level);
        }
        rights.retain(|_, level| *level > 0);
        Ok(Self(rights))
    }
    /// The intersection: by field, the lower precision. Never wider than either.
    pub fn narrow(&self, layer: &Self) -> Self {
        Self(
            self.0
                .iter()
                .filter_map(|(path, level)| {
                    layer.0.get(path).map(|other| (*path, *level.min(other)))
                })
                .collect(),
        )
    }
    /// The same with at most this much of one field. Never wider than before.
    #[must_use]
    pub fn at_most(mut self, most: Right) -> Self {
        if let Some(level) = self.0.get_mut(most.field.path) {
            *level = most.level.min(*level);
        }
        self.0.retain(|_, level| *level > 0);
        self
    }
    /// Whether these rights are within `ceiling`.
    pub fn within(&self, ceiling: &Self) -> bool {
        self.0
            .iter()
            .all(|(path, level)| ceiling.level(path) >= *level)
    }
    /// The level of a field: 0 is nothing.
    pub fn level(&self, path: &str) -> u8 {
        self.0.get(path).copied().unwrap_or(0)
    }
    /// Whether there is any right to the field.
    pub fn has(&self, path: &str) -> bool {
        self.level(path) > 0
    }
    /// Every right, in the order of the paths.
    pub fn iter(&self) -> impl Iterator<Item = Right> + '_ {
        self.0.iter().filter_map(|(path, level)| {
            VOCABULARY
                .iter()
                .find(|f| f.path == *path)
                .map(|field| Right {
                    field,
                    level: *level,
                })
        })
    }
}

impl TryFrom<Vec<String>> for Rights {
    type Error = RightError;
    fn try_from(list: Vec<String>) -> Result<Self, RightError> {
        Self::parse(&list)
    }
}
impl From<Rights> for Vec<String> {
    fn from(rights: Rights) -> Self {
        rights.iter().map(|r| r.to_string()).collect()
    }
}

/// A host that a plugin may reach, with the reason that people are shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HostRule {
    /// A literal host name, or `tenant-declared`: added by a person and pinned in the grant. No wildcards.
    pub host: String,
    /// Why, in one sentence for the customer.
    pub why: String,
}

impl HostRule {
    /// The word for hosts that a person adds.
    pub const TENANT_DECLARED: &'static str = "tenant-declared";
}

/// Where the host puts a credential: nowhere else (B9, HP-25).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(
    rename_all = "kebab-case",
    rename_all_fields = "kebab-case",
    deny_unknown_fields
)]
pub enum Placement {
    /// In this header field, with this prefix (such as `Bearer `).
    Header {
        /// Field name, lower-case.
        name: String,
        /// What comes before the secret.
        #[serde(default)]
        prefix: String,
    },
    /// As this query parameter.
    Query {
        /// Parameter name.
        name: String,
    },
    /// In place of `{credential}` in the path.
    PathSegment,
    /// At this JSON pointer in the body.
    JsonPointer {
        /// RFC 6901.
        pointer: String,
    },
    /// As this form field of the body.
    FormField {
        /// Field name.
        name: String,
    },
    /// The whole URL is the secret.
    WholeUrl,
}

/// How a credential comes to be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(
    rename_all = "kebab-case",
    rename_all_fields = "kebab-case",
    deny_unknown_fields
)]
pub enum SlotKind {
    /// A value that a person pastes.
    Static,
    /// User name and password.
    Basic,
    /// A session that the host opens and renews: neither call nor answer reaches the plugin.
    SessionExchange {
        /// Path at the account's host that opens a session by POST of JSON.
        create: String,
        /// Path that renews it.
        refresh: String,
        /// JSON field names of user name and password in the request.
        identifier_field: String,
        /// JSON field name of the password in the request.
        password_field: String,
        /// JSON field name of the access token in the answer.
        access_field: String,
        /// JSON field name of the refresh token in the answer.
        refresh_field: String,
    },
    /// Signs each attempt anew, and verifies what the network sends; the secret is the slot's.
    Hmac(MessageSignature),
}

/// How a message is signed with a shared secret: outgoing ones (alerts) by the host, incoming ones (deliveries) by the network.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct MessageSignature {
    /// What is signed, such as `{id}.{timestamp}.{body}` or `{body}`.
    pub template: String,
    /// `sha256`; incoming also `sha384`, `sha512`, and `sha1` where a network has nothing newer.
    pub algorithm: String,
    /// `base64` or `hex`.
    pub encoding: String,
    /// Header that carries the signature.
    pub header: String,
    /// What comes before the signature in it.
    #[serde(default)]
    pub prefix: String,
    /// Header that carries the id; empty where there is none.
    #[serde(default)]
    pub id_header: String,
    /// Header that carries the timestamp in seconds; empty where there is none.
    #[serde(default)]
    pub timestamp_header: String,
}

/// A named credential that the host keeps and the plugin only names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Slot {
    /// Name · ≤ 64 bytes.
    pub name: String,
    /// How it comes to be.
    pub kind: SlotKind,
    /// Where it goes; HMAC slots place themselves.
    #[serde(default)]
    pub placement: Option<Placement>,
    /// Path prefix under which it is attached.
    #[serde(default = "root")]
    pub path_prefix: String,
    /// For the person who is asked for it.
    pub description: String,
    /// Whether the plugin works without.
    #[serde(default)]
    pub optional: bool,
}

fn root() -> String {
    "/".into()
}

/// What one exported function may be given, may answer and may reach.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Contract {
    /// The exported function, or for exports the resource: `analyze`, `next`, `compose`, `writer`.
    pub function: String,
    /// Why it is given anything.
    pub purposes: Vec<Purpose>,
    /// What it is given.
    pub input: Rights,
    /// What it answers: field name to bounds, for people and for the admission check.
    #[serde(default)]
    pub output: BTreeMap<String, String>,
    /// Items a call.
    #[serde(default = "one")]
    pub batch_max: u32,
    /// Hosts it may reach.
    #[serde(default)]
    pub egress: Vec<HostRule>,
    /// What the destination keeps; `none` for packs and exports.
    #[serde(default = "none")]
    pub retention: String,
    /// Where the data goes: `host` (stays here) or a region code.
    #[serde(default = "host")]
    pub region: String,
}

fn one() -> u32 {
    1
}
fn none() -> String {
    "none".into()
}
fn host() -> String {
    "host".into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wildcards_and_unknown_fields_are_refused() {
        assert!(matches!(
            "post.*".parse::<Right>(),
            Err(RightError::Wildcard(_))
        ));
        assert!(matches!(
            "post.shoe-size".parse::<Right>(),
            Err(RightError::UnknownField(_))
        ));
        let error = "post.text".parse::<Right>().unwrap_err().to_string();
        assert!(error.contains("redacted, raw"), "{error}");
    }

    #[test]
    fn narrowing_never_widens() {
        let a = Rights::parse(&["post.text:raw", "post.lang", "post.author:handle"]).unwrap();
        let b =
            Rights::parse(&["post.text:redacted", "post.author:pairwise-ref", "post.url"]).unwrap();
        let both = a.narrow(&b);
        assert_eq!(
            Vec::from(both.clone()),
            ["post.author:pairwise-ref", "post.text:redacted"]
        );
        assert!(both.within(&a) && both.within(&b));
        assert_eq!(a.narrow(&Rights::everything()), a);
    }
}
