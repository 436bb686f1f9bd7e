//! `isocial doctor`: what is wrong with this deployment, and the fix.

use std::{path::Path, sync::Arc};

use isocial_model::{Clock as _, time::SystemClock};
use isocial_store::Deployment;
use serde::Serialize;

use crate::{config::Config, watch, wiring};

/// How a finding is to be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Grade {
    /// As it should be.
    Good,
    /// To be known.
    Note,
    /// Does not work.
    Bad,
}

/// One thing that was looked at.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Finding {
    /// What was looked at.
    pub(crate) what: String,
    /// How it is to be taken.
    pub(crate) grade: Grade,
    /// What was found.
    pub(crate) found: String,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) fix: Option<String>,
}

fn finding(what: &str, grade: Grade, found: impl Into<String>, fix: Option<&str>) -> Finding {
    Finding {
        what: what.into(),
        grade,
        found: found.into(),
        fix: fix.map(Into::into),
    }
}

/// Looks at everything; nothing is changed, and a data folder that does not exist is not made.
pub(crate) async fn examine(config: &Config) -> Vec<Finding> {
    let mut findings = Vec::new();
    let options = wiring::store_options(config);
    if options.is_new() {
        findings.push(finding(
            "data folder",
            Grade::Note,
            format!("{} holds no deployment yet", config.data_dir.display()),
            Some("`isocial serve` makes one; or set `data_dir` to the folder that holds yours"),
        ));
    } else {
        findings.push(mode(&config.data_dir));
        findings.push(open(config).await);
    }
    findings.push(listen(config).await);
    findings.extend(packages(config));
    findings.extend(health(config));
    findings.extend(config.egress.exception.iter().map(|e| {
        finding(
            "egress exception",
            Grade::Note,
            format!(
                "{}://{}:{} is allowed by the configuration: {}",
                e.scheme, e.host, e.port, e.why
            ),
            Some("remove it from [[egress.exception]] when it is not needed any more"),
        )
    }));
    findings.extend(config.sandbox.package.iter().map(|p| {
        finding(
            "package limits",
            Grade::Note,
            format!("{} has other limits than its kind: {}", p.id, p.why),
            Some("remove it from [[sandbox.package]] when it is not needed any more"),
        )
    }));
    if config.smtp.host.is_empty() {
        findings.push(finding(
            "mail",
            Grade::Note,
            "no mail server: the `email` channel cannot send",
            Some("set [smtp] host and from"),
        ));
    } else if config.smtp.tls == crate::config::SmtpTls::None {
        findings.push(finding(
            "mail",
            Grade::Note,
            "mail goes to the relay in clear",
            Some("set smtp.tls to \"implicit\" or \"starttls\""),
        ));
    }
    if config.receipts.heads_dir.as_os_str().is_empty() {
        findings.push(finding(
            "receipts",
            Grade::Note,
            "signed heads of ledgers have no second place: whoever can rewrite the data folder can put ledgers back",
            Some("set receipts.heads_dir to a folder outside `data_dir`, best on another machine's disk"),
        ));
    }
    if !config.listen.ip().is_loopback() {
        findings.push(finding(
            "listen",
            Grade::Note,
            format!(
                "{} is reachable from outside, without TLS of its own",
                config.listen
            ),
            Some("put a TLS 1.3 proxy in front, or listen on loopback (P-5.0.1)"),
        ));
    }
    findings
}

fn mode(folder: &Path) -> Finding {
    #[cfg(unix)]
    if let Ok(meta) = std::fs::metadata(folder) {
        use std::os::unix::fs::PermissionsExt;
        let mode = meta.permissions().mode() & 0o777;
        if mode & 0o077 != 0 {
            return finding(
                "data folder",
                Grade::Bad,
                format!("others may look into it (mode {mode:o})"),
                Some("chmod 700 the folder"),
            );
        }
    }
    finding("data folder", Grade::Good, "closed to others", None)
}

async fn open(config: &Config) -> Finding {
    let options = wiring::store_options(config);
    let vault = match wiring::open_vault(config, &options, Arc::new(isocial_vault::OsEntropy)) {
        Ok(vault) => vault,
        Err(error) => {
            let fix = "put the deployment's own root.key back into the data folder";
            return finding("keys", Grade::Bad, format!("{error:#}"), Some(fix));
        }
    };
    match Deployment::open(options, Arc::new(vault), Arc::new(SystemClock)).await {
        Ok(deployment) => {
            deployment.close().await;
            finding("store", Grade::Good, "opens under the root key", None)
        }
        Err(error) => finding("store", Grade::Bad, error.to_string(), None),
    }
}

async fn listen(config: &Config) -> Finding {
    match tokio::net::TcpListener::bind(config.listen).await {
        Ok(_) => finding(
            "listen",
            Grade::Good,
            format!("{} is free", config.listen),
            None,
        ),
        Err(error) => finding(
            "listen",
            Grade::Note,
            format!("{}: {error}", config.listen),
            Some("if the server is not running, another program has the port: set `listen`"),
        ),
    }
}

fn packages(config: &Config) -> Vec<Finding> {
    if config.plugins_dir.as_os_str().is_empty() {
        return vec![finding(
            "packages",
            Grade::Note,
            "no folder of packages is set",
            Some("set `plugins_dir`"),
        )];
    }
    let Ok(entries) = std::fs::read_dir(&config.plugins_dir) else {
        let found = format!("{} cannot be read", config.plugins_dir.display());
        return vec![finding(
            "packages",
            Grade::Bad,
            found,
            Some("set `plugins_dir` to the folder of built packages"),
        )];
    };
    let mut files: Vec<_> = entries
        .flatten()
        .map(|e| e.path())
        .filter(|p| p.extension().is_some_and(|e| e == "wasm"))
        .collect();
    files.sort();
    files
        .iter()
        .map(|file| {
            let name = file
                .file_name()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned();
            match std::fs::read(file)
                .map_err(|e| e.to_string())
                .and_then(|b| {
                    isocial_catalog::Package::read(&b)
                        .map(|p| p.reference().to_string())
                        .map_err(|e| e.to_string())
                }) {
                Ok(package) => finding("package", Grade::Good, package, None),
                Err(error) => finding(
                    "package",
                    Grade::Bad,
                    format!("{name}: {error}"),
                    Some("build it again with `isocial plugin build`"),
                ),
            }
        })
        .collect()
}

/// Plugins that fail or rest, as the server that runs here, or ran here last, has seen them.
fn health(config: &Config) -> Vec<Finding> {
    let Some(fared) = watch::read(&config.data_dir) else {
        return Vec::new();
    };
    let old = SystemClock.now().as_millis() - fared.at_ms > 2 * watch::FRESH_MS;
    let when = if old {
        "when a server last ran here, "
    } else {
        ""
    };
    fared
        .ailing
        .into_iter()
        .map(|line| {
            let found = format!(
                "{when}{} fails in {} organisation(s) and rests in {} of them; last: {}",
                line.package, line.organisations, line.resting, line.last_failure
            );
            let fix = "a plugin that rests is tried again by itself; `isocial plugin rollback ID` goes back to the version before";
            finding("plugin health", Grade::Note, found, Some(fix))
        })
        .collect()
}

/// Prints the findings; an error if anything is bad.
#[expect(clippy::print_stdout, reason = "this command's output")]
pub(crate) async fn run(config: &Config, json: bool) -> anyhow::Result<()> {
    let findings = examine(config).await;
    if json {
        println!("{}", serde_json::to_string_pretty(&findings)?);
    } else {
        for f in &findings {
            let mark = match f.grade {
                Grade::Good => "ok  ",
                Grade::Note => "note",
                Grade::Bad => "BAD ",
            };
            println!("{mark}  {:<17} {}", f.what, f.found);
            if let Some(fix) = &f.fix {
                println!("{:<6}{:<17} hint: {fix}", "", "");
            }
        }
    }
    let bad = findings.iter().filter(|f| f.grade == Grade::Bad).count();
    anyhow::ensure!(
        bad == 0,
        "{bad} finding(s) keep this deployment from working"
    );
    Ok(())
}
