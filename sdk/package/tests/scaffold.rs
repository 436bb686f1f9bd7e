//! What `isocial plugin new` writes builds, passes its own test and becomes a component: for every kind.
#![expect(
    clippy::unwrap_used,
    reason = "a test fails by panicking, in its helpers too"
)]

use std::{fs, path::Path, process::Command};

use isocial_package::{BuildOptions, PackageError, SdkDependency, build_crate, scaffold};

const KINDS: [&str; 4] = [
    "connector",
    "language-pack",
    "alert-channel",
    "export-format",
];

fn sdk() -> SdkDependency {
    let sdk = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    SdkDependency::Path(sdk.to_owned())
}

/// Lines of a file, but for Cargo.lock, which nobody reads.
fn lines(path: &Path) -> usize {
    fs::read_to_string(path).unwrap().lines().count()
}

#[test]
fn every_kind_builds_and_passes_its_test() {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("scaffold");
    let lock = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../Cargo.lock");
    let folder = tempfile::tempdir().unwrap();
    for kind in KINDS {
        let name = format!("my-{kind}");
        let dir = folder.path().join(&name);
        let files = scaffold(kind, &name, &dir, &sdk()).unwrap();
        let total: usize = files.iter().map(|file| lines(file)).sum();
        assert!(total < 150, "{kind}: {total} lines");
        // The workspace's lock names every version that is needed, so that nothing is asked of a registry.
        fs::copy(&lock, dir.join("Cargo.lock")).unwrap();
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let mut test = Command::new(cargo);
        test.current_dir(&dir)
            .env("CARGO_TARGET_DIR", &target)
            .args(["test", "--offline", "--quiet"]);
        let output = test.output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned()
            + &String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{kind}: {text}");
        assert!(
            text.contains("1 passed"),
            "{kind} has no test that ran: {text}"
        );
        let options = BuildOptions {
            offline: true,
            quiet: true,
            target_dir: Some(target.clone()),
            ..BuildOptions::default()
        };
        let component = fs::read(build_crate(&dir, &options).unwrap()).unwrap();
        let manifest = fs::read(dir.join("plugin.toml")).unwrap();
        assert!(
            component.ends_with(&manifest),
            "{kind}: the manifest is not in the component"
        );
        assert!(
            component.starts_with(b"\0asm\x0d\0\x01\0"),
            "{kind}: no component"
        );
    }
}

#[test]
fn what_cannot_be_written_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("new");
    for name in ["", "x", "My-Network", "-a", "a-", "a--b", "../up", "nhà"] {
        assert!(
            matches!(
                scaffold("connector", name, &dir, &sdk()),
                Err(PackageError::Name { .. })
            ),
            "{name}"
        );
    }
    assert!(matches!(
        scaffold("theme", "my-theme", &dir, &sdk()),
        Err(PackageError::Kind { .. })
    ));
    assert!(!dir.exists(), "nothing may be written for a refused name");
    scaffold("connector", "my-network", &dir, &sdk()).unwrap();
    assert!(matches!(
        scaffold("connector", "my-network", &dir, &sdk()),
        Err(PackageError::NotEmpty(_))
    ));
}
