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
    /// Checks ledgers of receipts.
    #[command(subcommand)]
    Receipts(Receipts),
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
    /// Builds components from crates.
    Build {
        /// The plugin's folder.
        #[arg(default_value = ".")]
        folder: PathBuf,
        /// Builds every plugin below the folder.
        #[arg(long)]
        all: bool,
        /// Where the components go.
        #[arg(long, value_name = "FOLDER")]
        out: Option<PathBuf>,
        /// Prints nothing but errors.
        #[arg(long, short)]
        quiet: bool,
    },
    /// Runs the kind's conformance suite on a component.
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

/// `isocial receipts`
#[derive(Debug, Subcommand)]
pub(crate) enum Receipts {
    /// Checks an organisation's ledger: changed, missing, inserted and cut-off lines.
    Verify {
        /// The organisation's slug.
        slug: String,
        /// Prints JSON for programs.
        #[arg(long)]
        json: bool,
        /// The operator's token, shown at the first start.
        #[arg(long, env = "ISOCIAL_TOKEN", hide_env_values = true)]
        token: String,
    },
}

/// `isocial config`
#[derive(Debug, Subcommand)]
pub(crate) enum ConfigCommand {
    /// Prints every key with its meaning and default.
    Default,
    /// Prints the values in force and where each comes from.
    Check(Json),
}
