//! The commands that build and check iSocial Track: the only default member of the workspace, without a single dependency, so that
//! a machine that lacks something is told so in a second and not after minutes of compiling.
//!
//! `cargo run --release -- demo` shows the main job; `cargo xtask test` runs every check. `cargo xtask help` lists the rest.

mod build;
mod checks;
mod machine;
mod summary;

use std::process::ExitCode;

const HELP: &str = "\
The commands of this workspace:

  cargo run --release -- demo [OPTIONS]   builds host and plugins, then shows a brand's week (try `demo --help`)
  cargo xtask test [STEP …]               runs every check that CI runs, or only the named steps:
                                          format, build, guests, clippy, docs, test
  cargo xtask plugins                     builds host and plugins; packages lie in target/plugins
  cargo xtask guests                      builds the hostile plugins that `isocial hostile-suite` lets loose; they lie in target/hostile
  cargo xtask serve [OPTIONS]             builds, then `isocial serve`
  cargo xtask isocial ARGS …              builds, then runs `isocial` with these arguments
  cargo xtask machine                     says what this machine lacks, and the line that installs it
";

fn main() -> ExitCode {
    let mut args = std::env::args().skip(1);
    let command = args.next().unwrap_or_else(|| "help".to_owned());
    let rest: Vec<String> = args.collect();
    let done = match command.as_str() {
        "demo" | "serve" => machine::check()
            .and_then(|()| build::everything())
            .and_then(|()| build::run_isocial(&command, &rest)),
        "isocial" => machine::check()
            .and_then(|()| build::everything())
            .and_then(|()| match rest.split_first() {
                Some((first, more)) => build::run_isocial(first, more),
                None => build::run_isocial("--help", &[]),
            }),
        "plugins" => machine::check()
            .and_then(|()| build::everything())
            .map(|()| ExitCode::SUCCESS),
        "guests" => machine::check()
            .and_then(|()| build::everything())
            .and_then(|()| build::guests())
            .map(|()| ExitCode::SUCCESS),
        "test" => machine::check().and_then(|()| checks::run(&rest)),
        "machine" => machine::check().map(|()| {
            eprintln!("nothing is missing");
            ExitCode::SUCCESS
        }),
        "help" | "--help" | "-h" => {
            print!("{HELP}");
            Ok(ExitCode::SUCCESS)
        }
        other => Err(format!(
            "`{other}` is no command of this workspace\n\n{HELP}"
        )),
    };
    match done {
        Ok(code) => code,
        Err(problem) => {
            eprintln!("error: {problem}");
            ExitCode::from(2)
        }
    }
}
