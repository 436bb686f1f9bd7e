//! The command line, as types: what each command takes, and the words that `--help` prints.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

/// Monitors what the public says about your brands, with plugins that are given no more than they need.
#[derive(Debug, Parser)]
#[command(
    name = "isocial",
    version,
    arg_required_else_help = true,
    max_term_width = 100
)]
pub(crate) struct Cli {
    /// Configuration file; every key can also be set by an `ISOCIAL_…` variable.
    #[arg(long, global = true, env = "ISOCIAL_CONFIG", value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Shows the main job: a brand's week, from a network to an alert, an export and the receipts of what each plugin was given.
    Demo(Demo),
    /// Serves the API and runs the jobs until stopped.
    Serve,
    /// Says what is wrong with this deployment, and the fix.
    Doctor(Json),
    /// Makes, builds, tests and reads plugins.
    #[command(subcommand)]
    Plugin(Plugin),
    /// Makes, lists and deletes organisations.
    #[command(subcommand)]
    Org(Org),
    /// Makes, shows and withdraws the addresses that networks deliver to.
    #[command(subcommand)]
    Address(Address),
    /// Takes ledgers of receipts out and checks them.
    #[command(subcommand)]
    Receipts(Receipts),
    /// Lists the personal details that the gate finds in a file of texts, as spans.
    Redact(Redact),
    /// Lets hostile plugins loose on a host and says what came of it.
    HostileSuite(HostileSuite),
    /// Prints or checks the configuration.
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Compiles one component from standard input to standard output within limits; started by the program itself (HP-48).
    #[command(name = COMPILE, hide = true)]
    Compile,
}

/// The hidden subcommand by which this program compiles components in a process of its own.
pub(crate) const COMPILE: &str = "compile-component";

/// Whether a program reads along.
#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct Json {
    /// Prints JSON for programs.
    #[arg(long)]
    pub(crate) json: bool,
}

/// `isocial demo`
#[derive(Debug, Args)]
pub(crate) struct Demo {
    /// Ends after the summary instead of serving on.
    #[arg(long)]
    pub(crate) once: bool,
    /// Prints the summary as one JSON object.
    #[arg(long)]
    pub(crate) json: bool,
    /// Reads real networks that need no login instead of the sample network.
    #[arg(long, conflicts_with = "archive")]
    pub(crate) live: bool,
    /// With `--live`: a feed to read.
    #[arg(long, requires = "live", value_name = "URL")]
    pub(crate) feed: Option<String>,
    /// With `--live`: a Mastodon instance, such as `https://mastodon.example`.
    #[arg(long, requires = "live", value_name = "URL")]
    pub(crate) mastodon: Option<String>,
    /// With `--live`: the hashtag to read at that instance, without `#`.
    #[arg(long, requires = "live", default_value = "opensource")]
    pub(crate) hashtag: String,
    /// With `--live`: reads Bluesky's public stream; also without an address, or where nothing else is named.
    #[arg(long, requires = "live", value_name = "URL", num_args = 0..=1, default_missing_value = "")]
    pub(crate) bluesky: Option<String>,
    /// With `--live`: how long streams are read · seconds.
    #[arg(long, requires = "live", default_value_t = 20)]
    pub(crate) seconds: u64,
    /// Reads a file of posts, one JSON object a line; `{"text": "…"}` is enough.
    #[arg(long, value_name = "FILE.jsonl[.gz]")]
    pub(crate) archive: Option<PathBuf>,
    /// The monitor's query; without it an archive matches as a whole.
    #[arg(long, value_name = "QUERY")]
    pub(crate) query: Option<String>,
    /// Keeps the demo's data in this folder instead of one that is removed at the end.
    #[arg(long, value_name = "FOLDER")]
    pub(crate) keep: Option<PathBuf>,
    /// Where the exported files go.
    #[arg(long, value_name = "FOLDER", default_value = "isocial-demo")]
    pub(crate) exports: PathBuf,
    /// Seed of the sample week.
    #[arg(long, default_value_t = 7)]
    pub(crate) seed: u64,
}

/// Kinds of plugin, as the command line names them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum KindName {
    /// Turns a network's API into changes to public posts.
    Connector,
    /// Reads text in its languages.
    LanguagePack,
    /// Turns an alert into a message for one service.
    AlertChannel,
    /// Turns rows into a file.
    ExportFormat,
}

/// `isocial plugin`
#[derive(Debug, Subcommand)]
pub(crate) enum Plugin {
    /// Writes a crate that builds and passes its test.
    New {
        /// The kind.
        #[arg(long, value_enum)]
        kind: KindName,
        /// Kebab-case name; also the new folder's.
        name: String,
        /// The SDK's folder, until it is published; found by itself inside this workspace.
        #[arg(long, value_name = "FOLDER")]
        sdk: Option<PathBuf>,
    },
    /// Builds components from crates, or a package from a component of another language's tool.
    Build {
        /// The plugin's folder.
        #[arg(default_value = ".")]
        folder: PathBuf,
        /// Builds every plugin below the folder.
        #[arg(long, conflicts_with = "component")]
        all: bool,
        /// A finished component, such as componentize-js makes: it gets the folder's `plugin.toml`, and nothing is compiled.
        #[arg(long, value_name = "FILE.wasm")]
        component: Option<PathBuf>,
        /// Where the components go.
        #[arg(long, value_name = "FOLDER")]
        out: Option<PathBuf>,
        /// Prints nothing but errors.
        #[arg(long, short)]
        quiet: bool,
    },
    /// Runs the kind's conformance suite on a component, under its kind's limits or those of `[[sandbox.package]]` in `--config`.
    Test {
        /// The plugin's folder, which holds its recorded exchanges.
        #[arg(default_value = ".")]
        folder: PathBuf,
        /// The component; by default it is built first.
        #[arg(long, value_name = "FILE.wasm")]
        component: Option<PathBuf>,
        /// Prints JSON for programs.
        #[arg(long)]
        json: bool,
    },
    /// Says for each field of each contract which layer grants it or takes it away.
    Explain {
        /// `publisher/name`; the newest registered version.
        id: String,
        /// As this organisation has it installed; without it as consent to the whole contract would have it.
        #[arg(long, value_name = "SLUG")]
        org: Option<String>,
        /// For connectors' and exports' posts: as the rules of this network leave it; without it the contract itself.
        #[arg(long, value_name = "NETWORK")]
        network: Option<String>,
        /// Prints JSON for programs.
        #[arg(long)]
        json: bool,
        /// With `--org`: the operator's token, shown at the first start.
        #[arg(long, env = "ISOCIAL_TOKEN", hide_env_values = true)]
        token: Option<String>,
    },
    /// Takes the newest version of a plugin back: a running server moves every installation to the one before it within seconds.
    ///
    /// Works on the data folder, whether a server runs on it or not. Calls that run end with the version that they began with.
    Rollback {
        /// `publisher/name`.
        id: String,
        /// Prints JSON for programs.
        #[arg(long)]
        json: bool,
        /// The operator's token, shown at the first start.
        #[arg(long, env = "ISOCIAL_TOKEN", hide_env_values = true)]
        token: String,
    },
    /// Prints manifest, contract, imports, size and digest without running anything.
    Inspect {
        /// The component.
        file: PathBuf,
        /// Prints JSON for programs.
        #[arg(long)]
        json: bool,
    },
}

/// `isocial org`
#[derive(Debug, Subcommand)]
pub(crate) enum Org {
    /// Makes an organisation.
    Create {
        /// 2–40 of a–z, 0–9 and `-`; never given out twice.
        slug: String,
        /// As people read it; the slug if left out.
        #[arg(long)]
        name: Option<String>,
        /// Prints JSON for programs.
        #[arg(long)]
        json: bool,
        /// The operator's token, shown at the first start.
        #[arg(long, env = "ISOCIAL_TOKEN", hide_env_values = true)]
        token: String,
    },
    /// Lists organisations.
    List {
        /// Prints JSON for programs.
        #[arg(long)]
        json: bool,
        /// The operator's token, shown at the first start.
        #[arg(long, env = "ISOCIAL_TOKEN", hide_env_values = true)]
        token: String,
    },
    /// Destroys an organisation's key and removes its file. There is no way back.
    Delete {
        /// Its slug.
        slug: String,
        /// Says that it is meant; without it only a preview is printed.
        #[arg(long)]
        yes: bool,
        /// The operator's token, shown at the first start.
        #[arg(long, env = "ISOCIAL_TOKEN", hide_env_values = true)]
        token: String,
    },
}

/// `isocial address`
#[derive(Debug, Subcommand)]
pub(crate) enum Address {
    /// Makes the address of a source, in place of the one that it may have, and prints it this once.
    Make {
        /// The organisation's slug.
        org: String,
        /// The source's id, as `GET …/sources` lists it.
        source: String,
        /// File with the secret that the network signs with, 16 to 199 bytes; without it the one that is there is kept.
        #[arg(long, value_name = "FILE")]
        secret_file: Option<PathBuf>,
        /// Prints JSON for programs.
        #[arg(long)]
        json: bool,
        /// The operator's token, shown at the first start.
        #[arg(long, env = "ISOCIAL_TOKEN", hide_env_values = true)]
        token: String,
    },
    /// Says which sources have an address and since when, never which.
    List {
        /// The organisation's slug.
        org: String,
        /// Prints JSON for programs.
        #[arg(long)]
        json: bool,
        /// The operator's token, shown at the first start.
        #[arg(long, env = "ISOCIAL_TOKEN", hide_env_values = true)]
        token: String,
    },
    /// Withdraws the address of a source: what comes there is unknown from now on.
    Withdraw {
        /// The organisation's slug.
        org: String,
        /// The source's id.
        source: String,
        /// The operator's token, shown at the first start.
        #[arg(long, env = "ISOCIAL_TOKEN", hide_env_values = true)]
        token: String,
    },
}

/// `isocial receipts`
#[derive(Debug, Subcommand)]
pub(crate) enum Receipts {
    /// Takes a ledger out, to be checked anywhere.
    Download {
        /// The organisation's slug.
        #[arg(required_unless_present = "shared", conflicts_with = "shared")]
        slug: Option<String>,
        /// The deployment's own ledger: what connectors were given for streams that organisations share.
        #[arg(long)]
        shared: bool,
        /// Where the file goes; `-` prints it.
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
        /// The operator's token, shown at the first start.
        #[arg(long, env = "ISOCIAL_TOKEN", hide_env_values = true)]
        token: String,
    },
    /// Checks a ledger: changed, missing, inserted and cut-off lines, and whether its calls add up to the sandbox's counter.
    Verify {
        /// The organisation's slug, for the ledger in the data folder; or a downloaded file, which needs neither folder nor token.
        #[arg(
            value_name = "SLUG|FILE",
            required_unless_present = "shared",
            conflicts_with = "shared"
        )]
        what: Option<String>,
        /// The deployment's own ledger: what connectors were given for streams that organisations share.
        #[arg(long)]
        shared: bool,
        /// For a file: the deployment's public key (64 hex digits), from elsewhere than the file. `isocial receipts key` prints it.
        #[arg(long, value_name = "HEX")]
        key: Option<String>,
        /// For a file: signed heads from a second place, a file or a folder of them, or an earlier download.
        #[arg(long, value_name = "FILE|FOLDER")]
        heads: Vec<PathBuf>,
        /// Prints JSON for programs.
        #[arg(long)]
        json: bool,
        /// For a slug: the operator's token, shown at the first start.
        #[arg(long, env = "ISOCIAL_TOKEN", hide_env_values = true)]
        token: Option<String>,
    },
    /// Prints the public key that this deployment signs heads with.
    Key {
        /// The operator's token, shown at the first start.
        #[arg(long, env = "ISOCIAL_TOKEN", hide_env_values = true)]
        token: String,
    },
}

/// `isocial redact`
#[derive(Debug, Args)]
pub(crate) struct Redact {
    /// Texts: one JSON object a line, `{"id": …, "text": "…"}`.
    #[arg(long = "in", value_name = "FILE.jsonl[.gz]")]
    pub(crate) input: PathBuf,
    /// Where the spans go, a line a text: `{"id": …, "label": [{"start", "end", "type"}]}`, in Unicode characters.
    #[arg(long, value_name = "FILE.jsonl")]
    pub(crate) out: PathBuf,
    /// Lists names of persons as well, as an organisation's strict mode replaces them.
    #[arg(long)]
    pub(crate) strict: bool,
    /// Lists handles as well, which are replaced too but are in nearly every post.
    #[arg(long)]
    pub(crate) handles: bool,
    /// Prints the summary as one JSON object.
    #[arg(long)]
    pub(crate) json: bool,
}

/// `isocial hostile-suite`
#[derive(Debug, Args)]
pub(crate) struct HostileSuite {
    /// Folder of built guests; by default where `cargo xtask guests` puts them.
    #[arg(long, value_name = "FOLDER")]
    pub(crate) guests: Option<PathBuf>,
    /// The host to attack, such as `http://127.0.0.1:7700`; without it a throw-away host is started. Cases that need a fake network
    /// or a look into the process use a throw-away host all the same.
    #[arg(long, value_name = "URL", requires = "token")]
    pub(crate) url: Option<String>,
    /// That host's operator's token.
    #[arg(long, env = "ISOCIAL_TOKEN", hide_env_values = true)]
    pub(crate) token: Option<String>,
    /// Only these cases, by id.
    #[arg(long, value_name = "ID", value_delimiter = ',')]
    pub(crate) only: Vec<String>,
    /// Builds the guests from this folder of cases, and ends there.
    #[arg(long, value_name = "FOLDER")]
    pub(crate) build: Option<PathBuf>,
    /// Prints JSON for programs.
    #[arg(long)]
    pub(crate) json: bool,
}

/// `isocial config`
#[derive(Debug, Subcommand)]
pub(crate) enum ConfigCommand {
    /// Prints every key with its meaning and default.
    Default,
    /// Prints the values in force and where each comes from.
    Check(Json),
}
