//! Exchanges with servers that do not behave.

use std::{
    io::Write as _,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    sync::Arc,
    time::Duration,
};

use flate2::{Compression, write::GzEncoder};
use isocial_egress::{EgressConfig, Limits, Meter};
use isocial_gate::permit;
use isocial_model::connector::{Failure, Method};

use crate::support::{
    Desk, HOST, Names, Site, answer, failed, field, ok, permitted, quick, request, response, status,
};

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[tokio::test]
async fn an_exchange_is_answered_and_its_line_says_so_without_path_or_query() {
    let site = Site::http(None, |_| {
        ok("content-type: application/json\r\n", b"{\"posts\":[]}")
    })
    .await;
    let desk = Desk::new(quick());
    let exchange = desk
        .get(&site, "/api/v1/timelines/tag/lotus?limit=40")
        .await;
    assert_eq!(response(&exchange).body, b"{\"posts\":[]}");
    assert_eq!(
        response(&exchange).headers,
        [field("content-type", "application/json")]
    );
    let line = exchange.line;
    assert_eq!(
        (line.method.as_str(), line.result.as_str(), line.credential),
        ("GET", "200", None)
    );
    assert_eq!(line.host, format!("{HOST}:{}", site.port));
    assert!(line.bytes_in >= 12 && line.bytes_out > 0);
    let seen = site.last().to_ascii_lowercase();
    assert!(
        seen.starts_with("get /api/v1/timelines/tag/lotus?limit=40 http/1.1"),
        "{seen}"
    );
    assert!(
        seen.contains("accept-encoding: gzip\r\n")
            && seen.contains(&format!("host: {HOST}:{}\r\n", site.port)),
        "{seen}"
    );
    assert!(
        !seen.contains("cookie") && !seen.contains("referer"),
        "{seen}"
    );
}

#[tokio::test]
async fn a_body_and_its_method_arrive() {
    let site = Site::http(None, |_| status("204 No Content", "")).await;
    let desk = Desk::new(quick());
    let mut post = request(&site.url("/hook"));
    post.method = Method::Post;
    post.headers = vec![field("content-type", "application/json")];
    post.body = Some(b"{\"text\":\"hi\"}".to_vec());
    let exchange = desk
        .egress
        .exchange(permitted(&site, post, None), &desk.call())
        .await;
    assert_eq!(response(&exchange).status, 204);
    let seen = site.last();
    assert!(
        seen.starts_with("POST /hook") && seen.ends_with("\r\n\r\n{\"text\":\"hi\"}"),
        "{seen}"
    );
}

/// HP-19: a redirect is an answer; nobody goes where it points.
#[tokio::test]
async fn hp_19_redirects_are_not_followed() {
    let site = Site::http(None, |_| {
        status(
            "302 Found",
            "location: http://169.254.169.254/latest/meta-data/\r\n",
        )
    })
    .await;
    let names = Names::loopback();
    let desk = Desk::with(quick(), Arc::clone(&names));
    let exchange = desk.get(&site, "/").await;
    assert_eq!(response(&exchange).status, 302);
    assert_eq!(
        response(&exchange).headers,
        [field(
            "location",
            "http://169.254.169.254/latest/meta-data/"
        )]
    );
    assert_eq!(site.seen().len(), 1);
    // The second hop is a request of its own, and denied.
    assert!(
        permit(
            request("http://169.254.169.254/latest/meta-data/"),
            &site.grant(None)
        )
        .is_err()
    );
    assert_eq!(
        *names.asked.lock().unwrap(),
        [HOST],
        "no other name was looked up"
    );
}

/// HP-20: the answer that was checked is the one that is connected to; what the name says a moment later is a look-up of its own.
#[tokio::test]
async fn hp_20_rebinding_has_nothing_to_bind_to() {
    let site = Site::http(None, |_| ok("", b"here")).await;
    let allowed = IpAddr::V4(Ipv4Addr::LOCALHOST);
    // Not global either, and no exception names it: where a rebinding name would like to lead.
    let inside = IpAddr::V6(Ipv6Addr::LOCALHOST);
    let names = Names::new(&[(HOST, &[&[allowed], &[inside]])]);
    let desk = Desk::with(quick(), Arc::clone(&names));
    assert_eq!(response(&desk.get(&site, "/").await).body, b"here");
    assert_eq!(
        names.asked.lock().unwrap().len(),
        1,
        "one look-up serves check and connection"
    );
    assert_eq!(failed(&desk.get(&site, "/").await), Failure::Denied);
    assert_eq!(names.asked.lock().unwrap().len(), 2);
    assert_eq!(site.seen().len(), 1);
}

/// HP-20, HP-21: one private address among public ones spoils the answer, whatever the order.
#[tokio::test]
async fn hp_20_any_private_address_refuses_the_name() {
    let site = Site::http(None, |_| ok("", b"inside")).await;
    let mut grant = site.grant(None);
    grant.exceptions[0].addresses.clear();
    for bad in [
        "127.0.0.1",
        "10.0.0.7",
        "100.64.0.1",
        "169.254.169.254",
        "192.0.0.8",
        "::1",
        "fd00::1",
        "::ffff:127.0.0.1",
        "64:ff9b::7f00:1",
    ] {
        let bad: IpAddr = bad.parse().unwrap();
        let public: IpAddr = "1.1.1.1".parse().unwrap();
        for list in [vec![public, bad], vec![bad, public], vec![bad]] {
            let desk = Desk::with(quick(), Names::new(&[(HOST, &[list.as_slice()])]));
            let exchange = desk
                .egress
                .exchange(
                    permit(request(&site.url("/")), &grant).unwrap(),
                    &desk.call(),
                )
                .await;
            assert_eq!(failed(&exchange), Failure::Denied, "{list:?}");
            assert_eq!(exchange.line.result, "denied");
        }
    }
    assert_eq!(site.seen().len(), 0);
}

/// An exception is for its own request: a connection that it allowed is not there for one that does not rely on it.
#[tokio::test]
async fn a_connection_of_an_exception_serves_no_other_request() {
    let site = Site::http(None, |_| ok("connection: keep-alive\r\n", b"inside")).await;
    let desk = Desk::new(quick());
    for _ in 0..3 {
        assert_eq!(response(&desk.get(&site, "/").await).body, b"inside");
    }
    assert_eq!(site.connections(), 1, "the connection is kept");
    let mut narrow = site.grant(None);
    narrow.exceptions[0].addresses.clear();
    let exchange = desk
        .egress
        .exchange(
            permit(request(&site.url("/")), &narrow).unwrap(),
            &desk.call(),
        )
        .await;
    assert_eq!(failed(&exchange), Failure::Denied);
}

#[tokio::test]
async fn a_name_that_is_none_and_a_port_that_is_closed_have_their_own_failures() {
    let site = Site::http(None, |_| ok("", b"")).await;
    let desk = Desk::with(quick(), Names::new(&[]));
    assert_eq!(failed(&desk.get(&site, "/").await), Failure::Unresolvable);
    let closed = {
        let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        Site {
            port: listener.local_addr().unwrap().port(),
            ..site
        }
    };
    assert_eq!(
        failed(&Desk::new(quick()).get(&closed, "/").await),
        Failure::Unreachable
    );
}

#[tokio::test]
async fn a_compressed_body_is_decoded_and_a_bomb_is_not() {
    let text = b"the harvest festival opens on friday ".repeat(100);
    let good = gzip(&text);
    let bomb = gzip(&vec![0; 64 << 20]);
    assert!(bomb.len() < 100_000);
    let site = Site::http(None, move |seen| match seen.split(' ').nth(1) {
        Some("/good") => ok("content-encoding: gzip\r\n", &good),
        Some("/bomb") => ok("content-encoding: gzip\r\n", &bomb),
        Some("/lie") => ok("content-encoding: gzip\r\n", b"not gzip at all"),
        Some("/twice") => ok("content-encoding: gzip, gzip\r\n", gzip(&good)),
        _ => ok("content-encoding: zstd\r\n", b"(\xb5/\xfd"),
    })
    .await;
    let desk = Desk::new(quick());
    assert_eq!(response(&desk.get(&site, "/good").await).body, text);
    assert_eq!(failed(&desk.get(&site, "/bomb").await), Failure::TooLarge);
    assert_eq!(failed(&desk.get(&site, "/lie").await), Failure::Malformed);
    assert_eq!(failed(&desk.get(&site, "/twice").await), Failure::Malformed);
    assert_eq!(
        failed(&desk.get(&site, "/zstd").await),
        Failure::Malformed,
        "only what was asked for is decoded"
    );
}

#[tokio::test]
async fn a_huge_body_is_cut_off_declared_or_not() {
    let site = Site::http(None, |seen| {
        let block = vec![b'x'; 1 << 20];
        let head = if seen.starts_with("GET /declared") {
            "content-length: 9000000000\r\n"
        } else {
            ""
        };
        let mut pieces = answer(format!("HTTP/1.1 200 OK\r\n{head}\r\n"));
        pieces.extend((0..16).map(|_| (0, block.clone())));
        pieces
    })
    .await;
    let desk = Desk::new(quick());
    assert_eq!(
        failed(&desk.get(&site, "/declared").await),
        Failure::TooLarge
    );
    let open_ended = desk.get(&site, "/open").await;
    assert_eq!(failed(&open_ended), Failure::TooLarge);
    assert!(
        open_ended.line.bytes_in < 10 << 20,
        "read on after the cap: {}",
        open_ended.line.bytes_in
    );
}

#[tokio::test]
async fn a_slow_server_runs_into_the_limits() {
    let site = Site::http(None, |seen| match seen.split(' ').nth(1) {
        Some("/silent") => vec![(20_000, Vec::new())],
        Some("/stalls") => vec![
            (
                0,
                b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc".to_vec(),
            ),
            (20_000, b"defghij".to_vec()),
        ],
        // Each pause is within the read limit; the whole is not within the total.
        _ => {
            let mut pieces = answer("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n");
            pieces.extend((0..100).map(|_| (100, b"x".to_vec())));
            pieces
        }
    })
    .await;
    let mut config = quick();
    config.limits = Limits {
        connect: Duration::from_millis(200),
        read: Duration::from_millis(300),
        total: Duration::from_millis(900),
        ..config.limits
    };
    let desk = Desk::new(config);
    for path in ["/silent", "/stalls", "/drips"] {
        let exchange = desk.get(&site, path).await;
        assert_eq!(failed(&exchange), Failure::Timeout, "{path}");
    }
}

#[tokio::test]
async fn what_is_no_http_is_malformed_or_broken() {
    let site = Site::http(None, |seen| match seen.split(' ').nth(1) {
        Some("/garbage") => answer(b"\x00\x01\x02 hello? this is not the web\r\n\r\n".as_slice()),
        Some("/smtp") => answer("220 mail.example ESMTP\r\n"),
        Some("/length") => answer("HTTP/1.1 200 OK\r\ncontent-length: many\r\n\r\nabc"),
        Some("/both") => {
            answer("HTTP/1.1 200 OK\r\ncontent-length: 3\r\ncontent-length: 5\r\n\r\nabcde")
        }
        Some("/cut") => answer("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nabc"),
        _ => {
            let many = "x-many: y\r\n".repeat(500);
            answer(format!(
                "HTTP/1.1 200 OK\r\n{many}content-length: 0\r\n\r\n"
            ))
        }
    })
    .await;
    let desk = Desk::new(quick());
    for path in ["/garbage", "/smtp", "/length", "/both", "/cut", "/fields"] {
        let failure = failed(&desk.get(&site, path).await);
        assert!(
            matches!(failure, Failure::Malformed | Failure::Unreachable),
            "{path}: {failure:?}"
        );
    }
    assert_eq!(
        failed(&desk.get(&site, "/garbage").await),
        Failure::Malformed
    );
}

/// HP-26: cookies and what authenticates are not visible, and a cookie is not sent back.
#[tokio::test]
async fn hp_26_cookies_and_authentication_fields_stay_here() {
    let fields = "set-cookie: session=abc123; HttpOnly\r\nwww-authenticate: Bearer realm=\"x\"\r\nauthentication-info: nextnonce=1\r\n\
                  proxy-authenticate: Basic\r\nx-powered-by: somebody\r\nETag: \"v1\"\r\nLink: <https://net.example/2>; rel=\"next\"\r\n\
                  X-RateLimit-Remaining: 7\r\n";
    let site = Site::http(None, move |_| ok(fields, b"{}")).await;
    let desk = Desk::new(quick());
    let exchange = desk.get(&site, "/").await;
    let names: Vec<&str> = response(&exchange)
        .headers
        .iter()
        .map(|h| h.name.as_str())
        .collect();
    for hidden in [
        "set-cookie",
        "www-authenticate",
        "authentication-info",
        "proxy-authenticate",
        "x-powered-by",
    ] {
        assert!(!names.contains(&hidden), "{names:?}");
    }
    for shown in ["etag", "link", "x-ratelimit-remaining"] {
        assert!(names.contains(&shown), "{names:?}");
    }
    desk.get(&site, "/again").await;
    assert!(!site.last().to_ascii_lowercase().contains("cookie"));
}

/// HP-46: what a call tree may spend is spent once, whoever asks at the same time.
#[tokio::test]
async fn hp_46_parallel_exchanges_share_one_meter() {
    let site = Site::http(None, |_| ok("", b"{}")).await;
    let desk = Desk {
        meter: Meter::new(3, 1 << 20),
        ..Desk::new(quick())
    };
    let all = futures_util::future::join_all((0..8).map(|_| desk.get(&site, "/"))).await;
    let spent = all
        .iter()
        .filter(|exchange| exchange.line.result == "200")
        .count();
    let refused = all
        .iter()
        .filter(|exchange| {
            exchange.line.result == "budget:call" && failed(exchange) == Failure::Budget
        })
        .count();
    assert_eq!((spent, refused, site.seen().len()), (3, 5, 3));
    let starved = Desk {
        meter: Meter::new(3, 1),
        ..Desk::new(quick())
    };
    assert_eq!(
        failed(&starved.get(&site, "/").await),
        Failure::Budget,
        "the answer has more bytes than are left"
    );
}

#[tokio::test]
async fn roots_that_are_none_are_refused_with_their_file() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("roots.pem");
    let build = || {
        let config = EgressConfig {
            extra_roots: vec![file.clone()],
            ..EgressConfig::default()
        };
        isocial_egress::Egress::new(config, Arc::new(isocial_model::time::SystemClock))
            .err()
            .map(|e| e.to_string())
    };
    assert!(build().unwrap().contains("roots.pem"));
    std::fs::write(&file, "no certificate").unwrap();
    assert!(build().unwrap().contains("holds no usable certificate"));
}
