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
    for (key, value, most) in numbers(config) {
        if value == 0 || value > most {
            return Err(ConfigError::Inconsistent {
                key,
                problem: format!("{value} is given: expected 1–{most}"),
            });
        }
    }
    if config.sandbox.instances < 4 {
        return bad("sandbox.instances", "expected at least 4: one of each kind");
    }
    if config.sandbox.threads / 2 >= config.sandbox.instances as usize {
        return bad(
            "sandbox.instances",
            "expected more than half of sandbox.threads: else one organisation's plugins can hold them all",
        );
    }
    Ok(())
}

/// Numbers that nothing works without, each with its key and the most that makes sense.
fn numbers(config: &Config) -> Vec<(&'static str, u64, u64)> {
    let own = &config.sandbox;
    let mut all = vec![
        ("sandbox.connector_ms", own.connector_ms, 600_000),
        ("sandbox.language_pack_ms", own.language_pack_ms, 600_000),
        ("sandbox.alert_channel_ms", own.alert_channel_ms, 600_000),
        ("sandbox.export_format_ms", own.export_format_ms, 600_000),
        ("sandbox.connector_mib", own.connector_mib, 4_096),
        ("sandbox.language_pack_mib", own.language_pack_mib, 4_096),
        ("sandbox.alert_channel_mib", own.alert_channel_mib, 4_096),
        ("sandbox.export_format_mib", own.export_format_mib, 4_096),
        ("sandbox.stack_kib", own.stack_kib.into(), 8_192),
        ("sandbox.compile_ms", own.compile_ms, 3_600_000),
        ("sandbox.compile_mib", own.compile_mib, 65_536),
        ("collect.steps", config.collect.steps.into(), 1_000_000),
        ("collect.lease_s", config.collect.lease_s.into(), 86_400),
    ];
    for (key, by, most) in [
        ("sandbox.output_kib", &own.output_kib, 1_048_576),
        ("sandbox.table_elements", &own.table_elements, 10_000_000),
        ("sandbox.core_instances", &own.core_instances, 1_000),
        ("sandbox.handles", &own.handles, 1_000_000),
        ("sandbox.log_lines", &own.log_lines, 100_000),
    ] {
        let each = [
            by.connector,
            by.language_pack,
            by.alert_channel,
            by.export_format,
        ];
        all.extend(each.map(|value| (key, value, most)));
    }
    all
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
