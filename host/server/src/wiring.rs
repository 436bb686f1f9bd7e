//! Wiring: a host out of a configuration. The one place where the machine's clock and randomness come in.

use std::{collections::BTreeMap, path::Path, sync::Arc};

use anyhow::Context as _;
use isocial_egress::{Egress, EgressConfig, Resolve, SmtpConfig, SystemResolver};
use isocial_gate::OperatorException;
use isocial_model::{Clock, Entropy, Secret, time::SystemClock};
use isocial_pipeline::{Host, Parts, Probe, Settings, detect::SpikeRule, explain::Withheld};
use isocial_sandbox::{Compiler, LimitGrant, Limits, Sandbox, SandboxConfig};
use isocial_store::{Deployment, StoreOptions};
use isocial_vault::{OsEntropy, Vault};

use crate::config::{ByKind, Config, PackageLimits, SmtpTls};

/// The root key's file inside the data folder.
pub(crate) const ROOT_KEY: &str = "root.key";
/// Milliseconds on the wall beyond a call's own time, for a busy machine.
const WALL_SLACK_MS: u64 = 20;

/// Puts a host together on this machine's clock and randomness.
pub(crate) async fn host(config: &Config) -> anyhow::Result<Arc<Host>> {
    host_on(config, Arc::new(SystemClock)).await
}

/// Puts a host together on another clock.
pub(crate) async fn host_on(config: &Config, clock: Arc<dyn Clock>) -> anyhow::Result<Arc<Host>> {
    host_among(config, clock, Arc::new(SystemResolver)).await
}

/// Puts a host together on another clock and another resolver of names.
pub(crate) async fn host_among(
    config: &Config,
    clock: Arc<dyn Clock>,
    resolver: Arc<dyn Resolve>,
) -> anyhow::Result<Arc<Host>> {
    let entropy: Arc<dyn Entropy> = Arc::new(OsEntropy);
    let options = store_options(config);
    let vault = Arc::new(open_vault(config, &options, Arc::clone(&entropy))?);
    let sandbox = Sandbox::new(sandbox_config(config)?, vault.deployment().clone())
        .context("the sandbox cannot start")?;
    let egress = Egress::with_resolver(egress_config(config), Arc::clone(&clock), resolver)
        .context("the way out cannot be set up")?;
    let deployment = Deployment::open(options, vault, Arc::clone(&clock))
        .await
        .context("the data folder cannot be opened")?;
    let host = Host::new(Parts {
        deployment,
        sandbox,
        egress,
        clock,
        entropy,
        settings: settings(config)?,
        probe: probe(),
    })?;
    host.load_registered().await?;
    if !config.plugins_dir.as_os_str().is_empty() {
        register_folder(&host, &config.plugins_dir).await?;
    }
    Ok(host)
}

/// Opens the keys. A root key is made only where there is no deployment yet.
pub(crate) fn open_vault(
    config: &Config,
    options: &StoreOptions,
    entropy: Arc<dyn Entropy>,
) -> anyhow::Result<Vault> {
    std::fs::create_dir_all(&config.data_dir).with_context(|| {
        format!(
            "the data folder {} cannot be made",
            config.data_dir.display()
        )
    })?;
    restrict(&config.data_dir)?;
    Ok(Vault::open(
        &config.data_dir.join(ROOT_KEY),
        options.is_new(),
        entropy,
    )?)
}

/// Only this user may look into the data folder.
fn restrict(folder: &Path) -> anyhow::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o700)).with_context(
            || {
                format!(
                    "the data folder {} cannot be closed to others",
                    folder.display()
                )
            },
        )?;
    }
    Ok(())
}

/// How files are opened.
pub(crate) fn store_options(config: &Config) -> StoreOptions {
    let mut options = StoreOptions::new(&config.data_dir);
    options.open_organisations = config.store.open_organisations.max(1);
    options.busy_timeout_ms = config.store.busy_timeout_ms;
    options.max_pages = Some(config.store.max_pages).filter(|n| *n > 0);
    options.deployment_max_pages = Some(config.store.deployment_max_pages).filter(|n| *n > 0);
    options.heads =
        Some(config.receipts.heads_dir.clone()).filter(|folder| !folder.as_os_str().is_empty());
    options
}

/// Registers every package in a folder; one that is refused is named and left out. False if one could not be taken for a passing reason.
pub(crate) async fn register_folder(host: &Host, folder: &Path) -> anyhow::Result<bool> {
    let mut all = true;
    let files = std::fs::read_dir(folder)
        .with_context(|| format!("the folder of packages {} cannot be read", folder.display()))?;
    let mut files: Vec<_> = files
        .flatten()
        .map(|f| f.path())
        .filter(|p| p.extension().is_some_and(|e| e == "wasm"))
        .collect();
    files.sort();
    for file in files {
        let bytes =
            std::fs::read(&file).with_context(|| format!("{} cannot be read", file.display()))?;
        match host.register(&bytes).await {
            Ok(loaded) => {
                tracing::info!(plugin.id = %loaded.package, plugin.kind = %loaded.kind, "package registered");
            }
            Err(error) => {
                all &= !error.is_passing();
                tracing::error!(file = %file.file_name().unwrap_or_default().to_string_lossy(), error = %error, "a package was refused");
            }
        }
    }
    Ok(all)
}

/// Where this program compiles components: in a process of its own, never in the one that serves (HP-48).
pub(crate) fn compiler() -> std::io::Result<Compiler> {
    Compiler::this_program(&[crate::cli::COMPILE])
}

/// The sandbox's limits.
pub(crate) fn sandbox_config(config: &Config) -> anyhow::Result<SandboxConfig> {
    let own = &config.sandbox;
    let limits = |ms: u64, mib: u64, of: fn(&ByKind) -> u64| Limits {
        time_ms: ms as u32,
        wall_ms: (ms + WALL_SLACK_MS) as u32,
        memory_bytes: mib << 20,
        output_bytes: of(&own.output_kib) << 10,
        table_elements: of(&own.table_elements),
        instances: of(&own.core_instances) as u32,
        handles: of(&own.handles) as u32,
        log_lines: of(&own.log_lines) as u32,
    };
    Ok(SandboxConfig {
        connector: limits(own.connector_ms, own.connector_mib, |by| by.connector),
        language_pack: limits(own.language_pack_ms, own.language_pack_mib, |by| {
            by.language_pack
        }),
        alert_channel: limits(own.alert_channel_ms, own.alert_channel_mib, |by| {
            by.alert_channel
        }),
        export_format: limits(own.export_format_ms, own.export_format_mib, |by| {
            by.export_format
        }),
        grants: grants(config),
        stack_bytes: own.stack_kib << 10,
        pool: own.instances,
        threads: own.threads as u32,
        cache_dir: Some(config.data_dir.join(&own.cache)),
        compiler: compiler()
            .context("this program does not know its own file, which it starts to compile")?,
        compile_ms: own.compile_ms as u32,
        compile_bytes: own.compile_mib << 20,
        ..SandboxConfig::default()
    })
}

/// Other limits than their kind's, by package.
pub(crate) type Grants = BTreeMap<String, LimitGrant>;

/// The operator's other limits for single packages.
pub(crate) fn grants(config: &Config) -> Grants {
    let grant = |package: &PackageLimits| LimitGrant {
        memory_bytes: package.memory_mib.map(|mib| mib << 20),
        table_elements: package.table_elements,
        instances: package.instances,
        time_ms: package.time_ms,
    };
    let packages = config.sandbox.package.iter();
    packages.map(|p| (p.id.clone(), grant(p))).collect()
}

fn egress_config(config: &Config) -> EgressConfig {
    let own = &config.egress;
    let mut egress = EgressConfig::default();
    if !own.extra_ca_file.as_os_str().is_empty() {
        egress.extra_roots.push(own.extra_ca_file.clone());
    }
    egress.limits.connect = std::time::Duration::from_millis(own.connect_timeout_ms);
    egress.limits.total = std::time::Duration::from_millis(own.total_timeout_ms);
    egress.limits.body_bytes = own.max_body_bytes;
    egress
}

/// The operator's exceptions, with the addresses that they allow: a literal address names itself, `localhost` names loopback.
pub(crate) fn exceptions(config: &Config) -> Vec<OperatorException> {
    config
        .egress
        .exception
        .iter()
        .map(|e| OperatorException {
            scheme: e.scheme.clone(),
            host: e.host.clone(),
            port: e.port,
            addresses: e.addresses.clone().unwrap_or_else(|| match e.host.parse() {
                Ok(address) => vec![address],
                Err(_) if e.host == "localhost" => {
                    vec![
                        std::net::Ipv4Addr::LOCALHOST.into(),
                        std::net::Ipv6Addr::LOCALHOST.into(),
                    ]
                }
                Err(_) => Vec::new(),
            }),
        })
        .collect()
}

fn settings(config: &Config) -> anyhow::Result<Settings> {
    Ok(Settings {
        own_base: own_base(config),
        interval_s: config.collect.interval_s,
        steps: config.collect.steps,
        workers: config.collect.workers,
        streams: config.collect.streams,
        lease_ms: i64::from(config.collect.lease_s) * 1_000,
        recheck_ms: (config.collect.recheck_s > 0)
            .then(|| i64::from(config.collect.recheck_s) * 1_000),
        deliveries_per_minute: config.inbound.per_minute.max(1),
        deliveries_at_once: config.inbound.at_once.max(1),
        spike: SpikeRule {
            minimum: config.detect.spike_minimum,
            factor: config.detect.spike_factor,
            refractory_h: config.detect.refractory_h,
        },
        attempts: config.notify.attempts,
        backoff_ms: i64::from(config.notify.backoff_s) * 1_000,
        receipts_kept_days: config.receipts.kept_days,
        withheld: Withheld::by_operator(&crate::config::restrictions(config))?,
        exceptions: exceptions(config),
        smtp: smtp(config)?,
    })
}

/// The deployment's own address, with a closing slash.
pub(crate) fn own_base(config: &Config) -> String {
    if config.public_url.is_empty() {
        format!("http://{}/", config.listen)
    } else {
        format!("{}/", config.public_url.trim_end_matches('/'))
    }
}

fn smtp(config: &Config) -> anyhow::Result<Option<(SmtpConfig, String)>> {
    let own = &config.smtp;
    if own.host.is_empty() {
        return Ok(None);
    }
    let password = if own.password_file.as_os_str().is_empty() {
        own.password.clone()
    } else {
        std::fs::read_to_string(&own.password_file)
            .with_context(|| {
                format!(
                    "the password file {} cannot be read",
                    own.password_file.display()
                )
            })?
            .trim_end()
            .to_owned()
    };
    let excepted = exceptions(config)
        .into_iter()
        .find(|e| e.scheme == "smtp" && e.host == own.host && e.port == own.port);
    let tls = match own.tls {
        SmtpTls::Implicit => isocial_egress::SmtpTls::Implicit,
        SmtpTls::Starttls => isocial_egress::SmtpTls::StartTls,
        SmtpTls::None => {
            anyhow::ensure!(
                excepted.is_some(),
                "smtp.tls = \"none\" needs an exception in [[egress.exception]] with scheme \"smtp\", host \"{}\" and port {}",
                own.host,
                own.port
            );
            isocial_egress::SmtpTls::None
        }
    };
    let relay = SmtpConfig {
        host: own.host.clone(),
        port: own.port,
        tls,
        tls12: false,
        user: Some(own.user.clone()).filter(|u| !u.is_empty()),
        password: Some(password).filter(|p| !p.is_empty()).map(Secret::new),
        addresses: excepted.map(|e| e.addresses).unwrap_or_default(),
        hello: own
            .from
            .rsplit('@')
            .next()
            .unwrap_or("localhost")
            .trim_end_matches('>')
            .to_owned(),
    };
    Ok(Some((relay, own.from.clone())))
}

/// A test may stop the world at a stage; nothing else reads this variable.
fn probe() -> Probe {
    std::env::var("ISOCIAL_TEST_PROBE")
        .ok()
        .and_then(|text| Probe::parse(&text))
        .unwrap_or_else(Probe::none)
}
