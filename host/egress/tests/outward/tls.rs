//! TLS: 1.3, from our roots, for the right name (HP-23).

use isocial_egress::{EgressConfig, Tls12Exception};
use isocial_model::connector::Failure;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::support::{Authority, Desk, HOST, NOW, Site, failed, listen, ok, quick, response};

fn with_root(authority: &Authority) -> EgressConfig {
    EgressConfig {
        extra_roots: vec![authority.root()],
        ..quick()
    }
}

#[tokio::test]
async fn hp_23_tls_13_under_the_operators_root_is_accepted() {
    let authority = Authority::new();
    let site = Site::http(Some(authority.server(&[&rustls::version::TLS13])), |_| {
        ok("", b"safe")
    })
    .await;
    let exchange = Desk::new(with_root(&authority)).get(&site, "/").await;
    assert_eq!(response(&exchange).body, b"safe");
}

#[tokio::test]
async fn hp_23_a_server_that_knows_only_tls_12_is_refused() {
    let authority = Authority::new();
    let site = Site::http(Some(authority.server(&[&rustls::version::TLS12])), |_| {
        ok("", b"old")
    })
    .await;
    let exchange = Desk::new(with_root(&authority)).get(&site, "/").await;
    assert_eq!(
        (failed(&exchange), exchange.line.result.as_str()),
        (Failure::Tls, "tls")
    );
    assert_eq!(site.seen().len(), 0);
}

#[tokio::test]
async fn hp_23_an_exception_for_tls_12_ends_at_its_date() {
    let authority = Authority::new();
    let site = Site::http(Some(authority.server(&[&rustls::version::TLS12])), |_| {
        ok("", b"old")
    })
    .await;
    let tls12 = vec![Tls12Exception {
        host: HOST.into(),
        until: NOW.plus_ms(1000),
    }];
    let desk = Desk::new(EgressConfig {
        tls12,
        ..with_root(&authority)
    });
    assert_eq!(response(&desk.get(&site, "/").await).body, b"old");
    desk.clock.advance(1000);
    assert_eq!(failed(&desk.get(&site, "/").await), Failure::Tls);
}

#[tokio::test]
async fn hp_23_an_unknown_authority_and_a_plain_server_are_refused() {
    let authority = Authority::new();
    let site = Site::http(Some(authority.server(&[&rustls::version::TLS13])), |_| {
        ok("", b"who?")
    })
    .await;
    assert_eq!(
        failed(&Desk::new(quick()).get(&site, "/").await),
        Failure::Tls,
        "nobody named its root"
    );
    let port = listen(None, |mut socket| async move {
        let _ = socket.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
        let _ = socket.read(&mut [0; 1024]).await;
    })
    .await;
    let plain = Site::at(port, "https");
    assert_eq!(
        failed(&Desk::new(with_root(&authority)).get(&plain, "/").await),
        Failure::Tls,
        "it does not speak TLS at all"
    );
}
