//! Cases that try to reach out: what counts is what the fake network saw, and that the ledger has a line for each attempt.

use serde_json::{Value, json};

use super::{
    case::{Case, Verdict},
    doors,
    stage::Org,
};

/// A secret that must be seen in one place only.
const SECRET: &str = "canary-secret-0123456789";

/// Fails unless every exchange was denied, there were this many, and nothing of them left the host.
async fn all_denied(org: &Org, attempts: usize) -> anyhow::Result<Vec<String>> {
    let ended = org.exchanges().await?;
    anyhow::ensure!(
        ended.len() == attempts,
        "{} lines for {attempts} attempts: {ended:?}",
        ended.len()
    );
    let passed: Vec<&String> = ended.iter().filter(|e| !e.starts_with("denied:")).collect();
    anyhow::ensure!(passed.is_empty(), "not denied: {passed:?}");
    let out: u64 = sum(&org.lines("egress").await?, "bytes-out");
    anyhow::ensure!(out == 0, "{out} bytes left the host");
    Ok(ended)
}

fn sum(lines: &[Value], field: &str) -> u64 {
    lines.iter().filter_map(|line| line[field].as_u64()).sum()
}

/// Fails if anything arrived.
fn nothing_arrived(case: &Case<'_>) -> anyhow::Result<()> {
    let arrived = case.ground.network.arrived();
    let paths: Vec<String> = arrived.into_iter().map(|a| a.path).collect();
    anyhow::ensure!(paths.is_empty(), "the fake network was reached: {paths:?}");
    Ok(())
}

/// HP-17: a host that no contract names, and one that the operator excepts and nobody granted.
pub(super) async fn undeclared(case: &mut Case<'_>) -> anyhow::Result<Verdict> {
    let (org, ..) = case.reading("plugin", false, json!({})).await?;
    let ended = all_denied(&org, 2).await?;
    anyhow::ensure!(
        ended.contains(&"denied:host-not-granted".to_owned()),
        "denied for another reason: {ended:?}"
    );
    nothing_arrived(case)?;
    Ok(Verdict::Contained)
}

/// HP-18: names that carry data; a manifest with a wildcard cannot even be registered.
pub(super) async fn labels(case: &mut Case<'_>) -> anyhow::Result<Verdict> {
    doors::refuse(case, "wildcard").await?;
    let (org, ..) = case.reading("plugin", false, json!({})).await?;
    // Denied by the name alone, before anybody is asked where it lies.
    let ended = all_denied(&org, 3).await?;
    anyhow::ensure!(
        ended.iter().all(|e| e == "denied:host-not-granted"),
        "denied for another reason: {ended:?}"
    );
    Ok(Verdict::Contained)
}

/// HP-19: a redirect is an answer, and following it is a new request.
pub(super) async fn redirect(case: &mut Case<'_>) -> anyhow::Result<Verdict> {
    let (org, ..) = case.reading("plugin", true, json!({})).await?;
    let ended = org.exchanges().await?;
    anyhow::ensure!(
        matches!(ended.as_slice(), [first, second] if first == "302" && second.starts_with("denied:")),
        "expected the redirect and a denial: {ended:?}"
    );
    let arrived = case.ground.network.arrived();
    anyhow::ensure!(
        arrived.len() == 1,
        "{} requests arrived, expected one",
        arrived.len()
    );
    Ok(Verdict::Contained)
}

/// HP-21: no form of an inner address is a way to it.
pub(super) async fn odd_addresses(case: &mut Case<'_>) -> anyhow::Result<Verdict> {
    let (org, ..) = case.reading("plugin", false, json!({})).await?;
    all_denied(&org, 15).await?;
    nothing_arrived(case)?;
    Ok(Verdict::Contained)
}

/// HP-22: what two parsers would read in two ways is denied; names are compared in their one form.
pub(super) async fn odd_urls(case: &mut Case<'_>) -> anyhow::Result<Verdict> {
    let (org, ..) = case.reading("plugin", false, json!({})).await?;
    let ended = all_denied(&org, 10).await?;
    for rule in ["userinfo", "backslash", "trailing-dot", "port"] {
        anyhow::ensure!(
            ended.contains(&format!("denied:{rule}")),
            "rule `{rule}` denied nothing: {ended:?}"
        );
    }
    let lines = org.lines("egress").await?;
    let hosts: Vec<&str> = lines.iter().filter_map(|l| l["host"].as_str()).collect();
    anyhow::ensure!(
        hosts.contains(&"feeds.evil.invalid"),
        "mixed case was not put in small letters: {hosts:?}"
    );
    anyhow::ensure!(
        hosts.iter().any(|host| host.starts_with("xn--")),
        "the look-alike was not seen as what it is: {hosts:?}"
    );
    Ok(Verdict::Contained)
}

/// HP-23: no scheme without TLS, and no TLS below 1.3 is even offered.
pub(super) async fn no_https(case: &mut Case<'_>) -> anyhow::Result<Verdict> {
    let package = case.take("plugin").await?;
    let org = case.org().await?;
    let tls = format!("https://localhost:{}/", case.ground.tls.port());
    let hosts = ["feeds.invalid", "localhost"];
    org.read(&package, &hosts, &json!({ "base": "", "lines": [tls] }))
        .await?;
    let ended = org.exchanges().await?;
    let denied = ended.iter().filter(|e| e.starts_with("denied:")).count();
    anyhow::ensure!(
        ended.len() == 5 && denied == 4,
        "expected four denials and one TLS that failed: {ended:?}"
    );
    let offered = case.ground.tls.take();
    anyhow::ensure!(!offered.is_empty(), "no connection was made to look at");
    anyhow::ensure!(
        offered
            .iter()
            .all(|versions| versions.as_slice() == [0x0304]),
        "TLS versions other than 1.3 were offered: {offered:04x?}"
    );
    Ok(Verdict::Contained)
}

/// HP-24: a request with a field of the host's never leaves.
pub(super) async fn reserved_fields(case: &mut Case<'_>) -> anyhow::Result<Verdict> {
    let (org, ..) = case.reading("plugin", true, json!({})).await?;
    let ended = all_denied(&org, 11).await?;
    for rule in ["header-reserved", "header-value", "header-name"] {
        anyhow::ensure!(
            ended.contains(&format!("denied:{rule}")),
            "rule `{rule}` denied nothing: {ended:?}"
        );
    }
    nothing_arrived(case)?;
    Ok(Verdict::Contained)
}

/// HP-25: the secret goes to its place and nowhere else, and what comes back of it is masked.
pub(super) async fn credential(case: &mut Case<'_>) -> anyhow::Result<Verdict> {
    let package = case.take("plugin").await?;
    let org = case.org().await?;
    let credentials = json!({ "token": SECRET });
    let installation = org
        .enable(&package, &json!({}), &["127.0.0.1"], &credentials)
        .await?;
    let config = json!({ "base": case.ground.network.base() });
    let source = org.source(&installation, &config).await?;
    org.watch("Watch", &[&source]).await?;
    org.settled(&source).await?;
    let arrived = case.ground.network.arrived();
    let with: Vec<&str> = arrived
        .iter()
        .filter(|a| a.head.contains(SECRET) || a.body.contains(SECRET))
        .map(|a| a.path.as_str())
        .collect();
    anyhow::ensure!(
        with == ["/vault/echo"],
        "the secret arrived at {with:?}, expected at /vault/echo once"
    );
    anyhow::ensure!(
        arrived.len() == 2,
        "{} requests arrived, expected the echo and the one without a credential",
        arrived.len()
    );
    let told = org.told().await?;
    anyhow::ensure!(
        told.contains("echoed: GET /vault/echo"),
        "the echo did not come back: the case shows nothing"
    );
    anyhow::ensure!(!told.contains(SECRET), "the guest was given the secret");
    let ledger = serde_json::to_string(&org.list("receipts").await?)?;
    anyhow::ensure!(!ledger.contains(SECRET), "the ledger holds the secret");
    let ended = org.exchanges().await?;
    anyhow::ensure!(
        ended
            .iter()
            .filter(|e| e.starts_with("denied:credential"))
            .count()
            == 4,
        "expected four denials: {ended:?}"
    );
    Ok(Verdict::Contained)
}

/// HP-26: the guest sees fields of the list and no others.
pub(super) async fn cookies(case: &mut Case<'_>) -> anyhow::Result<Verdict> {
    let (org, ..) = case.reading("plugin", true, json!({})).await?;
    let told = org.told().await?;
    anyhow::ensure!(
        told.contains("etag=seen-etag"),
        "the guest saw no fields at all: {told}"
    );
    anyhow::ensure!(!told.contains("canary"), "the guest saw {told}");
    Ok(Verdict::Contained)
}

/// HP-46: one budget for the whole step, however many rounds it takes.
pub(super) async fn budget(case: &mut Case<'_>) -> anyhow::Result<Verdict> {
    let package = case.take("plugin").await?;
    let org = case.org().await?;
    let installation = org
        .enable(&package, &json!({}), &["127.0.0.1"], &json!({}))
        .await?;
    let base = case.ground.network.base();
    let read = async |lines: &[&str]| {
        let config = json!({ "base": base, "lines": lines });
        let source = org.source(&installation, &config).await?;
        org.watch("Watch", &[&source]).await?;
        org.settled(&source).await
    };
    let many = read(&["many"]).await?;
    anyhow::ensure!(
        many["fault"] == "rejected:requests",
        "seventeen requests at once were not rejected: {many}"
    );
    nothing_arrived(case)?;
    read(&[]).await?;
    let arrived = case.ground.network.arrived().len();
    anyhow::ensure!(arrived > 0, "the guest asked for nothing");
    anyhow::ensure!(
        arrived <= 16,
        "{arrived} requests were made for one step, and its budget is 16"
    );
    Ok(Verdict::Contained)
}
