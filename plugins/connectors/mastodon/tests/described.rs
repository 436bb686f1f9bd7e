//! The recorded exchanges and our own requests against the network's published description (OpenAPI), which is not part of this project.

#![expect(
    clippy::unwrap_used,
    reason = "a test ends where its file is not as it must be"
)]

use std::{fs, io::Read as _, path::Path};

use serde_json::Value;

/// The description in the file that the variable names, gzip or plain.
fn description() -> Option<Value> {
    let path = std::env::var_os("ISOCIAL_TEST_MASTODON_OPENAPI")?;
    let bytes = fs::read(path).unwrap();
    let mut text = Vec::new();
    if bytes.starts_with(&[0x1f, 0x8b]) {
        flate2::read::GzDecoder::new(bytes.as_slice())
            .read_to_end(&mut text)
            .unwrap();
    } else {
        text = bytes;
    }
    Some(serde_json::from_slice(&text).unwrap())
}

fn schema<'d>(whole: &'d Value, of: &'d Value) -> &'d Value {
    match of.get("$ref").and_then(Value::as_str) {
        Some(reference) => whole.pointer(reference.trim_start_matches('#')).unwrap(),
        None => of,
    }
}

/// Whether a value is one of these types; what the description does not name a type for is not judged.
fn is_one_of(value: &Value, types: &Value) -> bool {
    let is = |name: &str| match name {
        "string" => value.is_string(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "boolean" => value.is_boolean(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        "null" => value.is_null(),
        _ => true,
    };
    match types {
        Value::String(name) => is(name),
        Value::Array(names) => names.iter().filter_map(Value::as_str).any(is),
        _ => true,
    }
}

/// The first thing in which a value is not as described; the description's required fields and types are looked at, to any depth.
fn wrong(whole: &Value, of: &Value, value: &Value, at: &str) -> Option<String> {
    let of = schema(whole, of);
    for several in ["oneOf", "anyOf"] {
        if let Some(list) = of.get(several).and_then(Value::as_array) {
            let all: Vec<_> = list
                .iter()
                .map(|one| wrong(whole, one, value, at))
                .collect();
            return all
                .iter()
                .all(Option::is_some)
                .then(|| all.into_iter().flatten().next())
                .flatten();
        }
    }
    if !is_one_of(value, of.get("type").unwrap_or(&Value::Null)) {
        return Some(format!("{at}: not of type {}", of["type"]));
    }
    if let (Some(fields), Some(object)) = (
        of.get("properties").and_then(Value::as_object),
        value.as_object(),
    ) {
        let required: Vec<&str> = of
            .get("required")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect();
        if let Some(name) = required.iter().find(|name| !object.contains_key(**name)) {
            return Some(format!("{at}/{name}: is required"));
        }
        for (name, value) in object {
            // Null is how servers leave out what is optional; a field that the description lacks is newer or older than it.
            let counts = !value.is_null() || required.contains(&name.as_str());
            if let Some(field) = fields.get(name).filter(|_| counts)
                && let Some(found) = wrong(whole, field, value, &format!("{at}/{name}"))
            {
                return Some(found);
            }
        }
    }
    let items = of.get("items")?;
    let list = value.as_array()?;
    list.iter()
        .enumerate()
        .find_map(|(i, value)| wrong(whole, items, value, &format!("{at}/{i}")))
}

#[test]
fn exchanges_are_as_the_network_describes_itself() {
    let Some(whole) = description() else {
        return not_run(
            "plugin-mastodon: published description · set ISOCIAL_TEST_MASTODON_OPENAPI to its file",
        );
    };
    let status = serde_json::json!({ "$ref": "#/components/schemas/Status" });
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("exchanges");
    let mut checked = 0;
    for entry in fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        // `partly` is there to be wrong.
        let is_body = path.extension().is_some_and(|kind| kind == "json");
        if !is_body || name.contains(".expected.") || name == "partly.json" {
            continue;
        }
        let body: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        let body = body.get("statuses").cloned().unwrap_or(body);
        let list = body
            .as_array()
            .cloned()
            .unwrap_or_else(|| vec![body.clone()]);
        for value in &list {
            assert_eq!(wrong(&whole, &status, value, &name), None);
            checked += 1;
        }
    }
    assert!(checked > 10, "only {checked} statuses were looked at");
    let partly: Value =
        serde_json::from_slice(&fs::read(folder.join("partly.json")).unwrap()).unwrap();
    assert!(
        wrong(&whole, &status, &partly[0], "partly").is_some()
            && wrong(&whole, &status, &partly[2], "partly").is_some(),
        "the check must be able to fail"
    );

    for (path, parameters) in [
        ("/api/v1/timelines/tag/{hashtag}", &["limit", "min_id"][..]),
        (
            "/api/v2/search",
            &["q", "type", "limit", "min_id", "offset"],
        ),
        ("/api/v1/statuses", &["id"]),
        ("/api/v1/statuses/{id}", &[]),
        ("/api/v1/streaming/hashtag", &["tag"]),
    ] {
        let get = whole.pointer(&format!(
            "/paths/{}/get",
            path.replace('~', "~0").replace('/', "~1")
        ));
        let get = get.unwrap_or_else(|| panic!("{path} is not described"));
        let described: Vec<&str> = get["parameters"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|p| p["name"].as_str())
            .collect();
        for name in parameters {
            assert!(
                described
                    .iter()
                    .any(|own| own.trim_end_matches("[]") == *name),
                "{path}: no parameter {name}"
            );
        }
    }
}

/// Says that a check was not run, where somebody collects that.
fn not_run(what: &str) {
    use std::io::Write as _;
    let Some(path) = std::env::var_os("ISOCIAL_NOT_RUN_FILE") else {
        return;
    };
    let mut file = fs::OpenOptions::new()
        .create(true)
        .append(true)
        .open(path)
        .unwrap();
    writeln!(file, "{what}").unwrap();
}
