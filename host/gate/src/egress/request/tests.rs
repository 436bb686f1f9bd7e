use isocial_model::contract::HostRule;

use super::*;
use crate::egress::SlotGrant;

fn rule(host: &str) -> HostRule {
    HostRule {
        host: host.into(),
        why: "to read".into(),
    }
}

fn slot(placement: Placement, path_prefix: &str) -> Slot {
    Slot {
        name: "token".into(),
        kind: SlotKind::Static,
        placement: Some(placement),
        path_prefix: path_prefix.into(),
        description: "access token".into(),
        optional: false,
    }
}

fn grant() -> EgressGrant {
    EgressGrant {
        hosts: vec![rule("api.example.com"), rule("xn--bcher-kva.example")],
        ..EgressGrant::default()
    }
}

fn get(url: &str) -> Request {
    Request {
        method: Method::Get,
        url: url.into(),
        headers: vec![],
        body: None,
        credential: None,
    }
}

fn denied(url: &str, grant: &EgressGrant) -> &'static str {
    match permit(get(url), grant) {
        Ok(permitted) => panic!("{url} was permitted as {permitted:?}"),
        Err(denial) => denial.rule,
    }
}

#[test]
fn a_granted_host_is_reached_in_its_one_form() {
    for url in [
        "https://api.example.com/v1?q=a",
        "https://API.Example.COM:443/v1?q=a",
        "HTTPS://api.example.com/v1?q=a",
    ] {
        let permitted = permit(get(url), &grant()).unwrap();
        assert_eq!(
            (permitted.host(), permitted.port()),
            ("api.example.com", 443)
        );
        assert_eq!(permitted.url().as_str(), "https://api.example.com/v1?q=a");
    }
    assert_eq!(
        permit(get("https://bücher.example/"), &grant())
            .unwrap()
            .host(),
        "xn--bcher-kva.example"
    );
}

#[test]
fn hp_17_18_only_the_hosts_of_the_grant() {
    for url in [
        "https://evil.example/",
        "https://secret-data.api.example.com/",
        "https://example.com/",
        "https://api.example.com.evil.example/",
        "https://apiXexample.com/",
    ] {
        assert_eq!(denied(url, &grant()), "host-not-granted", "{url}");
    }
    let nothing = EgressGrant {
        hosts: vec![rule("*"), rule("*.example.com"), rule("tenant-declared")],
        ..EgressGrant::default()
    };
    assert_eq!(
        denied("https://api.example.com/", &nothing),
        "host-not-granted"
    );
    // A tenant's hosts count only where the manifest says so.
    let mut declared = EgressGrant {
        tenant_hosts: vec!["social.example".into()],
        ..EgressGrant::default()
    };
    assert_eq!(
        denied("https://social.example/", &declared),
        "host-not-granted"
    );
    declared.hosts.push(rule("tenant-declared"));
    assert!(permit(get("https://social.example/"), &declared).is_ok());
}

#[test]
fn hp_21_addresses_in_every_spelling_are_denied() {
    // Even where somebody has managed to get them into the grant.
    let mut grant = grant();
    grant.hosts.extend(
        [
            "127.0.0.1",
            "[::1]",
            "[::ffff:7f00:1]",
            "[64:ff9b::7f00:1]",
            "[2002:7f00:1::]",
            "[::]",
            "100.64.0.1",
            "8.8.8.8",
        ]
        .map(rule),
    );
    for url in [
        "https://127.0.0.1/",
        "https://2130706433/",
        "https://0x7f000001/",
        "https://0177.0.0.1/",
        "https://127.1/",
        "https://0x7f.1/",
        "https://[::1]/",
        "https://[::]/",
        "https://[::ffff:127.0.0.1]/",
        "https://[::ffff:7f00:1]/",
        "https://[64:ff9b::7f00:1]/",
        "https://[2002:7f00:1::]/",
        "https://100.64.0.1/",
        "https://8.8.8.8/",
        "https://１２７.0.0.1/",
        "https://127。0。0。1/",
        "https://0/",
    ] {
        assert_eq!(denied(url, &grant), "ip-literal", "{url}");
    }
}

#[test]
fn hp_22_23_odd_urls_are_denied() {
    for (url, rule) in [
        ("https://user@api.example.com/", "userinfo"),
        ("https://user:pass@api.example.com/", "userinfo"),
        ("https://@api.example.com/", "userinfo"),
        ("https://api.example.com@evil.example/", "userinfo"),
        ("https://evil.example\\@api.example.com/", "backslash"),
        ("https://api.example.com\\.evil.example/", "backslash"),
        ("https://api.example.com./", "trailing-dot"),
        ("https://api.example.com:8443/", "port"),
        ("https://api.example.com:80/", "port"),
        ("https://api.example.com:0/", "port"),
        ("https://аpi.example.com/", "host-not-granted"), // the first letter is Cyrillic
        ("https://api.exаmple.com/", "host-not-granted"),
        ("http://api.example.com/", "scheme"),
        ("ftp://api.example.com/", "scheme"),
        ("wss://api.example.com/", "scheme"),
        ("gopher://api.example.com:443/", "scheme"),
        ("file:///etc/passwd", "url"),
        ("//api.example.com/", "url"),
        ("api.example.com", "url"),
        ("https:api.example.com", "url"),
        ("https:///api.example.com", "url"),
        ("", "url"),
        ("https://api.example.com/a b", "url-characters"),
        (" https://api.example.com/", "url-characters"),
        (
            "https://api.example.com/\r\nhost: evil.example",
            "url-characters",
        ),
        ("https://api.exa\tmple.com/", "url-characters"),
        ("https://api.example.com/#fragment", "fragment"),
    ] {
        assert_eq!(denied(url, &grant()), rule, "{url}");
    }
    assert_eq!(
        denied(
            &format!("https://api.example.com/{}", "a".repeat(4096)),
            &grant()
        ),
        "url-length"
    );
}

#[test]
fn an_operators_exception_is_exact_and_lifts_no_list() {
    let mut grant = grant();
    grant.exceptions.push(OperatorException {
        scheme: "http".into(),
        host: "127.0.0.1".into(),
        port: 8080,
        addresses: vec!["127.0.0.1".parse().unwrap()],
    });
    assert_eq!(denied("http://127.0.0.1:8080/", &grant), "host-not-granted");
    grant.hosts.push(rule("tenant-declared"));
    grant.tenant_hosts.push("127.0.0.1".into());
    let permitted = permit(get("http://127.0.0.1:8080/x"), &grant).unwrap();
    assert!(
        permitted.address_allowed("127.0.0.1".parse().unwrap())
            && !permitted.address_allowed("127.0.0.2".parse().unwrap())
    );
    for (url, rule) in [
        ("http://127.0.0.1:8081/", "scheme"),
        ("https://127.0.0.1:8080/", "ip-literal"),
        ("http://api.example.com/", "scheme"),
    ] {
        assert_eq!(denied(url, &grant), rule, "{url}");
    }
    assert!(
        !permit(get("https://api.example.com/"), &grant)
            .unwrap()
            .address_allowed("127.0.0.1".parse().unwrap())
    );
}

#[test]
fn hp_24_reserved_headers_are_denied_in_any_case() {
    for (name, value, rule) in [
        ("Host", "evil.example", "header-reserved"),
        ("AUTHORIZATION", "Bearer x", "header-reserved"),
        ("Cookie", "a=b", "header-reserved"),
        ("Transfer-Encoding", "chunked", "header-reserved"),
        ("X-Forwarded-Host", "evil.example", "header-reserved"),
        ("Proxy-Authorization", "x", "header-reserved"),
        ("accept", "a\r\nhost: evil.example", "header-value"),
        ("accept: x\r\nhost", "a", "header-name"),
    ] {
        let mut request = get("https://api.example.com/");
        request.headers.push(Header {
            name: name.into(),
            value: value.into(),
        });
        assert_eq!(permit(request, &grant()).unwrap_err().rule, rule, "{name}");
    }
    let mut request = get("https://api.example.com/");
    request.headers.push(Header {
        name: "Accept".into(),
        value: "application/json".into(),
    });
    assert_eq!(
        permit(request, &grant()).unwrap().headers()[0].name,
        "accept"
    );
    let mut request = get("https://api.example.com/");
    request.body = Some(vec![1]);
    assert_eq!(permit(request, &grant()).unwrap_err().rule, "body-method");
}

#[test]
fn hp_25_a_credential_goes_to_its_slots_place_only() {
    let ask = |grant: &EgressGrant, url: &str| {
        let mut request = get(url);
        request.credential = Some("token".into());
        permit(request, grant)
    };
    let mut grant = grant();
    assert_eq!(
        ask(&grant, "https://api.example.com/v1/x")
            .unwrap_err()
            .rule,
        "credential-slot"
    );
    let header = Placement::Header {
        name: "authorization".into(),
        prefix: "Bearer ".into(),
    };
    grant.slots.push(SlotGrant {
        slot: slot(header, "/v1"),
        hosts: vec!["api.example.com".into()],
    });
    assert_eq!(
        ask(&grant, "https://api.example.com/v1/x")
            .unwrap()
            .slot()
            .unwrap()
            .name,
        "token"
    );
    assert!(ask(&grant, "https://api.example.com/v1").is_ok());
    for (url, rule) in [
        ("https://bücher.example/v1/x", "credential-host"),
        ("https://api.example.com/echo", "credential-path"),
        ("https://api.example.com/v1x", "credential-path"),
        ("https://api.example.com/v1/../echo", "credential-path"),
        ("https://api.example.com/v1/%2e%2e/echo", "credential-path"),
        ("https://api.example.com/v1/..%2fecho", "credential-path"),
        ("https://api.example.com//v1/x", "credential-path"),
    ] {
        assert_eq!(ask(&grant, url).unwrap_err().rule, rule, "{url}");
    }
    grant.slots[0].slot = slot(Placement::Query { name: "key".into() }, "/");
    assert!(ask(&grant, "https://api.example.com/x?q=1").is_ok());
    assert_eq!(
        ask(&grant, "https://api.example.com/x?%6bey=1")
            .unwrap_err()
            .rule,
        "credential-placement"
    );
    grant.slots[0].slot = slot(Placement::PathSegment, "/");
    assert!(ask(&grant, "https://api.example.com/bot{credential}/send").is_ok());
    for url in [
        "https://api.example.com/bot/send",
        "https://api.example.com/{credential}/{credential}",
        "https://api.example.com/?{credential}",
    ] {
        assert_eq!(
            ask(&grant, url).unwrap_err().rule,
            "credential-mark",
            "{url}"
        );
    }
}

#[test]
fn a_secret_url_is_of_the_host_that_was_permitted() {
    let mut grant = grant();
    grant.slots.push(SlotGrant {
        slot: slot(Placement::WholeUrl, "/"),
        hosts: vec!["api.example.com".into()],
    });
    let mut request = get("https://api.example.com/");
    request.method = Method::Post;
    request.credential = Some("token".into());
    let permitted = permit(request, &grant).unwrap();
    assert_eq!(
        permitted
            .at_whole_url("https://api.example.com/hook/s3cret")
            .unwrap()
            .url()
            .path(),
        "/hook/s3cret"
    );
    for bad in [
        "https://evil.example/hook",
        "http://api.example.com/hook",
        "https://api.example.com:8443/",
        "https://a@api.example.com/",
        "hook",
    ] {
        assert!(permitted.at_whole_url(bad).is_err(), "{bad}");
    }
    assert!(!format!("{permitted:?}").contains("hook"));
    assert!(
        permit(get("https://api.example.com/"), &grant)
            .unwrap()
            .at_whole_url("https://api.example.com/x")
            .is_err()
    );
}
