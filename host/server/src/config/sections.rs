//! The sections of the configuration as types: what keys there are. `default.toml` says what each means.

use std::path::PathBuf;

use isocial_model::Purpose;
use serde::Deserialize;

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
        /// `[rights]`
        rights: Rights,
        /// `[collect]`
        collect: Collect,
        /// `[inbound]`
        inbound: Inbound,
        /// `[receipts]`
        receipts: Receipts,
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
        /// 4-KiB pages; 0: no limit.
        deployment_max_pages: u32,
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
        /// Other limits for single packages.
        package: Vec<PackageLimits>,
    }
}
section! {
    /// An operator's other limits for one package.
    PackageLimits {
        /// The package's id, without version.
        id: String,
        /// MiB.
        memory_mib: Option<u64>,
        /// Milliseconds.
        time_ms: Option<u32>,
        /// Elements of all tables.
        table_elements: Option<u64>,
        /// Core instances.
        instances: Option<u32>,
        /// Reason.
        why: String,
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
    /// What is withheld from every plugin.
    Rights {
        /// Fields with the most that is given of them.
        at_most: Vec<String>,
        /// Purposes.
        no_purposes: Vec<Purpose>,
        /// Names are redacted too.
        strict_redaction: bool,
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
        /// Streams at once.
        streams: usize,
        /// Seconds.
        lease_s: u32,
        /// Seconds; 0: by the network's policy.
        recheck_s: u32,
    }
}
section! {
    /// Deliveries of networks.
    Inbound {
        /// Deliveries a minute and address.
        per_minute: u32,
        /// In hand at once.
        at_once: usize,
    }
}
section! {
    /// Ledgers.
    Receipts {
        /// Folder outside `data_dir`; empty: none.
        heads_dir: PathBuf,
        /// Days; 0: for ever.
        kept_days: u32,
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
