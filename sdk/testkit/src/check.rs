//! What is true of every page, whatever the case: the interface's bounds, which the gate would enforce later and less kindly.

use serde_json::Value;

/// The first bound that an outcome breaks.
pub(crate) fn outcome(tidied: &Value, networks: &[String]) -> Result<(), String> {
    let Some(page) = tidied.get("page") else {
        return Ok(());
    };
    let changes = page.get("changes");
    let count = changes.map_or(0, |c| {
        c.get("count")
            .and_then(Value::as_u64)
            .map_or_else(|| c.as_array().map_or(0, Vec::len), |n| n as usize)
    });
    if count > 250 {
        return Err(format!("a page has at most 250 changes, found {count}"));
    }
    if page
        .get("cursor")
        .is_some_and(|c| c.to_string().len() > 4096 + 64)
    {
        return Err("a cursor has at most 4 KiB".into());
    }
    let list = changes.and_then(Value::as_array).into_iter().flatten();
    let ends = ["first", "last"]
        .into_iter()
        .filter_map(|end| changes?.get(end));
    for change in list.chain(ends) {
        let Some(post) = change.get("upsert") else {
            continue;
        };
        if let Some(wrong) = broken(post, networks) {
            let id = post
                .get("native_id")
                .and_then(Value::as_str)
                .unwrap_or_default();
            return Err(format!("post `{id}`: {wrong}"));
        }
    }
    Ok(())
}

/// What is wrong with a post.
fn broken(post: &Value, networks: &[String]) -> Option<String> {
    let text = |name: &str| post.get(name).and_then(Value::as_str);
    let network = text("network").unwrap_or_default();
    if !networks.iter().any(|n| n == network) {
        return Some(format!(
            "network `{network}` is not among the manifest's: {}",
            networks.join(", ")
        ));
    }
    if !(1..=512).contains(&text("native_id").unwrap_or_default().len()) {
        return Some("native id has 1–512 bytes".into());
    }
    if text("visibility").is_none_or(|v| v == "unknown") {
        return Some(
            "visibility must be stated: posts of unknown visibility are never kept".into(),
        );
    }
    for (name, most) in [
        ("reference", 256),
        ("url", 2048),
        ("text", 65_536),
        ("title", 1024),
        ("content_warning", 1024),
        ("language", 35),
    ] {
        match text(name) {
            Some("") => return Some(format!("`{name}` is empty: optional means absent")),
            Some(value) if value.len() > most => {
                return Some(format!(
                    "`{name}` has at most {most} bytes, found {}",
                    value.len()
                ));
            }
            _ => {}
        }
    }
    let addresses = ["url"].into_iter().filter_map(text);
    let wrong = |a: &&str| !a.starts_with("https://") && !a.starts_with("http://");
    addresses
        .into_iter()
        .find(wrong)
        .map(|a| format!("`{a}` is no http address"))
}
