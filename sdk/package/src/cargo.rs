//! Builds plugin crates with cargo, all of them in one go, and packages what comes out.

use std::{
    ffi::OsString,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use serde::Deserialize;

use crate::{
    component::{Heading, Package},
    error::PackageError,
};

/// The target that leaves no import behind.
pub const TARGET: &str = "wasm32-unknown-unknown";

/// Bytes of stack in a guest. Deep enough for 128 levels of JSON; small, because every live instance holds its memory.
const STACK_BYTES: u32 = 256 * 1024;

/// What guests are optimised for besides the workspace's own release profile: a guest is small and is called for ever, so that the linker
/// may see all of it at once, as the host's own build may not for its size.
const PROFILE: [(&str, &str); 2] = [
    ("CARGO_PROFILE_RELEASE_LTO", "fat"),
    ("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "1"),
];

/// How to build.
#[derive(Debug, Clone, Default)]
pub struct BuildOptions {
    /// Fail rather than change the lock file.
    pub locked: bool,
    /// Fail rather than ask a registry.
    pub offline: bool,
    /// Where cargo builds and packages go; none leaves it to cargo (`CARGO_TARGET_DIR`, configuration, `target`).
    pub target_dir: Option<PathBuf>,
    /// Keep cargo from reporting progress.
    pub quiet: bool,
}

/// A package that was built.
#[derive(Debug, Clone)]
pub struct Built {
    /// The plugin's id, as its manifest has it.
    pub id: String,
    /// The component's file, `<target>/plugins/<publisher>-<name>.wasm`.
    pub path: PathBuf,
    /// Bytes of the component.
    pub size: u64,
}

/// Builds the plugin crate in `dir` and returns its component's file.
pub fn build_crate(dir: &Path, options: &BuildOptions) -> Result<PathBuf, PackageError> {
    let built = build_crates(&[dir], options)?;
    built
        .into_iter()
        .next()
        .map(|b| b.path)
        .ok_or_else(|| PackageError::Cargo {
            packages: dir.display().to_string(),
            problem: "it built nothing".into(),
        })
}

/// Builds the plugin crates in these folders, in one run of cargo, and packages each, in their order.
///
/// All must belong to the same workspace. cargo is the one in the variable `CARGO`, else the one on the path.
pub fn build_crates<P: AsRef<Path>>(
    dirs: &[P],
    options: &BuildOptions,
) -> Result<Vec<Built>, PackageError> {
    let crates = dirs
        .iter()
        .map(|dir| Crate::read(dir.as_ref()))
        .collect::<Result<Vec<_>, _>>()?;
    let Some(first) = crates.first() else {
        return Ok(Vec::new());
    };
    let place = Place::ask(first, options)?;
    run_build(&crates, &place, options)?;
    let out = place.target_directory.join("plugins");
    fs::create_dir_all(&out).map_err(PackageError::file(&out))?;
    crates
        .iter()
        .map(|plugin| plugin.package(&place, &out))
        .collect()
}

/// A plugin crate: its name and its manifest.
struct Crate {
    dir: PathBuf,
    name: String,
    id: String,
    manifest: String,
}

#[derive(Deserialize)]
struct CargoToml {
    package: CargoPackage,
}
#[derive(Deserialize)]
struct CargoPackage {
    name: String,
}

fn read_toml<T: serde::de::DeserializeOwned>(path: PathBuf) -> Result<(T, String), PackageError> {
    let text = fs::read_to_string(&path).map_err(PackageError::file(&path))?;
    match toml::from_str(&text) {
        Ok(value) => Ok((value, text)),
        Err(error) => Err(PackageError::Manifest {
            path,
            problem: error.to_string().trim_end().to_owned(),
        }),
    }
}

impl Crate {
    fn read(dir: &Path) -> Result<Self, PackageError> {
        let (cargo, _) = read_toml::<CargoToml>(dir.join("Cargo.toml"))?;
        let (heading, manifest) = read_toml::<Heading>(dir.join("plugin.toml"))?;
        Ok(Self {
            dir: dir.to_owned(),
            name: cargo.package.name,
            id: heading.plugin.id,
            manifest,
        })
    }

    fn package(&self, place: &Place, out: &Path) -> Result<Built, PackageError> {
        let core = place
            .target_directory
            .join(TARGET)
            .join("release")
            .join(self.name.replace('-', "_") + ".wasm");
        let core = fs::read(&core).map_err(PackageError::file(&core))?;
        let component = Package::build(&core, &self.manifest)?;
        let path = out.join(self.id.replace('/', "-") + ".wasm");
        fs::write(&path, &component).map_err(PackageError::file(&path))?;
        Ok(Built {
            id: self.id.clone(),
            path,
            size: component.len() as u64,
        })
    }
}

/// Where cargo works.
#[derive(Debug, Deserialize)]
struct Place {
    target_directory: PathBuf,
    workspace_root: PathBuf,
}

fn cargo(dir: &Path, options: &BuildOptions) -> Command {
    let mut command =
        Command::new(std::env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo")));
    command.current_dir(dir);
    if let Some(target) = &options.target_dir {
        command.env("CARGO_TARGET_DIR", target);
    }
    command
}

fn flags(command: &mut Command, options: &BuildOptions) {
    for (wanted, flag) in [
        (options.locked, "--locked"),
        (options.offline, "--offline"),
        (options.quiet, "--quiet"),
    ] {
        if wanted {
            command.arg(flag);
        }
    }
}

impl Place {
    fn ask(first: &Crate, options: &BuildOptions) -> Result<Self, PackageError> {
        let failed = |problem: String| PackageError::Cargo {
            packages: first.name.clone(),
            problem,
        };
        let mut command = cargo(&first.dir, options);
        command.args(["metadata", "--format-version=1", "--no-deps"]);
        flags(&mut command, options);
        let output = command
            .output()
            .map_err(|error| failed(error.to_string()))?;
        if !output.status.success() {
            return Err(failed(
                String::from_utf8_lossy(&output.stderr)
                    .trim_end()
                    .to_owned(),
            ));
        }
        serde_json::from_slice(&output.stdout).map_err(|error| failed(error.to_string()))
    }
}

fn run_build(crates: &[Crate], place: &Place, options: &BuildOptions) -> Result<(), PackageError> {
    let names = crates
        .iter()
        .map(|c| c.name.as_str())
        .collect::<Vec<_>>()
        .join(", ");
    let mut command = cargo(&place.workspace_root, options);
    command.args(["build", "--release", "--target", TARGET]);
    for plugin in crates {
        command.args(["--package", &plugin.name]);
    }
    flags(&mut command, options);
    command.env(
        "CARGO_ENCODED_RUSTFLAGS",
        guest_flags(&place.workspace_root),
    );
    for (key, value) in PROFILE {
        command.env(key, value);
    }
    let failed = |problem: String| PackageError::Cargo {
        packages: names.clone(),
        problem,
    };
    let status = command
        .status()
        .map_err(|error| failed(error.to_string()))?;
    if status.success() {
        Ok(())
    } else {
        Err(failed(format!(
            "it ended with {status}; its messages stand above"
        )))
    }
}

/// Flags, for `CARGO_ENCODED_RUSTFLAGS`, that make the bytes the same on every machine (no paths of the builder, whose workspace lies
/// at `root`) and the instances small.
pub fn guest_flags(root: &Path) -> OsString {
    let home = std::env::var_os("CARGO_HOME")
        .map(PathBuf::from)
        .or_else(|| {
            let home = std::env::var_os("HOME").or_else(|| std::env::var_os("USERPROFILE"))?;
            Some(Path::new(&home).join(".cargo"))
        });
    let mut flags = OsString::new();
    let remap = |flags: &mut OsString, from: &Path, to: &str| {
        flags.push("--remap-path-prefix=");
        flags.push(from);
        flags.push(to);
        flags.push("\u{1f}");
    };
    if let Some(home) = home {
        remap(&mut flags, &home, "=/cargo");
    }
    remap(&mut flags, root, "=/source");
    // WebAssembly 2.0 has both, and so have all engines that the host may be.
    flags.push("-Ctarget-feature=+simd128,+bulk-memory\u{1f}");
    flags.push(format!("-Clink-arg=-zstack-size={STACK_BYTES}"));
    flags
}
