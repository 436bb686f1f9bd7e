//! The `isocial` binary: command line, configuration, wiring.
//!
//! Exit codes: 0 done; 1 it did not work; 2 the command line or the configuration is wrong.

mod address;
mod cli;
mod config;
mod demo;
mod doctor;
mod hostile;
mod org;
mod plugin;
mod progress;
mod receipts;
mod redact;
mod serve;
mod summary;
mod watch;
mod wiring;

use std::process::ExitCode;

use clap::Parser as _;

use crate::{
    cli::{Cli, Command, ConfigCommand},
    config::{Config, ConfigError, LogFormat},
};

fn main() -> ExitCode {
    let cli = Cli::parse();
    if matches!(cli.command, Command::Compile) {
        // Before anything else: a runtime's threads would count against the limits.
        let done =
            isocial_sandbox::compile_as_child(std::io::stdin().lock(), std::io::stdout().lock());
        return done.map_or_else(|error| fail(&error.into()), |()| ExitCode::SUCCESS);
    }
    let runtime = match tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => return fail(&anyhow::anyhow!("the runtime cannot start: {error}")),
    };
    match runtime.block_on(run(&cli)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(&error),
    }
}

/// Says what went wrong, with its causes, and a code that a script can tell apart.
#[expect(
    clippy::print_stderr,
    reason = "the one place where the program says that it failed"
)]
fn fail(error: &anyhow::Error) -> ExitCode {
    eprintln!("error: {error:#}");
    if error.downcast_ref::<ConfigError>().is_some() {
        ExitCode::from(2)
    } else {
        ExitCode::FAILURE
    }
}

async fn run(cli: &Cli) -> anyhow::Result<()> {
    match &cli.command {
        Command::Demo(args) => {
            let config = read(cli)?;
            log(&config, Some("error"))?;
            demo::run(args, cli.config.as_deref()).await
        }
        Command::Serve => {
            let config = read(cli)?;
            log(&config, None)?;
            serve::run(&config).await
        }
        Command::Doctor(json) => doctor::run(&read(cli)?, json.json).await,
        Command::Plugin(cli::Plugin::Rollback { id, json, token }) => {
            org::rollback(&read(cli)?, id, *json, token).await
        }
        Command::Plugin(command) => plugin::run(cli, command).await,
        Command::Org(command) => org::run(&read(cli)?, command).await,
        Command::Address(command) => address::run(&read(cli)?, command).await,
        Command::Receipts(command) => receipts::run(cli, command).await,
        Command::Redact(args) => redact::run(args),
        Command::HostileSuite(args) => hostile::run(args).await,
        Command::Config(command) => configuration(cli, command),
        Command::Compile => Ok(()),
    }
}

pub(crate) fn read(cli: &Cli) -> Result<Config, ConfigError> {
    config::load(cli.config.as_deref(), std::env::vars()).map(|(config, _)| config)
}

#[expect(clippy::print_stdout, reason = "this command's output")]
fn configuration(cli: &Cli, command: &ConfigCommand) -> anyhow::Result<()> {
    match command {
        ConfigCommand::Default => print!("{}", config::DEFAULT),
        ConfigCommand::Check(json) => {
            let (_, effective) = config::load(cli.config.as_deref(), std::env::vars())?;
            if json.json {
                println!("{}", serde_json::to_string_pretty(&effective)?);
            } else {
                for line in effective {
                    println!("{:<28} {:<28} {}", line.key, line.value, line.origin);
                }
            }
        }
    }
    Ok(())
}

/// Logs go to standard error: lines for people or JSON for programs. Nothing in them is content of an organisation.
fn log(config: &Config, instead: Option<&str>) -> anyhow::Result<()> {
    use std::io::IsTerminal as _;
    use tracing_subscriber::EnvFilter;
    let given = if config.log.filter == "info" {
        instead.unwrap_or("info")
    } else {
        &config.log.filter
    };
    // Below info these crates write what they send and receive.
    let filter = EnvFilter::try_new(format!("{given},h2=info,hyper=info,hyper_util=info,reqwest=info,rustls=info,sqlx=warn"))
        .map_err(|e| anyhow::anyhow!("log.filter: {e}\nhint: expected off, error, warn, info, debug, trace or `info,crate=debug`"))?;
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr);
    match config.log.format {
        LogFormat::Json => builder.json().init(),
        LogFormat::Text => builder.with_ansi(std::io::stderr().is_terminal()).init(),
    }
    Ok(())
}
