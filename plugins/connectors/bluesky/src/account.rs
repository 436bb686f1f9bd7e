//! One account's posts, listed by its own server, and what that server says when it lists none.
//!
//! How the reading goes on from list to list is `mark`'s.

use isocial_sdk::{
    connector::{
        Answer, AuthorEvent, AuthorState, Change, ComeBack, Fault, Job, Outcome, Page, Place,
        Request,
    },
    http,
    json::{At, JsonError},
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    NETWORK, POSTS,
    at::{self, PostUri},
    mark::Mark,
    post, tid,
    xrpc::{self, Refusal},
};

/// Most records that a server lists at once.
const MOST: u32 = 100;

/// What is known of the account beside its posts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct State {
    /// The account as it is configured; if that changes, all else here is void.
    account: String,
    /// Whose posts these are: a handle may later be somebody else's.
    did: String,
    /// Why its posts were withdrawn, if they were: `hidden` or `gone`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    away: Option<String>,
}

/// What is being asked.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Asked {
    /// Whose handle it is.
    Handle,
    /// The posts of this account.
    List(String),
    /// Why this account's posts are not listed.
    Status(String),
}

/// The first request of a step.
pub(crate) fn next(
    job: &Job,
    place: &Place,
    account: &str,
    service: &str,
) -> Result<Outcome, Fault> {
    let mark = Mark::of(place)?;
    match known(job, account) {
        Some(state) if state.away.as_deref() == Some("gone") => Err(Fault::Gone),
        Some(state) => Ok(list(job, mark.as_ref(), service, state.did)),
        None if at::is_did(account) => Ok(list(job, mark.as_ref(), service, account.to_owned())),
        None => {
            let url =
                xrpc::query(service, "com.atproto.identity.resolveHandle").query("handle", account);
            Ok(again(Request::get(url), &Asked::Handle))
        }
    }
}

/// What the answer leads to.
pub(crate) fn respond(
    job: &Job,
    place: &Place,
    scratch: &[u8],
    answers: Vec<Answer>,
    account: &str,
    service: &str,
) -> Result<Outcome, Fault> {
    let mark = Mark::of(place)?;
    let asked: Asked = serde_json::from_slice(scratch)
        .map_err(|_| Fault::permanent("the scratch is none of this connector's"))?;
    let response = http::single(answers)?;
    let body = xrpc::body(&response, job.now, None);
    match asked {
        Asked::Handle => {
            let did = resolved(body)?;
            Ok(list(job, mark.as_ref(), service, did))
        }
        Asked::List(did) => match body {
            Ok(body) => {
                let state = known(job, account).unwrap_or_else(|| State {
                    account: account.to_owned(),
                    did: did.clone(),
                    away: None,
                });
                Ok(page(job, mark, &body, state)?.into())
            }
            Err(refusal) if refusal.no_repo() => {
                let url = xrpc::query(service, "com.atproto.sync.getRepoStatus").query("did", &did);
                Ok(again(Request::get(url), &Asked::Status(did)))
            }
            Err(refusal) => Err(refusal.into()),
        },
        Asked::Status(did) => withdrawn(job, body, account, did).map(Outcome::from),
    }
}

/// Asks the server whether it holds the account.
pub(crate) fn check(account: &str, service: &str) -> Request {
    Request::get(xrpc::query(service, "com.atproto.repo.describeRepo").query("repo", account))
}

/// What the server said to that.
pub(crate) fn checked(job: &Job, answers: Vec<Answer>) -> Result<String, Fault> {
    let response = http::single(answers)?;
    match xrpc::body(&response, job.now, None) {
        Ok(body) => {
            let handle = At::root(&body).text("handle").map_err(Fault::from)?;
            Ok(format!(
                "reads the public posts of {}",
                isocial_sdk::text::truncate(handle, 200)
            ))
        }
        Err(refusal)
            if matches!(
                refusal.name.as_str(),
                "RepoDeactivated" | "RepoTakendown" | "RepoSuspended"
            ) =>
        {
            Err(Fault::permanent("the account is switched off at present"))
        }
        Err(refusal) if refusal.status == 400 => Err(not_held()),
        Err(refusal) => Err(refusal.into()),
    }
}

/// The state, if it is of the configured account.
fn known(job: &Job, account: &str) -> Option<State> {
    let state: State = serde_json::from_slice(job.state.as_deref()?).ok()?;
    (state.account == account && at::is_did(&state.did)).then_some(state)
}

fn again(request: Request, asked: &Asked) -> Outcome {
    Outcome::again(vec![request], serde_json::to_vec(asked).unwrap_or_default())
}

/// The next list of posts: downwards at first, upwards afterwards.
fn list(job: &Job, mark: Option<&Mark>, service: &str, did: String) -> Outcome {
    let url = xrpc::query(service, "com.atproto.repo.listRecords")
        .query("repo", &did)
        .query("collection", POSTS)
        .query("limit", job.budget.items.clamp(1, MOST));
    let url = Mark::place(mark, url);
    again(Request::get(url), &Asked::List(did))
}

fn resolved(body: Result<Value, Refusal>) -> Result<String, Fault> {
    match body {
        Ok(body) => {
            let did = At::root(&body).text("did").map_err(Fault::from)?;
            if at::is_did(did) {
                Ok(did.to_owned())
            } else {
                Err(JsonError {
                    path: "/did".into(),
                    problem: "expected a DID".into(),
                }
                .into())
            }
        }
        Err(refusal) if refusal.status == 400 => Err(Fault::bad_config(
            "/account",
            "expected a handle that this server can resolve, or a DID",
        )),
        Err(refusal) => Err(refusal.into()),
    }
}

fn not_held() -> Fault {
    Fault::bad_config("/account", "expected an account that lies on this server")
}

/// One list of posts as a page.
fn page(job: &Job, mark: Option<Mark>, body: &Value, mut state: State) -> Result<Page, Fault> {
    let body = At::root(body);
    let records = body.list("records").map_err(Fault::from)?;
    let mut page = Page::new();
    if state.away.take().is_some() {
        page.changes.push(author(&state.did, AuthorState::Restored));
    }
    let handle = Some(state.account.as_str()).filter(|account| at::is_handle(account));
    let mut keys: Vec<String> = Vec::new();
    let most = job.budget.items.clamp(1, MOST) as usize;
    for record in records.iter().take(most) {
        let value = record.value();
        let uri = value
            .get("uri")
            .and_then(Value::as_str)
            .and_then(PostUri::parse);
        // A server speaks for the accounts that lie on it, and here only for the one that was asked about.
        let Some(uri) = uri.filter(|uri| uri.did == state.did) else {
            page.rejected += 1;
            continue;
        };
        let cid = value.get("cid").and_then(Value::as_str);
        keys.push(uri.rkey.clone());
        match value
            .get("value")
            .and_then(|v| post::read(&uri, cid, v, job.now))
        {
            Some(_) if too_old(job, &uri) => {}
            Some(mut post) => {
                post.author = Some(post::author(&state.did, handle));
                page.upsert(post);
            }
            None => page.rejected += 1,
        }
    }
    let given = body.opt_text("cursor").map_err(Fault::from)?;
    let last = match keys.last() {
        // More than was asked for: the rest is asked for again.
        Some(key) if records.len() > most => Some(key.clone()),
        // Without a cursor, or with nothing in it, the list is at its end.
        _ => given
            .filter(|cursor| !records.is_empty() && cursor.len() <= 512)
            .map(str::to_owned),
    };
    let (mark, window) = Mark::after(mark, job, &keys, last)?;
    if mark.has_more() {
        page.next = ComeBack::Immediately;
    }
    if let Some((start, end)) = window.filter(|(start, end)| start <= end) {
        // What could not be read was not seen.
        let complete = page.rejected == 0;
        page = page.having_seen(start, end, complete);
    }
    let (cursor, state) = (serde_json::to_vec(&mark), serde_json::to_vec(&state));
    Ok(page
        .with_cursor(cursor.unwrap_or_default())
        .with_state(state.unwrap_or_default()))
}

/// Whether a post's key says that it is older than what is wanted.
fn too_old(job: &Job, uri: &PostUri) -> bool {
    let made = tid::time(&uri.rkey);
    job.since
        .zip(made)
        .is_some_and(|(since, made)| made < since)
}

/// What it means that a server lists nothing of an account, by what it says about the account's state.
fn withdrawn(
    job: &Job,
    body: Result<Value, Refusal>,
    account: &str,
    did: String,
) -> Result<Page, Fault> {
    let before = known(job, account);
    let (event, away) = match body {
        Ok(body) => {
            let status = At::root(&body);
            if status.flag("active").map_err(Fault::from)? {
                return Err(Fault::other(
                    "contradiction",
                    "the server holds the account and does not list its posts",
                ));
            }
            match status.opt_text("status").map_err(Fault::from)? {
                Some("deleted") => (AuthorState::Gone, "gone"),
                // These say something about the server, not about the account.
                Some("desynchronized" | "throttled") => {
                    return Err(Fault::other(
                        "unavailable",
                        "the server cannot list the posts now",
                    ));
                }
                _ => (AuthorState::Hidden, "hidden"),
            }
        }
        // It was here and is not any more. An account that has moved can be read again at its new server.
        Err(refusal) if refusal.no_repo() && before.is_some() => (AuthorState::Gone, "gone"),
        Err(refusal) if refusal.no_repo() => return Err(not_held()),
        Err(refusal) => return Err(refusal.into()),
    };
    let mut page = Page::new();
    if before.as_ref().and_then(|state| state.away.as_deref()) != Some(away) {
        page.changes.push(author(&did, event));
    }
    let state = State {
        account: account.to_owned(),
        did,
        away: Some(away.to_owned()),
    };
    Ok(page.with_state(serde_json::to_vec(&state).unwrap_or_default()))
}

fn author(did: &str, state: AuthorState) -> Change {
    Change::Author(AuthorEvent {
        network: NETWORK.into(),
        author: did.to_owned(),
        state,
    })
}
