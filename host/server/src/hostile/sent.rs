//! Cases about alerts: what a message may hold and to whom it goes. What counts is what the fake services were handed.

use data_encoding::{BASE64, HEXLOWER};
use serde_json::{Value, json};

use super::{
    case::{Case, Verdict},
    mail::Handed,
    stage::{Org, PATIENCE_S, WORD, until},
};

/// The one recipient that the installation names.
const DESK: &str = "desk@example.org";

/// An organisation whose rule fires at once, with the case's channel as the one that is told. The organisation and the channel's id.
async fn alert(case: &mut Case<'_>) -> anyhow::Result<(Org, String)> {
    let package = case.take("plugin").await?;
    let feeder = case.tame("connector").await?;
    let org = case.org().await?;
    let lines = json!({ "lines": [format!("{WORD} has a bad day")] });
    let monitor = org.read(&feeder, &[], &lines).await?.monitor;
    let config = json!({ "base": case.ground.network.base(), "to": [DESK] });
    let channel = org
        .enable(&package, &config, &["127.0.0.1"], &json!({}))
        .await?;
    let spec = json!({ "when": "negative", "minimum": 1, "share": 0.0 });
    let rule =
        json!({ "monitor": monitor, "name": "Any", "spec": spec, "channels": [channel.clone()] });
    org.create("rules", &rule).await?;
    Ok((org, package))
}

/// Waits for the mail of an alert; what arrived, and the rules by which earlier messages were rejected.
async fn handed(
    case: &Case<'_>,
    org: &Org,
    package: &str,
) -> anyhow::Result<(Vec<Handed>, Vec<String>)> {
    let mails = until("the alert to be sent", PATIENCE_S, async || {
        let notices = org.list("notices").await?;
        let mails = case.ground.mailbox.take();
        let over = notices
            .iter()
            .any(|n| n["status"] == "delivered" || n["status"] == "given-up");
        anyhow::ensure!(
            !(over && mails.is_empty()),
            "the alert ended without a mail: {}",
            json!(notices)
        );
        Ok((!mails.is_empty()).then_some(mails))
    })
    .await?;
    let calls = org.calls(package).await?;
    let rejected = |c: &Value| c["verdict"] == "rejected";
    let rules = calls.iter().filter(|c| rejected(c));
    let rules = rules.map(|c| c["rule"].as_str().unwrap_or_default().to_owned());
    Ok((mails, rules.collect()))
}

/// All that a reader could make of a mail: as it came, and with quoted-printable and encoded words decoded.
fn readable(message: &str) -> String {
    let mut all = format!("{message}\n{}\n", unquoted(message));
    for word in message.split("=?").skip(1) {
        let mut parts = word.splitn(4, '?');
        let (kind, text) = (parts.nth(1).unwrap_or_default(), parts.next());
        if kind.eq_ignore_ascii_case("b")
            && let Ok(bytes) = BASE64.decode(text.unwrap_or_default().as_bytes())
        {
            all.push_str(&String::from_utf8_lossy(&bytes));
        }
    }
    all
}

/// Quoted-printable, decoded; what is none stays.
fn unquoted(text: &str) -> String {
    let whole = text.replace("=\r\n", "");
    let mut bytes = Vec::with_capacity(whole.len());
    let mut rest = whole.as_bytes();
    while let Some((first, more)) = rest.split_first() {
        let pair = more.get(..2).map(<[u8]>::to_ascii_lowercase);
        match pair.and_then(|pair| HEXLOWER.decode(&pair).ok()) {
            Some(decoded) if *first == b'=' => {
                bytes.extend(decoded);
                rest = more.get(2..).unwrap_or_default();
            }
            _ => {
                bytes.push(*first);
                rest = more;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// HP-27: no link but the deployment's own, in any part, and no markup of the plugin's.
pub(super) async fn tracker(case: &mut Case<'_>) -> anyhow::Result<Verdict> {
    let (org, package) = alert(case).await?;
    let (mails, rules) = handed(case, &org, &package).await?;
    anyhow::ensure!(
        rules.len() >= 2 && rules.contains(&"foreign-link".to_owned()),
        "expected the body and the button to be rejected: {rules:?}"
    );
    let arrived = case.ground.network.arrived();
    anyhow::ensure!(
        arrived.is_empty(),
        "a message with a tracker was posted: {}",
        arrived[0].body
    );
    for mail in &mails {
        let text = readable(&mail.message);
        anyhow::ensure!(
            text.contains("⟦link⟧"),
            "the mail shows no sign of the links that were taken out: {text}"
        );
        anyhow::ensure!(
            !text.contains("tracker.invalid"),
            "the mail holds the tracker: {text}"
        );
        // In plain text a tag is text; in the part that is HTML it would be one.
        let html = unquoted(mail.message.split("text/html").nth(1).unwrap_or_default());
        anyhow::ensure!(
            html.contains("&lt;img") && !html.contains("<img"),
            "the mail holds markup of the plugin's: {html}"
        );
    }
    Ok(Verdict::Contained)
}

/// HP-43: recipients are the host's; what looks like one in a text is text.
pub(super) async fn recipients(case: &mut Case<'_>) -> anyhow::Result<Verdict> {
    let (org, package) = alert(case).await?;
    let (mails, rules) = handed(case, &org, &package).await?;
    for rule in ["destination", "subject"] {
        anyhow::ensure!(
            rules.contains(&rule.to_owned()),
            "rule `{rule}` rejected nothing: {rules:?}"
        );
    }
    for mail in &mails {
        anyhow::ensure!(
            mail.recipients == [DESK],
            "it went to {:?}",
            mail.recipients
        );
        let head = mail.message.split("\r\n\r\n").next().unwrap_or_default();
        for line in head.lines() {
            let lower = line.to_ascii_lowercase();
            let addressed = ["to:", "cc:", "bcc:"].iter().any(|f| lower.starts_with(f));
            anyhow::ensure!(
                !(addressed && lower.contains("thief")),
                "a field of the mail names another recipient: {line}"
            );
            anyhow::ensure!(
                !lower.starts_with("bcc:"),
                "the mail has a field of the plugin's: {line}"
            );
        }
    }
    anyhow::ensure!(
        mails
            .iter()
            .any(|m| readable(&m.message).contains("thief@example.org")),
        "the guest's text did not come through: the case shows nothing"
    );
    let calls = org.calls(&package).await?;
    anyhow::ensure!(
        calls.iter().any(|c| c["dropped"]["neutralised"].is_u64()),
        "the receipt does not flag the characters that were taken out"
    );
    Ok(Verdict::Contained)
}
