//! Configuration: the embedded, commented default, one TOML file over it, and `ISOCIAL_…` variables over both.
//!
//! Lives here: reading, merging, errors with the line and the fix. Not here: what a value does (its room).

mod check;
mod sections;

use std::path::{Path, PathBuf};

pub(crate) use check::restrictions;
pub(crate) use sections::{ByKind, Config, Exception, LogFormat, PackageLimits, SmtpTls};

/// The reference of all keys, as text. `isocial config default` prints it.
pub(crate) const DEFAULT: &str = include_str!("../default.toml");

/// Variables that begin with `ISOCIAL_` and are no configuration keys.
const OTHER_VARIABLES: [&str; 6] = [
    "ISOCIAL_CONFIG",
    "ISOCIAL_BIN",
    "ISOCIAL_NOT_RUN_FILE",
    "ISOCIAL_REQUIRE_REAL",
    "ISOCIAL_BLESS",
    "ISOCIAL_TOKEN",
];
/// Prefix of variables that only tests read.
const TEST_PREFIX: &str = "ISOCIAL_TEST_";

/// A configuration that cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum ConfigError {
    /// The file cannot be read.
    #[error("the configuration file {} cannot be read: {source}", path.display())]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The file is not what is expected; the message has line, column and what is expected.
    #[error("{}: {message}\nhint: `isocial config default` prints every key with its meaning", path.display())]
    Invalid {
        /// Which file.
        path: PathBuf,
        /// What is wrong and where.
        message: String,
    },
    /// A variable names no key.
    #[error("the environment variable {name} names no key{}", suggestion.as_ref().map(|s| format!("\nhint: did you mean {s}?")).unwrap_or_default())]
    UnknownVariable {
        /// The variable.
        name: String,
        /// The nearest one that exists.
        suggestion: Option<String>,
    },
    /// A variable's value does not fit its key.
    #[error("the environment variable {name} does not fit its key: {message}")]
    BadVariable {
        /// The variable.
        name: String,
        /// What is expected.
        message: String,
    },
    /// Values that do not go together.
    #[error("{key}: {problem}")]
    Inconsistent {
        /// The key.
        key: &'static str,
        /// What is wrong, what is expected.
        problem: String,
    },
}

/// A value in force and where it comes from, for `isocial config check`.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub(crate) struct Effective {
    /// Dotted key.
    pub(crate) key: String,
    /// Its value as TOML; secrets as `…`.
    pub(crate) value: String,
    /// `default`, the file's path, or the variable's name.
    pub(crate) origin: String,
}

/// Reads the default, the file (if there is one) and the variables.
pub(crate) fn load(
    file: Option<&Path>,
    variables: impl Iterator<Item = (String, String)>,
) -> Result<(Config, Vec<Effective>), ConfigError> {
    let internal = |message: String| ConfigError::Invalid {
        path: PathBuf::from("default.toml"),
        message,
    };
    let mut table: toml::Table = DEFAULT
        .parse()
        .map_err(|e: toml::de::Error| internal(e.to_string()))?;
    let mut origins = std::collections::BTreeMap::new();
    if let Some(path) = file {
        let text = std::fs::read_to_string(path).map_err(|source| ConfigError::Unreadable {
            path: path.into(),
            source,
        })?;
        let invalid = |message: String| ConfigError::Invalid {
            path: path.into(),
            message,
        };
        let own: toml::Table = text
            .parse()
            .map_err(|e: toml::de::Error| invalid(e.to_string()))?;
        check_keys(&own, &table, "", &text).map_err(invalid)?;
        merge(
            &mut table,
            own,
            "",
            &path.display().to_string(),
            &mut origins,
        );
        // Values are checked here, while the error can still point into this file.
        let merged = toml::to_string(&table).map_err(|e| invalid(e.to_string()))?;
        toml::from_str::<Config>(&merged)
            .map_err(|e| invalid(e.message().to_owned() + &line_of(&text, &e, &merged)))?;
    }
    from_variables(&mut table, variables, &mut origins)?;
    let merged = toml::to_string(&table).map_err(|e| internal(e.to_string()))?;
    let config: Config = toml::from_str(&merged).map_err(|e| internal(e.message().to_owned()))?;
    check::consistent(&config)?;
    let mut effective = Vec::new();
    leaves(&table, "", &mut |key, value| {
        let secret = key == "smtp.password" && value.as_str() != Some("");
        effective.push(Effective {
            key: key.to_owned(),
            value: if secret {
                "…".to_owned()
            } else {
                value.to_string()
            },
            origin: origins
                .get(key)
                .cloned()
                .unwrap_or_else(|| "default".to_owned()),
        });
    });
    Ok((config, effective))
}

/// Says in which line of the person's own file the key of an error stands, where it can be told.
fn line_of(text: &str, error: &toml::de::Error, merged: &str) -> String {
    let Some(span) = error.span() else {
        return String::new();
    };
    let key = merged
        .get(..span.start)
        .and_then(|before| before.lines().last())
        .and_then(|l| l.split('=').next());
    let Some(key) = key.map(str::trim).filter(|k| !k.is_empty()) else {
        return String::new();
    };
    text.lines()
        .position(|line| line.trim_start().starts_with(key))
        .map(|n| format!(" (line {}: `{key}`)", n + 1))
        .unwrap_or_default()
}

/// Every key of the file must exist in the default.
fn check_keys(
    own: &toml::Table,
    known: &toml::Table,
    prefix: &str,
    text: &str,
) -> Result<(), String> {
    for (key, value) in own {
        let path = dotted(prefix, key);
        match (known.get(key), value) {
            (None, _) => {
                let line = text
                    .lines()
                    .position(|l| {
                        l.trim_start()
                            .trim_start_matches('[')
                            .starts_with(key.as_str())
                    })
                    .map_or(0, |n| n + 1);
                let near = nearest(key, known.keys().map(String::as_str));
                let hint = near
                    .map(|n| format!(": did you mean `{}`?", dotted(prefix, n)))
                    .unwrap_or_default();
                return Err(format!(
                    "line {line}: `{path}` is no key of the configuration{hint}"
                ));
            }
            (Some(toml::Value::Table(known)), toml::Value::Table(own)) => {
                check_keys(own, known, &path, text)?;
            }
            _ => {}
        }
    }
    Ok(())
}

fn merge(
    into: &mut toml::Table,
    from: toml::Table,
    prefix: &str,
    origin: &str,
    origins: &mut std::collections::BTreeMap<String, String>,
) {
    for (key, value) in from {
        let path = dotted(prefix, &key);
        match (into.get_mut(&key), value) {
            (Some(toml::Value::Table(old)), toml::Value::Table(new)) => {
                merge(old, new, &path, origin, origins);
            }
            (_, value) => {
                origins.insert(path, origin.to_owned());
                into.insert(key, value);
            }
        }
    }
}

fn from_variables(
    table: &mut toml::Table,
    variables: impl Iterator<Item = (String, String)>,
    origins: &mut std::collections::BTreeMap<String, String>,
) -> Result<(), ConfigError> {
    let mut keys = Vec::new();
    leaves(table, "", &mut |key, value| {
        keys.push((
            format!("ISOCIAL_{}", key.replace('.', "_").to_uppercase()),
            key.to_owned(),
            value.clone(),
        ));
    });
    for (name, given) in variables.filter(|(n, _)| n.starts_with("ISOCIAL_")) {
        if OTHER_VARIABLES.contains(&name.as_str()) || name.starts_with(TEST_PREFIX) {
            continue;
        }
        let Some((_, key, old)) = keys.iter().find(|(n, ..)| *n == name) else {
            let suggestion =
                nearest(&name, keys.iter().map(|(n, ..)| n.as_str())).map(str::to_owned);
            return Err(ConfigError::UnknownVariable { name, suggestion });
        };
        let bad = |expected: &str| ConfigError::BadVariable {
            name: name.clone(),
            message: format!("expected {expected}"),
        };
        let value = match old {
            toml::Value::String(_) => toml::Value::String(given),
            toml::Value::Integer(_) => toml::Value::Integer(given.trim().parse().map_err(|_| bad("a whole number"))?),
            toml::Value::Float(_) => toml::Value::Float(given.trim().parse().map_err(|_| bad("a number"))?),
            toml::Value::Boolean(_) => toml::Value::Boolean(given.trim().parse().map_err(|_| bad("true or false"))?),
            _ => format!("v = {given}")
                .parse::<toml::Table>()
                .ok()
                .and_then(|mut t| t.remove("v"))
                .ok_or_else(|| bad("a TOML value such as [{ host = \"…\", port = 1, scheme = \"http\", why = \"…\" }]"))?,
        };
        set(table, key, value);
        origins.insert(key.clone(), name);
    }
    let merged = toml::to_string(&*table).unwrap_or_default();
    toml::from_str::<Config>(&merged)
        .map(|_| ())
        .map_err(|e| ConfigError::BadVariable {
            name: "one of ISOCIAL_…".into(),
            message: e.message().to_owned(),
        })
}

fn set(table: &mut toml::Table, key: &str, value: toml::Value) {
    match key.split_once('.') {
        Some((section, rest)) => {
            if let Some(toml::Value::Table(inner)) = table.get_mut(section) {
                set(inner, rest, value);
            }
        }
        None => {
            table.insert(key.to_owned(), value);
        }
    }
}

fn leaves(table: &toml::Table, prefix: &str, each: &mut impl FnMut(&str, &toml::Value)) {
    for (key, value) in table {
        let path = dotted(prefix, key);
        match value {
            toml::Value::Table(inner) => leaves(inner, &path, each),
            value => each(&path, value),
        }
    }
}

fn dotted(prefix: &str, key: &str) -> String {
    if prefix.is_empty() {
        key.to_owned()
    } else {
        format!("{prefix}.{key}")
    }
}

/// The known word that is fewest edits away, if it is near enough to be meant.
fn nearest<'a>(given: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    known
        .map(|k| (distance(given, k), k))
        .min()
        .filter(|(d, k)| *d <= 1 + k.len() / 4)
        .map(|(_, k)| k)
}

fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = i;
        let mut left = i + 1;
        let mut next = vec![left];
        for (y, above) in b.iter().zip(row.iter().skip(1)) {
            let cost = (diagonal + usize::from(x != *y))
                .min(left + 1)
                .min(above + 1);
            diagonal = *above;
            left = cost;
            next.push(cost);
        }
        row = next;
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(text: &str, variables: &[(&str, &str)]) -> Result<Config, ConfigError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("isocial.toml");
        std::fs::write(&path, text).unwrap();
        load(
            Some(&path),
            variables
                .iter()
                .map(|(a, b)| ((*a).to_owned(), (*b).to_owned())),
        )
        .map(|(c, _)| c)
    }

    #[test]
    fn the_default_is_valid_and_complete() {
        let (config, effective) = load(None, std::iter::empty()).unwrap();
        assert_eq!(config.listen.port(), 7700);
        assert!(effective.iter().all(|e| e.origin == "default"));
    }

    #[test]
    fn an_unknown_key_names_its_line_and_the_nearest_key() {
        let error = with("listen = \"127.0.0.1:1\"\ndata_dri = \"x\"\n", &[])
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("line 2") && error.contains("did you mean `data_dir`?"),
            "{error}"
        );
    }

    #[test]
    fn a_wrong_type_names_its_line() {
        let error = with("[collect]\ninterval_s = \"soon\"\n", &[])
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("line 2") && error.contains("interval_s"),
            "{error}"
        );
    }

    #[test]
    fn variables_win_over_the_file_and_a_misspelt_one_is_an_error() {
        let config = with(
            "listen = \"127.0.0.1:1\"",
            &[
                ("ISOCIAL_LISTEN", "127.0.0.1:2"),
                ("ISOCIAL_NOTIFY_ATTEMPTS", "3"),
            ],
        )
        .unwrap();
        assert_eq!((config.listen.port(), config.notify.attempts), (2, 3));
        let error = with("", &[("ISOCIAL_LISTN", "x")]).unwrap_err().to_string();
        assert!(error.contains("ISOCIAL_LISTEN"), "{error}");
        assert!(with("", &[("ISOCIAL_NOTIFY_ATTEMPTS", "many")]).is_err());
    }

    #[test]
    fn the_second_place_of_heads_lies_outside_the_data() {
        let error = with("data_dir = \"d\"\n[receipts]\nheads_dir = \"d/heads\"", &[]);
        assert!(error.unwrap_err().to_string().contains("outside"));
        let config = with("data_dir = \"d\"\n[receipts]\nheads_dir = \"heads\"", &[]).unwrap();
        assert_eq!(config.receipts.kept_days, 396);
    }

    #[test]
    fn other_limits_for_a_package_need_a_reason() {
        let grant = |why: &str| {
            format!("[[sandbox.package]]\nid = \"acme/js\"\nmemory_mib = 64\nwhy = \"{why}\"\n")
        };
        let config = with(&grant("it brings its engine"), &[]).unwrap();
        assert_eq!(config.sandbox.package[0].memory_mib, Some(64));
        let error = with(&grant(" "), &[]).unwrap_err().to_string();
        assert!(error.contains("need a reason"), "{error}");
    }

    #[test]
    fn a_secret_is_never_shown_and_never_given_twice() {
        let (_, effective) = load(
            None,
            [(
                "ISOCIAL_SMTP_PASSWORD".to_owned(),
                "seeded-canary".to_owned(),
            )]
            .into_iter(),
        )
        .unwrap();
        assert!(!format!("{effective:?}").contains("canary"));
        assert!(with("[smtp]\npassword = \"a\"\npassword_file = \"b\"", &[]).is_err());
    }
}
