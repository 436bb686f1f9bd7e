//! Identifiers: newtypes with a prefix, made by the host from randomness, never from what a person wrote.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::time::Entropy;

/// An id that is not one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{given}` is no id of this sort: expected `{prefix}_` and 26 lower-case letters and digits"
)]
pub struct IdError {
    /// What was given, cut to 64 characters.
    pub given: String,
    /// The prefix of the expected sort.
    pub prefix: &'static str,
}

/// 128 random bits in base32 (lower-case, no padding): 26 characters.
fn random(entropy: &dyn Entropy) -> String {
    let mut bytes = [0u8; 16];
    entropy.fill(&mut bytes);
    data_encoding::BASE32_NOPAD.encode(&bytes).to_lowercase()
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident = $prefix:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(Box<str>);

        impl $name {
            /// The prefix that all ids of this sort begin with.
            pub const PREFIX: &'static str = $prefix;
            /// Makes a new id of 128 random bits.
            pub fn random(entropy: &dyn Entropy) -> Self {
                Self(format!("{}_{}", $prefix, random(entropy)).into())
            }
            /// The id as text: prefix, underscore, 26 characters.
            pub fn as_str(&self) -> &str { &self.0 }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { f.write_str(&self.0) }
        }
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { f.write_str(&self.0) }
        }
        impl FromStr for $name {
            type Err = IdError;
            fn from_str(text: &str) -> Result<Self, IdError> {
                let good = text
                    .strip_prefix(concat!($prefix, "_"))
                    .is_some_and(|rest| rest.len() == 26 && rest.bytes().all(|b| matches!(b, b'a'..=b'z' | b'2'..=b'7')));
                if good { Ok(Self(text.into())) } else {
                    Err(IdError { given: text.chars().take(64).collect(), prefix: $prefix })
                }
            }
        }
        impl TryFrom<String> for $name {
            type Error = IdError;
            fn try_from(text: String) -> Result<Self, IdError> { text.parse() }
        }
        impl From<$name> for String {
            fn from(id: $name) -> String { id.0.into() }
        }
    )*};
}

ids! {
    /// An organisation: the tenant.
    OrgId = "org";
    /// A team's area inside an organisation.
    WorkspaceId = "ws";
    /// A saved query with its sources.
    MonitorId = "mon";
    /// A mention: a post that matched a monitor.
    MentionId = "mnt";
    /// A package that is enabled in a workspace, with its configuration.
    InstallationId = "ins";
    /// An account at a network that an installation reads: a source.
    AccountId = "acc";
    /// A unit of scheduled work.
    JobId = "job";
    /// An alert rule.
    RuleId = "rul";
    /// Something that a rule has found: one event with a start and an end.
    IncidentId = "inc";
    /// One message to one channel about one incident or mention.
    NoticeId = "ntc";
}

#[cfg(test)]
mod tests {
    use super::*;
    struct Fixed;
    impl Entropy for Fixed {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill(7);
        }
    }

    #[test]
    fn an_id_reads_back_and_a_forged_one_does_not() {
        let id = OrgId::random(&Fixed);
        assert_eq!(id.as_str().parse::<OrgId>().unwrap(), id);
        for bad in [
            "",
            "org_",
            "ws_aaaaaaaaaaaaaaaaaaaaaaaaaa",
            "org_../../../etc/passwd",
            "org_AAAAAAAAAAAAAAAAAAAAAAAAAA",
        ] {
            assert!(bad.parse::<OrgId>().is_err(), "{bad}");
        }
    }
}
