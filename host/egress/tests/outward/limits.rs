//! What networks say about their rate limits, and that it is kept.

use isocial_model::{Instant, connector::Failure};

use crate::support::{Desk, NOW, Site, failed, ok, permitted, quick, request, response, status};

#[tokio::test]
async fn a_429_closes_the_account_at_that_host_until_it_said() {
    let site = Site::http(None, |_| {
        status("429 Too Many Requests", "retry-after: 120\r\n")
    })
    .await;
    let desk = Desk::new(quick());
    let first = desk.get(&site, "/").await;
    assert_eq!(
        (response(&first).status, first.hints.come_back),
        (429, Some(NOW.plus_ms(120_000)))
    );
    let second = desk.get(&site, "/").await;
    assert_eq!(failed(&second), Failure::Budget);
    assert_eq!(second.hints.come_back, Some(NOW.plus_ms(120_000)));
    assert_eq!(
        (second.line.result.as_str(), second.line.bytes_out),
        ("budget:network", 0)
    );
    assert_eq!(site.seen().len(), 1, "the network was not touched");
    // Another account is not concerned; and later this one is not either.
    let mut other = desk.call();
    other.account = "other";
    desk.egress
        .exchange(permitted(&site, request(&site.url("/")), None), &other)
        .await;
    assert_eq!(site.seen().len(), 2);
    desk.clock.advance(120_000);
    desk.get(&site, "/").await;
    assert_eq!(site.seen().len(), 3);
}

/// Each network's own form ends in the same: nothing is asked until the window is over.
#[tokio::test]
async fn each_networks_form_is_honoured_on_the_wire() {
    let forms = [
        "X-RateLimit-Limit: 300\r\nX-RateLimit-Remaining: 0\r\nX-RateLimit-Reset: 2026-03-01T12:05:00.000000Z\r\n",
        "RateLimit-Limit: 3000\r\nRateLimit-Remaining: 0\r\nRateLimit-Reset: 1772366700\r\nRateLimit-Policy: 3000;w=300\r\n",
        "x-rate-limit-limit: 180\r\nx-rate-limit-remaining: 0\r\nx-rate-limit-reset: 1772366700\r\n",
        "X-Ratelimit-Used: 600\r\nX-Ratelimit-Remaining: 0.0\r\nX-Ratelimit-Reset: 300\r\n",
        "RateLimit: \"default\";r=0;t=300\r\n",
    ];
    for form in forms {
        let site = Site::http(None, move |_| ok(form, b"{}")).await;
        let desk = Desk::new(quick());
        assert_eq!(response(&desk.get(&site, "/").await).status, 200, "{form}");
        let held = desk.get(&site, "/").await;
        assert_eq!(
            (failed(&held), held.hints.come_back),
            (Failure::Budget, Some(NOW.plus_ms(5 * Instant::MINUTE_MS))),
            "{form}"
        );
        desk.clock.advance(5 * Instant::MINUTE_MS);
        assert_eq!(response(&desk.get(&site, "/").await).status, 200, "{form}");
        assert_eq!(site.seen().len(), 2, "{form}");
    }
}

/// HP-46: what a network says is left is spent once by parallel calls.
#[tokio::test]
async fn hp_46_parallel_exchanges_share_what_the_network_left() {
    let site = Site::http(None, |_| {
        ok(
            "x-ratelimit-remaining: 2\r\nx-ratelimit-reset: 300\r\n",
            b"{}",
        )
    })
    .await;
    let desk = Desk::new(quick());
    desk.get(&site, "/").await;
    let all = futures_util::future::join_all((0..6).map(|_| desk.get(&site, "/"))).await;
    let held = all
        .iter()
        .filter(|exchange| exchange.line.result == "budget:network")
        .count();
    assert!(held >= 4, "at most two of six were left, {held} were held");
    assert!(site.seen().len() <= 3);
}
