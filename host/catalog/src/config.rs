//! Configuration of a plugin: a subset of JSON Schema that a page can show as a form, and values checked against it.
//!
//! Flat on purpose: an object of named values, no nesting, no patterns, no references. Secrets are never configuration: they are slots.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::error::PackageError;

/// Bytes of a configuration; the interface's own bound.
const MAX_BYTES: usize = 16 * 1024;

/// What can be set.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConfigSchema {
    /// Each value by its name.
    #[serde(default)]
    pub properties: BTreeMap<String, Property>,
    /// Names that must be set.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub required: Vec<String>,
}

/// The type of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PropertyType {
    /// Text.
    String,
    /// A whole number.
    Integer,
    /// A number.
    Number,
    /// Yes or no.
    Boolean,
    /// A list of text.
    Array,
}

impl PropertyType {
    const fn name(self) -> &'static str {
        match self {
            Self::String => "a string",
            Self::Integer => "a whole number",
            Self::Number => "a number",
            Self::Boolean => "true or false",
            Self::Array => "a list of strings",
        }
    }
}

/// One value that can be set. Keywords are those of JSON Schema.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Property {
    /// Its type.
    #[serde(rename = "type")]
    pub kind: PropertyType,
    /// What a form calls it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// What it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// What it is if it is not set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<Value>,
    /// The only values that it may have.
    #[serde(default, rename = "enum", skip_serializing_if = "Vec::is_empty")]
    pub one_of: Vec<Value>,
    /// Lowest number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub minimum: Option<f64>,
    /// Highest number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub maximum: Option<f64>,
    /// Fewest characters of text, also of each one in a list.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_length: Option<usize>,
    /// Most characters of text, also of each one in a list.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_length: Option<usize>,
    /// Most elements of a list.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_items: Option<usize>,
}

/// A configuration that the schema does not accept.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("configuration {}: {problem}", if pointer.is_empty() { "as a whole" } else { pointer })]
pub struct ConfigError {
    /// JSON pointer (RFC 6901) to the value; empty is the whole.
    pub pointer: String,
    /// What was expected.
    pub problem: String,
}

impl ConfigError {
    fn at(name: &str, problem: impl Into<String>) -> Self {
        let pointer = if name.is_empty() {
            String::new()
        } else {
            format!("/{}", name.replace('~', "~0").replace('/', "~1"))
        };
        Self {
            pointer,
            problem: problem.into(),
        }
    }
}

impl ConfigSchema {
    /// Whether nothing can be set.
    pub fn is_empty(&self) -> bool {
        self.properties.is_empty()
    }

    /// Whether the schema itself makes sense: required names exist, defaults are acceptable.
    pub(crate) fn check(&self) -> Result<(), PackageError> {
        for name in &self.required {
            if !self.properties.contains_key(name) {
                return Err(PackageError::value(
                    "config.required",
                    format!("`{name}` is no property: define it under config.properties"),
                ));
            }
        }
        for (name, property) in &self.properties {
            let key = format!("config.properties.{name}");
            for (what, value) in property
                .default
                .iter()
                .map(|v| ("default", v))
                .chain(property.one_of.iter().map(|v| ("enum", v)))
            {
                let checked = if what == "default" {
                    property.check(name, value)
                } else {
                    property.check_type(name, value)
                };
                checked
                    .map_err(|error| PackageError::value(format!("{key}.{what}"), error.problem))?;
            }
        }
        Ok(())
    }

    /// Checks a configuration and returns it as canonical JSON: names sorted, defaults filled in, no white space.
    pub fn canonical(&self, config: &Value) -> Result<String, ConfigError> {
        let empty = serde_json::Map::new();
        let given = match config {
            Value::Object(given) => given,
            Value::Null => &empty,
            _ => return Err(ConfigError::at("", "expected an object")),
        };
        for name in given.keys() {
            if !self.properties.contains_key(name) {
                return Err(ConfigError::at(
                    name,
                    format!("there is no such setting: expected {}", self.names()),
                ));
            }
        }
        let mut canonical: BTreeMap<&str, &Value> = BTreeMap::new();
        for (name, property) in &self.properties {
            let value = given.get(name).filter(|v| !v.is_null());
            match value.or(property.default.as_ref()) {
                Some(value) => {
                    property.check(name, value)?;
                    canonical.insert(name, value);
                }
                None if self.required.contains(name) => {
                    return Err(ConfigError::at(name, "is missing"));
                }
                None => {}
            }
        }
        let text = serde_json::to_string(&canonical)
            .map_err(|error| ConfigError::at("", error.to_string()))?;
        if text.len() > MAX_BYTES {
            return Err(ConfigError::at(
                "",
                format!("has {} bytes: at most {MAX_BYTES} are taken", text.len()),
            ));
        }
        Ok(text)
    }

    fn names(&self) -> String {
        if self.properties.is_empty() {
            return "none, this plugin has no settings".into();
        }
        self.properties
            .keys()
            .map(|name| format!("`{name}`"))
            .collect::<Vec<_>>()
            .join(", ")
    }
}

impl Property {
    fn check_type(&self, name: &str, value: &Value) -> Result<(), ConfigError> {
        let good = match self.kind {
            PropertyType::String => value.is_string(),
            PropertyType::Integer => value.is_i64(),
            PropertyType::Number => value.is_number(),
            PropertyType::Boolean => value.is_boolean(),
            PropertyType::Array => value
                .as_array()
                .is_some_and(|list| list.iter().all(Value::is_string)),
        };
        if good {
            Ok(())
        } else {
            Err(ConfigError::at(
                name,
                format!("expected {}", self.kind.name()),
            ))
        }
    }

    fn check(&self, name: &str, value: &Value) -> Result<(), ConfigError> {
        self.check_type(name, value)?;
        if !self.one_of.is_empty() && !self.one_of.contains(value) {
            let allowed = self
                .one_of
                .iter()
                .map(Value::to_string)
                .collect::<Vec<_>>()
                .join(", ");
            return Err(ConfigError::at(name, format!("expected one of {allowed}")));
        }
        let outside = |number| {
            self.minimum.is_some_and(|m| number < m) || self.maximum.is_some_and(|m| number > m)
        };
        if value.as_f64().is_some_and(outside) {
            return Err(ConfigError::at(name, format!("expected {}", self.range())));
        }
        let texts: Vec<&str> = match value {
            Value::Array(list) => list.iter().filter_map(Value::as_str).collect(),
            other => other.as_str().into_iter().collect(),
        };
        for text in texts {
            let count = text.chars().count();
            if let Some(least) = self.min_length.filter(|least| count < *least) {
                return Err(ConfigError::at(
                    name,
                    format!("expected at least {least} characters"),
                ));
            }
            if let Some(most) = self.max_length.filter(|most| count > *most) {
                return Err(ConfigError::at(
                    name,
                    format!("expected at most {most} characters, found {count}"),
                ));
            }
        }
        match (value.as_array(), self.max_items) {
            (Some(list), Some(most)) if list.len() > most => Err(ConfigError::at(
                name,
                format!("expected at most {most} elements, found {}", list.len()),
            )),
            _ => Ok(()),
        }
    }

    fn range(&self) -> String {
        match (self.minimum, self.maximum) {
            (Some(least), Some(most)) => format!("{least} to {most}"),
            (Some(least), None) => format!("at least {least}"),
            (None, Some(most)) => format!("at most {most}"),
            (None, None) => "a number".into(),
        }
    }
}
