//! Outcomes as people read them in a snapshot: no absent fields, bytes as text, instants as dates, long lists cut.

use serde_json::{Map, Value, json};

/// Fields that hold bytes.
const BYTES: [&str; 6] = ["cursor", "state", "scratch", "payload", "body", "binary"];
/// Fields that hold instants.
const INSTANTS: [&str; 6] = ["created", "edited", "due", "start", "end", "reset"];
/// Elements of a list that are shown; of a longer one, its ends and its length.
const SHOWN: usize = 20;

/// The value without what says nothing.
pub fn tidy(value: &Value) -> Value {
    match value {
        Value::Object(fields) => {
            let mut out = Map::new();
            for (name, value) in fields {
                let tidied = match value {
                    Value::Array(list) if BYTES.contains(&name.as_str()) && is_bytes(list) => {
                        as_text(list)
                    }
                    Value::Number(n) if INSTANTS.contains(&name.as_str()) => as_date(n),
                    other => tidy(other),
                };
                let nothing = tidied.is_null() || tidied.as_array().is_some_and(Vec::is_empty);
                if !nothing {
                    out.insert(name.clone(), tidied);
                }
            }
            Value::Object(out)
        }
        Value::Array(list) if list.len() > SHOWN => {
            json!({ "count": list.len(), "first": list.first().map(tidy), "last": list.last().map(tidy) })
        }
        Value::Array(list) => Value::Array(list.iter().map(tidy).collect()),
        other => other.clone(),
    }
}

fn is_bytes(list: &[Value]) -> bool {
    list.iter().all(|b| b.as_u64().is_some_and(|b| b < 256))
}

/// Bytes as JSON where they are some, as text where they are some, else in hex.
fn as_text(list: &[Value]) -> Value {
    let bytes: Vec<u8> = list
        .iter()
        .filter_map(|b| u8::try_from(b.as_u64()?).ok())
        .collect();
    if let Ok(Value::Object(object)) = serde_json::from_slice(&bytes) {
        return json!({ "json": object });
    }
    match String::from_utf8(bytes) {
        Ok(text) => Value::String(text),
        Err(error) => {
            let hex: Vec<String> = error
                .as_bytes()
                .iter()
                .map(|b| format!("{b:02x}"))
                .collect();
            json!({ "hex": hex.concat() })
        }
    }
}

fn as_date(number: &serde_json::Number) -> Value {
    number
        .as_i64()
        .and_then(isocial_sdk::time::to_rfc3339)
        .map_or_else(|| Value::Number(number.clone()), Value::String)
}
