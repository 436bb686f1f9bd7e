//! Configuration: the embedded, commented default, one TOML file over it, and `ISOCIAL_…` variables over both.
//!
//! Lives here: reading, merging, errors with the line and the fix. Not here: what a value does (its room).

use std::path::{Path, PathBuf};

use serde::Deserialize;

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

macro_rules! section {
    ($(#[$doc:meta])* $name:ident { $($(#[$field_doc:meta])* $field:ident: $type:ty,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Deserialize)]
        #[serde(deny_unknown_fields)]
        pub(crate) struct $name { $($(#[$field_doc])* pub $field: $type,)* }
    };
}

section! {
    /// The whole configuration; `default.toml` says what each key means.
    Config {
        /// Address and port.
        listen: std::net::SocketAddr,
        /// Data folder.
        data_dir: PathBuf,
        /// Folder of packages.
        plugins_dir: PathBuf,
        /// How people reach this server.
        public_url: String,
        /// `[log]`
        log: Log,
        /// `[store]`
        store: Store,
        /// `[sandbox]`
        sandbox: Sandbox,
        /// `[collect]`
        collect: Collect,
        /// `[detect]`
        detect: Detect,
        /// `[notify]`
        notify: Notify,
        /// `[egress]`
        egress: Egress,
        /// `[smtp]`
        smtp: Smtp,
    }
}
section! {
    /// Where logs go.
    Log {
        /// Filter.
        filter: String,
        /// `text` or `json`.
        format: LogFormat,
    }
}
/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum LogFormat {
    /// For people.
    Text,
    /// For programs.
    Json,
}
section! {
    /// What is kept.
    Store {
        /// Open organisation files.
        open_organisations: usize,
        /// Milliseconds.
        busy_timeout_ms: u64,
        /// 4-KiB pages; 0: no limit.
        max_pages: u32,
    }
}
section! {
    /// Limits of plugins.
    Sandbox {
        /// 0: by processor.
        threads: usize,
        /// Live instances.
        instances: u32,
        /// Folder below `data_dir`.
        cache: PathBuf,
        /// Milliseconds.
        connector_ms: u64,
        /// Milliseconds.
        language_pack_ms: u64,
        /// Milliseconds.
        alert_channel_ms: u64,
        /// Milliseconds.
        export_format_ms: u64,
        /// MiB.
        connector_mib: u64,
        /// MiB.
        language_pack_mib: u64,
        /// MiB.
        alert_channel_mib: u64,
        /// MiB.
        export_format_mib: u64,
        /// KiB.
        output_kib: ByKind,
        /// Elements.
        table_elements: ByKind,
        /// Core instances.
        core_instances: ByKind,
        /// Handles.
        handles: ByKind,
        /// Lines.
        log_lines: ByKind,
        /// KiB.
        stack_kib: u32,
        /// Milliseconds.
        compile_ms: u64,
        /// MiB.
        compile_mib: u64,
    }
}
section! {
    /// A limit for each kind of plugin.
    ByKind {
        /// Connectors.
        connector: u64,
        /// Language packs.
        language_pack: u64,
        /// Alert channels.
        alert_channel: u64,
        /// Export formats.
        export_format: u64,
    }
}
section! {
    /// Collection.
    Collect {
        /// Seconds.
        interval_s: u32,
        /// Steps a run.
        steps: u32,
        /// Jobs at once.
        workers: usize,
        /// Seconds.
        lease_s: u32,
        /// Seconds; 0: by the network's policy.
        recheck_s: u32,
    }
}
section! {
    /// Detection.
    Detect {
        /// Mentions an hour.
        spike_minimum: u32,
        /// Times the baseline.
        spike_factor: f64,
        /// Hours.
        refractory_h: u32,
    }
}
section! {
    /// Delivery.
    Notify {
        /// Attempts.
        attempts: u32,
        /// Seconds.
        backoff_s: u32,
    }
}
section! {
    /// What goes out.
    Egress {
        /// Milliseconds.
        connect_timeout_ms: u64,
        /// Milliseconds.
        total_timeout_ms: u64,
        /// Bytes.
        max_body_bytes: usize,
        /// PEM file.
        extra_ca_file: PathBuf,
        /// Exceptions.
        exception: Vec<Exception>,
    }
}
section! {
    /// An operator's explicit exception.
    Exception {
        /// Exactly this host.
        host: String,
        /// And this port.
        port: u16,
        /// And this scheme.
        scheme: String,
        /// Private addresses that it may resolve to; left out: itself, where it is an address.
        addresses: Option<Vec<std::net::IpAddr>>,
        /// Reason.
        why: String,
    }
}
section! {
    /// The mail server.
    Smtp {
        /// Host; empty: none.
        host: String,
        /// Port.
        port: u16,
        /// `implicit`, `starttls`, `none`.
        tls: SmtpTls,
        /// User.
        user: String,
        /// Password.
        password: String,
        /// File with the password.
        password_file: PathBuf,
        /// Sender.
        from: String,
    }
}
/// How mail is protected on its way to the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum SmtpTls {
    /// TLS from the start.
    Implicit,
    /// TLS after STARTTLS.
    Starttls,
    /// No TLS.
    None,
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
    consistent(&config)?;
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

/// Values that are each right and wrong together.
fn consistent(config: &Config) -> Result<(), ConfigError> {
    let bad = |key, problem: &str| {
        Err(ConfigError::Inconsistent {
            key,
            problem: problem.to_owned(),
        })
    };
    if !config.smtp.password.is_empty() && !config.smtp.password_file.as_os_str().is_empty() {
        return bad("smtp.password", "set it or smtp.password_file, never both");
    }
    if !config.smtp.host.is_empty() && config.smtp.from.is_empty() {
        return bad(
            "smtp.from",
            "a mail server needs a sender: expected an address such as alerts@example.com",
        );
    }
    if config.collect.workers == 0 {
        return bad("collect.workers", "expected at least 1");
    }
    if config.sandbox.instances < 4 {
        return bad("sandbox.instances", "expected at least 4: one of each kind");
    }
    Ok(())
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
