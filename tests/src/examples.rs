//! The example plugins of `examples/` that are written in other languages: where their tools are, and their packages, made when missing.

use std::{
    io,
    path::{Path, PathBuf},
    process::Command,
    time::SystemTime,
};

use crate::{isocial, root, target};

/// An example in another language than Rust.
#[derive(Debug, Clone, Copy)]
pub struct Example {
    /// Its folder below `examples/`.
    pub folder: &'static str,
    /// Its package's file.
    file: &'static str,
    /// The program that compiles it, below the folder of tools.
    tool: &'static str,
    /// The line that installs it.
    pub install: &'static str,
    /// Core instances that an operator must grant it beyond its kind's, as its `isocial.toml` says.
    pub instances: Option<u32>,
}

/// An alert channel in JavaScript.
pub const NTFY: Example = Example {
    folder: "ntfy-channel-js",
    file: "example-ntfy.wasm",
    tool: "js/node_modules/.bin/componentize-js",
    install: "mkdir -p $ISOCIAL_TEST_TOOLS/js && cp examples/ntfy-channel-js/package.json $ISOCIAL_TEST_TOOLS/js && npm install --ignore-scripts --prefix $ISOCIAL_TEST_TOOLS/js",
    instances: None,
};

/// A language pack in Python.
pub const DUTCH: Example = Example {
    folder: "dutch-pack-py",
    file: "example-dutch.wasm",
    tool: "py/bin/componentize-py",
    install: "python3 -m venv $ISOCIAL_TEST_TOOLS/py && $ISOCIAL_TEST_TOOLS/py/bin/pip install -r examples/dutch-pack-py/requirements.txt",
    instances: Some(40),
};

impl Example {
    /// Its folder.
    pub fn dir(&self) -> PathBuf {
        root().join("examples").join(self.folder)
    }

    /// Its package, made by its own `build.sh` unless it is newer than everything that it is made of; nothing where the tool is missing.
    ///
    /// Compiling takes about half a minute, most of it the language's own.
    pub fn package(&self) -> io::Result<Option<PathBuf>> {
        let tools = std::env::var_os("ISOCIAL_TEST_TOOLS").map(PathBuf::from);
        let Some(tools) = tools.filter(|tools| tools.join(self.tool).exists()) else {
            return Ok(None);
        };
        let out = target().join("examples");
        let package = out.join(self.file);
        let made = std::fs::metadata(&package).and_then(|m| m.modified());
        let changed = newest(&self.dir())?.max(newest(&root().join("wit"))?);
        if made.is_ok_and(|made| made > changed) {
            return Ok(Some(package));
        }
        let output = Command::new(self.dir().join("build.sh"))
            .arg(&out)
            .env("ISOCIAL_BIN", isocial())
            .env("ISOCIAL_TEST_TOOLS", std::path::absolute(tools)?)
            .output()?;
        if output.status.success() {
            Ok(Some(package))
        } else {
            let said = String::from_utf8_lossy(&output.stderr)
                .trim_end()
                .to_owned();
            Err(io::Error::other(format!("{}: {said}", self.folder)))
        }
    }
}

/// When the newest file below a folder was changed; what tools leave there does not count.
fn newest(folder: &Path) -> io::Result<SystemTime> {
    let mut newest = SystemTime::UNIX_EPOCH;
    let mut open = vec![folder.to_path_buf()];
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(&folder)? {
            let entry = entry?;
            let name = entry.file_name();
            if ["target", "node_modules", "__pycache__"]
                .iter()
                .any(|n| name == *n)
            {
                continue;
            }
            let meta = entry.metadata()?;
            if meta.is_dir() {
                open.push(entry.path());
            } else {
                newest = newest.max(meta.modified()?);
            }
        }
    }
    Ok(newest)
}
