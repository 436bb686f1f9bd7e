//! Credentials: put in their place, masked when they come back.

use isocial_egress::{Call, Credential, Meter};
use isocial_model::{
    Secret,
    connector::{Failure, Method},
    contract::{MessageSignature, Placement, Slot, SlotKind},
};

use crate::support::{
    Desk, HOST, NOW, Site, failed, field, ok, permitted, quick, request, response,
};

const TOKEN: &str = "tok-3n/abc+DEF==";

fn slot(kind: SlotKind, placement: Option<Placement>, path_prefix: &str) -> Slot {
    Slot {
        name: "token".into(),
        kind,
        placement,
        path_prefix: path_prefix.into(),
        description: "a token".into(),
        optional: false,
    }
}

fn bearer() -> Slot {
    let placement = Placement::Header {
        name: "authorization".into(),
        prefix: "Bearer ".into(),
    };
    slot(SlotKind::Static, Some(placement), "/")
}

fn desk(credential: Credential) -> Desk {
    let mut desk = Desk::new(quick());
    desk.keeper.credential = Some(credential);
    desk
}

fn token() -> Credential {
    Credential::Value(Secret::new(TOKEN))
}

async fn ask(
    desk: &Desk,
    site: &Site,
    path: &str,
    slot: Slot,
    change: impl FnOnce(&mut isocial_model::connector::Request),
) -> isocial_egress::Exchange {
    let mut request = request(&site.url(path));
    request.credential = Some(slot.name.clone());
    change(&mut request);
    desk.egress
        .exchange(permitted(site, request, Some(slot)), &desk.call())
        .await
}

#[tokio::test]
async fn a_bearer_token_arrives_and_the_line_names_only_its_slot() {
    let site = Site::http(None, |_| ok("", b"{}")).await;
    let desk = desk(token());
    let exchange = ask(&desk, &site, "/api", bearer(), |_| {}).await;
    assert_eq!(response(&exchange).status, 200);
    assert!(
        site.last()
            .contains(&format!("authorization: Bearer {TOKEN}\r\n")),
        "{}",
        site.last()
    );
    assert_eq!(exchange.line.credential.as_deref(), Some("token"));
    assert!(!exchange.secret_echoed);
    assert!(!format!("{exchange:?}").contains(TOKEN));
}

#[tokio::test]
async fn each_placement_arrives_where_it_belongs() {
    let site = Site::http(None, |_| ok("", b"{}")).await;
    let desk = desk(Credential::Value(Secret::new("12345:AbCdEf")));
    let query = Placement::Query { name: "key".into() };
    ask(
        &desk,
        &site,
        "/search?q=lotus",
        slot(SlotKind::Static, Some(query), "/"),
        |_| {},
    )
    .await;
    assert!(
        site.last()
            .starts_with("GET /search?q=lotus&key=12345%3AAbCdEf HTTP"),
        "{}",
        site.last()
    );

    ask(
        &desk,
        &site,
        "/bot{credential}/sendMessage",
        slot(SlotKind::Static, Some(Placement::PathSegment), "/"),
        |_| {},
    )
    .await;
    assert!(
        site.last()
            .starts_with("GET /bot12345:AbCdEf/sendMessage HTTP"),
        "{}",
        site.last()
    );

    let pointer = Placement::JsonPointer {
        pointer: "/routing_key".into(),
    };
    let exchange = ask(
        &desk,
        &site,
        "/enqueue",
        slot(SlotKind::Static, Some(pointer), "/"),
        |request| {
            request.method = Method::Post;
            request.headers = vec![field("content-type", "application/json")];
            request.body = Some(br#"{"event_action":"trigger"}"#.to_vec());
        },
    )
    .await;
    assert_eq!(response(&exchange).status, 200);
    assert!(
        site.last()
            .ends_with(r#"{"event_action":"trigger","routing_key":"12345:AbCdEf"}"#),
        "{}",
        site.last()
    );

    let form = Placement::FormField {
        name: "token".into(),
    };
    ask(
        &desk,
        &site,
        "/form",
        slot(SlotKind::Static, Some(form), "/"),
        |request| {
            request.method = Method::Post;
            request.body = Some(b"text=hello+there".to_vec());
        },
    )
    .await;
    assert!(
        site.last()
            .ends_with("\r\n\r\ntext=hello+there&token=12345%3AAbCdEf"),
        "{}",
        site.last()
    );
}

#[tokio::test]
async fn basic_authentication_joins_user_and_password() {
    let site = Site::http(None, |_| ok("", b"{}")).await;
    let desk = desk(Credential::Login {
        user: Secret::new("ann"),
        password: Secret::new("open sesame"),
    });
    ask(&desk, &site, "/", slot(SlotKind::Basic, None, "/"), |_| {}).await;
    assert!(
        site.last()
            .contains("authorization: Basic YW5uOm9wZW4gc2VzYW1l\r\n"),
        "{}",
        site.last()
    );
}

#[tokio::test]
async fn a_secret_url_is_used_whole_and_only_at_its_host() {
    let site = Site::http(None, |_| ok("", b"ok")).await;
    let whole = || slot(SlotKind::Static, Some(Placement::WholeUrl), "/");
    let good = desk(Credential::Value(Secret::new(
        site.url("/services/T000/B000/XXXXsecret"),
    )));
    let exchange = ask(&good, &site, "/", whole(), |request| {
        request.method = Method::Post;
        request.body = Some(b"{}".to_vec());
    })
    .await;
    assert_eq!(response(&exchange).status, 200);
    assert!(
        site.last()
            .starts_with("POST /services/T000/B000/XXXXsecret HTTP"),
        "{}",
        site.last()
    );
    assert_eq!(
        exchange.line.host,
        format!("{HOST}:{}", site.port),
        "never the path"
    );

    let elsewhere = desk(Credential::Value(Secret::new(format!(
        "http://inside.example:{}/x",
        site.port
    ))));
    let exchange = ask(&elsewhere, &site, "/", whole(), |_| {}).await;
    assert_eq!(
        (failed(&exchange), exchange.line.result.as_str()),
        (Failure::Denied, "credential:placement")
    );
    assert_eq!(site.seen().len(), 1);
}

/// HP-25: an echoed secret is masked, in body and fields, and reported.
#[tokio::test]
async fn hp_25_an_echoed_secret_is_masked_and_reported() {
    let site = Site::http(None, |seen| {
        let token = seen
            .lines()
            .find_map(|l| l.strip_prefix("authorization: Bearer "))
            .unwrap_or_default()
            .to_owned();
        let hex = hex::encode(&token);
        let percent = token
            .replace('/', "%2F")
            .replace('+', "%2B")
            .replace('=', "%3D");
        ok(
            &format!("location: https://net.example/?t={percent}\r\netag: \"{token}\"\r\n"),
            format!("{{\"you_sent\":\"{token}\",\"hex\":\"{hex}\",\"rest\":\"stays\"}}"),
        )
    })
    .await;
    let desk = desk(token());
    let exchange = ask(&desk, &site, "/echo", bearer(), |_| {}).await;
    assert!(exchange.secret_echoed);
    let answer = response(&exchange);
    assert_eq!(
        String::from_utf8_lossy(&answer.body),
        r#"{"you_sent":"[masked]","hex":"[masked]","rest":"stays"}"#
    );
    let all = format!("{answer:?}");
    assert!(all.contains("[masked]") && !all.contains("tok-3n"), "{all}");
}

#[tokio::test]
async fn without_its_credential_a_request_stays_here_unless_it_may_go_bare() {
    let site = Site::http(None, |_| ok("", b"{}")).await;
    let desk = Desk::new(quick());
    let exchange = ask(&desk, &site, "/", bearer(), |_| {}).await;
    assert_eq!(
        (failed(&exchange), exchange.line.result.as_str()),
        (Failure::Denied, "credential:missing")
    );
    assert_eq!(site.seen().len(), 0);
    let exchange = ask(
        &desk,
        &site,
        "/",
        Slot {
            optional: true,
            ..bearer()
        },
        |_| {},
    )
    .await;
    assert_eq!(
        (response(&exchange).status, exchange.line.credential),
        (200, None)
    );
    assert!(!site.last().to_ascii_lowercase().contains("authorization"));
}

/// The signature was computed with another implementation, over `ntc_7.1772366400.{"text":"a spike"}`.
#[tokio::test]
async fn a_signed_message_carries_id_time_and_signature_of_each_attempt() {
    let site = Site::http(None, |_| ok("", b"")).await;
    let desk = desk(Credential::Value(Secret::new(
        "whsec_bG90dXMtYW5kLXRoZS1oYXJ2ZXN0LW1vb24=",
    )));
    let kind = SlotKind::Hmac(MessageSignature {
        template: "{id}.{timestamp}.{body}".into(),
        algorithm: "sha256".into(),
        encoding: "base64".into(),
        header: "webhook-signature".into(),
        prefix: "v1,".into(),
        id_header: "webhook-id".into(),
        timestamp_header: "webhook-timestamp".into(),
    });
    let send = async |id: Option<&'static str>| {
        let mut request = request(&site.url("/hook"));
        request.method = Method::Post;
        request.headers = vec![field("content-type", "application/json")];
        request.body = Some(br#"{"text":"a spike"}"#.to_vec());
        request.credential = Some("token".into());
        let call = Call {
            message_id: id,
            ..desk.call()
        };
        desk.egress
            .exchange(
                permitted(&site, request, Some(slot(kind.clone(), None, "/"))),
                &call,
            )
            .await
    };
    let exchange = send(Some("ntc_7")).await;
    assert_eq!(exchange.line.credential.as_deref(), Some("token"));
    let seen = site.last();
    assert!(
        seen.contains("webhook-id: ntc_7\r\n")
            && seen.contains("webhook-timestamp: 1772366400\r\n"),
        "{seen}"
    );
    assert!(
        seen.contains("webhook-signature: v1,R2DocG2e/Ln4L1NR3HXPi3C3f91zkbsBThkwLXblvpE=\r\n"),
        "{seen}"
    );
    desk.clock.set(NOW.plus_ms(60_000));
    send(None).await;
    let again = site.last();
    assert!(
        again.contains("webhook-timestamp: 1772366460\r\n") && again.contains("webhook-id: msg_"),
        "{again}"
    );
    assert!(
        !again.contains("R2DocG2e/Ln4L1NR3HXPi3C3f91zkbsBThkwLXblvpE="),
        "each attempt is signed anew"
    );
}

#[tokio::test]
async fn a_meter_counts_what_is_held_back_by_nothing_else() {
    let site = Site::http(None, |_| ok("", b"{}")).await;
    let desk = Desk {
        meter: Meter::new(1, 1 << 20),
        ..desk(token())
    };
    ask(&desk, &site, "/", bearer(), |_| {}).await;
    assert_eq!(desk.meter.requests_left(), 0);
    assert_eq!(
        failed(&ask(&desk, &site, "/", bearer(), |_| {}).await),
        Failure::Budget
    );
}
