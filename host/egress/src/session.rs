//! Sessions: the host opens and renews them itself; neither the calls nor their answers reach a plugin (B9).

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use isocial_gate::PermittedRequest;
use isocial_model::{
    Secret,
    connector::{Failure, Method},
    contract::{Slot, SlotKind},
    receipt::EgressLine,
};
use serde_json::Value;
use url::Url;

use crate::{
    Call, Egress,
    attach::Outgoing,
    credential::{Credential, Session},
    exchange::{line, outcome_name},
    send::{self, Reply, Traffic},
};

/// Lets one caller at a time renew a session, since a refresh token can be used once. A fixed number of gates: two sessions may
/// have to share one, which costs a wait and nothing else.
#[derive(Debug)]
pub(crate) struct Turnstile(Vec<tokio::sync::Mutex<()>>);

impl Default for Turnstile {
    fn default() -> Self {
        Self((0..64).map(|_| tokio::sync::Mutex::new(())).collect())
    }
}

impl Turnstile {
    fn gate(&self, account: &str, slot: &str) -> Option<&tokio::sync::Mutex<()>> {
        let mut hasher = DefaultHasher::new();
        (account, slot).hash(&mut hasher);
        self.0.get(hasher.finish() as usize % self.0.len().max(1))
    }
}

/// Why there is no session.
pub(crate) enum NoSession {
    /// Nobody has entered a login.
    Missing,
    /// The keeper of credentials did not answer.
    Keeper,
    /// No answer from the network.
    Failed(Failure),
    /// The network said no; its status and fields are told, its body is not.
    Refused(Box<Reply>),
}

/// Whether an answer says that the session has run out.
pub(crate) fn has_run_out(reply: &Reply) -> bool {
    let expired = || {
        serde_json::from_slice::<Value>(&reply.body)
            .is_ok_and(|body| body.get("error").and_then(Value::as_str) == Some("ExpiredToken"))
    };
    reply.status == 401 || (reply.status == 400 && reply.body.len() < 4096 && expired())
}

impl Egress {
    /// The session that is kept, or a new one if there is none or the kept one is `spent`.
    pub(crate) async fn session(
        &self,
        slot: &Slot,
        request: &PermittedRequest,
        call: &Call<'_>,
        spent: Option<&Session>,
        lines: &mut Vec<EgressLine>,
    ) -> Result<Session, NoSession> {
        let _turn = match self.renewing.gate(call.account, &slot.name) {
            Some(gate) => Some(gate.lock().await),
            None => None,
        };
        let kept = call
            .credentials
            .session(&slot.name)
            .await
            .map_err(|_| NoSession::Keeper)?;
        if let Some(kept) = kept {
            // Somebody else has renewed it while we waited.
            if spent.is_none_or(|spent| spent.access.expose() != kept.access.expose()) {
                return Ok(kept);
            }
            if let Some(refresh) = &kept.refresh
                && let Some(renewed) = self.renew(slot, request, call, refresh, lines).await?
            {
                return Ok(renewed);
            }
        }
        self.open(slot, request, call, lines).await
    }

    /// `None` if the refresh token is no longer good: then the password opens a new session.
    async fn renew(
        &self,
        slot: &Slot,
        request: &PermittedRequest,
        call: &Call<'_>,
        refresh: &Secret,
        lines: &mut Vec<EgressLine>,
    ) -> Result<Option<Session>, NoSession> {
        let SlotKind::SessionExchange { refresh: path, .. } = &slot.kind else {
            return Ok(None);
        };
        let Ok(token) = std::str::from_utf8(refresh.expose()) else {
            return Ok(None);
        };
        let mut out = post(request.url(), path);
        out.set_header("authorization", format!("Bearer {token}"));
        let reply = self.ask(&out, slot, request, call, lines).await?;
        match reply.status {
            200..=299 => match read(slot, &reply.body) {
                Some(session) => self.keep(slot, call, session).await.map(Some),
                None => Err(NoSession::Failed(Failure::Malformed)),
            },
            // Asking for a new session now would only be the next call too many.
            429 | 500.. => Err(NoSession::Refused(Box::new(reply))),
            _ => Ok(None),
        }
    }

    async fn open(
        &self,
        slot: &Slot,
        request: &PermittedRequest,
        call: &Call<'_>,
        lines: &mut Vec<EgressLine>,
    ) -> Result<Session, NoSession> {
        let SlotKind::SessionExchange {
            create,
            identifier_field,
            password_field,
            ..
        } = &slot.kind
        else {
            return Err(NoSession::Missing);
        };
        let login = call
            .credentials
            .credential(&slot.name)
            .await
            .map_err(|_| NoSession::Keeper)?;
        let Some(Credential::Login { user, password }) = login else {
            return Err(NoSession::Missing);
        };
        let (Ok(user), Ok(password)) = (
            std::str::from_utf8(user.expose()),
            std::str::from_utf8(password.expose()),
        ) else {
            return Err(NoSession::Missing);
        };
        let body = serde_json::json!({ identifier_field.as_str(): user, password_field.as_str(): password });
        let mut out = post(request.url(), create);
        out.set_header("content-type", "application/json".into());
        out.body = serde_json::to_vec(&body).ok();
        let reply = self.ask(&out, slot, request, call, lines).await?;
        if !(200..300).contains(&reply.status) {
            return Err(NoSession::Refused(Box::new(reply)));
        }
        let session = read(slot, &reply.body).ok_or(NoSession::Failed(Failure::Malformed))?;
        self.keep(slot, call, session).await
    }

    async fn keep(
        &self,
        slot: &Slot,
        call: &Call<'_>,
        session: Session,
    ) -> Result<Session, NoSession> {
        call.credentials
            .save_session(&slot.name, &session)
            .await
            .map_err(|_| NoSession::Keeper)?;
        Ok(session)
    }

    async fn ask(
        &self,
        out: &Outgoing,
        slot: &Slot,
        request: &PermittedRequest,
        call: &Call<'_>,
        lines: &mut Vec<EgressLine>,
    ) -> Result<Reply, NoSession> {
        if !call.meter.take_request() {
            return Err(NoSession::Failed(Failure::Budget));
        }
        let mut traffic = Traffic::default();
        let result = match self.clients.of(request, self.oldest_tls(request.host())) {
            Ok(client) => {
                send::send(&client, out, &self.config.limits, call.meter, &mut traffic).await
            }
            Err(_) => Err(Failure::Tls),
        };
        let mut line = line(
            request,
            call,
            Some(&slot.name),
            traffic,
            &outcome_name(&result),
        );
        out.method.name().clone_into(&mut line.method);
        lines.push(line);
        result.map_err(NoSession::Failed)
    }
}

/// A POST to a path at the very origin of the permitted request.
fn post(origin: &Url, path: &str) -> Outgoing {
    let mut url = origin.clone();
    url.set_path(path);
    url.set_query(None);
    url.set_fragment(None);
    Outgoing {
        method: Method::Post,
        url,
        headers: vec![("accept".into(), "application/json".into())],
        body: None,
    }
}

fn read(slot: &Slot, body: &[u8]) -> Option<Session> {
    let SlotKind::SessionExchange {
        access_field,
        refresh_field,
        ..
    } = &slot.kind
    else {
        return None;
    };
    let body: Value = serde_json::from_slice(body).ok()?;
    let field = |name: &str| {
        body.get(name)
            .and_then(Value::as_str)
            .filter(|text| !text.is_empty())
            .map(Secret::new)
    };
    Some(Session {
        access: field(access_field)?,
        refresh: field(refresh_field),
    })
}
