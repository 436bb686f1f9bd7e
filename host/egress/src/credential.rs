//! Credentials as this room asks for them: by slot, for one call, from whoever keeps them.
//!
//! Lives here: the trait and its values. Not here: where they are kept (`store`, `vault`) and where they are put (`attach`).

use async_trait::async_trait;
use isocial_model::Secret;

/// What is kept for a slot.
#[derive(Debug, Clone)]
pub enum Credential {
    /// A token, a key, a signing secret or a whole URL.
    Value(Secret),
    /// A user name and a password, for basic authentication and for sessions.
    Login {
        /// User name, handle or address.
        user: Secret,
        /// Password.
        password: Secret,
    },
}

/// An open session at a network, as the host keeps it between calls.
#[derive(Debug, Clone)]
pub struct Session {
    /// Attached to requests.
    pub access: Secret,
    /// Opens the next session without the password.
    pub refresh: Option<Secret>,
}

/// The keeper of credentials did not answer; nothing is known about the credential.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the keeper of credentials did not answer: {0}")]
pub struct KeeperError(pub String);

/// Looks up what one call may use. An implementation is bound to one installation and account: a slot of another cannot be named.
#[async_trait]
pub trait Credentials: Send + Sync {
    /// What a person has entered for the slot; `None` if nothing.
    async fn credential(&self, slot: &str) -> Result<Option<Credential>, KeeperError>;
    /// The session that was saved last; `None` if none is open.
    async fn session(&self, slot: &str) -> Result<Option<Session>, KeeperError>;
    /// Keeps a session, sealed, in place of the last one.
    async fn save_session(&self, slot: &str, session: &Session) -> Result<(), KeeperError>;
}

/// For calls that have no credential at all.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoCredentials;

#[async_trait]
impl Credentials for NoCredentials {
    async fn credential(&self, _slot: &str) -> Result<Option<Credential>, KeeperError> {
        Ok(None)
    }
    async fn session(&self, _slot: &str) -> Result<Option<Session>, KeeperError> {
        Ok(None)
    }
    async fn save_session(&self, _slot: &str, _session: &Session) -> Result<(), KeeperError> {
        Ok(())
    }
}
