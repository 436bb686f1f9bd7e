//! Credentials of one installation, kept sealed in its organisation's store, handed to egress slot by slot.

use async_trait::async_trait;
use isocial_egress::{Credential, Credentials, KeeperError, Session};
use isocial_model::{InstallationId, Secret};
use isocial_store::{OrgDb, StoreError};
use serde::{Deserialize, Serialize};

/// What is kept for a slot, as JSON inside the sealed value.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Kept {
    Login {
        user: String,
        password: String,
    },
    Session {
        access: String,
        refresh: Option<String>,
    },
    Value {
        value: String,
    },
}

/// The keeper of one installation's credentials: a slot of another installation cannot be named.
#[derive(Debug)]
pub struct Keeper {
    db: OrgDb,
    installation: InstallationId,
}

impl Keeper {
    /// For this installation.
    pub fn new(db: OrgDb, installation: InstallationId) -> Self {
        Self { db, installation }
    }

    async fn read(&self, slot: &str) -> Result<Option<Kept>, KeeperError> {
        let secret = self
            .db
            .credential(&self.installation, slot)
            .await
            .map_err(|e| KeeperError(e.to_string()))?;
        Ok(secret.and_then(|s| serde_json::from_slice(s.expose()).ok()))
    }
}

/// Keeps a token, a key or a whole URL for a slot.
pub async fn keep_value(
    db: &OrgDb,
    installation: &InstallationId,
    slot: &str,
    value: &str,
) -> Result<(), StoreError> {
    keep(
        db,
        installation,
        slot,
        &Kept::Value {
            value: value.into(),
        },
    )
    .await
}

/// Keeps a user name and a password for a slot.
pub async fn keep_login(
    db: &OrgDb,
    installation: &InstallationId,
    slot: &str,
    user: &str,
    password: &str,
) -> Result<(), StoreError> {
    keep(
        db,
        installation,
        slot,
        &Kept::Login {
            user: user.into(),
            password: password.into(),
        },
    )
    .await
}

async fn keep(
    db: &OrgDb,
    installation: &InstallationId,
    slot: &str,
    kept: &Kept,
) -> Result<(), StoreError> {
    let bytes = serde_json::to_vec(kept).unwrap_or_default();
    db.set_credential(installation, slot, &Secret::new(bytes))
        .await
}

/// Sessions are kept beside what a person entered, under a name that no manifest can give a slot.
fn session_slot(slot: &str) -> String {
    format!("{slot}#session")
}

fn text(secret: &Secret) -> String {
    String::from_utf8_lossy(secret.expose()).into_owned()
}

#[async_trait]
impl Credentials for Keeper {
    async fn credential(&self, slot: &str) -> Result<Option<Credential>, KeeperError> {
        Ok(self.read(slot).await?.and_then(|kept| match kept {
            Kept::Value { value } => Some(Credential::Value(Secret::new(value))),
            Kept::Login { user, password } => Some(Credential::Login {
                user: Secret::new(user),
                password: Secret::new(password),
            }),
            Kept::Session { .. } => None,
        }))
    }
    async fn session(&self, slot: &str) -> Result<Option<Session>, KeeperError> {
        Ok(self
            .read(&session_slot(slot))
            .await?
            .and_then(|kept| match kept {
                Kept::Session { access, refresh } => Some(Session {
                    access: Secret::new(access),
                    refresh: refresh.map(Secret::new),
                }),
                _ => None,
            }))
    }
    async fn save_session(&self, slot: &str, session: &Session) -> Result<(), KeeperError> {
        let kept = Kept::Session {
            access: text(&session.access),
            refresh: session.refresh.as_ref().map(text),
        };
        keep(&self.db, &self.installation, &session_slot(slot), &kept)
            .await
            .map_err(|e| KeeperError(e.to_string()))
    }
}
