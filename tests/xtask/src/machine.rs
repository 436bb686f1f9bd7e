//! What the machine must have before anything heavy is compiled: make, perl with the modules that OpenSSL's Configure uses, and the
//! wasm target, which is added where it is missing. A missing linker is cargo's own message: this program could not have been built.

use std::path::Path;
use std::process::{Command, Stdio};

/// Perl modules that OpenSSL's Configure and its build use and that some distributions package apart from perl.
const PERL_MODULES: [&str; 6] = [
    "FindBin",
    "IPC::Cmd",
    "File::Compare",
    "File::Copy",
    "Time::Piece",
    "Pod::Usage",
];

/// The target that plugins are compiled to.
const WASM_TARGET: &str = "wasm32-unknown-unknown";

/// Checks everything; adds the wasm target if it is missing.
pub fn check() -> Result<(), String> {
    let mut lacks = Vec::new();
    if !runs("make", &["--version"]) {
        lacks.push("make".to_owned());
    }
    if runs("perl", &["-e", "1"]) {
        for module in PERL_MODULES {
            if !runs("perl", &[&format!("-M{module}"), "-e", "1"]) {
                lacks.push(format!("perl module {module}"));
            }
        }
    } else {
        lacks.push("perl".to_owned());
    }
    if !runs("cc", &["--version"]) {
        lacks.push("a C compiler (cc)".to_owned());
    }
    if !lacks.is_empty() {
        return Err(format!(
            "this machine lacks: {}\n\
             hint: install it, then run the same command again\n\
             \x20 Debian, Ubuntu:  sudo apt-get install build-essential perl\n\
             \x20 Fedora:          sudo dnf install gcc make perl-core\n\
             \x20 macOS:           xcode-select --install",
            lacks.join(", ")
        ));
    }
    wasm_target()
}

fn wasm_target() -> Result<(), String> {
    let rustc = std::env::var("RUSTC").unwrap_or_else(|_| "rustc".to_owned());
    let out = Command::new(rustc)
        .args(["--print", "target-libdir", "--target", WASM_TARGET])
        .output()
        .map_err(|e| {
            format!("rustc does not start: {e}\nhint: install rustup from https://rustup.rs")
        })?;
    let folder = String::from_utf8_lossy(&out.stdout);
    if out.status.success() && Path::new(folder.trim()).is_dir() {
        return Ok(());
    }
    eprintln!("adding the target {WASM_TARGET}, which plugins are compiled to");
    let added = Command::new("rustup")
        .args(["target", "add", WASM_TARGET])
        .stdout(Stdio::null())
        .status();
    match added {
        Ok(status) if status.success() => Ok(()),
        _ => Err(format!(
            "the target {WASM_TARGET} is missing and could not be added\nhint: `rustup target add {WASM_TARGET}`, or install your distribution's package of it"
        )),
    }
}

fn runs(program: &str, args: &[&str]) -> bool {
    Command::new(program)
        .args(args)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|s| s.success())
}
