//! Sessions: opened, kept and renewed by the host; a plugin sees none of it.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use isocial_egress::{Credential, Exchange, Session};
use isocial_model::{
    Secret,
    connector::Failure,
    contract::{Slot, SlotKind},
};

use crate::support::{
    Desk, Pieces, Site, answer, failed, ok, permitted, quick, request, response, status,
};

fn slot() -> Slot {
    Slot {
        name: "login".into(),
        kind: SlotKind::SessionExchange {
            create: "/xrpc/com.atproto.server.createSession".into(),
            refresh: "/xrpc/com.atproto.server.refreshSession".into(),
            identifier_field: "identifier".into(),
            password_field: "password".into(),
            access_field: "accessJwt".into(),
            refresh_field: "refreshJwt".into(),
        },
        placement: None,
        path_prefix: "/".into(),
        description: "handle and app password".into(),
        optional: false,
    }
}

/// A server that opens sessions `access-N`; only the newest is good.
struct Pds {
    newest: AtomicUsize,
    refreshable: bool,
}

impl Pds {
    fn serve(&self, seen: &str) -> Pieces {
        let issue = || {
            let n = self.newest.fetch_add(1, Ordering::SeqCst) + 1;
            ok(
                "content-type: application/json\r\n",
                format!(
                    "{{\"accessJwt\":\"access-{n}\",\"refreshJwt\":\"refresh-{n}\",\"did\":\"did:plc:x\"}}"
                ),
            )
        };
        let newest = self.newest.load(Ordering::SeqCst);
        let path = seen.split(' ').nth(1).unwrap_or_default();
        match path {
            "/xrpc/com.atproto.server.createSession"
                if seen.ends_with(r#"{"identifier":"ann.example","password":"pass-word-1"}"#) =>
            {
                issue()
            }
            "/xrpc/com.atproto.server.createSession" => {
                status("401 Unauthorized", "x-ratelimit-remaining: 29\r\n")
            }
            "/xrpc/com.atproto.server.refreshSession"
                if self.refreshable
                    && seen.contains(&format!("authorization: Bearer refresh-{newest}\r\n")) =>
            {
                issue()
            }
            "/xrpc/com.atproto.server.refreshSession" => status("400 Bad Request", ""),
            _ if seen.contains(&format!("authorization: Bearer access-{newest}\r\n")) => {
                ok("", format!("{{\"with\":\"access-{newest}\"}}"))
            }
            "/old-style" => {
                let body = r#"{"error":"ExpiredToken","message":"Token has expired"}"#;
                answer(format!(
                    "HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
                    body.len()
                ))
            }
            _ => status("401 Unauthorized", ""),
        }
    }
}

async fn pds(newest: usize, refreshable: bool) -> Site {
    let pds = Arc::new(Pds {
        newest: AtomicUsize::new(newest),
        refreshable,
    });
    Site::http(None, move |seen| pds.serve(seen)).await
}

fn desk(password: &str, session: Option<usize>) -> Desk {
    let mut desk = Desk::new(quick());
    desk.keeper.credential = Some(Credential::Login {
        user: Secret::new("ann.example"),
        password: Secret::new(password),
    });
    *desk.keeper.session.lock().unwrap() = session.map(|n| Session {
        access: Secret::new(format!("access-{n}")),
        refresh: Some(Secret::new(format!("refresh-{n}"))),
    });
    desk
}

async fn ask(desk: &Desk, site: &Site, path: &str) -> Exchange {
    let mut request = request(&site.url(path));
    request.credential = Some("login".into());
    desk.egress
        .exchange(permitted(site, request, Some(slot())), &desk.call())
        .await
}

fn kept(desk: &Desk) -> String {
    let session = desk.keeper.session.lock().unwrap();
    String::from_utf8(session.as_ref().unwrap().access.expose().to_vec()).unwrap()
}

fn paths(site: &Site) -> Vec<String> {
    site.seen()
        .iter()
        .map(|seen| {
            seen.split(' ')
                .nth(1)
                .unwrap()
                .rsplit('.')
                .next()
                .unwrap()
                .to_owned()
        })
        .collect()
}

#[tokio::test]
async fn a_first_call_opens_a_session_that_the_plugin_never_sees() {
    let site = pds(0, true).await;
    let desk = desk("pass-word-1", None);
    let exchange = ask(&desk, &site, "/posts").await;
    assert_eq!(
        response(&exchange).body,
        br#"{"with":"[masked]"}"#,
        "its token is masked like any credential"
    );
    assert!(exchange.secret_echoed);
    assert_eq!(kept(&desk), "access-1");
    assert_eq!(paths(&site), ["createSession", "/posts"]);
    let lines: Vec<_> = exchange
        .session_lines
        .iter()
        .map(|l| (l.method.as_str(), l.result.as_str()))
        .collect();
    assert_eq!(lines, [("POST", "200")]);
    ask(&desk, &site, "/posts").await;
    assert_eq!(paths(&site).len(), 3, "the session is kept");
}

#[tokio::test]
async fn a_session_that_has_run_out_is_renewed_once_and_the_call_repeated() {
    for path in ["/posts", "/old-style"] {
        let site = pds(5, true).await;
        let desk = desk("pass-word-1", Some(5));
        *desk.keeper.session.lock().unwrap() = Some(Session {
            access: Secret::new("access-4"),
            refresh: Some(Secret::new("refresh-5")),
        });
        let exchange = ask(&desk, &site, path).await;
        assert_eq!(response(&exchange).status, 200, "{path}");
        assert_eq!(kept(&desk), "access-6");
        assert_eq!(paths(&site), [path, "refreshSession", path]);
        assert_eq!(exchange.session_lines.len(), 1);
    }
}

#[tokio::test]
async fn a_spent_refresh_token_falls_back_to_the_password() {
    let site = pds(5, false).await;
    let desk = desk("pass-word-1", Some(3));
    assert_eq!(response(&ask(&desk, &site, "/posts").await).status, 200);
    assert_eq!(
        paths(&site),
        ["/posts", "refreshSession", "createSession", "/posts"]
    );
}

#[tokio::test]
async fn a_wrong_password_is_told_by_its_status_and_without_its_answer() {
    let site = pds(0, true).await;
    let exchange = ask(&desk("wrong-pass", None), &site, "/posts").await;
    assert_eq!(
        (response(&exchange).status, response(&exchange).body.len()),
        (401, 0)
    );
    assert_eq!(exchange.line.result, "session:401");
    assert_eq!(paths(&site), ["createSession"]);
    let exchange = ask(&Desk::new(quick()), &site, "/posts").await;
    assert_eq!(
        (failed(&exchange), exchange.line.result.as_str()),
        (Failure::Denied, "credential:missing")
    );
}

/// A refresh token can be used once: of many calls that find the session spent, one renews it.
#[tokio::test]
async fn parallel_calls_renew_a_session_once() {
    let site = pds(5, true).await;
    let desk = desk("pass-word-1", Some(5));
    *desk.keeper.session.lock().unwrap() = Some(Session {
        access: Secret::new("access-4"),
        refresh: Some(Secret::new("refresh-5")),
    });
    let all = futures_util::future::join_all((0..6).map(|_| ask(&desk, &site, "/posts"))).await;
    assert!(all.iter().all(|exchange| response(exchange).status == 200));
    assert_eq!(
        paths(&site)
            .iter()
            .filter(|path| *path == "refreshSession")
            .count(),
        1
    );
}
