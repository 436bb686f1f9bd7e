//! Builds the host, then has the host build the plugins, then runs it.

use std::path::PathBuf;
use std::process::{Command, ExitCode};

/// The workspace's root: this package lies two folders below it.
pub fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The folder that cargo builds into, by where this program itself lies.
pub fn target() -> Result<PathBuf, String> {
    let me =
        std::env::current_exe().map_err(|e| format!("cannot find this program's own file: {e}"))?;
    me.parent()
        .and_then(|release| release.parent())
        .map(PathBuf::from)
        .ok_or_else(|| "this program's file lies in no target folder".to_owned())
}

/// Cargo, as it called this program.
pub fn cargo() -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root());
    command
}

/// The host's program.
pub fn isocial() -> Result<PathBuf, String> {
    Ok(target()?
        .join("release")
        .join(format!("isocial{}", std::env::consts::EXE_SUFFIX)))
}

/// Compiles the host, then the plugins through it. Cargo's own progress goes to standard error.
pub fn everything() -> Result<(), String> {
    eprintln!(
        "building the host (the first time takes some minutes: SQLCipher, OpenSSL and the WebAssembly runtime are compiled from source)"
    );
    succeed(
        cargo().args([
            "build",
            "--release",
            "--locked",
            "--package",
            "isocial-server",
        ]),
        "the host could not be built",
    )?;
    eprintln!("building the plugins");
    succeed(
        Command::new(isocial()?)
            .current_dir(root())
            .args(["plugin", "build", "--all", "plugins", "--quiet"]),
        "the plugins could not be built",
    )
}

/// Builds the guests of the hostile suite, through the host too, into one folder beside the packages.
pub fn guests() -> Result<(), String> {
    eprintln!("building the hostile guests");
    succeed(
        Command::new(isocial()?)
            .current_dir(root())
            .args(["hostile-suite", "--build", "tests/hostile", "--json"])
            .arg("--guests")
            .arg(target()?.join("hostile")),
        "the hostile guests could not be built",
    )
}

/// Runs `isocial` with a command and its arguments, on the packages that were just built.
pub fn run_isocial(command: &str, args: &[String]) -> Result<ExitCode, String> {
    let status = Command::new(isocial()?)
        .arg(command)
        .args(args)
        .env("ISOCIAL_PLUGINS_DIR", target()?.join("plugins"))
        .status()
        .map_err(|e| format!("isocial does not start: {e}"))?;
    Ok(ExitCode::from(
        u8::try_from(status.code().unwrap_or(1)).unwrap_or(1),
    ))
}

/// Runs a command and turns a failure into `problem`.
pub fn succeed(command: &mut Command, problem: &str) -> Result<(), String> {
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("{problem} ({status})")),
        Err(e) => Err(format!("{problem}: {e}")),
    }
}
