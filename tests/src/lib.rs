//! What the tests of the whole system share: where the program and its packages lie, and how a real counterpart is found or named as absent.

pub mod examples;
pub mod http;
pub mod server;

use std::path::PathBuf;

/// The workspace's root.
pub fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The folder that cargo builds into, by where the running test program lies (`<target>/release/deps/it-…`).
///
/// # Panics
/// If the test program lies in no target folder.
pub fn target() -> PathBuf {
    let me = std::env::current_exe().unwrap_or_default();
    me.ancestors().nth(3).map(PathBuf::from).unwrap_or_default()
}

/// The host's program, as `cargo xtask plugins` made it.
pub fn isocial() -> PathBuf {
    std::env::var_os("ISOCIAL_BIN")
        .map_or_else(|| target().join("release").join("isocial"), PathBuf::from)
}

/// The folder of built packages.
pub fn packages() -> PathBuf {
    std::env::var_os("ISOCIAL_PLUGINS_DIR").map_or_else(|| target().join("plugins"), PathBuf::from)
}

/// The folder of the hostile suite's built guests.
pub fn guests() -> PathBuf {
    std::env::var_os("ISOCIAL_TEST_GUESTS").map_or_else(|| target().join("hostile"), PathBuf::from)
}

/// Says that a test did not run because its real counterpart is absent, with the line that installs it.
///
/// # Panics
/// Where `ISOCIAL_REQUIRE_REAL=1` is set: there, not run is failed.
pub fn not_run(test: &str, install: &str) {
    assert!(
        std::env::var("ISOCIAL_REQUIRE_REAL").as_deref() != Ok("1"),
        "{test} did not run, and ISOCIAL_REQUIRE_REAL=1 asks for it: {install}"
    );
    note_not_run(test, install);
}

/// The same where the counterpart is a person's own and can be asked of nobody: never a failure.
pub fn note_not_run(test: &str, install: &str) {
    if let Some(file) = std::env::var_os("ISOCIAL_NOT_RUN_FILE") {
        use std::io::Write;
        if let Ok(mut file) = std::fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(file)
        {
            let _ = writeln!(file, "{test} · {install}");
        }
    }
}
