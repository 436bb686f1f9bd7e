//! Values that each fit their key and do not go together, or are out of range.

use std::path::Path;

use isocial_gate::{LayerName, Restrictions};

use super::{Config, ConfigError};

/// Values that are each right and wrong together.
pub(super) fn consistent(config: &Config) -> Result<(), ConfigError> {
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
    if inside(&config.receipts.heads_dir, &config.data_dir) {
        return bad(
            "receipts.heads_dir",
            "it lies inside `data_dir`, where whoever rewrites a ledger rewrites its heads too: expected a folder outside",
        );
    }
    if let Err(error) = restrictions(config).layer(LayerName::Operator) {
        return bad("rights", &error.to_string());
    }
    if config.collect.workers == 0 {
        return bad("collect.workers", "expected at least 1");
    }
    if config
        .sandbox
        .package
        .iter()
        .any(|p| p.why.trim().is_empty())
    {
        return bad(
            "sandbox.package",
            "other limits than the kind's need a reason: expected `why = \"…\"`",
        );
    }
    if config
        .sandbox
        .package
        .iter()
        .any(|p| p.memory_mib.is_some_and(|mib| !(1..=4096).contains(&mib)))
    {
        return bad("sandbox.package", "memory_mib: expected 1–4096");
    }
    if config.sandbox.instances < 4 {
        return bad("sandbox.instances", "expected at least 4: one of each kind");
    }
    Ok(())
}

/// What the operator withholds from every plugin.
pub(crate) fn restrictions(config: &Config) -> Restrictions {
    let own = &config.rights;
    Restrictions {
        at_most: own.at_most.clone(),
        no_purposes: own.no_purposes.clone(),
        strict_redaction: own.strict_redaction,
    }
}

/// Whether a folder that is set lies inside another, as far as their paths tell.
fn inside(folder: &Path, outer: &Path) -> bool {
    !folder.as_os_str().is_empty()
        && match (std::path::absolute(folder), std::path::absolute(outer)) {
            (Ok(folder), Ok(outer)) => folder.starts_with(outer),
            _ => false,
        }
}
